"""What another set of rules makes of the same conversation: the verdicts that change, and the words of both sides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from reviewqa.review import Evidence, Review, Severity
from reviewqa.rules.model import RuleSet

_NEUTRAL = frozenset({"not_applicable", "absent", "not_assessable", "cannot_tell"})
"""Verdicts that a rule may bring or take with it without anything having changed."""


Verdict = tuple[str, Severity | None]
"""An outcome, and the severity of a flag."""


@dataclass(frozen=True, slots=True)
class Side:
    """One rule's verdict under one set of rules. ``outcome`` is empty where the set has no such rule; ``severity`` is
    that of a flag."""

    outcome: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity | None = None

    @property
    def verdict(self) -> Verdict:
        """What is said, without the words that it is said of."""
        return self.outcome, self.severity


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that is not the same under both sets. ``kind`` is ``step`` or ``flag``."""

    rule: str
    kind: str
    old: Side
    new: Side


@dataclass(frozen=True, slots=True)
class Difference:
    """One conversation under two sets of rules.

    Arguments:
        changes: the verdicts that differ; steps first, each group in the order of the new set.
        other_words: rules whose verdict stays while the words behind it differ.
        totals: the charter's total under the old and the new set; None where no line applies.
    """

    changes: tuple[Change, ...]
    other_words: tuple[str, ...]
    totals: tuple[float | None, float | None]


def difference(old: Review, new: Review, old_rules: RuleSet, new_rules: RuleSet) -> Difference:
    """Compare two reviews of the same conversation.

    Arguments:
        old, new: the reviews.
        old_rules, new_rules: the sets that made them.

    Returns:
        The verdicts that differ, by their outcome or severity. A rule that only one set has counts where it says
        something (a step met or missed, a flag present).
    """
    changes: list[Change] = []
    other_words: list[str] = []
    for kind, names in (
        ("step", dict.fromkeys([*new_rules.steps, *old_rules.steps])),
        ("flag", dict.fromkeys([*new_rules.anti_patterns, *old_rules.anti_patterns])),
    ):
        for name in names:
            before, after = _side(kind, name, old, old_rules), _side(kind, name, new, new_rules)
            added = {before.outcome, after.outcome} <= _NEUTRAL | {""} and "" in (before.outcome, after.outcome)
            if before.verdict != after.verdict and not added:
                changes.append(Change(name, kind, before, after))
            elif before.verdict == after.verdict and before.evidence != after.evidence:
                other_words.append(name)
    return Difference(tuple(changes), tuple(other_words), (old.total.score, new.total.score))


def _side(kind: str, name: str, review: Review, rules: RuleSet) -> Side:
    if kind == "step":
        step = review.steps.get(name)
        return Side("") if step is None else Side(step.outcome, step.evidence)
    for flag in review.flags:
        if flag.id == name:
            return Side("present", flag.evidence, flag.severity)
    if any(item.id == name for item in review.not_assessable):
        return Side("not_assessable")
    return Side("absent" if name in rules.anti_patterns else "")


@dataclass(slots=True)
class Changes:
    """The count over an archive.

    Arguments:
        conversations, changed: how many were reviewed, and in how many of them a verdict changes.
        moves: for each rule, old and new verdict the number of conversations.
        other_words: for each rule the conversations in which only its words differ.
    """

    conversations: int = 0
    changed: int = 0
    moves: Counter[tuple[str, Verdict, Verdict]] = field(default_factory=Counter)
    other_words: Counter[str] = field(default_factory=Counter)
    _sums: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _counts: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, found: Difference) -> None:
        """Count one conversation."""
        self.conversations += 1
        self.changed += bool(found.changes)
        self.moves.update((change.rule, change.old.verdict, change.new.verdict) for change in found.changes)
        self.other_words.update(found.other_words)
        for side, total in enumerate(found.totals):
            if total is not None:
                self._sums[side] += total
                self._counts[side] += 1

    @property
    def averages(self) -> tuple[float | None, float | None]:
        """The average total under the old and the new set, to two decimals."""
        both = zip(self._sums, self._counts, strict=True)
        old, new = (round(total / count, 2) if count else None for total, count in both)
        return old, new

    def ordered(self) -> list[tuple[str, Verdict, Verdict, int]]:
        """(rule, old, new, conversations), the most frequent first."""
        return sorted(((*move, n) for move, n in self.moves.items()), key=lambda move: (-move[3], str(move[:3])))
