"""Reviews to columns, straight from their objects: making dictionaries or JSON first would cost as much again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa

from reviewqa.audit.schemas import BECAUSE, EVIDENCE, FINDINGS, INDICATORS, LINE, REVIEWS, TURN_SCORES
from reviewqa.conversation import Conversation
from reviewqa.review import STEPS, Evidence, Review, Total, Versions

OPENING = 80
"""Characters of an agent's turn that ``turn_scores`` keeps: turns that open alike are a family of canned texts."""

_CHARTERS = ("id", "weight", "critical")
"""What lines have from the charter, and no conversation changes."""

_line = attrgetter(*LINE.names)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
_SEPARATORS = re.compile(r"[,;|]")


def started(conversation: Conversation) -> datetime | None:
    """When a conversation began, as the clock on the wall showed it (without a zone).

    The time of the first turn that has one; else ``started`` or ``date`` of the source's ``meta``; else None.
    """
    time = None
    for turn in conversation.turns:
        if turn.time is not None:
            time = turn.time
            break
    else:
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
    """The rows of one part, all by one charter, gathered conversation by conversation, in four tables.

    Values go into lists column by column; what is the same for all rows of a conversation is spread at the end.
    """

    def __init__(self) -> None:
        self._reviews: list[tuple[Any, ...]] = []
        self._lines = _Columns(name for name in LINE.names if name not in _CHARTERS)
        self._charter: dict[str, list[Any]] | None = None
        self._findings = _Columns(FINDINGS.names[2:])
        self._evidence = _Columns(EVIDENCE.names)
        self._made: list[tuple[str, float]] = []
        self._turn_scores = _Columns(TURN_SCORES.names[2:])
        self._because: list[tuple[str, float]] = []
        self._indicators = _Columns(INDICATORS.names[2:])
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
        findings = self._add_findings(review)
        scores = self._add_scores(conversation, review)
        self._add_indicators(review)
        self._add_lines(review)
        steps, values, meta = review.steps, review.scores, conversation.meta
        self._reviews.append(
            (
                place,
                conversation.id,
                review.language,
                review.channel,
                review.agents,
                team(conversation) if meta else None,
                tags(conversation) if meta else (),
                started(conversation),
                _encode(meta) if meta else None,
                len(conversation.turns),
                review.total.score,
                review.total.critical_failed,
                *[steps[name].outcome if name in steps else None for name in STEPS],
                [flag.id for flag in review.flags],
                *[values[name].value if name in values else None for name in ("politeness", "empathy")],
                len(review.total.lines),
                *versions(review.versions),
            )
        )
        self.counts.append((findings, scores, len(review.indicators)))

    def tables(self) -> dict[str, pa.Table]:
        """The four tables, by name."""
        rows = list(zip(*self._reviews, strict=True)) or [()] * len(REVIEWS)
        reviews = [
            self._all_lines(values) if field.name == "lines" else pa.array(values, field.type)
            for field, values in zip(REVIEWS, rows, strict=True)
        ]
        made = {"reviews": pa.Table.from_arrays(reviews, schema=REVIEWS)}
        for number, (name, schema, columns) in enumerate(
            (
                ("findings", FINDINGS, self._findings),
                ("turn_scores", TURN_SCORES, self._turn_scores),
                ("indicators", INDICATORS, self._indicators),
            )
        ):
            spread = np.repeat(np.arange(len(self.counts)), [counts[number] for counts in self.counts])
            owner = pa.array(spread, pa.int64())
            arrays = [reviews[0].take(owner), reviews[1].take(owner)]
            for field in list(schema)[2:]:
                values = columns.lists[field.name]
                if field.name == "evidence":
                    places = [
                        _because(self._made, column) if of.name == "because" else pa.array(column, of.type)
                        for of, column in zip(EVIDENCE, self._evidence.lists.values(), strict=True)
                    ]
                    arrays.append(_lists(pa.StructArray.from_arrays(places, fields=list(EVIDENCE)), values))
                elif field.name == "because":
                    arrays.append(_because(self._because, values))
                else:
                    arrays.append(pa.array(values, field.type))
            made[name] = pa.Table.from_arrays(arrays, schema=schema)
        return made

    def _all_lines(self, lengths: Sequence[int]) -> pa.ListArray:
        charter = self._charter or {}
        fields = list(LINE)
        each = pa.array(np.tile(np.arange(max(lengths, default=0)), len(lengths)), pa.int64())
        columns = [
            pa.array(charter.get(field.name, ()), field.type).take(each)
            if field.name in _CHARTERS
            else pa.array(self._lines.lists[field.name], field.type)
            for field in fields
        ]
        return _lists(pa.StructArray.from_arrays(columns, fields=fields), lengths)

    def _add_findings(self, review: Review) -> int:
        lists = self._findings.lists
        ids, outcomes, reasons = lists["id"], lists["outcome"], lists["reason"]
        agents, words, triggers, searched = lists["agent"], lists["evidence"], lists["trigger"], lists["searched"]
        for name, step in review.steps.items():
            found = step.evidence
            ids.append(name)
            outcomes.append(step.outcome)
            reasons.append(step.reason)
            agents.append(_agent(found) if found else None)
            words.append(len(found))
            triggers.append(step.trigger)
            searched.append(step.searched)
            if found:
                self._add_evidence(found)
        count = len(review.steps)
        lists["kind"].extend(("step",) * count)
        lists["severity"].extend((None,) * count)
        for flag in review.flags:
            found = flag.evidence
            self._add_evidence(found)
            self._findings.append(
                ("flag", flag.id, "present", flag.severity, flag.reason, _agent(found), len(found), None, ())
            )
        count += len(review.flags)
        for item in review.not_assessable:
            if item.id not in review.indicators:  # those stand in their own table, with the reason
                kind = "score" if item.id in review.scores else "flag"
                self._findings.append((kind, item.id, "not_assessable", None, item.reason, None, 0, None, ()))
                count += 1
        return count

    def _add_evidence(self, found: Iterable[Evidence]) -> None:
        turn, start, end, text, cue, agent, gap_s, because = self._evidence.lists.values()
        for evidence in found:
            turn.append(evidence.turn)
            start.append(evidence.start)
            end.append(evidence.end)
            text.append(evidence.text)
            cue.append(evidence.cue)
            agent.append(evidence.agent)
            gap_s.append(evidence.gap_s)
            because.append(len(evidence.because))
            self._made.extend(evidence.because)

    def _add_lines(self, review: Review) -> None:
        """Of the lines only outcome, points and reason differ between reviews by one charter."""
        said, lists = review.total.lines, self._lines.lists
        if self._charter is None:
            self._charter = {name: [getattr(line, name) for line in said] for name in _CHARTERS}
        lists["outcome"].extend([line.outcome for line in said])
        lists["points"].extend([line.points for line in said])
        lists["because"].extend([line.because for line in said])

    def _add_scores(self, conversation: Conversation, review: Review) -> int:
        lists, turns = self._turn_scores.lists, conversation.turns
        speakers: list[str] = []
        openings: list[str] = []
        before: list[int] = []
        count = 0
        for name, score in review.scores.items():
            scored = score.turns
            numbers = [turn.turn for turn in scored]
            if numbers != before:  # all scores are of the same turns
                speakers = [turns[number].speaker or "agent" for number in numbers]
                openings = [turns[number].text[:OPENING] for number in numbers]
                before = numbers
            because = [turn.because for turn in scored]
            lists["score"].extend((name,) * len(scored))
            lists["turn"].extend(numbers)
            lists["agent"].extend(speakers)
            lists["value"].extend([turn.value for turn in scored])
            lists["because"].extend(map(len, because))
            lists["opening"].extend(openings)
            self._because.extend(chain.from_iterable(because))
            count += len(scored)
        return count

    def _add_indicators(self, review: Review) -> None:
        lists, values = self._indicators.lists, review.indicators
        lists["id"].extend(values)
        lists["value"].extend(values.values())
        if None in values.values():
            reasons = {item.id: item.reason for item in review.not_assessable}
            lists["reason"].extend([reasons.get(name) if value is None else None for name, value in values.items()])
        else:
            lists["reason"].extend((None,) * len(values))


