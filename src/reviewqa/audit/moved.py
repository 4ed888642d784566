"""Which verdicts moved from one audit to the next, and why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from reviewqa.audit.change import Change, depends
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
        SELECT n.place, o.place AS old_place, n.conversation_id, o.score AS before, n.score AS after,
               o.lines AS old_lines, n.lines AS new_lines
        FROM new_reviews n JOIN old_reviews o USING (conversation_id, nth)
    ), verdicts AS (
        SELECT b.place, b.conversation_id, n.kind, n.id, n.outcome, n.evidence, 'new' AS side
        FROM both_reviews b JOIN read_parquet($new_findings) n ON n.place = b.place
        UNION ALL
        SELECT b.place, b.conversation_id, o.kind, o.id, o.outcome, o.evidence, 'old' AS side
        FROM both_reviews b JOIN read_parquet($old_findings) o ON o.place = b.old_place
    ), paired AS (
        SELECT place, conversation_id, kind, id,
               coalesce(max(outcome) FILTER (side = 'old'), 'absent') AS before,
               coalesce(max(outcome) FILTER (side = 'new'), 'absent') AS after,
               max(evidence) FILTER (side = 'old') AS old_evidence, max(evidence) FILTER (side = 'new') AS new_evidence
        FROM verdicts GROUP BY ALL HAVING before <> after
    )
    SELECT place, conversation_id, kind, id, before, after,
           [[e.cue, e.text] FOR e IN coalesce(old_evidence, [])] AS was,
           [[e.cue, e.text] FOR e IN coalesce(new_evidence, [])] AS is_
    FROM paired
    UNION ALL
    SELECT place, conversation_id, 'total', 'score',
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

    A row says what moved; ``changed`` names the changed cues, rules and lines that the verdict stands on; ``gained``
    and ``lost`` are its words (for totals, the charter's lines) on either side only.

    Arguments:
        old: the earlier audit.
        out: the later one; all its parts are there.
        change: between them.
        rules: the later one's.
    """
    moves = Moves(changed=change.names, everything=change.everything)
    target = out / ".work" / "unfinished" / MOVED
    standing = {name: _standing(change, rules, name) for name in (*rules.steps, *rules.anti_patterns)}
    last = None
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        for rows in _compared(old, out):
            made = [_row(row, change, standing) for row in rows]
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
            f"{side}_{table}": str(folder / table / "*.parquet")
            for side, folder in (("old", old), ("new", out))
            for table in ("reviews", "findings")
        }
        found = base.execute(_QUERY, values)
        while rows := found.fetchmany(_BATCH):
            yield rows


def _row(row: tuple[Any, ...], change: Change, standing: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    place, identity, kind, name, before, after, was, is_ = row
    if kind == "total":
        changed = tuple(said for said in change.names if said.startswith("charter"))
    else:
        changed = standing.get(name, ())
    said_before, said_now = ([f"{cue}: {text}" for cue, text in side] for side in (was, is_))
    return {
        "place": place,
        "conversation_id": identity,
        "kind": kind,
        "id": name,
        "before": before,
        "after": after,
        "changed": changed or (change.names if change.everything else ()),
        "gained": _without(said_now, said_before),
        "lost": _without(said_before, said_now),
    }


def _without(some: Iterable[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [text for text in some if text not in known]


def _standing(change: Change, rules: RuleSet, name: str) -> tuple[str, ...]:
    """The changed things that a rule stands on."""
    cues = depends(rules, name)
    return tuple(
        said
        for said in change.names
        if said == f"rule {name}"
        or (said.startswith("cue ") and said.split(" ")[1] in cues)
        or (said.startswith("charter: limit") and "big_wait" in name)
    )
