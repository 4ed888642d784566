"""Examples as rule and cue files write them: mini-dialogues, with the words that count in ``[[ ]]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError

from reviewqa.conversation import Conversation, Role, Turn
from reviewqa.review import LEARNED, SCORES

_MARK = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)
ROLES = get_args(Role)
_EXTRAS = ("waited_s", *SCORES, *LEARNED)


class ExampleError(ValueError):
    """An example that is not written as examples are."""


@dataclass(frozen=True)
class Example:
    """A mini-dialogue, its words marked: (turn, start, end) each."""

    conversation: Conversation
    marks: tuple[tuple[int, int, int], ...]
    late: dict[int, float] | None
    scores: dict[str, dict[int, float]]


def read_example(data: Any, language: str) -> Example:
    """Turn an example of a rule file into a conversation.

    Raises:
        ExampleError: what is wrong and what would be right.
    """
    channel = None
    if isinstance(data, dict):
        if set(data) - {"channel", "turns"} or "turns" not in data:
            raise ExampleError(f"a dialogue has channel and turns; here: {', '.join(map(str, data))}")
        channel, data = data.get("channel"), data["turns"]
    if not isinstance(data, list) or not data:
        raise ExampleError("a dialogue is a list of turns such as {customer: '...'}")
    turns: list[Turn] = []
    marks: list[tuple[int, int, int]] = []
    late: dict[int, float] = {}
    scores: dict[str, dict[int, float]] = {}
    for number, item in enumerate(data):
        if not isinstance(item, dict) or len([key for key in item if key in ROLES]) != 1:
            raise ExampleError(f"turn {number}: exactly one of {', '.join(ROLES)} with its text; here: {item!r:.60}")
        for key, value in item.items():
            if key in ROLES:
                text, spans = unmark(str(value))
                turns.append(Turn(role=key, text=text))
                marks.extend((number, start, end) for start, end in spans)
            elif key not in _EXTRAS or isinstance(value, bool) or not isinstance(value, int | float):
                raise ExampleError(f"turn {number}: {key!r}: only a number for {', '.join(_EXTRAS)} may be added")
            elif key == "waited_s":
                late[number] = float(value)
            else:
                scores.setdefault(key, {})[number] = float(value)
    try:
        conversation = Conversation(id="example", turns=tuple(turns), channel=channel, language=language)
    except ValidationError as error:
        raise ExampleError(str(error.errors()[0]["msg"])) from error
    return Example(conversation, tuple(marks), late or None, scores)


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the ``[[ ]]`` out of an example: the plain text and the spans that were marked."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = length = 0
    for match in _MARK.finditer(text):
        before = text[at : match.start()]
        parts += [before, match[1]]
        spans.append((length + len(before), length + len(before) + len(match[1])))
        length, at = spans[-1][1], match.end()
    parts.append(text[at:])
    return "".join(parts), spans
