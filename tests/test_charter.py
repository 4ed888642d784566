"""The charter: what counts, and the total."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reviewqa.charter import Charter, Line, total
from reviewqa.errors import CharterError
from reviewqa.indicators import INDICATORS
from reviewqa.review import SCORES, STEPS, Flag, NotAssessable, Score, StepResult, Total

FLAGS = ("red_alert", "true_lies", "big_wait")


def step(outcome: str) -> StepResult:
    return StepResult(outcome=outcome, reason="so it is")


def weigh(
    lines: list[dict[str, object]],
    steps: dict[str, str] | None = None,
    flags: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    scores: dict[str, float | None] | None = None,
    indicators: dict[str, float | None] | None = None,
    on_critical: str = "zero",
) -> Total:
    charter = Charter(name="c", lines=[Line(**line) for line in lines], on_critical=on_critical)
    return total(
        charter,
        {name: step(outcome) for name, outcome in (steps or {}).items()},
        [Flag(id=name, severity="minor", reason="r", evidence=()) for name in flags],
        [NotAssessable(id=name, reason="r") for name in missing],
        {name: Score(value=value) for name, value in (scores or {}).items()},
        indicators or {},
    )


ACT, APOLOGIZE = {"step": "act", "weight": 30}, {"step": "apologize", "weight": 10}
ALERT = {"flag": "red_alert", "weight": 20, "critical": True}
POLITE = {"score": "politeness", "at_least": 0.5, "weight": 10}
QUICK = {"indicator": "first_response_s", "at_most": 60, "weight": 10}


def test_the_points_of_the_lines_that_count() -> None:
    result = weigh([ACT, APOLOGIZE, POLITE], {"act": "met", "apologize": "missed"}, scores={"politeness": 0.5})
    assert result.score == 80.0  # (30 + 10) / 50
    assert [line.points for line in result.lines] == [30.0, 0.0, 10.0]
    assert [line.id for line in result.lines] == ["step/act", "step/apologize", "score/politeness"]
    assert not result.critical_failed


def test_two_decimals() -> None:
    assert (
        weigh(
            [ACT, APOLOGIZE, {"step": "assess", "weight": 20}], {"act": "met", "apologize": "missed", "assess": "met"}
        ).score
        == 83.33
    )


@pytest.mark.parametrize("outcome", ["not_applicable", "cannot_tell"])
def test_a_step_that_does_not_apply_leaves_the_total(outcome: str) -> None:
    result = weigh([ACT, APOLOGIZE], {"act": outcome, "apologize": "met"})
    assert result.score == 100.0
    assert (result.lines[0].outcome, result.lines[0].points) == (outcome, None)


def test_nothing_that_counts_gives_no_score() -> None:
    result = weigh([ACT, QUICK, POLITE, ALERT], missing=("red_alert",))
    assert result.score is None
    assert {line.outcome for line in result.lines} == {"not_assessable"}
    assert not result.critical_failed


def test_a_flag_takes_its_points() -> None:
    lines = [ACT, {"flag": "big_wait", "weight": 10}]
    assert weigh(lines, {"act": "met"}, flags=("big_wait",)).score == 75.0
    assert weigh(lines, {"act": "met"}, flags=("red_alert",)).score == 100.0
    assert weigh(lines, {"act": "missed"}, missing=("big_wait",)).score == 0.0


@pytest.mark.parametrize(("value", "outcome"), [(0.5, "met"), (0.4999, "missed"), (None, "not_assessable")])
def test_a_score_has_to_reach_its_bound(value: float | None, outcome: str) -> None:
    assert weigh([POLITE], scores={"politeness": value}).lines[0].outcome == outcome


@pytest.mark.parametrize(
    ("value", "outcome"), [(60.0, "met"), (60.1, "missed"), (0.0, "met"), (None, "not_assessable")]
)
def test_an_indicator_has_to_stay_within_its_limit(value: float | None, outcome: str) -> None:
    assert weigh([QUICK], indicators={"first_response_s": value}).lines[0].outcome == outcome


def test_a_failed_critical_line_decides() -> None:
    result = weigh([ACT, ALERT], {"act": "met"}, flags=("red_alert",))
    assert (result.score, result.critical_failed) == (0.0, True)
    result = weigh([ACT, ALERT], {"act": "met"}, flags=("red_alert",), on_critical="show")
    assert (result.score, result.critical_failed) == (60.0, True)
    result = weigh([ACT, ALERT], {"act": "met"})
    assert (result.score, result.critical_failed) == (100.0, False)


def test_a_critical_line_of_weight_0_still_decides() -> None:
    result = weigh([ACT, {**ALERT, "weight": 0}], {"act": "met"}, flags=("red_alert",))
    assert (result.score, result.critical_failed) == (0.0, True)


def test_a_line_of_weight_0_changes_no_score() -> None:
    assert weigh([ACT, {**APOLOGIZE, "weight": 0}], {"act": "met", "apologize": "missed"}).score == 100.0


names = st.permutations([("step", n) for n in STEPS] + [("flag", n) for n in FLAGS]).map(lambda all_: all_[:6])
weights = st.integers(0, 4000).map(lambda quarters: quarters / 4)
outcomes = st.sampled_from(["met", "missed", "not_applicable", "cannot_tell"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, object]], dict[str, str], tuple[str, ...], tuple[str, ...]]:
    lines = [{kind: name, "weight": draw(weights), "critical": draw(st.booleans())} for kind, name in draw(names)]
    lines[0]["weight"] = draw(weights.filter(bool))
    steps = {name: draw(outcomes) for name in STEPS}
    flags, missing = draw(st.sets(st.sampled_from(FLAGS))), draw(st.sets(st.sampled_from(FLAGS)))
    return lines, steps, tuple(flags), tuple(missing - flags)


@given(cases(), st.sampled_from(["zero", "show"]))
def test_a_total_is_from_0_to_100_or_none(case, on_critical: str) -> None:
    result = weigh(*case, on_critical=on_critical)
    counted = [line for line in result.lines if line.points is not None and line.weight]
    assert (result.score is None) == (not counted)
    assert result.score is None or 0 <= result.score <= 100
    assert len(result.lines) == len(case[0])
    if result.critical_failed and on_critical == "zero":
        assert result.score in {0.0, None}


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_score(case, order: random.Random) -> None:
    lines, *rest = case
    shuffled = order.sample(lines, len(lines))
    assert weigh(shuffled, *rest).score == weigh(lines, *rest).score


@given(cases())
def test_lines_that_do_not_apply_change_no_score(case) -> None:
    lines, steps, flags, missing = case
    more = [*lines, {"score": "empathy", "at_least": 0.5, "weight": 500, "critical": True}, {**QUICK, "weight": 700}]
    assert weigh(more, steps, flags, missing).score == weigh(lines, steps, flags, missing).score


@given(cases())
def test_meeting_a_line_never_lowers_the_score(case) -> None:
    lines, steps, flags, missing = case
    before = weigh(lines, steps, flags, missing, on_critical="show").score
    better = weigh(
        lines, {n: "met" if o == "missed" else o for n, o in steps.items()}, (), missing, on_critical="show"
    ).score
    assert before is None or (better is not None and better >= before)


def test_the_default_charter_loads_and_knows_what_it_names() -> None:
    charter = Charter.default()
    assert {line.name for line in charter.lines if line.kind == "step"} == set(STEPS)
    assert {line.name for line in charter.lines if line.kind == "score"} <= set(SCORES)
    assert {line.name for line in charter.lines if line.kind == "indicator"} <= set(INDICATORS)
    assert (charter.limit_s("chat"), charter.limit_s("email"), charter.limit_s("phone")) == (600, 86400, 120)
    assert charter.limit_s(None) == 86400
    assert charter.digest == Charter.default().digest


def test_limits_are_the_charters_own() -> None:
    charter = Charter(name="c", lines=[Line(step="act", weight=1)], response_limit_s={"chat": 60})
    assert (charter.limit_s("chat"), charter.limit_s("phone")) == (60, 120)
    assert charter.digest != Charter(name="c", lines=[Line(step="act", weight=1)]).digest


def test_all_faults_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "charter.yaml"
    path.write_text(
        "name: ours\nlines:\n- {step: act, weight: -1}\n- {flag: red_alert, weight: 5, colour: red}\n", encoding="utf-8"
    )
    with pytest.raises(CharterError) as error:
        Charter.load(path)
    places = [fault.where for fault in error.value.faults]
    assert places == [f"{path}:3", f"{path}:4"]


def test_a_charter_is_never_changed() -> None:
    charter = Charter.default()
    with pytest.raises(ValidationError):
        charter.name = "other"  # type: ignore[misc]
