"""Trains the models from labelled turns. The only module that imports scikit-learn; reviews never load it.

A rating is taken as a share of its scale (politeness 1-5 as 0..1, empathy 0-2 as 0..1), and a logistic regression is
fitted to the share itself: each turn stands once as a yes with that weight and once as a no with the rest. Its output
is then the expected rating, and its logit adds up over the words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import tokens_of
from reviewqa.models import parameters
from reviewqa.models.features import features
from reviewqa.review import SCORES

SCALES = {"politeness": (1, 5), "empathy": (0, 2)}
FOLDS = 5
LEAST_TURNS = 2
"""A feature that fewer turns have is left out: a word seen once says nothing."""
STRENGTH = {"politeness": 8.0, "empathy": 8.0}
"""Inverse regularisation, chosen by cross-validation over scenarios."""


@dataclass(frozen=True)
class LabelledTurn:
    """An agent's turn with its ratings."""

    scenario: str
    context: str
    text: str
    ratings: dict[str, float]


@dataclass(frozen=True)
class Trained:
    """What a training run made of one model, with its figures on scenarios that the fold had not seen."""

    name: str
    language: str
    turns: int
    features: int
    rank_correlation: float
    mean_error: float
    digest: str


def read_turns(folder: Path) -> list[LabelledTurn]:
    """Read all ``*.jsonl`` of a folder of labelled turns.

    Raises:
        ModelError: with every fault and its line.
    """
    faults: list[Fault] = []
    turns: list[LabelledTurn] = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.name == "second_labels.jsonl":
            continue
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                turns.append(_turn(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                faults.append(Fault(f"{path}:{number}", f"is no labelled turn: {error}"))
    if not turns and not faults:
        faults.append(Fault(str(folder), "holds no labelled turns (*.jsonl)"))
    if faults:
        raise ModelError(faults)
    return turns


def _turn(row: dict[str, Any]) -> LabelledTurn:
    ratings = {}
    for name, (low, high) in SCALES.items():
        if not low <= row[name] <= high:
            raise ValueError(f"{name} {row[name]} is not from {low} to {high}")
        ratings[name] = (row[name] - low) / (high - low)
    return LabelledTurn(str(row["scenario"]), str(row.get("context", "")), str(row["text"]), ratings)


def train(data: Path, out: Path) -> Iterator[Trained]:
    """Train and write every model, one after the other.

    Arguments:
        data: a folder with ``pl`` and ``en``, each holding labelled turns.
        out: where the parameter files go.

    Raises:
        ModelError: the labelled turns do not hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        turns = read_turns(data / language)
        seen = [features(turn.text, tokens_of(turn.text), tokens_of(turn.context)) for turn in turns]
        for name in SCORES:
            target = np.array([turn.ratings[name] for turn in turns])
            guesses = _cross_validated(name, turns, seen, target)
            intercept, weights = _fit(name, seen, target)
            digest = parameters.save(out / f"{name}.{language}.npz", name, language, intercept, weights)
            rank, error = _rank_correlation(guesses, target), float(np.abs(guesses - target).mean())
            yield Trained(name, language, len(turns), len(weights), round(rank, 4), round(error, 4), digest)


def _cross_validated(
    name: str, turns: Sequence[LabelledTurn], seen: list[list[str]], target: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Scores of each turn from a model that saw none of its scenario."""
    scenarios = {scenario: n for n, scenario in enumerate(dict.fromkeys(turn.scenario for turn in turns))}
    folds = np.array([scenarios[turn.scenario] % FOLDS for turn in turns])
    guesses = np.zeros(len(turns))
    for fold in range(FOLDS):
        train_rows = np.flatnonzero(folds != fold)
        intercept, weights = _fit(name, [seen[n] for n in train_rows], target[train_rows])
        for n in np.flatnonzero(folds == fold):
            logit = intercept + sum(weights.get(f, 0.0) for f in seen[n]) / np.sqrt(max(1, len(seen[n])))
            guesses[n] = 1 / (1 + np.exp(-logit))
    return guesses


def _fit(name: str, seen: list[list[str]], target: np.ndarray[Any, Any]) -> tuple[float, dict[str, float]]:
    """Fit one model: its intercept and the weights of its features, rounded to four decimals."""
    from scipy.sparse import csr_matrix, vstack
    from sklearn.linear_model import LogisticRegression

    counts = Counter(feature for row in seen for feature in row)
    names = sorted(feature for feature, count in counts.items() if count >= LEAST_TURNS)
    index = {feature: n for n, feature in enumerate(names)}
    indices, ends, values = [], [0], []
    for row in seen:
        known = [index[feature] for feature in row if feature in index]
        indices.extend(known)
        values.extend([1 / np.sqrt(max(1, len(row)))] * len(known))
        ends.append(len(indices))
    matrix = csr_matrix((values, indices, ends), shape=(len(seen), len(names)))
    model = LogisticRegression(C=STRENGTH[name], max_iter=2000, tol=1e-8)
    answers = np.repeat([1, 0], len(seen))
    model.fit(vstack([matrix, matrix]), answers, sample_weight=np.concatenate([target, 1 - target]))
    weights = {feature: round(float(model.coef_[0][n]), 4) for feature, n in index.items()}
    return round(float(model.intercept_[0]), 4), {feature: w for feature, w in weights.items() if w}


def _rank_correlation(guesses: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(guesses, target).statistic)
