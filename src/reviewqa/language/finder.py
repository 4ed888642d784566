"""Finding cues fast: one pass over the words of a turn tells which phrases can occur; only those are tried.

Most turns have few of the words that a given phrase needs. So each phrase waits at its rarest needed word, a turn's
words are looked up once (a word seen before costs one dictionary lookup), and a phrase is tried only where all the
words it needs are there. Expressions are compiled when they are first tried.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reviewqa.language.phrases import Phrase, Word
from reviewqa.language.view import View, split_words

_MEMORY = 200_000
_NEGATORS = {
    "pl": r"(?<!\w)(?:nie|bez|ani|nigdy)(?:[^\w.!?,;:\x02]+\w+){0,1}[^\w.!?,;:\x02]+\Z",
    "en": r"(?:(?<!\w)(?:not|never|without|cannot|cant|dont|wont|didnt|doesnt|isnt|nor|neither)|n't)"
          r"(?:[^\w.!?,;:\x02]+\w+){0,2}[^\w.!?,;:\x02]+\Z",
}  # fmt: skip
_NEGATION_REACH = 60


@dataclass(frozen=True, slots=True)
class CueWords:
    """The words of one cue in one language.

    Arguments:
        cue: its id, such as ``agent/apology``.
        phrases: any of these says it.
        unless: a match that shares a character with one of these does not count.
        negatable: a match right after a negation (``nie``, ``not``) does not count.
    """

    cue: str
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...] = ()
    negatable: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A cue found in a view: offsets into the view's text."""

    start: int
    end: int
    cue: str
    phrase: str


class _Tried:
    """A phrase with its expression, compiled when first needed."""

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(self.phrase.pattern)

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span("said") for match in self.expression.finditer(text)]


class Finder:
    """Finds the cues of one language and one kind of speaker.

    Arguments:
        language: ``pl`` or ``en``.
        cues: what to look for.
    """

    def __init__(self, language: str, cues: Sequence[CueWords]) -> None:
        self._negator = re.compile(_NEGATORS[language])
        self._cues = {words.cue: words for words in cues}
        self._unless = {words.cue: [_Tried(phrase) for phrase in words.unless] for words in cues}
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._prefixes: dict[str, list[int]] = defaultdict(list)
        numbers: dict[Word, int] = {}
        waiting: list[tuple[str, _Tried, tuple[int, ...]]] = []
        for words in cues:
            for phrase in words.phrases:
                needs = tuple(dict.fromkeys(self._number(need, numbers) for need in phrase.needs))
                waiting.append((words.cue, _Tried(phrase), needs))
        self._always = [(cue, tried) for cue, tried, needs in waiting if not needs]
        crowd = Counter(need for _, _, needs in waiting for need in needs)
        self._waiting: dict[int, list[tuple[str, _Tried, frozenset[int]]]] = defaultdict(list)
        for cue, tried, needs in waiting:
            if needs:
                anchor = min(needs, key=lambda need: (crowd[need], need))
                self._waiting[anchor].append((cue, tried, frozenset(needs)))
        self._seen: dict[str, tuple[int, ...]] = {}

    def _number(self, word: Word, numbers: dict[Word, int]) -> int:
        if word not in numbers:
            numbers[word] = len(numbers)
            table = self._prefixes if word.prefix else self._exact
            for choice in word.choices:
                table[choice].append(numbers[word])
        return numbers[word]

    def _known(self, word: str) -> tuple[int, ...]:
        """The needed words that this word of a text is; remembered, within bounds."""
        found = list(self._exact.get(word, ()))
        for length in range(1, len(word) + 1 if len(word) < 40 else 40):
            found.extend(self._prefixes.get(word[:length], ()))
        if len(self._seen) >= _MEMORY:
            self._seen.clear()
        self._seen[word] = tuple(found)
        return self._seen[word]

    def find(self, view: View) -> list[Hit]:
        """All cues in a view, in the order of the text; overlapping matches of one cue are told once, the longest."""
        text = view.text
        present: set[int] = set()
        seen = self._seen
        for word in set(split_words(view)):
            numbers = seen.get(word)
            if numbers is None:
                numbers = self._known(word)
            if numbers:
                present.update(numbers)
        found: dict[str, list[tuple[int, int, str]]] = {}
        waiting = self._waiting
        for number in present:
            for cue, tried, needs in waiting.get(number, ()):
                if needs <= present:
                    for start, end in tried.spans(text):
                        found.setdefault(cue, []).append((start, end, tried.phrase.source))
        if "?" in text:
            for cue, tried in self._always:
                for start, end in tried.spans(text):
                    found.setdefault(cue, []).append((start, end, tried.phrase.source))
        return sorted(hit for cue, spans in found.items() for hit in self._kept(cue, spans, text))

    def _kept(self, cue: str, spans: list[tuple[int, int, str]], text: str) -> Iterable[Hit]:
        words = self._cues[cue]
        vetoes = [span for tried in self._unless[cue] for span in tried.spans(text)]
        last = -1
        for start, end, source in sorted(spans, key=lambda span: (span[0], -span[1], span[2])):
            if end <= last or any(start < stop and begin < end for begin, stop in vetoes):
                continue
            if words.negatable and self._negator.search(text, max(0, start - _NEGATION_REACH), start):
                continue
            last = end
            yield Hit(start, end, cue, source)
