"""Scores agents' turns and conversations with the trained models.

A score is a sum: each token, pair and triple of a turn adds its weight to the logits of both scores. The two weights of
a gram are packed into one whole number, so that one look-up and one sum serve both.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import add, itemgetter
from pathlib import Path
from typing import Any

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.models import parameters
from reviewqa.models.learned import Learned
from reviewqa.models.parameters import UNIT, Head, Parameters
from reviewqa.models.words import ENDS, NOTHING, gap, starts, token
from reviewqa.review import SCORES, NotAssessable, Score, TurnScore

MOST_READ = 4_000
"""Words. Of a longer turn the start is scored; nobody says 4,000 words in two tones."""
MOST_WORDS = 5
"""Words that an explanation shows in a review."""
SHOWN = 150
"""Thousandths of a logit: words that add less are left out of a review's explanation."""

RUDE = 0.3
"""A turn below this (rating 2.2 of 5), of ``CLEAR_WORDS`` words or more, is clearly rude or dismissive: open rudeness
decides the politeness of a conversation (taxonomy, close calls)."""
CLEAR_WORDS = 4

NO_TURNS = "no agent's turn has words to score"

_MEMORY = 100_000
_BITS = 20
"""Of a token's number in the key of a pair or triple."""
_HALF = 1 << 31
_LOW = (1 << 32) - 1
_FIRST, _SECOND = itemgetter(1), itemgetter(2)


@dataclass(frozen=True, slots=True)
class Scored:
    """One turn's score.

    Arguments:
        value: 0 to 1, four decimals.
        because: the words that moved the logit most, with what they added.
    """

    value: float
    because: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """All that made one score.

    Arguments:
        value: 0 to 1, four decimals.
        logit: the intercept and all weights.
        intercept: the logit of a turn that says nothing the model knows.
        weights: each word, pair or triple that counted, in the order of the turn, and what it added.
    """

    value: float
    logit: float
    intercept: float
    weights: tuple[tuple[str, float], ...]


def built_in() -> Path:
    """The folder of the models that the package brings."""
    return Path(str(files("reviewqa.models") / "parameters"))


class Scorer:
    """The models of both languages.

    Arguments:
        folder: where ``pl.npz`` and ``en.npz`` lie; the package's own unless told.

    Raises:
        ModelError: a model is missing or not sound.
    """

    def __init__(self, folder: Path | None = None) -> None:
        source = folder or built_in()
        models = {language: parameters.load(source / f"{language}.npz") for language in LANGUAGES}
        for language, model in models.items():
            if model.language != language:
                what = f"is the model {model.language} under another name; rename it or train again"
                raise ModelError(Fault(str(source / f"{language}.npz"), what))
        self._tables = {language: _Table(model) for language, model in models.items()}
        self.learned = Learned(source)
        joined = " ".join([*(model.digest for model in models.values()), *self.learned.digests])
        self.digest = hashlib.sha256(joined.encode()).hexdigest()[:16]

    def turn(self, name: str, language: str, text: str) -> Scored | None:
        """Score one agent turn; None where it has no words."""
        tokens = tokens_of(text)
        return Scored(*self._tables[language].scores(tokens)[SCORES.index(name)]) if tokens.words else None

    def explain(self, name: str, language: str, text: str) -> Explained | None:
        """Score one agent turn with every word that counted; None where it has no words."""
        tokens = tokens_of(text)
        return self._tables[language].explain(SCORES.index(name), tokens) if tokens.words else None

    def conversation(
        self, conversation: Conversation, language: str, tokens: Sequence[Tokens | None]
    ) -> tuple[dict[str, Score], tuple[NotAssessable, ...]]:
        """Score every agent turn and the conversation.

        Politeness is the mean over the turns, weighted by their words and capped by the rudest clear turn; empathy is
        that of the strongest turn.

        Arguments:
            conversation: as it was read.
            language: ``pl`` or ``en``.
            tokens: for each turn its words.
        """
        scores_of = self._tables[language].scores
        numbers, sizes, found = [], [], []
        for number, (turn, said) in enumerate(zip(conversation.turns, tokens, strict=True)):
            if turn.role == "agent" and said is not None and said.words:
                numbers.append(number)
                sizes.append(len(said.words))
                found.append(scores_of(said))
        if not found:
            missing = tuple(NotAssessable(id=name, reason=NO_TURNS) for name in SCORES)
            return {name: Score(value=None) for name in SCORES}, missing
        scores = {}
        for name, of_turns in zip(SCORES, zip(*found, strict=True), strict=True):
            turns = tuple([TurnScore(number, *one) for number, one in zip(numbers, of_turns, strict=True)])
            scores[name] = Score(value=_of_conversation(name, [value for value, _ in of_turns], sizes), turns=turns)
        return scores, ()


