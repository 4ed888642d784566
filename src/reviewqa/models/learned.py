"""Learned cues: what is heard in an agent's turn where no list of phrases is long enough, such as harshness.

One linear model per cue and language over words, pieces of words and pairs of words, read off the folded text. They
are trained on examples and labelled turns written for the project (``data/cues``, ``data/turns``, see ``learning``).
Agents' and customers' cues have files of their own. Rules ask for them as ``score: harsh``.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import LONGEST_REMEMBERED, Tokens
from reviewqa.models import parameters
from reviewqa.models.parameters import UNIT
from reviewqa.review import LEARNED

VERSION = 2
SPEAKERS = ("agent", "customer")
PIECES = (4, 5)
"""Characters of the pieces of a word, its edges included."""
START, END = "^", "$"
"""What stands before the first word and after the last, in pairs."""
MOST_WORDS = 4_000
"""Of a longer turn the start is heard; nobody says so much in two ways."""
LONGEST_WORD = 30
"""Characters of a word that are cut into pieces."""
UNHEARD = -6.0
"""A logit below it (a value of 0.0025) is taken as 0."""
SHOWN = 5
"""Words and pairs at most that tell why a cue was heard."""
_MEMORY = 50_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Weights:
    """The cues of one speaker in a language.

    Arguments:
        language: ``pl`` or ``en``.
        speaker: ``agent`` or ``customer``.
        cues: their names.
        intercepts: of each cue, in thousandths of a logit.
        names: of the features: ``w=`` word, ``g=`` piece of a word, ``p=`` two words in a row.
        rows: for each feature what it adds to each cue, thousandths; whole numbers, so that sums are the same in any
            order and on any Python.
        digest: of all of that.
    """

    language: str
    speaker: str
    cues: tuple[str, ...]
    intercepts: tuple[int, ...]
    names: tuple[str, ...]
    rows: Array
    digest: str


def features(words: Sequence[str]) -> list[str]:
    """All features of some words in a row; a word that comes twice counts once, a pair each time.

    Arguments:
        words: folded.
    """
    line = [plain(word) for word in words]
    return [name for word in dict.fromkeys(line) for name in word_features(word)] + pair_features(line)


def word_features(word: str) -> list[str]:
    """A word and its pieces."""
    framed = f"<{word[:LONGEST_WORD]}>"
    pieces = {framed[at : at + n] for n in PIECES for at in range(len(framed) - n + 1)}
    return [f"w={word}", *sorted(f"g={piece}" for piece in pieces)]


def pair_features(line: Sequence[str]) -> list[str]:
    """Every two words in a row, the start and the end included."""
    return [f"p={left} {right}" for left, right in pairwise((START, *line, END))]


def plain(word: str) -> str:
    """A folded word as the models see it: digits as 0."""
    return word if word.isalpha() else "".join("0" if char.isdigit() else char for char in word if char != "'")


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

    def hear(self, conversation: Conversation, language: str, tokens: Sequence[Tokens | None]) -> Heard:
        """Listen to the agents and the customers.

        Arguments:
            conversation: as it was read.
            language: ``pl`` or ``en``.
            tokens: for each turn its words.
        """
        tables = {speaker: self._tables.get((language, speaker)) for speaker in SPEAKERS}
        values: dict[str, dict[int, float]] = {}
        for speaker, table in tables.items():
            if table is not None:
                turns = [n for n, turn in enumerate(conversation.turns) if turn.role == speaker]
                said = [(n, each.words) for n in turns if (each := tokens[n]) is not None and each.words]
                values |= table.hear([n for n, _ in said], [words for _, words in said], MOST_WORDS)
        return Heard(values, tokens, tables)


class Heard:
    """What was heard in a conversation.

    Arguments:
        values: for each cue the value of each turn, 0 to 1.
        tokens: for each turn its words.
        tables: the weights of each speaker that has any.
    """

    def __init__(
        self,
        values: dict[str, dict[int, float]],
        tokens: Sequence[Tokens | None],
        tables: Mapping[str, Table | None],
    ) -> None:
        self.values = values
        self._tokens = tokens
        self._tables = tables
        self._sentences: dict[int, list[list[float]]] = {}

    def clearest(self, cue: str, turn: int) -> int | None:
        """The number of the sentence of a turn that carries the value of a cue; None where the turn has only one."""
        said = self._tokens[turn]
        table = self._tables[LEARNED[cue]] if cue in self.values else None
        if table is None or said is None or len(said.stops) < 2:
            return None
        if turn not in self._sentences:  # worked out where a rule asks for it
            self._sentences[turn] = [table.values(said.words, first, last) for first, last in said.sentence_bounds()]
        at = table.weights.cues.index(cue)
        column = [row[at] for row in self._sentences[turn]]
        return column.index(max(column))

    def because(self, cue: str, turn: int) -> tuple[tuple[str, float], ...]:
        """Why a cue is heard in a turn: the words, alone or with their neighbour, that add most to its logit in the
        sentence that carries it, with what they add, the most first, at most ``SHOWN``; none for what was not learned.
        """
        said = self._tokens[turn]
        table = self._tables[LEARNED[cue]] if cue in self.values else None
        if table is None or said is None:
            return ()
        sentence = self.clearest(cue, turn)
        first, last = (0, len(said.words)) if sentence is None else said.bounds(sentence)
        last = min(last, first + MOST_WORDS)
        count, of_words, of_pairs = table.adds(said.words, first, last, table.weights.cues.index(cue))
        line = said.words[first:last]
        added: dict[str, int] = {}
        for number, total in enumerate(of_pairs):
            if total:  # most words have none
                pair = " ".join(line[max(0, number - 1) : number + 1])
                added[pair] = added.get(pair, 0) + total
        for word, total in zip(line, of_words, strict=True):
            if total:
                added[word] = added.get(word, 0) + total
        shown = sorted((-total, words) for words, total in added.items() if total > 0)[:SHOWN]
        return tuple((words, round(-total / math.sqrt(count) / UNIT, 2)) for total, words in shown)


class Table:
    """The weights of a language and speaker, summed up by word, so that a word is taken apart once.

    Arguments:
        weights: as they were read.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._rows: dict[str, tuple[int, ...]] = dict(
            zip(weights.names, map(tuple, weights.rows.tolist()), strict=True)
        )
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
        line = list(map(plain, words[first:last]))
        rows = [self._words.get(word) or self._take_apart(word) for word in dict.fromkeys(line)]
        pairs = pair_features(line)
        added = [row for name in pairs if (row := self._rows.get(name)) is not None]
        count = sum(row[0] for row in rows) + len(pairs)
        root = math.sqrt(count)
        sums = map(sum, zip(self._nothing, *(row[1:] for row in rows), *added, strict=True))
        return [
            _share((start + total / root) / UNIT) for start, total in zip(self.weights.intercepts, sums, strict=True)
        ]

    def hear(self, turns: list[int], texts: list[list[str]], most: int) -> dict[str, dict[int, float]]:
        """For each cue the value of each turn.

        Arguments:
            turns: their numbers.
            texts: for each its words, folded.
            most: of each so many words are heard.
        """
        rows = [self.values(words, 0, min(len(words), most)) for words in texts]
        return {
            cue: {turn: row[at] for turn, row in zip(turns, rows, strict=True)}
            for at, cue in enumerate(self.weights.cues)
        }

    def adds(self, words: list[str], first: int, last: int, cue: int) -> tuple[int, list[int], list[int]]:
        """How many features some words of a turn have, what each word adds to a cue (nothing where it came before), and
        what each pair adds, the start with the first word being the first of them.
        """
        line = list(map(plain, words[first:last]))
        count, of_words = 0, []
        seen: set[str] = set()
        for word in line:
            row = (0,) * (cue + 2) if word in seen else self._words.get(word) or self._take_apart(word)
            seen.add(word)
            count += row[0]
            of_words.append(row[cue + 1])
        of_pairs = [self._rows[name][cue] if name in self._rows else 0 for name in pair_features(line)]
        return count + len(of_pairs), of_words, of_pairs

    def _take_apart(self, word: str) -> tuple[int, ...]:
        """How many features a word has, and the sum of their weights for each cue."""
        names = word_features(word)
        rows = [row for name in names if (row := self._rows.get(name)) is not None]
        found = (len(names), *map(sum, zip(self._nothing, *rows, strict=True)))
        if len(self._words) < _MEMORY and len(word) <= LONGEST_REMEMBERED:
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


