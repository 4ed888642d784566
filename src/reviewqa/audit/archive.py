"""The files of an archive: which there are, what is in them, and whether they are still what they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reviewqa.audit import AuditError
from reviewqa.errors import Fault

KINDS = {
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "parquet",
    ".pq": "parquet",
}
PACKED = (".gz", ".zst")
"""What lines may be packed in."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it was when the audit began.

    Arguments:
        path: where it is.
        name: how places name it: below the folder that was given, the same on any machine.
        kind: lines, table or parquet.
        packed: .gz, .zst or nothing.
        size: in bytes.
        changed: when it was last written, in nanoseconds.
        digest: SHA-256 of its bytes.
    """

    path: Path
    name: str
    kind: str
    packed: str
    size: int
    changed: int
    digest: str


@dataclass(slots=True)
class Archive:
    """What is to be audited.

    Arguments:
        given: the paths and patterns that were given.
        files: in the order in which they are read.
        left_out: files of folders that are of no known kind.
    """

    given: tuple[str, ...]
    files: list[File] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def newcomers(self) -> list[str]:
        """Files that came into the given folders since."""
        known = {file.path.resolve() for file in self.files}
        return [name for path, name in _found(self.given, []) if path.resolve() not in known]


def kind_of(path: Path) -> tuple[str, str] | None:
    """The kind of a file and what it is packed in, by its name; None where the name says neither."""
    name = path.name.lower()
    packed = next((ending for ending in PACKED if name.endswith(ending)), "")
    kind = KINDS.get(Path(name.removesuffix(packed)).suffix)
    return None if kind is None or (packed and kind != "lines") else (kind, packed)


def survey(
    given: Iterable[str],
    planned: Mapping[str, int] | None = None,
    begins: Callable[[int], None] | None = None,
    look: Callable[[int], None] | None = None,
) -> Archive:
    """Find the files of an archive and take their digests.

    Arguments:
        given: files, folders (searched with all below them) and patterns such as ``2026-*.jsonl.gz``.
        planned: for an audit that goes on, the names of its files and how many bytes each had when it began; what has
            come since is left alone.
        begins: takes how many bytes will be read, when the files are found.
        look: takes the number of bytes read, from time to time; what it raises ends the survey.

    Raises:
        AuditError: nothing is there, or a file that was named is of no known kind or cannot be read.
    """
    archive = Archive(tuple(given))
    found: list[tuple[Path, str, tuple[str, str], int, int]] = []
    for path, name in _found(archive.given, archive.left_out):
        if planned is not None and name not in planned:
            continue
        told = _told(path, name)
        with _readable(path):
            now = path.stat()
        size = now.st_size if planned is None else min(planned[name], now.st_size)
        found.append((path, name, told, size, now.st_mtime_ns))
    if not found:
        raise AuditError(Fault(" ".join(archive.given), "holds no file that ends in " + ", ".join(KINDS)))
    if begins is not None:
        begins(sum(size for *_, size, _ in found))
    for path, name, told, size, changed in found:
        with _readable(path):
            archive.files.append(File(path, name, *told, size, changed, digest_of(path, size, look)))
    return archive


def _told(path: Path, name: str) -> tuple[str, str]:
    """The kind of a file that will be read; its name has to say it, and has to be one that tables can hold."""
    told = kind_of(path)
    if told is None:
        endings = ", ".join(KINDS)
        raise AuditError(Fault(str(path), f"is no archive; its name should end in {endings} (lines also .gz, .zst)"))
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        what = f"the file's name is not UTF-8 ({name!r}), and tables could not say where a record is; rename it"
        raise AuditError(Fault(str(path), what)) from None
    return told


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AuditError(Fault(str(path), f"cannot be read: {error.strerror}")) from None


def digest_of(path: Path, size: int, look: Callable[[int], None] | None = None) -> str:
    """SHA-256 of the first ``size`` bytes of a file."""
    digest = hashlib.sha256()
    left = size
    with path.open("rb") as file:
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
            if look is not None:
                look(len(block))
    return digest.hexdigest()


def state(file: File) -> str:
    """What became of a file since the survey: ``same``, ``grown`` (more stands after the same bytes), ``changed``."""
    try:
        now = file.path.stat()
        if (now.st_size, now.st_mtime_ns) == (file.size, file.changed):
            return "same"
        if now.st_size < file.size or digest_of(file.path, file.size) != file.digest:
            return "changed"
    except OSError:
        return "changed"
    return "grown" if now.st_size > file.size else "same"


def _found(given: Iterable[str], left_out: list[str]) -> list[tuple[Path, str]]:
    """Each file once, however often and by whatever links it is named, with a name that no other file has."""
    found: dict[Path, tuple[Path, str]] = {}
    taken: dict[str, Path] = {}
    for text in given:
        path = Path(text)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file() and not _hidden(file.relative_to(path)))
            pairs = [(file, file.relative_to(path).as_posix()) for file in inside if kind_of(file)]
            left_out += [str(file) for file in inside if not kind_of(file)]
        elif path.exists():
            pairs = [(path, path.name)]
        else:
            inside = sorted(file for file in _glob(path) if file.is_file())
            if not inside:
                raise AuditError(Fault(text, "there is no such file or folder, and no file has a name like that"))
            pairs = [(file, file.name) for file in inside]
        for file, name in pairs:
            real = file.resolve()
            if real in found:
                continue
            if taken.setdefault(name, file) != file:
                name = file.as_posix()
            found[real] = (file, name)
            taken[name] = file
    return list(found.values())


def _glob(path: Path) -> Iterable[Path]:
    parts = path.parts
    fixed = next((number for number, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts))
    if fixed == len(parts):
        return ()
    return Path(*parts[:fixed]).glob("/".join(parts[fixed:]))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
