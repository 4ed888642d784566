"""What learned cues look at: the features of an agent's or a customer's turn, and of what the other side had said.

======  ============================================================================================================
``w=``  a word
``g=``  a piece of a word, its edges included
``p=``  two words in a row, the start and the end of the turn included
``q=``  the same by the first letters of the words: an ending changes less
``s=``  two words with another between them, by their first letters
``t=``  three words in a row, by their first letters
``c=``  a word of the other side's turn before it
======  ============================================================================================================

Words are folded; a question mark that ends a sentence counts as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from reviewqa.language.tokens import Tokens

PIECES = (4, 5)
"""Characters of the pieces of a word, its edges included."""
LETTERS = 5
"""The first letters of a word, of which it may have fewer."""
START, END = "^", "$"
"""What stands before the first word and after the last."""
QUESTION = "?"
LONGEST_WORD = 30
"""Characters of a word that are cut into pieces."""
_RAREST = math.exp(-9)
"""The share of a feature that one text in eight thousand has."""
_STEEP = 1.8
"""What the rarest is taken for, before the power: the models' strengths were chosen with it."""


def line_of(said: Tokens, first: int = 0, last: int | None = None) -> list[str]:
    """The words of a turn, or of whole sentences of it, a question mark after each sentence that has one.

    Arguments:
        said: the turn.
        first, last: from which word up to which, the last left out; the whole turn unless told.

    Returns:
        A line that is not to be changed: where nothing comes in between it is the turn's own.
    """
    words, last = said.words, len(said.words) if last is None else last
    if QUESTION not in said.view.text:
        return words if not first and last == len(words) else words[first:last]
    line: list[str] = []
    for stop in said.stops:
        if first < stop <= last and QUESTION in said.marks[stop - 1]:
            line += words[first:stop]
            line.append(QUESTION)
            first = stop
    return line + words[first:last]


def line_of_all(turns: Sequence[Tokens]) -> list[str]:
    """The lines of turns in a row as one."""
    return [word for said in turns for word in line_of(said)]


def features(line: Sequence[str]) -> list[str]:
    """All features of a line; a word that comes twice counts once, what stands in a row each time.

    Arguments:
        line: see ``line_of``.
    """
    words = [plain(word) for word in line]
    return [name for word in dict.fromkeys(words) for name in word_features(word)] + [
        name for each in row_features(words) for name in each
    ]


def features_before(line: Sequence[str]) -> list[str]:
    """What the other side said before, as features.

    Arguments:
        line: see ``line_of``.
    """
    return [f"c={word}" for word in dict.fromkeys(map(plain, line))]


def word_features(word: str) -> list[str]:
    """A word and its pieces."""
    framed = f"<{word[:LONGEST_WORD]}>"
    pieces = {framed[at : at + n] for n in PIECES for at in range(len(framed) - n + 1)}
    return [f"w={word}", *sorted(f"g={piece}" for piece in pieces)]


def row_features(words: Sequence[str]) -> list[tuple[str, ...]]:
    """What stands in a row, by its last word: first what ends with the first word, last what ends with the end."""
    whole = (START, *words, END)
    cut = [word[:LETTERS] for word in whole]
    found: list[tuple[str, ...]] = [(f"p={whole[0]} {whole[1]}", f"q={cut[0]} {cut[1]}")]
    for (left, right), one, two, three in zip(pairwise(whole[1:]), cut, cut[1:], cut[2:], strict=False):
        found.append((f"p={left} {right}", f"q={two} {three}", f"s={one} {three}", f"t={one} {two} {three}"))
    return found


def plain(word: str) -> str:
    """A folded word as the models see it: digits as 0."""
    return word if word.isalpha() else "".join("0" if char.isdigit() else char for char in word if char != "'")


def rarity(share: float, rarest: float = _RAREST, power: float = 1.5) -> float:
    """How easily a word, or words in a row, take weight in training: rare ones more easily than common ones, which
    often say only that a turn is long (after inverse document frequency, Spärck Jones 1972; the power was chosen by
    cross-validation and on rated turns).

    Arguments:
        share: of the texts that have it, above 0.
        rarest: the least share that a feature can have; it takes weight as easily in a few texts as in many.
        power: the more, the more rare ones are favoured.
    """
    return (_STEEP * math.log(share) / math.log(rarest)) ** power if share < 1 else 0.0
