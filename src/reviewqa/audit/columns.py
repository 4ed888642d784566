"""Arrow columns to conversations: Parquet files here, and Spark's batches, have the same two shapes.

- one row a conversation: ``id`` (or ``conversation_id``), ``turns`` (a list of records with ``role`` and ``text``, and
  where there are any ``speaker``, ``time``, ``start_s``, ``end_s``, ``ai``), ``channel``, ``language``, ``meta`` (JSON,
  a record or a map), ``team``, ``tags``;
- one row a turn: ``conversation_id`` and the turn's columns; the other columns of a conversation are taken from its
  first row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import ValidationError

from reviewqa.audit.archive import File
from reviewqa.audit.casts import cast
from reviewqa.audit.chunks import APART, BYTES, CONVERSATIONS, Apart, Choice, Chunk, Refused, refused
from reviewqa.audit.rowgroups import ReadableRows, said
from reviewqa.conversation import LANGUAGE, Channel, Conversation, Role
from reviewqa.made import made
from reviewqa.readers.decode import UnreadableError
from reviewqa.readers.labels import Labels
from reviewqa.readers.native import DEEPEST, conversation_from, shallow
from reviewqa.readers.records import BadRecordError, parse_time

try:
    from reviewqa.audit._turns import Turns
except ImportError:  # installed without a C compiler
    from reviewqa.audit.turns import Turns  # type: ignore[assignment]

TURN = ("role", "text", "speaker", "time", "start_s", "end_s", "ai")
HEAD = ("channel", "language", "meta", "team", "tags")
IDS = ("id", "conversation_id")
Flags = NDArray[np.bool_]
_BATCH = 512
_ROWS = 8192
_BUFFER = 1 << 18
"""Bytes of a column that are read at a time."""

_TEXT, _NUMBER, _BOOL = "text", "a number", "true or false"
_TIME = "a timestamp or text (a date alone has no time of day, and none is invented)"
_WANTED = {"role": _TEXT, "text": _TEXT, "speaker": _TEXT, "channel": _TEXT, "language": _TEXT, "team": _TEXT}
_WANTED |= {"start_s": _NUMBER, "end_s": _NUMBER, "time": _TIME, "ai": _BOOL, "tags": "text or a list of text"}
_WANTED |= {"team": "text or a whole number", "id": "text or a whole number", "meta": "text (JSON), a record or a map"}


def shape(schema: pa.Schema, where: str) -> tuple[str, str]:
    """Which of the two shapes a table has.

    Arguments:
        schema: its columns.
        where: how errors name it.
    Returns:
        The name of the id's column; and ``conversations`` or ``turns``.
    Raises:
        UnreadableError: the columns make neither; it names the column and the type that would be right.
    """
    kinds = {field.name: field.type for field in schema}
    found = "its columns are: " + ", ".join(f"{name} ({_short(kind)})" for name, kind in list(kinds.items())[:40])
    if "turns" in kinds:
        name, kind, what = next((name for name in IDS if name in kinds), None), kinds["turns"], "conversations"
        if not (_is_list(kind) and pa.types.is_struct(kind.value_type)):
            raise UnreadableError(where, f"the column turns has to be a list of records with role and text; {found}")
        inside = {field.name: field.type for field in kind.value_type}
    else:
        name, what, inside = next((name for name in reversed(IDS) if name in kinds), None), "turns", kinds
    missing = [wanted for wanted in ("role", "text") if wanted not in inside]
    if name is None or missing:
        lacks = "id or conversation_id" if name is None else f"{'turns.' * (what == 'conversations')}{missing[0]}"
        raise UnreadableError(where, f"the column {lacks} is missing; {found}")
    for place, columns, wanted in (("turns.", inside, TURN), ("", kinds, HEAD)):
        place = place if what == "conversations" else ""
        for column in wanted:
            if column in columns and not _fits(column, columns[column]):
                has = f"is {_short(columns[column])} and has to be {_WANTED[column]}"
                raise UnreadableError(where, f"the column {place}{column} {has}")
    if not _fits("id", kinds[name]):
        raise UnreadableError(where, f"the column {name} is {_short(kinds[name])} and has to be {_WANTED['id']}")
    return name, what


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _fits(column: str, kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_null(kind):
        return column not in ("id", "role", "text")
    if _is_text(kind):
        return column not in ("start_s", "end_s", "ai")
    if column == "id":
        return bool(types.is_integer(kind) or (types.is_decimal(kind) and kind.scale == 0))
    if column == "team":
        return bool(types.is_integer(kind))
    if column in ("start_s", "end_s"):
        return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))
    if column == "time":
        return bool(types.is_timestamp(kind))
    if column == "ai":
        return bool(types.is_boolean(kind))
    if column == "tags":
        return _is_list(kind) and _is_text(kind.value_type)
    return column == "meta" and bool(types.is_struct(kind) or types.is_map(kind))


def _short(kind: pa.DataType) -> str:
    said = str(kind)
    return said if len(said) <= 80 else said[:80] + "..."


def _opened(file: File) -> pq.ParquetFile:
    """A Parquet file, read page by page: reading ahead would keep all of it in memory until it is closed."""
    return pq.ParquetFile(file.path, pre_buffer=False, buffer_size=_BUFFER)


def parquet_chunks(
    file: File, choice: Choice, notice: Callable[[str], None], most: int = CONVERSATIONS
) -> Iterator[Chunk]:
    """Cut a Parquet file; see ``chunks.chunks``."""
    try:
        with _opened(file) as parquet:
            name, what = shape(parquet.schema_arrow, file.name)
            names = [field.name for field in parquet.schema_arrow]
            known = {name, *HEAD, *(("turns",) if what == "conversations" else TURN)}
            aside = [column for column in names if column not in known]
            if aside:
                notice(f"{file.name}: columns that the model lacks were set aside: {', '.join(aside)}")
            columns = [column for column in names if column in known]
            rows = ReadableRows(parquet)
            if what == "conversations":
                batches = _numbered(rows.batches(columns, _BATCH))
            else:
                batches = _grouped(rows, columns, name, file)
            for chunk in _joined(batches, file, choice, most, rows):
                chunk.upto = file.size * chunk.last // max(1, parquet.metadata.num_rows)
                yield chunk
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UnreadableError(file.name, f"is no sound Parquet file: {said(error)}") from None


def count_records(file: File) -> int:
    """How many conversations a Parquet file has; 0 where it cannot be read."""
    try:
        with _opened(file) as parquet:
            name, what = shape(parquet.schema_arrow, file.name)
            if what == "conversations":
                return int(parquet.metadata.num_rows)
            return _apart(parquet, name).count
    except (pa.ArrowException, UnreadableError, OSError):
        return 0


def _numbered(batches: Iterator[tuple[pa.RecordBatch, int]]) -> Iterator[tuple[pa.RecordBatch, Sequence[int]]]:
    for batch, first in batches:
        yield batch, range(first, first + batch.num_rows)


def _joined(
    batches: Iterator[tuple[pa.RecordBatch, Sequence[int]]], file: File, choice: Choice, most: int, rows: ReadableRows
) -> Iterator[Chunk]:
    """Small batches of conversations, joined to chunks of the usual size."""
    chunk = Chunk(file.name, "parquet", most=most)
    for batch, numbers in batches:
        taken = choice.take(batch.num_rows)
        if taken is not None:
            if not taken:
                continue
            batch, numbers = batch.take(pa.array(taken, pa.int64())), [numbers[at] for at in taken]
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, most - chunk.count)
            piece_size = piece.nbytes
            if piece_size > BYTES and piece.num_rows > 1:
                piece = piece.slice(0, max(1, piece.num_rows * BYTES // piece_size))
                piece_size = piece.nbytes
            piece_numbers = list(numbers[start : start + piece.num_rows])
            chunk.count += piece.num_rows
            start += piece.num_rows
            lost = _lost(piece, piece_numbers, rows.cut, piece_size > BYTES)
            if lost:
                chunk.refused += lost.values()
                others = [at for at in range(piece.num_rows) if at not in lost]
                piece, piece_numbers = piece.take(pa.array(others, pa.int64())), [piece_numbers[at] for at in others]
                piece_size = piece.nbytes
            if piece_numbers:
                chunk.records.append((_message(piece), piece_numbers))
                chunk.size += piece_size
            if chunk.full:
                yield chunk
                chunk = Chunk(file.name, "parquet", most=most)
    chunk.refused += rows.faults
    if chunk.count or chunk.refused:
        yield chunk


def _lost(piece: pa.RecordBatch, numbers: Sequence[int], cut: Mapping[int, str], large: bool) -> dict[int, Refused]:
    """What is not handed to a worker, by its place in a piece: conversations that lack rows, or are too large."""
    found: dict[int, Refused] = {}
    if not (cut or large):
        return found
    for at, number in enumerate(numbers):
        lost = refused(number, cut[number], raw(piece, at)) if number in cut else too_large(piece, at, number)
        if lost is not None:
            found[at] = lost
    return found


def too_large(batch: pa.RecordBatch, row: int, number: int) -> Refused | None:
    """A record of more than ``BYTES`` bytes as JSON, as what is refused; None for others.

    Arguments:
        batch: one row a conversation.
        row: which of them.
        number: of the record.
    """
    if batch.slice(row, 1).nbytes <= BYTES:
        return None
    data = raw(batch, row)
    if len(data) <= BYTES:  # its columns' dictionaries are large, and it uses a part of them
        return None
    return refused(number, f"the record has {len(data)} bytes as JSON; at most {BYTES} are read", data)


def _message(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def batches_of(chunk: Chunk) -> Iterator[tuple[pa.RecordBatch, list[int]]]:
    """The batches of a chunk, with the number of each row."""
    for message, numbers in chunk.records:
        with pa.ipc.open_stream(message) as reader:
            for batch in reader:
                yield batch, numbers


def _apart(parquet: pq.ParquetFile, name: str) -> Apart:
    """Which conversations of a table of turns have rows in several places; null is a name as others are."""
    apart = Apart()
    before: Any = Apart  # no id is that
    for batch, _ in ReadableRows(parquet).batches([name], _ROWS * 8):
        ids = batch.column(0)
        values = ids.take(pa.array(_starts(ids), pa.int64())).to_pylist()
        for number, value in enumerate(values):
            if number or value != before:
                apart.starts(repr(value))
        if values:
            before = values[-1]
    apart.close()
    return apart


def _grouped(
    rows: ReadableRows, columns: list[str], name: str, file: File
) -> Iterator[tuple[pa.RecordBatch, Sequence[int]]]:
    """A table of turns as batches of conversations, each with the numbers of their first rows."""
    apart = _apart(rows.parquet, name)
    kept: list[tuple[pa.RecordBatch, list[int]]] = []
    kept_size = 0
    for batch, first, after, before in _runs(rows, columns, name):
        ids = batch.column(name)
        starts = _starts(ids)
        ends = [*starts[1:], batch.num_rows]
        for cut, at in ((after, 0), (before, -1)):
            if cut:
                rows.cuts(first + starts[at])
        values = ids.take(pa.array(starts, pa.int64())).to_pylist()
        scattered = [at for at, value in enumerate(values) if repr(value) in apart]
        if scattered:
            taken = [row for at in scattered for row in range(starts[at], ends[at])]
            kept.append((batch.take(pa.array(taken, pa.int64())), [first + row for row in taken]))
            kept_size += kept[-1][0].nbytes
            if kept_size > 16 * BYTES:
                raise UnreadableError(file.name, APART)
            lost = set(scattered)
            rest = [at for at in range(len(values)) if at not in lost]
            taken = [row for at in rest for row in range(starts[at], ends[at])]
            numbers = [first + starts[at] for at in rest]
            batch = batch.take(pa.array(taken, pa.int64()))
            if not batch.num_rows:
                continue
        else:
            numbers = [first + start for start in starts]
        yield nested(batch, name), numbers
    if kept:
        table = pa.Table.from_batches([batch for batch, _ in kept])
        places = [row for _, numbers in kept for row in numbers]
        seen: dict[Any, int] = {}
        order = sorted(
            (seen.setdefault(value, row), row, at)
            for at, (value, row) in enumerate(zip(table.column(name).to_pylist(), places, strict=True))
        )
        table = table.take(pa.array([at for _, _, at in order], pa.int64())).combine_chunks()
        (batch,) = table.to_batches()
        numbers = [order[start][0] for start in _starts(batch.column(name))]
        if rows.faults:
            for number in numbers:
                rows.cuts(number)
        yield nested(batch, name), numbers


def _runs(rows: ReadableRows, columns: list[str], name: str) -> Iterator[tuple[pa.RecordBatch, int, bool, bool]]:
    """Batches that end where a conversation ends, each with the number of its first row.

    Two flags say whether rows that cannot be read stand before it, and after it.
    """
    rest: list[pa.RecordBatch] = []
    number = upto = 1
    after = False
    for batch, first in rows.batches(columns, _ROWS):
        if first > upto:
            if rest:
                yield _one(rest), number, after, True
            rest, number, after = [], first, True
        upto = first + batch.num_rows
        last = _starts(batch.column(name))[-1] if batch.num_rows else 0
        same = bool(rest) and batch.num_rows and rest[-1].column(name)[-1].as_py() == batch.column(name)[0].as_py()
        if last == 0 and (same or not rest):
            rest.append(batch)
            continue
        whole = _one([*rest, batch.slice(0, last)])
        yield whole, number, after, False
        number += whole.num_rows
        rest, after = [batch.slice(last)], False
    whole = _one(rest) if rest else None
    if whole is not None and whole.num_rows:
        yield whole, number, after, upto <= rows.count


def _one(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).combine_chunks()
    found = table.to_batches()
    return found[0] if found else batches[0].slice(0, 0)


def _starts(ids: pa.Array) -> list[int]:
    """Where the rows of another conversation start."""
    if not len(ids):
        return []
    if pa.types.is_dictionary(ids.type):
        ids = ids.dictionary_decode()
    there = ids.is_valid()
    changes = pc.coalesce(pc.not_equal(ids[1:], ids[:-1]), pc.xor(there[1:], there[:-1]))  # where one is null
    return [0, *(at + 1 for at in pc.indices_nonzero(changes).to_pylist())]


def nested(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """Turns in rows as conversations in rows.

    Arguments:
        batch: one row a turn; the rows of a conversation follow each other.
        name: the column of the conversation's id.
    """
    starts = _starts(batch.column(name))
    inside = [column for column in TURN if column in batch.schema.names]
    outside = [column for column in (name, *HEAD) if column in batch.schema.names]
    turns = pa.StructArray.from_arrays(
        [batch.column(column) for column in inside], fields=[batch.schema.field(column) for column in inside]
    )
    lists = pa.ListArray.from_arrays(pa.array([*starts, batch.num_rows], pa.int32()), turns)
    heads = batch.select(outside).take(pa.array(starts, pa.int64()))
    return pa.RecordBatch.from_arrays(
        [*heads.columns, lists], schema=pa.schema([*heads.schema, pa.field("turns", lists.type)])
    )


def conversations(batch: pa.RecordBatch, name: str) -> Iterator[Conversation | BadRecordError]:
    """The conversations of a batch, one for each row; a row that does not hold gives the reason instead.

    Columns are turned into Python's values, and turns checked, as a whole, which is several times faster than row by
    row. What holds there makes a conversation as it is; what may not goes through the model's own checks.

    Arguments:
        batch: one row a conversation.
        name: the column of the id.
    """
    try:
        yield from _conversations(batch, name)
    except UnicodeDecodeError:  # before the first row: some column's bytes are no text
        if batch.num_rows == 1:
            yield BadRecordError("has text that is not UTF-8")
            return
        for row in range(batch.num_rows):
            yield from conversations(batch.slice(row, 1), name)


def _conversations(batch: pa.RecordBatch, name: str) -> Iterator[Conversation | BadRecordError]:
    names = batch.schema.names
    ids = [None if value is None else str(value) for value in batch.column(name).to_pylist()]
    heads = [batch.column(column).to_pylist() if column in names else [None] * len(ids) for column in HEAD]
    turns = batch.column("turns")
    flat = turns.flatten()
    fields = [field.name for field in turns.type.value_type if field.name in TURN]
    columns = {column: _values(column, flat.field(column)) for column in fields}
    if not _ROLES.issuperset(columns["role"]):
        columns.update(_labelled(columns["role"], columns.get("speaker")))
    there = turns.is_valid().to_numpy(zero_copy_only=False)
    ends = np.cumsum(turns.value_lengths().fill_null(0).to_numpy())
    holds = there & _throughout(_holding(flat, columns), ends)
    quick = _Quick(columns, len(flat))
    start = 0
    for row, (identity, end, hold) in enumerate(zip(ids, ends.tolist(), holds.tolist(), strict=True)):
        head = [cells[row] for cells in heads]
        conversation = quick.conversation(identity, start, end, *head) if hold and identity else None
        if conversation is not None:
            yield conversation
        else:
            values: dict[str, Any] = {"id": identity}
            values.update((column, value) for column, value in zip(HEAD, head, strict=True) if value is not None)
            if there[row]:
                records = zip(*[column[start:end] for column in columns.values()], strict=True)
                said = flat.slice(start, end - start).is_valid().to_pylist()
                values["turns"] = [
                    dict(zip(columns, record, strict=True)) if is_said else None
                    for record, is_said in zip(records, said, strict=True)
                ]
            yield _conversation(values)
        start = end


def _labelled(roles: list[Any], speakers: list[Any] | None) -> dict[str, list[Any]]:
    """Roles, and names with them, as tables read them: ``CUSTOMER``, ``klient``, ``Konsultant Anna``.

    Arguments:
        roles: of the turns of a batch; those that no table knows stay as they are.
        speakers: their names, where there is a column of them.
    """
    labels = Labels()
    read = {label: labels.read(label) for label in set(roles) - _ROLES if label}
    known = {label: speaker for label, speaker in read.items() if speaker is not None}
    found = {"role": [known[role].role if role in known else role for role in roles]}
    names = [known[role].name if role in known else None for role in roles]
    if any(names):
        said = [None] * len(names) if speakers is None else speakers
        found["speaker"] = [speaker or name or speaker for speaker, name in zip(said, names, strict=True)]
    return found


def _throughout(holds: Flags, ends: NDArray[np.int64]) -> Flags:
    """For each conversation whether all of its turns hold.

    Arguments:
        holds: for each turn.
        ends: for each conversation, how many turns there are up to its end.
    """
    wrong = np.concatenate(([0], np.cumsum(~holds)))[ends]
    unchanged: Flags = np.diff(wrong, prepend=0) == 0
    return unchanged


def _holding(flat: pa.StructArray, columns: Mapping[str, list[Any]]) -> Flags:
    """For each turn whether the model's checks would surely let it pass."""
    kinds = {field.name: field.type for field in flat.type}
    if "time" in columns and not (pa.types.is_timestamp(kinds["time"]) or pa.types.is_null(kinds["time"])):
        return np.zeros(len(flat), dtype=bool)  # texts: with and without a zone perhaps
    found: Flags = pc.and_(flat.is_valid(), flat.field("text").is_valid()).to_numpy(zero_copy_only=False)
    if not _ROLES.issuperset(columns["role"]):
        found &= np.array([role in _ROLES for role in columns["role"]], dtype=bool)
    if str in set(map(type, columns.get("time", ()))):
        found &= np.array([not isinstance(time, str) for time in columns["time"]], dtype=bool)
    starts, ends = (np.array(columns.get(name, ()), dtype=float) for name in ("start_s", "end_s"))
    for seconds, column in ((starts, "start_s"), (ends, "end_s")):
        if len(seconds):
            said = np.array([value is not None for value in columns[column]], dtype=bool)
            found &= ~said | (np.isfinite(seconds) & (seconds >= 0))
    if len(starts) and len(ends):
        found &= ~(ends < starts)
    return found


