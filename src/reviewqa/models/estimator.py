"""The estimators, after scikit-learn's conventions: turns to features, and features to ratings. Needed to train only.

make_pipeline(TurnVectorizer("en"), RatingClassifier(C=0.05)).fit(texts, ratings).predict_proba(texts)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix, vstack
from scipy.special import comb, expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.models.features import LETTERS, rarity
from reviewqa.models.strategies import Strategies, strategies, word_classes
from reviewqa.models.sums import level
from reviewqa.models.words import ENDS, MARKS, NOTHING, normal, proper, sequence, starts, stem

Array = np.ndarray[Any, Any]

OF_STRATEGY, OF_MARK, OF_ROW, OF_CHARACTERS = 2.0, 0.5, 1.5, 0.5
"""How easily these features take weight, next to a word: a strategy is known to matter, a mark stands anywhere, and
words in a row say more than the same words apart."""


class TurnVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns to counts of words, pairs, starts of words, marks and politeness strategies.

    Arguments:
        language: ``pl`` or ``en``.
        least_turns: turns that a word or pair has to be in.
        alike: whether known pairs whose words begin alike have a feature together, besides their own.
        characters: lengths of character n-grams inside words, from and to; for studies, no shipped model has them.
        triples: whether three words in a row are features; for studies.
        requests: whether the word classes of ``strategies/requests.yaml`` are, alone, first and in pairs; for studies.
        sentiment: whether TextBlob's lexicon and scores are features (English); for studies.
    """

    def __init__(
        self,
        language: str = "en",
        *,
        least_turns: int = 3,
        alike: bool = False,
        characters: tuple[int, int] | None = None,
        triples: bool = False,
        requests: bool = False,
        sentiment: bool = False,
    ) -> None:
        self.language = language
        self.least_turns = least_turns
        self.alike = alike
        self.characters = characters
        self.triples = triples
        self.requests = requests
        self.sentiment = sentiment

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags

    def fit(self, X: Iterable[str], y: object = None) -> Self:  # noqa: N803
        """Learn which features there are.

        Arguments:
            X: texts of turns.
            y: not looked at.
        """
        self._fitted(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None) -> csr_matrix:  # noqa: N803
        """Learn which features there are, and return those of the same turns."""
        return self._matrix(self._fitted(X))

    def transform(self, X: Iterable[str]) -> csr_matrix:  # noqa: N803
        """The features of turns: a row a turn, a column a feature."""
        check_is_fitted(self, "features_")
        return self._matrix([self._counts(text) for text in _texts(X)])

    def levels(self, X: Iterable[str]) -> Array:  # noqa: N803
        """What the features of each turn are multiplied by in a levelled score (see ``sums.level``)."""
        check_is_fitted(self, "features_")
        lines = (sequence(self.language, tokens_of(text), self.tokens_, self.starts_) for text in _texts(X))
        return np.array([level(len(line) - line.count(NOTHING)) for line in lines])

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """The names of the columns: ``w=`` word, ``s=`` start, ``p=`` pair, ``q=`` pairs alike, ``m=`` mark,
        ``S=`` strategy."""
        check_is_fitted(self, "features_")
        return np.array(list(self.features_), dtype=object)

    def _fitted(self, X: Iterable[str]) -> list[Counter[str]]:  # noqa: N803
        texts = _texts(X)
        if not texts:
            raise ValueError("there are no turns to learn from")
        own = strategies(self.language)
        turns: Counter[str] = Counter()
        written: Counter[tuple[str, bool]] = Counter()
        for text in texts:
            tokens = tokens_of(text)
            words = {normal(self.language, word) for word in tokens.words} - {NOTHING}
            turns.update(words)
            turns.update({start for word in words if (start := stem(word)) is not None})
            written.update((normal(self.language, word), name) for word, name in set(proper(text, tokens)))
        named = {word for word, name in written if name and (word, False) not in written}
        kept = {token for token, count in turns.items() if count >= self.least_turns and token not in named}
        self.tokens_: dict[str, None] = dict.fromkeys(sorted(kept.union(own.tokens)))
        self.starts_ = starts(self.tokens_)
        self.alike_: dict[str, str] = {}
        counts = [self._counts(text) for text in texts]
        shares = Counter(name for row in counts for name in row)
        names = sorted(name for name, count in shares.items() if count >= self.least_turns)
        if self.alike:
            self.alike_ = {name: _begun(name) for name in names if name.startswith("p=")}
            for row in counts:
                self._add_alike(row)
            shares = Counter(name for row in counts for name in row)
            names = sorted({*names, *self.alike_.values()})
        self.features_: dict[str, int] = {name: column for column, name in enumerate(names)}
        rarest = self.least_turns / len(texts)
        self.scales_ = np.array([_scale(name, shares[name] / len(texts), rarest) for name in names])
        return counts

    def _counts(self, text: str) -> Counter[str]:
        own = strategies(self.language)
        tokens = tokens_of(text)
        line = sequence(self.language, tokens, self.tokens_, self.starts_)
        counts: Counter[str] = Counter()
        for token in line:
            counts.update(of_token(token))
        for pair in pairwise(line):
            if (name := of_pair(*pair)) is not None:
                counts[name] += 1
        counts.update(f"S={name}" for name in own.find(line))
        if self.triples:
            triples = zip(line, line[1:], line[2:], strict=False)
            counts.update("t=" + " ".join(triple) for triple in triples if NOTHING not in triple)
        if self.characters:
            words = {normal(self.language, word) for word in tokens.words} - {NOTHING}
            counts.update({f"c={part}" for word in words for part in _parts(f"<{word}>", *self.characters)})
        if self.requests:
            counts.update(_requests(tokens))
        if self.sentiment:
            counts.update(_sentiment(text, tokens.words))
        self._add_alike(counts)
        return counts

    def _add_alike(self, counts: Counter[str]) -> None:
        """Add what known pairs have together with those that begin alike."""
        for name in [name for name in counts if name in self.alike_]:
            counts[self.alike_[name]] += counts[name]

    def _matrix(self, rows: Sequence[Counter[str]]) -> csr_matrix:
        values, columns, ends = [], [], [0]
        for row in rows:
            for name, count in row.items():
                column = self.features_.get(name)
                if column is not None:
                    columns.append(column)
                    values.append(count * self.scales_[column])
            ends.append(len(columns))
        matrix = csr_matrix((values, columns, ends), shape=(len(rows), len(self.features_)), dtype=float)
        matrix.sort_indices()  # sums of floats depend on their order
        return matrix


