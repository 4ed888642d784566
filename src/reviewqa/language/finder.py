"""Finding cues fast: a few bit operations a word tell which phrases can match where; only those are tried.

Each phrase has a bit. Each word of a text knows, as bit sets, of which phrases it is a needed word, which it can start,
and which it can stand second in (a word seen before costs one look-up). The words of a sentence together leave the
phrases all of whose needed words are there; at each place the word and its neighbour leave those that can start there.
What is left is matched word by word; no expression is compiled.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from reviewqa.language.phrases import (
    SHORTEST_PREFIX,
    Choice,
    Edge,
    Gap,
    Item,
    Number,
    Phrase,
    Word,
    needed_words,
    union,
)
from reviewqa.language.tokens import Tokens

_MEMORY = 50_000
_SENTENCES = 100_000
_LONGEST_REMEMBERED = 200
"""Agents repeat themselves: that many sentences of at most so many characters are remembered, with their cues."""
_LONGEST_PREFIX = 40
_COMMON = frozenset(
    """
    nie to sie na w i z do jest czy ze a co jak o za po od ale tak juz mam mi bo by dla pan pani pana ja
    the you is it and of in for on that this my we be have not can so me was with are your at if
    """.split()
)
"""Words that are in most texts: a phrase waits for another of its words if it has one."""
_NEGATORS = {
    "pl": (frozenset({"nie", "bez", "ani", "nigdy"}), 2),
    "en": (
        frozenset({"not", "never", "without", "cannot", "cant", "dont", "wont", "didnt", "doesnt", "isnt", "nor"}),
        3,
    ),
}
"""For each language the words that negate, and how many words before a match they reach."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """The words of one cue in one language.

    Arguments:
        cue: its id, such as ``agent/apology``.
        phrases: any of these says it.
        unless: a match that shares a word with one of these does not count.
        negatable: a match right after a negation (``nie``, ``not``) does not count.
    """

    cue: str
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...] = ()
    negatable: bool = True


class Hit(NamedTuple):
    """A cue found in a view: offsets into the view's text."""

    start: int
    end: int
    cue: str
    phrase: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase, or a part of one, on its way into the finder."""

    cue: str
    source: str
    items: Sequence[Item]
    veto: bool


@dataclass(frozen=True, slots=True)
class _Tried:
    """A phrase in the finder: its cue and its steps, a chain of (what, its value, the next step) with None after the
    last. Alternatives join again in the step after them, so trying one costs no copying."""

    cue: str
    source: str
    steps: Any


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a word: the needed words that it is, and as bit sets the phrases that need it (one set for each
    of their needed words), that it can start, and that it can come second in: next to the first word (``seconds``),
    after a gap of two words at most (``near``), or of more (``far``)."""

    numbers: frozenset[int]
    needed: tuple[int, ...]
    starts: int
    seconds: int
    near: int
    far: int


_NUMBER_PARTS = 5
"""Pieces of one number: 12 345,67 has three."""
_DIGITS = 0
"""The number that every word of digits has."""


