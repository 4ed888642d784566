"""Trains the models from labelled turns, and tells how they do on turns they have not seen. Reviews never load it.

A rating is taken as a share of its scale (politeness 1-5 as 0..1, empathy 0-2 as 0..1), so that a model's output is
the expected rating and its logit adds up over the words.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags

from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.models import parameters
from reviewqa.models.estimator import RatingClassifier, TurnVectorizer, of_pair, of_token, strategies_of
from reviewqa.models.examples import SCALES, LabelledTurn, rated, read_examples, read_turns
from reviewqa.models.parameters import UNIT, Head
from reviewqa.models.strategies import LONGEST, strategies
from reviewqa.models.words import ENDS
from reviewqa.review import SCORES

Array = np.ndarray[Any, Any]

FOLDS = 5
STRENGTH = {"politeness": 0.021, "empathy": 0.07}
"""Inverse regularisation, chosen by cross-validation over scenarios."""
LEVELLED = frozenset({"politeness"})
"""The scores in which weights count by how long a turn is and pairs that begin alike share a part of theirs. Empathy is
shown in one sentence, however long the turn, and got worse by both on rated turns."""
CURT = 0.5
"""Weight of a rude or curt turn when politeness is learned from the project's turns: more than a third of them are, far
more than of what agents say, and values would come out too low."""
OWN_AFFAIRS = ("self_first", 0.15)
"""The cue of agents who put their own affairs first, and by how much of the scale politeness is learned lower there
than it was rated: who rates the words alone hears a friendly tone; the customer who is kept waiting does not."""
SHOWS_NOTHING = {("empathy", "pl"): 0.08, ("empathy", "en"): 0.05}
"""A turn with a lower value shows nothing of what the score asks for, and gets the mean rating of such turns: most
turns are so, and their order among each other means nothing. Chosen so that ranking and telling the warm turns both do
well."""
JOINED = 0.5
"""Weight of a made-up turn of two, next to a written one."""
SMALLEST = 10
"""Thousandths of a logit: pairs that add less are left out of the file."""
LEAST_OF_CHANNEL = 50
"""Turns of a channel that figures of its own need."""
FIGURES = "figures.json"
OWN = "own"
"""What ``FIGURES`` tells of a team's own labels: how many, when they were trained on, figures before and after."""


@dataclass(frozen=True)
class Trained:
    """What training made of one score of a language, with its figures on scenarios that the fold had not seen."""

    name: str
    language: str
    turns: int
    grams: int
    figures: Figures
    channels: dict[str, Figures]
    digest: str


@dataclass(frozen=True)
class Figures:
    """How a model's values compare with ratings.

    Arguments:
        turns: how many were compared.
        rank_correlation: Spearman's.
        auc: of telling the turns at the bad end (politeness up to 2 of 5) or the good end (empathy from 1 of 2).
        mean_error: mean absolute difference, of the scale.
        calibration: mean absolute difference of mean value and mean rating in ten bins of turns by value.
    """

    turns: int
    rank_correlation: float | None
    auc: float | None
    mean_error: float
    calibration: float


def train(data: Path, cues: Path, out: Path) -> Iterator[Trained]:
    """Train and write the models of every language, one after the other.

    Arguments:
        data: a folder with ``pl`` and ``en``, each holding labelled turns.
        cues: a folder with ``pl`` and ``en``, each holding examples of learned cues; they are trained on, too.
        out: where the parameter files go.

    Raises:
        ModelError: the labelled turns do not hold.
    """
    read = {language: read_turns(data / language) for language in LANGUAGES}
    lines = {language: read_examples(cues / language) for language in LANGUAGES}
    out.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {}
    for language, turns in read.items():
        beside = rated(lines[language], turns)
        results = train_language(language, turns, out / f"{language}.npz", beside)
        told[language] = summary(turns, results, beside)
        yield from results
    write_figures(out, told)


def read_figures(folder: Path) -> dict[str, Any]:
    """What training told of the models of a folder, by language; nothing where it did not.

    Raises:
        ModelError: the file is no JSON object.
    """
    try:
        told = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(Fault(str(folder / FIGURES), f"is no JSON; run `reviewqa models train` ({error})")) from None
    return dict(told)


