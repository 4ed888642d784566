"""What an audit comes to, as numbers: DuckDB adds up the tables, however many reviews there are."""

from __future__ import annotations

import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from reviewqa.audit import AuditError
from reviewqa.audit.schemas import TABLES
from reviewqa.audit.store import QUARANTINE, RULES, parts_pattern, read_manifest
from reviewqa.errors import Fault
from reviewqa.review import STEPS

Z = 1.959964
"""Of the normal distribution: 95 of 100 lie within."""

MOST_GROUPS = 40
WORST, BEST, FAMILIES, WORDINGS, REASONS = 25, 10, 25, 5, 8
BINS = 20
MOST_WEEKS, MOST_MONTHS = 120, 120
"""That are drawn; an archive of more is drawn by month, and then by year."""
LEAST_ROOM = timedelta(weeks=26)
"""Before and after the middle eight tenths of an archive, where conversations are drawn."""
LEAST_OPENING = 40
"""Characters; shorter turns are alike by chance."""

_MEMORY = "1500MB"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases, with Wilson's interval (1927), which holds for few cases and for shares near 0 and 1 too.

    Arguments:
        hits: cases that have it.
        all: cases.
    """

    hits: int
    all: int

    @property
    def value(self) -> float | None:
        """0 to 1; None without cases."""
        return self.hits / self.all if self.all else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval; all that is possible without cases."""
        if not self.all:
            return 0.0, 1.0
        n, p = self.all, self.hits / self.all
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, with the interval of the normal approximation."""

    count: int
    value: float | None
    deviation: float | None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval; None for less than two values."""
        if self.value is None or self.deviation is None:
            return None
        half = Z * self.deviation / math.sqrt(self.count)
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class Group:
    """The conversations of one week (month, year), channel, agent, team or tag."""

    name: str
    count: int
    score: Mean
    critical: Share
    steps: Share
    flagged: Share
    politeness: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a conversation that the report shows: words with the turn they stand in."""

    kind: str
    id: str
    outcome: str
    severity: str | None
    reason: str
    words: tuple[tuple[int, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation that the report shows."""

    place: str
    identity: str
    agents: tuple[str, ...]
    channel: str | None
    started: datetime | None
    score: float | None
    critical: bool
    lost: tuple[tuple[str, float], ...]
    findings: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Agents' turns that open with the same words, digits aside."""

    opening: str
    turns: int
    conversations: int
    agents: int
    politeness: float | None
    empathy: float | None


@dataclass(slots=True)
class Figures:
    """All numbers of a report.

    Arguments:
        manifest: of the audit.
        count, read, undated: reviews; those whose language was read; those without a date.
        first, last: the dates of the first and last conversation.
        score: the totals.
        critical: reviews that fail a critical line.
        steps: by step: outcomes counted, and the share met of those called for.
        flags: by anti-pattern: the share present of those assessable.
        severities: of the anti-patterns.
        scores: of politeness and empathy.
        bins: how many totals lie in each twentieth of 0 to 100.
        weeks: groups by time, one after the other, those without a conversation too: weeks, or months or years.
        drawn: the first and the last date in them; dates far from the most are left out.
        outside: how many conversations have such dates.
        channels, agents, teams, tags: groups, the largest first.
        more: by kind of group, how many are not shown.
        worst, best: conversations.
        families: canned texts.
        wordings: by anti-pattern, its most frequent words: the text, how often, and a place.
        unread: reasons of the quarantine, the most frequent first.
    """

    manifest: dict[str, Any]
    count: int = 0
    read: int = 0
    undated: int = 0
    first: datetime | None = None
    last: datetime | None = None
    score: Mean = field(default_factory=lambda: Mean(0, None, None))
    critical: Share = field(default_factory=lambda: Share(0, 0))
    steps: dict[str, tuple[Counter[str], Share]] = field(default_factory=dict)
    flags: dict[str, Share] = field(default_factory=dict)
    severities: dict[str, str] = field(default_factory=dict)
    scores: dict[str, Mean] = field(default_factory=dict)
    bins: list[int] = field(default_factory=list)
    weeks: list[Group] = field(default_factory=list)
    drawn: tuple[date, date] | None = None
    outside: int = 0
    channels: list[Group] = field(default_factory=list)
    agents: list[Group] = field(default_factory=list)
    teams: list[Group] = field(default_factory=list)
    tags: list[Group] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)
    worst: list[Shown] = field(default_factory=list)
    best: list[Shown] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    wordings: dict[str, list[tuple[str, int, str]]] = field(default_factory=dict)
    unread: list[tuple[str, int]] = field(default_factory=list)


