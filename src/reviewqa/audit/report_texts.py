"""The words of the archive report, in English and Polish; what all reports share is in ``writers.texts``."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("What the archive says", "Co mówi archiwum"),
    "conversations": ("Conversations reviewed", "Ocenione rozmowy"),
    "unread": ("Records that could not be read", "Rekordy, których nie dało się odczytać"),
    "none": (
        "No conversation was reviewed: there is nothing to report.",
        "Nie oceniono żadnej rozmowy: nie ma o czym raportować.",
    ),
    "period": ("Period", "Okres"),
    "undated": ("without a date", "bez daty"),
    "mean_total": ("Mean total", "Średni wynik"),
    "of_100": ("of 100", "na 100"),
    "interval": ("95% interval", "przedział 95%"),
    "critical": ("Fail a critical line", "Z błędem krytycznym"),
    "politeness": ("Politeness", "Uprzejmość"),
    "empathy": ("Empathy", "Empatia"),
    "by_week": ("Over time", "W czasie"),
    "by_week_note": (
        (
            "Line: mean total with its 95% interval. Bars: conversations. A ring has no interval: it is one "
            "conversation, or all have the same total."
        ),
        (
            "Linia: średni wynik z przedziałem 95%. Słupki: liczba rozmów. Kółko nie ma przedziału: to jedna rozmowa "
            "albo same jednakowe wyniki."
        ),
    ),
    "outside": (
        "Drawn from {first} to {last}; conversations with other dates: {n}.",
        "Wykres obejmuje okres od {first} do {last}; rozmowy z innymi datami: {n}.",
    ),
    "critical_week": ("Share that fails a critical line", "Odsetek z błędem krytycznym"),
    "no_dates": ("No conversation has a date.", "Żadna rozmowa nie ma daty."),
    "spread": ("Totals, 0 to 100", "Wyniki, od 0 do 100"),
    "spread_before": ("outline: the earlier audit", "obrys: poprzedni audyt"),
    "steps": ("Five steps", "Pięć kroków"),
    "steps_note": (
        "Share met of the conversations that called for the step, with its 95% interval (Wilson).",
        "Odsetek wykonanych w rozmowach, które tego kroku wymagały, z przedziałem 95% (Wilsona).",
    ),
    "flags": ("Flags", "Zastrzeżenia"),
    "flags_note": (
        "Share of the conversations in which the flag could be assessed. Open one to see its most frequent words.",
        "Odsetek rozmów, w których dało się to ocenić. Rozwiń, aby zobaczyć najczęstsze słowa.",
    ),
    "no_words": (
        "No words: found by times or by what was left out.",
        "Bez słów: wynika z czasów lub z tego, czego brak.",
    ),
    "of": ("{hits} of {all}", "{hits} z {all}"),
    "times": ("{n} times", "{n} razy"),
    "channels": ("By channel", "Według kanału"),
    "agents": ("By agent", "Według konsultanta"),
    "teams": ("By team", "Według zespołu"),
    "tags": ("By tag", "Według tagu"),
    "agents_note": (
        "A conversation counts for every agent who took part in it.",
        "Rozmowa liczy się każdemu konsultantowi, który brał w niej udział.",
    ),
    "name": ("Name", "Nazwa"),
    "count": ("Conversations", "Rozmowy"),
    "steps_met": ("Steps met", "Wykonane kroki"),
    "flagged": ("With flags", "Z zastrzeżeniami"),
    "more_groups": ("{n} more are not shown.", "Nie pokazano jeszcze {n}."),
    "nothing": ("The archive says nothing of this.", "Archiwum nic o tym nie mówi."),
    "few": ("fewer than 30: read with care", "mniej niż 30: ostrożnie"),
    "worst": ("Worst conversations", "Najsłabsze rozmowy"),
    "worst_note": (
        "Critical failures first, then the lowest totals. Open one for the words behind the verdicts.",
        "Najpierw błędy krytyczne, potem najniższe wyniki. Rozwiń, aby zobaczyć słowa, z których wynika ocena.",
    ),
    "best": ("Best conversations", "Najlepsze rozmowy"),
    "best_note": (
        "The highest totals without a flag, those first that most standards apply to.",
        "Najwyższe wyniki bez zastrzeżeń; najpierw te, do których stosuje się najwięcej standardów.",
    ),
    "lost": ("Lost: {lines}", "Stracone: {lines}"),
    "turn": ("turn {n}", "wypowiedź {n}"),
    "families": ("Canned texts", "Gotowce"),
    "families_note": (
        "Agents' turns that open with the same words (digits aside), 40 characters or more, at least three times.",
        "Wypowiedzi konsultantów o tym samym początku (bez względu na cyfry), od 40 znaków, co najmniej trzy razy.",
    ),
    "opening": ("Opens with", "Początek"),
    "turns": ("Turns", "Wypowiedzi"),
    "agents_count": ("Agents", "Konsultanci"),
    "drift": ("Against the earlier audit", "Wobec poprzedniego audytu"),
    "drift_note": (
        "Marked where the difference is more than chance (Newcombe's 95% interval leaves out 0).",
        "Zaznaczono różnice większe niż przypadkowe (przedział 95% Newcombe'a nie obejmuje zera).",
    ),
    "before": ("Before", "Przedtem"),
    "now": ("Now", "Teraz"),
    "difference": ("Difference", "Różnica"),
    "what": ("What", "Co"),
    "more_than_chance": ("more than chance", "więcej niż przypadek"),
    "changed_versions": ("Changed between the two: {names}.", "Zmieniło się między nimi: {names}."),
    "same_versions": (
        "Rules, charter and models are the same: what differs are the conversations.",
        "Reguły, karta i modele są te same: różnią się rozmowy.",
    ),
    "unread_reasons": ("Why records could not be read", "Dlaczego rekordów nie odczytano"),
    "places": (
        "Every conversation is named by its place in the archive, file:number, which is also the key of the tables.",
        "Każdą rozmowę wskazuje jej miejsce w archiwum, plik:numer; to także klucz tabel.",
    ),
    "how": ("How to read this page", "Jak czytać tę stronę"),
    "how_interval": (
        (
            "An interval says how far the figure could be off by chance alone, had other conversations of this kind "
            "been held. It says nothing of whether a rule reads right."
        ),
        (
            "Przedział mówi, o ile liczba mogłaby się różnić przez sam przypadek, gdyby odbyły się inne rozmowy tego "
            "rodzaju. Nie mówi, czy reguła czyta trafnie."
        ),
    ),
    "how_group": (
        (
            "Groups differ in what comes to them: compare agents of one team and channel, and read the conversations "
            "before you judge a person."
        ),
        (
            "Grupy różnią się tym, co do nich trafia: porównuj konsultantów jednego zespołu i kanału, a zanim ocenisz "
            "osobę, przeczytaj rozmowy."
        ),
    ),
    "channel": ("channel", "kanał"),
    "anyone": ("no agent", "bez konsultanta"),
    "version_package": ("package", "pakiet"),
    "version_rules": ("rules", "reguły"),
    "version_charter": ("charter", "karta"),
    "version_models": ("models", "modele"),
}
"""Key -> (English, Polish)."""
