"""Which verdicts moved from one audit to the next, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from reviewqa.audit.change import LIMIT, Change, depends, limit_of, waits
from reviewqa.audit.store import parts_pattern
from reviewqa.rules.model import RuleSet

MOVED = "moved.parquet"
SCHEMA = pa.schema(
    [
        pa.field("place", pa.string(), nullable=False),
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("before", pa.string(), nullable=False),
        pa.field("after", pa.string(), nullable=False),
        pa.field("changed", pa.list_(pa.string()), nullable=False),
        pa.field("gained", pa.list_(pa.string()), nullable=False),
        pa.field("lost", pa.list_(pa.string()), nullable=False),
    ]
)
_BATCH = 10_000
_QUERY = """
    WITH old_reviews AS (
        SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY place) AS nth FROM read_parquet($old_reviews)
    ), new_reviews AS (
        SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY place) AS nth FROM read_parquet($new_reviews)
    ), both_reviews AS (
        SELECT n.place, o.place AS old_place, n.conversation_id, n.channel, o.score AS before, n.score AS after,
               o.lines AS old_lines, n.lines AS new_lines
        FROM new_reviews n JOIN old_reviews o USING (conversation_id, nth)
    ), verdicts AS (
        SELECT b.place, b.conversation_id, b.channel, n.kind, n.id, n.outcome, n.severity, n.evidence, 'new' AS side
        FROM both_reviews b JOIN read_parquet($new_findings) n ON n.place = b.place
        UNION ALL
        SELECT b.place, b.conversation_id, b.channel, o.kind, o.id, o.outcome, o.severity, o.evidence, 'old' AS side
        FROM both_reviews b JOIN read_parquet($old_findings) o ON o.place = b.old_place
    ), paired AS (
        SELECT place, conversation_id, channel, kind, id,
               coalesce(max(outcome) FILTER (side = 'old'), 'absent') AS before,
               coalesce(max(outcome) FILTER (side = 'new'), 'absent') AS after,
               max(severity) FILTER (side = 'old') AS old_severity, max(severity) FILTER (side = 'new') AS new_severity,
               max(evidence) FILTER (side = 'old') AS old_evidence, max(evidence) FILTER (side = 'new') AS new_evidence
        FROM verdicts GROUP BY ALL HAVING before <> after OR old_severity <> new_severity
    )
    SELECT place, conversation_id, channel, kind, id,
           CASE WHEN before = after THEN old_severity ELSE before END,
           CASE WHEN before = after THEN new_severity ELSE after END,
           [[e.cue, e.text] FOR e IN coalesce(old_evidence, [])] AS was,
           [[e.cue, e.text] FOR e IN coalesce(new_evidence, [])] AS is_
    FROM paired
    UNION ALL
    SELECT place, conversation_id, channel, 'total', 'score',
           coalesce(printf('%.2f', before), 'none'), coalesce(printf('%.2f', after), 'none'),
           [[l.id, l.outcome || ' (' || coalesce(printf('%g', l.points), 'not counted') || ' of '
             || printf('%g', l.weight) || ')'] FOR l IN old_lines],
           [[l.id, l.outcome || ' (' || coalesce(printf('%g', l.points), 'not counted') || ' of '
             || printf('%g', l.weight) || ')'] FOR l IN new_lines]
    FROM both_reviews WHERE before IS DISTINCT FROM after
    ORDER BY place, kind, id
