"""The words of a text, and where sentences end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import spoken
from reviewqa.language.tokens import lasting, split, tokens_of


def cut(text: str) -> list[str]:
    return [text[slice(*span)] for span in tokens_of(text).sentences()]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" \n\n ", []),
        ("👍", []),
        ("No end", ["No end"]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ('He said "never." Then left.', ['He said "never.', "Then left."]),
        ("First line\nsame sentence", ["First line\nsame sentence"]),
        ("Hello\n\nNext paragraph", ["Hello", "Next paragraph"]),
        ("Hello\r\n \r\nNext", ["Hello", "Next"]),
        ("It costs 4.99 at 12.30 today. Bye", ["It costs 4.99 at 12.30 today.", "Bye"]),
        ("Ask Mr. Smith. He knows.", ["Ask Mr. Smith.", "He knows."]),
        ("To jest np. numer. Proszę.", ["To jest np. numer.", "Proszę."]),
        ("Zadzwoń na tel. 123, ul. Długa. Dzięki.", ["Zadzwoń na tel. 123, ul. Długa.", "Dzięki."]),
        ("Order no. 123 is late. Help", ["Order no. 123 is late.", "Help"]),
        ("Well... maybe... yes", ["Well... maybe... yes"]),
        ("Write to a.b@example.com today. Bye.", ["Write to a.b@example.com today.", "Bye."]),
        ("Is it fixed? No. It is worse.", ["Is it fixed?", "No.", "It is worse."]),
        ("Ok. Dziękuję.", ["Ok.", "Dziękuję."]),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t e-mail me!", ["don't", "e", "mail", "me"]),
        ("4.99 zł/szt.", ["4", "99", "zl", "szt"]),
        ("a\tb\nc", ["a", "b", "c"]),
        ("snake_case", ["snake_case"]),
        ("...,,,", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert spoken(text) == words


@given(st.text(alphabet="aB1ą.!?\"'’) ,-\n\r\u0301\u00ad😀…"))
def test_words_and_sentences_stand_in_order_and_miss_nothing(text: str) -> None:
    tokens = tokens_of(text)
    view = tokens.view
    assert tokens.words == [view.text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    assert [char for word in tokens.words for char in word if char.isalnum()] == [c for c in view.text if c.isalnum()]
    for word, end, mark in zip(tokens.words, tokens.ends, tokens.marks, strict=True):
        assert word
        assert view.text[end : end + len(mark)] == mark
    spans = tokens.sentences()
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert len(tokens.stops) == len(spans)


@pytest.mark.parametrize(
    ("start", "piece"), [("", "!"), ("a", "'!"), ("", "a. "), ("a", "'"), (".", '"'), ("", "a?\n\n")]
)
def test_a_megabyte_of_marks_is_cut(start: str, piece: str) -> None:
    text = start + piece * (1_000_000 // len(piece)) + "end"
    tokens = tokens_of(text)
    letters = sum(char.isalpha() for word in tokens.words for char in word)
    assert letters == sum(char.isalpha() for char in text)
    assert len(tokens.sentences()) == len(tokens.stops)


def test_the_twin_in_c_splits_alike() -> None:
    twin = pytest.importorskip("reviewqa.language._tokens", reason="installed without a C compiler").split

    @given(st.text(alphabet=st.characters(max_codepoint=127)))
    def alike(plain: str) -> None:
        assert twin(plain)[:-1] == split(plain)

    alike()


@pytest.mark.parametrize(
    ("word", "kept"),
    [("word", True), ("", True), ("24", True), ("100", True), ("48213", False), ("pl48213", False), ("x" * 41, False)],
)
def test_what_has_no_end_is_not_remembered(word: str, kept: bool) -> None:
    assert lasting(word) is kept


def test_more_words_than_are_remembered_are_split_the_same() -> None:
    compiled = pytest.importorskip("reviewqa.language._tokens", reason="installed without a C compiler").split
    plain = ", ".join(f"w{number}x" for number in range(90_000))
    assert compiled(plain)[:-1] == split(plain)
    assert compiled(plain)[:-1] == compiled(plain)[:-1]
