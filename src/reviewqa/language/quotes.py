"""Quoted e-mail history, found so that nobody is judged by words they only quoted.

``mail-parser-reply`` knows the English headers but 2 of 6 Polish ones and gives text without offsets, so the headers of
the usual mail programs are told here, in Polish and English. Patterns are anchored to a line and linear in its length.
"""

from __future__ import annotations

import re

_HEADER = re.compile(
    r"""^(?:
        [ ]{0,3}on\ [^\n]{4,200}\ wrote:                                  # Gmail, Apple Mail, Thunderbird
      | [ ]{0,3}(?:w\ dniu|dnia|dn\.)\ [^\n]{4,200}(?:pisze|napisal(?:\(a\)|a)?|wrote)\ ?:   # Thunderbird, Outlook.com
      | [ ]{0,3}(?:pon|wt|sr|czw|czwartek|pt|sob|ndz|niedz|nd)\.,?\ [^\n]{4,200}napisal(?:\(a\)|a)?:   # Gmail
      | [ ]{0,3}wiadomosc\ napisana\ przez\ [^\n]{2,200}                  # Apple Mail
      | [ ]{0,3}[^\n]{2,120}\ (?:napisal(?:\(a\)|a)?|wrote)\ (?:w\ dniu|on)\ [^\n]{4,100}:
      | [ ]{0,3}-{2,}\ ?(?:original\ message|oryginalna\ wiadomosc|wiadomosc\ oryginalna|forwarded\ message
            |wiadomosc\ przekazana|przekazana\ wiadomosc|poczatek\ przekazanej\ wiadomosci)\ ?-{0,10}
      | [ ]{0,3}_{10,}[ ]*\n(?=[ ]{0,3}(?:from|od):)                      # Outlook
      | [ ]{0,3}(?:from|od):\ [^\n]{2,200}\n(?=[ ]{0,3}(?:sent|date|to|wyslano|data|do|subject|temat):)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_QUOTED_LINE = re.compile(r"^ {0,3}>[^\n]*", re.MULTILINE)


def quoted_spans(plain: str) -> list[tuple[int, int]]:
    """Where folded text quotes earlier messages.

    Arguments:
        plain: folded text with its line breaks (see ``view.fold``).

    Returns:
        Spans in order: each line that starts with ``>``, and all that follows the header of a quoted message.
        A header on the first line is not one: nothing would be left that the writer said.
    """
    header = next((match.start() for match in _HEADER.finditer(plain) if plain[: match.start()].strip()), len(plain))
    spans = [match.span() for match in _QUOTED_LINE.finditer(plain, 0, header)]
    if header < len(plain):
        spans.append((header, len(plain)))
    return spans
