"""What the models learn from: labelled turns (``data/turns``) and examples of learned cues (``data/cues``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, NoReturn, TypeVar

from reviewqa.errors import Fault, ModelError
from reviewqa.models.learned import SPEAKERS
from reviewqa.models.table import read_rows
from reviewqa.review import LEARNED, SCORES

_Row = TypeVar("_Row")
Place = tuple[str, int]
"""A file's name and a line's number."""

SCALES = {"politeness": (1, 5), "empathy": (0, 2)}
SECOND_LABELS = "second_labels.jsonl"
"""Ratings of turns of the same folder by another than who wrote them: ``file``, ``line`` and one score or more."""
UNKIND = frozenset({"harsh", "unwilling", "hiding", "self_first", "unsure", "deceit"})
"""The cues of which a civil turn has none."""
LATER = frozenset({"identifies", "redirects", "refuses", "holds", "admits", "requests", "settled", "leaves"})
"""The cues that came after most examples were written: of an example that is not ``complete`` nobody said that they are
not in it."""


@dataclass(frozen=True)
class LabelledTurn:
    """An agent's turn with its ratings, as shares of their scales.

    Arguments:
        scenario: turns of one scenario answer the same customer; they are trained on or tested on together.
        text: the agent's words.
        ratings: for each score, 0 to 1.
        channel: chat, email, phone, ticket or social, where known.
        context: the customer's words before, where known.
        does, said: what the agent's turn and the customer's do, by the names in ``data/DATA.md``; None where untold.
        cues: the unkind learned cues heard in the agent's turn; None where nobody listened for them.
    """

    scenario: str
    text: str
    ratings: Mapping[str, float]
    channel: str = ""
    context: str = ""
    does: frozenset[str] | None = None
    said: frozenset[str] | None = None
    cues: frozenset[str] | None = None


@dataclass(frozen=True)
class Example:
    """What an agent or a customer says, the cues heard in it, for each cue how much it weighs (1 where untold), what
    the customer had said before, where known, and how it was rated (0 to 1), where it was."""

    who: str
    text: str
    says: frozenset[str]
    weights: dict[str, float]
    before: str = ""
    ratings: Mapping[str, float] | None = None


def read_turns(folder: Path) -> list[LabelledTurn]:
    """Read all ``*.jsonl`` and ``*.csv`` of a folder of labelled turns, or one such file.

    A row has ``text``, ``politeness`` (1-5) and ``empathy`` (0-2) and, if need be, ``scenario`` (one of its own unless
    told), ``context`` and ``channel``.

    Where another has rated a turn of the folder, too (``SECOND_LABELS``), it gets a mean in which the other counts
    twice: who wrote a turn hears in it what was meant, a reader what is there.

    Raises:
        ModelError: with every fault and its line.
    """
    paths = [folder] if folder.is_file() else sorted([*folder.glob("*.jsonl"), *folder.glob("*.csv")])
    turns = _read([path for path in paths if path.name != SECOND_LABELS], _turn, "is no labelled turn")
    if not turns:
        raise ModelError(Fault(str(folder), "holds no labelled turns (*.jsonl or *.csv)"))
    again = _read([path for path in paths if path.name == SECOND_LABELS], _again, "rates no turn again")
    lost = {at: place for at, (place, _) in again.items() if place not in turns}
    if lost:
        faults = (Fault(f"{folder / name}:{line}", f"there is no turn {':'.join(map(str, place))}")
                  for (name, line), place in lost.items())  # fmt: skip
        raise ModelError(list(faults))
    for place, other in again.values():
        means = {name: (turns[place].ratings[name] + 2 * rating) / 3 for name, rating in other.items()}
        turns[place] = replace(turns[place], ratings={**turns[place].ratings, **means})
    return list(turns.values())


def _read(paths: Iterable[Path], made_of: Callable[[dict[str, Any]], _Row], wrong: str) -> dict[Place, _Row]:
    """The rows of files with a JSON object a line, and of tables, by their place; all faults are told together."""
    faults: list[Fault] = []
    rows: dict[Place, _Row] = {}
    for path in paths:
        table = path.suffix.lower() == ".csv"
        for number, row in read_rows(path) if table else enumerate(path.read_bytes().split(b"\n"), 1):
            if isinstance(row, bytes) and not row.strip():
                continue
            try:
                rows[path.name, number] = made_of(json.loads(row) if isinstance(row, bytes) else row)
            except (ValueError, KeyError, TypeError) as error:
                faults.append(Fault(f"{path}:{number}", f"{wrong}: {error}"))
    if faults:
        raise ModelError(faults)
    return rows


def _ratings(row: dict[str, Any], names: Iterable[str] = SCALES) -> dict[str, float]:
    ratings = {}
    for name in names:
        low, high = SCALES[name]
        rating = row[name] if name in row else _missing(name)
        if not isinstance(rating, int | float) or isinstance(rating, bool):
            raise ValueError(f"{name} is no number")
        if not low <= rating <= high:
            raise ValueError(f"{name} {rating} is not from {low} to {high}")
        ratings[name] = (rating - low) / (high - low)
    return ratings


def _missing(name: str) -> NoReturn:
    raise ValueError(f"{name} is missing")


def _text(row: dict[str, Any], name: str) -> str:
    """What a row tells in words, empty where it does not."""
    told = row.get(name)
    if told is not None and not isinstance(told, str):
        raise ValueError(f"{name} is no text")
    return told or ""


def _names(row: dict[str, Any], name: str) -> frozenset[str] | None:
    told = row.get(name)
    if told is not None and not (isinstance(told, list) and all(isinstance(one, str) for one in told)):
        raise ValueError(f"{name} is no list of names")
    return None if told is None else frozenset(told)


def _again(row: dict[str, Any]) -> tuple[Place, dict[str, float]]:
    file = _text(row, "file") or _missing("file")
    line = row["line"] if "line" in row else _missing("line")
    return (file, int(line)), _ratings(row, [name for name in SCALES if name in row] or SCALES)


def _turn(row: dict[str, Any]) -> LabelledTurn:
    if not isinstance(row, dict):
        raise TypeError("it is no object")
    text = _text(row, "text")
    if not text.strip():
        _missing("text")
    ratings = _ratings(row)
    number = row.get("scenario")
    scenario = str(number) if type(number) is int else _text(row, "scenario")
    scenario = scenario or text  # so that the same words are not both trained on and tested on
    told = (_names(row, name) for name in ("agent", "customer", "cues"))
    return LabelledTurn(scenario, text, ratings, _text(row, "channel"), _text(row, "context"), *told)


def read_examples(folder: Path) -> list[Example]:
    """Read all ``*.jsonl`` of a folder: one object a line, ``text``, ``says`` (a list of learned cues) and, if need be,
    ``who`` (agent, if not said, or customer), ``unsaid`` (the cues that nobody looked for in it), ``complete`` (true
    where those of ``LATER`` were looked for, too) and the scores, by one who had not written it.

    Raises:
        ModelError: with every fault and its line.
    """
    return list(_read(sorted(folder.glob("*.jsonl")), _example, "is no example of a learned cue").values())


def _example(row: dict[str, Any]) -> Example:
    says = frozenset(row["says"])
    who = row.get("who", "agent")
    if not isinstance(row["text"], str) or who not in SPEAKERS or not says <= set(LEARNED):
        raise ValueError(f"who takes {', '.join(SPEAKERS)}, says takes {', '.join(LEARNED)}")
    beyond = () if row.get("complete") is True else LATER - says
    unsaid = dict.fromkeys([*row.get("unsaid", ()), *beyond], 0.0)
    if says & UNKIND and "harsh" not in says:
        unsaid["harsh"] = 0.0
    ratings = _ratings(row) if SCALES.keys() & row.keys() else None
    return Example(who, row["text"], says, unsaid, ratings=ratings)


def rated(examples: Sequence[Example], turns: Sequence[LabelledTurn]) -> list[LabelledTurn]:
    """Agents' examples of cues as turns. One that nobody rated counts as labelled turns with the same cue are rated on
    average; the rudest of its cues decides.

    Arguments:
        examples: of those that nobody rated, the ones in which nobody looked for harshness are left out.
        turns: without any that tell their cues, nothing can be said of examples that nobody rated.
    """
    of: dict[str, list[LabelledTurn]] = {}
    for turn in turns:
        for cue in () if turn.cues is None else turn.cues or ("",):
            of.setdefault(cue, []).append(turn)
    means = {cue: {name: fmean(turn.ratings[name] for turn in told) for name in SCORES} for cue, told in of.items()}
    found = []
    for number, example in enumerate(example for example in examples if example.who == "agent"):
        ratings = _assumed(example, means) if example.ratings is None else example.ratings
        if ratings is not None:
            found.append(LabelledTurn(f"example {number}", example.text, ratings, cues=example.says & UNKIND))
    return found


def _assumed(example: Example, means: Mapping[str, Mapping[str, float]]) -> Mapping[str, float] | None:
    """The mean ratings of the rudest cue of an example; None where nobody looked for harshness, or no turn tells."""
    cues = (example.says & UNKIND & means.keys()) or {""}
    heard = bool(example.says & UNKIND) or example.weights.get("harsh", 1.0) > 0
    if not heard or not cues <= means.keys():
        return None
    return min((means[cue] for cue in sorted(cues)), key=lambda mean: mean["politeness"])
