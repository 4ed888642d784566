"""Scores agents' turns and conversations with the trained models.

A score is a sum: each token, pair and triple of a turn adds its weight to the logits of both scores; in a levelled one
the weights of a long turn count less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from reviewqa.collector import paused
from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import Tokens, lasting, tokens_of
from reviewqa.made import made
from reviewqa.models import parameters
from reviewqa.models.learned import Learned
from reviewqa.models.mood import lexicon
from reviewqa.models.parameters import UNIT, Parameters
from reviewqa.models.sums import Scores, Sums, Weighed, value
from reviewqa.models.words import CUT, ENDS, NOTHING, gap, starts, token
from reviewqa.review import SCORES, NotAssessable, Score, TurnScore

try:
    from reviewqa.models._sums import Sums as _Sums
except ImportError:  # installed without a C compiler
    _Sums = Sums  # type: ignore[assignment, misc]

MOST_READ = 4_000
"""Words. Of a longer turn the start is scored; nobody says 4,000 words in two tones."""
SHOWN = 150
"""Thousandths of a logit: words that add less are left out of a review's explanation."""

RUDE = 0.3
"""A turn below this (rating 2.2 of 5), of ``CLEAR_WORDS`` words or more, is clearly rude or dismissive: open rudeness
decides the politeness of a conversation (taxonomy, close calls)."""
CLEAR_WORDS = 4

NO_TURNS = "no agent's turn has words that the models know"

_MEMORY = 50_000


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

    @paused()
    def __init__(self, folder: Path | None = None) -> None:
        source = folder or built_in()
        models = {language: parameters.load(source / f"{language}.npz") for language in LANGUAGES}
        for language, model in models.items():
            if model.language != language:
                what = f"is the model {model.language} under another name; rename it or train again"
                raise ModelError(Fault(str(source / f"{language}.npz"), what))
        self._tables = {language: _Table(model) for language, model in models.items()}
        self.digests = {language: model.digest for language, model in models.items()}
        self.learned = Learned(source)
        moods = [lexicon(language).digest for language in LANGUAGES]
        joined = " ".join([*self.digests.values(), *self.learned.digests, *moods])
        self.digest = hashlib.sha256(joined.encode()).hexdigest()[:16]

    def turn(self, name: str, language: str, text: str) -> Scored | None:
        """Score one agent turn; None where the models know none of its words."""
        scores = self._tables[language].scores(tokens_of(text))
        return Scored(*scores[SCORES.index(name)]) if scores is not None else None

    def explain(self, name: str, language: str, text: str) -> Explained | None:
        """Score one agent turn with every word that counted; None where the models know none of its words."""
        return self._tables[language].explain(SCORES.index(name), tokens_of(text))

    def conversation(
        self, roles: Sequence[str], language: str, tokens: Sequence[Tokens | None]
    ) -> tuple[dict[str, Score], tuple[NotAssessable, ...]]:
        """Score every agent turn and the conversation.

        Politeness is the mean over the turns, weighted by their words and capped by the rudest clear turn; empathy is
        that of the strongest turn.

        Arguments:
            roles: who spoke, turn by turn.
            language: ``pl`` or ``en``.
            tokens: for each turn its words.
        """
        scores_of = self._tables[language].scores
        sizes: list[int] = []
        polite: list[TurnScore] = []
        warm: list[TurnScore] = []
        for number, (role, said) in enumerate(zip(roles, tokens, strict=True)):
            if role == "agent" and said is not None and said.words and (scores := scores_of(said)) is not None:
                (politeness, why_polite), (empathy, why_warm) = scores
                sizes.append(len(said.words))
                polite.append(TurnScore(number, politeness, why_polite))
                warm.append(TurnScore(number, empathy, why_warm))
        if not sizes:
            missing = tuple(NotAssessable(id=name, reason=NO_TURNS) for name in SCORES)
            return {name: Score(value=None) for name in SCORES}, missing
        return {
            "politeness": made(
                Score, {"value": _overall([turn.value for turn in polite], sizes), "turns": tuple(polite)}
            ),
            "empathy": made(Score, {"value": max([turn.value for turn in warm]), "turns": tuple(warm)}),
        }, ()


@cache
def default_scorer() -> Scorer:
    """The package's own models, loaded once."""
    return Scorer()


