"""Scores agents' turns and conversations with the trained models."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import itemgetter
from pathlib import Path

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.models import parameters
from reviewqa.models.features import features, shown
from reviewqa.models.learned import Learned
from reviewqa.models.parameters import Parameters
from reviewqa.review import SCORES, NotAssessable, Score, TurnScore

MOST_WORDS = 5
"""Words that an explanation shows."""

RUDE = 0.3
"""A turn below this (rating 2.2 of 5), of ``CLEAR_WORDS`` words or more, is clearly rude or dismissive: open rudeness
decides the politeness of a conversation (taxonomy, close calls)."""
CLEAR_WORDS = 4

NO_TURNS = "no agent's turn has words to score"


@dataclass(frozen=True, slots=True)
class Scored:
    """One turn's score: 0 to 1, four decimals, and the words that moved the logit most, with what they added."""

    value: float
    because: tuple[tuple[str, float], ...]


def built_in() -> Path:
    """The folder of the models that the package brings."""
    return Path(str(files("reviewqa.models") / "parameters"))


class Scorer:
    """The models of both languages.

    Arguments:
        folder: where ``politeness.pl.npz`` and the like lie; the package's own unless told.

    Raises:
        ModelError: a model is missing or not sound.
    """

    def __init__(self, folder: Path | None = None) -> None:
        source = folder or built_in()
        models = {
            (name, language): parameters.load(source / f"{name}.{language}.npz")
            for name in SCORES
            for language in LANGUAGES
        }
        for (name, language), model in models.items():
            if (model.name, model.language) != (name, language):
                what = f"is the model {model.name}.{model.language} under another name; rename it or train again"
                raise ModelError(Fault(str(source / f"{name}.{language}.npz"), what))
        self._tables = {language: _Table([models[name, language] for name in SCORES]) for language in LANGUAGES}
        self.learned = Learned(source)
        joined = " ".join([*(model.digest for model in models.values()), *self.learned.digests])
        self.digest = hashlib.sha256(joined.encode()).hexdigest()[:16]

    def turn(self, name: str, language: str, text: str, context: str = "") -> Scored | None:
        """Score one agent turn after a customer's; None where it has no words."""
        seen = features(text, tokens_of(text), tokens_of(context) if context else None)
        return self._tables[language].scores(seen)[SCORES.index(name)] if seen else None

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
        found: dict[str, list[tuple[int, Scored, int]]] = {name: [] for name in SCORES}
        table = self._tables[language]
        context: Tokens | None = None
        for number, (turn, said) in enumerate(zip(conversation.turns, tokens, strict=True)):
            if turn.role == "customer":
                context = said
            elif turn.role == "agent" and said is not None and said.words:
                scores_of_turn = table.scores(features(turn.text, said, context))
                for name, scored in zip(SCORES, scores_of_turn, strict=True):
                    found[name].append((number, scored, len(said.words)))
        scores = {name: _conversation_score(name, turns) for name, turns in found.items()}
        missing = tuple(NotAssessable(id=n, reason=NO_TURNS) for n, score in scores.items() if score.value is None)
        return scores, missing


@cache
def default_scorer() -> Scorer:
    """The package's own models, loaded once."""
    return Scorer()


_Weighed = tuple[float, str, float]
_WEIGHT = itemgetter(2)


class _Table(dict[str, tuple[_Weighed | None, ...]]):
    """The weights of a language's models by feature, so that a feature is looked up once: for each model minus the size
    of the weight (they sort by it), how people read the feature, and the weight; None where the model lacks it."""

    def __init__(self, models: Sequence[Parameters]) -> None:
        super().__init__()
        self.intercepts = [model.intercept for model in models]
        for name in sorted({name for model in models for name in model.weights}):
            words = shown(name)
            weights = [model.weights.get(name) for model in models]
            self[name] = tuple([None if w is None else (-abs(w), words, w) for w in weights])

    def scores(self, seen: list[str]) -> list[Scored]:
        """The score of each model for a turn with these features."""
        known = [entry for feature in seen if (entry := self.get(feature)) is not None]
        root = math.sqrt(len(seen))
        scores = []
        for number, intercept in enumerate(self.intercepts):
            found = [weighed for entry in known if (weighed := entry[number]) is not None]
            found.sort()
            logit = intercept + math.fsum(map(_WEIGHT, found)) / root
            because = tuple([(words, round(weight / root, 4)) for _, words, weight in found[:MOST_WORDS]])
            scores.append(Scored(round(1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))), 4), because))
        return scores


def _conversation_score(name: str, turns: list[tuple[int, Scored, int]]) -> Score:
    if not turns:
        return Score(value=None)
    results = tuple(TurnScore(turn=turn, value=scored.value, because=scored.because) for turn, scored, _ in turns)
    if name == "empathy":
        return Score(value=max(result.value for result in results), turns=results)
    mean = sum(scored.value * words for _, scored, words in turns) / sum(words for _, _, words in turns)
    rudest = min((s.value for _, s, words in turns if words >= CLEAR_WORDS and s.value < RUDE), default=mean)
    return Score(value=round(min(mean, rudest), 4), turns=results)
