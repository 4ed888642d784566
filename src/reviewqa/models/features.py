"""What the models see of a turn: its words, pairs of words and starts of words, its marks, and what it takes up of the
customer's words. Everything is read off the folded text, so case, diacritics and apostrophes change no score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from reviewqa.language.tokens import Tokens

LONGEST_TEXT = 20_000
"""Characters. Of a longer turn the start is scored; nobody says 20,000 characters in two tones."""
MOST_WORDS = 4_000
"""Words, for the same reason."""

STEM = 5
_DIGITS = re.compile(r"\d+")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_SMILE = re.compile(r"[:;]-?[)dp]|<3|\^\^|\bxd\b")
_SAD = re.compile(r"[:;]-?\(|:/(?!/)")
_FACE = re.compile(r"[:;<^]|xd")
_TWO_CAPITALS = re.compile("[A-ZĄĆĘŁŃÓŚŹŻ]{2}")
_CAPITALS = re.compile(r"(?<!\w)(?:[^\W\d_a-ząćęłńóśźż]{2,}[^\w]+){2}[^\W\d_a-ząćęłńóśźż]{3,}(?!\w)")
_LENGTHS = (1, 2, 4, 8, 16, 32, 64)


def features(text: str, tokens: Tokens, context: Tokens | None = None) -> list[str]:
    """The features of one agent turn, each once: words, pairs, marks, length, what is taken up.

    Arguments:
        text: the agent's original text.
        tokens: its words.
        context: the words of the customer's turn before it, if any.

    Returns:
        Names such as ``w=prosze``, ``p=prosze pani``, ``s=przep``, ``m=?``, ``l=4`` (length class), ``c=2`` (words
        taken up from the customer). Empty where the text has no words.
    """
    words = _words(tokens)
    if not words:
        return []
    found = dict.fromkeys(chain.from_iterable(map(_of_word, words)))
    found.update(
        dict.fromkeys([f"p={before} {word}" for before, word in zip(["^", *words], [*words, "$"], strict=True)])
    )
    names = list(found)
    names += marks(text[:LONGEST_TEXT], tokens.view.text[:LONGEST_TEXT])
    names.append(f"l={next((n for n, top in enumerate(_LENGTHS) if len(words) <= top), len(_LENGTHS))}")
    if context:
        names.append(f"c={min(3, _taken_up(words, _words(context)))}")
    return names


@lru_cache(50_000)
def _of_word(word: str) -> tuple[str, ...]:
    """A word's own features: itself and, where it is long, its start."""
    return (f"w={word}", f"s={word[:STEM]}") if len(word) > STEM else (f"w={word}",)


def _words(tokens: Tokens) -> list[str]:
    """The words up to a bound, digits as 0, apostrophes left out."""
    return [_plain(word) if not word.isalpha() else word for word in tokens.words[:MOST_WORDS]]


def _plain(word: str) -> str:
    return _DIGITS.sub("0", word.replace("'", ""))


def _taken_up(words: Sequence[str], heard: Sequence[str]) -> int:
    """How many content words of the customer come back."""
    stems = {word[:STEM] for word in heard if len(word) >= STEM}
    return len({word[:STEM] for word in words if len(word) >= STEM} & stems)


def marks(text: str, plain: str) -> list[str]:
    """Question and exclamation marks, faces, emoji, words in capitals.

    Arguments:
        text: the original.
        plain: its reading copy.
    """
    marks = []
    if "?" in plain:
        marks.append("m=??" if plain.count("?") > 1 else "m=?")
    if "!" in plain:
        marks.append("m=!!" if "!!" in plain else "m=!")
    if "..." in text or "…" in text:
        marks.append("m=...")
    if _EMOJI.search(text):
        marks.append("m=emoji")
    if _FACE.search(plain):
        if _SMILE.search(plain):
            marks.append("m=:)")
        if _SAD.search(plain):
            marks.append("m=:(")
    if _TWO_CAPITALS.search(text) and _CAPITALS.search(text):
        marks.append("m=CAPITALS")
    return marks


def shown(feature: str) -> str:
    """A feature as people read it."""
    kind, _, value = feature.partition("=")
    if kind == "p":
        return value.replace("^ ", "… ", 1) if value.startswith("^ ") else value.replace(" $", " …")
    return {"s": f"{value}…", "l": "(length)", "c": "(customer's words taken up)"}.get(kind, value)
