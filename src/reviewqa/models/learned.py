"""Learned cues: what is heard in a turn where no list of phrases is long enough, such as harshness.

One linear model per cue and language over words, pieces of words and what stands in a row, read off the folded text,
and, for agents, over the customer's words before (see ``features``). They are trained on examples and labelled turns
written for the project (``data/cues``, ``data/turns``), and each leans on the others (see ``learning``). Agents' and
customers' cues have files of their own. Rules ask for them as ``score: harsh``.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import Tokens
from reviewqa.models import parameters
from reviewqa.models.hearing import STEP, Array, Table, Weights, table_of
from reviewqa.models.parameters import UNIT
from reviewqa.review import LEARNED

VERSION = 3
SPEAKERS = ("agent", "customer")
MOST_WORDS = 4_000
"""Of a longer turn the start is heard; nobody says so much in two ways."""
SHOWN = 5
"""Words and rows of words at most that tell why a cue was heard."""
_FIRST = 32
"""The character that tells that a name shares nothing with the one before it."""


class Learned:
    """The learned cues of all languages.

    Arguments:
        folder: where ``learned.pl.agent.npz`` and the like lie; a language and speaker without a file has no learned
            cues.

    Raises:
        ModelError: a file is not sound.
    """

    def __init__(self, folder: Path) -> None:
        paths = {
            (language, speaker): folder / f"learned.{language}.{speaker}.npz"
            for language in LANGUAGES
            for speaker in SPEAKERS
        }
        self._tables = {of: table_of(load(path)) for of, path in paths.items() if path.is_file()}

    @property
    def digests(self) -> list[str]:
        """One for each language and speaker that has learned cues."""
        return [table.weights.digest for table in self._tables.values()]

    def hear(self, roles: Sequence[str], language: str, tokens: Sequence[Tokens | None]) -> Heard:
        """Listen to the agents and the customers.

        Arguments:
            roles: who spoke, turn by turn.
            language: ``pl`` or ``en``.
            tokens: for each turn its words.
        """
        tables = {speaker: self._tables.get((language, speaker)) for speaker in SPEAKERS}
        turns: dict[str, list[int]] = {speaker: [] for speaker in SPEAKERS}
        asked: list[Tokens] = []
        before: dict[int, list[Tokens]] = {}
        last = ""
        for number, (role, said) in enumerate(zip(roles, tokens, strict=True)):
            if said is None or role not in turns or not said.words:
                continue
            turns[role].append(number)
            if role == "agent":
                before[number] = asked
            elif last == role:
                asked.append(said)
            else:
                asked = [said]  # the list of an agent's turn stays as it is
            last = role
        values: dict[str, dict[int, float]] = {}
        for speaker, table in tables.items():
            if table is not None:
                numbers = turns[speaker]
                own: list[Any] = [tokens[number] for number in numbers]
                values |= table.hear(numbers, own, [before.get(number, []) for number in numbers], MOST_WORDS)
        return Heard(values, tokens, tables, before)


class Heard:
    """What was heard in a conversation.

    Arguments:
        values: for each cue the value of each turn, 0 to 1.
        tokens: for each turn its words.
        tables: the weights of each speaker that has any.
        before: for each agent's turn the customer's turns in a row before it.
    """

    def __init__(
        self,
        values: dict[str, dict[int, float]],
        tokens: Sequence[Tokens | None],
        tables: Mapping[str, Table | None],
        before: Mapping[int, list[Tokens]],
    ) -> None:
        self.values = values
        self._tokens = tokens
        self._tables = tables
        self._before = before
        self._clearest: dict[tuple[str, int], int] = {}

    def clearest(self, cue: str, turn: int) -> int | None:
        """The number of the sentence of a turn that carries the value of a cue; None where the turn has only one."""
        said = self._tokens[turn]
        table = self._tables[LEARNED[cue]] if cue in self.values else None
        if table is None or said is None or len(said.stops) < 2:
            return None
        clearest = self._clearest.get((cue, turn))
        if clearest is None:
            values = table.sentences(said, table.weights.cues.index(cue))
            clearest = self._clearest[cue, turn] = values.index(max(values))
        return clearest

    def because(self, cue: str, turn: int) -> tuple[tuple[str, float], ...]:
        """Why a cue is heard in a turn: the words, alone or with their neighbours, that add most to its logit in the
        sentence that carries it, and what the customer had said before (marked ``BEFORE``), with what they add, the
        most first, at most ``SHOWN``; none for what was not learned.
        """
        said = self._tokens[turn]
        table = self._tables[LEARNED[cue]] if cue in self.values else None
        if table is None or said is None:
            return ()
        sentence = self.clearest(cue, turn)
        first, last = (0, len(said.words)) if sentence is None else said.bounds(sentence)
        before = self._before.get(turn, [])
        added = table.added(said, first, last, before, table.weights.cues.index(cue), MOST_WORDS)
        shown = sorted([(-total, words) for words, total in added.items() if total > 0])[:SHOWN]
        return tuple([(words, round(-total * STEP / UNIT, 2)) for total, words in shown])


def save(
    path: Path, language: str, speaker: str, intercepts: Mapping[str, int], table: Mapping[str, Sequence[int]]
) -> str:
    """Write the cues of one speaker in a language; the same models give the same bytes.

    Arguments:
        path: where to.
        language: ``pl`` or ``en``.
        speaker: ``agent`` or ``customer``.
        intercepts: by cue, in thousandths of a logit; their order is that of the weights.
        table: for each feature its weight for each cue, in steps (see ``hearing``).

    Returns:
        Its digest.
    """
    names = sorted(table)
    text = _packed(names)
    values = np.array([table[name] for name in names], dtype="i1").reshape(len(names), len(intercepts))
    header: dict[str, Any] = {"language": language, "speaker": speaker}
    header |= {"cues": list(intercepts), "intercepts": list(intercepts.values())}
    digest = _digest(header, text, values)
    header |= {"digest": digest, "version": VERSION}
    with path.open("wb") as out:
        np.savez(
            out,
            header=np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8),
            features=np.frombuffer(text, dtype=np.uint8),
            weights=values,
        )
    return digest


def load(path: Path) -> Weights:
    """Read the cues of one speaker in a language.

    Raises:
        ModelError: the file is truncated, altered, too large or of another version.
    """
    try:
        header, text, values = parameters.parts(path, "features")
        if header.pop("version") != VERSION:
            what = f"is of another version than {VERSION}; run `reviewqa models cues`"
            raise ModelError(Fault(str(path), what))
        digest = header.pop("digest")
        names = _unpacked(text) if digest == _digest(header, text, values) else []
        sound = values.shape == (len(names), len(header["cues"])) and values.dtype == np.int8
        if not sound or any(LEARNED.get(cue) != header["speaker"] for cue in header["cues"]):
            raise ModelError(Fault(str(path), "was altered or truncated; run `reviewqa models cues` or reinstall"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ModelError(Fault(str(path), f"is no model file: {error}")) from error
    return Weights(
        str(header["language"]), str(header["speaker"]), tuple(header["cues"]), tuple(header["intercepts"]),
        tuple(names), values, str(digest),
    )  # fmt: skip


def _digest(header: Mapping[str, Any], text: bytes, values: Array) -> str:
    digest = hashlib.sha256(json.dumps([VERSION, header], sort_keys=True).encode() + text)
    digest.update(values.astype("i1").tobytes())
    return digest.hexdigest()[:16]


def _packed(names: Sequence[str]) -> bytes:
    """Sorted names in a third of the room: a line each, of what it does not share with the name before it, after a
    character that tells how much it does share."""
    lines, before = [], ""
    for name in names:
        most = min(len(name), len(before), 126 - _FIRST)
        shared = next((n for n in range(most) if name[n] != before[n]), most)
        lines.append(chr(_FIRST + shared) + name[shared:])
        before = name
    return "\n".join(lines).encode()


def _unpacked(text: bytes) -> list[str]:
    if not text:
        return []
    lines: Iterable[str] = text.decode().split("\n")
    return [*accumulate(lines, lambda before, line: before[: ord(line[0]) - _FIRST] + line[1:], initial="")][1:]