def of_token(token: str) -> list[str]:
    """The features of one token."""
    if token in MARKS:
        return [f"m={token}"]
    if token in ENDS:
        return []
    start = stem(token)
    own = [f"w={token}"] if token and not token.endswith("*") else []
    return own if start is None else [*own, f"s={start}"]


def of_pair(left: str, right: str) -> str | None:
    """The feature of two tokens in a row; one for all three ends that may come before a word."""
    if not left or not right or (left in ENDS and right in ENDS) or left.endswith("*") or right.endswith("*"):
        return None
    return f"p=^ {right}" if left in ENDS else f"p={left} {right}"


def _begun(pair: str) -> str:
    """The feature that a pair has together with those whose words begin alike."""
    return "q=" + " ".join([word[:LETTERS] for word in pair[2:].split(" ")])


def strategies_of(own: Strategies, gram: Sequence[str]) -> list[str]:
    """The features of the strategies of which these tokens are a phrase."""
    return [f"S={name}" for name in own.of(gram)]


def _texts(X: Iterable[str]) -> list[str]:  # noqa: N803
    if isinstance(X, str):
        raise ValueError("turns are needed as a list of texts, not as one text")
    return [str(text) for text in X]


def _scale(name: str, share: float, rarest: float) -> float:
    kind = name[0]
    if kind == "S":
        return OF_STRATEGY
    if kind == "m":
        return OF_MARK
    return rarity(share, rarest) * {"p": OF_ROW, "q": OF_ROW, "t": OF_ROW, "c": OF_CHARACTERS}.get(kind, 1.0)


def _parts(word: str, shortest: int, longest: int) -> Iterable[str]:
    for length in range(shortest, longest + 1):
        for start in range(len(word) - length + 1):
            yield word[start : start + length]


