"""Archives cut into chunks: the same cuts however many workers there are, and never more than one chunk in memory.

The parent process only cuts; what is in a record is read by the worker that gets the chunk.
"""

from __future__ import annotations

import hashlib
import io
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from reviewqa.audit.archive import File
from reviewqa.audit.inflate import Bounded, BrokenStreamError, Unpacked
from reviewqa.readers.decode import UnreadableError, opened
from reviewqa.readers.table import Row, Table, open_table

CONVERSATIONS = 2000
"""In a chunk, at most."""

BYTES = 16 * 1024 * 1024
"""In a chunk, at most; a single record may not have more either."""

SHOWN = 64 * 1024
"""Bytes that the quarantine keeps of a record that is too large to be read."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be handed to a worker as a record.

    Arguments:
        number: of the record; 0 for the file as a whole.
        reason: why.
        raw: its bytes, or their start.
        size: how many bytes it has; None where ``raw`` is all of it.
        digest: SHA-256 of all of them, where ``raw`` is not.
    """

    number: int
    reason: str
    raw: bytes = b""
    size: int | None = None
    digest: str | None = None


def refused(number: int, reason: str, raw: bytes) -> Refused:
    """What is refused, with all its bytes; with their start, size and digest where they are more than ``BYTES``."""
    if len(raw) <= BYTES:
        return Refused(number, reason, raw)
    return Refused(number, reason, raw[:SHOWN], len(raw), hashlib.sha256(raw).hexdigest())


def line_too_long(size: int) -> str:
    """Why a line of so many bytes is refused."""
    return f"the record has {size} bytes; at most {BYTES} are read, and one conversation a line is wanted"