class _Sentence:
    """One sentence being searched: what is known of its words, the words, what stands after each."""

    __slots__ = ("failed", "known", "marks", "size", "words")

    def __init__(self, known: list[frozenset[int]], words: list[str], marks: list[str]) -> None:
        self.known = known
        self.words = words
        self.marks = marks
        self.size = len(known)
        self.failed: set[tuple[int, int]] = set()

    def ends(self, steps: Any, at: int) -> int:
        """The word after a match whose further steps start at ``at``; -1 where there is none."""
        known, size = self.known, self.size
        while steps is not None:
            what, value, after = steps
            if what == "word":
                if at >= size or value not in known[at]:
                    return -1
                at += 1
            elif what == "choice":
                lead, starts, by_number, branches, others, deep = value
                if deep and (id(steps), at) in self.failed:
                    return -1
                if at < size and lead in known[at]:
                    here = starts & known[at]
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
                if deep:  # so that many choices and gaps cost their sum, not their product
                    self.failed.add((id(steps), at))
                return -1
            elif what == "gap":
                least, most, lead, deep = value
                if lead is _AT_THE_END:
                    if not least <= size - at <= most:
                        return -1
                    at, steps = size, after
                    continue
                if deep and (id(steps), at) in self.failed:
                    return -1
                for here_at in range(at + least, min(at + most, size) + 1):
                    if lead is None or (here_at < size and lead in known[here_at]):
                        end = self.ends(after, here_at)
                        if end >= 0:
                            return end
                if deep:
                    self.failed.add((id(steps), at))
                return -1
            elif what == "number":
                if at >= size or _DIGITS not in known[at]:
                    return -1
                most = min(size, at + _NUMBER_PARTS)
                at += 1
                while at < most and _DIGITS in known[at] and self.marks[at - 1] in (".", ",", ":", " "):
                    at += 1
            elif value == "^":
                if at > 0:
                    return -1
            elif at < size or (value == "?" and "?" not in self.marks[-1]):
                return -1
            steps = after
        return at


_NOTHING: frozenset[int] = frozenset()
_AT_THE_END = -1
"""What follows a gap that reaches to the end of the sentence."""
_DIGITS_NAME = "<number>"
_DIGIT_WORD = Word(frozenset({_DIGITS_NAME}))
_FEW_TURNINGS = 3
"""A phrase with more gaps and choices remembers where they failed."""
_SLOTS = 3
"""Needed words of a phrase that are looked at, the rarest first."""
_UNKNOWN = _Known(_NOTHING, (0,) * _SLOTS, 0, 0, 0, 0)
_NEAR = 3


def _parted(items: Sequence[Item], depth: int = 3) -> list[Sequence[Item]]:
    """A phrase as one or more: the alternatives of its first word go apart, so that each waits for its own words."""
    lead = 1 if isinstance(items[0], Edge) else 0
    first = items[lead]
    if not isinstance(first, Choice) or depth == 0:
        return [items]
    ways: list[Sequence[Item]] = [(*items[:lead], *sequence, *items[lead + 1 :]) for sequence in first.sequences]
    if first.optional:
        ways.append((*items[:lead], *items[lead + 1 :]))
    return [part for way in ways for part in _parted(way, depth - 1)]


def _later(here: list[_Known]) -> list[int]:
    """For each word of a sentence the phrases whose second word comes later: near enough for a short gap, or at all."""
    later = [0] * len(here)
    far = one = two = three = 0
    for at in range(len(here) - 1, -1, -1):
        later[at] = far | one | two | three
        each = here[at]
        if each is not _UNKNOWN:
            far |= each.far
        one, two, three = each.near, one, two
    return later


def _turnings(items: Sequence[Item]) -> int:
    """How many gaps and choices a sequence holds."""
    inner = [part for item in items if isinstance(item, Choice) for part in item.sequences]
    return sum(isinstance(item, Gap | Choice) for item in items) + sum(map(_turnings, inner))


def _joined(bits: dict[int, int], numbers: list[int]) -> int:
    joined = 0
    for number in numbers:
        joined |= bits.get(number, 0)
    return joined


