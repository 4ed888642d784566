"""Long tables (CSV, TSV): one row a turn, and a column that says to which conversation it belongs."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reviewqa.conversation import Conversation, Turn
from reviewqa.errors import Fault, InputError
from reviewqa.readers.clocks import parse_offset, take
from reviewqa.readers.decode import Source, UnreadableError
from reviewqa.readers.labels import Labels, fold, known_labels
from reviewqa.readers.records import (
    BadRecordError,
    Notice,
    Report,
    SetAside,
    build_conversation,
    build_turn,
    parse_time,
    quoted,
    short,
)
from reviewqa.readers.values import CHANNELS, channel_of, language_of

LARGEST_CELL = 64 * 1024 * 1024
"""Characters."""

_NAMES = {
    "conversation_id": """conversation, id rozmowy, nr rozmowy, rozmowa, id konwersacji, conv id, ticket id, ticket,
        nr zgłoszenia, id zgłoszenia, zgłoszenie, chat id, call id, session id, thread id, id czatu""",
    "role": "rola, author role, sender role, speaker role, kto",
    "speaker": "author, autor, sender, nadawca, osoba, name, mówca, speaker name",
    "text": "tekst, treść, message, wiadomość, body, content, utterance, wypowiedź",
    "time": "timestamp, date, datetime, created at, sent at, data, czas, data i godzina",
    "start_s": "start, start seconds, początek",
    "end_s": "end, end seconds, koniec",
    "channel": "kanał",
    "language": "lang, język",
    "team": "zespół",
    "tags": "tag, tagi",
}
_COLUMN_OF = {
    fold(name): ours for ours, names in _NAMES.items() for name in (ours, *(part.strip() for part in names.split(",")))
}
_META = ("team", "tags")
"""What is kept in the conversation's ``meta``; the first row that has it decides."""

_REQUIRED = ("conversation_id", "role", "text")
_MOST_SHOWN = 40
_DELIMITERS = (";", "\t", ",")
_DECLARED = re.compile(r"\"?sep=([;,\t])\"?\s*", re.IGNORECASE)


@dataclass(slots=True)
class _Group:
    """The rows of one conversation so far.

    Arguments:
        line: of its first row.
    """

    line: int
    turns: list[Turn] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    bad: bool = False


def check_columns(columns: Mapping[str, str] | None) -> None:
    """Raise InputError for a mapping of a column that the model lacks."""
    for ours in columns or {}:
        if ours not in _NAMES:
            raise InputError(Fault("columns", f"{ours!r} is not one of {', '.join(_NAMES)}"))


def read_table(
    source: Source, report: Report, notice: Notice, labels: Labels, columns: Mapping[str, str] | None = None
) -> Iterator[Conversation]:
    """Read the conversations of one table. The table is held in memory, since rows of a conversation may be apart.

    Conversations come in the order of their first rows, turns in the order of the rows. A row that does not hold takes
    its whole conversation with it: a review of the rest would judge what was not said.

    Arguments:
        source: the file.
        report: takes the first bad row of each conversation, and rows that belong to none.
        notice: takes the columns that were set aside.
        labels: the table of labels, for roles.
        columns: the model's name to the file's name, for columns that are not found by themselves.
    Raises:
        UnreadableError: where the header lacks a column, or no row follows it.
    """
    groups: dict[str, _Group] = {}
    with closing(source.lines("")) as lines:
        table = open_table(lines, source.shown, columns)
        some = False
        for row in table.rows():
            some = True
            group = groups.setdefault(row.conversation, _Group(row.line)) if row.conversation else None
            try:
                if row.wrong is not None:
                    raise BadRecordError(row.wrong, row.line)
                if group is not None and not group.bad:
                    _add(group, row.cells, labels, row.line)
            except BadRecordError as error:
                if group is not None:
                    group.bad = True
                    group.turns.clear()
                report(error.fault(source.shown))
    if not some:
        raise UnreadableError(source.shown, "has a header and no rows")
    aside = SetAside()
    aside.add(table.set_aside)
    aside.tell(f"{source.shown}: columns that the model lacks were set aside", notice)
    for name, group in groups.items():
        if group.bad:
            continue
        try:
            yield _built(name, group)
        except BadRecordError as error:
            report(error.fault(source.shown))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Arguments:
        line: its first physical line.
        conversation: the id of the conversation that it belongs to; empty where it belongs to none.
        cells: the values of the columns that the model knows, by their names there.
        wrong: why the row does not hold, or None.
        raw: its physical lines, where its cells cannot be told.
    """

    line: int
    conversation: str
    cells: Mapping[str, str]
    wrong: str | None = None
    raw: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose header is read.

    Arguments:
        header: the names of the columns.
        places: the model's name to the number of the column.
        delimiter: between cells.
        start: the physical line after the header.
        set_aside: names of the columns that the model lacks.
        lines: what follows the header; read once.
    """

    header: Sequence[str]
    places: Mapping[str, int]
    delimiter: str
    start: int
    set_aside: Sequence[str]
    lines: Iterator[str]

    def rows(self) -> Iterator[Row]:
        """The rows, once, in their order, in memory that the longest row decides."""
        name = self.places["conversation_id"]
        for line, row, raw in _rows(self.lines, self.start, self.delimiter):
            if isinstance(row, str):
                yield Row(line, _name_before(raw[0], self.delimiter, name), {}, row, raw[0])
                continue
            conversation = row[name].strip() if name < len(row) else ""
            try:
                cells = _cells(row, self.header, self.places, self.delimiter, line)
            except BadRecordError as error:
                # a cell too many moves those after it, so only a first cell is surely the id
                known = len(row) <= len(self.header) or name == 0
                yield Row(line, conversation if known else "", {}, error.what, "".join(raw))
                continue
            wrong = None if conversation else "conversation_id: is empty; the row belongs to no conversation"
            yield Row(line, conversation, cells, wrong)


