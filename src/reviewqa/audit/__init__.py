"""Many conversations: archives reviewed part by part, on the processors of one machine or on Spark.

``reviewqa audit`` is made of these modules; ``reviewqa.audit.spark`` does the same on a cluster. They need the extra
``audit`` (pyarrow, duckdb, zstandard, filelock); everything else in the package does without.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from reviewqa.errors import Fault, ReviewqaError

NEEDED = ("pyarrow", "duckdb", "zstandard", "filelock")


class AuditError(ReviewqaError):
    """An audit that cannot start: its input, its options or its folder do not hold."""


class StoppedError(ReviewqaError):
    """An audit that stopped before its end; ``--resume`` goes on from there, once what is said is mended."""


def check_installed() -> None:
    """Raise AuditError with the command that installs what is missing, where anything is."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        what = f"{', '.join(missing)} is needed for audits and not installed; run: pip install 'reviewqa[audit]'"
        raise AuditError(Fault("reviewqa audit", what))


def check_target(path: Path, made: Path | None = None) -> None:
    """Raise AuditError where a file that is wanted at the end could not be written, before any work is done for it.

    Arguments:
        path: of the file.
        made: a folder that the work makes by itself.
    """
    folder = path.parent
    if path.is_dir():
        what = "is a folder; name a file"
    elif not folder.is_dir():
        if made is not None and folder.resolve() == made.resolve():
            return
        what = f"cannot be written: there is no folder {folder}; make it first"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        what = "cannot be written: Permission denied"
    else:
        return
    raise AuditError(Fault(str(path), what))
