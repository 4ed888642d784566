"""Trains the learned cues from examples written for them and from the labelled turns. Like ``training`` it imports
scikit-learn; reviews never load it.

An example says which cues are heard in it, perhaps none. Labelled turns say it too (``cues``), or it follows from
their politeness: the rudest (1) are harsh, the others are not; the civil ones (3 and more) have none of the other
unkind cues, and of the curt ones nobody said.

Each cue is learned alone first; then how much it leans on the others, from what they make of a fifth of the examples
when they are learned without it. The weights of both steps are multiplied out, so that a cue stays one linear model.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import tokens_of
from reviewqa.models import learned
from reviewqa.models.examples import UNKIND, Example, LabelledTurn, read_examples, read_turns
from reviewqa.models.features import features, features_before, line_of, rarity
from reviewqa.models.hearing import STEP, Array
from reviewqa.models.learned import MOST_WORDS, SPEAKERS
from reviewqa.models.parameters import UNIT
from reviewqa.review import LEARNED

FOLDS = 5
"""Parts of the examples, of which one is set apart."""
DOES = {
    "heard": frozenset({"acknowledges"}),
    "looks_in": frozenset({"asks", "finds"}),
    "acts": frozenset({"acts", "answers", "offers"}),
    "follows_up": frozenset({"commits", "checks"}),
    "identifies": frozenset({"identifies"}),
    "redirects": frozenset({"redirects"}),
    "refuses": frozenset({"refuses"}),
    "holds": frozenset({"waits"}),
}
"""Which of the things that a labelled turn does make which cue."""
SAID = {
    "trouble": frozenset({"trouble", "waited", "promised", "misunderstood"}),
    "waited": frozenset({"waited"}),
    "promised": frozenset({"promised"}),
    "chases": frozenset({"chases"}),
    "misunderstood": frozenset({"misunderstood"}),
    "requests": frozenset({"request"}),
    "settled": frozenset({"settled"}),
    "leaves": frozenset({"leaves"}),
}
"""The same for the customer's turn before it."""
STRENGTH = 4.0
"""Inverse regularisation, chosen by cross-validation."""
LEANING = 50.0
"""The same, for all examples together, where a cue learns by how much to lean on the logits of the others: what else is
done in a turn says much about whether this is (the curds and whey of Breiman and Friedman 1997). The sum stays
linear."""
LEAST_EXAMPLES = 40
"""A cue with fewer examples in a language is not learned there."""
LEAST_TIMES = 5
"""A feature that fewer examples have says nothing."""
SHARE = 0.2
"""What the examples that have a cue weigh together, so that the values mean the same however many there are."""
UNSAID = 0.3
"""What a curt turn weighs as an example of not having a cue that nobody looked for in it."""
KINDS = {"p": 1.5, "q": 1.5, "s": 1.5, "t": 1.5, "c": 0.5}
"""How much is made of a kind of feature (see ``features``), next to words and their pieces."""
MOST = 127
"""Weights are kept within so many steps (6.35 logits): a byte."""


@dataclass(frozen=True)
class Trained:
    """What a training run made of one cue, with its figures on examples that were set apart;
    ``average_precision`` is None where none of these has it."""

    cue: str
    language: str
    examples: int
    average_precision: float | None
    digest: str


def turn_examples(folder: Path) -> list[Example]:
    """The labelled turns as examples (see above).

    Raises:
        ModelError: with every fault and its line.
    """
    examples = []
    contexts: dict[str, frozenset[str]] = {}
    for turn in read_turns(folder):
        says, weights = _unkind(turn)
        if turn.does is None:
            weights |= dict.fromkeys([*DOES, "admits"], 0.0)
        else:
            says |= {cue for cue, acts in DOES.items() if acts & turn.does}
            if "apologizes" in turn.does:
                weights["admits"] = 0.0  # what for is not told
        examples.append(Example("agent", turn.text, frozenset(says), weights, turn.context))
        if turn.context and turn.said is not None:
            contexts.setdefault(turn.context, turn.said)
    for text, said in contexts.items():
        examples.append(Example("customer", text, frozenset(cue for cue, acts in SAID.items() if acts & said), {}))
    return examples


def _unkind(turn: LabelledTurn) -> tuple[set[str], dict[str, float]]:
    """Which unkind cues a labelled turn has, and what it weighs as an example of those that nobody looked for."""
    if turn.cues is not None:
        return set(turn.cues), {}
    politeness = turn.ratings["politeness"]
    curt = dict.fromkeys(UNKIND - {"harsh"}, UNSAID) if politeness < 0.5 else {}
    return {"harsh"} if politeness == 0 else set(), curt


