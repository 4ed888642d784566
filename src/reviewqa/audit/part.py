"""One part of an audit: a chunk of records in, four tables and a count out. This is what workers run."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from reviewqa.audit.chunks import Chunk, Refused
from reviewqa.audit.rows import Rows, started
from reviewqa.conversation import Conversation
from reviewqa.readers.decode import broken_byte
from reviewqa.readers.labels import Labels
from reviewqa.readers.native import conversation_from, parse
from reviewqa.readers.records import BadRecordError
from reviewqa.readers.table import conversation_of
from reviewqa.review import Review
from reviewqa.reviewer import Reviewer

TOGETHER = 2
"""Reviews whose rows are gathered together: what this needs comes near to the processor once for both. More of them are
no longer near themselves, and memory that is free again is cold for the next reviews."""


@dataclass(slots=True)
class Counts:
    """What became of the records of a part. All but ``records`` and the sums add up to ``records``.

    Arguments:
        records: that the part took.
        reviewed: that have a review.
        quarantined: that could not be read.
        older: left out, since they began before the date that was asked for.
        undated: left out, since nothing says when they began and a date was asked for.
        faults: of files as a whole, which are no records.
        scored: reviews with a total.
        score_hundredths: the sum of the totals, in hundredths, which adds up exactly.
        critical: reviews that fail a critical line.
        reused: of those reviewed, how many were taken over from an earlier audit.
    """

    records: int = 0
    reviewed: int = 0
    quarantined: int = 0
    older: int = 0
    undated: int = 0
    faults: int = 0
    scored: int = 0
    score_hundredths: int = 0
    critical: int = 0
    reused: int = 0

    def add(self, other: Counts) -> None:
        """Add what became of other records."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def add_up(self) -> bool:
        """Whether every record has become one thing."""
        return self.records == self.reviewed + self.quarantined + self.older + self.undated

    @property
    def mean(self) -> float | None:
        """The mean total, 0 to 100."""
        return self.score_hundredths / self.scored / 100 if self.scored else None


@dataclass(slots=True)
class Reviewed:
    """The outcome of one part.

    Arguments:
        rows: of the reviews.
        quarantine: a line of JSON for each record or file that could not be read, in the order of the input.
        counts: of the records.
    """

    rows: Rows = field(default_factory=Rows)
    quarantine: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


def review_chunk(reviewer: Reviewer, chunk: Chunk, since: datetime | None = None) -> Reviewed:
    """Review the records of a chunk.

    Arguments:
        reviewer: with the audit's charter, rules and models.
        chunk: as the parent process cut it.
        since: conversations that began before are left out; without a zone, as on the wall's clock.
    """
    done = Reviewed()
    refused = list(chunk.refused)
    made: list[tuple[str, Conversation, Review]] = []
    for number, conversation in conversations(chunk):
        if isinstance(conversation, Refused):
            refused.append(conversation)
            continue
        if since is not None and (skipped := too_old(conversation, since)):
            setattr(done.counts, skipped, getattr(done.counts, skipped) + 1)
            continue
        made.append((f"{chunk.file}:{number}", conversation, reviewer.review(conversation)))
        if len(made) == TOGETHER:
            _take(done, made)
    _take(done, made)
    quarantine(done, chunk, refused)
    return done


def _take(done: Reviewed, made: list[tuple[str, Conversation, Review]]) -> None:
    """Take reviews, and forget them, so that the next find their memory warm."""
    for place, conversation, review in made:
        done.rows.add(place, conversation, review)
        note(done.counts, review.total.score, review.total.critical_failed)
    made.clear()


def quarantine(done: Reviewed, chunk: Chunk, refused: list[Refused]) -> None:
    """Write down what could not be read, in the order of the input, and count it."""
    refused.sort(key=lambda item: (item.number == 0, item.number))
    done.quarantine = [entry(chunk.file, item) for item in refused]
    done.counts.faults = sum(not item.number for item in refused)
    done.counts.quarantined = len(refused) - done.counts.faults
    done.counts.records = chunk.count


def note(counts: Counts, score: float | None, critical: bool) -> None:
    """Count one review."""
    counts.reviewed += 1
    counts.critical += critical
    if score is not None:
        counts.scored += 1
        counts.score_hundredths += round(score * 100)


def conversations(chunk: Chunk) -> Iterator[tuple[int, Conversation | Refused]]:
    """The conversations of a chunk with their numbers; what does not hold, with its reason and its raw record."""
    if chunk.kind == "lines":
        for number, line in chunk.records:
            yield number, of_line(number, line)
    elif chunk.kind == "table":
        labels = Labels()
        for number, name, rows in chunk.records:
            try:
                yield number, conversation_of(name, rows, labels)
            except BadRecordError as error:
                where = "" if error.line in (None, number) else f"line {error.line}: "
                cells = [row.raw or dict(row.cells) for row in rows]
                yield number, Refused(number, where + error.what, _dumps(cells).encode("utf-8", "surrogatepass"))
    else:
        from reviewqa.audit import columns

        for batch, numbers in columns.batches_of(chunk):
            name = next(name for name in columns.IDS if name in batch.schema.names)
            for row, found in enumerate(columns.conversations(batch, name)):
                if isinstance(found, BadRecordError):
                    yield numbers[row], Refused(numbers[row], found.what, columns.raw(batch, row))
                else:
                    yield numbers[row], found


def of_line(number: int, line: bytes) -> Conversation | Refused:
    """The conversation of a line of JSON, or why there is none."""
    try:
        return conversation_from(parse(line.decode("utf-8")))
    except UnicodeDecodeError:
        at = broken_byte(line.decode("utf-8", "surrogateescape"))
        return Refused(number, f"not UTF-8 (byte {at} of the line); save the file as UTF-8", line)
    except BadRecordError as error:
        return Refused(number, error.what, line)


def entry(file: str, refused: Refused) -> str:
    """A line of ``quarantine.jsonl``."""
    place = f"{file}:{refused.number}" if refused.number else file
    said: dict[str, Any] = {"place": place, "reason": refused.reason}
    line = refused.raw.removesuffix(b"\n").removesuffix(b"\r")
    try:
        said["raw"] = line.decode("utf-8") if refused.size is None else line.decode("utf-8", "replace")
    except UnicodeDecodeError:
        said["raw_base64"] = base64.b64encode(line).decode("ascii")
    if refused.size is not None:
        said |= {"raw_is_cut": True, "bytes": refused.size, "sha256": refused.digest}
    return _dumps(said) + "\n"


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def too_old(conversation: Conversation, since: datetime) -> str:
    """``older`` or ``undated`` where a conversation is left out, else an empty text."""
    began = started(conversation)
    if began is None:
        return "undated"
    if since.tzinfo is not None:
        time = next((turn.time for turn in conversation.turns if turn.time is not None), None)
        if time is not None and time.tzinfo is not None:
            return "older" if time < since else ""
        return "older" if began < since.replace(tzinfo=None) else ""
    return "older" if began < since else ""
