"""Matching phrases in a sentence, word by word; no expression is compiled.

A phrase becomes a chain of steps, each (what, its value, the next step) with None after the last. Alternatives join
again in the step after them, so trying one costs no copying. Phrases with many gaps and choices remember where they
failed, so that these cost their sum, not their product.

``_finder`` does the same in C, many times faster; it is there where a compiler was when the package was installed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from reviewqa.language.anchors import Anchor, anchors_of, rarest
from reviewqa.language.phrases import Choice, Edge, Gap, Item, Number, Phrase, Word
from reviewqa.language.tokens import lasting
from reviewqa.language.vocabulary import DIGITS, NOTHING, Vocabulary

_WORD, _CHOICE, _GAP, _NUMBER, _EDGE = range(5)
_PARTED = 3
_NEEDED = 2
"""So many of the words that a phrase needs are looked for besides its anchor."""
_SHORT_GAP = 2
_MEMORY = 50_000
_NUMBER_PARTS = 5
"""Pieces of one number: 12 345,67 has three."""
_AT_THE_END = -1
"""What follows a gap that reaches to the end of the sentence."""
_FEW_TURNINGS = 3
"""A phrase with more gaps and choices remembers where they failed."""


def steps_of(items: tuple[Item, ...], vocabulary: Vocabulary) -> Any:
    """The chain of steps that matches a sequence of items."""
    return _steps(items, vocabulary, None, _turnings(items) > _FEW_TURNINGS)


def _turnings(items: tuple[Item, ...]) -> int:
    """How many gaps and choices a sequence holds."""
    inner = [part for item in items if isinstance(item, Choice) for part in item.sequences]
    return sum(isinstance(item, Gap | Choice) for item in items) + sum(map(_turnings, inner))


def _steps(items: tuple[Item, ...], vocabulary: Vocabulary, after: Any, deep: bool) -> Any:
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A phrase of a cue, ready to be matched.

    Arguments:
        cue, source: what it says, and as the cue file has it.
        veto: it is an exception of the cue.
        ways: its chains of steps, one for each alternative of its first word, each with the number of the word that
            it starts with (None where that may be any); the longest match counts.
        anchors: the rarest words, or pairs of words, of which one is in every match.
        needs: numbers of further words that have to be in the sentence, the rarest first.
        starts: numbers of the words that a match can start with; None where that may be any.
        seconds: numbers of the named words that can stand second in a match; None where that may be any or none.
        gap: how many words may stand between the first and the second, at most.
        at_start: a match starts with the sentence.
        asking: a match needs a question.
    """

    cue: str
    source: str
    veto: bool
    ways: tuple[tuple[int | None, Any], ...]
    anchors: tuple[Anchor, ...]
    needs: tuple[int, ...]
    starts: frozenset[int] | None
    seconds: frozenset[int] | None
    gap: int
    at_start: bool
    asking: bool


def prepare(language: str, cue: str, phrase: Phrase, veto: bool, vocabulary: Vocabulary) -> Prepared:
    """Make a phrase ready.

    Arguments:
        language: ``pl`` or ``en``, for how common its words are.
        cue, veto: see ``Prepared``.
        phrase: as it was read.
        vocabulary: where its words are numbered.
    """
    items = phrase.items
    ways = [(vocabulary.any_of(_first(way, vocabulary)), steps_of(way, vocabulary)) for way in _parted(items)]
    anchors = anchors_of(language, items, vocabulary)
    needs = {vocabulary.number(word) for word in phrase.needs} - ({anchors[0].word} if len(anchors) == 1 else set())
    seconds, gap = _second(items, vocabulary)
    return Prepared(
        cue=cue,
        source=phrase.source,
        veto=veto,
        ways=tuple(ways),
        anchors=tuple(anchors),
        needs=tuple(rarest(language, sorted(needs), vocabulary)[:_NEEDED]),
        starts=_first(items, vocabulary),
        seconds=seconds,
        gap=gap,
        at_start=items[0] == Edge("^"),
        asking=items[-1] == Edge("?"),
    )


