"""The words of a text, for people who write cues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqa.language.tokens import tokens_of
from reviewqa.language.view import fold
from reviewqa.language.words import words


@given(st.sampled_from(["pl", "en"]), st.text(alphabet="abcąęłóż ABC.,!?'’-–\n\u0301\u00ad😀1€"))
def test_tokens_quote_the_text(language: str, text: str) -> None:
    tokens = words(language, text)
    assert all(token.text == text[token.start : token.end] for token in tokens)
    assert [fold(token.text) for token in tokens] == tokens_of(text).words
    numbers = [token.sentence for token in tokens]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("language", "text", "lemmas"),
    [
        ("pl", "Przepraszamy za opóźnienia", ["przepraszać", "za", "opóźnienie"]),
        ("pl", "paczki zaginęły", ["paczka", "zaginąć"]),
        ("en", "We apologised twice", ["we", "apologise", "twice"]),
        ("en", "parcels were damaged", ["parcel", "be", "damage"]),
        ("en", "order 123", ["order", "123"]),
        ("en", "I can't e-mail you", ["i", "can't", "e", "mail", "you"]),
    ],
)
def test_lemmas(language: str, text: str, lemmas: list[str]) -> None:
    assert [token.lemma.lower() for token in words(language, text)] == lemmas


def test_tokens_know_their_sentence() -> None:
    tokens = words("en", "Hello there. Mr. Smith left. Bye")
    assert [(t.text, t.sentence) for t in tokens if t.text in {"Hello", "Smith", "Bye"}] == [
        ("Hello", 0),
        ("Smith", 1),
        ("Bye", 2),
    ]
