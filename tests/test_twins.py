"""The finder and the logic in Python and their twins in C: the same cues, of made-up phrases and of the package's own,
and the same places of the package's rules."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqa import Conversation, Turn
from reviewqa.language.finder import CueWords, Finder, Place
from reviewqa.language.phrases import Phrase, PhraseError, parse
from reviewqa.language.tokens import tokens_of
from reviewqa.rules import engine
from reviewqa.rules.conditions import Cue, Repeated, Turns, Where
from reviewqa.rules.examples import read_example
from reviewqa.rules.loader import default_rules
from reviewqa.rules.logic import Logic, logic
from reviewqa.rules.model import conditions_of
from reviewqa.rules.reading import Reading

twin = pytest.importorskip("reviewqa.language._finder", reason="installed without a C compiler").Finder

ITEMS = ["so", "sorry", "=now", "del*", "<number>", "<2>", "<1-3>", "<8>", "(so|sorry now)", "(now|so now|del*)?",
         "so?", "(sorry <2> now|(so|now) del*)", "e-mail", "i am"]  # fmt: skip
WORDS = [
    "not",
    "don't",
    "so",
    "sorry",
    "now",
    "delay",
    "3",
    "45",
    "x",
    "e",
    "mail",
    "email",
    "i",
    "am",
    "i'm",
    "so",
    "now",
]
AGAIN = [(2, 0.8, False), (1, 0.3, False), (3, 0.5, True), (2, 1.0, True)]
"""Of repetition: words at least, words in common, whole turns only."""
sources = st.tuples(
    st.sampled_from(["", "^ "]),
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=7),
    st.sampled_from(["", "$", "?"]),
).map(lambda parts: f"{parts[0]}{' '.join(parts[1])} {parts[2]}".strip())
texts = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", " ", ", ", ". ", "? ", ".", "-"])), min_size=1
).map(lambda pairs: "".join(word + mark for word, mark in pairs))


def both(language: str, cues: list[CueWords]) -> tuple[Finder, Finder]:
    return Finder(language, cues), twin(language, cues)


def phrases(sources: list[str]) -> tuple[Phrase, ...]:
    """Those of some sources that hold."""
    read = []
    for source in sources:
        try:
            read.append(parse("en", source))
        except PhraseError:
            continue
    return tuple(read)


said = st.lists(sources | st.just("?"), min_size=1, max_size=4)
cues = st.lists(st.tuples(said, st.lists(sources | st.just("?"), max_size=2), st.booleans()), min_size=1, max_size=3)


@given(cues, texts)
def test_the_twin_finds_the_same_made_up_cues(cues: list[tuple[list[str], list[str], bool]], text: str) -> None:
    words = [
        CueWords(f"agent/{number}", phrases(said), phrases(unless), negatable)
        for number, (said, unless, negatable) in enumerate(cues)
    ]
    slow, fast = both("en", words)
    assert fast.find(tokens_of(text)) == slow.find(tokens_of(text))


def test_the_twin_knows_words_whose_numbers_are_given_anew() -> None:
    slow, fast = both("en", [CueWords("agent/cue", phrases(["so sorry <2> now", "delay so"]))])
    before = tokens_of("so sorry now, delay so 48213 now")
    for _ in "12":
        tokens_of(", ".join(f"w{number}x" for number in range(45_000)))  # more than are remembered
        after = tokens_of("delay so now: sorry, so sorry 48213 now")
        assert after.numbers[:4] != before.numbers[:4]
        for tokens in (after, before, after, replace(after, numbers=b"")):
            assert fast.find(tokens) == slow.find(tokens) != []


@cache
def pack(language: str) -> tuple[Finder, Finder, tuple[str, ...]]:
    """The finder of all cues of a language, its twin, and what the examples say."""
    cues = default_rules().cues[language].values()
    said = [text for cue in cues for text in (*cue.file.examples.match, *cue.file.examples.no_match)]
    plain = tuple(text.replace("[[", "").replace("]]", "") for text in said)
    return *both(language, [cue.words for cue in cues]), plain


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_twin_finds_the_same_cues_of_the_package(language: str) -> None:
    slow, fast, said = pack(language)
    assert len(said) > 500
    assert [text for text in said if fast.find(tokens_of(text)) != slow.find(tokens_of(text))] == []


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_twin_finds_the_same_in_long_muddles(language: str) -> None:
    slow, fast, said = pack(language)
    words = [word for text in said for word in tokens_of(text).words]
    shuffled = random.Random(7).sample(words, 3000)  # noqa: S311 - no secret
    for text in (" ".join(word + ("?" if n % 97 == 0 else "") for n, word in enumerate(shuffled)), " ".join(shuffled)):
        hits = fast.find(tokens_of(text))
        assert hits
        assert hits == slow.find(tokens_of(text))


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_twin_finds_the_same_places_of_the_packages_rules(language: str) -> None:
    rules = default_rules()
    conditions = [condition for rule in rules.rules for condition in conditions_of(rule).values()]
    fast, slow = logic(), Logic()
    assert type(fast) is not type(slow)
    held = 0
    for rule in rules.rules:
        shown = [getattr(rule.file.examples, outcome) for outcome in type(rule.file.examples).model_fields]
        for data in [each for by_language in shown for each in by_language.get(language, ())]:
            example = read_example(data, language)
            tokens = engine.tokenize(example.conversation)
            one, other = [
                engine.read(rules, example.conversation, language, tokens, example.late, example.scores) for _ in "12"
            ]
            for condition in conditions:
                places = fast.find(condition, one)
                assert places == slow.find(condition, other)
                held += bool(places)
    assert held > 200


@given(st.lists(st.tuples(st.sampled_from(["agent", "agent", "customer"]), texts), max_size=8))
def test_the_twin_finds_the_same_places_in_muddles(talk: list[tuple[str, str]]) -> None:
    turns = tuple(Turn(role=role, text=text) for role, text in talk)
    conversation = Conversation(id="1", language="en", turns=turns)
    tokens = engine.tokenize(conversation)
    hits: dict[str, list[Place]] = {}
    finder = twin("en", [CueWords("agent/sorry", phrases(["sorry", "so now"]))])
    for number, (turn, said) in enumerate(zip(turns, tokens, strict=True)):
        if turn.role == "agent" and said is not None:
            finder.gather(said, number, hits)
    for condition in [
        *(Repeated("agent", least, share, Where(), whole) for least, share, whole in AGAIN),
        *(Turns("agent", Where(position), 3, Cue(("agent/sorry",))) for position in (None, "last_agent_turn")),
    ]:
        one, other = (Reading(conversation, hits, tokens) for _ in "12")
        assert logic().find(condition, one) == Logic().find(condition, other)