"""


@dataclass(slots=True)
class Moves:
    """What moved, counted.

    Arguments:
        verdicts: (kind, id, before, after) and how many conversations.
        conversations: how many moved in any way.
        changed: names of what changed.
        everything: why all had to be reviewed, or empty.
        reused: how many reviews were taken over.
    """

    verdicts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    conversations: int = 0
    changed: tuple[str, ...] = ()
    everything: str = ""
    reused: int = 0


def write_moved(old: Path, out: Path, change: Change, rules: RuleSet) -> Moves:
    """Compare two audits, write ``moved.parquet``, and count.

    A row says what moved: an outcome, a total, or the severity of a flag that is present on both sides. ``changed``
    names the changed cues, rules, limits and lines that it stands on; a total stands on what its conversation's
    verdicts moved by, too. ``gained`` and ``lost`` are its words (for totals, the charter's lines) on either side only.

    Arguments:
        old: the earlier audit.
        out: the later one; all its parts are there.
        change: between them.
        rules: the later one's.
    """
    moves = Moves(changed=change.names, everything=change.everything)
    target = out / ".work" / "unfinished" / MOVED
    because = _Because(change, rules)
    last = None
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        for rows in _compared(old, out):
            made = [_row(row, because) for row in rows]
            writer.write_table(pa.Table.from_pylist(made, schema=SCHEMA))
            for row in made:
                moves.conversations += row["place"] != last
                last = row["place"]
                if row["kind"] != "total":
                    moves.verdicts[row["kind"], row["id"], row["before"], row["after"]] += 1
                else:
                    way = "up" if _number(row["after"]) > _number(row["before"]) else "down"
                    moves.verdicts["total", "score", "", way] += 1
    with target.open("rb") as file:
        os.fsync(file.fileno())
    target.replace(out / MOVED)
    return moves


def _number(text: str) -> float:
    return -1.0 if text == "none" else float(text)


def _compared(old: Path, out: Path) -> Iterator[list[tuple[Any, ...]]]:
    with duckdb.connect() as base:
        base.execute("SET memory_limit = '1GB'; SET preserve_insertion_order = false")
        base.execute(f"SET temp_directory = '{str(out / '.work' / 'unfinished').replace(chr(39), chr(39) * 2)}'")
        values = {
            f"{side}_{table}": parts_pattern(folder, table)
            for side, folder in (("old", old), ("new", out))
            for table in ("reviews", "findings")
        }
        found = base.execute(_QUERY, values)
        while rows := found.fetchmany(_BATCH):
            yield rows


def _row(row: tuple[Any, ...], because: _Because) -> dict[str, Any]:
    place, identity, channel, kind, name, before, after, was, is_ = row
    said_before, said_now = ([f"{cue}: {text}" for cue, text in side] for side in (was, is_))
    return {
        "place": place,
        "conversation_id": identity,
        "kind": kind,
        "id": name,
        "before": before,
        "after": after,
        "changed": because.of_total(place) if kind == "total" else because.of_verdict(place, channel, name),
        "gained": _without(said_now, said_before),
        "lost": _without(said_before, said_now),
    }


def _without(some: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [text for text in some if text not in known]


class _Because:
    """The changed things that verdicts and totals stand on; asked in the order of the rows, a total last.

    Arguments:
        change: between the audits.
        rules: the later one's.
    """

    def __init__(self, change: Change, rules: RuleSet) -> None:
        self._change = change
        self._rules = rules
        self._known: dict[tuple[str, str | None], tuple[str, ...]] = {}
        self._place = ""
        self._verdicts: set[str] = set()

    def of_verdict(self, place: str, channel: str | None, name: str) -> tuple[str, ...]:
        """What a step's or anti-pattern's verdict stands on."""
        changed = self._known.get((name, channel))
        if changed is None:
            changed = self._known[name, channel] = self._standing(name, channel)
        if place != self._place:
            self._place, self._verdicts = place, set()
        self._verdicts.update(changed)
        return changed

    def of_total(self, place: str) -> tuple[str, ...]:
        """What a total stands on: the charter's lines, and what its verdicts moved by."""
        verdicts = self._verdicts if place == self._place else set()
        return self._or_all(said for said in self._change.names if said in verdicts or _is_line(said))

    def _standing(self, name: str, channel: str | None) -> tuple[str, ...]:
        cues = depends(self._rules, name)
        limit = limit_of(channel) if waits(self._rules, name) else None
        return self._or_all(
            said
            for said in self._change.names
            if said in (f"rule {name}", limit) or (said.startswith("cue ") and said.split(" ")[1] in cues)
        )

    def _or_all(self, some: Iterable[str]) -> tuple[str, ...]:
        return tuple(some) or (self._change.names if self._change.everything else ())


def _is_line(said: str) -> bool:
    return said.startswith("charter") and not said.startswith(LIMIT)
