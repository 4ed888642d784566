"""From verdicts to one number: the weighted total of a charter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from reviewqa.charter.model import Charter
from reviewqa.made import made
from reviewqa.review import Flag, LineOutcome, NotAssessable, Score, StepResult, Total, TotalLine

PRESENT = "present in the conversation"
ABSENT = "not found in the conversation"
ENOUGH = "reaches the charter's bound"
TOO_LOW = "stays below the charter's bound"
IN_TIME = "within the charter's limit"
TOO_LATE = "over the charter's limit"
NO_VALUE = "cannot be assessed here"


def total(
    charter: Charter,
    steps: Mapping[str, StepResult],
    flags: Sequence[Flag],
    not_assessable: Sequence[NotAssessable],
    scores: Mapping[str, Score],
    indicators: Mapping[str, float | None],
) -> Total:
    """Weigh the verdicts of one conversation.

    Returns:
        A score from 0 to 100, two decimals: the points of the lines over the weights of the lines that count. A line
        that is not applicable, cannot be told or cannot be assessed leaves both. None where no line counts.
    """
    present = {flag.id for flag in flags}
    missing = {item.id for item in not_assessable}
    lines = []
    points = weights = 0.0
    failed = False
    for line in charter.lines:
        of, kind, name, bound, weight, critical = line.parts
        outcome, because = _outcome(kind, name, bound, steps, present, missing, scores, indicators)
        gained = weight if outcome == "met" else 0.0 if outcome == "missed" else None
        lines.append(_weighed(of, outcome, weight, critical, gained, because))
        if gained is not None:
            points += gained
            weights += weight
            failed = failed or (critical and outcome == "missed")
    score = round(100 * points / weights, 2) if weights else None
    if failed and score is not None and charter.on_critical == "zero":
        score = 0.0
    return made(Total, {"score": score, "critical_failed": failed, "lines": tuple(lines)})


@lru_cache(4096)
def _weighed(
    name: str, outcome: LineOutcome, weight: float, critical: bool, points: float | None, because: str
) -> TotalLine:
    """A line of the total; the same lines come in every conversation, and frozen ones may be shared."""
    return TotalLine(id=name, outcome=outcome, weight=weight, critical=critical, points=points, because=because)


def _outcome(
    kind: str,
    name: str,
    bound: float | None,
    steps: Mapping[str, StepResult],
    present: set[str],
    missing: set[str],
    scores: Mapping[str, Score],
    indicators: Mapping[str, float | None],
) -> tuple[LineOutcome, str]:
    if kind == "step":
        step = steps.get(name)
        return ("not_assessable", NO_VALUE) if step is None else (step.outcome, step.reason)
    if kind == "flag":
        if name in present:
            return "missed", PRESENT
        return ("not_assessable", NO_VALUE) if name in missing else ("met", ABSENT)
    if kind == "score":
        value = scores[name].value if name in scores else None
        if value is None or bound is None:
            return "not_assessable", NO_VALUE
        return ("met", ENOUGH) if value >= bound else ("missed", TOO_LOW)
    seconds = indicators.get(name)
    if seconds is None or bound is None:
        return "not_assessable", NO_VALUE
    return ("met", IN_TIME) if seconds <= bound else ("missed", TOO_LATE)