@cache
def default_scorer() -> Scorer:
    """The package's own models, loaded once."""
    return Scorer()


_Words = tuple[str, float]
_Because = tuple[_Words, ...]
_Entry = tuple[int, int, int, Mapping[int, Any] | None]
"""What a gram adds to both logits (packed), its rank among what moves each score (0: too little to be shown), and,
where it starts known triples, their third numbers with the entries."""


class _Table(dict[str, int]):
    """A language's models: words to numbers (worked out once for each distinct word and remembered, within bounds),
    numbers to weights, and keys of pairs and triples of numbers to weights."""

    def __init__(self, model: Parameters) -> None:
        super().__init__()
        self._language = model.language
        self._heads = [model.heads[name] for name in SCORES]
        self._values = [_Values(head) for head in self._heads]
        self._start = _packed([head.intercept for head in self._heads])
        tokens = [NOTHING, *ENDS, *(gram for gram in model.weights if " " not in gram and gram not in ENDS)]
        self._numbers = {word: number for number, word in enumerate(tokens)}
        nothing = (0,) * len(SCORES)
        ranks = [_ranked(model.weights, score) for score in range(len(SCORES))]
        self._ranked = [
            [("", 0.0), *((shown(gram), model.weights[gram][score] / UNIT) for gram in ranks[score])]
            for score in range(len(SCORES))
        ]

        def entry(gram: str, thirds: Mapping[int, Any] | None = None) -> _Entry:
            first, second = [ranked.get(gram, 0) for ranked in ranks]
            return _packed(model.weights.get(gram, nothing)), first, second, thirds

        entries = [entry(word) for word in tokens]
        self._weights = [weight for weight, *_ in entries]
        self._shown = [found if found[1] or found[2] else None for found in entries]
        self._left = [number << _BITS for number in range(len(tokens))]
        grams = {gram: tuple([self._numbers[part] for part in gram.split(" ")]) for gram in model.weights}
        thirds: dict[int, dict[int, _Entry]] = {}
        for gram, numbers in grams.items():
            if len(numbers) == 3:
                thirds.setdefault((numbers[0] << _BITS) + numbers[1], {})[numbers[2]] = entry(gram)
        self._pairs: dict[int, _Entry] = {key: entry("", third) for key, third in thirds.items()}
        for gram, numbers in grams.items():
            if len(numbers) == 2:
                key = (numbers[0] << _BITS) + numbers[1]
                self._pairs[key] = entry(gram, thirds.get(key))
        self._starts = starts(self._numbers)
        self._gaps = _Gaps(self._numbers)

    def __missing__(self, word: str) -> int:
        number = self._numbers[token(self._language, word, self._numbers, self._starts)]
        if len(self) < _MEMORY:
            self[word] = number
        return number

    def scores(self, tokens: Tokens) -> tuple[tuple[float, _Because], tuple[float, _Because]]:
        """Value and explanation of each score for a turn with these words."""
        numbers = self._sequence(tokens)
        found = list(map(self._pairs.get, map(add, map(self._left.__getitem__, numbers), numbers[1:])))
        known = list(filter(None, found))
        place = -1
        for entry in known[:]:
            if entry[3] is not None:
                place = found.index(entry, place + 1)
                third = entry[3].get(numbers[place + 2]) if place + 2 < len(numbers) else None
                if third is not None:
                    known.append(third)
        total = sum(map(self._weights.__getitem__, numbers), self._start) + sum([entry[0] for entry in known])
        known += filter(None, map(self._shown.__getitem__, numbers))
        second = ((total + _HALF) & _LOW) - _HALF
        values, ranked = self._values, self._ranked
        return (
            (values[0][(total - second) >> 32], _because(list(filter(None, map(_FIRST, known))), ranked[0])),
            (values[1][second], _because(list(filter(None, map(_SECOND, known))), ranked[1])),
        )

    def explain(self, score: int, tokens: Tokens) -> Explained:
        """Everything that counted for one score of a turn."""
        numbers = self._sequence(tokens)
        names = [*self._numbers]
        found: list[_Words] = []
        for start, number in enumerate(numbers):
            grams = [(names[number], self._weights[number])]
            after = numbers[start + 1 : start + 3]
            pair = self._pairs.get(self._left[number] + after[0]) if after else None
            if pair is not None:
                grams.append((f"{names[number]} {names[after[0]]}", pair[0]))
                if len(after) > 1 and (third := (pair[3] or {}).get(after[1])) is not None:
                    grams.append((" ".join([names[part] for part in (number, *after)]), third[0]))
            for gram, weight in grams:
                if part := _unpacked(weight)[score]:
                    found.append((shown(gram), part / UNIT))
        logit = self._heads[score].intercept + sum([round(weight * UNIT) for _, weight in found])
        intercept = self._heads[score].intercept / UNIT
        return Explained(self._values[score][logit], logit / UNIT, intercept, tuple(found))

    def _sequence(self, tokens: Tokens) -> list[int]:
        """The numbers of what ``words.sequence`` gives: tokens, and what stands between them where it is no space."""
        words, marks = tokens.words, tokens.marks
        if len(words) > MOST_READ:
            words, marks = words[:MOST_READ], marks[:MOST_READ]
        numbers = list(map(self.__getitem__, words))
        found = [1]
        last = 0
        for place in [place for place, mark in enumerate(marks, 1) if mark != " "]:
            between = self._gaps[marks[place - 1]]
            if between is not None:
                found += numbers[last:place]
                found.append(between)
                last = place
        found += numbers[last:]
        if not 0 < found[-1] <= len(ENDS):
            found.append(1)
        return found