def open_table(lines: Iterator[str], shown: str, columns: Mapping[str, str] | None = None) -> Table:
    """Read the header of a table.

    Arguments:
        lines: of the file, with their ends as they are.
        shown: how errors name the file.
        columns: the model's name to the file's name, for columns that are not found by themselves.
    Raises:
        UnreadableError: where the header lacks a column, or there is none.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST_CELL))
    number, first = next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), (0, None))
    if first is None:
        raise UnreadableError(shown, "is empty")
    declared = _DECLARED.fullmatch(first)
    if declared:  # Excel's own first line
        number, first = number + 1, next(lines, None)
        if first is None:
            raise UnreadableError(shown, "has no header")
    delimiter = declared[1] if declared else _delimiter(first, columns or {})
    rows = _rows(chain([first], lines), number, delimiter)
    _, header, _ = next(rows, (0, "has no header", []))  # only delimiters in the file
    if isinstance(header, str):
        raise UnreadableError(f"{shown}:{number}", header)
    names = [name.strip() for name in header]
    places = _places(f"{shown}:{number}", names, columns or {})
    aside = [name or "(no name)" for column, name in enumerate(names) if column not in places.values()]
    return Table(names, places, delimiter, number + 1, aside, lines)


def conversation_of(name: str, rows: Iterable[Row], labels: Labels) -> Conversation:
    """The conversation of some rows.

    Arguments:
        name: its id.
        rows: all of its rows, in their order.
        labels: the table of labels, for roles.
    Raises:
        BadRecordError: where a row does not hold; a review of the others would judge what was not said.
    """
    group: _Group | None = None
    for row in rows:
        group = group or _Group(row.line)
        if row.wrong is not None:
            raise BadRecordError(row.wrong, row.line)
        _add(group, row.cells, labels, row.line)
    return _built(name, group or _Group(0))


def _built(name: str, group: _Group) -> Conversation:
    values: dict[str, Any] = {"id": name, "turns": tuple(group.turns), **group.values}
    if group.meta:
        values["meta"] = dict(group.meta)
    return build_conversation(values, [], group.line)


def _delimiter(header: str, columns: Mapping[str, str]) -> str:
    """The delimiter under which the header has the most known columns; of equals, the one that stands there most."""
    wanted = {fold(name) for name in columns.values()} | set(_COLUMN_OF)

    def known(delimiter: str) -> tuple[int, int]:
        cells = header.split(delimiter)
        return sum(fold(cell.strip()[:200]) in wanted for cell in cells), len(cells)

    return max(_DELIMITERS, key=known)


def _name_before(line: str, delimiter: str, place: int) -> str:
    """The id in a line that is no row, where it stands before what breaks it; else an empty text."""
    try:
        row = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return ""
    return row[place].strip() if place + 1 < len(row) else ""


def _rows(lines: Iterator[str], number: int, delimiter: str) -> Iterator[tuple[int, list[str] | str, Sequence[str]]]:
    """Rows that hold anything, each with the number of its first physical line, and its lines until the next is asked.

    For a row that is not CSV the reason stands in its place.

    After such a row the reading goes on with the line after its first: a quotation mark that is never closed spoils one
    row and not the rest of the file.

    Arguments:
        lines: what is left of the file.
        number: the physical line of the first of them.
        delimiter: between cells.
    """
    again: deque[str] = deque()
    taken: list[str] = []

    def fed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            yield line

    while True:
        try:
            for row in csv.reader(fed(), delimiter=delimiter, strict=True):
                if any(row):
                    yield number, row, taken
                number += len(taken)
                taken.clear()
            return
        except csv.Error as error:
            unclosed = "unexpected end" in str(error)
            reason = "a quotation mark is opened and never closed" if unclosed else str(error)
            yield number, f"not a row of the table: {reason}; write a quotation mark in a cell twice", taken
            again.extendleft(reversed(taken[1:]))
            number += 1
            taken.clear()


def _places(where: str, header: list[str], columns: Mapping[str, str]) -> dict[str, int]:
    """The model's name to the number of the column."""
    more = ", and more" if len(header) > _MOST_SHOWN else ""
    found = f"the columns found are: {', '.join(short(name) for name in header[:_MOST_SHOWN])}{more}"
    places: dict[str, int] = {}
    for ours, theirs in columns.items():
        matching = [number for number, name in enumerate(header) if name == theirs]
        matching = matching or [number for number, name in enumerate(header) if fold(name[:200]) == fold(theirs)]
        if not matching:
            raise UnreadableError(where, f"the column {theirs!r} (for {ours}) is missing; {found}")
        places[ours] = matching[0]
    for ours in _NAMES:
        if ours in places:
            continue
        free = [
            number
            for number, name in enumerate(header)
            if number not in places.values() and _COLUMN_OF.get(fold(name[:200])) == ours
        ]
        matching = [number for number in free if fold(header[number]) == fold(ours)] or free
        if len(matching) > 1:
            names = " and ".join(repr(header[number]) for number in matching[:2])
            raise UnreadableError(where, f"{names} could both be {ours}; say which with columns={{{ours!r}: ...}}")
        if matching:
            places[ours] = matching[0]
    for ours in _REQUIRED:
        if ours not in places:
            cure = f"name it with columns={{{ours!r}: ...}}"
            raise UnreadableError(where, f"the column {ours!r} is missing; {found}; {cure}")
    return places


