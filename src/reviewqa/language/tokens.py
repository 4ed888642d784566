"""The words of a reading copy, where they stand, and where sentences end. One split of the text serves everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from reviewqa.language.view import PARAGRAPH, View, view_of

_APART = re.compile(r"([^\w']+)")
_STOP = re.compile(rf"[!?{PARAGRAPH}]|\.(?=[\s\"')\]])")
_MEMORY = 50_000
LONGEST_REMEMBERED = 40
"""Characters."""
LONGEST_SENTENCE = 400
"""Words. Speech without punctuation is cut there, so that no text makes one sentence of a million words."""
ABBREVIATIONS = frozenset("np tzn tzw tel godz ul ww dr inz mgr prof mr mrs ms vs dept approx".split())
BEFORE_NUMBERS = frozenset({"nr", "ok", "no", "str", "art", "ust", "par", "pkt", "poz"})


def lasting(word: str) -> bool:
    """Whether it pays to remember something of a word, or of what stands between two words.

    Numbers of more than three digits hardly come twice, and there is no end of them; texts without spaces would fill
    the memory. What is not remembered is worked out again, the same.
    """
    return len(word) <= 3 or (len(word) <= LONGEST_REMEMBERED and not word[-1].isdigit())


class _Breaks(dict[str, bool]):
    """Whether what stands between two words ends a sentence; remembered, within bounds."""

    def __missing__(self, between: str) -> bool:
        found = _STOP.search(between) is not None
        if len(self) < _MEMORY and lasting(between):
            self[between] = found
        return found


_BREAKS = _Breaks({" ": False, ", ": False, ". ": True, "? ": True, "! ": True})


@dataclass(slots=True)  # frozen, each would cost thrice as much
class Tokens:
    """The words of a view.

    Arguments:
        view: the reading copy that they are of.
        words: in order; an apostrophe inside belongs to the word, a hyphen does not.
        starts, ends: offsets of each in the view's text.
        marks: for each what stands after it, up to the next word.
        stops: for each sentence the number of the word after its last.
        numbers: for the twins in C, which find what they know of a word by its number (see ``_tokens``): how many
            times all numbers were given anew, then for each word its number, 32 bits each. Empty without them.
    """

    view: View
    words: list[str]
    starts: list[int]
    ends: list[int]
    marks: list[str]
    stops: list[int]
    numbers: bytes = b""

    def sentences(self) -> list[tuple[int, int]]:
        """The sentences as spans of the original text, from the first word to the last and the mark that ends it."""
        return [self._span(first, last - 1) for first, last in self.sentence_bounds()]

    def sentence(self, number: int) -> tuple[int, int]:
        """The span of one sentence, counted from 0."""
        first, last = self.bounds(number)
        return self._span(first, last - 1)

    def first_sentence(self) -> tuple[int, int]:
        """The span of the first sentence; nothing, at the start, where there is no word."""
        return self._span(0, self.stops[0] - 1) if self.stops else (0, 0)

    def _span(self, first: int, last: int) -> tuple[int, int]:
        mark = self.marks[last]
        end = self.ends[last]
        if mark and mark[0] in ".!?":
            end += len(mark) - len(mark.lstrip(".!?"))
        view = self.view
        return (self.starts[first], end) if view.offsets is None else view.span(self.starts[first], end)

    def bounds(self, number: int) -> tuple[int, int]:
        """The first word of one sentence and the word after its last."""
        return self.stops[number - 1] if number else 0, self.stops[number]

    def sentence_bounds(self) -> list[tuple[int, int]]:
        """For each sentence its first word and the word after its last."""
        return list(zip([0, *self.stops], self.stops, strict=False))


def tokens_of(text: str) -> Tokens:
    """Read a turn's text: its reading copy (see ``view``), split into words."""
    view = view_of(text)
    return Tokens(view, *_split(view.text))


def split(plain: str) -> tuple[list[str], list[int], list[int], list[str], list[int]]:
    """Split a reading copy into words and sentences.

    Arguments:
        plain: plain ASCII (see ``view``).

    Returns:
        The words, where each starts and ends, what stands after each up to the next (nothing, perhaps, after the
        last), and where sentences stop (see ``Tokens``).
    """
    parts = _APART.split(plain)
    offsets = [0, *accumulate(map(len, parts))]
    lead = 0 if parts[0] else 2
    tail = len(parts) if parts[-1] else len(parts) - 1
    words = parts[lead:tail:2]
    marks = parts[lead + 1 :: 2]
    if len(marks) < len(words):
        marks.append("")
    starts = offsets[lead : lead + 2 * len(words) : 2]
    ends = offsets[lead + 1 : lead + 2 * len(words) : 2]
    marks = marks[: len(words)]
    broken = list(map(_BREAKS.__getitem__, marks))
    for last in range(LONGEST_SENTENCE - 1, len(broken), LONGEST_SENTENCE):
        broken[last] = True
    number = -1
    for _ in range(marks[:-1].count(". ")):
        number = marks.index(". ", number + 1)
        word, after = words[number], words[number + 1]
        if word in ABBREVIATIONS or (word in BEFORE_NUMBERS and after[0].isdigit()):
            broken[number] = False
    if broken:
        broken[-1] = True
    return words, starts, ends, marks, [number for number, stop in enumerate(broken, 1) if stop]


try:
    from reviewqa.language._tokens import split as _split
except ImportError:  # installed without a compiler: the same words, more slowly
    _split = split  # type: ignore[assignment]
