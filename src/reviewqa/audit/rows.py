"""Reviews to columns, straight from their objects: making dictionaries or JSON first would cost as much again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any

import pyarrow as pa

from reviewqa.audit.schemas import LINE, TABLES
from reviewqa.conversation import Conversation
from reviewqa.review import SCORES, STEPS, Evidence, Review, Total, Versions

try:
    from reviewqa.audit._builder import TableBuilder, pick
except ImportError:  # installed without a C compiler
    from reviewqa.audit.builder import TableBuilder, pick  # type: ignore[assignment]

OPENING = 80
"""Characters of an agent's turn that ``turn_scores`` keeps: turns that open alike are a family of canned texts."""

_REPEATED = {"reviews": ("lines",)}
"""The charter's lines, of which there are few different ones."""

_line = attrgetter(*LINE.names)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
_SEPARATORS = re.compile(r"[,;|]")


def started(conversation: Conversation) -> datetime | None:
    """When a conversation began, as the clock on the wall showed it (without a zone).

    The time of the first turn that has one; else ``started`` or ``date`` of the source's ``meta``; else None.
    """
    for turn in conversation.turns:
        time = turn.time
        if time is not None:
            return time.replace(tzinfo=None)
    said = conversation.meta.get("started") or conversation.meta.get("date")
    try:
        return datetime.fromisoformat(said).replace(tzinfo=None) if isinstance(said, str) else None
    except ValueError:
        return None


def team(conversation: Conversation) -> str | None:
    """The team that the source's ``meta`` names, if any."""
    said = conversation.meta.get("team")
    return str(said) if isinstance(said, str | int) and str(said).strip() else None


def tags(conversation: Conversation) -> list[str]:
    """The tags of the source's ``meta``: a list, or a text with commas, semicolons or bars between them."""
    meta = conversation.meta
    said = meta.get("tags") or meta.get("tag")
    if not said:
        return []
    if isinstance(said, str):
        said = _SEPARATORS.split(said)
    found = [str(tag).strip() for tag in said] if isinstance(said, list | tuple) else []
    return [tag for tag in dict.fromkeys(found) if tag]


class Rows:
    """The rows of one part, all by one charter, gathered conversation by conversation, in four tables."""

    def __init__(self) -> None:
        self._tables = {name: TableBuilder(schema, _REPEATED.get(name, ())) for name, schema in TABLES.items()}
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
        steps, values, meta, name = review.steps, review.scores, conversation.meta, conversation.id
        outcomes = dict(zip(steps, pick(steps.values(), "outcome"), strict=True))
        self._tables["reviews"].append(
            (
                place,
                name,
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
                *map(outcomes.get, STEPS),
                pick(review.flags, "id"),
                *[values[score].value if score in values else None for score in SCORES],
                review.total.lines,
                *versions(review.versions),
            )
        )
        findings = self._add_findings(place, name, review)
        scores = self._add_scores(place, name, conversation, review)
        self._add_indicators(place, name, review)
        self.counts.append((findings, scores, len(review.indicators)))

    def tables(self) -> dict[str, pa.Table]:
        """The four tables, by name."""
        return {name: builder.table() for name, builder in self._tables.items()}

    def _add_findings(self, place: str, name: str, review: Review) -> int:
        table = self._tables["findings"]
        steps, flags = review.steps.values(), review.flags
        found = pick(steps, "evidence")
        outcomes, reasons, agents = pick(steps, "outcome"), pick(steps, "reason"), list(map(_agent, found))
        triggers, searched = pick(steps, "trigger"), pick(steps, "searched")
        table.extend(
            place, name, "step", list(review.steps), outcomes, None, reasons, agents, found, triggers, searched
        )
        if flags:
            found, severities, reasons = pick(flags, "evidence"), pick(flags, "severity"), pick(flags, "reason")
            agents = list(map(_agent, found))
            table.extend(
                place, name, "flag", pick(flags, "id"), "present", severities, reasons, agents, found, None, ()
            )
        count = len(steps) + len(flags)
        measured, scored = review.indicators, review.scores
        for id_, reason in _untold(review):
            if id_ not in measured:  # those stand in their own table, with the reason
                kind = "score" if id_ in scored else "flag"
                table.append((place, name, kind, id_, "not_assessable", None, reason, None, (), None, ()))
                count += 1
        return count

    def _add_scores(self, place: str, name: str, conversation: Conversation, review: Review) -> int:
        table, turns = self._tables["turn_scores"], conversation.turns
        agents: list[str] = []
        openings: list[str] = []
        before: list[int] = []
        count = 0
        for id_, score in review.scores.items():
            scored = score.turns
            numbers = pick(scored, "turn")
            if numbers != before:  # all scores are of the same turns
                spoken = [turns[number] for number in numbers]
                agents = [speaker or "agent" for speaker in pick(spoken, "speaker")]
                openings = [text[:OPENING] for text in pick(spoken, "text")]
                before = numbers
            table.extend(place, name, id_, numbers, agents, pick(scored, "value"), pick(scored, "because"), openings)
            count += len(numbers)
        return count

    def _add_indicators(self, place: str, name: str, review: Review) -> None:
        ids, values = list(review.indicators), list(review.indicators.values())
        said: list[str | None] | None = None
        if None in values:
            reasons = dict(_untold(review))
            said = [reasons.get(id_) if value is None else None for id_, value in zip(ids, values, strict=True)]
        self._tables["indicators"].extend(place, name, ids, values, said)


def lines(total: Total) -> Iterable[tuple[Any, ...]]:
    """The charter's lines as rows of ``reviews.lines``."""
    return map(_line, total.lines)


def versions(made_by: Versions) -> tuple[str, str, str, str]:
    """The last four columns of ``reviews``."""
    return made_by.package, made_by.rules, made_by.charter, made_by.models


def _untold(review: Review) -> Iterable[tuple[str, str]]:
    """What the conversation cannot give, and why."""
    missing = review.not_assessable
    return zip(pick(missing, "id"), pick(missing, "reason"), strict=True)


def _agent(found: Iterable[Evidence]) -> str | None:
    for evidence in found:
        if evidence.agent is not None:
            return evidence.agent
    return None
