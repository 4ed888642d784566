"""The words that phrases name, numbered, so that one look tells which of them a word of a text is."""

from __future__ import annotations

from bisect import insort

from reviewqa.language.phrases import SHORTEST_PREFIX, Choice, Number, Sequence, Word, union

DIGITS = 0
"""The number that every word of digits has."""
NOTHING: frozenset[int] = frozenset()
_DIGITS_NAME = "<number>"
_DIGIT_WORD = Word(frozenset({_DIGITS_NAME}))


class Vocabulary:
    """The ``Word`` items of many phrases, each with a number of its own.

    ``exact`` and ``prefixes`` have the numbers of items by what they name, ``lengths`` the lengths of the prefixes by
    their first letters, the shortest first; the finder's twin in C looks words up there as ``of`` does.
    """

    def __init__(self) -> None:
        self.words = [_DIGIT_WORD]
        self._numbers: dict[Word, int] = {_DIGIT_WORD: DIGITS}
        self.exact: dict[str, list[int]] = {}
        self.prefixes: dict[str, list[int]] = {}
        self.lengths: dict[str, list[int]] = {}

    def number(self, word: Word) -> int:
        """The number of an item, a new one where it is met for the first time."""
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            self.words.append(word)
            for choice in word.choices:
                self.exact.setdefault(choice, []).append(number)
            for prefix in word.prefixes:
                self.prefixes.setdefault(prefix, []).append(number)
                lengths = self.lengths.setdefault(prefix[:SHORTEST_PREFIX], [])
                if len(prefix) not in lengths:
                    insort(lengths, len(prefix))
        return number

    def any_of(self, numbers: frozenset[int] | None) -> int | None:
        """One number for any of several; None where there is none or the words are not known."""
        if not numbers:
            return None
        if len(numbers) == 1:
            return next(iter(numbers))
        return self.number(union(tuple(self.words[number] for number in sorted(numbers))))

    def of(self, word: str) -> frozenset[int]:
        """The numbers of all items that a folded word of a text is."""
        bare = word.strip("'")
        numbers = self.exact.get(bare, [])
        for length in self.lengths.get(bare[:SHORTEST_PREFIX], ()):
            if length > len(bare):
                break
            if bare[:length] in self.prefixes:
                numbers = numbers + self.prefixes[bare[:length]]
        if bare.isdigit():
            numbers = [*numbers, DIGITS, *self.exact.get(_DIGITS_NAME, ())]
        return frozenset(numbers) if numbers else NOTHING

    def first(self, items: Sequence) -> frozenset[int] | None:
        """The numbers of the words that a sequence can start with; None where that is any word or none."""
        starts: set[int] = set()
        for item in items:
            if isinstance(item, Word):
                return frozenset(starts | {self.number(item)})
            if isinstance(item, Number):
                return frozenset(starts | {DIGITS})
            if not isinstance(item, Choice):
                return None
            inner = [self.first(sequence) for sequence in item.sequences]
            if None in inner:
                return None
            starts.update(*(each for each in inner if each is not None))
            if not item.optional:
                return frozenset(starts)
        return None
