"""The folder of an audit: written part by part, each part whole or not at all, and one audit at a time.

    OUT/reviews/part-000000.parquet     and findings, turn_scores, indicators: see ``schemas``
    OUT/quarantine.jsonl                what could not be read
    OUT/rules.json                      the cue and rule files that the verdicts come from
    OUT/manifest.json                   what went in, what came out; written last, so an audit with one is complete
    OUT/.work                           only while an audit runs or waits to be resumed: plan, journal, unfinished files

A part's files are written under other names, synced and renamed; then its line goes into the journal and is synced. A
part without a line is made again, and becomes the same bytes.
"""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from reviewqa.audit import AuditError
from reviewqa.audit.part import Counts
from reviewqa.audit.schemas import TABLES
from reviewqa.errors import Fault

MANIFEST, QUARANTINE, RULES = "manifest.json", "quarantine.jsonl", "rules.json"
_WORK, _PLAN, _JOURNAL, _LOCK = ".work", "plan.json", "journal.jsonl", ".lock"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is written.

    Arguments:
        number: counted from 0 through the archive.
        file: the name of the input file.
        first, last: the numbers of its first and last record there; 0 where it has none.
        input: the digest of its chunk.
        counts: of its records.
        files: by table, the bytes and the SHA-256 of its file; and of its lines of the quarantine.
    """

    number: int
    file: str
    first: int
    last: int
    input: str
    counts: Counts
    files: Mapping[str, tuple[int, str]]

    def as_line(self) -> str:
        """The part as a line of the journal."""
        return json.dumps(asdict(self), sort_keys=True) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Part:
        """The part of a line of the journal."""
        return cls.from_values(json.loads(line))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Part:
        """The part of the plain values that the journal and the manifest have."""
        files = {name: (size, digest) for name, (size, digest) in values["files"].items()}
        return cls(**{**values, "counts": Counts(**values["counts"]), "files": files})


def part_path(out: Path, table: str, number: int) -> Path:
    """The file of a part's table."""
    return out / table / f"part-{number:06d}.parquet"


def parts_pattern(out: Path, table: str) -> str:
    """A table's files as a pattern for DuckDB; signs of patterns in the folder's own name stand for themselves."""
    return f"{glob.escape(str(out / table))}/*.parquet"


def _quarantine_path(out: Path, number: int) -> Path:
    return out / _WORK / "quarantine" / f"part-{number:06d}.jsonl"


