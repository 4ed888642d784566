"""Taking over from an earlier audit what nothing changed; the tables become the bytes of an audit from scratch."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reviewqa.audit.change import Change, between
from reviewqa.audit.chunks import Chunk, Refused
from reviewqa.audit.part import Counts, Reviewed, conversations, note, quarantine, too_old
from reviewqa.audit.rows import Rows, lines, versions
from reviewqa.audit.schemas import LINE, REVIEWS, TABLES
from reviewqa.audit.store import QUARANTINE, RULES, Part, part_path, read_manifest
from reviewqa.charter import total
from reviewqa.review import Flag, NotAssessable, Score, StepResult
from reviewqa.reviewer import Reviewer


class Earlier:
    """A finished audit, and what changed since.

    Arguments:
        out: its folder.
        reviewer: of today.
        since: as of today's audit; where it is another than then, other conversations are in the parts.
    Raises:
        AuditError: there is no finished audit of this format.
    """

    def __init__(self, out: Path, reviewer: Reviewer, since: datetime | None) -> None:
        manifest = read_manifest(out)
        plan = manifest["plan"]
        self._out = out
        self._reviewer = reviewer
        rules = json.loads((out / RULES).read_text(encoding="utf-8"))
        same = plan["since"] == (None if since is None else since.isoformat()) and plan["pyarrow"] == pa.__version__
        self.change = between(plan, rules, reviewer)
        if not same:
            self.change = Change(everything="the earlier audit had another --since or another version of pyarrow")
        self._parts: dict[str, tuple[Part, int]] = {}
        offset = 0
        for values in manifest["parts"]:
            part = Part.from_values(values)
            self._parts[part.input] = (part, offset)
            offset += part.files.get("quarantine", (0, ""))[0]

    def find(self, digest: str) -> tuple[Part, dict[str, bytes], list[str]] | None:
        """What the earlier audit made of the same chunk: its part, its tables' files and its lines of the quarantine.

        None where it had no such chunk, where every conversation has to be reviewed, or where a file is not what the
        manifest says.
        """
        if self.change.everything or digest not in self._parts:
            return None
        part, offset = self._parts[digest]
        files: dict[str, bytes] = {}
        for name in TABLES:
            try:
                files[name] = part_path(self._out, name, part.number).read_bytes()
            except OSError:
                return None
        size, wanted = part.files.get("quarantine", (0, hashlib.sha256(b"").hexdigest()))
        with (self._out / QUARANTINE).open("rb") as file:
            file.seek(offset)
            kept = file.read(size)
        whole = all(hashlib.sha256(files[name]).hexdigest() == part.files[name][1] for name in TABLES)
        if not whole or hashlib.sha256(kept).hexdigest() != wanted:
            return None
        return part, files, kept.decode("utf-8").splitlines(keepends=True)

    def review(self, chunk: Chunk, since: datetime | None) -> tuple[dict[str, pa.Table], list[str], Counts] | None:
        """Review a chunk, taking over what stays.

        Returns:
            The tables, the lines of the quarantine and the counts; None where nothing can be taken over.
        """
        found = self.find(chunk.digest)
        if found is None:
            return None
        part, files, kept = found
        tables = {name: _table(files[name], name) for name in TABLES}
        if not self.change.looks_at_text:
            counts = Counts(**{name: getattr(part.counts, name) for name in _INPUT})
            tables["reviews"] = self._today(tables["reviews"], tables)
            return tables, kept, _counted(counts, tables["reviews"], len(tables["reviews"]))
        return self._read(chunk, since, tables)

    def _read(
        self, chunk: Chunk, since: datetime | None, tables: dict[str, pa.Table]
    ) -> tuple[dict[str, pa.Table], list[str], Counts]:
        reviews = tables["reviews"]
        read_as = {
            place: (language, flags) for place, language, flags in _rows(reviews, ["place", "language", "flags"])
        }
        done = Reviewed()
        refused: list[Refused] = list(chunk.refused)
        order: list[str] = []
        stay: list[str] = []
        for number, conversation in conversations(chunk):
            place = f"{chunk.file}:{number}"
            if isinstance(conversation, Refused):
                refused.append(conversation)
            elif since is not None and (skipped := too_old(conversation, since)):
                setattr(done.counts, skipped, getattr(done.counts, skipped) + 1)
            else:
                order.append(place)
                if place in read_as and not self.change.touches(conversation, *read_as[place], self._reviewer):
                    stay.append(place)
                else:
                    done.rows.add(place, conversation, self._reviewer.review(conversation))
        quarantine(done, chunk, refused)
        keep = pa.array(stay, pa.string())
        old = {name: table.filter(pc.is_in(table["place"], keep)) for name, table in tables.items()}
        old["reviews"] = self._today(old["reviews"], old)
        joined = _in_order(order, old, done.rows)
        return joined, done.quarantine, _counted(done.counts, joined["reviews"], len(stay))

    def _today(self, reviews: pa.Table, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The rows of reviews under today's versions, and totals under today's charter."""
        if self.change.charter:
            reviews = self._weighed(reviews, tables)
        for name, value in zip(REVIEWS.names[-4:], versions(self._reviewer.versions), strict=True):
            at = reviews.schema.get_field_index(name)
            reviews = reviews.set_column(at, REVIEWS.field(name), pa.array([value] * len(reviews), pa.string()))
        return reviews

    def _weighed(self, reviews: pa.Table, tables: Mapping[str, pa.Table]) -> pa.Table:
        steps: dict[str, dict[str, StepResult]] = {}
        flags: dict[str, list[Flag]] = {}
        unknown: dict[str, list[NotAssessable]] = {}
        values: dict[str, dict[str, float | None]] = {}
        columns = ["place", "kind", "id", "outcome", "severity", "reason"]
        for place, kind, name, outcome, severity, reason in _rows(tables["findings"], columns):
            if kind == "step":
                steps.setdefault(place, {})[name] = StepResult(outcome=outcome, reason=reason)
            elif outcome == "not_assessable":
                unknown.setdefault(place, []).append(NotAssessable(id=name, reason=reason))
            else:
                flags.setdefault(place, []).append(Flag(id=name, severity=severity, reason=reason, evidence=()))
        for place, name, value, reason in _rows(tables["indicators"], ["place", "id", "value", "reason"]):
            values.setdefault(place, {})[name] = value
            if value is None:
                unknown.setdefault(place, []).append(NotAssessable(id=name, reason=reason or ""))
        totals = []
        for place, politeness, empathy in _rows(reviews, ["place", "politeness", "empathy"]):
            scores = {"politeness": Score(value=politeness), "empathy": Score(value=empathy)}
            totals.append(
                total(
                    self._reviewer.charter,
                    steps.get(place, {}),
                    flags.get(place, []),
                    unknown.get(place, []),
                    scores,
                    values.get(place, {}),
                )
            )
        said = [[dict(zip(LINE.names, line, strict=True)) for line in lines(one)] for one in totals]
        for name, column in (
            ("score", [one.score for one in totals]),
            ("critical_failed", [one.critical_failed for one in totals]),
            ("lines", said),
        ):
            field = REVIEWS.field(name)
            reviews = reviews.set_column(reviews.schema.get_field_index(name), field, pa.array(column, field.type))
        return reviews


_INPUT = ("records", "quarantined", "older", "undated", "faults")


def _table(data: bytes, name: str) -> pa.Table:
    return pq.read_table(io.BytesIO(data), schema=TABLES[name])


def _rows(table: pa.Table, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[column].to_pylist() for column in columns), strict=True)


def _in_order(order: list[str], old: Mapping[str, pa.Table], new: Rows) -> dict[str, pa.Table]:
    """Rows of both sides in the order of the conversations."""
    at = {place: number for number, place in enumerate(order)}
    joined = {}
    for name, table in new.tables().items():
        both = pa.concat_tables([old[name].cast(TABLES[name]), table])
        keys = np.array([at[place] for place in both["place"].to_pylist()], dtype=np.int64)
        joined[name] = both.take(pa.array(np.argsort(keys, kind="stable"))).combine_chunks()
    return joined


def _counted(counts: Counts, reviews: pa.Table, reused: int) -> Counts:
    for score, critical in _rows(reviews, ["score", "critical_failed"]):
        note(counts, score, critical)
    counts.reused = reused
    return counts
