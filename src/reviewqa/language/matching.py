"""Matching a phrase in a sentence, word by word; no expression is compiled.

A phrase becomes a chain of steps, each (what, its value, the next step) with None after the last. Alternatives join
again in the step after them, so trying one costs no copying. Phrases with many gaps and choices remember where they
failed, so that these cost their sum, not their product.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from reviewqa.language.phrases import Choice, Gap, Number, Sequence, Word
from reviewqa.language.vocabulary import DIGITS, NOTHING, Vocabulary

_WORD, _CHOICE, _GAP, _NUMBER, _EDGE = range(5)
_NUMBER_PARTS = 5
"""Pieces of one number: 12 345,67 has three."""
_AT_THE_END = -1
"""What follows a gap that reaches to the end of the sentence."""
_FEW_TURNINGS = 3
"""A phrase with more gaps and choices remembers where they failed."""


def steps_of(items: Sequence, vocabulary: Vocabulary) -> Any:
    """The chain of steps that matches a sequence of items."""
    return _steps(items, vocabulary, None, _turnings(items) > _FEW_TURNINGS)


def _turnings(items: Sequence) -> int:
    """How many gaps and choices a sequence holds."""
    inner = [part for item in items if isinstance(item, Choice) for part in item.sequences]
    return sum(isinstance(item, Gap | Choice) for item in items) + sum(map(_turnings, inner))


def _steps(items: Sequence, vocabulary: Vocabulary, after: Any, deep: bool) -> Any:
    for number in range(len(items) - 1, -1, -1):
        item = items[number]
        if isinstance(item, Word):
            after = (_WORD, vocabulary.number(item), after)
        elif isinstance(item, Choice):
            after = (_CHOICE, _choice(item, vocabulary, after, deep), None)
        elif isinstance(item, Gap):
            last = after is not None and after[0] == _EDGE and after[1] != "^"
            lead = _AT_THE_END if last else vocabulary.any_of(vocabulary.first(items[number + 1 :]))
            after = (_GAP, (item.least, item.most, lead, deep), after)
        elif isinstance(item, Number):
            after = (_NUMBER, None, after)
        else:
            after = (_EDGE, item.mark, after)
    return after


def _choice(item: Choice, vocabulary: Vocabulary, after: Any, deep: bool) -> Any:
    """What a step of alternatives needs: one number that tells whether any can start, and which start with what."""
    by_number: dict[int, list[int]] = defaultdict(list)
    branches = [_steps(each, vocabulary, after, deep) for each in item.sequences]
    others: list[Any] = []
    for branch, each in enumerate(item.sequences):
        first = vocabulary.first(each)
        if first is None:
            others.append(branches[branch])
        for start in first or ():
            by_number[start].append(branch)
    if item.optional:
        others.append(after)
    starts = frozenset(by_number)
    return vocabulary.any_of(starts), starts, dict(by_number), branches, tuple(others), deep


class Sentence:
    """One sentence being searched.

    Arguments:
        known: for each word its numbers in the vocabulary.
        marks: for each word what stands after it.
    """

    __slots__ = ("failed", "known", "marks", "size")

    def __init__(self, known: list[frozenset[int]], marks: list[str]) -> None:
        self.size = len(known)
        self.known = [*known, NOTHING]  # nothing stands after the last word
        self.marks = marks
        self.failed: set[tuple[int, int]] = set()

    def ends(self, steps: Any, at: int) -> int:
        """The word after a match whose further steps start at word ``at``; -1 where there is none."""
        known = self.known
        while steps is not None:
            what, value, after = steps
            if what == _WORD:
                if value not in known[at]:
                    return -1
                at += 1
            elif what == _CHOICE:
                return self._choice(value, steps, at)
            elif what == _GAP:
                least, most, lead, _ = value
                if lead != _AT_THE_END:
                    return self._gap(value, steps, at)
                if not least <= self.size - at <= most:
                    return -1
                at = self.size
            elif what == _NUMBER:
                if DIGITS not in known[at]:
                    return -1
                most = min(self.size, at + _NUMBER_PARTS)
                at += 1
                while at < most and DIGITS in known[at] and self.marks[at - 1] in (".", ",", ":", " "):
                    at += 1
            elif value == "^":
                if at > 0:
                    return -1
            elif at < self.size or (value == "?" and "?" not in self.marks[-1]):
                return -1
            steps = after
        return at

    def _choice(self, value: Any, steps: Any, at: int) -> int:
        lead, starts, by_number, branches, others, deep = value
        if deep and (id(steps), at) in self.failed:
            return -1
        if lead in self.known[at]:
            here = starts & self.known[at]
            if len(here) == 1:
                fitting = by_number[next(iter(here))]
            else:  # in the order in which they are written
                fitting = sorted({branch for number in here for branch in by_number[number]})
            for branch in fitting:
                end = self.ends(branches[branch], at)
                if end >= 0:
                    return end
        for branch in others:
            end = self.ends(branch, at)
            if end >= 0:
                return end
        if deep:
            self.failed.add((id(steps), at))
        return -1

    def _gap(self, value: Any, steps: Any, at: int) -> int:
        least, most, lead, deep = value
        if deep and (id(steps), at) in self.failed:
            return -1
        known, after = self.known, steps[2]
        for here in range(at + least, min(at + most, self.size) + 1):
            if lead is None or lead in known[here]:
                end = self.ends(after, here)
                if end >= 0:
                    return end
        if deep:
            self.failed.add((id(steps), at))
        return -1