def as_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file; the same table gives the same bytes."""
    sink = io.BytesIO()
    pq.write_table(table.combine_chunks(), sink, compression="zstd", compression_level=1)
    return sink.getvalue()


def write_part(
    out: Path, number: int, tables: Mapping[str, bytes], quarantine: Iterable[str]
) -> dict[str, tuple[int, str]]:
    """Write the files of a part, each whole or not at all. Workers call this.

    Arguments:
        out: the folder of the audit.
        number: of the part.
        tables: the bytes of each table's file.
        quarantine: lines.
    Returns:
        What the journal says of the files.
    """
    lines = "".join(quarantine).encode("utf-8")
    targets = {name: (part_path(out, name, number), data) for name, data in tables.items()}
    if lines:
        targets["quarantine"] = (_quarantine_path(out, number), lines)
    return {name: _write(out, path, data) for name, (path, data) in targets.items()}


def _write(out: Path, path: Path, data: bytes) -> tuple[int, str]:
    unfinished = out / _WORK / "unfinished" / f"{path.parent.name}-{path.name}-{os.getpid()}"
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync(path.parent)
    return len(data), hashlib.sha256(data).hexdigest()


def _sync(folder: Path) -> None:
    if os.name == "posix":  # elsewhere folders cannot be opened, and renames need no syncing of theirs
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Store:
    """The folder, held by one audit.

    Arguments:
        out: where; made if it is not there.
    Raises:
        AuditError: another audit holds it, or it cannot be written.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            out.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(out / _LOCK)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise AuditError(
                Fault(str(out), "another audit is writing here; wait for it, or name another folder")
            ) from None
        except OSError as error:
            raise AuditError(Fault(str(out), f"cannot be written: {error.strerror or error}")) from None
        self._journal: io.BufferedRandom | None = None

    def close(self) -> None:
        """Let others use the folder."""
        if self._journal is not None:
            self._journal.close()
        self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def complete(self) -> bool:
        """Whether an audit was finished here."""
        return (self.out / MANIFEST).is_file()

    def begin(self, plan: Mapping[str, Any], rules: Mapping[str, str], resume: bool) -> dict[int, Part]:
        """Make the folder ready.

        Arguments:
            plan: all that decides the result.
            rules: the text of each cue and rule file.
            resume: whether to go on with what is there.
        Returns:
            The parts that are done already, by number.
        Raises:
            AuditError: there is something else in the folder, or an audit of another plan.
        """
        work = self.out / _WORK
        present = sorted(path.name for path in self.out.iterdir() if path.name != _LOCK)
        if present and not resume:
            if self.complete or work.is_dir():
                is_ = "a finished audit" if self.complete else "an audit that was not finished"
                what = f"holds {is_}; go on with it with --resume, or name another folder"
            else:
                what = f"is not empty ({', '.join(present[:3])}); name a new folder"
            raise AuditError(Fault(str(self.out), what))
        if (
            resume
            and present
            and not (self.complete or (work / _PLAN).is_file() or set(present) <= {_WORK, *TABLES, RULES})
        ):
            raise AuditError(
                Fault(str(self.out), "holds no audit that could be resumed; name its folder, or a new one")
            )
        known = read_plan(self.out)
        if known is not None and known != plan:
            raise AuditError(Fault(str(self.out), f"cannot be resumed: {_difference(known, plan)}; name a new folder"))
        if self.complete:
            shutil.rmtree(work, ignore_errors=True)
            return {part.number: part for part in self.parts()}
        shutil.rmtree(work / "unfinished", ignore_errors=True)
        for folder in (*(self.out / name for name in TABLES), work / "unfinished", work / "quarantine"):
            folder.mkdir(parents=True, exist_ok=True)
        if known is None:
            _write(self.out, self.out / RULES, _json(rules))
            _write(self.out, work / _PLAN, _json(plan))
        return self._open_journal(work / _JOURNAL)

    def _open_journal(self, path: Path) -> dict[int, Part]:
        done: dict[int, Part] = {}
        path.touch()
        journal = path.open("r+b")
        self._journal = journal
        whole = 0
        for line in journal:
            if not line.endswith(b"\n"):
                break  # the power went while it was written
            part = Part.from_line(line.decode("utf-8"))
            whole += len(line)
            if self._is_there(part):
                done[part.number] = part
        journal.seek(whole)
        journal.truncate()
        return done

    def _is_there(self, part: Part) -> bool:
        for name, (size, _) in part.files.items():
            path = (
                _quarantine_path(self.out, part.number)
                if name == "quarantine"
                else part_path(self.out, name, part.number)
            )
            if not path.is_file() or path.stat().st_size != size:
                return False
        return True

    def commit(self, part: Part) -> None:
        """Write down that a part is done; its files are."""
        if self._journal is None:
            raise ValueError("begin comes before commit")
        self._journal.write(part.as_line().encode("utf-8"))
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def parts(self) -> list[Part]:
        """The parts of a finished audit."""
        return [Part.from_values(part) for part in read_manifest(self.out)["parts"]]

    def finish(self, plan: Mapping[str, Any], parts: Iterable[Part], summary: Mapping[str, Any]) -> None:
        """Join the quarantine, write the manifest, take the scaffold down."""
        ordered = sorted(parts, key=lambda part: part.number)
        unfinished = self.out / _WORK / "unfinished" / QUARANTINE
        with unfinished.open("wb") as joined:
            for part in ordered:
                if "quarantine" in part.files:
                    with _quarantine_path(self.out, part.number).open("rb") as piece:
                        shutil.copyfileobj(piece, joined)
            joined.flush()
            os.fsync(joined.fileno())
        unfinished.replace(self.out / QUARANTINE)
        manifest = {"plan": plan, **summary, "parts": [asdict(part) for part in ordered]}
        _write(self.out, self.out / MANIFEST, _json(manifest))
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        shutil.rmtree(self.out / _WORK, ignore_errors=True)


def read_plan(out: Path) -> dict[str, Any] | None:
    """The plan of the audit in a folder, finished or not; None where there is none."""
    if (out / MANIFEST).is_file():
        return dict(read_manifest(out)["plan"])
    path = out / _WORK / _PLAN
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of a finished audit.

    Raises:
        AuditError: there is none, or it is of a format that this version does not know.
    """
    from reviewqa.audit.schemas import FORMAT

    try:
        manifest = dict(json.loads((out / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        unfinished = (out / _WORK).is_dir()
        what = "is not finished; go on with --resume" if unfinished else "has no manifest.json; it is no audit's folder"
        raise AuditError(Fault(str(out), what)) from None
    except (OSError, ValueError) as error:
        raise AuditError(Fault(str(out / MANIFEST), f"cannot be read: {error}")) from None
    if manifest.get("plan", {}).get("format") != FORMAT:
        raise AuditError(Fault(str(out), f"is of another format than this version's ({FORMAT}); audit again"))
    return manifest


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _difference(known: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """What two plans differ in, in one sentence."""
    for name in sorted(set(known) | set(plan)):
        if known.get(name) == plan.get(name):
            continue
        if name != "input":
            return (
                f"it was begun with {name} = {json.dumps(known.get(name))} and now it is {json.dumps(plan.get(name))}"
            )
        before, now = ({file["name"]: file["sha256"] for file in one[name]} for one in (known, plan))
        for file in before:
            if now.get(file) != before[file]:
                return f"the input {file} {'has changed' if file in now else 'is missing'} since it was begun"
        return f"the input has {len(now) - len(before)} more files than when it was begun"
    return "the plan differs"