class _Quick:
    """Makes conversations of turns that are known to hold, where what stands around the turns holds too.

    Arguments:
        columns: of the turns of a batch.
        size: how many there are.
    """

    def __init__(self, columns: Mapping[str, list[Any]], size: int) -> None:
        self._turns = Turns(columns, size)
        self._languages: dict[str | None, bool] = {None: True}
        self._named: dict[tuple[bool, bool, bool], set[str]] = {}

    def conversation(
        self,
        identity: str,
        start: int,
        end: int,
        channel: str | None,
        language: str | None,
        meta: Any,
        team: str | None,
        tags: Any,
    ) -> Conversation | None:
        """A conversation; None where the model's checks may not let it pass.

        Arguments:
            identity: its id.
            start, end: of its turns, the end left out.
            channel, language, meta, team, tags: its other columns.
        """
        if language is not None and language not in self._languages:
            self._languages[language] = re.fullmatch(LANGUAGE, language) is not None
        if not self._languages[language] or channel not in _CHANNELS:
            return None
        said = _meta(meta, team, tags)
        if isinstance(said, BadRecordError) or (meta and not all(isinstance(key, str) for key in said or ())):
            return None
        given = channel is not None, language is not None, said is not None
        named = self._named.get(given)
        if named is None:
            optional = zip(("channel", "language", "meta"), given, strict=True)
            named = self._named[given] = {"id", "turns", *(name for name, there in optional if there)}
        turns = self._turns.between(start, end)
        values = {"id": identity, "turns": turns, "channel": channel, "language": language, "meta": said or {}}
        return made(Conversation, values, named)


