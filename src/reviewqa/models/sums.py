"""Adding up what the tokens, pairs and triples of a turn weigh, for both scores at once.

``_sums`` does the same in C, many times faster; it is there where a compiler was when the package was installed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from reviewqa.language.tokens import Tokens

Weighed = tuple[int, int, int, int]
"""What a gram adds to each logit, in thousandths, and its rank among what moves each score (0: too little to show)."""
Head = tuple[int, int, float, bool]
"""Where a logit starts, below what a turn shows nothing (both in thousandths), the value of such a turn, and whether
the weights are levelled."""
Named = tuple[str, int]
"""A gram as people read it, and what it adds, in thousandths."""
Shown = tuple[str, float]
Scores = tuple[tuple[float, tuple[Shown, ...]], tuple[float, tuple[Shown, ...]]]
"""Of both scores the value, 0 to 1, and the words that moved it most."""

MOST_WORDS = 5
"""Words that an explanation shows in a review."""
TYPICAL, FEWEST = 14, 4
"""Known tokens of a turn whose weights count as they are, and the fewest that a turn is taken to have."""


def level(known: int) -> float:
    """What the weights of a turn are multiplied by in a levelled score: the root of a typical length over its own, so
    that what makes a small part of a long turn counts less (as in the cosine normalisation of texts, Salton 1975).

    Arguments:
        known: tokens of the turn that the models know, ends of sentences included.
    """
    return math.sqrt(TYPICAL / max(FEWEST, known))


class Sums:
    """The weights of a language's tokens, pairs and triples.

    Arguments:
        words: numbers of words, worked out where a word is new.
        gaps: numbers of what stands for the marks between two words, or None where that is nothing.
        tokens: for each number its weights and ranks.
        pairs: left number, right number, weights and ranks, and what third numbers make of the pair, or None.
        heads: of both scores.
        shown: of both scores what is shown for each rank.
        ends: the highest number of an end of a sentence; the lowest is 1.
        most: words that are read.
    """

    def __init__(
        self,
        words: Mapping[str, int],
        gaps: Mapping[str, int | None],
        tokens: list[Weighed],
        pairs: list[tuple[int, int, Weighed, Mapping[int, Weighed] | None]],
        heads: tuple[Head, Head],
        shown: tuple[list[Named], list[Named]],
        ends: int,
        most: int,
    ) -> None:
        self._words = words
        self._gaps = gaps
        self._tokens = tokens
        self._pairs = {(left, right): (weighed, thirds or {}) for left, right, weighed, thirds in pairs}
        self._heads = heads
        self._shown = shown
        self._ends = ends
        self._most = most

    def line(self, words: list[str], marks: list[str]) -> list[int]:
        """The numbers of what ``words.sequence`` gives."""
        found = [1]
        for word, mark in zip(words[: self._most], marks, strict=False):
            found.append(self._words[word])
            between = self._gaps[mark]
            if between is not None:
                found.append(between)
        if not 0 < found[-1] <= self._ends:
            found.append(1)
        return found

    def grams(self, line: Sequence[int]) -> Iterator[tuple[tuple[int, ...], Weighed]]:
        """The known grams of a line of numbers, and what they weigh."""
        for at, number in enumerate(line):
            yield (number,), self._tokens[number]
            if at + 1 < len(line) and (pair := self._pairs.get((number, line[at + 1]))) is not None:
                yield (number, line[at + 1]), pair[0]
                if at + 2 < len(line) and (third := pair[1].get(line[at + 2])) is not None:
                    yield (number, line[at + 1], line[at + 2]), third

    def of(self, tokens: Tokens) -> Scores | None:
        """The scores of a turn with these words; None where the models know none of them."""
        first = second = 0
        ranks: tuple[list[int], list[int]] = ([], [])
        line = self.line(tokens.words, tokens.marks)
        if max(line) <= self._ends:
            return None
        for _, (one, two, rank_one, rank_two) in self.grams(line):
            first += one
            second += two
            if rank_one:
                ranks[0].append(rank_one)
            if rank_two:
                ranks[1].append(rank_two)
        times = self.times(line)
        return self._score(0, first, times[0], ranks[0]), self._score(1, second, times[1], ranks[1])

    def times(self, line: Sequence[int]) -> tuple[float, float]:
        """What the weights of a line of numbers are multiplied by for each score."""
        own = level(len(line) - line.count(0))
        first, second = [own if levelled else 1.0 for *_, levelled in self._heads]
        return first, second

    def _score(self, side: int, total: int, times: float, ranks: list[int]) -> tuple[float, tuple[Shown, ...]]:
        top = sorted(ranks)[:MOST_WORDS]
        because = (
            in_all(ranks, self._shown[side], times)
            if len(set(top)) < len(top)
            else tuple([added(self._shown[side][rank], 1, times) for rank in top])
        )
        head = self._heads[side]
        return value(head, head[0] + total * times), because


def value(head: Head, logit: float) -> float:
    """The value of a logit in thousandths, four decimals."""
    if logit < head[1]:
        return head[2]
    return math.floor(10_000 / (1 + math.exp(-max(-30.0, min(30.0, logit / 1000)))) + 0.5) / 10_000


def added(named: Named, count: int, times: float) -> Shown:
    """What a gram that was said so often added to a logit, three decimals."""
    return named[0], math.floor(named[1] * count * times + 0.5) / 1000


def in_all(ranks: list[int], shown: list[Named], times: float) -> tuple[Shown, ...]:
    """The words that moved a score most where one was said more than once: with what it added in all."""
    counts: dict[int, int] = {}
    for rank in ranks:
        counts[rank] = counts.get(rank, 0) + 1
    found = [added(shown[rank], count, times) for rank, count in counts.items()]
    return tuple(sorted(found, key=lambda item: (-abs(item[1]), *item))[:MOST_WORDS])
