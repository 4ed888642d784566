"""Many conversations: archives reviewed part by part, on the processors of one machine or on Spark.

``reviewqa audit`` is made of these modules; ``reviewqa.audit.spark`` does the same on a cluster. They need the extra
``audit`` (pyarrow, duckdb, zstandard, filelock); everything else in the package does without.
"""

from __future__ import annotations

from importlib.util import find_spec

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
