"""The matcher in Python and its twin in C: the same matches, on made-up phrases and on the package's own."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqa.language.finder import CueWords
from reviewqa.language.matching import Matcher, Prepared, prepare
from reviewqa.language.phrases import PhraseError, parse
from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.language.vocabulary import Vocabulary
from reviewqa.rules.loader import default_rules

twin = pytest.importorskip("reviewqa.language._matching", reason="installed without a C compiler").Matcher

ITEMS = ["so", "sorry", "=now", "del*", "<number>", "<2>", "<1-3>", "<8>", "(so|sorry now)", "(now|so now|del*)?",
         "so?", "(sorry <2> now|(so|now) del*)", "e-mail", "i am"]  # fmt: skip
WORDS = ["so", "sorry", "now", "delay", "3", "45", "x", "e", "mail", "email", "i", "am", "i'm", "so", "now"]
sources = st.tuples(
    st.sampled_from(["", "^ "]),
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=7),
    st.sampled_from(["", "$", "?"]),
).map(lambda parts: f"{parts[0]}{' '.join(parts[1])} {parts[2]}".strip())
texts = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", " ", ", ", ". ", "? ", ".", "-"])), min_size=1
).map(lambda pairs: "".join(word + mark for word, mark in pairs))


def both(language: str, cues: list[CueWords]) -> tuple[Matcher, Matcher]:
    """The matcher of some cues and its twin; the first cue counts as one that any question says."""
    vocabulary = Vocabulary()
    phrases: list[Prepared] = [
        prepare(language, words.cue, phrase, veto, vocabulary)
        for words in cues
        for veto, given in ((False, words.phrases), (True, words.unless))
        for phrase in given
        if phrase.needs
    ]
    asked = [cues[0].cue]
    return Matcher(phrases, vocabulary, asked), twin(phrases, vocabulary, asked)


def disagreements(pair: tuple[Matcher, Matcher], tokens: Tokens) -> list[tuple[str, ...]]:
    """The sentences of which the two tell different matches."""
    found, first = [], 0
    for last, broken in enumerate(tokens.broken):
        if broken:
            words, marks = tokens.words[first : last + 1], tokens.marks[first : last + 1]
            if sorted(pair[0].matches(words, marks)) != sorted(pair[1].matches(words, marks)):
                found.append(tuple(words))
            first = last + 1
    return found


@given(
    st.lists(
        st.tuples(st.lists(sources, min_size=1, max_size=4), st.lists(sources, max_size=2)), min_size=1, max_size=3
    ),
    texts,
)
def test_the_twin_matches_the_same_made_up_phrases(cues: list[tuple[list[str], list[str]]], text: str) -> None:
    read = []
    for number, (said, unless) in enumerate(cues):
        phrases: list[list[object]] = [[], []]
        for kind, given_sources in enumerate((said, unless)):
            for source in given_sources:
                try:
                    phrases[kind].append(parse("en", source))
                except PhraseError:
                    continue
        read.append(CueWords(f"agent/{number}", tuple(phrases[0]), tuple(phrases[1])))
    assert disagreements(both("en", read), tokens_of(text)) == []


@cache
def pack(language: str) -> tuple[tuple[Matcher, Matcher], tuple[str, ...]]:
    """The pair of matchers of all cues of a language, and what its examples say."""
    cues = default_rules().cues[language].values()
    said = [text for cue in cues for text in (*cue.file.examples.match, *cue.file.examples.no_match)]
    return both(language, [cue.words for cue in cues]), tuple(text.replace("[[", "").replace("]]", "") for text in said)


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_twin_matches_the_same_phrases_of_the_package(language: str) -> None:
    pair, said = pack(language)
    assert len(said) > 500
    assert [found for text in said for found in disagreements(pair, tokens_of(text))] == []


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_twin_matches_the_same_in_long_muddles(language: str) -> None:
    pair, said = pack(language)
    words = [word for text in said for word in tokens_of(text).words]
    shuffled = random.Random(7).sample(words, 3000)  # noqa: S311 - no secret
    text = " ".join(word + ("?" if number % 97 == 0 else "") for number, word in enumerate(shuffled))
    assert disagreements(pair, tokens_of(text)) == []
    assert disagreements(pair, tokens_of(" ".join(shuffled[:900]))) == []  # longer than a sentence may be
