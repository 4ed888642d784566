"""Reviews to columns, straight from their objects: making dictionaries or JSON first would cost as much again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any

import pyarrow as pa

from reviewqa.audit.schemas import BECAUSE, EVIDENCE, FINDINGS, INDICATORS, LINE, REVIEWS, TURN_SCORES
from reviewqa.conversation import Conversation, agent_name
from reviewqa.review import STEPS, Evidence, Review, Total, Versions

OPENING = 80
"""Characters of an agent's turn that ``turn_scores`` keeps, every digit as 0: turns that open alike are a family."""

_line = attrgetter(*LINE.names)
_evidence = attrgetter(*EVIDENCE.names)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
_MASK = {ord(digit): "0" for digit in "123456789"} | {ord(space): " " for space in "\t\n\r"}
_SEPARATORS = re.compile(r"[,;|]")


def started(conversation: Conversation) -> datetime | None:
    """When a conversation began, as the clock on the wall showed it (without a zone).

    The time of the first turn that has one; else ``started`` or ``date`` of the source's ``meta``; else None.
    """
    time = next((turn.time for turn in conversation.turns if turn.time is not None), None)
    if time is None:
        said = conversation.meta.get("started") or conversation.meta.get("date")
        try:
            time = datetime.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            return None
    return None if time is None else time.replace(tzinfo=None)


def team(conversation: Conversation) -> str | None:
    """The team that the source's ``meta`` names, if any."""
    said = conversation.meta.get("team")
    return str(said) if isinstance(said, str | int) and str(said).strip() else None


def tags(conversation: Conversation) -> list[str]:
    """The tags of the source's ``meta``: a list, or a text with commas, semicolons or bars between them."""
    said = conversation.meta.get("tags") or conversation.meta.get("tag")
    if isinstance(said, str):
        said = _SEPARATORS.split(said)
    found = [str(tag).strip() for tag in said] if isinstance(said, list | tuple) else []
    return list(dict.fromkeys(tag for tag in found if tag))


class Rows:
    """The rows of one part, gathered conversation by conversation, in four tables."""

    def __init__(self) -> None:
        self._reviews = _Columns(REVIEWS)
        self._lines = _Nested(LINE)
        self._findings = _Columns(FINDINGS)
        self._evidence = _Nested(EVIDENCE)
        self._turn_scores = _Columns(TURN_SCORES)
        self._because = _Nested(BECAUSE)
        self._indicators = _Columns(INDICATORS)
        self.counts: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return len(self.counts)

    def add(self, place: str, conversation: Conversation, review: Review) -> None:
        """Add one review.

        Arguments:
            place: where the archive has the conversation; the key of its rows.
            conversation: what was reviewed.
            review: of it.
        """
        key = (place, conversation.id)
        findings = self._add_findings(key, review)
        scores = self._add_scores(key, conversation, review)
        reasons = {item.id: item.reason for item in review.not_assessable}
        for name, value in review.indicators.items():
            self._indicators.append((*key, name, value, reasons.get(name) if value is None else None))
        self._reviews.append(
            (
                *key,
                review.language,
                review.channel,
                review.agents,
                team(conversation),
                tags(conversation),
                started(conversation),
                _encode(conversation.meta) if conversation.meta else None,
                len(conversation.turns),
                *_total(review.total),
                *(step.outcome if (step := review.steps.get(name)) else None for name in STEPS),
                [flag.id for flag in review.flags],
                *(score.value if (score := review.scores.get(name)) else None for name in ("politeness", "empathy")),
                self._lines.take(lines(review.total)),
                *versions(review.versions),
            )
        )
        self.counts.append((findings, scores, len(review.indicators)))

    def tables(self) -> dict[str, pa.Table]:
        """The four tables, by name."""
        return {
            "reviews": self._reviews.table(lines=self._lines),
            "findings": self._findings.table(evidence=self._evidence),
            "turn_scores": self._turn_scores.table(because=self._because),
            "indicators": self._indicators.table(),
        }

    def _add_findings(self, key: tuple[str, str], review: Review) -> int:
        add, take, nothing = self._findings.append, self._evidence.take, ()
        for name, step in review.steps.items():
            found = step.evidence
            words = take(map(_evidence, found))
            agent = _agent(found)
            add((*key, "step", name, step.outcome, None, step.reason, agent, words, step.trigger, step.searched))
        for flag in review.flags:
            found = flag.evidence
            words = take(map(_evidence, found))
            add((*key, "flag", flag.id, "present", flag.severity, flag.reason, _agent(found), words, None, nothing))
        count = len(review.steps) + len(review.flags)
        for item in review.not_assessable:
            if item.id not in review.indicators:  # those stand in their own table, with the reason
                kind = "score" if item.id in review.scores else "flag"
                add((*key, kind, item.id, "not_assessable", None, item.reason, None, take(nothing), None, nothing))
                count += 1
        return count

    def _add_scores(self, key: tuple[str, str], conversation: Conversation, review: Review) -> int:
        add, take, turns = self._turn_scores.append, self._because.take, conversation.turns
        count = 0
        for name, score in review.scores.items():
            for turn in score.turns:
                said = turns[turn.turn]
                opening = said.text[:OPENING].translate(_MASK)
                add((*key, name, turn.turn, agent_name(said), turn.value, take(turn.because), opening))
            count += len(score.turns)
        return count


def lines(total: Total) -> Iterable[tuple[Any, ...]]:
    """The charter's lines as rows of ``reviews.lines``."""
    return map(_line, total.lines)


def versions(made_by: Versions) -> tuple[str, str, str, str]:
    """The last four columns of ``reviews``."""
    return made_by.package, made_by.rules, made_by.charter, made_by.models


def _total(total: Total) -> tuple[float | None, bool]:
    return total.score, total.critical_failed


def _agent(found: Iterable[Evidence]) -> str | None:
    return next((evidence.agent for evidence in found if evidence.agent is not None), None)


class _Columns:
    """Rows on their way into a table."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: list[tuple[Any, ...]] = []
        self.append = self._rows.append

    def table(self, **nested: _Nested) -> pa.Table:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [
            nested[field.name].array(values) if field.name in nested else pa.array(values, field.type)
            for field, values in zip(self._schema, columns, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=self._schema)


class _Nested:
    """The values of a column of lists of records: flat columns and, for each list, where it ends."""

    def __init__(self, kind: pa.StructType) -> None:
        self._kind = kind
        self._rows: list[tuple[Any, ...]] = []

    def take(self, rows: Iterable[tuple[Any, ...]]) -> int:
        """Keep the records of one list; the number of records so far stands for it in the row."""
        self._rows.extend(rows)
        return len(self._rows)

    def array(self, ends: Iterable[int]) -> pa.ListArray:
        fields = list(self._kind)
        columns = list(zip(*self._rows, strict=True)) or [()] * len(fields)
        arrays = [pa.array(values, field.type) for field, values in zip(fields, columns, strict=True)]
        records = pa.StructArray.from_arrays(arrays, fields=fields)
        return pa.ListArray.from_arrays(pa.array([0, *ends], pa.int32()), records)
