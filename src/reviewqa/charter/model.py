"""The customer service charter (karta obsługi klienta) as a file: easy to read, to change and to check against."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from reviewqa.conversation import Channel
from reviewqa.errors import CharterError, Fault
from reviewqa.indicators import INDICATORS
from reviewqa.review import SCORES
from reviewqa.yamlfile import YamlFile

KINDS = ("step", "flag", "score", "indicator")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Strict):
    """One standard. Exactly one of step, flag, score, indicator says what is looked at.

    Arguments:
        step: met gives the points, missed none, not applicable leaves the line out.
        flag: the points are given where the anti-pattern is absent.
        score: the points are given for a value of ``at_least`` (0 to 1).
        indicator: the points are given for at most ``at_most`` seconds.
        weight: points at stake; 0 shows the line without counting it.
        critical: failing this line fails the review.
    """

    step: str | None = None
    flag: str | None = None
    score: str | None = None
    indicator: str | None = None
    at_least: Annotated[float, Field(ge=0, le=1)] | None = None
    at_most: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
    critical: bool = False

    @model_validator(mode="after")
    def _looks_at_one_thing(self) -> Self:
        named = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"a line names exactly one of {', '.join(KINDS)}")
        if (self.at_least is not None) != (named[0] == "score"):
            raise ValueError("at_least (0 to 1) belongs to a score, and a score needs it")
        if (self.at_most is not None) != (named[0] == "indicator"):
            raise ValueError("at_most (seconds) belongs to an indicator, and an indicator needs it")
        return self

    @cached_property
    def kind(self) -> str:
        """step, flag, score or indicator."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @cached_property
    def name(self) -> str:
        """The id of the step, flag, score or indicator."""
        return str(getattr(self, self.kind))

    @cached_property
    def id(self) -> str:
        """``kind/name``, unique within a charter."""
        return f"{self.kind}/{self.name}"

    @cached_property
    def parts(self) -> tuple[str, str, str, float | None, float, bool]:
        """Its id, kind and name, its bound (``at_least`` or ``at_most``), its weight and whether it is critical: at
        hand together, since every review asks for all of every line."""
        bound = self.at_most if self.at_least is None else self.at_least
        return self.id, self.kind, self.name, bound, self.weight, self.critical


class Charter(_Strict):
    """The standards that conversations are held against.

    Arguments:
        name: how reports call it.
        response_limit_s: by channel, the wait for an agent after which it is a big wait, in seconds. The defaults are
            the taxonomy's; a conversation whose channel is unknown is held to the longest of them.
        on_critical: what a failed critical line does to the total: ``zero`` makes it 0, ``show`` only says so.
        lines: the standards, in the order of the report.
    """

    name: Annotated[str, Field(min_length=1)]
    response_limit_s: dict[Channel, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    on_critical: Literal["zero", "show"] = "zero"
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _lines_make_a_total(self) -> Self:
        seen: set[str] = set()
        for line in self.lines:
            if line.id in seen:
                raise ValueError(f"{line.id} stands twice; keep one line")
            seen.add(line.id)
        if not any(line.weight for line in self.lines):
            raise ValueError("every weight is 0; at least one line has to count")
        return self

    def limit_s(self, channel: Channel | None) -> float:
        """The longest wait for an agent that is not a big wait, in seconds."""
        limits = {**DEFAULT_LIMITS_S, **self.response_limit_s}
        return limits[channel] if channel else max(limits.values())

    @property
    def digest(self) -> str:
        """Changes when the charter does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @classmethod
    def default(cls) -> Charter:
        """The charter that the package brings."""
        return cls.load(default_path())

    @classmethod
    def load(cls, path: Path | str, steps: Collection[str] = (), flags: Collection[str] = ()) -> Charter:
        """Read a charter file.

        Arguments:
            path: a YAML file; ``reviewqa charter init`` writes one to start from.
            steps, flags: the ids that the rules know; unknown ones in the charter are faults. Not checked where empty.

        Raises:
            CharterError: with every fault and its line.
        """
        source = YamlFile(Path(path))
        charter = source.as_model(cls)
        if charter is not None:
            for number, what in charter._unknown(steps, flags):
                source.faults.append(source.fault(("lines", number, charter.lines[number].kind), what))
        if source.faults or charter is None:
            raise CharterError(source.faults or Fault(str(path), "cannot be read"))
        return charter

    def check(self, steps: Collection[str], flags: Collection[str]) -> None:
        """Check that every line names something that is known.

        Raises:
            CharterError: with every line that does not.
        """
        faults = [Fault(f"charter {self.name!r}: lines[{n}]", what) for n, what in self._unknown(steps, flags)]
        if faults:
            raise CharterError(faults)

    def _unknown(self, steps: Collection[str], flags: Collection[str]) -> Iterator[tuple[int, str]]:
        known = {"step": steps, "flag": flags, "score": SCORES, "indicator": INDICATORS}
        for number, line in enumerate(self.lines):
            names = known[line.kind]
            if names and line.name not in names:
                yield number, f"{line.name!r} is no {line.kind}; known: {', '.join(names)}"


DEFAULT_LIMITS_S: dict[Channel, float] = {"chat": 600, "email": 86400, "ticket": 86400, "social": 86400, "phone": 120}
"""Taxonomy, big_wait: 10 minutes in a chat, 24 hours for written channels, 2 minutes of silence on the phone."""


def default_path() -> Path:
    """The file of the default charter."""
    return Path(str(files("reviewqa.charter") / "default.yaml"))