_ROLES = frozenset(get_args(Role))
_CHANNELS = frozenset((None, *get_args(Channel)))


def raw(batch: pa.RecordBatch, row: int) -> bytes:
    """A row as JSON, for the quarantine; with times as numbers where one lies outside of a datetime's years, and bytes
    that are no text as ``\\xff``."""
    part = batch.slice(row, 1)
    try:
        (values,) = part.to_pylist()
    except (ValueError, OverflowError):
        plain = cast(part, lambda kind: kind.value_type if pa.types.is_dictionary(kind) else kind)
        (values,) = cast(plain, _never_refused).to_pylist()
    return json.dumps(values, ensure_ascii=False, default=_shown).encode("utf-8", "backslashreplace")


def _never_refused(kind: pa.DataType) -> pa.DataType:
    """The type that any values of a type have as Python's."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    return pa.binary() if _is_text(kind) else kind


def _shown(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _values(name: str, column: pa.Array) -> list[Any]:
    kind = column.type
    if name == "ai":
        return [bool(value) for value in column.to_pylist()]
    if pa.types.is_null(kind):
        return [None] * len(column)
    if name == "time" and pa.types.is_timestamp(kind):
        return _times(column)
    if name == "time" and _is_text(kind):
        return [None if value is None else parse_time(value) or value for value in column.to_pylist()]
    if name in ("start_s", "end_s") and not pa.types.is_floating(kind):
        column = column.cast(pa.float64())
    if name in ("role", "speaker"):  # few different ones, each made once
        column = column if pa.types.is_dictionary(kind) else column.dictionary_encode()
        once = [*column.dictionary.to_pylist(), None]
        return list(map(once.__getitem__, column.indices.cast(pa.int32()).fill_null(len(once) - 1).to_pylist()))
    return list(column.to_pylist())


def _times(column: pa.Array) -> list[datetime | str | None]:
    """Timestamps as datetimes, as a whole; as texts where they lie outside of the years that datetimes have."""
    zone, unit = column.type.tz, column.type.unit
    strange: dict[int, str] = {}
    if unit != "ns":  # which reach from 1677 to 2262
        numbers, day = column.cast(pa.int64()), _DAY[unit]
        outside = pc.or_(pc.less(numbers, _FIRST_DAY * day), pc.greater(numbers, _LAST_DAY * day))
        for at in pc.indices_nonzero(outside.fill_null(False)).to_pylist():
            strange[at] = str(np.datetime64(numbers[at].as_py(), unit))
        if strange:
            column = pc.if_else(outside, pa.scalar(None, column.type), column)
    column = column.cast(pa.timestamp("us", zone), safe=False)
    found: list[datetime | str | None]
    if zone is None or zone in _UTC:
        epoch = datetime(1970, 1, 1, tzinfo=None if zone is None else UTC)
        since = column.cast(pa.int64()).fill_null(0).to_numpy().view("timedelta64[us]").tolist()
        found = list(map(epoch.__add__, since))
        if column.null_count:
            found = [time if said else None for time, said in zip(found, column.is_valid().to_pylist(), strict=True)]
    else:
        found = column.to_pylist()
    for at, text in strange.items():
        found[at] = text
    return found


_UTC = ("UTC", "Etc/UTC", "+00:00")
_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
_FIRST_DAY, _LAST_DAY = -719_161, 2_932_895
"""Days from 1970 to 0001-01-02 and to 9999-12-30: a day from the ends, so that any zone has the time."""


def _conversation(values: dict[str, Any]) -> Conversation | BadRecordError:
    """The common case is validated at once; where it does not hold, the reader of JSON says why."""
    meta = _meta(values.get("meta"), values.get("team"), values.get("tags"))
    if isinstance(meta, BadRecordError):
        return meta
    values = {name: value for name, value in values.items() if name not in ("meta", "team", "tags")}
    if meta is not None:
        values["meta"] = meta
    try:
        if "turns" in values:
            return Conversation.model_validate({**values, "turns": tuple(values["turns"])}, strict=True)
    except ValidationError:
        pass
    return _slowly(values)


def _meta(meta: Any, team: str | None, tags: Any) -> dict[str, Any] | BadRecordError | None:
    """What the source says besides, with team and tags."""
    try:
        if isinstance(meta, str):
            meta = json.loads(meta)
        elif isinstance(meta, list):  # Arrow's maps are lists of pairs
            meta = dict(meta)
    except (ValueError, RecursionError):
        return BadRecordError("meta: is text and has to be JSON then")
    extra = {}
    if team is not None:
        extra["team"] = team
    if tags is not None:
        extra["tags"] = tags
    if meta is None:
        return extra or None
    if not isinstance(meta, dict):
        return BadRecordError("meta: has to be an object")
    if not shallow(meta):
        return BadRecordError(f"meta: is nested more than {DEEPEST} deep")
    return {**{key: value for key, value in meta.items() if value is not None}, **extra}


def _slowly(values: dict[str, Any]) -> Conversation | BadRecordError:
    if "turns" not in values:
        return BadRecordError("turns: is missing")
    turns = [turn and {name: value for name, value in turn.items() if value is not None} for turn in values["turns"]]
    for turn in turns:
        if turn and isinstance(turn.get("time"), datetime):
            turn["time"] = turn["time"].isoformat()
    values["turns"] = turns
    try:
        return conversation_from({name: value for name, value in values.items() if value is not None})
    except BadRecordError as error:
        return error