def train(data: Path, turns: Path, out: Path) -> Iterator[Trained]:
    """Train and write the learned cues of each language.

    Arguments:
        data: a folder with ``pl`` and ``en``, each holding examples; a language without any learns nothing.
        turns: a folder with ``pl`` and ``en``, each holding labelled turns.
        out: where the parameter files go.

    Raises:
        ModelError: the examples do not hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        written = read_examples(data / language)
        if not written:
            continue
        examples = written + turn_examples(turns / language)
        for speaker in SPEAKERS:
            own = [example for example in examples if example.who == speaker]
            yield from _train(language, speaker, own, out / f"learned.{language}.{speaker}.npz")


def _train(language: str, speaker: str, examples: Sequence[Example], path: Path) -> list[Trained]:
    """Train the cues of one speaker in a language; where none has examples enough, there is no file."""
    told = Counter(cue for example in examples for cue in example.says)
    cues = [cue for cue, of in LEARNED.items() if of == speaker and told[cue] >= LEAST_EXAMPLES]
    if not cues:
        return []
    names, scales, matrix = _matrix([_features(example) for example in examples])
    answers = [np.array([cue in example.says for example in examples]) for cue in cues]
    weights = [_weights(cue, examples, own) for cue, own in zip(cues, answers, strict=True)]
    models = [_fit(matrix, own, each) for own, each in zip(answers, weights, strict=True)]
    chance = random.Random(0)  # noqa: S311 (no secret)
    apart = np.array([chance.random() < 1 / FOLDS for _ in examples])
    unseen = np.stack([_unseen(matrix, own, each, apart) for own, each in zip(answers, weights, strict=True)], axis=1)
    alone = np.stack([model.coef_[0] * scales for model in models], axis=1)
    starts = np.array([model.intercept_[0] for model in models])
    columns, intercepts, precisions = [], {}, {}
    for column, (cue, own, each) in enumerate(zip(cues, answers, weights, strict=True)):
        shares, start = _leaning(unseen, column, own[apart], each[apart])
        columns.append(alone @ shares)
        intercepts[cue] = round(float(start + starts @ shares) * UNIT)
        precisions[cue] = _average_precision(unseen, column, own[apart], each[apart])
    rows = np.clip(np.rint(np.stack(columns, axis=1) * UNIT / STEP), -MOST, MOST).astype(int)
    kept = [number for number, row in enumerate(rows) if row.any()]
    table = {names[number]: rows[number].tolist() for number in kept}
    digest = learned.save(path, language, speaker, intercepts, table)
    return [Trained(cue, language, told[cue], precisions[cue], digest) for cue in cues]


def _weights(cue: str, examples: Sequence[Example], answers: Array) -> Array:
    """What each example weighs for a cue; those that have it ``SHARE`` of all."""
    weights = np.array([example.weights.get(cue, 1.0) for example in examples])
    weights[answers] *= SHARE / (1 - SHARE) * weights[~answers].sum() / weights[answers].sum()
    return weights


def _features(example: Example) -> tuple[list[str], list[str]]:
    """What an example is learned by: its own words, and what was said before."""
    said = line_of(tokens_of(example.text))[:MOST_WORDS]
    before = line_of(tokens_of(example.before))[:MOST_WORDS]
    return features(said), features_before(before)


def _matrix(seen: list[tuple[list[str], list[str]]]) -> tuple[list[str], Array, Any]:
    """The names of the features, how much each is made of, and their values: a row a text, a column a feature.

    A rare feature takes weight more easily than a common one (see ``rarity``), and what stands in a row more easily
    than single words, which are many more.
    """
    from scipy.sparse import csr_matrix

    counts = Counter(name for parts in seen for name in {*parts[0], *parts[1]})
    names = sorted(name for name, count in counts.items() if count >= LEAST_TIMES)
    index = {name: n for n, name in enumerate(names)}
    rarest = LEAST_TIMES / len(seen)
    scales = np.array([rarity(counts[name] / len(seen), rarest) * KINDS.get(name[0], 1.0) for name in names])
    indices, ends, values = [], [0], []
    for parts in seen:
        for part in parts:
            known = [index[name] for name in part if name in index]
            indices.extend(known)
            values.extend(scales[known] / np.sqrt(max(1, len(part))))
        ends.append(len(indices))
    matrix = csr_matrix((values, indices, ends), shape=(len(seen), len(names)))
    matrix.sum_duplicates()
    return names, scales, matrix


def _fit(matrix: Any, answers: Array, weights: Array) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-3, max_iter=1000).fit(
        matrix, answers, sample_weight=weights
    )


def _unseen(matrix: Any, answers: Array, weights: Array, apart: Array) -> Array:
    """The logits of the examples that are set apart, of a model that is learned from the others."""
    return np.asarray(_fit(matrix[~apart], answers[~apart], weights[~apart]).decision_function(matrix[apart]))


def _leaning(unseen: Array, cue: int, answers: Array, weights: Array) -> tuple[Array, float]:
    """By how much a cue leans on the logit of each cue, its own included, and what it starts from.

    The sum gets the mean and the spread of the cue's own logits: the penalty would bring its values together, and the
    limits that rules set should not depend on how much a cue leans.

    Arguments:
        unseen: the logits of all cues for each example.
        cue: the column of the one.
        answers, weights: of the examples, for the cue.
    """
    from sklearn.linear_model import LogisticRegression

    if answers.all() or not answers.any():
        return np.eye(unseen.shape[1])[cue], 0.0  # nothing tells how to lean
    own, spread = unseen[:, cue], unseen.std(axis=0)
    spread[spread == 0] = 1.0  # nothing is to be leaned on
    model = LogisticRegression(C=LEANING / weights.sum(), solver="newton-cholesky", tol=1e-8)
    shares = model.fit(unseen / spread, answers, sample_weight=weights).coef_[0] / spread
    summed = unseen @ shares
    times = own.std() / (summed.std() or 1.0)
    return shares * times, float(own.mean() - summed.mean() * times)


def _average_precision(unseen: Array, cue: int, answers: Array, weights: Array) -> float | None:
    """How well the cue ranks the examples that were set apart, each part of them leaning as the other parts tell."""
    from sklearn.metrics import average_precision_score

    if not answers.any():
        return None
    guesses = np.zeros(len(answers))
    folds = np.arange(len(answers)) % FOLDS
    for fold in range(FOLDS):
        kept = folds != fold
        shares, start = _leaning(unseen[kept], cue, answers[kept], weights[kept])
        guesses[~kept] = unseen[~kept] @ shares + start
    return round(float(average_precision_score(answers, guesses, sample_weight=weights)), 4)
