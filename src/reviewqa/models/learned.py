"""Learned cues: what is heard in an agent's turn where no list of phrases is long enough, such as harshness.

One linear model per cue and language over words and pieces of words, read off the folded text. Pairs of words would
rank no better than a point more and cost as much again. They are trained on examples written for the project
(``data/cues``, see ``learning``). Rules ask for them as ``score: harsh``.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import Tokens
from reviewqa.models import parameters
from reviewqa.review import LEARNED

VERSION = 1
PIECES = (3, 4, 5)
"""Characters of the pieces of a word, its edges included."""
MOST_WORDS = 4_000
"""Of a longer turn the start is heard; nobody says so much in two ways."""
LONGEST_WORD = 30
"""Characters of a word that are cut into pieces."""
UNHEARD = -6.0
"""A logit below it (a value of 0.0025) is taken as 0."""
SCALE = 10_000
"""Weights are whole numbers of so many to one, so that sums are the same in any order and on any Python."""
_MEMORY = 50_000


@dataclass(frozen=True)
class Weights:
    """The models of a language: for each cue an intercept, and for each feature a weight per cue (see ``SCALE``)."""

    language: str
    cues: tuple[str, ...]
    intercepts: tuple[int, ...]
    table: dict[str, tuple[int, ...]]
    digest: str


def word_features(word: str) -> list[str]:
    """A word and its pieces."""
    framed = f"<{word[:LONGEST_WORD]}>"
    pieces = {framed[at : at + n] for n in PIECES for at in range(len(framed) - n + 1)}
    return [f"w={word}", *sorted(f"g={piece}" for piece in pieces)]


def plain(word: str) -> str:
    """A folded word as the models see it: digits as 0."""
    return word if word.isalpha() else "".join("0" if char.isdigit() else char for char in word if char != "'")


class Learned:
    """The learned cues of all languages.

    Arguments:
        folder: where ``learned.pl.npz`` and the like lie; a language without a file has no learned cues.

    Raises:
        ModelError: a file is not sound.
    """

    def __init__(self, folder: Path) -> None:
        paths = {language: folder / f"learned.{language}.npz" for language in LANGUAGES}
        self._tables = {language: table_of(load(path)) for language, path in paths.items() if path.is_file()}

    @property
    def digests(self) -> list[str]:
        """One for each language that has learned cues."""
        return [table.weights.digest for table in self._tables.values()]

    def hear(
        self, conversation: Conversation, language: str, tokens: Sequence[Tokens | None]
    ) -> tuple[dict[str, dict[int, float]], Callable[[str, int], int | None]]:
        """Listen to the agents and the customers.

        Arguments:
            conversation: as it was read.
            language: ``pl`` or ``en``.
            tokens: for each turn its words.

        Returns:
            For each cue the value of each turn, 0 to 1; and what tells for a cue and a turn the number of the sentence
            that carries the value, None where the turn has only one.
        """
        table = self._tables.get(language)
        if table is None:
            return {}, nowhere
        turns: dict[str, list[int]] = {"agent": [], "customer": []}
        heard: dict[str, list[list[float]]] = {"agent": [], "customer": []}
        for number, (turn, said) in enumerate(zip(conversation.turns, tokens, strict=True)):
            if turn.role in turns and said is not None and said.words:
                turns[turn.role].append(number)
                heard[turn.role].append(table.values(said.words, 0, min(len(said.words), MOST_WORDS)))
        columns = {who: list(zip(*rows, strict=True)) for who, rows in heard.items()}
        values: dict[str, dict[int, float]] = {}
        for at, cue in enumerate(table.weights.cues):
            who = LEARNED[cue]
            values[cue] = dict(zip(turns[who], columns[who][at], strict=True)) if turns[who] else {}
        carriers: dict[int, list[list[float]]] = {}

        def clearest(cue: str, turn: int) -> int | None:
            said = tokens[turn]
            if cue not in values or said is None or sum(said.broken) < 2:
                return None
            if turn not in carriers:  # worked out where a rule asks for it
                carriers[turn] = [table.values(said.words, first, last) for first, last in said.sentence_bounds()]
            column = [row[table.weights.cues.index(cue)] for row in carriers[turn]]
            return column.index(max(column))

        return values, clearest


def nowhere(_cue: str, _turn: int) -> None:
    """Tells no sentence for any cue: where a language has no learned cues."""


class Table:
    """The weights of a language, summed up by word, so that a word is taken apart once.

    Arguments:
        weights: as they were read.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._words: dict[str, tuple[int, ...]] = {}
        self._nothing = (0,) * len(weights.cues)

    def values(self, words: list[str], first: int, last: int) -> list[float]:
        """The value of each cue for some of the words of a turn.

        Arguments:
            words: of the turn, folded.
            first, last: from which word up to which, the last left out.

        Returns:
            A value from 0 to 1 for each cue, four decimals.
        """
        distinct = dict.fromkeys(map(plain, words[first:last]))
        rows = [self._words.get(word) or self._take_apart(word) for word in distinct]
        count, *sums = map(sum, zip(*rows))  # noqa: B905 - every row has as many; this is the hot loop
        root = math.sqrt(count)
        return [
            _share((start + total / root) / SCALE) for start, total in zip(self.weights.intercepts, sums, strict=True)
        ]

    def _take_apart(self, word: str) -> tuple[int, ...]:
        """How many features a word has, and the sum of their weights for each cue."""
        names = word_features(word)
        rows = [row for name in names if (row := self.weights.table.get(name)) is not None]
        found = (len(names), *(map(sum, zip(*rows, strict=True)) if rows else self._nothing))
        if len(self._words) < _MEMORY:
            self._words[word] = found
        return found


