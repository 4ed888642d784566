"""Labelled turns as people keep them in a spreadsheet: a table in CSV, a row a turn."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reviewqa.errors import Fault, ModelError

REQUIRED = ("text", "politeness", "empathy")
OPTIONAL = ("context", "channel", "scenario")
_NUMBERS = frozenset({"politeness", "empathy"})


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a table, each with the line that it ends on, as the objects of a ``*.jsonl`` would be.

    Arguments:
        path: of a file in UTF-8 or cp1250, cells apart by commas, semicolons or tabs.

    Raises:
        ModelError: a column is missing, a row does not fit the header, or it is no table.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1250", errors="replace")  # as Polish spreadsheets write it
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            what = (
                f"has no column {', '.join(missing)}; wanted are {', '.join(REQUIRED)}, and taken {', '.join(OPTIONAL)}"
            )
            raise ModelError(Fault(f"{path}:1", what))
        for cells in rows:
            if not any(cells):
                continue
            if len(cells) != len(names):
                what = f"has {len(cells)} cells and the header has {len(names)}"
                raise ModelError(Fault(f"{path}:{rows.line_num}", what))
            told = {name: cell for name, cell in zip(names, cells, strict=True)
                    if cell.strip() and name in REQUIRED + OPTIONAL}  # fmt: skip
            yield rows.line_num, {name: _number(cell) if name in _NUMBERS else cell for name, cell in told.items()}
    except csv.Error as error:
        raise ModelError(Fault(f"{path}:{rows.line_num}", f"is no row of a table: {error}")) from error


def _number(cell: str) -> float | str:
    """A number, with a comma or a point; what is none stays as it is, and is told by who reads the row."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell
