"""Trains the learned cues from examples written for them and from the labelled turns. Like ``training`` it imports
scikit-learn; reviews never load it.

An example says which cues are heard in it, perhaps none. Of the labelled turns the rudest (politeness 1) are harsh, the
others are not; the civil ones (3 and more) have none of the other cues of the kind, and of the curt ones nobody said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.errors import Fault, ModelError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import tokens_of
from reviewqa.models import learned
from reviewqa.models.training import read_turns
from reviewqa.review import LEARNED

FOLDS = 5
UNKIND = frozenset({"harsh", "unwilling", "hiding", "self_first", "unsure", "deceit"})
"""The cues of which a civil labelled turn has none."""
DOES = {
    "heard": frozenset({"acknowledges"}),
    "looks_in": frozenset({"asks", "finds"}),
    "acts": frozenset({"acts", "answers", "offers"}),
    "follows_up": frozenset({"commits", "checks"}),
}
"""Which of the things that a labelled turn does make which cue."""
SAID = {
    "trouble": frozenset({"trouble", "waited", "promised", "misunderstood"}),
    "waited": frozenset({"waited"}),
    "promised": frozenset({"promised"}),
    "chases": frozenset({"chases"}),
    "misunderstood": frozenset({"misunderstood"}),
}
"""The same for the customer's turn before it."""
STRENGTH = 20.0
"""Inverse regularisation, chosen by cross-validation."""
LEAST_EXAMPLES = 40
"""A cue with fewer examples in a language is not learned there."""
LEAST_TIMES = 2
"""A feature that fewer examples have says nothing."""
SHARE = 0.2
"""What the examples that have a cue weigh together, so that the values mean the same however many there are."""
OF_OTHERS = {who: {cue: 0.0 for cue, speaker in LEARNED.items() if speaker != who} for who in ("agent", "customer")}
"""A turn of the one says nothing of the cues of the other."""
UNSAID = 0.3
"""What a curt turn weighs as an example of not having a cue that nobody looked for in it."""


@dataclass(frozen=True)
class Example:
    """A turn, the cues heard in it, and for each cue how much it weighs (1 where it is not told)."""

    text: str
    says: frozenset[str]
    weights: dict[str, float]


@dataclass(frozen=True)
class Trained:
    """What a training run made of one cue, with its figures on examples that the fold had not seen."""

    cue: str
    language: str
    examples: int
    average_precision: float
    digest: str


def read_examples(folder: Path) -> list[Example]:
    """Read all ``*.jsonl`` of a folder: one object a line, ``text``, ``says`` (a list of learned cues) and, if need be,
    ``who`` (agent, if not said, or customer) and ``unsaid`` (the cues that nobody looked for in it).

    Raises:
        ModelError: with every fault and its line.
    """
    faults: list[Fault] = []
    examples: list[Example] = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                says = frozenset(row["says"])
                who = row.get("who", "agent")
                if not isinstance(row["text"], str) or who not in OF_OTHERS or not says <= set(LEARNED):
                    raise ValueError(f"who takes {', '.join(OF_OTHERS)}, says takes {', '.join(LEARNED)}")
            except (ValueError, KeyError, TypeError) as error:
                faults.append(Fault(f"{path}:{number}", f"is no example of a learned cue: {error}"))
            else:
                unsaid = OF_OTHERS[who] | dict.fromkeys(row.get("unsaid", ()), 0.0)
                if says & UNKIND and "harsh" not in says:
                    unsaid["harsh"] = 0.0
                examples.append(Example(row["text"], says, unsaid))
    if faults:
        raise ModelError(faults)
    return examples


def turn_examples(folder: Path) -> list[Example]:
    """The labelled turns as examples (see above).

    Raises:
        ModelError: with every fault and its line.
    """
    curt = dict.fromkeys(UNKIND - {"harsh"}, UNSAID)
    examples = []
    contexts: dict[str, frozenset[str]] = {}
    for turn in read_turns(folder):
        politeness = turn.ratings["politeness"]
        says = {"harsh"} if politeness == 0 else set()
        weights = OF_OTHERS["agent"] | (curt if politeness < 0.5 else {})
        if turn.does is None:
            weights |= dict.fromkeys(DOES, 0.0)
        else:
            says.update(cue for cue, acts in DOES.items() if acts & turn.does)
        examples.append(Example(turn.text, frozenset(says), weights))
        if turn.context and turn.said is not None:
            contexts.setdefault(turn.context, turn.said)
    for text, said in contexts.items():
        says = {cue for cue, acts in SAID.items() if acts & said}
        examples.append(Example(text, frozenset(says), OF_OTHERS["customer"]))
    return examples


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
        cues = [cue for cue in LEARNED if sum(cue in example.says for example in examples) >= LEAST_EXAMPLES]
        names, matrix = _matrix([_features(example.text) for example in examples])
        columns, intercepts, figures = [], {}, {}
        for cue in cues:
            answers = np.array([cue in example.says for example in examples])
            weights = np.array([example.weights.get(cue, 1.0) for example in examples])
            weights[answers] *= SHARE / (1 - SHARE) * weights[~answers].sum() / weights[answers].sum()
            figures[cue] = (int(answers.sum()), _average_precision(matrix, answers, weights))
            model = _fit(matrix, answers, weights)
            intercepts[cue] = round(float(model.intercept_[0]), 4)
            columns.append(model.coef_[0])
        rows = np.stack(columns, axis=1).round(4).tolist()
        path = out / f"learned.{language}.npz"
        digest = learned.save(path, language, intercepts, dict(zip(names, rows, strict=True)))
        for cue, (examples_of, precision) in figures.items():
            yield Trained(cue, language, examples_of, round(precision, 4), digest)


def _features(text: str) -> list[str]:
    words = [learned.plain(word) for word in tokens_of(text).words[: learned.MOST_WORDS]]
    return [name for word in dict.fromkeys(words) for name in learned.word_features(word)]


def _matrix(seen: list[list[str]]) -> tuple[list[str], Any]:
    from scipy.sparse import csr_matrix

    counts = Counter(name for row in seen for name in set(row))
    names = sorted(name for name, count in counts.items() if count >= LEAST_TIMES)
    index = {name: n for n, name in enumerate(names)}
    indices, ends, values = [], [0], []
    for row in seen:
        known = [index[name] for name in row if name in index]
        indices.extend(known)
        values.extend([1 / np.sqrt(max(1, len(row)))] * len(known))
        ends.append(len(indices))
    matrix = csr_matrix((values, indices, ends), shape=(len(seen), len(names)))
    matrix.sum_duplicates()
    return names, matrix


def _fit(matrix: Any, answers: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, solver="liblinear", tol=1e-4, max_iter=1000).fit(
        matrix, answers, sample_weight=weights
    )


def _average_precision(matrix: Any, answers: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> float:
    """How well the cue ranks examples that its fold had not seen."""
    from sklearn.metrics import average_precision_score

    guesses = np.zeros(len(answers))
    folds = np.arange(len(answers)) % FOLDS
    for fold in range(FOLDS):
        model = _fit(matrix[folds != fold], answers[folds != fold], weights[folds != fold])
        guesses[folds == fold] = model.decision_function(matrix[folds == fold])
    return float(average_precision_score(answers, guesses, sample_weight=weights))