class Finder:
    """Finds the cues of one language and one kind of speaker.

    Arguments:
        language: ``pl`` or ``en``.
        cues: what to look for.
    """

    def __init__(self, language: str, cues: Sequence[CueWords]) -> None:
        self._negators, self._reach = _NEGATORS[language]
        self._words = [_DIGIT_WORD]
        self._numbers: dict[Word, int] = {_DIGIT_WORD: _DIGITS}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._prefixes: dict[str, list[int]] = defaultdict(list)
        self._negatable = {words.cue: words.negatable for words in cues}
        self._questions = [words.cue for words in cues for phrase in words.phrases if not phrase.needs]
        self._never_asked = {words.cue for words in cues for phrase in words.unless if not phrase.needs}
        self._tried: list[_Tried] = []
        self._needed: list[dict[int, int]] = [defaultdict(int) for _ in range(_SLOTS)]
        self._always = [0] * _SLOTS
        self._starts: dict[int, int] = defaultdict(int)
        self._seconds: dict[int, int] = defaultdict(int)
        self._near: dict[int, int] = defaultdict(int)
        self._far: dict[int, int] = defaultdict(int)
        self._gapped = self._any_start = self._any_second = self._at_start = self._asking = self._said = 0
        self._excepting: dict[str, int] = defaultdict(int)
        entries = [(words.cue, phrase, False) for words in cues for phrase in words.phrases if phrase.needs]
        entries += [(words.cue, phrase, True) for words in cues for phrase in words.unless if phrase.needs]
        crowd = Counter(need for _, phrase, _ in entries for need in phrase.needs)
        for cue, phrase, veto in entries:
            for items in _parted(phrase.items):
                self._enter(_Entry(cue, phrase.source, items, veto), crowd)
        self._seen: dict[str, _Known] = {}
        self._remembered: dict[str, tuple[tuple[int, int, str, str], ...]] = {}

    def _enter(self, entry: _Entry, crowd: Counter[Word]) -> None:
        """Give a phrase its bit, and put the bit where its words are looked up."""
        bit = 1 << len(self._tried)
        self._tried.append(
            _Tried(entry.cue, entry.source, self._steps(entry.items, None, _turnings(entry.items) > _FEW_TURNINGS))
        )
        needs = needed_words(entry.items)
        rarest = sorted(needs, key=lambda need: (not need.choices.isdisjoint(_COMMON), crowd[need]))
        for slot in range(_SLOTS):
            if slot < len(rarest):
                self._needed[slot][self._number(rarest[slot])] |= bit
            else:
                self._always[slot] |= bit
        if entry.veto:
            self._excepting[entry.cue] |= bit
        else:
            self._said |= bit
        self._at_start |= bit if entry.items[0] == Edge("^") else 0
        self._asking |= bit if entry.items[-1] == Edge("?") else 0
        items = entry.items[1:] if isinstance(entry.items[0], Edge) else entry.items
        starts = self._first(items)
        for number in starts or ():
            self._starts[number] |= bit
        seconds, gap = self._second(items)
        reach = self._seconds if not gap else self._near if gap < _NEAR else self._far
        for number in seconds or ():
            reach[number] |= bit
        self._gapped |= bit if gap else 0
        self._any_start |= bit if starts is None else 0
        self._any_second |= bit if seconds is None else 0

    def _number(self, word: Word) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._words)
            self._words.append(word)
            for choice in word.choices:
                self._exact[choice].append(number)
            for prefix in word.prefixes:
                self._prefixes[prefix].append(number)
        return number

    def _steps(self, items: Sequence[Item], after: Any, deep: bool) -> Any:
        for number in range(len(items) - 1, -1, -1):
            item = items[number]
            if isinstance(item, Word):
                after = ("word", self._number(item), after)
            elif isinstance(item, Choice):
                by_number: dict[int, list[int]] = defaultdict(list)
                branches = [self._steps(each, after, deep) for each in item.sequences]
                others: list[Any] = []
                for branch, each in enumerate(item.sequences):
                    first = self._first(each)
                    if first is None:
                        others.append(branches[branch])
                    for start in first or ():
                        by_number[start].append(branch)
                if item.optional:
                    others.append(after)
                starts = frozenset(by_number)
                after = ("choice", (self._lead(starts), starts, dict(by_number), branches, tuple(others), deep), None)
            elif isinstance(item, Gap):
                last = after is not None and after[0] == "edge" and after[1] != "^"
                lead = _AT_THE_END if last else self._lead(self._first(items[number + 1 :]))
                after = ("gap", (item.least, item.most, lead, deep), after)
            elif isinstance(item, Number):
                after = ("number", None, after)
            else:
                after = ("edge", item.mark, after)
        return after

    def _lead(self, numbers: frozenset[int] | None) -> int | None:
        """One number for any of several words, so that one look tells whether one of them is there."""
        if not numbers:
            return None
        if len(numbers) == 1:
            return next(iter(numbers))
        return self._number(union(tuple(self._words[number] for number in sorted(numbers))))

    def _first(self, items: Sequence[Item]) -> frozenset[int] | None:
        """The numbers of the words that a sequence can start with; None where that is any word or none."""
        starts: set[int] = set()
        for item in items:
            if isinstance(item, Word):
                return frozenset(starts | {self._number(item)})
            if isinstance(item, Number):
                return frozenset(starts | {_DIGITS})
            if not isinstance(item, Choice):
                return None
            inner = [self._first(sequence) for sequence in item.sequences]
            if None in inner:
                return None
            starts.update(*(each for each in inner if each is not None))
            if not item.optional:
                return frozenset(starts)
        return None

    def _second(self, items: Sequence[Item]) -> tuple[frozenset[int] | None, int]:
        """The numbers of the named words that can come second in a match (None where that is any word or none), and
        how many words may stand between."""
        if not items or not isinstance(items[0], Word | Choice):
            return None, 0
        rest = items[1:]
        if isinstance(items[0], Word):
            gap = rest[0].most if rest and isinstance(rest[0], Gap) else 0
            return self._first(rest[1:] if gap else rest), gap
        ways = [self._second((*sequence, *rest)) for sequence in items[0].sequences]
        if items[0].optional:
            ways.append(self._second(rest))
        sets = [way for way, _ in ways if way is not None]
        return _NOTHING.union(*sets) if len(sets) == len(ways) else None, max(gap for _, gap in ways)

    def _know(self, word: str) -> _Known:
        """Look a word up; remembered, within bounds."""
        bare = word.strip("'")
        numbers = list(self._exact.get(bare, ()))
        for length in range(SHORTEST_PREFIX, min(len(bare), _LONGEST_PREFIX) + 1):
            numbers.extend(self._prefixes.get(bare[:length], ()))
        if bare.isdigit():
            numbers += [_DIGITS, *self._exact.get(_DIGITS_NAME, ())]
        known = _UNKNOWN
        if numbers:
            needed = tuple(_joined(slot, numbers) for slot in self._needed)
            follows = (_joined(reach, numbers) for reach in (self._seconds, self._near, self._far))
            known = _Known(frozenset(numbers), needed, _joined(self._starts, numbers), *follows)
        if len(self._seen) >= _MEMORY:
            self._seen.clear()
        self._seen[word] = known
        return known

    def find(self, tokens: Tokens) -> list[Hit]:
        """All cues in a turn, in the order of the text; overlapping matches of one cue are told once, the longest."""
        hits: list[Hit] = []
        first = 0
        text, starts, ends, marks = tokens.view.text, tokens.starts, tokens.ends, tokens.marks
        for number, broken in enumerate(tokens.broken):
            if broken:
                key = text[starts[first] : ends[number]] + ("?" if "?" in marks[number] else "")
                found = self._remembered.get(key)
                if found is None:
                    found = self._in_sentence(tokens.words[first : number + 1], marks[first : number + 1])
                    if len(self._remembered) >= _SENTENCES:
                        self._remembered.clear()
                    if len(key) <= _LONGEST_REMEMBERED:
                        self._remembered[key] = found
                for start, stop, cue, source in found:
                    hits.append(Hit(starts[first + start], ends[first + stop - 1], cue, source))
                first = number + 1
        hits.sort()
        return hits

    def _in_sentence(self, words: list[str], marks: list[str]) -> tuple[tuple[int, int, str, str], ...]:
        """The cues of one sentence, as (first word, word after the last, cue, phrase)."""
        seen, know = self._seen, self._know
        here = [seen.get(word) or know(word) for word in words]
        possible = self._possible(here)
        asked = self._questions and "?" in marks[-1]
        if not possible[0] and not asked:
            return ()
        found: dict[str, list[tuple[int, int, str]]] = {}
        sentence = _Sentence([each.numbers for each in here], words, marks)
        for start, stop, tried in self._matches(sentence, here, possible, self._said):
            found.setdefault(tried.cue, []).append((start, stop, tried.source))
        if "?" in marks[-1]:
            found = {cue: spans for cue, spans in found.items() if cue not in self._never_asked}
        if asked:
            for cue in self._questions:
                found.setdefault(cue, []).append((0, len(words), "?"))
        return tuple(
            (start, stop, cue, source)
            for cue, spans in found.items()
            for start, stop, source in self._kept(cue, spans, self._vetoes(cue, sentence, here, possible), sentence)
        )

    def _possible(self, here: list[_Known]) -> list[int]:
        """For each word of a sentence the phrases all of whose needed words stand there or later."""
        possible = [0] * len(here)
        one, two, three = self._always
        bits = 0
        for at in range(len(here) - 1, -1, -1):
            each = here[at]
            if each is not _UNKNOWN:
                first, second, third = each.needed
                one |= first
                two |= second
                three |= third
                bits = one & two & three
            possible[at] = bits
        return possible

    def _vetoes(self, cue: str, sentence: _Sentence, here: list[_Known], possible: list[int]) -> list[tuple[int, int]]:
        """Where an exception of a cue stands in a sentence."""
        bits = self._excepting.get(cue, 0)
        return [(start, stop) for start, stop, _ in self._matches(sentence, here, possible, bits)] if bits else []

    def _matches(
        self, sentence: _Sentence, here: list[_Known], possible: list[int], wanted: int
    ) -> list[tuple[int, int, _Tried]]:
        """The phrases that match, with the words from which to which they do: those are tried that can start at a word,
        going by the word and those after it."""
        matches: list[tuple[int, int, _Tried]] = []
        if "?" not in sentence.marks[-1]:
            wanted &= ~self._asking
        if not possible[0] & wanted:
            return matches
        any_second, tried = self._any_second, self._tried
        anywhere = self._any_start & wanted
        size = len(here)
        later = _later(here) if possible[0] & wanted & self._gapped else None
        for at, each in enumerate(here):
            if at == 1:
                wanted &= ~self._at_start
                anywhere &= wanted
            if each is _UNKNOWN and not anywhere:
                continue
            bits = possible[at] & (each.starts & wanted | anywhere)
            if not bits:
                continue
            fitting = bits & any_second
            if at + 1 < size:
                fitting |= bits & here[at + 1].seconds
                if later is not None:
                    fitting |= bits & later[at]
            while fitting:
                lowest = fitting & -fitting
                fitting ^= lowest
                phrase = tried[lowest.bit_length() - 1]
                stop = sentence.ends(phrase.steps, at)
                if stop > at:
                    matches.append((at, stop, phrase))
        return matches

    def _kept(
        self, cue: str, spans: list[tuple[int, int, str]], vetoes: Sequence[tuple[int, int]], sentence: _Sentence
    ) -> Iterator[tuple[int, int, str]]:
        """The matches of one cue that count: no exception, no negation, the longest of those that overlap."""
        last = 0
        for first, end, source in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
            if first < last or any(first < stop and begin < end for begin, stop in vetoes):
                continue
            if self._negatable[cue] and self._negated(first, sentence):
                continue
            last = end
            yield first, end, source

    def _negated(self, first: int, sentence: _Sentence) -> bool:
        """Whether a negation stands shortly before a word, in the same clause."""
        for at in range(first - 1, max(-1, first - 1 - self._reach), -1):
            if not sentence.marks[at].isspace():
                return False
            if sentence.words[at] in self._negators or sentence.words[at].endswith("n't"):
                return True
        return False
