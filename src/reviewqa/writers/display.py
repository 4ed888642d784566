"""How somebody else's text is shown: nothing hidden, nothing that takes over the screen, nothing endless."""

from __future__ import annotations

import re

SYMBOLS = {"met": "✔", "missed": "✘", "not_applicable": "–", "cannot_tell": "?", "not_assessable": "?"}
"""A sign for every outcome; a word always stands by it."""
GOOD, FAIR = 80.0, 60.0
"""Totals from which green and yellow (amber) are used. For display alone: what passes is the charter's."""

_CARRIAGE_RETURN = re.compile(r"\r(?=\n)")
# Controls, characters that turn the direction of text or have no width, and separators that some programs break at.
# The joiners U+200C and U+200D stay: emoji and some scripts are written with them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_SPACE = re.compile(r"\s+")


def visible(text: str) -> str:
    """A text with its invisible characters shown.

    Arguments:
        text: any text.

    Returns:
        The same text, except: a line end ``\\r\\n`` is ``\\n``; other control characters are their pictures (``␛``);
        what turns the direction or has no width is its code (``⟨U+202E⟩``). Tabs and line ends stay.
    """
    return _HIDDEN.sub(_picture, _CARRIAGE_RETURN.sub("", text))


def one_line(text: str, longest: int) -> str:
    """A text for one line: runs of spaces and line ends become a space, what is hidden visible; cut with ``…``."""
    start = text[: 4 * longest + 100]  # the cut comes first: a turn may have a million characters
    line = visible(_SPACE.sub(" ", start)).strip()
    return cut(line + "…" if len(start) < len(text) else line, longest)


def cut(text: str, longest: int) -> str:
    """The text, or its first ``longest - 1`` characters and ``…``."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _picture(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
