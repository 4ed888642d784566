"""The weights of learned cues, and how they are summed up: linear models over what ``features`` names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewqa.language.tokens import LONGEST_REMEMBERED, Tokens
from reviewqa.models.features import features_before, line_of, line_of_all, plain, row_features, word_features
from reviewqa.models.parameters import UNIT

STEP = 50
"""Thousandths of a logit: weights are whole numbers of it, from -127 to 127, so that sums are the same in any order
and on any Python, and a weight takes a byte."""
UNHEARD = -6.0
"""A logit below it (a value of 0.0025) is taken as 0."""
BEFORE = "\N{UPWARDS ARROW}"
"""Stands before a word that the other side had said."""
_MEMORY = 50_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Weights:
    """The cues of one speaker in a language.

    Arguments:
        language: ``pl`` or ``en``.
        speaker: ``agent`` or ``customer``.
        cues: their names.
        intercepts: of each cue, in thousandths of a logit.
        names: of the features.
        rows: for each feature what it adds to each cue, in steps.
        digest: of all of that.
    """

    language: str
    speaker: str
    cues: tuple[str, ...]
    intercepts: tuple[int, ...]
    names: tuple[str, ...]
    rows: Array
    digest: str


class Table:
    """The weights of a language and speaker, summed up by word, so that a word is taken apart once.

    Arguments:
        weights: as they were read.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._rows: dict[str, tuple[int, ...]] = dict(
            zip(weights.names, map(tuple, weights.rows.tolist()), strict=True)
        )
        self._words: dict[str, tuple[int, ...]] = {}
        self._nothing = (0,) * len(weights.cues)

    def sentences(self, said: Tokens, cue: int) -> list[float]:
        """The value of a cue for each sentence of a turn by itself.

        Arguments:
            said: the turn.
            cue: its number.
        """
        nothing = [0.0] * len(self._nothing)
        lines = [line_of(said, first, last) for first, last in said.sentence_bounds()]
        return [self._values(self._shares(line), nothing)[cue] for line in lines]

    def hear(
        self, turns: list[int], said: list[Tokens], before: list[list[Tokens]], most: int
    ) -> dict[str, dict[int, float]]:
        """For each cue the value of each turn.

        Arguments:
            turns: their numbers.
            said: each of them.
            before: for each the turns of the other side in a row before it, none where it had not spoken.
            most: of each line, and of that of what was said before, so many words are heard.
        """
        rows = [
            self._values(self._shares(line_of(own)[:most]), self._shares_before(line_of_all(others)[:most]))
            for own, others in zip(said, before, strict=True)
        ]
        return {
            cue: {turn: row[at] for turn, row in zip(turns, rows, strict=True)}
            for at, cue in enumerate(self.weights.cues)
        }

    def added(self, said: Tokens, first: int, last: int, before: list[Tokens], cue: int, most: int) -> dict[str, float]:
        """What words, alone or with their neighbours, add to a cue, in steps, where they add or take anything.

        Arguments:
            said: the turn.
            first, last: from which word up to which, the last left out.
            before: the turns of the other side in a row before it; their words are marked ``BEFORE``.
            cue: its number.
            most: see ``hear``.
        """
        line = line_of(said, first, last)[:most]
        words = list(map(plain, line))
        rows = {word: self._taken_apart(word) for word in words}
        in_rows = row_features(words)
        root = math.sqrt(sum(row[0] for row in rows.values()) + sum(map(len, in_rows)))
        added: dict[str, float] = {}
        for reach in (1, 2):  # pairs, then what stands in three in a row
            for number, names in enumerate(in_rows):
                total = self._total(names[2 * reach - 2 : 2 * reach], cue)
                _note(added, " ".join(line[max(0, number - reach) : number + 1]), total, root)
        for shown, word in zip(line, words, strict=True):
            if word in rows:  # once, where it comes first
                _note(added, shown, rows.pop(word)[cue + 1], root)
        asked = line_of_all(before)[:most]
        names_of = dict(zip(dict.fromkeys(map(plain, asked)), features_before(asked), strict=True))
        root = math.sqrt(len(names_of))
        for shown in asked:
            if (name := names_of.pop(plain(shown), None)) is not None:
                _note(added, BEFORE + shown, self._total([name], cue), root)
        return added

    def _total(self, names: Iterable[str], cue: int) -> int:
        return sum(self._rows[name][cue] for name in names if name in self._rows)

    def _values(self, shares: Sequence[float], before: Sequence[float]) -> list[float]:
        starts = self.weights.intercepts
        return [
            value_of((start + STEP * (one + other)) / UNIT)
            for start, one, other in zip(starts, shares, before, strict=True)
        ]

    def _shares(self, line: list[str]) -> list[float]:
        """What a line adds to each cue, in steps."""
        words = list(map(plain, line))
        rows = [self._taken_apart(word) for word in dict.fromkeys(words)]
        in_rows = [name for names in row_features(words) for name in names]
        added = [row for name in in_rows if (row := self._rows.get(name)) is not None]
        root = math.sqrt(sum(row[0] for row in rows) + len(in_rows))
        sums = map(sum, zip(self._nothing, *(row[1:] for row in rows), *added, strict=True))
        return [total / root for total in sums]

    def _shares_before(self, line: list[str]) -> list[float]:
        """What was said before adds to each cue, in steps."""
        names = features_before(line)
        added = [row for name in names if (row := self._rows.get(name)) is not None]
        root = math.sqrt(len(names)) or 1.0
        return [total / root for total in map(sum, zip(self._nothing, *added, strict=True))]

    def _taken_apart(self, word: str) -> tuple[int, ...]:
        """How many features a word has, and the sum of their weights for each cue."""
        found = self._words.get(word)
        if found is None:
            names = word_features(word)
            rows = [row for name in names if (row := self._rows.get(name)) is not None]
            found = (len(names), *map(sum, zip(self._nothing, *rows, strict=True)))
            if len(self._words) < _MEMORY and len(word) <= LONGEST_REMEMBERED:
                self._words[word] = found
        return found


def table_of(weights: Weights) -> Table:
    """The table of some weights: the twin in C, where the package was installed with a compiler."""
    try:
        from reviewqa.models._hearing import Table as Twin
    except ImportError:  # the same values, more slowly
        return Table(weights)
    return Twin(weights)  # type: ignore[return-value]


def _note(added: dict[str, float], words: str, total: int, root: float) -> None:
    if total:  # most words add nothing
        added[words] = added.get(words, 0.0) + total / root


def value_of(logit: float) -> float:
    """The value that a logit stands for, four decimals; what nobody would call heard is 0."""
    return math.floor(10_000 / (1 + math.exp(-min(30.0, logit))) + 0.5) / 10_000 if logit > UNHEARD else 0.0
