"""The library's own JSON: one conversation a line (JSON Lines), or one document with one conversation or many.

It is read strictly: roles, channels and types as written down, no key twice, no NaN. Only two things are eased: a
number as an id or a speaker becomes a string, and ``null`` is the same as a missing key.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from reviewqa.conversation import Conversation, Turn
from reviewqa.readers.decode import Source, UnreadableError, broken_byte
from reviewqa.readers.records import (
    BadRecordError,
    Notice,
    Report,
    SetAside,
    build_conversation,
    build_turn,
    parse_time,
    quoted,
    short,
)

LARGEST_LINE = 64 * 1024 * 1024
"""Characters. A longer line is no conversation, and would take the memory that a constant-memory reader promises."""

DEEPEST = 50
"""Levels of nesting in ``meta``; writers walk it by recursion."""

_ASIDE = "keys that the model lacks were set aside"
_TURN_KEYS = frozenset(Turn.model_fields)
_CONVERSATION_KEYS = frozenset(Conversation.model_fields)


def read_lines(source: Source, report: Report, notice: Notice) -> Iterator[Conversation]:
    """Read JSON Lines, one line at a time, in memory that the longest line decides.

    Arguments:
        source: the file.
        report: takes the lines that do not hold.
        notice: takes the keys that were set aside, once.
    Raises:
        UnreadableError: where the file holds no line at all.
    """
    aside = SetAside()
    empty = True
    try:
        for number, line in _bounded(source):
            if line is not None and not line.strip():
                continue
            empty = False
            try:
                yield _conversation(_line(line), "", aside)
            except BadRecordError as error:
                report(BadRecordError(error.what, number).fault(source.shown))
        if empty:
            raise UnreadableError(source.shown, "is empty")
    finally:
        aside.tell(f"{source.shown}: {_ASIDE}", notice)


def read_document(source: Source, report: Report, notice: Notice) -> Iterator[Conversation]:
    """Read one JSON document: a conversation, a list of them, or ``{"conversations": [...]}``. It is held in memory.

    Arguments:
        source: the file.
        report: takes the conversations that do not hold.
        notice: takes the keys that were set aside, once.
    Raises:
        UnreadableError: where the document is empty or not JSON.
    """
    text = source.text()
    if not text.strip():
        raise UnreadableError(source.shown, "is empty")
    try:
        value = parse(text)
    except BadRecordError as error:
        where = source.shown if error.line is None else f"{source.shown}:{error.line}"
        raise UnreadableError(where, error.what) from None
    aside = SetAside()
    place = "{}"
    if isinstance(value, dict) and "conversations" in value and "turns" not in value:
        aside.add(key for key in value if key != "conversations")
        value = value["conversations"]
        place = "conversations[{}]"
        if not isinstance(value, list):
            raise UnreadableError(source.shown, f"conversations: has to be a list (here: {quoted(value)})")
    elif isinstance(value, list):
        place = "[{}]"
    else:
        value = [value]
        place = ""
    try:
        for number, item in enumerate(value):
            try:
                yield _conversation(item, place.format(number), aside)
            except BadRecordError as error:
                report(error.fault(source.shown))
    finally:
        aside.tell(f"{source.shown}: {_ASIDE}", notice)


def parse(text: str) -> Any:
    """JSON to plain values.

    Arguments:
        text: one whole JSON value.
    Raises:
        BadRecordError: for what is not JSON (with its line in the text), a key twice, NaN, infinity, a lone surrogate.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise BadRecordError(f"not valid JSON: {error.msg} (column {error.colno})", error.lineno) from None
    except UnicodeEncodeError:
        raise BadRecordError("has half of a surrogate pair (\\ud800 to \\udfff), which is no character") from None
    except RecursionError:
        raise BadRecordError("is nested too deeply to be a conversation") from None
    except ValueError as error:
        raise BadRecordError(str(error)) from None
    return value


