"""The rows of a Parquet file around what is damaged in it: a row group that does not hold costs its own rows only."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from reviewqa.audit.casts import plain
from reviewqa.audit.chunks import Refused

_DAMAGE = (pa.ArrowException, OSError)
"""What Arrow raises where pages do not hold; OSError for their headers."""


def said(error: BaseException) -> str:
    """What Arrow says of a file, as one line that can be shown."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return " ".join(text.split())[:300]


class ReadableRows:
    """The rows of a Parquet file, those that cannot be read left out.

    Arguments:
        parquet: the file.
    Attributes:
        cut: numbers of conversations that may have rows there, and what says so.
    """

    def __init__(self, parquet: pq.ParquetFile) -> None:
        self.parquet = parquet
        self._damaged: list[tuple[int, int, str]] = []
        self.cut: dict[int, str] = {}

    @property
    def faults(self) -> list[Refused]:
        """Says which rows cannot be read, and why, of those that were come by so far."""
        return [Refused(0, f"{_span(first, last)} cannot be read: {why}") for first, last, why in self._damaged]

    @property
    def count(self) -> int:
        """How many rows there are, those that cannot be read included."""
        return int(self.parquet.metadata.num_rows)

    def batches(self, columns: list[str], size: int) -> Iterator[tuple[pa.RecordBatch, int]]:
        """Batches of rows that follow each other, each with the number of its first row.

        Damage costs the rows of its group from there on. The reading goes on with the next group.

        Arguments:
            columns: which are read.
            size: rows of a batch, at most.
        """
        done = 0
        try:
            for batch in self.parquet.iter_batches(batch_size=size, columns=columns):
                yield plain(batch), done + 1
                done += batch.num_rows
            return
        except _DAMAGE:  # a batch may span groups, so which of them it is in is found out group by group
            pass
        end = 1
        for group in range(self.parquet.num_row_groups):
            first, end = end, end + self.parquet.metadata.row_group(group).num_rows
            if end <= done + 1:
                continue
            try:
                for batch in self.parquet.iter_batches(batch_size=size, row_groups=[group], columns=columns):
                    known = min(batch.num_rows, max(0, done + 1 - first))
                    if known < batch.num_rows:
                        yield plain(batch.slice(known)), first + known
                    first += batch.num_rows
            except _DAMAGE as error:
                self._note(max(first, done + 1), end - 1, said(error))

    def _note(self, first: int, last: int, why: str) -> None:
        if self._damaged and self._damaged[-1][1] == first - 1:
            first, _, why = self._damaged.pop()
        self._damaged.append((first, last, why))

    def cuts(self, number: int) -> None:
        """A conversation may have rows among those that cannot be read."""
        first, last, _ = self._damaged[-1]
        what = "and some of this conversation's may be among them; it is not judged by the others"
        self.cut[number] = f"{_span(first, last)} of the table cannot be read, {what}"


def _span(first: int, last: int) -> str:
    return f"row {first}" if first == last else f"rows {first}-{last}"