class _Values(dict[int, float]):
    """The value of a logit; remembered, within bounds."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self._head = head

    def __missing__(self, logit: int) -> float:
        if logit < self._head.below:
            return self._head.least
        value = round(1 / (1 + math.exp(-max(-30.0, min(30.0, logit / UNIT)))), 4)
        if len(self) < _MEMORY:
            self[logit] = value
        return value


class _Gaps(dict[str, int | None]):
    """The numbers of what stands for the characters between two words; remembered, within bounds."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__({"": numbers["."], " ": None})
        self._numbers = numbers

    def __missing__(self, mark: str) -> int | None:
        between = gap(mark)
        number = None if between is None else self._numbers.get(between, 0)
        if len(self) < _MEMORY:
            self[mark] = number
        return number


def shown(gram: str) -> str:
    """A gram as people read it: ``thank you``, ``przepr…``, ``what?``, ``… please`` (starts a sentence)."""
    parts = gram.replace("*", "…").split(" ")
    if len(parts) > 1 and parts[0] in ENDS:
        parts[0] = "…"
    if len(parts) > 1 and parts[-1] in ENDS:
        parts[-2:] = [parts[-2] + parts[-1]]
    return " ".join(parts)


def _packed(weights: Sequence[int]) -> int:
    first, second = weights
    return (first << 32) + second


def _unpacked(total: int) -> tuple[int, int]:
    second = ((total + _HALF) & _LOW) - _HALF
    return (total - second) >> 32, second


def _ranked(weights: Mapping[str, tuple[int, ...]], score: int) -> dict[str, int]:
    """The grams that an explanation may show, numbered from 1, those that move the score most first."""
    kept = [gram for gram, both in weights.items() if abs(both[score]) >= SHOWN]
    kept.sort(key=lambda gram: (-abs(weights[gram][score]), gram))
    return {gram: number for number, gram in enumerate(kept, 1)}


def _because(found: list[int], ranked: list[_Words]) -> _Because:
    found.sort()
    top = found[:MOST_WORDS]
    if len(set(top)) < len(top):  # said more than once: what it added in all
        sums = [(ranked[rank], count) for rank, count in Counter(found).items()]
        all_of = [(name, round(weight * count, 3)) for (name, weight), count in sums]
        return tuple(sorted(all_of, key=lambda item: (-abs(item[1]), item[0]))[:MOST_WORDS])
    return tuple([ranked[rank] for rank in top])


def _of_conversation(name: str, values: list[float], sizes: list[int]) -> float:
    if name == "empathy":
        return max(values)
    mean = sum([value * size for value, size in zip(values, sizes, strict=True)]) / sum(sizes)
    clear = [value for value, size in zip(values, sizes, strict=True) if size >= CLEAR_WORDS and value < RUDE]
    return round(min(mean, *clear), 4) if clear else round(mean, 4)
