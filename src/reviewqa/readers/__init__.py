"""Readers: a file of somebody's format to conversations. One format a module; ``read`` tells which one a file needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, InputError
from reviewqa.readers.decode import Source, UnreadableError, check_encoding, opened
from reviewqa.readers.labels import Labels
from reviewqa.readers.native import read_document, read_lines
from reviewqa.readers.records import Notice, Report
from reviewqa.readers.table import check_columns, read_table
from reviewqa.readers.textlog import read_log

__all__ = ["EXTENSIONS", "FORMATS", "read"]

FORMATS = ("jsonl", "json", "csv", "text")

EXTENSIONS: Mapping[str, str] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".log": "text",
}
"""The format that a file's extension stands for."""


def read(
    *paths: str | Path,
    format: str | None = None,  # noqa: A002
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    encoding: str | None = None,
    on_fault: Callable[[Fault], None] | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Iterator[Conversation]:
    """Read conversations from files, one after the other, as they are asked for.

    Arguments:
        paths: the files.
        format: ``jsonl``, ``json``, ``csv`` or ``text``, for all of them; told by the extension and a look at the
            content unless given.
        columns: for tables, the model's name of a column to the file's (``{"text": "Message body"}``).
        labels: for logs and tables, a label to its role (``{"Anna": "agent"}``), or to ``text`` where it is no label.
        encoding: of all the files; told from each file unless given.
        on_fault: takes each record or file that cannot be read; the others still come. Without it the first one raises.
        on_notice: takes what is worth knowing and no fault: keys that were set aside, an encoding that was inferred.
    Returns:
        The conversations, in the order of the files.
    Raises:
        InputError: at once for an option that does not hold; while reading, for a bad record where there is no
            ``on_fault``.
    """
    if format is not None and format not in FORMATS:
        raise InputError(Fault("format", f"{format!r} is not one of {', '.join(FORMATS)}"))
    check_encoding(encoding)
    check_columns(columns)
    table = Labels(labels)

    def report(fault: Fault) -> None:
        if on_fault is None:
            raise InputError(fault)
        on_fault(fault)

    def notice(text: str) -> None:
        if on_notice is not None:
            on_notice(text)

    def conversations() -> Iterator[Conversation]:
        for path in map(Path, paths):
            try:
                yield from _one(path, format, encoding, columns, table, report, notice)
            except UnreadableError as error:
                report(error.fault)

    return conversations()


def _one(
    path: Path,
    wanted: str | None,
    encoding: str | None,
    columns: Mapping[str, str] | None,
    labels: Labels,
    report: Report,
    notice: Notice,
) -> Iterator[Conversation]:
    with opened(path, encoding) as source:
        for text in source.notices:
            notice(f"{source.shown}: {text}")
        kind = wanted or _tell(path, source)
        if kind == "jsonl":
            yield from read_lines(source, report, notice)
        elif kind == "json":
            yield from read_document(source, report, notice)
        elif kind == "csv":
            yield from read_table(source, report, notice, labels, columns)
        else:
            yield from read_log(source, report, notice, labels)


def _tell(path: Path, source: Source) -> str:
    """The format, by extension; lines in a ``.json`` file, and JSON in a file of another name, by their content."""
    kind = EXTENSIONS.get(path.suffix.lower())
    if kind in {"jsonl", "csv"}:
        return kind
    head = source.head().lstrip()
    if not head:
        raise UnreadableError(source.shown, "is empty")
    if kind == "json" or head.startswith("{") or (kind is None and head.startswith("[")):
        return "jsonl" if _is_lines(head) else "json"
    if kind is None:
        raise UnreadableError(
            source.shown,
            f"the format of {path.suffix or 'a file without an extension'} is not known; give it one of "
            f"{', '.join(EXTENSIONS)}, or name the format ({', '.join(FORMATS)})",
        )
    return kind


def _is_lines(head: str) -> bool:
    """Whether the first line is a whole object and another line follows."""
    first, _, rest = head.partition("\n")
    if not rest.strip():
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
