"""Telling the language of a conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqa.language.detect import detect


@pytest.mark.parametrize(
    ("declared", "code"), [("pl", "pl"), ("en", "en"), ("PL", "pl"), ("en-GB", "en"), ("pl_PL", "pl")]
)
def test_a_declared_language_is_believed(declared: str, code: str) -> None:
    assert detect(declared, ["Guten Tag, wo ist mein Paket?"]).code == code


def test_a_declared_third_language_is_refused_by_name() -> None:
    language = detect("de-AT", ["Where is my parcel?"])
    assert language.code is None
    assert "declared language is de" in language.reason


@pytest.mark.parametrize(
    "text",
    [
        "dzien dobry gdzie jest moja paczka",
        "Prosze o zwrot pieniedzy za zamowienie",
        "nie dziala mi internet od rana",
        "Gdzie jest moja paczka?",
        "chcialbym zlozyc reklamacje na buty",
        "ok dziekuje bardzo za pomoc do widzenia",
        "Zamówienie nr 12345 nadal nie dotarło!!!",
        "kiedy bedzie kurier",
    ],
)
def test_polish(text: str) -> None:
    assert detect(None, [text]).code == "pl"


@pytest.mark.parametrize(
    "text",
    [
        "where is my parcel",
        "My internet has been down since Monday.",
        "hi, refund please",
        "I'd like to return these shoes",
        "ok thanks bye",
        "cancel order 12345 now!!!",
        "Good morning, how can I help you today?",
    ],
)
def test_english(text: str) -> None:
    assert detect(None, [text]).code == "en"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Guten Tag, mein Paket ist seit einer Woche nicht angekommen. Können Sie mir bitte helfen?"),
        ("uk", "Добрий день, моя посилка не прийшла вже тиждень. Чи можете ви мені допомогти?"),
        ("fr", "Bonjour, mon colis n'est pas arrivé depuis une semaine. Pouvez-vous m'aider, s'il vous plaît ?"),
        ("es", "Buenos días, mi paquete no ha llegado desde hace una semana. ¿Me puede ayudar, por favor?"),
        ("cs", "Dobrý den, můj balík nepřišel už týden. Můžete mi prosím pomoci s reklamací?"),
    ],
)
def test_a_third_language_is_not_read_and_the_reason_told(language: str, text: str) -> None:
    told = detect(None, [text])
    assert told.code is None
    assert told.reason == f"the text looks like {language}; this version reads pl and en"


@pytest.mark.parametrize("text", ["Γεια σας, πού είναι το δέμα μου;", "你好,我的包裹在哪里?", "Де моя посилка?"])
def test_another_script_is_never_taken_for_polish_or_english(text: str) -> None:
    assert detect(None, [text]).code is None


@pytest.mark.parametrize(
    "texts", [[], [""], [" \n", "..."], ["123 456"], ["👍👍"], ["#masked# [NAME] https://x.example"]]
)
def test_nothing_to_read(texts: list[str]) -> None:
    told = detect(None, texts)
    assert told.code is None
    assert told.reason == "no readable text"


@pytest.mark.parametrize("mask", ["#credentials_name#", "{{Person Name}}", "[PHONE_NUMBER]", "****", "the@example.com"])
def test_masked_words_do_not_count(mask: str) -> None:
    assert detect(None, [f"{mask} {mask} {mask} {mask} prosze o numer {mask} {mask} {mask} {mask}"]).code == "pl"


def test_the_many_words_decide_between_two_languages() -> None:
    assert (
        detect(None, ["Dzień dobry, w czym mogę pomóc? Please hold. Już sprawdzam, proszę chwilę zaczekać."]).code
        == "pl"
    )


@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_text_has_a_language_or_a_reason(texts: list[str]) -> None:
    told = detect(None, texts)
    assert told.code in {"pl", "en", None}
    assert (told.code is None) == bool(told.reason)
    assert detect(None, texts) == told


@pytest.mark.parametrize("piece", ["a", "{{", "#a", "a@", "https://", "*"])
def test_a_long_blob_is_read(piece: str) -> None:
    blob = piece * (1_000_000 // len(piece))
    with_words, alone = detect(None, [blob, "where is my parcel"]), detect(None, [blob])
    assert with_words == alone  # only the start of what was said is read
