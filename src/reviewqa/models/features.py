"""What learned cues see of a turn besides its words: its marks. Read off the folded text where case does not matter."""

from __future__ import annotations

import re

LONGEST_TEXT = 20_000
"""Characters. Of a longer turn the start is scored; nobody says 20,000 characters in two tones."""
MOST_WORDS = 4_000
"""Words, for the same reason."""

_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_SMILE = re.compile(r"[:;]-?[)dp]|<3|\^\^|\bxd\b")
_SAD = re.compile(r"[:;]-?\(|:/(?!/)")
_FACE = re.compile(r"[:;<^]|xd")
_TWO_CAPITALS = re.compile("[A-ZĄĆĘŁŃÓŚŹŻ]{2}")
_CAPITALS = re.compile(r"(?<!\w)(?:[^\W\d_a-ząćęłńóśźż]{2,}[^\w]+){2}[^\W\d_a-ząćęłńóśźż]{3,}(?!\w)")


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