def write_figures(folder: Path, told: Mapping[str, Any]) -> None:
    """Write what ``read_figures`` reads."""
    text = json.dumps(told, indent=1, sort_keys=True) + "\n"
    (folder / FIGURES).write_text(text, encoding="utf-8", newline="\n")


def summary(
    turns: Sequence[LabelledTurn], results: Sequence[Trained], beside: Sequence[LabelledTurn] = ()
) -> dict[str, Any]:
    """What a model card tells of a language's models: data, figures, digests."""
    told = (json.dumps([turn.scenario, turn.text, sorted(turn.ratings.items())]) for turn in (*turns, *beside))
    joined = "\n".join(told)
    return {
        "digest": results[0].digest,
        "data": hashlib.sha256(joined.encode()).hexdigest()[:16],
        "turns": len(turns),
        "examples": len(beside),
        "scenarios": len({turn.scenario for turn in turns}),
        "channels": dict(sorted(Counter(turn.channel or "unknown" for turn in turns).items())),
        "grams": results[0].grams,
        "ratings": {
            name: dict(sorted(Counter(str(round(turn.ratings[name] * (high - low) + low)) for turn in turns).items()))
            for name, (low, high) in SCALES.items()
        },
        "scores": {
            result.name: {
                channel: asdict(found) for channel, found in {"all": result.figures, **result.channels}.items()
            }
            for result in results
        },
    }


def adapt(
    language: str, shipped: Sequence[LabelledTurn], own: Sequence[LabelledTurn], before: Callable[[str, str], Array]
) -> dict[str, tuple[Figures, Figures]]:
    """How models trained on own labels (on top of the shipped ones, or alone) do on own turns that they have not seen.

    Arguments:
        language: ``pl`` or ``en``.
        shipped: labelled turns that are always trained on; may be none.
        own: a team's labelled turns; each fold of them is tested on models trained without it.
        before: gives the values of the models so far for the own turns, by score and language.

    Returns:
        For each score the figures of the models so far and of the new ones.
    """
    after = Lesson(language, own, shipped, CURT if shipped else 1.0).cross_validated()
    ratings = {name: np.array([turn.ratings[name] for turn in own]) for name in SCORES}
    return {name: (figures(name, before(name, language), ratings[name]), figures(name, after[name], ratings[name]))
            for name in SCORES}  # fmt: skip


def train_language(
    language: str, turns: Sequence[LabelledTurn], path: Path, beside: Sequence[LabelledTurn] = (), curt: float = CURT
) -> list[Trained]:
    """Train the models of one language and write their file.

    Arguments:
        language: ``pl`` or ``en``.
        turns: with their ratings; the figures are of them.
        path: of the file.
        beside: turns of assumed ratings, to train on only.
        curt: weight of curt turns when politeness is learned; 1 for turns that are as agents' turns are.

    Raises:
        ModelError: there are too few turns, or all of one rating.
    """
    heads: dict[str, Head] = {}
    results: dict[str, Figures] = {}
    channels: dict[str, dict[str, Figures]] = {}
    lesson = Lesson(language, turns, beside, curt)
    guesses, models = lesson.cross_validated(), lesson.models()
    for name, classifier in models.classifiers.items():
        ratings = np.array([turn.ratings[name] for turn in turns])
        heads[name] = Head(round(classifier.intercept_ * UNIT), levelled=name in LEVELLED)
        values = guesses[name]
        below = SHOWS_NOTHING.get((name, language), 0.0)
        under = values < below
        if under.any():
            least = round(float(ratings[under].mean()), 4)
            heads[name] = replace(heads[name], below=round(float(np.log(below / (1 - below))) * UNIT), least=least)
            values = np.where(under, least, values)
        results[name] = figures(name, values, ratings)
        channels[name] = {
            channel: figures(name, values[rows], ratings[rows])
            for channel in sorted({turn.channel for turn in turns if turn.channel})
            if len(rows := [row for row, turn in enumerate(turns) if turn.channel == channel]) >= LEAST_OF_CHANNEL
        }
    weights = collapse(models)
    digest = parameters.save(path, language, heads, weights)
    return [Trained(name, language, len(turns), len(weights), results[name], channels[name], digest) for name in SCORES]


