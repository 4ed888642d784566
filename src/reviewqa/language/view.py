"""A reading copy of a text: plain ASCII, one character for one, in which cues are looked for.

Case, Polish and other Latin diacritics, curly apostrophes and quotes, dashes and odd spaces are evened out, quoted
e-mail history is blanked, and every offset in the copy is the offset in the original. Only text that carries combining
marks or invisible characters (``e`` + U+0328, zero-width spaces, soft hyphens) needs a map from one to the other.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from reviewqa.language.quotes import quoted_spans

PARAGRAPH = "\x02"
"""Stands for each line break of an empty line: it ends a sentence; a single line break is only a space."""

DROPPED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_SPECIAL = {
    "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ß": "s", "æ": "a", "Æ": "a", "œ": "o", "Œ": "o",
    "ı": "i", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"', "–": "-", "—": "-", "‑": "-", "−": "-", "…": " ", "¿": " ", "¡": " ", "？": "?", "！": "!", "。": ".",
    "\r": " ", "\t": " ", "\x0b": " ", "\x0c": " ", "€": "$", "£": "$",
}  # fmt: skip
_CACHE_LIMIT = 20_000


class _Table(dict[int, str]):
    """What each character becomes; worked out when first met, as most of Unicode never is."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        base = unicodedata.normalize("NFKD", char)[0]
        if base.isascii() and base.isprintable():
            plain = base.lower()
        elif char.isdigit():
            plain = str(unicodedata.digit(char, 0))
        elif char.isalpha():
            plain = "_"  # a letter of another script: a word, though none that a cue knows
        elif char.isspace() or code < 0x20:
            plain = " "
        else:
            plain = "~"
        if len(self) < _CACHE_LIMIT:
            self[code] = plain
        return plain


TABLE = _Table({code: chr(code).lower() for code in range(0x20, 0x7F)})
TABLE.update({ord(key): value for key, value in _SPECIAL.items()})
TABLE[ord("\n")] = "\n"
TABLE[ord(PARAGRAPH)] = " "


@dataclass(slots=True)  # frozen, each would cost thrice as much
class View:
    """The reading copy and the way back.

    Arguments:
        text: lower-case ASCII; as long as the original unless ``offsets`` is given.
        offsets: for each character of ``text`` its offset in the original, with the original's length at the end.
    """

    text: str
    offsets: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets for a span of the copy (``end`` is exclusive)."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[end]


def fold(text: str) -> str:
    """A word or phrase without case and diacritics, as views hold it; invisible characters are dropped."""
    return DROPPED.sub("", text).translate(TABLE)


def evened(text: str) -> str | None:
    """A text in plain ASCII, one character for one; None where it has invisible characters, which are dropped."""
    if text.isascii() and text.isprintable():  # nothing but letters' case and one mark to even out
        return text.lower().replace("`", "'")
    return None if not text.isascii() and DROPPED.search(text) else text.translate(TABLE)


try:
    from reviewqa.language._view import evened as _evened
except ImportError:  # installed without a compiler: the same text, more slowly
    _evened = evened


def view_of(text: str) -> View:
    """Make the reading copy of one turn's text, quoted history blanked."""
    offsets = None
    plain = _evened(text)
    if plain is None:
        kept = [index for index, char in enumerate(text) if not DROPPED.match(char)]
        plain = fold(text)
        offsets = (*kept, len(text))
    if plain.endswith("\n"):
        plain = plain.rstrip("\n ").ljust(len(plain))  # empty lines at the end part nothing
    if "\n" in plain:
        plain = _blanked(plain, quoted_spans(plain))
        plain = _EMPTY_LINES.sub(lambda match: PARAGRAPH * len(match[0]), plain).replace("\n", " ")
    if ".." in plain:
        plain = _ELLIPSIS.sub(lambda match: " " * len(match[0]), plain)
    return View(plain, offsets)


def _blanked(plain: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [plain[at:start], " " * (end - start)]
        at = end
    return "".join([*parts, plain[at:]])


_EMPTY_LINES = re.compile(r"\n[ \n]*\n")
_ELLIPSIS = re.compile(r"\.{2,}")  # a pause or a lost syllable, above all in speech; no end of a sentence
