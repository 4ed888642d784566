"""What many reviews come to, added up one by one, so that any number of them fits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from reviewqa.review import SCORES, STEPS, Review


@dataclass
class Mean:
    """An average of the values that are known."""

    count: int = 0
    total: float = 0.0

    def add(self, value: float | None) -> None:
        """Count a value; None is left out."""
        if value is not None:
            self.count += 1
            self.total += value

    @property
    def value(self) -> float | None:
        """None where no value is known."""
        return self.total / self.count if self.count else None


@dataclass
class Tally:
    """Counts and averages over conversations.

    Arguments:
        conversations: how many were added.
        criticals: how many failed a critical line.
        total: of the totals.
        steps: by step, how often each outcome was found.
        flags: by flag, in how many conversations it is present.
        scores: by score, of the conversations' values.
        first_response: of the first responses, in seconds.
    """

    conversations: int = 0
    criticals: int = 0
    total: Mean = field(default_factory=Mean)
    steps: dict[str, Counter[str]] = field(default_factory=lambda: {step: Counter() for step in STEPS})
    flags: Counter[str] = field(default_factory=Counter)
    scores: dict[str, Mean] = field(default_factory=lambda: {score: Mean() for score in SCORES})
    first_response: Mean = field(default_factory=Mean)

    def add(self, review: Review) -> None:
        """Count one more review."""
        self.conversations += 1
        self.criticals += review.total.critical_failed
        self.total.add(review.total.score)
        for step, result in review.steps.items():
            self.steps.setdefault(step, Counter())[result.outcome] += 1
        self.flags.update({flag.id for flag in review.flags})
        for name, score in review.scores.items():
            self.scores.setdefault(name, Mean()).add(score.value)
        self.first_response.add(review.indicators.get("first_response_s"))

    def share_met(self, step: str) -> float | None:
        """The share of a step's situations in which it was done, 0 to 1; None where no situation called for it."""
        called = self.steps[step]["met"] + self.steps[step]["missed"]
        return self.steps[step]["met"] / called if called else None

    @property
    def flags_by_count(self) -> list[tuple[str, int]]:
        """The flags that were found, the most frequent first."""
        return sorted(self.flags.items(), key=lambda item: (-item[1], item[0]))


def badness(review: Review) -> tuple[bool, float, int]:
    """What puts the worst reviews first: failed criticals, then low totals, then many flags; no total comes last."""
    score = review.total.score
    return (not review.total.critical_failed, float("inf") if score is None else score, -len(review.flags))
