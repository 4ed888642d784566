"""``reviewqa audit``: whole archives, and what they come to."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reviewqa.cli.shared import CharterOption, ModelsOption, RulesOption, Ui, UiOption, counted, say
from reviewqa.errors import Fault, ReviewqaError

if TYPE_CHECKING:
    from reviewqa.audit.moved import Moves
    from reviewqa.audit.part import Counts
    from reviewqa.audit.run import Options, Progress, Summary

SOME_UNREAD, STOPPED, GATE_FAILED = 1, 3, 4
"""Exit codes besides 0 and 2: done with records that could not be read; stopped and can be resumed; done, and the mean
total is below what ``--fail-under`` asks for. Ctrl-C gives 130 and SIGTERM 143, both resumable."""

_EVERY_S = 10.0
"""Between lines of progress where there is no terminal."""


def audit(
    archive: Annotated[
        list[str], typer.Argument(help="Files, folders or patterns: JSON Lines (.gz, .zst), CSV, Parquet.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the results.")],
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes that review.")] = 1,
    charter: CharterOption = None,
    rules: RulesOption = None,
    models: ModelsOption = None,
    since: Annotated[
        str | None, typer.Option(help="Only conversations that began on this date or later (ISO 8601).")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="So many records, chosen at random.")] = None,
    seed: Annotated[int, typer.Option(help="Of the random choice: the same seed takes the same records.")] = 0,
    part: Annotated[
        int, typer.Option(min=1, max=100_000, help="Conversations in a part, a file of each table.")
    ] = 2000,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an audit that was stopped.")] = False,
    against: Annotated[
        Path | None, typer.Option(help="An earlier audit: take over what no change can touch, say what moved.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read; write nothing.")] = False,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=100, help="Exit with 4 where the mean total is below this.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the gates as a JUnit file, for pipelines.")] = None,
) -> None:
    """Review a whole archive into Parquet tables: every conversation once, resumable, in bounded memory."""
    from reviewqa.audit import check_installed

    check_installed()
    from reviewqa.audit import StoppedError, check_target, run

    if junit is not None:
        check_target(junit, out)
    options = run.Options(
        tuple(archive), out, workers, charter, rules, models, _date(since), sample, seed, resume, against, part
    )
    if dry_run:
        raise typer.Exit(_dry(options))
    began = time.monotonic()
    heard: list[int] = []
    try:
        with _shown() as progress, _interruptible(progress) as heard:
            summary = run.audit(options, progress)
        _tell(summary, out, time.monotonic() - began)
        if junit is not None:
            from reviewqa.audit.junit import write_junit

            write_junit(junit, out, summary, fail_under)
    except StoppedError as error:
        if heard:
            say(f"stopped; what is done is kept. Go on with: reviewqa audit ... -o {out} --resume")
            raise typer.Exit(128 + heard[0]) from None
        for fault in error.faults:
            say(str(fault))
        raise typer.Exit(STOPPED) from None
    failed = fail_under is not None and (summary.counts.mean is None or summary.counts.mean < fail_under)
    if failed:
        mean = "there is no total" if summary.counts.mean is None else f"the mean total is {summary.counts.mean:.2f}"
        say(f"{mean}; --fail-under asks for {fail_under:g}")
        raise typer.Exit(GATE_FAILED)
    if summary.counts.quarantined or summary.counts.faults:
        raise typer.Exit(SOME_UNREAD)


@contextmanager
def _interruptible(progress: Progress) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM let the parts at hand end and stop then; a second one stops at once, and loses those parts."""
    heard: list[int] = []
    progress.stops = lambda: bool(heard)

    def stop(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        signal.signal(number, signal.SIG_DFL)
        say("stopping after the parts at hand; once more stops at once")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ReviewqaError(Fault("--since", f"{text!r} is no date; write it like 2026-03-05")) from None


def _dry(options: Options) -> int:
    from reviewqa.audit import run

    wrong = total = 0
    for file, records, fault in run.survey_only(options, run.Progress(notices=say)):
        total += records
        wrong += bool(fault)
        kind = file.kind + file.packed
        held = f"{counted(file.size, 'byte')}, {counted(records, 'record')}"
        typer.echo(f"{file.name}: {kind}, {held}" + (f"; {fault}" if fault else ""))
    taken = total if options.sample is None else min(total, options.sample)
    workers = counted(options.workers, "worker")
    typer.echo(f"{counted(total, 'record')}; {taken} would be reviewed into {options.out} by {workers}")
    return SOME_UNREAD if wrong else 0


def _tell(summary: Summary, out: Path, seconds: float) -> None:
    counts = summary.counts
    if summary.resumed and summary.resumed == summary.parts:
        typer.echo(f"{out} was finished already; nothing was left to do")
    lines = [f"{counted(counts.records, 'record')} in {counted(summary.files, 'file')}: {counts.reviewed} reviewed"]
    for name, what in (
        ("quarantined", "could not be read (see quarantine.jsonl)"),
        ("older", "began before the date"),
        ("undated", "without a date"),
    ):
        if getattr(counts, name):
            lines.append(f"{getattr(counts, name)} {what}")
    if summary.passed:
        lines.append(f"{summary.passed} more not in the sample")
    typer.echo(", ".join(lines))
    if counts.mean is not None:
        failed = counted(counts.critical, "review")
        typer.echo(f"mean total {counts.mean:.2f} of 100; a critical line fails in {failed}")
    if counts.faults:
        say(f"{counted(counts.faults, 'file')} could not be read to the end; see quarantine.jsonl")
    for fault in summary.faults:
        say(fault)
    if summary.moves is not None:
        _tell_moves(summary.moves, counts)
    if counts.reviewed and summary.resumed < summary.parts:
        typer.echo(f"{out} written in {_clock(seconds)}")


def _tell_moves(moves: Moves, counts: Counts) -> None:
    typer.echo(f"{counted(moves.reused, 'review')} taken over, {counts.reviewed - moves.reused} made anew")
    if moves.everything:
        typer.echo(f"all were made anew: {moves.everything}")
    for name in moves.changed:
        typer.echo(f"changed: {name}")
    typer.echo(f"{counted(moves.conversations, 'conversation')} moved (see moved.parquet)")
    for (_, name, before, after), count in sorted(moves.verdicts.items(), key=lambda item: (-item[1], item[0])):
        typer.echo(f"  {name}: {before} -> {after}: {count}" if before else f"  {name} {after}: {count}")


def _rate(reviewed: float, seconds: float) -> str:
    """How many and how fast; nothing while files are only looked through."""
    return f"{reviewed:.0f} reviewed, {reviewed / max(seconds, 1e-9):.0f}/s" if reviewed else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


@contextmanager
def _shown() -> Iterator[Progress]:
    """Progress on the terminal; as plain lines where there is none."""
    if sys.stderr.isatty():
        with _bar() as progress:
            yield progress
    else:
        yield _plain()


def _plain() -> Progress:
    from reviewqa.audit.run import Progress

    at = {"began": time.monotonic(), "said": time.monotonic(), "done": 0, "all": 0, "reviewed": 0}

    def begins(what: str, size: int) -> None:
        at.update(began=time.monotonic(), said=time.monotonic(), done=0, all=size, reviewed=0)
        if size:
            say(f"{what}: {size} bytes")

    def moves(size: int, counts: Counts) -> None:
        at["done"] += size
        at["reviewed"] += counts.reviewed
        now = time.monotonic()
        if now - at["said"] < _EVERY_S or not at["all"]:
            return
        at["said"] = now
        left = (now - at["began"]) * (at["all"] - at["done"]) / at["done"] if at["done"] else 0
        said = [f"{100 * at['done'] / at['all']:.0f}% done", _rate(at["reviewed"], now - at["began"])]
        said.append(f"{_clock(left) if at['done'] else 'unknown time'} left")
        say(", ".join(filter(None, said)))

    return Progress(begins, moves, say)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from reviewqa.audit.run import Progress

    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()]
    columns += [TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("survey", total=None, rate="")
        state = {"began": time.monotonic(), "reviewed": 0}

        def begins(what: str, size: int) -> None:
            state.update(began=time.monotonic(), reviewed=0)
            bar.reset(task, description=what, total=size or None, rate="")

        def moves(size: int, counts: Counts) -> None:
            state["reviewed"] += counts.reviewed
            bar.update(task, advance=size, rate=_rate(state["reviewed"], time.monotonic() - state["began"]))

        yield Progress(begins, moves, lambda text: bar.console.print(text, markup=False, highlight=False))


def report(
    out: Annotated[Path, typer.Argument(help="The folder of a finished audit.")],
    html: Annotated[Path, typer.Option(help="The file to write.")],
    against: Annotated[Path | None, typer.Option(help="An earlier audit's folder, to compare with.")] = None,
    ui: UiOption = Ui.en,
) -> None:
    """Write what an audited archive says: volumes, shares with intervals, trends, groups, the worst and the best."""
    from reviewqa.audit import check_installed

    check_installed()
    from reviewqa.audit.report import write_report

    write_report(out, html, ui.value, against)
    typer.echo(f"{html} written")
