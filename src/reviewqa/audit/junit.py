"""The gates of an audit as a JUnit file, which continuous integration shows as test results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from reviewqa.audit import StoppedError
from reviewqa.audit.run import Summary
from reviewqa.audit.store import parts_pattern
from reviewqa.errors import Fault
from reviewqa.writers.display import visible

WORST = 20
"""Conversations that a failed gate names."""


def write_junit(path: Path, out: Path, summary: Summary, fail_under: float | None) -> None:
    """Write the gates.

    One test case says whether every record could be read; with ``fail_under``, one for the mean total of all, and one
    for each channel.

    Arguments:
        path: the file to write.
        out: the finished audit.
        summary: of it.
        fail_under: the least mean total, 0 to 100.
    Raises:
        StoppedError: the file cannot be written; the audit is whole, and going on with it writes the file.
    """
    counts = summary.counts
    cases: list[tuple[str, str | None]] = []
    unread = counts.quarantined + counts.faults
    cases.append(("every record was read", f"{unread} could not be read; see quarantine.jsonl" if unread else None))
    if fail_under is not None:
        for name, mean in [("all conversations", counts.mean), *_by_channel(out)]:
            low = mean is None or mean < fail_under
            said = "no conversation has a total" if mean is None else f"the mean total is {mean:.2f}"
            what = f"{said}; at least {fail_under:g} is asked for\n{_worst(out, name)}" if low else None
            cases.append((f"mean total of {name}", what))
    suite = ElementTree.Element("testsuite", name="reviewqa audit", tests=str(len(cases)))
    suite.set("failures", str(sum(what is not None for _, what in cases)))
    for name, what in cases:
        case = ElementTree.SubElement(suite, "testcase", classname="reviewqa.audit", name=visible(name))
        if what is not None:
            failure = ElementTree.SubElement(case, "failure", message=visible(what.split("\n")[0]))
            failure.text = visible(what)
    ElementTree.indent(suite)
    try:
        ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        what = f"cannot be written: {error.strerror}; mend that, then go on with --resume"
        raise StoppedError(Fault(str(path), what)) from None


def _by_channel(out: Path) -> Iterator[tuple[str, float | None]]:
    import duckdb

    query = "SELECT channel, avg(score) FROM read_parquet(?) WHERE channel IS NOT NULL GROUP BY 1 ORDER BY 1"
    with duckdb.connect() as base:
        yield from base.execute(query, [parts_pattern(out, "reviews")]).fetchall()


def _worst(out: Path, channel: str) -> str:
    import duckdb

    query = """
        SELECT conversation_id, place, score FROM read_parquet($files)
        WHERE score IS NOT NULL AND ($channel = 'all conversations' OR channel = $channel)
        ORDER BY score, place LIMIT $most"""
    with duckdb.connect() as base:
        values = {"files": parts_pattern(out, "reviews"), "channel": channel, "most": WORST}
        rows = base.execute(query, values).fetchall()
    return "\n".join(f"{score:g} {identity} ({place})" for identity, place, score in rows)