def conversation_from(value: Any, aside: SetAside | None = None) -> Conversation:
    """A plain value, as JSON has it, to a conversation.

    Arguments:
        value: an object with ``id`` and ``turns``.
        aside: counts the keys that the model lacks.
    Raises:
        BadRecordError: where it does not hold.
    """
    return _conversation(value, "", SetAside() if aside is None else aside)


def _bounded(source: Source) -> Iterator[tuple[int, str | None]]:
    """Numbered lines; None for one that is too long, of which no more than the bound is ever held."""
    number, inside = 1, False
    for piece in source.lines("\n", largest=LARGEST_LINE + 1, damaged=True):
        ended = piece.endswith("\n")
        if not inside:
            yield number, piece if ended or len(piece) <= LARGEST_LINE else None
        inside = not ended
        number += ended


def _line(line: str | None) -> Any:
    if line is None:
        raise BadRecordError(f"the line has more than {LARGEST_LINE} characters; one conversation a line is wanted")
    position = broken_byte(line)
    if position is not None:
        raise BadRecordError(f"not UTF-8 (byte {position} of the line); save the file as UTF-8 or name its encoding")
    try:
        return parse(line)
    except BadRecordError as error:
        if line.strip() in {"[", "{"}:
            raise BadRecordError(f"{error.what}; for one JSON document over many lines use format='json'") from None
        raise


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {quoted(twice)} stands twice in one object; keep one")
    return value


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value; leave the key out where there is no number")


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"the number {short(number)} is too large")
    return value


def _conversation(value: Any, place: str, aside: SetAside) -> Conversation:
    start = f"{place}: " if place else ""
    if not isinstance(value, dict):
        raise BadRecordError(f"{start}a conversation is an object with id and turns (here: {quoted(value)})")
    wrong: list[str] = []
    data = {key: item for key, item in value.items() if key in _CONVERSATION_KEYS and item is not None}
    aside.add(key for key in value if key not in _CONVERSATION_KEYS)
    _number_to_string(data, "id")
    if "meta" in data and not shallow(data["meta"]):
        wrong.append(f"meta: is nested more than {DEEPEST} deep")
    turns = data.get("turns")
    if isinstance(turns, list):
        built = [_turn(turn, f"turns[{number}]", aside, wrong) for number, turn in enumerate(turns)]
        data["turns"] = tuple(turn for turn in built if turn is not None)
    elif "turns" in data:
        wrong.append(f"turns: has to be a list (here: {quoted(turns)})")
        data["turns"] = ()
    try:
        return build_conversation(data, wrong)
    except BadRecordError as error:
        raise BadRecordError(f"{start}{error.what}") from None


def _turn(value: Any, place: str, aside: SetAside, wrong: list[str]) -> Turn | None:
    if not isinstance(value, dict):
        wrong.append(f"{place}: a turn is an object with role and text (here: {quoted(value)})")
        return None
    data = {key: item for key, item in value.items() if key in _TURN_KEYS and item is not None}
    if len(data) != len(value):
        aside.add(f"turns[].{key}" for key in value if key not in _TURN_KEYS)
    _number_to_string(data, "speaker")
    for key in ("start_s", "end_s"):
        if isinstance(data.get(key), int) and abs(data[key]) > 1e15:  # a float would lose it or overflow
            wrong.append(f"{place}.{key}: {quoted(data[key])} is no number of seconds")
            return None
    if "time" in data:
        time = parse_time(data["time"]) if isinstance(data["time"], str) else None
        if time is None:
            said = f"{place}.time: {quoted(data['time'])} is not an ISO 8601 time"
            wrong.append(f"{said} such as 2026-03-05T10:15:00+01:00")
            return None
        data["time"] = time
    return build_turn(data, place, wrong)


def _number_to_string(data: dict[str, Any], key: str) -> None:
    if isinstance(data.get(key), int | float) and not isinstance(data[key], bool):
        data[key] = str(data[key])


def shallow(value: Any) -> bool:
    """Whether a value is nested at most ``DEEPEST`` deep."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return True
    return False