def _requests(tokens: Tokens) -> list[str]:
    """The word classes of requests, those that start a sentence, and those of two words in a row."""
    known = word_classes()
    found = []
    before: Sequence[str] = ("^",)
    stops = frozenset(tokens.stops)
    for number, word in enumerate(tokens.words, 1):
        own = known.get(word.replace("'", ""), ())
        found += [f"r={name}" for name in own]
        found += [f"r={first} {name}" for first in before for name in own]
        before = ("^",) if number in stops else own
    size = int(1.5 * np.log2(len(tokens.words) + 1))
    return [*found, f"l={min(9, size)}", f"q={sum('?' in mark for mark in tokens.marks)}"]


def _sentiment(text: str, words: Sequence[str]) -> list[str]:
    """TextBlob's polarity and subjectivity of the turn in steps, and of its words."""
    from textblob.en import sentiment

    polarity, subjectivity = sentiment(text)
    steps = [f"b=polarity>{step / 4}" for step in range(-3, 4) if polarity > step / 4]
    steps += [f"b=subjectivity>{step / 4}" for step in range(0, 4) if subjectivity > step / 4]
    for word in words:
        of_word = sentiment.get(word)
        if of_word is not None:
            tone, own = of_word[None][:2]
            steps += [f"b=word>{step}" for step in (0.1, 0.45) if tone > step]
            steps += [f"b=word<-{step}" for step in (0.1, 0.45) if tone < -step]
            if own > 0.5:
                steps.append("b=word subjective")
    return steps


class RatingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Ratings on an ordered scale as binomial counts: one logit, additive over the features, gives the expected rating.

    With the classes in order 0..K, the rating of a turn is taken for the number of successes in K trials of one chance,
    whose logit is linear in the features. With two classes this is logistic regression. ``shares`` may be fitted too.

    Arguments:
        C: inverse strength of the L2 penalty.
        tol: of the optimiser; tight, so that rounded coefficients are the same on every run.
        max_iter: steps of the optimiser at most.
    """

    def __init__(self, C: float = 1.0, *, tol: float = 1e-6, max_iter: int = 1000) -> None:  # noqa: N803
        self.C = C
        self.tol = tol
        self.max_iter = max_iter

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.poor_score = True  # classes are taken for ordered, which made-up data are not
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to ratings.

        Arguments:
            X: features, turns by columns.
            y: the class of each turn; the order of the classes is that of the scale.
            sample_weight: of each turn.
        """
        X, y = validate_data(self, X, y, accept_sparse="csr")  # noqa: N806
        check_classification_targets(y)
        self.classes_, ranks = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"turns of one class only, {self.classes_[0]!r}; at least two are needed to learn from")
        return self._fit(X, ranks / (len(self.classes_) - 1), sample_weight)

    def fit_shares(self, X: Any, shares: Array, classes: Sequence[float], sample_weight: Any = None) -> Self:  # noqa: N803
        """Fit to ratings that may lie between two classes: shares of the scale, 0 to 1."""
        X = validate_data(self, X, accept_sparse="csr")  # noqa: N806
        self.classes_ = np.asarray(classes)
        return self._fit(X, np.asarray(shares, dtype=float), sample_weight)

    def _fit(self, X: Any, shares: Array, sample_weight: Any) -> Self:  # noqa: N803
        weights = np.ones(len(shares)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        if weights.shape != shares.shape:
            raise ValueError(f"sample_weight has shape {weights.shape}, turns {shares.shape}")
        twice = vstack([X, X]).tocsr() if hasattr(X, "tocsr") else np.vstack([X, X])
        model = LogisticRegression(C=self.C, solver="newton-cg", tol=self.tol, max_iter=self.max_iter)
        model.fit(twice, np.repeat([1, 0], len(shares)), np.concatenate([shares * weights, (1 - shares) * weights]))
        self.coef_ = model.coef_[0]
        self.intercept_ = float(model.intercept_[0])
        self.n_iter_ = int(model.n_iter_[0])
        return self

    def expected(self, X: Any) -> Array:  # noqa: N803
        """The expected share of the scale, 0 to 1."""
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, accept_sparse="csr", reset=False)  # noqa: N806
        return np.asarray(expit(X @ self.coef_ + self.intercept_))

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The chance of each class."""
        share = self.expected(X)[:, None]
        trials = len(self.classes_) - 1
        ranks = np.arange(trials + 1)
        return np.asarray(comb(trials, ranks) * share**ranks * (1 - share) ** (trials - ranks))

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The likeliest class."""
        chances = self.predict_proba(X)
        return np.asarray(self.classes_[chances.argmax(axis=1)])
