"""What can go wrong, said so that the reader can mend it: where, what, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one place.

    Arguments:
        where: the file, with a line where one is known (``rules/x.yaml:12``).
        what: what is wrong and what would be right, in one sentence.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ReviewqaError(Exception):
    """The parent of every error that reviewqa raises on purpose.

    Arguments:
        faults: all that is wrong, in the order of the input; never empty.
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class InputError(ReviewqaError):
    """A file of conversations that cannot be read, or a record in it."""


class RuleError(ReviewqaError):
    """A cue or rule file that does not hold."""


class CharterError(ReviewqaError):
    """A charter that does not hold."""


class ModelError(ReviewqaError):
    """Model parameters, or training data, that do not hold."""