def lines(total: Total) -> Iterable[tuple[Any, ...]]:
    """The charter's lines as rows of ``reviews.lines``."""
    return map(_line, total.lines)


def versions(made_by: Versions) -> tuple[str, str, str, str]:
    """The last four columns of ``reviews``."""
    return made_by.package, made_by.rules, made_by.charter, made_by.models


def _agent(found: Iterable[Evidence]) -> str | None:
    for evidence in found:
        if evidence.agent is not None:
            return evidence.agent
    return None


class _Columns:
    """Lists of values on their way into columns, by name."""

    def __init__(self, names: Iterable[str]) -> None:
        self.lists: dict[str, list[Any]] = {name: [] for name in names}

    def append(self, row: tuple[Any, ...]) -> None:
        """Add a row."""
        for values, value in zip(self.lists.values(), row, strict=True):
            values.append(value)


def _because(pairs: Sequence[tuple[str, float]], lengths: Sequence[int]) -> pa.ListArray:
    """Words with their weights as a column of lists."""
    columns = list(zip(*pairs, strict=True)) or [(), ()]
    fields = list(BECAUSE)
    arrays = [pa.array(column, field.type) for field, column in zip(fields, columns, strict=True)]
    return _lists(pa.StructArray.from_arrays(arrays, fields=fields), lengths)


def _lists(records: pa.StructArray, lengths: Sequence[int]) -> pa.ListArray:
    """A column of lists of records: the records in a row, and how many each list has."""
    ends = np.cumsum([0, *lengths], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), records)
