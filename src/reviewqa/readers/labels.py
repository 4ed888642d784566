"""Who speaks, by the label that a log or a table gives: ``Konsultant Anna``, ``Caller``, ``Anna (agent)``.

Case and diacritics do not count. A label that is not in the table is no label: the readers say so and do not guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from reviewqa.conversation import Role
from reviewqa.errors import Fault, InputError

NO_LABEL = "text"
"""What ``labels`` maps a word to that only looks like a label."""

LONGEST = 60
"""Characters of a label."""

_WORDS: Mapping[Role, str] = {
    "agent": """
        agent, agentka, konsultant, konsultantka, doradca, doradczyni, pracownik, pracownica, pracowniczka, sprzedawca,
        sprzedawczyni, operator, operatorka, obsługa, obsługa klienta, biuro obsługi, biuro obsługi klienta, bok,
        dział obsługi, dział obsługi klienta, specjalista, specjalistka, serwisant, serwisantka, technik, recepcja,
        recepcjonista, recepcjonistka, kierownik, kierowniczka, infolinia, prowadzący, prowadząca, ekspert, ekspertka,
        support, customer support, customer service, customer care, customer service representative, service agent,
        support agent, sales agent, service rep, sales rep, rep, representative, advisor, adviser, consultant, staff,
        specialist, helpdesk, help desk, receptionist, associate, employee, supervisor, manager, technician""",
    "customer": """
        klient, klientka, klient/ka, pacjent, pacjentka, użytkownik, użytkowniczka, gość, kupujący, kupująca, abonent,
        abonentka, dzwoniący, dzwoniąca, zgłaszający, zgłaszająca, pasażer, pasażerka, petent, petentka, interesant,
        interesantka, zamawiający, zamawiająca, odbiorca,
        customer, client, caller, user, end user, guest, patient, buyer, shopper, visitor, passenger, subscriber""",
    "bot": """
        bot, chatbot, czatbot, voicebot, ivr, wirtualny asystent, wirtualna asystentka, asystent wirtualny, automat,
        virtual assistant, auto reply, autoresponder, automated message""",
    "system": "system, event, zdarzenie, komunikat, system message, komunikat systemowy",
    "note": """
        notatka, notatka wewnętrzna, notatka służbowa, wewnętrzna,
        note, notes, internal, internal note, private note""",
}
# Words after a role that make it a field ("Customer ID: 17") and not a name.
_FIELD_WORDS = """id nr no number numer name nazwa nazwisko imie hours godziny email mail e phone telefon tel code kod
    ref status type typ adres address login pin plan portal panel"""
_FIELDS = frozenset(_FIELD_WORDS.split())
_PLAIN = str.maketrans("łŁøØ", "lLoO")
_GAPS = re.compile(r"[\s_\-]+")
_IN_BRACKETS = re.compile(r"^(?P<head>[^()\[\]]+?)\s*[(\[](?P<inside>[^()\[\]]+)[)\]]$")


@dataclass(frozen=True, slots=True)
class Speaker:
    """What a label says.

    Arguments:
        role: by function.
        name: the person's name, where the label has one.
    """

    role: Role
    name: str | None = None


@lru_cache(maxsize=4096)
def fold(label: str) -> str:
    """A label without case, diacritics and the marks around it."""
    plain = unicodedata.normalize("NFKD", label.translate(_PLAIN).casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _GAPS.sub(" ", kept).strip(" *_.#\"'\u200e\u200f\u2068\u2069")


_TABLE: Mapping[str, Role] = {fold(word): role for role, words in _WORDS.items() for word in words.split(",")}
_SHOWN = 6


def known_labels() -> str:
    """The commonest labels of each role, for messages."""
    return "; ".join(
        f"{', '.join(' '.join(word.split()) for word in words.split(',')[:_SHOWN])} ({role})"
        for role, words in _WORDS.items()
    )


class Labels:
    """The table of labels, with the user's own.

    Arguments:
        own: label to role; ``text`` says that a word is no label. They win over the table.
    Raises:
        InputError: where a role is not one of the model's.
    """

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._own: dict[str, Role] = {}
        self._no_labels: set[str] = set()
        for label, role in (own or {}).items():
            if role == NO_LABEL:
                self._no_labels.add(fold(label))
                continue
            known = next((name for name in get_args(Role) if name == role), None)
            if known is None:
                what = f"{label!r}: {role!r} is not one of {', '.join(get_args(Role))}, {NO_LABEL}"
                raise InputError(Fault("labels", what))
            self._own[fold(label)] = known

    def read(self, label: str) -> Speaker | None:
        """Who speaks under a label, or None where the table does not know it.

        A label of the user's own that is no common word is taken for a name: ``labels={"Anna": "agent"}`` tells Anna
        from other agents.
        """
        label = label.strip(" \t*_\u200e\u200f\u2068\u2069")
        folded = fold(label)
        if not folded or len(label) > LONGEST or folded in self._no_labels:
            return None
        if folded in self._own:
            return Speaker(self._own[folded], None if folded in _TABLE else label)
        if folded in _TABLE:
            return Speaker(_TABLE[folded])
        bracketed = _IN_BRACKETS.match(label)
        if bracketed:
            return self._bracketed(bracketed["head"].strip(), bracketed["inside"].strip())
        return self._with_name(label)

    def is_own(self, label: str) -> bool:
        """Whether the user gave this very label a role."""
        return fold(label) in self._own

    def is_text(self, label: str) -> bool:
        """Whether the user said that this word is no label."""
        return fold(label) in self._no_labels

    def _role(self, label: str) -> Role | None:
        folded = fold(label)
        return self._own.get(folded) or _TABLE.get(folded)

    def _bracketed(self, head: str, inside: str) -> Speaker | None:
        """``Agent (Anna)``, ``Anna (agent)``."""
        role = self._role(head)
        if role is not None:
            return Speaker(role, inside)
        role = self._role(inside)
        if role is None:
            return None
        named = self._with_name(head)  # "Konsultantka Anna (BOK)"
        return Speaker(role, named.name if named else head)

    def _with_name(self, label: str) -> Speaker | None:
        """``Konsultant Anna``, ``Customer Support Anna Nowak``, ``Agent 2``: the longest known start, then a name."""
        words = label.split()
        for length in range(min(4, len(words) - 1), 0, -1):
            role = self._role(" ".join(words[:length]))
            rest = words[length:]
            if role is None or len(rest) > 3 or fold(rest[0]) in _FIELDS:
                continue
            if all(word[0].isupper() or word[0].isdigit() or word[0] == "#" for word in rest):
                name = " ".join(rest)
                return Speaker(role, name if any(letter.isalpha() for letter in name) else label)
        return None
