"""Politeness strategies: named groups of short phrases, read from ``strategies/<language>.yaml``, to train with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import product

import yaml

from reviewqa.language.view import fold
from reviewqa.models.words import ENDS, normal

LONGEST = 3
"""Tokens of a phrase."""


class Strategies:
    """The strategies of a language.

    Arguments:
        language: ``pl`` or ``en``.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        source = files("reviewqa.models") / "strategies" / f"{language}.yaml"
        self.groups: dict[str, list[str]] = {
            name: [phrase.strip() for phrase in phrases.split(",")]
            for name, phrases in yaml.safe_load(source.read_text(encoding="utf-8")).items()
        }
        self._phrases: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name, phrases in self.groups.items():
            for phrase in phrases:
                self._phrases[tuple(self._token(word) for word in phrase.split())].append(name)
        self._begun = {phrase[:length] for phrase in self._phrases for length in range(1, LONGEST + 1)}
        self.tokens = sorted({token for phrase in self._phrases for token in phrase if token[-1] not in "^.?!"})
        self._starts = tuple(token[:-1] for token in self.tokens if token.endswith("*"))
        self._readings: dict[str, tuple[str, ...]] = {}

    def _token(self, word: str) -> str:
        if word.endswith("*"):
            return fold(word[:-1]) + "*"
        found = word if word in {"^", *ENDS} else normal(self.language, fold(word))
        if not found:
            raise ValueError(f"strategies/{self.language}.yaml: {word!r} is a given name or has no letters")
        return found

    def _read(self, token: str) -> tuple[str, ...]:
        found = self._readings.get(token)
        if found is None:
            base = token.rstrip("*")
            starts = [start + "*" for start in self._starts if base.startswith(start)]
            found = tuple(dict.fromkeys([*(("^", token) if token in ENDS else (token,)), *starts]))
            self._readings[token] = found
        return found

    def of(self, gram: Sequence[str]) -> list[str]:
        """The strategies of which these tokens are a phrase, one for each phrase that fits."""
        names: list[str] = []
        for reading in product(*map(self._read, gram)):
            names += self._phrases.get(reading, ())
        return names

    def find(self, sequence: Sequence[str]) -> Iterator[str]:
        """The strategies of a turn, as often as they occur; few tokens begin a phrase."""
        for start in range(len(sequence)):
            found: list[tuple[str, ...]] = [()]
            for token in sequence[start : start + LONGEST]:
                longer = ((*begun, reading) for begun in found for reading in self._read(token))
                found = [phrase for phrase in longer if phrase in self._begun]
                if not found:
                    break
                for phrase in found:
                    yield from self._phrases.get(phrase, ())

    def grams(self, tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """All sequences of two and more known tokens that are a phrase of a strategy."""
        readings: dict[str, list[str]] = defaultdict(list)
        for token in (*tokens, *ENDS):
            for reading in self._read(token):
                readings[reading].append(token)
        for phrase in self._phrases:
            if len(phrase) > 1:
                yield from product(*[readings[token] for token in phrase])


@cache
def strategies(language: str) -> Strategies:
    """The strategies of a language, read once."""
    return Strategies(language)


@cache
def word_classes() -> dict[str, tuple[str, ...]]:
    """The classes of English words in requests, by word."""
    source = files("reviewqa.models") / "strategies" / "requests.yaml"
    found: dict[str, list[str]] = defaultdict(list)
    for name, words in yaml.safe_load(source.read_text(encoding="utf-8")).items():
        for word in words.split():
            found[word].append(name)
    return {word: tuple(names) for word, names in found.items()}
