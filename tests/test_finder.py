"""Finding cues: negations, exceptions, overlaps and order."""

from __future__ import annotations

import pytest

from builders import finder, found
from reviewqa.language.finder import CueWords, Finder
from reviewqa.language.phrases import parse
from reviewqa.language.tokens import tokens_of


@pytest.mark.parametrize(
    ("language", "phrase", "text"),
    [
        ("pl", "przepraszać", "nie przepraszam"),
        ("pl", "przepraszać", "Nie  przepraszam"),
        ("pl", "przepraszać", "nie\r\nprzepraszam"),
        ("pl", "przepraszać", "nigdy nie przepraszam"),
        ("pl", "opóźnienie", "bez opóźnienia"),
        ("en", "sorry", "I am not sorry"),
        ("en", "sorry", "I'm not at all sorry"),
        ("en", "refund", "you won't get a refund"),
        ("en", "refund", "You won’t get a refund"),
        ("en", "refund", "you wont get a refund"),
        ("en", "refund", "we cannot refund"),
        ("en", "delay", "without delay"),
    ],
)
def test_a_negated_match_does_not_count_unless_negation_is_ignored(language: str, phrase: str, text: str) -> None:
    assert found(finder(language, phrase), text) == []
    assert len(found(finder(language, phrase, ignore_negation=True), text)) == 1


@pytest.mark.parametrize(
    ("language", "phrase", "text"),
    [
        ("pl", "przepraszać", "Nie, przepraszam"),
        ("pl", "przepraszać", "Nie. Przepraszam"),
        ("pl", "przepraszać", "Nie\n\nPrzepraszam"),
        ("pl", "przepraszać", "nie działa to od dawna przepraszam"),
        ("pl", "przepraszać", "niestety przepraszam"),
        ("en", "sorry", "No, sorry"),
        ("en", "sorry", "Not yet, sorry"),
        ("en", "refund", "don't worry, refund done"),
        ("en", "sorry", "it did not work out for you sorry"),
        ("en", "refund", "refund not needed"),
    ],
)
def test_a_negation_of_something_else_changes_nothing(language: str, phrase: str, text: str) -> None:
    assert len(found(finder(language, phrase), text)) == 1


def test_a_phrase_may_hold_the_negation_itself() -> None:
    assert found(finder("pl", "nie wiedzieć"), "Nie wiem") == ["Nie wiem"]


def test_an_exception_counts_where_it_shares_a_word() -> None:
    where = finder("en", "sorry", unless=("sorry but what", "oh sorry"))
    assert found(where, "sorry but what is it") == []
    assert found(where, "Oh sorry!") == []
    assert found(where, "sorry about that, but what is it") == ["sorry"]
    assert found(where, "sorry. But what? Oh, sorry but what") == ["sorry"]


def test_an_exception_may_be_any_question() -> None:  # defect: ignored
    where = finder("en", "sorry", unless=("?",))
    assert found(where, "Sorry?") == []
    assert found(where, "Sorry. Really?") == ["Sorry"]


def test_exceptions_of_one_cue_leave_another_alone() -> None:
    cues = [
        CueWords("agent/one", (parse("en", "sorry"),), (parse("en", "so sorry"),)),
        CueWords("agent/two", (parse("en", "sorry"),)),
    ]
    assert [hit.cue for hit in Finder("en", cues).find(tokens_of("so sorry"))] == ["agent/two"]


@pytest.mark.parametrize(
    ("phrases", "told"),
    [
        (("so sorry", "sorry"), ["so sorry", "sorry"]),
        (("sorry", "so sorry for"), ["so sorry for", "sorry"]),
        (("so sorry", "sorry for"), ["so sorry"]),
        (("sorry", "=sorry"), ["sorry", "sorry"]),
    ],
)
def test_overlapping_matches_of_a_cue_are_told_once(phrases: tuple[str, ...], told: list[str]) -> None:
    assert found(finder("en", *phrases), "so sorry for that, sorry") == told


def test_hits_come_in_the_order_of_the_text_and_name_cue_and_phrase() -> None:
    cues = [CueWords("agent/late", (parse("en", "delay"),)), CueWords("agent/apology", (parse("en", "so? sorry"),))]
    hits = Finder("en", cues).find(tokens_of("Delay! Sorry. So sorry, delays"))
    assert [(hit.cue, hit.phrase) for hit in hits] == [
        ("agent/late", "delay"),
        ("agent/apology", "so? sorry"),
        ("agent/apology", "so? sorry"),
        ("agent/late", "delay"),
    ]
    assert [hit.start for hit in hits] == [0, 7, 14, 24]


def test_a_finder_remembers_nothing_of_the_text_before() -> None:
    where = finder("en", "sorry <2> delay")
    assert found(where, "sorry") == []
    assert found(where, "delay") == []
    assert found(where, "sorry, delay") == ["sorry, delay"]


@pytest.mark.parametrize(
    ("one", "other"), [("Is it so!", "Is it so!?"), ('Is it "so".', 'Is it "so"?'), ("so, is it", "so is it")]
)
def test_what_was_read_before_changes_nothing(one: str, other: str) -> None:
    phrases = ("so ?", "?", "so is")
    for first, then in ((one, other), (other, one)):
        read = finder("en", *phrases)
        found(read, first)
        assert found(read, then) == found(finder("en", *phrases), then)


def test_a_finder_without_cues_finds_nothing() -> None:
    assert Finder("en", []).find(tokens_of("Sorry? Yes.")) == []
