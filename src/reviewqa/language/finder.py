"""Finding cues fast: each phrase is tried only where one of its rarest words stands (see ``anchors``).

What is known of a word - which words of phrases it is, which phrases it anchors, which pairs it begins and ends - is
worked out when it is first met; a word seen before costs one look-up. Sentences are remembered, within bounds, since
agents repeat themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from reviewqa.language.anchors import anchors_of, rarest
from reviewqa.language.matching import Sentence, steps_of
from reviewqa.language.phrases import Choice, Edge, Gap, Item, Phrase, Word
from reviewqa.language.tokens import Tokens
from reviewqa.language.vocabulary import Vocabulary

_SHORT_GAP = 2
_MEMORY = 50_000
_SENTENCES = 100_000
_LONGEST_REMEMBERED = 200
"""That many sentences of at most so many characters are remembered, with their cues."""
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


class _Tried(NamedTuple):
    """A phrase as the finder tries it.

    Arguments:
        cue, source: what it says, and as the cue file has it.
        ways: how it is matched (see ``matching``), once for each alternative of its first word, each with the number
            of the word that it starts with (None where that may be any); the longest match counts.
        veto: it is an exception.
    """

    cue: str
    source: str
    ways: tuple[tuple[int | None, Any], ...]
    veto: bool


class _Known(NamedTuple):
    """What is known of a word: its numbers, and as bit sets the pairs of words that it begins and ends, the phrases
    that it anchors alone, that need it besides (two sets), that can start with it, and that can have it as their second
    word: right after the first (``seconds``), after a short gap (``near``), or after a longer one (``far``)."""

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


_FIRSTS, _LASTS, _ANCHORED, _NEEDED, _NEEDED_TOO, _STARTS, _SECONDS, _NEAR, _FAR = range(_SETS := 9)


def _parted(items: Sequence[Item], depth: int = 3) -> list[Sequence[Item]]:
    """A phrase as one or more: the alternatives of its first word go apart, so that the longest match is found."""
    lead = 1 if isinstance(items[0], Edge) else 0
    first = items[lead]
    if not isinstance(first, Choice) or depth == 0:
        return [items]
    ways: list[Sequence[Item]] = [(*items[:lead], *sequence, *items[lead + 1 :]) for sequence in first.sequences]
    if first.optional:
        ways.append((*items[:lead], *items[lead + 1 :]))
    return [part for way in ways for part in _parted(way, depth - 1)]


class Finder:
    """Finds the cues of one language and one kind of speaker.

    Arguments:
        language: ``pl`` or ``en``.
        cues: what to look for.
    """

    def __init__(self, language: str, cues: Sequence[CueWords]) -> None:
        self._language = language
        self._negators, self._reach = _NEGATORS[language]
        self._vocabulary = Vocabulary()
        self._negatable = {words.cue: words.negatable for words in cues}
        self._questions = [words.cue for words in cues for phrase in words.phrases if not phrase.needs]
        self._never_asked = {words.cue for words in cues for phrase in words.unless if not phrase.needs}
        self._tried: list[_Tried] = []
        self._bits: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._pairs: dict[tuple[int, int], int] = defaultdict(int)
        self._needed = self._needed_too = self._any_start = self._any_second = self._at_start = self._asking = 0
        for words in cues:
            for veto, phrases in ((False, words.phrases), (True, words.unless)):
                for phrase in phrases:
                    if phrase.needs:
                        self._enter(words.cue, phrase, veto)
        for bit, (first, last) in enumerate(self._pairs):
            self._bits[first][_FIRSTS] |= 1 << bit
            self._bits[last][_LASTS] |= 1 << bit
        self._paired = list(self._pairs.values())
        self._seen: dict[str, _Known] = {}
        self._alike: dict[frozenset[int], _Known] = {}
        self._remembered: dict[str, tuple[tuple[int, int, str, str], ...]] = {}

    def _enter(self, cue: str, phrase: Phrase, veto: bool) -> None:
        """Give a phrase its bit, and put the bit where its words are looked up."""
        vocabulary, items = self._vocabulary, phrase.items
        bit = 1 << len(self._tried)
        ways = [(self._first(way), steps_of(tuple(way), vocabulary)) for way in _parted(items)]
        leads = tuple((vocabulary.any_of(first), steps) for first, steps in ways)
        self._tried.append(_Tried(cue, phrase.source, leads, veto))
        anchors = anchors_of(self._language, items, vocabulary)
        for anchor in anchors:
            if anchor.next is None:
                self._bits[anchor.word][_ANCHORED] |= bit
            else:
                self._pairs[anchor.word, anchor.next] |= bit
        needs = {vocabulary.number(word) for word in phrase.needs} - ({anchors[0].word} if len(anchors) == 1 else set())
        further = rarest(self._language, sorted(needs), vocabulary)
        if further:
            self._bits[further[0]][_NEEDED] |= bit
        else:
            self._needed |= bit
        if len(further) > 1:
            self._bits[further[1]][_NEEDED_TOO] |= bit
        else:
            self._needed_too |= bit
        starts = self._first(items)
        for number in starts or ():
            self._bits[number][_STARTS] |= bit
        seconds, gap = self._second(items)
        reach = _FAR if gap > _SHORT_GAP else _NEAR if gap else _SECONDS
        for number in seconds or ():
            self._bits[number][reach] |= bit
        self._any_start |= bit if starts is None else 0
        self._any_second |= bit if seconds is None else 0
        self._at_start |= bit if items[0] == Edge("^") else 0
        self._asking |= bit if items[-1] == Edge("?") else 0

    def _first(self, items: Sequence[Item]) -> frozenset[int] | None:
        """The numbers of the words that a match can start with; None where that may be any."""
        return self._vocabulary.first(tuple(items[1:] if isinstance(items[0], Edge) else items))

    def _second(self, items: Sequence[Item]) -> tuple[frozenset[int] | None, int]:
        """The numbers of the named words that can stand second in a match (None where that is any word or none), and
        how many words may stand between."""
        seconds: set[int] = set()
        widest = 0
        for way in _parted(items):
            lead, *rest = way[1:] if isinstance(way[0], Edge) else way
            gap = rest[0].most if rest and isinstance(rest[0], Gap) else 0
            following = self._vocabulary.first(tuple(rest[1:] if gap else rest)) if isinstance(lead, Word) else None
            if following is None:
                return None, 0
            seconds |= following
            widest = max(widest, gap)
        return frozenset(seconds), widest

    def _know(self, word: str) -> _Known:
        """Look a word up; remembered, within bounds. Most forms of a word are known alike."""
        numbers = self._vocabulary.of(word)
        known = self._alike.get(numbers)
        if known is None:
            sets = [0] * _SETS
            for number in numbers:
                for field, bits in self._bits[number].items() if number in self._bits else ():
                    sets[field] |= bits
            known = _Known(numbers, *sets)
            self._alike[numbers] = known
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
        question = "?" in marks[-1]
        attempts = self._attempts(here, question)
        if not attempts and not (question and self._questions):
            return ()
        sentence = Sentence([known[0] for known in here], marks)
        found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        vetoes: dict[str, list[tuple[_Tried, int]]] = defaultdict(list)
        for tried, at in attempts:
            if tried.veto:
                vetoes[tried.cue].append((tried, at))
                continue
            stop = _stop(tried, sentence, at)
            if stop > at:
                found[tried.cue].append((at, stop, tried.source))
        if question:
            for cue in self._never_asked:
                found.pop(cue, None)
            for cue in self._questions:
                found[cue].append((0, len(words), "?"))
        return tuple(
            (start, stop, cue, source)
            for cue, spans in found.items()
            for start, stop, source in self._kept(cue, spans, _matched(vetoes.get(cue, ()), sentence), sentence, words)
        )

    def _attempts(self, here: list[_Known], question: bool) -> list[tuple[_Tried, int]]:
        """Each phrase to try in a sentence with each word to try it at: one that it can start with, where its anchor
        and the words that it needs come there or later, and its second word where it has to."""
        attempts: list[tuple[_Tried, int]] = []
        anywhere, any_second, wanted = self._any_start, self._any_second, -1 if question else ~self._asking
        anchored, needed, needed_too = 0, self._needed, self._needed_too
        following = far = 0
        inside = ~self._at_start
        for at in range(len(here) - 1, -1, -1):
            _, firsts, lasts, alone, one, other, starts, _, _, reached = here[at]
            anchored |= alone
            needed |= one
            needed_too |= other
            pairs = firsts & following
            while pairs:
                lowest = pairs & -pairs
                pairs ^= lowest
                anchored |= self._paired[lowest.bit_length() - 1]
            following = lasts
            fitting = anchored & (starts | anywhere)
            if fitting:
                fitting &= needed & needed_too
                if fitting:
                    fitting &= wanted & (_seconds(here, at) | far | any_second)
                    if at:
                        fitting &= inside
                    while fitting:
                        lowest = fitting & -fitting
                        fitting ^= lowest
                        attempts.append((self._tried[lowest.bit_length() - 1], at))
            far |= reached
        return attempts

    def _kept(
        self,
        cue: str,
        spans: list[tuple[int, int, str]],
        vetoes: Sequence[tuple[int, int]],
        sentence: Sentence,
        words: list[str],
    ) -> Iterator[tuple[int, int, str]]:
        """The matches of one cue that count: no exception, no negation, the longest of those that overlap."""
        last = 0
        for first, end, source in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
            if first < last or any(first < stop and begin < end for begin, stop in vetoes):
                continue
            if self._negatable[cue] and self._negated(first, words, sentence.marks):
                continue
            last = end
            yield first, end, source

    def _negated(self, first: int, words: list[str], marks: list[str]) -> bool:
        """Whether a negation stands shortly before a word, in the same clause."""
        for at in range(first - 1, max(-1, first - 1 - self._reach), -1):
            if not marks[at].isspace():
                return False
            if words[at] in self._negators or words[at].endswith("n't"):
                return True
        return False


def _seconds(here: list[_Known], at: int) -> int:
    """The phrases that have one of the words after a word as their second, right there or after a short gap."""
    seconds = here[at + 1].seconds if at + 1 < len(here) else 0
    for known in here[at + 1 : at + 2 + _SHORT_GAP]:
        seconds |= known.near
    return seconds


def _matched(attempts: Sequence[tuple[_Tried, int]], sentence: Sentence) -> list[tuple[int, int]]:
    """Where the exceptions of a cue stand."""
    ends = [(at, _stop(tried, sentence, at)) for tried, at in attempts]
    return [(at, stop) for at, stop in ends if stop > at]


def _stop(tried: _Tried, sentence: Sentence, at: int) -> int:
    """The word after the longest match of a phrase at a word; -1 where there is none."""
    here, longest = sentence.known[at], -1
    for lead, steps in tried.ways:
        if lead is None or lead in here:
            stop = sentence.ends(steps, at)
            if stop > longest:
                longest = stop
    return longest