@dataclass(frozen=True)
class Models:
    """The models of one language as they were fitted: what makes features of turns, and a classifier for each score."""

    vectorizer: TurnVectorizer
    classifiers: dict[str, RatingClassifier]

    def values(self, texts: Sequence[str]) -> dict[str, Array]:
        """The values of turns by score, 0 to 1."""
        features = self.vectorizer.transform(texts)
        return {
            name: classifier.expected(_of_score(name, self.vectorizer, features, texts))
            for name, classifier in self.classifiers.items()
        }


class Lesson:
    """Turns to learn from, and turns joined to longer ones. What their features are is worked out once, for all folds:
    which words there are says nothing of ratings. Turns are joined within their fold.

    Arguments:
        language: ``pl`` or ``en``.
        turns: with their ratings.
        beside: turns that every fold learns from.
        curt: weight of curt turns when politeness is learned.

    Raises:
        ModelError: the turns are of fewer scenarios than there are folds, or of no use to learn from.
    """

    def __init__(
        self, language: str, turns: Sequence[LabelledTurn], beside: Sequence[LabelledTurn] = (), curt: float = CURT
    ) -> None:
        folds = _folds(language, turns)
        parts = [[turn for turn, own in zip(turns, folds, strict=True) if own == fold] for fold in range(FOLDS)]
        joined = [(fold, turn) for fold, part in enumerate([*parts, beside]) for turn in join(part)]
        rows = [*turns, *beside, *(turn for _, turn in joined)]
        texts = [turn.text for turn in rows]
        self._language = language
        self._folds = np.array([*folds, *[FOLDS] * len(beside), *(fold for fold, _ in joined)])
        self._count = len(turns)
        self._vectorizer = TurnVectorizer(language, alike=True)
        features = self._vectorizer.fit_transform(texts)
        self._features = {name: _of_score(name, self._vectorizer, features, texts) for name in SCORES}
        self._shares = {name: np.array([_learned(turn, name) for turn in rows]) for name in SCORES}
        weights = np.where(np.arange(len(rows)) < len(turns) + len(beside), 1.0, JOINED)
        curtly = np.where(self._shares["politeness"] <= 0.25, curt, 1.0)
        self._weights = {name: weights * curtly if name == "politeness" else weights for name in SCORES}

    def models(self) -> Models:
        """The models of all turns."""
        return Models(self._vectorizer, self._fit(np.ones(len(self._folds), dtype=bool), 1e-8))

    def cross_validated(self) -> dict[str, Array]:
        """By score, the value of each turn from models that saw none of its scenario, but all of those beside."""
        values = {name: np.zeros(self._count) for name in SCORES}
        own = self._folds[: self._count]
        for fold in sorted(set(own.tolist())):
            for name, classifier in self._fit(self._folds != fold, 1e-5).items():
                unseen = np.flatnonzero(own == fold)
                values[name][unseen] = classifier.expected(self._features[name][unseen])
        return values

    def _fit(self, kept: Array, tol: float) -> dict[str, RatingClassifier]:
        classifiers = {}
        try:
            for name, (low, high) in SCALES.items():
                classifiers[name] = RatingClassifier(C=STRENGTH[name], tol=tol).fit_shares(
                    self._features[name][kept],
                    self._shares[name][kept],
                    range(low, high + 1),
                    self._weights[name][kept],
                )
        except ValueError as error:
            what = f"labelled turns cannot be learned from: {error}"
            raise ModelError(Fault(self._language, what)) from error
        return classifiers


def _of_score(name: str, vectorizer: TurnVectorizer, features: csr_matrix, texts: Sequence[str]) -> csr_matrix:
    """The features of turns, as a score takes them: a levelled one by their length, another without pairs alike."""
    if name in LEVELLED:
        return diags(vectorizer.levels(texts)) @ features
    own = np.array([not column.startswith("q=") for column in vectorizer.features_], dtype=float)
    return features @ diags(own)


def _learned(turn: LabelledTurn, name: str) -> float:
    """The rating of a turn, as it is learned."""
    cue, less = OWN_AFFAIRS
    lower = name == "politeness" and turn.cues is not None and cue in turn.cues
    return max(0.0, turn.ratings[name] - less) if lower else turn.ratings[name]


