"""Quoted e-mail history, found so that nobody is judged by words they only quoted.

``mail-parser-reply`` knows the English headers but 2 of 6 Polish ones and gives text without offsets, so the headers of
the usual mail programs are told here, in Polish and English. Patterns are anchored to a line and linear in its length.
"""

from __future__ import annotations

import re

_WROTE_PL = r"(?:pisze|napisal(?:\(a\)|a)?|wrote)"
_WRAPPED = r"[^\n]{4,200}\n?[^\n]{0,100}?"
_HEADER = re.compile(
    rf"""^[ ]{{0,3}}(?:
        on\ {_WRAPPED}\ ?wrote:[ ]*$                                        # Gmail, Apple Mail, Thunderbird
      | (?:w\ dniu|dnia|dn\.)\ {_WRAPPED}{_WROTE_PL}\ ?:[ ]*$              # Thunderbird, Outlook.com
      | (?:pon|wt|sr|czw|czwartek|pt|sob|ndz|niedz|nd)\.,?\ {_WRAPPED}{_WROTE_PL}:[ ]*$         # Gmail
      | wiadomosc\ napisana\ przez\ [^\n]{{2,200}}                         # Apple Mail
      | [^\n]{{2,120}}\ {_WROTE_PL}\ (?:w\ dniu|on)\ [^\n]{{4,100}}:[ ]*$
      | -{{2,}}\ ?(?:original\ message|oryginalna\ wiadomosc|wiadomosc\ oryginalna|forwarded\ message
            |wiadomosc\ przekazana|przekazana\ wiadomosc|poczatek\ przekazanej\ wiadomosci)\ ?-{{0,10}}
      | _{{10,}}[ ]*\n(?=[ ]{{0,3}}\*?(?:from|od):)                         # Outlook
      | \*?(?:from|od):\*?\ [^\n]{{2,200}}\n(?=[ ]{{0,3}}\*?(?:sent|date|to|wyslano|data|do|subject|temat):)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_WORDS = re.compile(r"[a-z]")
_QUOTED_LINE = re.compile(r"^ {0,3}>[^\n]*", re.MULTILINE)


def quoted_spans(plain: str) -> list[tuple[int, int]]:
    """Where folded text quotes earlier messages.

    Arguments:
        plain: folded text with its line breaks (see ``view.fold``).

    Returns:
        Spans in order: each line that starts with ``>``, and all that follows the header of a quoted message.
        A header on the first line is not one: nothing would be left that the writer said.
    """
    said = _WORDS.search(plain)
    headers = (match.start() for match in _HEADER.finditer(plain))
    header = next((start for start in headers if said and said.start() < start), len(plain))
    spans = [match.span() for match in _QUOTED_LINE.finditer(plain, 0, header)]
    if header < len(plain):
        spans.append((header, len(plain)))
    return spans