def _parted(items: tuple[Item, ...], depth: int = _PARTED) -> list[tuple[Item, ...]]:
    """A phrase as one or more: the alternatives of its first word go apart."""
    lead = 1 if isinstance(items[0], Edge) else 0
    first = items[lead]
    if not isinstance(first, Choice) or depth == 0:
        return [items]
    ways: list[tuple[Item, ...]] = [(*items[:lead], *sequence, *items[lead + 1 :]) for sequence in first.sequences]
    if first.optional:
        ways.append((*items[:lead], *items[lead + 1 :]))
    return [part for way in ways for part in _parted(way, depth - 1)]


def _spoken(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """A phrase without the mark of the start of a sentence."""
    return items[1:] if isinstance(items[0], Edge) else items


def _first(items: tuple[Item, ...], vocabulary: Vocabulary) -> frozenset[int] | None:
    return vocabulary.first(_spoken(items))


def _second(items: tuple[Item, ...], vocabulary: Vocabulary) -> tuple[frozenset[int] | None, int]:
    """The numbers of the named words that can stand second in a match, and how many words may stand before them."""
    seconds: set[int] = set()
    widest = 0
    for way in _parted(items):
        lead, *rest = _spoken(way)
        gap = rest[0].most if rest and isinstance(rest[0], Gap) else 0
        following = vocabulary.first(tuple(rest[1:] if gap else rest)) if isinstance(lead, Word) else None
        if following is None:
            return None, 0
        seconds |= following
        widest = max(widest, gap)
    return frozenset(seconds), widest


Match = tuple[int, int, int]
"""Which of the phrases, the first word of its match, and the word after the last."""


class _Known(NamedTuple):
    """What is known of a word: its numbers, and as bit sets the pairs of words that it begins and ends, the phrases
    that it anchors alone, that need it besides (two sets), that can start with it, and that can have it as their second
    word: right after the first, after a short gap, or after a longer one."""

    numbers: frozenset[int]
    firsts: int
    lasts: int
    anchored: int
    needed: int
    needed_too: int
    starts: int
    seconds: int
    near: int
    far: int


_FIRSTS, _LASTS, _ANCHORED, _ALSO, _ALSO_TOO, _STARTS, _SECONDS, _NEAR, _FAR = range(_SETS := 9)


class Matcher:
    """Matches many phrases in a sentence: a few bit operations a word tell which can match where, and only those are
    tried.

    Each phrase has a bit. The words of a sentence, from its end, leave the phrases whose anchor (see ``anchors``) and
    needed words come there or later; a word and those after it leave those that can start with it.

    Arguments:
        phrases: what to match.
        vocabulary: where their words are numbered.
        asked: cues that any question says.
    """

    def __init__(self, phrases: list[Prepared], vocabulary: Vocabulary, asked: Sequence[str]) -> None:
        self._phrases = phrases
        self._vocabulary = vocabulary
        self._bits: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._always = [0] * _NEEDED
        pairs: dict[tuple[int, int], int] = defaultdict(int)
        self._any_start = self._any_second = self._at_start = self._asking = self._said = 0
        self._vetoes: dict[str, int] = defaultdict(int)
        for number, phrase in enumerate(phrases):
            self._enter(phrase, 1 << number, pairs)
        for number, (first, last) in enumerate(pairs):
            self._bits[first][_FIRSTS] |= 1 << number
            self._bits[last][_LASTS] |= 1 << number
        self._paired = list(pairs.values())
        self._asked = 0
        for cue in asked:
            self._asked |= self._vetoes.get(cue, 0)
        self._seen: dict[str, _Known] = {}
        self._alike: dict[frozenset[int], _Known] = {}

    def _enter(self, phrase: Prepared, bit: int, pairs: dict[tuple[int, int], int]) -> None:
        """Put a phrase's bit where its words are looked up."""
        for anchor in phrase.anchors:
            if anchor.next is None:
                self._bits[anchor.word][_ANCHORED] |= bit
            else:
                pairs[anchor.word, anchor.next] |= bit
        for slot in range(_NEEDED):
            if slot < len(phrase.needs):
                self._bits[phrase.needs[slot]][_ALSO + slot] |= bit
            else:
                self._always[slot] |= bit
        for number in phrase.starts or ():
            self._bits[number][_STARTS] |= bit
        reach = _FAR if phrase.gap > _SHORT_GAP else _NEAR if phrase.gap else _SECONDS
        for number in phrase.seconds or ():
            self._bits[number][reach] |= bit
        self._any_start |= bit if phrase.starts is None else 0
        self._any_second |= bit if phrase.seconds is None else 0
        self._at_start |= bit if phrase.at_start else 0
        self._asking |= bit if phrase.asking else 0
        if phrase.veto:
            self._vetoes[phrase.cue] |= bit
        else:
            self._said |= bit

    def matches(self, words: list[str], marks: list[str]) -> list[Match]:
        """The matches of all phrases in a sentence; those of exceptions only where the sentence says their cue.

        Arguments:
            words: the folded words of the sentence.
            marks: for each word what stands after it.
        """
        seen, know = self._seen, self._know
        here = [seen.get(word) or know(word) for word in words]
        question = "?" in marks[-1]
        attempts = self._attempts(here, question)
        if not attempts:
            return []
        sentence = Sentence([known.numbers for known in here], marks)
        matches: list[Match] = []
        vetoed = self._asked if question else 0
        for at, bits in attempts:
            for match in self._matched(sentence, at, bits & self._said):
                matches.append(match)
                vetoed |= self._vetoes.get(self._phrases[match[0]].cue, 0)
        if vetoed:
            for at, bits in attempts:
                matches.extend(self._matched(sentence, at, bits & vetoed))
        return matches

    def _know(self, word: str) -> _Known:
        """Look a word up; remembered, within bounds. Most forms of a word are known alike."""
        numbers = self._vocabulary.of(word)
        known = self._alike.get(numbers)
        if known is None:
            sets = [0] * _SETS
            for number in numbers:
                for field, bits in self._bits[number].items() if number in self._bits else ():
                    sets[field] |= bits
            known = self._alike[numbers] = _Known(numbers, *sets)
        if lasting(word):
            if len(self._seen) >= _MEMORY:
                self._seen.clear()
            self._seen[word] = known
        return known

    def _attempts(self, here: list[_Known], question: bool) -> list[tuple[int, int]]:
        """The words of a sentence at which phrases can start, with the bits of these phrases."""
        attempts: list[tuple[int, int]] = []
        anywhere, any_second, wanted = self._any_start, self._any_second, -1 if question else ~self._asking
        also, also_too = self._always
        anchored = following = far = 0
        for at in range(len(here) - 1, -1, -1):
            _, firsts, lasts, alone, needed, needed_too, starts, _, _, reached = here[at]
            anchored |= alone
            also |= needed
            also_too |= needed_too
            pairs = firsts & following
            while pairs:
                lowest = pairs & -pairs
                pairs ^= lowest
                anchored |= self._paired[lowest.bit_length() - 1]
            following = lasts
            fitting = anchored & (starts | anywhere)
            if fitting:
                fitting &= also & also_too
                if fitting:
                    fitting &= wanted & (_seconds(here, at) | far | any_second)
                    if at:
                        fitting &= ~self._at_start
                    if fitting:
                        attempts.append((at, fitting))
            far |= reached
        return attempts

    def _matched(self, sentence: Sentence, at: int, bits: int) -> list[Match]:
        """The longest match of each of some phrases that starts at a word."""
        matches: list[Match] = []
        here = sentence.known[at]
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            number = lowest.bit_length() - 1
            longest = at
            for lead, steps in self._phrases[number].ways:
                if lead is None or lead in here:
                    longest = max(longest, sentence.ends(steps, at))
            if longest > at:
                matches.append((number, at, longest))
        return matches


def _seconds(here: list[_Known], at: int) -> int:
    """The phrases that have one of the words after a word as their second, right there or after a short gap."""
    seconds = here[at + 1].seconds if at + 1 < len(here) else 0
    for known in here[at + 1 : at + 2 + _SHORT_GAP]:
        seconds |= known.near
    return seconds


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