class _Table:
    """The models of a language, ready to add up."""

    def __init__(self, model: Parameters) -> None:
        tokens = [NOTHING, *ENDS, *(gram for gram in model.weights if " " not in gram and gram not in ENDS)]
        numbers = {word: number for number, word in enumerate(tokens)}
        first, second = [_ranked(model.weights, score) for score in range(len(SCORES))]

        def weighed(gram: str) -> Weighed:
            one, two = model.weights.get(gram, (0, 0))
            return one, two, first.get(gram, 0), second.get(gram, 0)

        thirds: dict[tuple[int, int], dict[int, Weighed]] = {}
        for gram in model.weights:
            left, *others = [numbers[part] for part in gram.split(" ")]
            if others:
                of_pair = thirds.setdefault((left, others[0]), {})
                if len(others) > 1:
                    of_pair[others[1]] = weighed(gram)
        pairs: list[tuple[int, int, Weighed, Mapping[int, Weighed] | None]] = [
            (left, right, weighed(f"{tokens[left]} {tokens[right]}"), of_pair or None)
            for (left, right), of_pair in thirds.items()
        ]
        self._names = tokens
        politeness, empathy = [
            (head.intercept, head.below, head.least, head.levelled) for head in map(model.heads.__getitem__, SCORES)
        ]
        self._heads = (politeness, empathy)
        shown_first = [("", 0), *((shown(gram), model.weights[gram][0]) for gram in first)]
        shown_second = [("", 0), *((shown(gram), model.weights[gram][1]) for gram in second)]

        words, gaps, weights = _Words(model.language, numbers), _Gaps(numbers), list(map(weighed, tokens))
        both = (shown_first, shown_second)
        self._plain = Sums(words, gaps, weights, pairs, self._heads, both, len(ENDS), MOST_READ)
        self._sums = _Sums(words, gaps, weights, pairs, self._heads, both, len(ENDS), MOST_READ)

    def scores(self, tokens: Tokens) -> Scores | None:
        """Value and explanation of each score for a turn with these words; None where none is known."""
        return self._sums.of(tokens)

    def explain(self, score: int, tokens: Tokens) -> Explained | None:
        """Everything that counted for one score of a turn; None where none of its words is known."""
        line = self._plain.line(tokens.words, tokens.marks)
        if max(line) <= len(ENDS):
            return None
        grams, times = self._plain.grams(line), self._plain.times(line)[score]
        found = [(" ".join([self._names[part] for part in gram]), both[score]) for gram, both in grams if both[score]]
        intercept = self._heads[score][0]
        logit = intercept + sum([weight for _, weight in found]) * times
        weights = tuple([(shown(gram), weight * times / UNIT) for gram, weight in found])
        return Explained(value(self._heads[score], logit), logit / UNIT, intercept / UNIT, weights)


class _Words(dict[str, int]):
    """The numbers of words: worked out once for each distinct word and remembered, within bounds."""

    def __init__(self, language: str, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self._language = language
        self._numbers = numbers
        self._starts = starts(numbers)

    def __missing__(self, word: str) -> int:
        number = self._numbers[token(self._language, word, self._numbers, self._starts)]
        if len(self) < _MEMORY and lasting(word):
            self[word] = number
        return number


class _Gaps(dict[str, int | None]):
    """The numbers of what stands for the characters between two words; remembered, within bounds."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__({"": numbers["."], " ": None})
        self._numbers = numbers

    def __missing__(self, mark: str) -> int | None:
        between = gap(mark)
        number = None if between is None else self._numbers.get(between, 0)
        if len(self) < _MEMORY and lasting(mark):
            self[mark] = number
        return number


def shown(gram: str) -> str:
    """A gram as people read it: ``thank you``, ``przepr…``, ``what?``, ``… please`` (starts a sentence)."""
    parts = gram.replace("*", CUT).split(" ")
    if len(parts) > 1 and parts[0] in ENDS:
        parts[0] = CUT
    if len(parts) > 1 and parts[-1] in ENDS:
        parts[-2:] = [parts[-2] + parts[-1]]
    return " ".join(parts)


def _ranked(weights: Mapping[str, tuple[int, ...]], score: int) -> dict[str, int]:
    """The grams that an explanation may show, numbered from 1, those that move the score most first."""
    kept = [gram for gram, both in weights.items() if abs(both[score]) >= SHOWN]
    kept.sort(key=lambda gram: (-abs(weights[gram][score]), gram))
    return {gram: number for number, gram in enumerate(kept, 1)}


def _overall(values: list[float], sizes: list[int]) -> float:
    """The politeness of a conversation: the mean by words, capped by the rudest clear turn."""
    mean = sum([value * size for value, size in zip(values, sizes, strict=True)]) / sum(sizes)
    rudest = min(values)
    if rudest < RUDE:
        clear = [value for value, size in zip(values, sizes, strict=True) if size >= CLEAR_WORDS and value < RUDE]
        mean = min([mean, *clear])
    return round(mean, 4)