def save(
    path: Path, language: str, speaker: str, intercepts: Mapping[str, int], table: Mapping[str, Sequence[int]]
) -> str:
    """Write the cues of one speaker in a language; the same models give the same bytes.

    Arguments:
        path: where to.
        language: ``pl`` or ``en``.
        speaker: ``agent`` or ``customer``.
        intercepts: by cue, in thousandths of a logit; their order is that of the weights.
        table: for each feature its weight for each cue, in thousandths.

    Returns:
        Its digest.
    """
    names = sorted(table)
    text = "\n".join(names).encode()
    values = np.array([table[name] for name in names], dtype="<i2").reshape(len(names), len(intercepts))
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
        digest, names = header.pop("digest"), text.decode().split("\n")
        sound = values.shape == (len(names), len(header["cues"])) and digest == _digest(header, text, values)
        if not sound or any(LEARNED.get(cue) != header["speaker"] for cue in header["cues"]):
            raise ModelError(Fault(str(path), "was altered or truncated; run `reviewqa models cues` or reinstall"))
    except (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ModelError(Fault(str(path), f"is no model file: {error}")) from error
    return Weights(
        str(header["language"]), str(header["speaker"]), tuple(header["cues"]), tuple(header["intercepts"]),
        tuple(names), values.astype(np.int32), str(digest),
    )  # fmt: skip


def _digest(header: Mapping[str, Any], text: bytes, values: Array) -> str:
    digest = hashlib.sha256(json.dumps([VERSION, header], sort_keys=True).encode() + text)
    digest.update(values.astype("<i2").tobytes())
    return digest.hexdigest()[:16]