def _cells(
    row: list[str], header: Sequence[str], places: Mapping[str, int], delimiter: str, line: int
) -> dict[str, str]:
    if any(row[len(header) :]):
        what = f"has {len(row)} cells and the header has {len(header)}; a cell that holds {delimiter!r} needs quotes"
        raise BadRecordError(what, line)
    cells = {ours: row[number] if number < len(row) else "" for ours, number in places.items()}
    if len(row) <= places["text"]:
        raise BadRecordError(f"has {len(row)} cells and the header has {len(header)}; the text is missing", line)
    return {ours: cell if ours == "text" else cell.strip() for ours, cell in cells.items()}


def _add(group: _Group, cells: Mapping[str, str], labels: Labels, line: int) -> None:
    speaker = labels.read(cells["role"])
    if speaker is None:
        role = cells["role"]
        cure = f"labels={{{role[:60]!r}: 'agent'}} says who it is" if role else "every row needs one"
        raise BadRecordError(f"role: {quoted(role)} is not known; {cure}. Known are {known_labels()}", line)
    values: dict[str, Any] = {"role": speaker.role, "text": cells["text"]}
    named = None if labels.is_own(cells["role"]) else speaker.name
    if cells.get("speaker") or named:
        values["speaker"] = cells.get("speaker") or named
    if cells.get("time"):
        values["time"] = parse_time(cells["time"]) or _written_time(cells["time"], line)
    for ours in ("start_s", "end_s"):
        if cells.get(ours):
            values[ours] = _seconds(ours, cells[ours], line)
    wrong: list[str] = []
    turn = build_turn(values, "", wrong)
    if turn is None:
        raise BadRecordError("; ".join(wrong), line)
    for ours, value in (("channel", _channel(cells.get("channel", ""), line)), ("language", cells.get("language"))):
        if value:
            value = language_of(value) if ours == "language" else value
            if group.values.setdefault(ours, value) != value:
                earlier = group.values[ours]
                raise BadRecordError(f"{ours}: {quoted(value)} here, and {earlier!r} in an earlier row", line)
    for ours in _META:
        if cells.get(ours):
            group.meta.setdefault(ours, cells[ours])
    group.turns.append(turn)


def _written_time(value: str, line: int) -> Any:
    """The forms of a log's clock that are not ISO 8601 (05.03.2026 10:15)."""
    stamp, rest = take(value, line)
    if stamp is None or stamp.time is None or rest:
        what = f"time: {quoted(value)} is not an ISO 8601 date with a time of day, such as 2026-03-05T10:15:00+01:00"
        raise BadRecordError(what, line)
    return stamp.time


def _seconds(ours: str, value: str, line: int) -> float:
    clock = parse_offset(value)
    if clock is not None:
        return clock
    try:
        return float(value.replace(",", "."))
    except ValueError:
        raise BadRecordError(f"{ours}: {quoted(value)} is neither seconds nor a clock (00:01:14)", line) from None


def _channel(word: str, line: int) -> str | None:
    if not word:
        return None
    channel = channel_of(word)
    if channel is None:
        raise BadRecordError(f"channel: {quoted(word)} is not one of {CHANNELS}", line)
    return channel