def table_of(weights: Weights) -> Table:
    """The table of some weights: the twin in C, where the package was installed with a compiler."""
    try:
        from reviewqa.models._hearing import Table as Twin
    except ImportError:  # the same values, more slowly
        return Table(weights)
    return Twin(weights)  # type: ignore[return-value]


def _share(logit: float) -> float:
    """The value that a logit stands for, four decimals; what nobody would call heard is 0."""
    return math.floor(10_000 / (1 + math.exp(-min(30.0, logit))) + 0.5) / 10_000 if logit > UNHEARD else 0.0


def save(path: Path, language: str, intercepts: Mapping[str, float], table: Mapping[str, Sequence[float]]) -> str:
    """Write the models of a language; the same models give the same bytes.

    Arguments:
        path: where to.
        language: ``pl`` or ``en``.
        intercepts: by cue; their order is that of the weights.
        table: for each feature its weight for each cue.

    Returns:
        Its digest.
    """
    names = sorted(table)
    text = "\n".join(names).encode()
    values = np.array([table[name] for name in names], dtype="<f4").reshape(len(names), len(intercepts))
    header = {"cues": list(intercepts), "intercepts": list(intercepts.values()), "language": language}
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
    """Read the models of a language.

    Raises:
        ModelError: the file is truncated, altered, too large or of another version.
    """
    try:
        header, text, values = parameters.parts(path, "features")
        if header.pop("version") != VERSION:
            what = f"is of another version than {VERSION}; run `reviewqa models cues`"
            raise ModelError(Fault(str(path), what))
        digest, names = header.pop("digest"), text.decode().split("\n")
        sound = values.shape == (len(names), len(header["cues"])) and digest == _digest(header, text, values)
        if not sound or not set(header["cues"]) <= set(LEARNED):
            raise ModelError(Fault(str(path), "was altered or truncated; run `reviewqa models cues` or reinstall"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ModelError(Fault(str(path), f"is no model file: {error}")) from error
    whole = np.rint(values.astype(float) * SCALE).astype(int).tolist()
    return Weights(
        str(header["language"]),
        tuple(header["cues"]),
        tuple(round(float(intercept) * SCALE) for intercept in header["intercepts"]),
        dict(zip(names, map(tuple, whole), strict=True)),
        str(digest),
    )


def _digest(header: Mapping[str, Any], text: bytes, values: np.ndarray[Any, Any]) -> str:
    digest = hashlib.sha256(json.dumps([VERSION, header], sort_keys=True).encode() + text)
    digest.update(values.astype("<f4").tobytes())
    return digest.hexdigest()[:16]
