"""Where sentences end, well enough for service talk: full stops of abbreviations, times and amounts end nothing."""

from __future__ import annotations

import re

from reviewqa.language.view import PARAGRAPH, View

_END = re.compile(rf"[.!?]+[\"')\]]*(?=\s)|{PARAGRAPH}+")
_ABBREVIATION = re.compile(
    r"(?<!\w)(?:np|tzn|tzw|nr|tel|godz|ul|al|pl|ok|ww|itd|itp|m\.in|dr|inz|mgr|prof|p|r|s|w|str|zl|min|sek"
    r"|mr|mrs|ms|st|no|approx|etc|e\.g|i\.e|vs|dept|inc|ltd|[a-z])\.\Z"
)


def sentences(view: View) -> list[tuple[int, int]]:
    """The sentences of a view, as spans of its text without the space around them; a text without ends is one."""
    spans: list[tuple[int, int]] = []
    text = view.text
    start = 0
    for match in _END.finditer(text):
        if match[0] == "." and _ABBREVIATION.search(text, max(start, match.end() - 12), match.end()):
            continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return [trimmed for trimmed in (_trim(text, *span) for span in spans) if trimmed[0] < trimmed[1]]


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip(f" {PARAGRAPH}"))
    return start + lead, max(start + lead, start + len(piece.rstrip(f" {PARAGRAPH}")))