def join(turns: Sequence[LabelledTurn]) -> list[LabelledTurn]:
    """Longer turns, each made of two: so that length says nothing, and plain words beside rude ones change nothing.

    A rude turn stays rude with plain words added; a polite one loses a little. Empathy is that of the warmer half.
    """
    chance = random.Random(0)  # noqa: S311
    plain = [turn for turn in turns if turn.ratings["politeness"] == 0.5 and turn.ratings["empathy"] == 0]
    joined = []
    for turn in turns:
        other = chance.choice(plain if plain and chance.random() < 0.6 else turns)
        first, second = (turn, other) if chance.random() < 0.5 else (other, turn)
        low, high = sorted([turn.ratings["politeness"], other.ratings["politeness"]])
        if high - low > 0.25 and high > 0.5 > low:
            continue  # rude and kind in one breath: nobody knows what that is
        politeness = low if high <= 0.5 else high - (high - low) / 4
        empathy = max(turn.ratings["empathy"], other.ratings["empathy"])
        stop = "" if first.text.rstrip()[-1:] in (*ENDS, "…") else "."
        text = f"{first.text.rstrip()}{stop} {second.text}"
        joined.append(LabelledTurn(turn.scenario, text, {"politeness": politeness, "empathy": empathy}))
    return joined


def collapse(models: Models) -> dict[str, tuple[int, ...]]:
    """The weights of single tokens, pairs and triples of tokens, all features of each summed up.

    Words, starts of words, marks and strategies are all counts over such grams, so nothing is lost but rounding.
    """
    vectorizer, classifiers = models.vectorizer, models.classifiers
    own = strategies(vectorizer.language)
    columns = vectorizer.features_
    weights = np.array([classifiers[name].coef_ * vectorizer.scales_ for name in SCORES]) * UNIT
    tokens = [*vectorizer.tokens_]
    grams: set[tuple[str, ...]] = {(token,) for token in (*tokens, *ENDS[1:], ":)", ":(", "~")}
    for name in columns:
        if name.startswith("p="):
            left, right = name[2:].split(" ")
            grams.update((end, right) for end in ENDS) if left == "^" else grams.add((left, right))
    grams.update(gram for gram in own.grams(tokens) if 1 < len(gram) <= LONGEST)
    found: dict[str, tuple[int, ...]] = {}
    for gram in sorted(grams):
        names = strategies_of(own, gram)
        if len(gram) == 1:
            names += of_token(gram[0])
        elif len(gram) == 2 and (pair := of_pair(gram[0], gram[1])) is not None:
            names.append(pair)
            if pair in vectorizer.alike_:
                names.append(vectorizer.alike_[pair])
        known = [columns[name] for name in names if name in columns]
        values = tuple(round(float(value)) for value in weights[:, known].sum(axis=1))
        if len(gram) == 1 or max(map(abs, values)) >= SMALLEST:
            found[" ".join(gram)] = values
    return found


def _folds(language: str, turns: Sequence[LabelledTurn]) -> list[int]:
    """For each turn the fold in which it is tested, whole scenarios together."""
    folds = [int(hashlib.sha256(turn.scenario.encode()).hexdigest(), 16) % FOLDS for turn in turns]
    if len({turn.scenario for turn in turns}) < FOLDS or len(set(folds)) < 2:
        raise ModelError(Fault(language, f"labelled turns are of fewer than {FOLDS} scenarios; more are needed"))
    return folds


def figures(name: str, values: Array, ratings: Array) -> Figures:
    """Compare values with ratings.

    Arguments:
        name: ``politeness`` or ``empathy``.
        values: of a model, 0 to 1.
        ratings: of readers, as shares of the scale.
    """
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    if name == "politeness":
        told, sure, rising = ratings <= 0.25, np.ones(len(ratings), dtype=bool), -values
    else:
        told, sure, rising = ratings >= 0.5, (ratings >= 0.5) | (ratings < 0.25), values
    varied = len(set(values.tolist())) > 1 and len(set(ratings.tolist())) > 1
    both = 0 < told[sure].sum() < sure.sum()
    bins = np.array_split(np.argsort(values, kind="stable"), min(10, len(values)))
    return Figures(
        turns=len(values),
        rank_correlation=round(float(spearmanr(values, ratings).statistic), 4) if varied else None,
        auc=round(float(roc_auc_score(told[sure], rising[sure])), 4) if both else None,
        mean_error=round(float(np.abs(values - ratings).mean()), 4),
        calibration=round(float(np.mean([abs(values[rows].mean() - ratings[rows].mean()) for rows in bins])), 4),
    )
