"""The words of the reports, in English and Polish: names, fixed texts, numbers and durations.

The reasons in a review are plain English sentences; they are the ids of their translations (as in gettext), so rules
and charters need not know which language a report is in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from reviewqa.errors import Fault, ReviewqaError
from reviewqa.rules.loader import default_rules
from reviewqa.rules.model import RuleSet
from reviewqa.writers.rule_texts import RULE_LABELS

Ui = Literal["en", "pl"]
Forms = str | tuple[str, ...]
"""A text; or one text for each plural form: English one, many; Polish one, few, many. ``n`` chooses."""

_NONE: Mapping[str, tuple[str, str]] = MappingProxyType({})
_NO_MESSAGES: Mapping[str, str] = MappingProxyType({})

TITLES: dict[str, tuple[str, str]] = {
    "acknowledge": ("Acknowledge", "Przyjęcie zgłoszenia"),
    "apologize": ("Apologize", "Przeprosiny"),
    "assess": ("Assess", "Rozpoznanie"),
    "act": ("Act", "Działanie"),
    "follow_up": ("Follow up", "Dopilnowanie"),
    "true_lies": ("True lies", "Prawdziwe kłamstwa"),
    "red_alert": ("Red alert", "Czerwony alarm"),
    "broken_promises": ("Broken promises", "Niedotrzymane obietnice"),
    "just_work_here": ("I just work here", "Ja tu tylko pracuję"),
    "big_wait": ("The big wait", "Wielka kolejka"),
    "autopilot": ("Automatic pilot", "Automatyczny pilot"),
    "suffering_in_silence": ("Suffering in silence", "Cierpienie w ciszy"),
    "ask_me_not": ("Don't ask me", "Nie pytaj mnie"),
    "lights_on_no_one_home": ("Lights on, no one home", "Światła zapalone, nikogo nie ma w domu"),
    "misplaced_priorities": ("Misplaced priorities", "Priorytety na bakier"),
    "politeness": ("Politeness", "Uprzejmość"),
    "empathy": ("Empathy", "Empatia"),
    "first_response_s": ("First response", "Pierwsza odpowiedź"),
    "average_response_s": ("Average response", "Średni czas odpowiedzi"),
    "longest_response_s": ("Longest response", "Najdłuższy czas odpowiedzi"),
    "waiting_s": ("Waiting for an agent", "Oczekiwanie na konsultanta"),
    "resolution_s": ("Time to resolution", "Czas do rozwiązania"),
    "customer_mood_start": ("Customer's mood at the start", "Nastrój klienta na początku"),
    "customer_mood_end": ("Customer's mood at the end", "Nastrój klienta na końcu"),
    "customer_mood_change": ("Change of the customer's mood", "Zmiana nastroju klienta"),
}
"""The display names of what the package knows; rules bring their own over these."""

MESSAGES: dict[str, str] = {
    "present in the conversation": "występuje w rozmowie",
    "not found in the conversation": "nie występuje w rozmowie",
    "reaches the charter's bound": "osiąga próg z karty",
    "stays below the charter's bound": "poniżej progu z karty",
    "within the charter's limit": "w granicach limitu z karty",
    "over the charter's limit": "ponad limit z karty",
    "cannot be assessed here": "tutaj nie do oceny",
    "the conversation has no times": "rozmowa nie ma znaczników czasu",
    "no agent's response follows a customer's turn with a time": (
        "po żadnej wypowiedzi klienta ze znacznikiem czasu nie ma odpowiedzi konsultanta"
    ),
    "the time before the agent's first words is not recorded": (
        "nie zapisano czasu przed pierwszymi słowami konsultanta"
    ),
    "the matter was not settled in this conversation": "sprawa nie została załatwiona w tej rozmowie",
    "no agent's turn has words that the models know": "żadna wypowiedź konsultanta nie ma słów, które znają modele",
    "the customer said too little to tell a mood": "klient powiedział za mało, by ocenić nastrój",
    "the customer did not speak again": "klient nie odezwał się ponownie",
    "no readable text": "brak tekstu, który da się odczytać",
}
"""What rooms other than rules say in reviews, English to Polish. Rules bring their own over these."""

_MESSAGES_WITH_VALUES = (
    (
        re.compile(r"the declared language is (\S+); this version reads pl and en"),
        r"zadeklarowany język to \1; ta wersja czyta pl i en",
    ),
    (
        re.compile(r"the text looks like (\S+); this version reads pl and en"),
        r"tekst wygląda na język \1; ta wersja czyta pl i en",
    ),
)

LABELS: dict[str, tuple[Forms, Forms]] = {
    # outcomes, severities, people, channels, languages
    "outcome.met": ("met", "wykonano"),
    "outcome.missed": ("missed", "pominięto"),
    "outcome.not_applicable": ("not applicable", "nie dotyczy"),
    "outcome.cannot_tell": ("cannot tell", "nie wiadomo"),
    "line.met": ("met", "spełniony"),
    "line.missed": ("missed", "niespełniony"),
    "line.not_applicable": ("not applicable", "nie dotyczy"),
    "line.cannot_tell": ("cannot tell", "nie wiadomo"),
    "line.not_assessable": ("not assessable", "nie do oceny"),
    "severity.minor": ("minor", "drobne"),
    "severity.major": ("major", "poważne"),
    "severity.critical": ("critical", "krytyczne"),
    "skill.communication": ("communication", "komunikacja"),
    "skill.empathy": ("empathy", "empatia"),
    "skill.flexibility": ("flexibility", "elastyczność"),
    "skill.patience": ("patience", "cierpliwość"),
    "skill.time management": ("time management", "zarządzanie czasem"),
    "role.agent": ("Agent", "Konsultant"),
    "role.ai": ("AI agent", "Konsultant AI"),
    "role.customer": ("Customer", "Klient"),
    "role.bot": ("Bot", "Bot"),
    "role.system": ("System event", "Zdarzenie systemowe"),
    "role.note": ("Internal note", "Notatka wewnętrzna"),
    "channel.chat": ("chat", "czat"),
    "channel.email": ("e-mail", "e-mail"),
    "channel.phone": ("phone", "telefon"),
    "channel.ticket": ("ticket", "zgłoszenie"),
    "channel.social": ("social media", "media społecznościowe"),
    "channel.none": ("channel not known", "kanał nieznany"),
    "language.pl": ("Polish", "polski"),
    "language.en": ("English", "angielski"),
    "language.none": ("language not read", "język nieodczytany"),
    # one conversation
    "conversation": ("Conversation", "Rozmowa"),
    "language": ("Language", "Język"),
    "channel": ("Channel", "Kanał"),
    "agents": ("Agents", "Konsultanci"),
    "no_agents": ("no agent answered", "nikt nie odpowiedział"),
    "total": ("Total", "Wynik"),
    "total_of": ("{score} of 100", "{score} na 100"),
    "no_total": ("no total", "brak wyniku"),
    "no_total_why": ("no line of the charter applies", "żaden standard karty nie ma tu zastosowania"),
    "critical_failure": ("Critical failure", "Błąd krytyczny"),
    "turn": ("turn {n}", "wypowiedź {n}"),
    "turns": (("{n} turn", "{n} turns"), ("{n} wypowiedź", "{n} wypowiedzi", "{n} wypowiedzi")),
    "steps": ("Five steps", "Pięć kroków"),
    "flags": ("Flags", "Zastrzeżenia"),
    "no_flags": ("no flags", "brak zastrzeżeń"),
    "tone": ("Tone", "Ton"),
    "times": ("Times", "Czasy"),
    "waited": ("waited {time}", "czekanie: {time}"),
    "called_for": ("called for by {turn}", "potrzebne od: {turn}"),
    "calls_for": ("calls for: {title}", "wymaga: {title}"),
    "searched": (
        ("searched {n} turn of agents", "searched {n} turns of agents"),
        (
            "przeszukano {n} wypowiedź konsultanta",
            "przeszukano {n} wypowiedzi konsultantów",
            "przeszukano {n} wypowiedzi konsultantów",
        ),
    ),
    "cue": ("cue: {cue}", "wzorzec: {cue}"),
    "lowest_turn": ("Lowest turn", "Najniżej"),
    "strongest_turn": ("Strongest turn", "Najwyżej"),
    "turn_by_turn": ("Turn by turn", "Wypowiedź po wypowiedzi"),
    "words_that_moved": ("Words that moved it", "Słowa, które zaważyły"),
    "nothing_to_score": ("no words to score", "brak słów do oceny"),
    "value": ("Value", "Wartość"),
    "turn_head": ("Turn", "Wypowiedź"),
    "charter_lines": ("Charter", "Karta obsługi"),
    "lost_points": ("Lost points", "Stracone punkty"),
    "nothing_lost": ("no points lost", "bez strat punktów"),
    "other_lines": (
        ("{n} further line: points kept or not counted", "{n} further lines: points kept or not counted"),
        (
            "{n} inny standard: bez straty lub nieliczony",
            "{n} inne standardy: bez straty lub nieliczone",
            "{n} innych standardów: bez straty lub nieliczone",
        ),
    ),
    "standard": ("Standard", "Standard"),
    "result": ("Result", "Ocena"),
    "points": ("Points", "Punkty"),
    "points_of": ("{points} of {weight}", "{points} z {weight}"),
    "not_counted": ("not counted", "nieliczone"),
    "is_critical": ("critical", "krytyczny"),
    "line_flag": ("Without: {title}", "Bez: {title}"),
    "not_assessable": ("Not assessable", "Nie do oceny"),
    "transcript": ("Transcript", "Zapis rozmowy"),
    "no_turns": ("The conversation has no turns.", "Rozmowa nie ma żadnych wypowiedzi."),
    "text_cut": (
        "The text is cut here: {shown} of {all} characters are shown.",
        "Tekst jest tu ucięty: pokazano {shown} z {all} znaków.",
    ),
    "evidence_of": ("Words behind: {titles}", "Słowa, z których wynika: {titles}"),
    "back_to": ("Back to the verdict: {title}", "Wróć do oceny: {title}"),
    "back_short": ("behind: {title}", "podstawa: {title}"),
    "to_words": ("Show the words in the transcript, {turn}", "Pokaż słowa w zapisie rozmowy, {turn}"),
    # many conversations
    "report_title": ("Conversation reviews", "Oceny rozmów"),
    "conversations": (
        ("{n} conversation", "{n} conversations"),
        ("{n} rozmowa", "{n} rozmowy", "{n} rozmów"),
    ),
    "no_conversations": ("There are no conversations to show.", "Nie ma rozmów do pokazania."),
    "average_total": ("Average total", "Średni wynik"),
    "averages": ("Average", "Średnia"),
    "critical_failures": ("Critical failures", "Błędy krytyczne"),
    "steps_met": ("Steps met", "Wykonane kroki"),
    "steps_met_note": (
        "Share of the situations that called for the step.",
        "Udział w sytuacjach, które tego kroku wymagały.",
    ),
    "met_of": ("{met} of {all}", "{met} z {all}"),
    "never_called_for": ("never called for", "nigdy niewymagany"),
    "flags_found": ("Flags by number of conversations", "Zastrzeżenia według liczby rozmów"),
    "overview": ("Overview", "Przegląd"),
    "overview_note": (
        "Choose a column's name to sort by it; choose a conversation to read it.",
        "Wybierz nazwę kolumny, aby posortować; wybierz rozmowę, aby ją przeczytać.",
    ),
    "all_conversations": ("Conversations", "Rozmowy"),
    "short.first_response": ("First resp.", "1. odp."),
    "short.steps": ("Steps", "Kroki"),
    "short.politeness": ("Polite", "Uprz."),
    "short.empathy": ("Empathy", "Empatia"),
    "worst_first": ("worst first", "od najsłabszych"),
    "worst_only": (
        "The {shown} weakest of {all} are shown in full; --full shows all, html and jsonl hold all.",
        "W całości pokazano {shown} najsłabszych z {all}; --full pokazuje wszystkie, html i jsonl mają wszystkie.",
    ),
    "rows_only": (
        "The table shows the {shown} weakest of {all}; the averages are over all.",
        "Tabela pokazuje {shown} najsłabszych z {all}; średnie są ze wszystkich.",
    ),
    "filter": ("Find", "Szukaj"),
    "filter_hint": ("id, agent or words", "identyfikator, konsultant lub słowa"),
    "filter_flag": ("Flag", "Zastrzeżenie"),
    "any_flag": ("(all conversations)", "(wszystkie rozmowy)"),
    "only_critical": ("Critical failures only", "Tylko błędy krytyczne"),
    "shown_of": ("Shown: {shown} of {all}", "Widoczne: {shown} z {all}"),
    "open_all": ("Open all", "Rozwiń wszystkie"),
    "close_all": ("Close all", "Zwiń wszystkie"),
    "previous": ("Previous", "Poprzednia"),
    "next": ("Next", "Następna"),
    "to_overview": ("Overview", "Przegląd"),
    "skip": ("Skip to the conversations", "Przejdź do rozmów"),
    "how_to_read": ("How to read this page", "Jak czytać tę stronę"),
    "how.steps": (
        (
            "Five steps of good service: ✔ met, ✘ missed, – not applicable (the situation did not call for it), ? "
            "cannot tell. A missed step names the customer's turn that called for it."
        ),
        (
            "Pięć kroków dobrej obsługi: ✔ wykonano, ✘ pominięto, – nie dotyczy (sytuacja tego nie wymagała), ? nie "
            "wiadomo. Przy pominiętym kroku podano wypowiedź klienta, która go wymagała."
        ),
    ),
    "how.words": (
        (
            "Words behind a verdict are marked in the transcript. The small numbers lead from a verdict to its words "
            "and back. Turns count from 1 here (from 0 in the JSON reports)."
        ),
        (
            "Słowa, z których wynika ocena, są zaznaczone w zapisie. Małe numery prowadzą od oceny do słów i z "
            "powrotem. Wypowiedzi liczymy tu od 1 (w raportach JSON od 0)."
        ),
    ),
    "how.tone": (
        (
            "Politeness and empathy are a model's estimates from 0 to 1 (politeness 0.5 is neutral). The strip at the "
            "edge of an agent's turn shows its politeness. Words with + raised the estimate, words with − lowered it: "
            "those that did most, five at most. What the estimate starts from and all other words count, too; "
            "an ↑ marks words that the customer had said before."
        ),
        (
            "Uprzejmość i empatia to szacunki modelu od 0 do 1 (uprzejmość 0,5 jest neutralna). Pasek na brzegu "
            "wypowiedzi konsultanta pokazuje jej uprzejmość. Słowa z + podniosły szacunek, słowa z − go obniżyły: "
            "te, które zaważyły najbardziej, najwyżej pięć. Liczą się też punkt wyjścia i wszystkie inne słowa; "
            "↑ oznacza słowa, które wcześniej powiedział klient."
        ),
    ),
    "how.total": (
        (
            "The total is the points won out of the points of the charter's lines that count here. Failing a critical "
            "line fails the review, whatever the points; the charter may then set the total to 0."
        ),
        (
            "Wynik to zdobyta część punktów za te standardy karty, które mają tu zastosowanie. Niespełnienie standardu "
            "krytycznego oznacza ocenę negatywną bez względu na punkty; karta może wtedy zerować wynik."
        ),
    ),
    "made_by": ("Made by", "Wykonano przez"),
    "versions": (
        "reviewqa {package}, rules {rules}, charter {charter}, models {models}",
        "reviewqa {package}, reguły {rules}, karta {charter}, modele {models}",
    ),
    # units
    "unit.s": ("{n} s", "{n} s"),
    "unit.min": ("{n} min", "{n} min"),
    "unit.h": ("{n} h", "{n} godz."),
    "unit.days": (("{n} day", "{n} days"), ("{n} dzień", "{n} dni", "{n} dni")),
    **RULE_LABELS,
}
"""The fixed texts of the reports: key -> (English, Polish)."""

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class Texts:
    """Says everything in one language.

    Arguments:
        ui: ``en`` or ``pl``.
        titles: display names of rules, id -> (English, Polish); over the package's own ``TITLES``.
        messages: reasons, English -> Polish; over the package's own ``MESSAGES``.

    Raises:
        ReviewqaError: for any other language.
    """

    def __init__(
        self,
        ui: str = "en",
        titles: Mapping[str, tuple[str, str]] = _NONE,
        messages: Mapping[str, str] = _NO_MESSAGES,
    ) -> None:
        if ui not in get_args(Ui):
            raise ReviewqaError(Fault("ui", f"{ui!r} is no language of the reports; it has to be en or pl"))
        self.ui = ui
        self._side = get_args(Ui).index(ui)
        self._titles = {**TITLES, **titles}
        self._messages = {**MESSAGES, **messages}

    def title(self, name: str) -> str:
        """The display name of a step, flag, score or indicator; an unknown id is made readable."""
        return self._titles[name][self._side] if name in self._titles else _readable(name)

    def line(self, line_id: str) -> str:
        """The name of a charter's line, ``kind/name``. A flag's line stands for its absence."""
        kind, _, name = line_id.rpartition("/")
        return self.label("line_flag", title=self.title(name)) if kind == "flag" else self.title(name)

    def say(self, message: str) -> str:
        """A reason in the language of the report; itself where there is no translation."""
        if self.ui == "en":
            return message
        if message in self._messages:
            return self._messages[message]
        for pattern, polish in _MESSAGES_WITH_VALUES:
            found = pattern.fullmatch(message)
            if found:
                return found.expand(polish)
        return message

    def label(self, key: str, **values: object) -> str:
        """A fixed text.

        Arguments:
            key: of ``LABELS``.
            values: for the names in braces; ``n`` chooses the plural form where there are several.
        """
        forms = LABELS[key][self._side]
        if not isinstance(forms, str):
            forms = forms[self._plural(values["n"])]
        return forms.format(**values)

    def term(self, kind: str, name: str | None) -> str:
        """The word for a value of a fixed kind (outcome, line, severity, role, channel, language)."""
        key = f"{kind}.{name or 'none'}"
        return self.label(key) if key in LABELS else _readable(str(name))

    def number(self, value: float | None, decimals: int = 2) -> str:
        """A number with at most so many decimals; ``–`` where it is not known."""
        if value is None:
            return "–"
        text = f"{value:.{decimals}f}"
        if "." in text and decimals != 2:  # two decimals are kept, so that scores stand under each other
            text = text.rstrip("0").rstrip(".")
        return text.replace(".", ",") if self.ui == "pl" else text

    def points(self, value: float | None) -> str:
        """Points or a total: 100, 87.5, 66.7."""
        return "–" if value is None else self.number(round(value, 2), 0 if value == int(value) else 1)

    def percent(self, share: float | None) -> str:
        """A share from 0 to 1 as a whole percentage."""
        return "–" if share is None else f"{share:.0%}"

    def indicator(self, name: str, value: float | None) -> str:
        """An indicator's value: a duration, or for the customer's mood a signed number."""
        if value is None or not name.startswith("customer_mood"):
            return self.duration(value)
        return f"{'+' if value > 0 else ''}{self.number(value)}"

    def duration(self, seconds: float | None) -> str:
        """Seconds as people say them, in at most two units: 8.5 s, 1 min 15 s, 2 h, 3 days 4 h."""
        if seconds is None:
            return "–"
        if seconds < 10 and round(seconds, 1) != round(seconds):
            return self.label("unit.s", n=self.number(seconds, 1))
        whole = round(seconds)
        if whole >= _HOUR:  # the smaller unit is rounded before the larger one is taken
            step = _HOUR if whole >= _DAY else _MINUTE
            whole = step * ((whole + step // 2) // step)
        days, rest = divmod(whole, _DAY)
        hours, rest = divmod(rest, _HOUR)
        minutes, left = divmod(rest, _MINUTE)
        parts = {"days": days, "h": hours, "min": minutes, "s": left}
        said = [self.label(f"unit.{unit}", n=count) for unit, count in parts.items() if count]
        return " ".join(said[:2]) or self.label("unit.s", n=0)

    def quoted(self, text: str) -> str:
        """A text in the quotation marks of the language."""
        return f"„{text}”" if self.ui == "pl" else f"“{text}”"

    def _plural(self, count: object) -> int:
        number = int(str(count))
        if self.ui == "en":
            return 0 if number == 1 else 1
        if number == 1:
            return 0
        return 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2


def texts_of(ui: str = "en", *rule_sets: RuleSet) -> Texts:
    """The texts of a report with the names and reasons that rules bring.

    Arguments:
        ui: ``en`` or ``pl``.
        rule_sets: those that the reviews were made by; the package's own unless told. The first counts where several
            have a rule.

    Raises:
        ReviewqaError: for any other language.
    """
    messages: dict[str, str] = {}
    titles: dict[str, tuple[str, str]] = {}
    for rules in reversed(rule_sets or (default_rules(),)):
        for step in rules.steps.values():
            for reason in (step.file.reasons.met, step.file.reasons.missed, step.file.reasons.not_applicable):
                messages[reason.en] = reason.pl
        for rule in rules.anti_patterns.values():
            for text in (rule.file.reason, rule.file.needs_times):
                if text is not None:
                    messages[text.en] = text.pl
        titles |= {name: (title.en, title.pl) for name, title in rules.titles.items()}
    return Texts(ui, titles=titles, messages=messages)


def _readable(name: str) -> str:
    words = name.removesuffix("_s").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else name
