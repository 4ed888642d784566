"""The audit from end to end: survey, plan, parts, manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from reviewqa.audit import AuditError, StoppedError, chunks
from reviewqa.audit.archive import Archive, File, state, survey
from reviewqa.audit.chunks import Choice, Chunk
from reviewqa.audit.earlier import Earlier
from reviewqa.audit.moved import Moves, write_moved
from reviewqa.audit.part import Counts
from reviewqa.audit.pool import WANTED, Setup, Work, run, system_memory
from reviewqa.audit.schemas import FORMAT
from reviewqa.audit.store import MANIFEST, Part, Store, read_manifest, read_plan
from reviewqa.errors import Fault
from reviewqa.reviewer import Reviewer
from reviewqa.rules.loader import sources


@dataclass(frozen=True, slots=True)
class Options:
    """What is audited, and how.

    Arguments:
        given: files, folders and patterns.
        out: the folder of the results.
        workers: processes that review.
        charter, rules, models: as for ``reviewqa review``; the package's own where None.
        since: conversations that began before are left out, and those that have no time.
        sample: how many records to take, at random; all where None. The date is looked at afterwards.
        seed: of the random choice.
        resume: go on with what is in ``out``.
        against: an earlier audit, to take over what nothing changed.
        part: conversations in a part.
    """

    given: tuple[str, ...]
    out: Path
    workers: int = 1
    charter: Path | None = None
    rules: Path | None = None
    models: Path | None = None
    since: datetime | None = None
    sample: int | None = None
    seed: int = 0
    resume: bool = False
    against: Path | None = None
    part: int = chunks.CONVERSATIONS


@dataclass(slots=True)
class Progress:
    """What an audit tells while it runs; every call may be left as it is.

    Arguments:
        begins: takes what is done now (``survey``, ``count``, ``review``) and how many bytes it will read.
        moves: takes how many bytes more are done, and what became of the records there.
        notices: takes what is worth knowing and no fault.
        stops: is asked now and then whether to stop; the audit then ends between two parts, with StoppedError.
    """

    begins: Callable[[str, int], None] = lambda _what, _size: None
    moves: Callable[[int, Counts], None] = lambda _size, _counts: None
    notices: Callable[[str], None] = lambda _text: None
    stops: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class Summary:
    """What an audit comes to.

    Arguments:
        counts: of all records.
        passed: records that the sample passed over.
        parts: how many.
        resumed: how many of them were there already.
        files: how many.
        left_out: files of folders that are of no known kind.
        faults: said of files as a whole.
        moves: what moved since the earlier audit, where one was given.
    """

    counts: Counts = field(default_factory=Counts)
    passed: int = 0
    parts: int = 0
    resumed: int = 0
    files: int = 0
    left_out: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    moves: Moves | None = None


def audit(options: Options, progress: Progress | None = None) -> Summary:
    """Audit an archive.

    Arguments:
        options: what and how.
        progress: is told how far it is.
    Returns:
        The summary; the results are in ``options.out``.
    Raises:
        AuditError: it cannot start.
        StoppedError: it stopped before its end, and can be resumed.
        RuleError, CharterError, ModelError: what is given does not hold.
    """
    progress = progress or Progress()
    setup = _setup(options)
    reviewer = setup.reviewer()
    setup = Setup(setup.out, setup.charter, setup.rules, setup.models, setup.since, reviewer.versions, setup.against)
    archive = _survey(options, progress)
    summary = Summary(files=len(archive.files), left_out=archive.left_out)
    earlier = None if options.against is None else Earlier(options.against, reviewer, options.since)
    work = Work(setup, reviewer, earlier)
    with Store(options.out) as store, system_memory():
        plan = make_plan(options, archive, reviewer)
        rules = sources() if options.rules is None else sources(options.rules)
        try:
            done = store.begin(plan, rules, options.resume)
            summary.resumed = len(done)
            if not store.complete:
                _review(options, work, archive, store, done, summary, progress, plan)
            else:
                for part in done.values():
                    summary.counts.add(part.counts)
                summary.passed = int(read_manifest(store.out)["passed"])
        except OSError as error:
            what = f"cannot be written: {error.strerror or error}; mend that, then go on with --resume"
            raise StoppedError(Fault(str(options.out), what)) from error
        summary.parts = len(done)
    return summary


def survey_only(options: Options, progress: Progress | None = None) -> Iterator[tuple[File, int, str]]:
    """What an audit would read, without writing anything.

    Returns:
        Each file with its number of records and, where it cannot be read as a whole, why.
    Raises:
        AuditError: there is nothing to read, or no earlier audit where one is named.
    """
    progress = progress or Progress()
    _setup(options).reviewer()
    if options.against is not None:
        read_manifest(options.against)
    for file in _survey(options, progress).files:
        faults: list[str] = []
        records = 0
        for chunk in chunks.chunks(file, Choice(), progress.notices):
            records += chunk.count
            faults += [refused.reason for refused in chunk.refused if not refused.number]
        yield file, records, "; ".join(faults)


def _setup(options: Options) -> Setup:
    return Setup(options.out, options.charter, options.rules, options.models, options.since, against=options.against)


def _survey(options: Options, progress: Progress) -> Archive:
    def look(size: int) -> None:
        progress.moves(size, Counts())
        if progress.stops():
            raise StoppedError(WANTED)

    progress.begins("survey", 0)
    plan = read_plan(options.out) if options.resume else None
    planned = None if plan is None else {file["name"]: int(file["bytes"]) for file in plan["input"]}
    archive = survey(options.given, planned, lambda size: progress.begins("survey", size), look)
    for file in archive.files:
        if options.out.resolve() in file.path.resolve().parents:
            raise AuditError(Fault(str(file.path), "is in the folder of the results; name another folder for them"))
    if archive.left_out:
        shown = ", ".join(archive.left_out[:5]) + (", ..." if len(archive.left_out) > 5 else "")
        progress.notices(f"{len(archive.left_out)} files of other kinds are not read: {shown}")
    return archive


def make_plan(options: Options, archive: Archive, reviewer: Reviewer) -> dict[str, Any]:
    """All that decides the result: two audits of the same plan give the same bytes."""
    input_ = [
        {"name": file.name, "kind": file.kind + file.packed, "bytes": file.size, "sha256": file.digest}
        for file in archive.files
    ]
    return {
        "format": FORMAT,
        "input": input_,
        "versions": reviewer.versions.model_dump(),
        "charter": json.loads(reviewer.charter.model_dump_json()),
        "since": None if options.since is None else options.since.isoformat(),
        "sample": None if options.sample is None else [options.sample, options.seed],
        "chunk": [options.part, chunks.BYTES],
        "pyarrow": pa.__version__,
        "against": None if options.against is None else _digest(options.against / MANIFEST),
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _review(
    options: Options,
    work: Work,
    archive: Archive,
    store: Store,
    done: dict[int, Part],
    summary: Summary,
    progress: Progress,
    plan: dict[str, Any],
) -> None:
    choice = _choice(options, archive.files, progress)
    progress.begins("review", archive.size)
    cut = _Cutter(archive.files, choice, done, progress, options.part)
    for chunk, part in run(work, cut, options.workers, progress.stops):
        if not part.counts.add_up:
            what = (
                f"the counts of part {part.number} do not add up ({asdict(part.counts)}); this is a fault of reviewqa"
            )
            raise StoppedError(Fault(part.file, what))
        store.commit(part)
        done[part.number] = part
        progress.moves(cut.sizes.pop(chunk.part), part.counts)
    for part in done.values():
        summary.counts.add(part.counts)
    summary.passed = choice.passed
    if cut.records != summary.counts.records or set(done) != set(range(cut.parts)):
        what = f"{cut.records} records were read and {summary.counts.records} are accounted for"
        raise StoppedError(Fault(str(options.out), what + "; this is a fault of reviewqa"))
    summary.faults = cut.faults
    for name in archive.newcomers():
        progress.notices(f"{name}: came after the audit had begun and is not in it; audit again to have it")
    if work.earlier is not None and options.against is not None:
        progress.begins("compare", 0)
        summary.moves = write_moved(options.against, options.out, work.earlier.change, work.reviewer.rules)
        summary.moves.reused = summary.counts.reused
    store.finish(plan, done.values(), {"counts": asdict(summary.counts), "passed": summary.passed})


def _choice(options: Options, files: Sequence[File], progress: Progress) -> Choice:
    if options.sample is None:
        return Choice()
    progress.begins("count", sum(file.size for file in files))
    total = 0
    for file in files:
        total += chunks.count(file)
        progress.moves(file.size, Counts())
        if progress.stops():
            raise StoppedError(WANTED)
    return chunks.sample(total, options.sample, options.seed)


class _Cutter:
    """The chunks that are still to be done, numbered through the archive.

    Attributes:
        records: cut so far, those done earlier included.
        parts: the same for parts.
        sizes: of each chunk that is given out, how many bytes of its file it takes.
        faults: of files as a whole.
    """

    def __init__(
        self, files: Sequence[File], choice: Choice, done: dict[int, Part], progress: Progress, most: int
    ) -> None:
        self._most = most
        self._files = files
        self._choice = choice
        self._earlier = dict(done)
        self._progress = progress
        self.records = 0
        self.parts = 0
        self.sizes: dict[int, int] = {}
        self.faults: list[str] = []

    def __iter__(self) -> Iterator[Chunk]:
        for file in self._files:
            if state(file) not in _bearable(file):
                self._refuse(file)
            before = 0
            for chunk in chunks.chunks(file, self._choice, self._progress.notices, self._most):
                chunk.part = self.parts
                self.parts += 1
                self.records += chunk.count
                self.faults += [f"{file.name}: {bad.reason}" for bad in chunk.refused if not bad.number]
                upto = min(chunk.upto, file.size)
                self.sizes[chunk.part] = max(0, upto - before)
                before = max(before, upto)
                if chunk.part in self._earlier:
                    self._progress.moves(self.sizes.pop(chunk.part), self._earlier[chunk.part].counts)
                    if self._progress.stops():
                        raise StoppedError(WANTED)
                else:
                    yield chunk
            now = state(file)
            if now not in _bearable(file):
                self._refuse(file)
            if now == "grown":
                self._progress.notices(f"{file.name}: has grown since the audit began; what is new is not in it")
            self._progress.moves(max(0, file.size - before), Counts())
        if not self.parts:  # without a part there would be no tables to read
            self.parts, self.sizes[0] = 1, 0
            if 0 not in self._earlier:
                yield Chunk(self._files[0].name, "lines", part=0)

    def _refuse(self, file: File) -> None:
        what = "has changed since the audit began; its digest holds no more. Audit again, into a new folder"
        raise StoppedError(Fault(str(file.path), what))


def _bearable(file: File) -> tuple[str, ...]:
    """Lines are read up to where the file ended when the audit began; of other files that cannot be told."""
    return ("same", "grown") if file.kind == "lines" else ("same",)
