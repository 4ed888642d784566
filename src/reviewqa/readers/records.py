"""What the readers share: plain values to turns and conversations, and what is wrong with them in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from reviewqa.conversation import Conversation, Turn
from reviewqa.errors import Fault

Report = Callable[[Fault], None]
"""Takes a bad record; raises InputError where the user gave nowhere to put it."""

Notice = Callable[[str], None]
"""Takes what the user ought to know and need not mend."""

_MOST_PROBLEMS = 3
_MOST_NAMES = 20
_KINDS = {
    "string_type": "has to be a string",
    "string_too_short": "is empty",
    "string_unicode": "is not valid Unicode",
    "string_pattern_mismatch": "is not a language tag such as pl or en-GB",
    "float_type": "has to be a number of seconds",
    "greater_than_equal": "cannot be below 0",
    "finite_number": "has to be a finite number",
    "bool_type": "has to be true or false",
    "dict_type": "has to be an object",
}


class BadRecordError(Exception):
    """A record that does not hold.

    Arguments:
        what: what is wrong and what would be right.
        line: the physical line, where the reader knows it.
    """

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line

    def fault(self, shown: str) -> Fault:
        """The same as a fault of the file that errors name ``shown``."""
        return Fault(shown if self.line is None else f"{shown}:{self.line}", self.what)


class SetAside:
    """Counts names that a file has and nothing is done with (unknown keys, say), to report them once."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._more = False

    def add(self, names: Iterable[str]) -> None:
        """Count one occurrence of each name."""
        for name in names:
            if name in self._seen or len(self._seen) < _MOST_NAMES:
                self._seen[name] += 1
            else:
                self._more = True

    def tell(self, said: str, notice: Notice) -> None:
        """Say which names were seen and how often, if any, after the words ``said``."""
        if self._seen:
            names = ", ".join(f"{short(name)} ({count})" for name, count in self._seen.items())
            notice(f"{said}: {names}{', and more' if self._more else ''}")


def short(value: object, length: int = 60) -> str:
    """A value as a message shows it: without quotes where it is a plain name, and never long."""
    said = value if isinstance(value, str) and value.isprintable() else repr(value)
    return said if len(said) <= length else said[:length] + "..."


def quoted(value: object, length: int = 60) -> str:
    """A value in quotes, never long."""
    said = repr(value[: length + 1] if isinstance(value, str) else value)
    return said if len(said) <= length + 2 else said[:length] + "..."


def parse_time(value: str) -> datetime | None:
    """An ISO 8601 date with a time of day, or None; a date alone has no time, and none is invented."""
    if len(value) <= 10:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def problems(error: ValidationError, place: str) -> list[str]:
    """Pydantic's errors, each as ``place.key: what``."""
    found = []
    for problem in error.errors(include_url=False):
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
        name = f"{place}{key}".lstrip(".")
        kind, shown = problem["type"], quoted(problem["input"])
        if kind == "missing":
            what = "is missing"
        elif kind == "literal_error":
            expected = str(problem["ctx"]["expected"]).replace(" or ", ", ").replace("'", "")
            what = f"{shown} is not one of {expected}"
        elif kind == "value_error":
            what = problem["msg"].removeprefix("Value error, ")
        else:
            what = f"{_KINDS.get(kind, problem['msg'])} (here: {shown})"
        found.append(f"{name}: {what}" if name else what)
    return found


def build_turn(values: Mapping[str, Any], place: str, wrong: list[str]) -> Turn | None:
    """A turn, or None with the reasons added to ``wrong``."""
    try:
        return Turn.model_validate(values, strict=True)
    except ValidationError as error:
        wrong.extend(problems(error, place))
        return None


def build_conversation(values: Mapping[str, Any], wrong: list[str], line: int | None = None) -> Conversation:
    """A conversation of turns that hold.

    Arguments:
        values: by the model's names; ``turns`` is a tuple of turns.
        wrong: what is already known to be wrong with the record.
        line: where the record starts.
    Raises:
        BadRecordError: where anything is wrong; it names at most three problems.
    """
    conversation: Conversation | None = None
    try:
        conversation = Conversation.model_validate(values, strict=True)
    except ValidationError as error:
        wrong = problems(error, "") + wrong
    if conversation is None or wrong:
        rest = len(wrong) - _MOST_PROBLEMS
        more = f"; and {rest} more" if rest > 0 else ""
        raise BadRecordError("; ".join(wrong[:_MOST_PROBLEMS]) + more, line)
    return conversation
