"""Where to look for a phrase: the rarest words that must be in it.

Trying every phrase at every word would cost more than everything else. So each phrase has anchors: words, or pairs of
words next to each other, one of which is in every match. Only where an anchor stands is the phrase tried. Which ones
are the rarest goes by ``common``; a bad guess costs time and changes nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

from reviewqa.language.common import share
from reviewqa.language.phrases import Choice, Number, Sequence, Word
from reviewqa.language.vocabulary import DIGITS, Vocabulary

_DIGITS_SHARE = 0.02
_TOGETHER = 10.0
"""Words that follow each other in a phrase also do so in texts: so many times as often as by chance."""


class Anchor(NamedTuple):
    """A word of every match, or of one way to match.

    Arguments:
        word: the number of the word.
        next: the number of the word right after it; None where a single word is rare enough.
    """

    word: int
    next: int | None


def anchors_of(language: str, items: Sequence, vocabulary: Vocabulary) -> list[Anchor]:
    """The anchors of a phrase: each match holds one of them at least.

    Arguments:
        language: ``pl`` or ``en``.
        items: the phrase.
        vocabulary: where its words are numbered.
    """
    return _Chooser(language, vocabulary).best(items, ())[1]


def rarest(language: str, numbers: list[int], vocabulary: Vocabulary) -> list[int]:
    """Numbers of words, the rarest first."""
    chooser = _Chooser(language, vocabulary)
    return sorted(numbers, key=lambda number: (chooser.share(number), number))


class _Chooser:
    def __init__(self, language: str, vocabulary: Vocabulary) -> None:
        self.language = language
        self.vocabulary = vocabulary

    def best(self, items: Sequence, after: Sequence) -> tuple[float, list[Anchor]]:
        """The rarest anchors of a sequence and how common they are together; none where no word must be there.

        Arguments:
            items: the sequence.
            after: what follows it.
        """
        found: tuple[float, list[Anchor]] = (float("inf"), [])
        for at, item in enumerate(items):
            rest = (*items[at + 1 :], *after)
            if isinstance(item, Word | Number):
                found = min(found, self._word(item, rest), key=_cost)
            elif isinstance(item, Choice) and not item.optional:
                ways = [self.best(sequence, rest) for sequence in item.sequences]
                if all(anchors for _, anchors in ways):
                    cost = sum(cost for cost, _ in ways)
                    found = min(found, (cost, [anchor for _, anchors in ways for anchor in anchors]), key=_cost)
        return found

    def _word(self, item: Word | Number, rest: Sequence) -> tuple[float, list[Anchor]]:
        number = DIGITS if isinstance(item, Number) else self.vocabulary.number(item)
        alone = self.share(number)
        following = self.vocabulary.first(rest) if isinstance(item, Word) else None
        if following:
            together = alone * min(1.0, sum(map(self.share, sorted(following)))) * _TOGETHER
            if together < alone:
                return together, [Anchor(number, self.vocabulary.any_of(following))]
        return alone, [Anchor(number, None)]

    def share(self, number: int) -> float:
        """About how common a word of the vocabulary is."""
        if number == DIGITS:
            return _DIGITS_SHARE
        word = self.vocabulary.words[number]
        return share(self.language, word.choices, word.prefixes)


def _cost(found: tuple[float, list[Anchor]]) -> float:
    return found[0]
