"""Text logs: ``Label: words`` lines, with or without a clock in front.

A label counts when the table of ``labels.py`` (or the user's own) knows it; all other lines go on with the turn before
them, so ``Uwaga:`` or ``https:`` inside a turn stay its words. A name that is not in the table and yet keeps taking
turns is a fault: its words would otherwise be put in somebody else's mouth. In a log with clocks, a line without one
starts no internal note, no system turn and no unknown speaker. A whole line in square brackets is an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewqa.conversation import Conversation, Role
from reviewqa.readers.clocks import Stamp, offsets, take
from reviewqa.readers.decode import Source, UnreadableError
from reviewqa.readers.labels import LONGEST, Labels, Speaker, fold, known_labels
from reviewqa.readers.records import (
    BadRecordError,
    Notice,
    Report,
    SetAside,
    build_conversation,
    build_turn,
    quoted,
)
from reviewqa.readers.values import CHANNELS, channel_of, language_of

_LABEL = re.compile(rf"[ \u200e\u200f]{{0,3}}([^:\n]{{1,{LONGEST + 8}}}?)[ \t]*:(?!//)[ \t]*(?:\*\*[ \t]*)?")
_LONGEST_EVENT = 300
_SEPARATOR = re.compile(r"\s{0,3}(?:={3,}|-{3,})(?:(?P<id>[^=\-].{0,200}?)?\s*(?P<end>={3,}|-{3,}))?\s*")
_OPEN_SEPARATOR = re.compile(r"\s{0,3}(?:={3,}|-{3,})\s+(?P<id>[^=\-\s].{0,200}?)\s*")
_FORWARDED = re.compile(r"original|forwarded|oryginaln|przekazan", re.IGNORECASE)
_HEADERS = {
    "id": "id",
    "channel": "channel",
    "kanal": "channel",
    "language": "language",
    "lang": "language",
    "jezyk": "language",
}
# Words that stand before a colon in letters and answers, and are never a speaker.
_FIELD_WORDS = """
    uwaga, ps, p.s., temat, data, adres, cena, numer, nr, link, tel, telefon, email, mail, kwota, termin, godzina,
    godziny, czas, miejsce, imię, nazwisko, imię i nazwisko, załącznik, załączniki, kod, status, suma, razem,
    rozmiar, kolor, model, produkt, zamówienie, od, do, dw, re, fwd, odp, pd, http, https, krok, opcja, pytanie,
    odpowiedź, przykład, podsumowanie, ważne, info, np, tytuł, subject, date, address, price, number, phone,
    amount, time, place, name, attachment, attachments, code, total, size, color, colour, product, order, from,
    to, cc, bcc, sent, step, option, question, answer, example, summary, important, warning, tip, e.g, title,
    reason, faktura, invoice, konto, account, iban, nip, pesel, url, www, website, strona, firma, company,
    duration, czas trwania, started, ended"""
_FIELDS = frozenset(map(fold, _FIELD_WORDS.split(",")))


@dataclass(slots=True)
class _Turn:
    line: int
    speaker: Speaker
    stamp: Stamp | None
    words: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Segment:
    """The lines of one conversation, numbered."""

    line: int
    id: str | None = None
    lines: list[tuple[int, str]] = field(default_factory=list)


def read_log(source: Source, report: Report, notice: Notice, labels: Labels) -> Iterator[Conversation]:
    """Read the conversations of one log. The file is held in memory.

    Arguments:
        source: the file.
        report: takes the conversations that do not hold.
        notice: takes what was set aside, once, and the clocks that could not be used.
        labels: the table of labels.
    Raises:
        UnreadableError: where the file holds no text.
    """
    lines = [line.rstrip("\n") for line in source.lines(None)]
    if not any(line.strip() for line in lines):
        raise UnreadableError(source.shown, "is empty")
    aside, taken_as_text = SetAside(), SetAside()
    stem = Path(source.shown).stem
    try:
        for number, segment in enumerate(_segments(lines, labels), start=1):
            name = segment.id or (stem if number == 1 else f"{stem}#{number}")
            try:
                log = _Log(source.shown, name, segment, labels, aside, notice)
                conversation = log.conversation()
                taken_as_text.add(log.declined())
                yield conversation
            except BadRecordError as error:
                report(error.fault(source.shown))
    finally:
        aside.tell(f"{source.shown}: lines before the first turn were set aside", notice)
        taken_as_text.tell(f"{source.shown}: names before a colon that are no known label were read as text", notice)


def _segments(lines: list[str], labels: Labels) -> Iterator[_Segment]:
    segment = _Segment(1)
    for number, line in enumerate(lines, start=1):
        name = _separator(line)
        if name is None or ("=" not in line[:8] and not _starts_conversation(lines, number, labels)):
            segment.lines.append((number, line))
            continue
        if segment.id or any(text.strip() for _, text in segment.lines):
            yield segment
        segment = _Segment(number, name or None)
    if segment.id or any(text.strip() for _, text in segment.lines):
        yield segment


def _separator(line: str) -> str | None:
    """The id on a line of === or ---, empty where it has none; None for all other lines."""
    if len(line) > 300 or line.lstrip()[:3] not in {"===", "---"}:
        return None
    found = _SEPARATOR.fullmatch(line) or _OPEN_SEPARATOR.fullmatch(line)
    if found is None or _FORWARDED.search(line):
        return None
    return (found["id"] or "").strip()


def _starts_conversation(lines: list[str], after: int, labels: Labels) -> bool:
    """Whether a turn or a header follows: a rule of dashes inside a letter separates nothing."""
    for line in lines[after : after + 20]:
        if line.strip():
            try:
                rest = take(line, after)[1]
            except BadRecordError:
                return True  # a full date, if a wrong one
            found = _LABEL.match(rest)
            known = found is not None and (labels.read(found[1]) is not None or fold(found[1]) in _HEADERS)
            return known or _event(rest) is not None or _separator(line) is not None
    return True


def _event(line: str) -> str | None:
    """The words of ``[Anna left the chat]``, or None."""
    line = line.strip() if len(line) <= _LONGEST_EVENT else ""
    inside = line[1:-1]
    if line[:1] != "[" or line[-1:] != "]" or "[" in inside or "]" in inside:
        return None
    return inside.strip() if any(letter.isalpha() for letter in inside) else None


class _Log:
    """One conversation on its way from lines to turns."""

    def __init__(
        self, shown: str, name: str, segment: _Segment, labels: Labels, aside: SetAside, notice: Notice
    ) -> None:
        self._shown = shown
        self._values: dict[str, Any] = {"id": name}
        self._segment = segment
        self._labels = labels
        self._aside = aside
        self._notice = notice
        self._turns: list[_Turn] = []
        self._speaking: Speaker | None = None  # whose words an unlabelled line goes on with
        self._clocked = False  # whether the first turn that somebody spoke had a clock
        self._after_event = False
        self._last: str | None = None  # the label of the line before, known or not
        self._unknown: dict[str, tuple[int, str, int]] = {}  # folded label: first line, label, times it took over

    def conversation(self) -> Conversation:
        """The conversation.

        Raises:
            BadRecordError: where it cannot be told who says what.
        """
        for number, line in self._segment.lines:
            self._take(number, line)
        for number, label, times in self._unknown.values():
            if times > 1:
                raise BadRecordError(
                    self._not_known(label, f"the label {label!r} takes turns and is not known"), number
                )
        if not self._turns:
            raise BadRecordError("the conversation has no turns", self._segment.line)
        recording = self._values.get("channel") == "phone"
        starts, reason = offsets([turn.stamp for turn in self._turns], recording)
        if reason is not None:
            self._notice(f"{self._shown}:{self._turns[0].line}: {reason}")
        wrong: list[str] = []
        built = [
            build_turn(_turn_values(turn, start), f"line {turn.line}", wrong)
            for turn, start in zip(self._turns, starts, strict=True)
        ]
        self._values["turns"] = tuple(turn for turn in built if turn is not None)
        return build_conversation(self._values, wrong, self._segment.line)

    def _take(self, number: int, line: str) -> None:
        stamp, rest = take(line, number)
        found = _LABEL.match(rest)
        first = self._speaking is None
        if found and first and stamp is None and self._header(number, found[1], rest[found.end() :]):
            return
        speaker = self._labels.read(found[1]) if found else None
        if found and speaker and self._opens(speaker.role, stamp):
            self._clocked = stamp is not None if first else self._clocked
            self._last = fold(found[1])
            self._start(number, speaker, stamp, rest[found.end() :])
            return
        event = _event(rest)
        if event is not None:
            self._turns.append(_Turn(number, Speaker("system"), stamp, [event]))
            self._after_event = True
            return
        if found and speaker is None:
            self._note_unknown(number, found[1], stamp)
        if self._speaking is None:
            self._before_turns(number, line, found)
            return
        words = rest if stamp is not None and stamp.bracketed else line
        if not self._after_event:
            self._turns[-1].words.append(words)
        elif words.strip():  # an event is one line; what follows it is the speaker's again
            self._start(number, self._speaking, stamp if words is rest else None, words)

    def _start(self, number: int, speaker: Speaker, stamp: Stamp | None, words: str) -> None:
        self._turns.append(_Turn(number, speaker, stamp, [words]))
        self._speaking = speaker
        self._after_event = False

    def declined(self) -> list[str]:
        """Names before a colon that were taken as words of a turn."""
        return [label for _, label, _ in self._unknown.values()]

    def _opens(self, role: Role, stamp: Stamp | None) -> bool:
        """Whether a known label starts a turn: ``Note:`` without a clock, in a log that has them, is text."""
        return stamp is not None or role not in {"note", "system"} or not self._clocked

    def _header(self, number: int, label: str, value: str) -> bool:
        key = _HEADERS.get(fold(label))
        value = value.strip()
        if key is None:
            return False
        if not value:
            raise BadRecordError(f"{label.strip()}: has no value; give one or leave the line out", number)
        if key == "channel":
            channel = channel_of(value)
            if channel is None:
                raise BadRecordError(f"channel: {quoted(value)} is not one of {CHANNELS}", number)
            self._values[key] = channel
        else:
            self._values[key] = language_of(value) if key == "language" else value
        return True

    def _before_turns(self, number: int, line: str, found: re.Match[str] | None) -> None:
        """Lines before the first turn: blank, a field or heading (set aside), or a turn that cannot be told."""
        if not line.strip():
            return
        if line.startswith("#") or (found and (fold(found[1]) in _FIELDS or self._labels.is_text(found[1]))):
            self._aside.add([found[1].strip() if found else "#"])
            return
        if found:
            label = found[1].strip(" *")
            raise BadRecordError(self._not_known(label, f"the label {quoted(label)} is not known"), number)
        what = f"{quoted(line.strip())} stands before the first turn; start a turn with a label and a colon. "
        raise BadRecordError(f"{what}Known are {known_labels()}", number)

    def _note_unknown(self, number: int, label: str, stamp: Stamp | None) -> None:
        label = label.strip(" *_")
        folded = fold(label)
        words = label.split()
        names = 1 <= len(words) <= 2 and all(word[0].isupper() and len(word) > 1 for word in words)
        if not names or folded in _FIELDS or self._labels.is_text(label) or (stamp is None and self._clocked):
            return
        line, shown, times = self._unknown.get(folded, (number, label, 0))
        self._unknown[folded] = (line, shown, times + (self._last != folded))
        self._last = folded

    def _not_known(self, label: str, said: str) -> str:
        cure = f"labels={{{label!r}: 'agent'}} says who it is, {{{label!r}: 'text'}} that it is no speaker"
        return f"{said}; {cure}. Known are {known_labels()}"


def _turn_values(turn: _Turn, start: float | None) -> dict[str, Any]:
    words = turn.words
    while len(words) > 1 and not words[-1].strip():
        words.pop()
    text = "\n".join(words[1:] if len(words) > 1 and not words[0] else words)
    values: dict[str, Any] = {"role": turn.speaker.role, "text": text, "start_s": start}
    if turn.speaker.name is not None:
        values["speaker"] = turn.speaker.name
    if turn.stamp is not None and turn.stamp.time is not None:
        values["time"] = turn.stamp.time
    return values