def figures(out: Path, brief: bool = False) -> Figures:
    """Add up a finished audit.

    Arguments:
        out: its folder.
        brief: only the totals, the steps, the flags and the histogram, which is what a comparison needs.
    Raises:
        AuditError: it is not finished, or its tables cannot be read.
    """
    made = Figures(read_manifest(out))
    try:
        with _base(out) as base:
            _head(base, made)
            _steps(base, made)
            _flags(base, made, out)
            if not brief:
                _groups(base, made)
                _weeks(base, made)
                _conversations(base, made)
                _families(base, made)
                _wordings(base, made)
    except duckdb.Error as error:
        raise AuditError(Fault(str(out), f"its tables cannot be read: {' '.join(str(error).split())[:300]}")) from None
    if not brief:
        made.unread = _unread(out)
    return made


@contextmanager
def _base(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as base:
        base.execute(f"SET memory_limit = '{_MEMORY}'; SET preserve_insertion_order = false")
        base.execute("SET temp_directory = " + _quoted(spill))
        for name in TABLES:
            files = _quoted(parts_pattern(out, name))
            base.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files})")  # noqa: S608 - quoted
        yield base


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _row(base: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    return base.execute(query).fetchone() or ()


def _head(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    count, read, undated, first, last, scored, mean, deviation, critical = _row(
        base,
        """SELECT count(*), count(language), count(*) - count(started), min(started), max(started), count(score),
                  avg(score), stddev_samp(score), count(*) FILTER (critical_failed) FROM reviews""",
    )
    made.count, made.read, made.undated, made.first, made.last = count, read, undated, first, last
    made.score, made.critical = Mean(scored, mean, deviation), Share(critical, count)
    for name in ("politeness", "empathy"):
        query = f"SELECT count({name}), avg({name}), stddev_samp({name}) FROM reviews"  # noqa: S608 - fixed names
        made.scores[name] = Mean(*_row(base, query))
    bins = f"""SELECT least(floor(score / {100 / BINS})::INT, {BINS - 1}) AS bin, count(*) FROM reviews
               WHERE score IS NOT NULL GROUP BY 1"""  # noqa: S608 - numbers
    counted = dict(base.execute(bins).fetchall())
    made.bins = [counted.get(number, 0) for number in range(BINS)]


def _steps(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    query = "SELECT id, outcome, count(*) FROM findings WHERE kind = 'step' GROUP BY ALL"
    found: dict[str, Counter[str]] = {}
    for name, outcome, count in base.execute(query).fetchall():
        found.setdefault(name, Counter())[outcome] = count
    for name in sorted(found, key=lambda name: (STEPS.index(name) if name in STEPS else len(STEPS), name)):
        outcomes = found[name]
        made.steps[name] = outcomes, Share(outcomes["met"], outcomes["met"] + outcomes["missed"])


def _flags(base: duckdb.DuckDBPyConnection, made: Figures, out: Path) -> None:
    present: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    query = "SELECT id, outcome, count(*) FROM findings WHERE kind = 'flag' GROUP BY ALL"
    for name, outcome, count in base.execute(query).fetchall():
        (present if outcome == "present" else unknown)[name] = count
    for name, rule in rules_of(out, "anti_patterns").items():
        made.severities[name] = str(rule.get("severity", "minor"))
        present.setdefault(name, 0)
    shares = {name: Share(count, made.count - unknown[name]) for name, count in present.items()}
    made.flags = dict(sorted(shares.items(), key=lambda item: (-(item[1].value or 0), item[0])))


def rules_of(out: Path, folder: str) -> dict[str, dict[str, Any]]:
    """The steps or anti-patterns of an audit, by id, as their files say."""
    texts = json.loads((out / RULES).read_text(encoding="utf-8"))
    names = [name for name in texts if name.startswith(folder + "/")]
    return {name.removeprefix(folder + "/").removesuffix(".yaml"): yaml.safe_load(texts[name]) for name in names}


_GROUP = """
    SELECT {name} AS name, count(*), count(score), avg(score), stddev_samp(score), count(*) FILTER (critical_failed),
           sum(met), sum(met + missed), count(*) FILTER (len(flags) > 0), avg(politeness)
    FROM (
        SELECT *, {met} AS met, {missed} AS missed FROM reviews
    ) {more} WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1
"""


def _grouped(base: duckdb.DuckDBPyConnection, name: str, more: str = "", where: str = "") -> list[Group]:
    met, missed = (" + ".join(f"(coalesce({step}, '') = '{is_}')::INT" for step in STEPS) for is_ in ("met", "missed"))
    query = _GROUP.format(name=name, met=met, missed=missed, more=more, where=where or f"{name} IS NOT NULL")
    return [
        Group(str(name), n, Mean(scored, mean, dev), Share(bad, n), Share(done, called), Share(flagged, n), polite)
        for name, n, scored, mean, dev, bad, done, called, flagged, polite in base.execute(query).fetchall()
    ]


def _groups(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    kinds = {
        "channels": ("channel", ""),
        "agents": ("agent.name", ", unnest(agents) AS agent(name)"),
        "teams": ("team", ""),
        "tags": ("tag.name", ", unnest(tags) AS tag(name)"),
    }
    for kind, (name, more) in kinds.items():
        groups = _grouped(base, name, more)
        made.more[kind] = max(0, len(groups) - MOST_GROUPS)
        setattr(made, kind, groups[:MOST_GROUPS])


def _weeks(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    """Groups by time. Eight in ten dates say how long the archive is; what lies farther off than that is no trend."""
    early, late = _row(base, "SELECT quantile_disc(started, 0.1), quantile_disc(started, 0.9) FROM reviews")
    if early is None:
        return
    room = max(late - early, LEAST_ROOM)
    low = early - min(room, early - datetime.min)
    high = late + min(room, datetime.max - late)
    inside = f"started BETWEEN '{low.isoformat()}' AND '{high.isoformat()}'"
    count, first, last = _row(
        base,
        f"SELECT count(*), min(started)::DATE, max(started)::DATE FROM reviews WHERE {inside}",  # noqa: S608 - dates
    )
    made.drawn, made.outside = (first, last), made.count - made.undated - count
    days = (last - first).days
    span = "week" if days <= MOST_WEEKS * 7 else "month" if days <= MOST_MONTHS * 30.5 else "year"
    groups = {group.name: group for group in _grouped(base, f"date_trunc('{span}', started)::DATE", where=inside)}
    none = Mean(0, None, None), Share(0, 0), Share(0, 0), Share(0, 0), None
    names = [day.isoformat() for day in _periods(first, last, span)]
    made.weeks = [replace(groups.get(name, Group(name, 0, *none)), name=name[: _SHOWN[span]]) for name in names]


_SHOWN = {"week": 10, "month": 7, "year": 4}
"""Characters of a period's first day that name it."""


def _periods(first: date, last: date, span: str) -> list[date]:
    """The first days of all weeks, months or years between two dates."""
    if span == "week":
        monday = first - timedelta(first.weekday())
        return [monday + timedelta(day) for day in range(0, (last - monday).days + 1, 7)]
    step = 1 if span == "month" else 12
    begins = first.year * 12 + (first.month - 1 if span == "month" else 0)
    return [date(month // 12, month % 12 + 1, 1) for month in range(begins, last.year * 12 + last.month, step)]


def _conversations(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    columns = "place, conversation_id, agents, channel, started, score, critical_failed, lines"
    worst = f"""SELECT {columns} FROM reviews WHERE score IS NOT NULL
                ORDER BY critical_failed DESC, score, len(flags) DESC, place LIMIT {WORST}"""  # noqa: S608 - numbers
    best = f"""SELECT {columns} FROM reviews WHERE score IS NOT NULL AND NOT critical_failed AND len(flags) = 0
               ORDER BY score DESC, len(list_filter(lines, lambda l: l.points IS NOT NULL)) DESC,
                        coalesce(empathy, 0) DESC, place LIMIT {BEST}"""  # noqa: S608 - numbers
    chosen = {name: base.execute(query).fetchall() for name, query in (("worst", worst), ("best", best))}
    places = [row[0] for rows in chosen.values() for row in rows]
    found: dict[str, list[Found]] = {}
    query = """SELECT place, kind, id, outcome, severity, reason, evidence FROM findings
               WHERE list_contains($places, place) AND outcome IN ('present', 'met', 'missed')
               ORDER BY place, outcome <> 'present', outcome <> 'missed', id"""
    for place, kind, name, outcome, severity, reason, evidence in base.execute(query, {"places": places}).fetchall():
        words = tuple((item["turn"], item["text"], item["agent"]) for item in evidence)
        found.setdefault(place, []).append(Found(kind, name, outcome, severity, reason, words))
    for name, rows in chosen.items():
        shown = []
        for place, identity, agents, channel, started, score, critical, lines in rows:
            missed = [line for line in lines if line["outcome"] == "missed"]
            missed.sort(key=lambda line: (not line["critical"], -line["weight"], line["id"]))
            lost = tuple((line["id"], line["weight"]) for line in missed)
            findings = tuple(found.get(place, ()))
            shown.append(Shown(place, identity, tuple(agents), channel, started, score, critical, lost, findings))
        setattr(made, name, shown)


def _families(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    query = f"""
        WITH said AS (
            SELECT place, turn, agent, score, value, regexp_replace(opening, '[0-9]', '0', 'g') AS opening
            FROM turn_scores WHERE length(opening) >= {LEAST_OPENING}
        ), most AS (
            SELECT opening FROM said WHERE score = 'politeness'
            GROUP BY 1 HAVING count(*) >= 3 ORDER BY count(*) DESC, 1 LIMIT {FAMILIES}
        )
        SELECT opening, count(DISTINCT (place, turn)) AS turns, count(DISTINCT place), count(DISTINCT agent),
               avg(value) FILTER (score = 'politeness'), avg(value) FILTER (score = 'empathy')
        FROM said SEMI JOIN most USING (opening) GROUP BY 1 ORDER BY turns DESC, 1"""  # noqa: S608 - numbers
    made.families = [Family(*row) for row in base.execute(query).fetchall()]


def _wordings(base: duckdb.DuckDBPyConnection, made: Figures) -> None:
    query = f"""SELECT id, text, count(*) AS n, min(place) FROM (
                    SELECT id, place, evidence[1].text AS text FROM findings WHERE kind = 'flag' AND outcome = 'present'
                ) WHERE text IS NOT NULL GROUP BY id, text
                QUALIFY row_number() OVER (PARTITION BY id ORDER BY n DESC, text) <= {WORDINGS}
                ORDER BY id, n DESC, text"""  # noqa: S608 - numbers
    for name, text, count, place in base.execute(query).fetchall():
        made.wordings.setdefault(name, []).append((text, count, place))


def _unread(out: Path) -> list[tuple[str, int]]:
    """The reasons of the quarantine without what is particular to one record."""
    counted: Counter[str] = Counter()
    with (out / QUARANTINE).open(encoding="utf-8") as file:
        for line in file:
            reason = str(json.loads(line)["reason"])
            counted[reason[:160]] += 1
            if len(counted) > 10_000:
                counted = Counter(dict(counted.most_common(1_000)))
    return counted.most_common(REASONS)


def differs(before: Share, after: Share) -> bool:
    """Whether two shares differ by more than chance: Newcombe's interval (1998) of the difference leaves out 0."""
    if before.value is None or after.value is None:
        return False
    (low_1, high_1), (low_2, high_2) = before.interval, after.interval
    difference = after.value - before.value
    low = difference - math.hypot(after.value - low_2, high_1 - before.value)
    high = difference + math.hypot(high_2 - after.value, before.value - low_1)
    return low > 0 or high < 0
