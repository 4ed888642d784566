"""The method on the Stanford politeness corpus, kept beside the checkout: does it hold where others were measured?

    python benchmarks/politeness.py [--shared ../shared] [--seeds N]

The same vectorizer and classifier as for the shipped models, with the features for studies switched on (pieces of
words, triples, word classes, TextBlob's lexicon). Trained on all requests of a community, as shares by rank of their
normalised score; tested on the quartiles at both ends, by 10-fold cross-validation, and across communities. Nothing of
it is shipped.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from reviewqa.models.estimator import RatingClassifier, TurnVectorizer
from reviewqa.models.features import rarity

FOLDS = 10
STRENGTH = {"Wikipedia": 12.0, "Stack Exchange": 3.0}
"""Inverse regularisation, chosen by cross-validation in each; across communities that of the one learned on."""
KINDS = {"w": 1.0, "s": 1.0, "p": 1.5, "t": 1.5, "c": 0.5}
"""How easily words, words in a row and pieces of words take weight; the rare ones more easily, by a root."""
Array = np.ndarray[Any, Any]


class Community:
    """The requests of Wikipedia or of Stack Exchange."""

    def __init__(self, name: str, rows: list[dict[str, Any]]) -> None:
        self.name = name
        self.texts = [row["text"] for row in rows]
        labels = [row["labels"] for row in rows]
        scores = np.array([label["normalized_score"] for label in labels])
        self.shares = (rankdata(scores) - 0.5) / len(scores)
        quartiles = np.array([label["quartile"] for label in labels])
        self.ends = (quartiles == 1) | (quartiles == 4)
        self.polite = quartiles == 4


def learn(community: Community, rows: Array) -> Any:
    """Fit on some requests of a community; returns what scores texts."""
    vectorizer = TurnVectorizer("en", least_turns=2, characters=(3, 5), triples=True, requests=True, sentiment=True)
    features = vectorizer.fit_transform([community.texts[row] for row in rows])
    rare = [rarity(count / len(rows), power=0.5) for count in features.getnnz(axis=0)]
    kinds = [KINDS.get(name[0]) for name in vectorizer.features_]
    scales = np.array([1.0 if kind is None else kind * own for kind, own in zip(kinds, rare, strict=True)])
    classifier = RatingClassifier(C=STRENGTH[community.name], tol=1e-3)
    classifier.fit_shares(levelled(features, scales), community.shares[rows], (0, 1))
    return lambda texts: classifier.expected(levelled(vectorizer.transform(texts), scales))


def levelled(features: Any, scales: Array) -> Any:
    """Whether a feature is there, over the root of how many are: requests differ more in length than turns."""
    features = features.copy()
    sizes = np.diff(features.indptr)
    features.data = scales[features.indices] / np.sqrt(np.repeat(sizes, sizes))
    return features


def within(community: Community, seed: int) -> float:
    """Accuracy of 10-fold cross-validation on the ends."""
    folds = np.random.RandomState(seed).permutation(len(community.texts)) % FOLDS
    right = 0
    for fold in range(FOLDS):
        tested = np.flatnonzero((folds == fold) & community.ends)
        guesses = learn(community, np.flatnonzero(folds != fold))([community.texts[row] for row in tested]) > 0.5
        right += int((guesses == community.polite[tested]).sum())
    return right / int(community.ends.sum())


def across(learned: Community, tested: Community) -> float:
    """Accuracy on the ends of one community, learned on the other."""
    rows = np.flatnonzero(tested.ends)
    guesses = learn(learned, np.arange(len(learned.texts)))([tested.texts[row] for row in rows]) > 0.5
    return float((guesses == tested.polite[rows]).mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=Path(__file__).parents[1].parent / "shared")
    options.add_argument("--seeds", type=int, default=1, help="shuffles of the folds")
    given = options.parse_args()
    source = given.shared / "data" / "politeness" / "stanford.jsonl"
    if not source.is_file():
        sys.exit(f"{source} is not there; the corpus is kept outside the project")
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    wikipedia = Community("Wikipedia", [row for row in rows if row["labels"]["community"] == "Wikipedia"])
    exchange = Community("Stack Exchange", [row for row in rows if row["labels"]["community"] != "Wikipedia"])
    sys.stdout.write(f"Wikipedia -> Stack Exchange {across(wikipedia, exchange):.4f}\n")
    sys.stdout.write(f"Stack Exchange -> Wikipedia {across(exchange, wikipedia):.4f}\n")
    for community in (wikipedia, exchange):
        found = [within(community, seed) for seed in range(given.seeds)]
        sys.stdout.write(
            f"{community.name}, 10-fold: {np.mean(found):.4f} ({', '.join(f'{one:.4f}' for one in found)})\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
