"""YAML that people write: no duplicate keys, and every value knows its line, so that an error can say where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from reviewqa.errors import Fault

LARGEST = 1_000_000
"""Characters. A larger file is refused: a cue or rule file is a page, not an archive."""

DEEPEST = 40

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]
    """The safe loader (in C where there is one): it builds plain values, runs no code, and notes the line of each."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.faults: list[tuple[int, str]] = []
        self.lines: dict[Place, int] = {}

    def walk(self, node: yaml.Node, place: Place = ()) -> None:
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if name in seen:
                    self.faults.append((key.start_mark.line + 1, f"the key {name!r} stands twice; keep one"))
                seen.add(name)
                self.walk(value, (*place, name))
                self.lines[(*place, name)] = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.walk(item, (*place, number))


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _refused(text: str) -> tuple[int, str] | None:
    """What makes a text one that is not even composed, with its line: aliases, and nesting that no file needs."""
    depth = 0
    for event in yaml.parse(text, Loader=_Safe):
        if isinstance(event, yaml.AliasEvent):
            return (
                _line(event.start_mark),
                "uses a YAML alias (*name); write the value out, or put the text in quotes",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return _line(event.start_mark), f"is nested more than {DEEPEST} deep"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _broken(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """What the YAML library says of a text, at the line that has to be mended, with what would be right."""
    mark = error.problem_mark
    what = f"not valid YAML: {error.problem}"
    if mark is None:
        return 1, what
    lines = text.splitlines()
    sign = lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""
    if sign == "\t" or "tab character" in str(error.problem):
        return mark.line + 1, "not valid YAML: a tab stands here; indent with spaces"
    if "mapping values" in str(error.problem):
        return mark.line + 1, f"{what}; put a text that has a colon in quotes"
    if "cannot start any token" in str(error.problem):
        return mark.line + 1, f"{what}; put a text that starts with {sign} in quotes"
    opened = error.context_mark
    if opened is not None and "flow" in str(error.context):
        return opened.line + 1, f"{what}; close the bracket that is opened here, or put the texts inside in quotes"
    return mark.line + 1, what


class YamlFile:
    """One file, read.

    Arguments:
        path: the file.
        shown: how errors name it; the path unless told.

    Attributes:
        data: the plain value, None where the file cannot be read.
        faults: what is wrong with the file as YAML.
    """

    def __init__(self, path: Path, shown: str | None = None) -> None:
        self.shown = shown or str(path)
        self.data: Any = None
        self.faults: list[Fault] = []
        self._lines: dict[Place, int] = {}
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            what = "not UTF-8 (a letter here is in another encoding, such as cp1250); save the file as UTF-8"
            self.faults.append(Fault(f"{self.shown}:{line}", what))
            return
        except OSError as error:
            self.faults.append(Fault(self.shown, f"cannot be read: {error.strerror}"))
            return
        if len(text) > LARGEST:
            self.faults.append(Fault(self.shown, f"has {len(text)} characters; at most {LARGEST} are read"))
            return
        self._read(text)

    def _read(self, text: str) -> None:
        try:
            refused = _refused(text)
            if refused:
                self.faults.append(Fault(f"{self.shown}:{refused[0]}", refused[1]))
                return
            loader = _Loader(text)
            node = loader.get_single_node()
            if node is None:
                self.faults.append(Fault(self.shown, "is empty"))
                return
            loader.walk(node)
            self._lines = loader.lines
            self.faults.extend(Fault(f"{self.shown}:{line}", what) for line, what in loader.faults)
            self.data = loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            line, what = _broken(error, text)
            self.faults.append(Fault(f"{self.shown}:{line}", what))
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.faults.append(Fault(self.shown, f"not valid YAML: {error}"))

    def where(self, place: Place) -> str:
        """``path:line`` of a value, or of the nearest one around it."""
        for length in range(len(place), -1, -1):
            line = self._lines.get(place[:length])
            if line is not None:
                return f"{self.shown}:{line}"
        return self.shown

    def fault(self, place: Place, what: str) -> Fault:
        """A fault at a value of this file."""
        return Fault(self.where(place), what)

    def as_model(self, model: type[Model]) -> Model | None:
        """Check the value against a model; None, with the faults noted, where it does not hold."""
        if self.faults:
            return None
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            problems = error.errors()
            inner = {problem["loc"][:1] for problem in problems if len(problem["loc"]) > 1}
            for problem in problems:
                # a list whose items are faulty is also called too short; the items' own faults say it better
                if not (problem["type"] == "too_short" and problem["loc"] in inner):
                    self.faults.append(said(self.where, problem))
            return None


def said(where: Any, problem: Mapping[str, Any]) -> Fault:
    """A pydantic problem in plain words, at its place."""
    place = tuple(part for part in problem["loc"])
    name = ".".join(str(part) for part in place)
    kind = problem["type"]
    if kind == "extra_forbidden":
        what = f"unknown key {place[-1]!r}; mend the name or leave it out"
    elif kind == "missing":
        what = f"the key {place[-1]!r} is missing"
    elif kind in {"literal_error", "enum"}:
        expected = problem["ctx"]["expected"]
        near = get_close_matches(str(problem["input"]), re.findall(r"'([^']+)'", expected), n=1)
        meant = f"; perhaps {near[0]} is meant" if near else ""
        what = f"{name}: {problem['input']!r} is not one of {expected}{meant}"
    elif kind == "string_type" and isinstance(problem["input"], bool | int | float | date | None):
        what = f"{name}: YAML takes this for {_taken_for(problem['input'])}, not for text; put it in quotes"
    elif kind == "string_type" and isinstance(problem["input"], dict):
        what = f"{name}: YAML takes a text with a colon for a mapping; put it in quotes"
    else:
        shown = repr(problem["input"])
        what = f"{name}: {problem['msg'].removeprefix('Value error, ')} (here: {shown[:80]})"
    return Fault(where(place), what)


def _taken_for(value: bool | float | date | None) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "a number"
    return "nothing" if value is None else "a date"
