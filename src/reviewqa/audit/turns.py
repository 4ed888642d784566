"""Columns to turns, where the model's checks would surely let them pass.

``_turns`` does the same in C, several times faster; it is there where a compiler was when the package was installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewqa.conversation import Turn
from reviewqa.made import made


class Turns:
    """Turns of columns.

    Arguments:
        columns: a value for each turn, by the names of the model's fields; what is left out is not known.
        size: how many turns there are.
    """

    def __init__(self, columns: Mapping[str, list[Any]], size: int) -> None:
        self._named = set(columns)
        self._columns = [columns.get(name) or [field.default] * size for name, field in Turn.model_fields.items()]

    def between(self, first: int, last: int) -> tuple[Turn, ...]:
        """The turns from one number up to another, the last left out."""
        named, turns = self._named, []
        for role, text, speaker, time, start_s, end_s, ai in zip(
            *[column[first:last] for column in self._columns], strict=True
        ):
            values = {"role": role, "text": text, "speaker": speaker, "time": time, "start_s": start_s, "end_s": end_s}
            values["ai"] = ai
            turns.append(made(Turn, values, named))
        return tuple(turns)
