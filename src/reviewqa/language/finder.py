"""Finding cues: which phrases match in each sentence (see ``matching``), and which of the matches count.

Negations and exceptions are applied, and overlapping matches of a cue told once. Sentences are remembered, within
bounds, since agents repeat themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reviewqa.language.matching import Matcher, prepare
from reviewqa.language.phrases import Phrase
from reviewqa.language.tokens import Tokens
from reviewqa.language.vocabulary import Vocabulary

_SENTENCES = 20_000
_LONGEST_REMEMBERED = 200
"""That many sentences of at most so many characters are remembered, with their cues."""
NEGATORS = {
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


class Place(NamedTuple):
    """Words of one turn: offsets into its original text, and the cue or condition that found them."""

    turn: int
    start: int
    end: int
    cue: str
    gap_s: float | None = None


_Kept = tuple[int, int, str, str]
"""In a sentence: the first word of a match, the word after its last, the cue, the phrase."""


class Finder:
    """Finds the cues of one language and one kind of speaker.

    Arguments:
        language: ``pl`` or ``en``.
        cues: what to look for.
    """

    def __init__(self, language: str, cues: Sequence[CueWords]) -> None:
        self._negators, self._reach = NEGATORS[language]
        self._negatable = {words.cue: words.negatable for words in cues}
        self._questions = [words.cue for words in cues for phrase in words.phrases if not phrase.needs]
        self._never_asked = {words.cue for words in cues for phrase in words.unless if not phrase.needs}
        vocabulary = Vocabulary()
        self._phrases = [
            prepare(language, words.cue, phrase, veto, vocabulary)
            for words in cues
            for veto, phrases in ((False, words.phrases), (True, words.unless))
            for phrase in phrases
            if phrase.needs
        ]
        self._matcher = Matcher(self._phrases, vocabulary, self._questions)
        self._remembered: dict[str, tuple[_Kept, ...]] = {}

    def find(self, tokens: Tokens) -> list[Hit]:
        """All cues in a turn, in the order of the text; overlapping matches of one cue are told once, the longest."""
        hits: list[Hit] = []
        text, starts, ends = tokens.view.text, tokens.starts, tokens.ends
        remembered = self._remembered
        first = 0
        for after in tokens.stops:
            key = text[starts[first] : ends[after - 1] + len(tokens.marks[after - 1])]
            found = remembered.get(key)
            if found is None:
                found = self._in_sentence(tokens.words[first:after], tokens.marks[first:after])
                if len(remembered) >= _SENTENCES:
                    remembered.clear()
                if len(key) <= _LONGEST_REMEMBERED:
                    remembered[key] = found
            for start, stop, cue, source in found:
                hits.append(Hit(starts[first + start], ends[first + stop - 1], cue, source))
            first = after
        hits.sort()
        return hits

    def gather(self, tokens: Tokens, turn: int, found: dict[str, list[Place]]) -> None:
        """Add the cues in a turn to what was found in the conversation.

        Arguments:
            tokens: the words of the turn.
            turn: its number.
            found: for each cue its places so far, in the order of the conversation.
        """
        span = tokens.view.span
        for start, end, cue, _ in self.find(tokens):
            found.setdefault(cue, []).append(Place(turn, *span(start, end), cue))

    def _in_sentence(self, words: list[str], marks: list[str]) -> tuple[_Kept, ...]:
        """The cues of one sentence."""
        question = "?" in marks[-1]
        matches = self._matcher.matches(words, marks)
        if not matches and not (question and self._questions):
            return ()
        found: dict[str, list[_Kept]] = {}
        vetoes: dict[str, list[tuple[int, int]]] = {}
        for number, start, stop in matches:
            phrase = self._phrases[number]
            if phrase.veto:
                vetoes.setdefault(phrase.cue, []).append((start, stop))
            else:
                found.setdefault(phrase.cue, []).append((start, stop, phrase.cue, phrase.source))
        if question:
            for cue in self._never_asked:
                found.pop(cue, None)
            for cue in self._questions:
                found.setdefault(cue, []).append((0, len(words), cue, "?"))
        kept: list[_Kept] = []
        for cue, spans in found.items():
            kept += self._counting(spans, vetoes.get(cue, ()), words, marks)
        return tuple(kept)

    def _counting(
        self, spans: list[_Kept], vetoes: Sequence[tuple[int, int]], words: list[str], marks: list[str]
    ) -> list[_Kept]:
        """The matches of one cue that count: no exception, no negation, the longest of those that overlap."""
        if len(spans) > 1:
            spans.sort(key=_longest_first)
        kept: list[_Kept] = []
        last = 0
        for span in spans:
            first, end, cue, _ = span
            if first < last or any(first < stop and begin < end for begin, stop in vetoes):
                continue
            if first and self._negatable[cue] and self._negated(first, words, marks):
                continue
            last = end
            kept.append(span)
        return kept

    def _negated(self, first: int, words: list[str], marks: list[str]) -> bool:
        """Whether a negation stands shortly before a word, in the same clause."""
        for at in range(first - 1, max(-1, first - 1 - self._reach), -1):
            if not marks[at].isspace():
                return False
            if words[at] in self._negators or words[at].endswith("n't"):
                return True
        return False


def _longest_first(span: _Kept) -> tuple[int, int, str]:
    return span[0], -span[1], span[3]


def finder_of(language: str, cues: Sequence[CueWords]) -> Finder:
    """The finder of some cues: the twin in C, where the package was installed with a compiler.

    Arguments: as for ``Finder``.
    """
    try:
        from reviewqa.language._finder import Finder as Twin
    except ImportError:  # the same cues, more slowly
        return Finder(language, cues)
    return Twin(language, cues)  # type: ignore[return-value]