@dataclass(slots=True)
class Chunk:
    """Records that follow each other in one file.

    Arguments:
        file: the name of the file in the archive.
        kind: lines, table or parquet.
        records: lines: (number, bytes); table: (number, id, rows); parquet: one Arrow IPC message and the numbers.
        refused: what was found wrong while cutting.
        count: how many records there are, without those refused.
        size: about how many bytes.
        upto: how many bytes of the file are read with it, about.
        part: its number in the audit.
        most: conversations that it may have.
    """

    file: str
    kind: str
    records: list[Any] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    count: int = 0
    size: int = 0
    upto: int = 0
    part: int = -1
    most: int = CONVERSATIONS

    @property
    def numbers(self) -> list[int]:
        """Of all records, those refused included."""
        if self.kind == "parquet":
            found = [number for _, numbers in self.records for number in numbers]
        else:
            found = [record[0] for record in self.records]
        return found + [refused.number for refused in self.refused if refused.number]

    @property
    def first(self) -> int:
        """The smallest number, or 0."""
        return min(self.numbers, default=0)

    @property
    def last(self) -> int:
        """The largest number, or 0."""
        return max(self.numbers, default=0)

    @property
    def full(self) -> bool:
        """Whether no record may be added."""
        return self.count >= self.most or self.size >= BYTES

    @property
    def digest(self) -> str:
        """Changes when anything in the chunk does, or its place in the archive."""
        digest = hashlib.sha256(f"{self.file}\0{self.kind}\0{self.refused!r}\0".encode())
        for record in self.records:
            if self.kind == "lines":
                digest.update(b"%d\0%d\0" % (record[0], len(record[1])) + record[1])
            elif self.kind == "parquet":
                digest.update(record[0] + repr(record[1]).encode())
            else:
                digest.update(repr(record).encode())
                digest.update("".join(row.raw for row in record[2]).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class Choice:
    """Which records are taken: all, or a sample of them.

    Arguments:
        numbers: of the records that are taken, counted from 0 through the whole archive, in order; None for all.
    """

    def __init__(self, numbers: Sequence[int] | None = None) -> None:
        self._numbers = numbers
        self._next = 0
        self._seen = 0
        self.passed = 0

    def take(self, count: int) -> list[int] | None:
        """Which of the next ``count`` records are taken, counted from 0; None for all of them."""
        if self._numbers is None:
            return None
        first = self._seen
        self._seen += count
        taken = []
        while self._next < len(self._numbers) and self._numbers[self._next] < self._seen:
            taken.append(self._numbers[self._next] - first)
            self._next += 1
        self.passed += count - len(taken)
        return taken


def sample(total: int, size: int, seed: int) -> Choice:
    """A choice of ``size`` of ``total`` records, each with the same chance; the same for the same seed."""
    if size >= total:
        return Choice()
    return Choice(array("Q", sorted(random.Random(seed).sample(range(total), size))))  # noqa: S311 (no secret)


def chunks(file: File, choice: Choice, notice: Callable[[str], None], most: int = CONVERSATIONS) -> Iterator[Chunk]:
    """Cut one file.

    Arguments:
        file: of the archive.
        choice: which records are taken.
        notice: takes what is worth knowing and no fault.
        most: conversations in a chunk.
    """
    try:
        if file.kind == "lines":
            yield from _line_chunks(file, choice, most)
        elif file.kind == "table":
            yield from _table_chunks(file, choice, notice, most)
        else:
            from reviewqa.audit.columns import parquet_chunks

            yield from parquet_chunks(file, choice, notice, most)
    except UnreadableError as error:
        yield Chunk(file.name, file.kind, refused=[Refused(0, error.fault.what)])
    except OSError as error:
        yield Chunk(file.name, file.kind, refused=[Refused(0, f"cannot be read: {error.strerror or error}")])


def count(file: File) -> int:
    """How many records a file has, those that cannot be read included."""
    if file.kind == "parquet":
        from reviewqa.audit.columns import count_records

        return count_records(file)
    return sum(chunk.count for chunk in chunks(file, Choice(), lambda _: None))


def _line_chunks(file: File, choice: Choice, most: int) -> Iterator[Chunk]:
    chunk = Chunk(file.name, "lines", most=most)
    try:
        for number, line, upto in _lines(file):
            chunk.upto = upto
            if choice.take(1) == []:
                continue
            if isinstance(line, Refused):
                chunk.refused.append(line)
            else:
                if chunk.size + len(line) > BYTES and chunk.records:
                    yield chunk
                    chunk = Chunk(file.name, "lines", most=most)
                chunk.records.append((number, line))
                chunk.size += len(line)
            chunk.count += 1
            if chunk.full:
                yield chunk
                chunk = Chunk(file.name, "lines", most=most)
    except BrokenStreamError as error:
        chunk.refused.append(Refused(0, str(error)))
    if chunk.count or chunk.refused:
        yield chunk


def _lines(file: File) -> Iterator[tuple[int, bytes | Refused, int]]:
    """Lines that hold anything, with their numbers and how far the file is read.

    A line that is too long is read to its end without being kept.
    """
    with _bytes(file) as (stream, raw):
        number = 0
        first = True
        while True:
            number += 1
            line = stream.readline(BYTES + 1)
            if not line:
                return
            if first:
                line, first = line.removeprefix(b"\xef\xbb\xbf"), False
                if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise UnreadableError(file.name, "is UTF-16; save it as UTF-8")
            if len(line) > BYTES:
                yield number, _too_long(stream, line, number), raw.tell()
            elif line.strip():
                yield number, line, raw.tell()


def _too_long(stream: IO[bytes], line: bytes, number: int) -> Refused:
    digest, size, kept = hashlib.sha256(line), len(line), line[:SHOWN]
    while not line.endswith(b"\n") and (line := stream.readline(1 << 20)):
        digest.update(line)
        size += len(line)
    return Refused(number, line_too_long(size), kept, size, digest.hexdigest())


@contextmanager
def _bytes(file: File) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    with file.path.open("rb") as raw:
        stream = Unpacked(raw, file.packed, file.size) if file.packed else Bounded(raw, file.size)
        yield io.BufferedReader(stream, 1 << 18), raw


def _table_chunks(file: File, choice: Choice, notice: Callable[[str], None], most: int) -> Iterator[Chunk]:
    apart = Apart()
    with _table(file) as table:
        before = None
        for row in table.rows():
            if row.conversation and row.conversation != before:
                apart.starts(row.conversation)
            before = row.conversation
    apart.close()
    kept = _Kept(file.name)
    chunk = Chunk(file.name, "table", most=most)
    with _table(file) as table:
        if table.set_aside:
            notice(f"{file.name}: columns that the model lacks were set aside: {', '.join(table.set_aside)}")
        for name, rows in _runs(table):
            if name in apart:
                kept.add(name, rows)
                continue
            if choice.take(1) == []:
                continue
            _put(chunk, name, rows)
            if chunk.full:
                yield chunk
                chunk = Chunk(file.name, "table", upto=chunk.upto, most=most)
    for name, rows in kept.items():  # they come last, in the order of their first rows
        if choice.take(1) == []:
            continue
        _put(chunk, name, rows)
        if chunk.full:
            yield chunk
            chunk = Chunk(file.name, "table", most=most)
    if chunk.count:
        yield chunk


def _put(chunk: Chunk, name: str, rows: list[Row]) -> None:
    size = _size(rows)
    chunk.upto += size
    if name == "":
        chunk.refused += [refused(row.line, row.wrong or "", _raw(row)) for row in rows]
    elif size > BYTES:
        reason = f"the conversation has {size} characters; at most {BYTES} are read"
        raw = _raw(rows[0])[:SHOWN]
        digest = hashlib.sha256(b"".join(map(_raw, rows))).hexdigest()
        chunk.refused.append(Refused(rows[0].line, reason, raw, size, digest))
    else:
        chunk.records.append((rows[0].line, name, rows))
        chunk.size += size
    chunk.count += 1


def _runs(table: Table) -> Iterator[tuple[str, list[Row]]]:
    """Rows that follow each other and belong to one conversation; rows of none come one by one, under no name."""
    name, rows = "", list[Row]()
    for row in table.rows():
        if row.conversation != name or not name:
            if rows:
                yield name, rows
            name, rows = row.conversation, []
        rows.append(row)
    if rows:
        yield name, rows


@contextmanager
def _table(file: File) -> Iterator[Table]:
    with opened(file.path, None) as source, closing(source.lines("")) as lines:
        yield open_table(lines, file.name)


def _size(rows: Sequence[Row]) -> int:
    return sum(len(row.raw) + sum(map(len, row.cells.values())) for row in rows)


def _raw(row: Row) -> bytes:
    """A row for the quarantine: as it stands in the file where its cells cannot be told, else as JSON."""
    if row.raw:
        return row.raw.encode("utf-8", "surrogateescape")
    import json

    return json.dumps(dict(row.cells), ensure_ascii=False).encode("utf-8", "backslashreplace")


class Apart:
    """Which conversations of a long table have rows in several places: eight bytes of memory for each conversation.

    Two ids of the same digest count as apart. That costs nothing but the memory of their rows.

    Attributes:
        count: of conversations, once all starts are told.
    """

    def __init__(self) -> None:
        self.count = 0
        self._starts = array("Q")
        self._twice: frozenset[int] = frozenset()

    def starts(self, name: str) -> None:
        """Rows of a conversation start here."""
        self._starts.append(_short_digest(name))

    def close(self) -> None:
        """All starts are told."""
        import numpy as np

        numbers = np.frombuffer(self._starts, dtype=np.uint64) if self._starts else np.zeros(0, np.uint64)
        numbers = np.sort(numbers)
        self._twice = frozenset(numbers[1:][numbers[1:] == numbers[:-1]].tolist())
        self.count = len(np.unique(numbers))
        self._starts = array("Q")

    def __contains__(self, name: str) -> bool:
        return bool(self._twice) and _short_digest(name) in self._twice


def _short_digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class _Kept:
    """Rows of conversations whose rows are apart, until the file has been read."""

    LARGEST = 16 * BYTES

    def __init__(self, file: str) -> None:
        self._file = file
        self._rows: dict[str, list[Row]] = {}
        self._size = 0

    def add(self, name: str, rows: list[Row]) -> None:
        self._rows.setdefault(name, []).extend(rows)
        self._size += _size(rows) + 200 * len(rows)
        if self._size > self.LARGEST:
            raise UnreadableError(self._file, APART)

    def items(self) -> Iterator[tuple[str, list[Row]]]:
        while self._rows:
            name = next(iter(self._rows))
            yield name, self._rows.pop(name)


APART = (
    "the rows of too many conversations are apart; sort the table by its conversation column (and time), so that it "
    "can be read in bounded memory"
)
