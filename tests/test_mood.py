"""The customer's mood at the start and the end of a conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textblob import TextBlob

from builders import talk
from reviewqa.language.tokens import tokens_of
from reviewqa.models.mood import MOODS, NO_MOOD, ONE_TURN, lexicon, mood, polarity
from reviewqa.reviewer import Reviewer
from reviewqa.rules.engine import tokenize

START, END, CHANGE = MOODS


def told(language: str, *turns: tuple[str, str]) -> tuple[dict[str, float | None], dict[str, str]]:
    conversation = talk(*turns)
    return mood(conversation.roles, language, tokenize(conversation))


@pytest.mark.parametrize(
    ("language", "angry", "glad"),
    [
        ("en", "This is terrible, the worst service ever.", "That is wonderful, thank you, I am very happy."),
        ("pl", "To jest skandal, jestem wściekła na was!", "Super, bardzo dziękuję, świetnie to działa."),
    ],
)
def test_from_anger_to_delight(language: str, angry: str, glad: str) -> None:
    values, reasons = told(language, ("c", angry), ("a", "One moment."), ("c", glad))
    assert reasons == {}
    start, end, change = (values[name] for name in MOODS)
    assert start is not None
    assert end is not None
    assert start < -0.3 < 0.3 < end
    assert change == pytest.approx(end - start, abs=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "This is a very good shop and the staff was lovely.",
        "I am not happy with the awful delivery.",
        "The screen is broken, terrible quality!",
        "An absolutely horrible, rude and useless answer.",
        "I am not very happy.",
        "It is not really good.",
        "I am never very happy here, not particularly often!",
        "That was not extremely bad, but it is really not good either.",
        "Definitely not. It is not so very bad!",
        "No, thanks. Not very good, but very fast.",
    ],
)
def test_english_mood_is_textblobs_polarity(text: str) -> None:
    tokens = tokens_of(text)
    assert lexicon("en").polarity(tokens.words, tokens.marks) == pytest.approx(
        TextBlob(text).sentiment.polarity, abs=0.02
    )


@pytest.mark.parametrize("language", ["en", "pl"])
@given(data=st.data())
def test_the_twin_in_c_tells_the_same_mood(language: str, data: st.DataObject) -> None:
    twin = pytest.importorskip("reviewqa.models._mood", reason="installed without a C compiler").polarity
    known = lexicon(language)
    told = sorted(word for word, entry in known.entries.items() if entry.strengthens or abs(entry.polarity) > 0.5)
    word = st.sampled_from(told) | st.sampled_from(sorted(known.turning)) | st.sampled_from(["a", "to", "parcel"])
    text = data.draw(st.lists(st.tuples(word, st.sampled_from([" ", ", ", "! ", "!? "])), max_size=12))
    words, marks = [word for word, _ in text], [mark for _, mark in text]
    rest = (known.seen, known.turning, known.reach, known.across, words, marks)
    assert twin(*rest) == polarity(*rest)


def test_a_negation_ends_where_polish_breaks_off() -> None:
    def value(text: str) -> float | None:
        return lexicon("pl").polarity(tokens_of(text).words, tokens_of(text).marks)

    assert value("Nie, dziękuję.") == value("Nie. Dziękuję.") == value("Dziękuję.") == 0.4
    assert value("Nie dziękuję") == -0.2


def test_negation_turns_polish_mood() -> None:
    for good, bad in (
        ("jestem zadowolony", "nie jestem zadowolony"),
        ("to super", "to nie super"),
        ("Jestem bardzo zadowolony z obsługi.", "Nie jestem bardzo zadowolony z obsługi."),
    ):
        values = [lexicon("pl").polarity(tokens_of(text).words, tokens_of(text).marks) for text in (good, bad)]
        assert values[0] is not None
        assert values[1] is not None
        assert values[0] > 0 > values[1]


def test_too_little_text_is_not_assessable() -> None:
    assert told("en", ("c", "hi"), ("a", "Hello."))[1] == {START: NO_MOOD, END: ONE_TURN, CHANGE: NO_MOOD}
    assert told("en", ("c", "Where is order 12 now please"))[1] == dict.fromkeys((START, CHANGE), NO_MOOD) | {
        END: ONE_TURN
    }
    assert told("pl", ("c", "👍"), ("a", "Dzień dobry"))[0] == dict.fromkeys(MOODS)
    assert told("pl")[1] == dict.fromkeys(MOODS, NO_MOOD)


def test_the_mood_is_an_indicator_of_the_review(reviewer: Reviewer) -> None:
    conversation = talk(("c", "This is terrible, where is my order?"), ("a", "Sorry, it left today."), language="en")
    review = reviewer.review(conversation)
    assert review.indicators[START] == told("en", ("c", "This is terrible, where is my order?"))[0][START]
    assert review.indicators[END] is None
    assert {item.id: item.reason for item in review.not_assessable}[END] == ONE_TURN
    german = reviewer.review(talk(("c", "Wo ist meine Bestellung? Ich warte seit Wochen."), ("a", "Moment bitte.")))
    assert all(german.indicators[name] is None for name in MOODS)
    assert set(MOODS) <= {item.id for item in german.not_assessable}


@given(st.lists(st.text(max_size=60), max_size=4), st.sampled_from(["pl", "en"]))
def test_mood_stays_in_its_bounds(texts: list[str], language: str) -> None:
    values, reasons = told(language, *[("c", text) for text in texts])
    assert set(reasons) == {name for name, value in values.items() if value is None}
    for name, value in values.items():
        if value is not None:
            assert abs(value) <= (2 if name == CHANGE else 1)
