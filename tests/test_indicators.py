"""Service times, computed by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON, talk, turn
from reviewqa.conversation import Conversation, Turn
from reviewqa.indicators import INDICATORS, Indicators, indicators
from reviewqa.indicators.times import NO_QUEUE, NO_RESPONSE, NO_TIMES, NOT_SETTLED

CHAT = 600.0


def said(role: str, start: float, end: float | None = None) -> Turn:
    return turn(role, start_s=start, end_s=end)


def times(*turns: Turn, limit: float = CHAT, settled: bool | None = True, channel: str | None = "chat") -> Indicators:
    return indicators(talk(*turns, channel=channel), limit, settled)


def numbers(found: Indicators) -> tuple[float | None, ...]:
    assert tuple(found.values) == INDICATORS
    return tuple(found.values.values())


def test_a_chat() -> None:
    found = times(
        turn("c", at=0), turn("c", at=30), turn("a", at=90), turn("a", at=100), turn("c", at=160), turn("a", at=190)
    )
    # answers after 90 and 30 seconds; waiting from the first event; settled by the last agent's turn
    assert numbers(found) == (90.0, 60.0, 90.0, 90.0, 190.0)
    assert found.reasons == {}
    assert found.late == {}


def test_a_late_answer_is_told_with_its_wait() -> None:
    found = times(turn("c", at=0), turn("a", at=600), turn("c", at=700), turn("a", at=1301))
    assert found.late == {3: 601.0}
    assert found.values["longest_response_s"] == 601.0


def test_a_queue_before_the_agent_is_a_wait() -> None:
    found = times(
        turn("s", "in the queue", at=0),
        turn("b", "Welcome", at=5),
        turn("a", at=700),
        turn("c", at=710),
        turn("a", at=720),
    )
    assert numbers(found) == (10.0, 10.0, 10.0, 700.0, 10.0)
    assert found.late == {2: 700.0}


def test_an_agent_who_opens_has_no_queue() -> None:
    found = times(turn("a", at=0), turn("c", at=10), turn("a", at=25))
    assert numbers(found) == (15.0, 15.0, 15.0, None, 15.0)
    assert found.reasons == {"waiting_s": NO_QUEUE}


def test_bots_system_events_and_notes_stop_no_clock() -> None:
    found = times(
        turn("c", at=0), turn("b", at=1), turn("s", at=2), turn("n", at=3), turn("a", at=60), turn("n", at=900)
    )
    assert numbers(found) == (60.0, 60.0, 60.0, 60.0, 60.0)


def test_a_note_before_all_is_no_queue() -> None:
    assert times(turn("n", at=-500), turn("a", at=0), turn("c", at=5), turn("a", at=9)).values["waiting_s"] is None


def test_a_recording_counts_from_the_last_word_to_the_first() -> None:
    found = times(said("c", 0, 10), said("a", 12, 20), said("c", 21, 30), said("a", 30.5, 41))
    assert numbers(found) == (2.0, 1.2, 2.0, 12.0, 41.0)


def test_people_who_talk_at_once_wait_no_time() -> None:
    assert times(said("c", 0, 10), said("a", 8, 12)).values["first_response_s"] == 0.0


def test_silence_on_the_phone_is_a_wait_whoever_spoke_last() -> None:
    turns = (said("c", 0, 5), said("a", 6, 10), said("a", 140, 150))
    assert times(*turns, limit=120, channel="phone").late == {2: 130.0}
    assert times(*turns, limit=120, channel="chat").late == {}


def test_a_customer_who_talks_long_on_the_phone_is_no_wait() -> None:
    turns = (said("c", 0, 10), said("c", 11, 90), said("c", 91, 200), said("a", 201, 210))
    assert times(*turns, limit=120, channel="phone").late == {}


def test_the_clock_that_more_turns_have_is_taken() -> None:
    both = [turn("c", at=0, start_s=0), turn("a", at=500, start_s=3), turn("c", start_s=9), turn("a", start_s=10)]
    assert times(*both).values["first_response_s"] == 3.0
    both = [turn("c", at=0, start_s=0), turn("a", at=500, start_s=3), turn("c", at=600), turn("a", at=700)]
    assert times(*both).values["first_response_s"] == 500.0


def test_turns_without_a_time_are_passed_over() -> None:
    found = times(turn("c", at=0), turn("c"), turn("a"), turn("a", at=30), turn("c"), turn("a", at=90))
    assert numbers(found) == (30.0, 30.0, 30.0, 30.0, 90.0)


def test_zones_are_compared() -> None:
    from datetime import timezone

    warsaw = NOON.astimezone(timezone(timedelta(hours=1)))
    found = times(
        Turn(role="customer", text="x", time=NOON), Turn(role="agent", text="x", time=warsaw + timedelta(seconds=40))
    )
    assert found.values["first_response_s"] == 40.0


@pytest.mark.parametrize(
    "turns",
    [[], [turn("c"), turn("a")], [turn("c", at=0)], [turn("c", at=0), turn("c", at=5)], [turn("c"), turn("a", at=5)],
     [turn("n", at=0), turn("a", at=5)]],
    ids=["nothing", "no times", "one time", "no agent", "one time of an agent", "a note and an agent"],
)  # fmt: skip
def test_without_times_nothing_is_assessable(turns: list[Turn]) -> None:
    found = times(*turns)
    assert numbers(found) == (None,) * len(INDICATORS)
    assert found.reasons == dict.fromkeys(INDICATORS, NO_TIMES)
    assert found.late is None


def test_without_a_response_there_is_none() -> None:
    found = times(turn("a", at=0), turn("c", at=10))
    assert numbers(found)[:3] == (None, None, None)
    assert {found.reasons[name] for name in INDICATORS[:3]} == {NO_RESPONSE}
    assert found.late == {}


@pytest.mark.parametrize("settled", [None, False])
def test_what_is_not_settled_has_no_resolution(settled: bool | None) -> None:
    found = times(turn("c", at=0), turn("a", at=10), settled=settled)
    assert found.values["resolution_s"] is None
    assert found.reasons == {"resolution_s": NOT_SETTLED}


ROLES = st.sampled_from("acbsn")
MOMENTS = st.integers(0, 10_000_000).map(lambda ms: ms / 1000)
absolute = st.builds(lambda role, at: turn(role, at=at), ROLES, st.none() | MOMENTS)
recorded = st.builds(
    lambda role, at, lasts: said(role, at, None if lasts is None else at + lasts), ROLES, MOMENTS, st.none() | MOMENTS
)
mixed = st.one_of(
    st.lists(absolute, max_size=8), st.lists(recorded, max_size=8), st.lists(absolute | recorded, max_size=8)
)


def conversation(turns: list[Turn], channel: str | None) -> Conversation:
    return talk(*turns, channel=channel)


@given(mixed, st.sampled_from(["phone", "chat", None]), st.booleans())
def test_a_number_is_never_negative_and_none_has_its_reason(
    turns: list[Turn], channel: str | None, settled: bool
) -> None:
    found = indicators(conversation(turns, channel), 100.0, settled)
    assert all(value is None or value >= 0 for value in found.values.values())
    assert set(found.reasons) == {name for name, value in found.values.items() if value is None}
    assert all(found.reasons.values())
    for number, wait in (found.late or {}).items():
        assert turns[number].role == "agent"
        assert wait > 100.0


@given(mixed, st.integers(1, 10_000_000), st.sampled_from(["phone", "chat"]))
def test_moving_all_times_changes_nothing(turns: list[Turn], seconds: int, channel: str) -> None:
    def moved(old: Turn) -> Turn:
        later = {
            "time": old.time and old.time + timedelta(seconds=seconds),
            "start_s": None if old.start_s is None else old.start_s + seconds,
            "end_s": None if old.end_s is None else old.end_s + seconds,
        }
        return old.model_copy(update=later)

    one = indicators(conversation(turns, channel), 100.0, True)
    other = indicators(conversation([moved(old) for old in turns], channel), 100.0, True)
    assert one.values == pytest.approx(other.values, abs=0.002)
    assert one.reasons == other.reasons


@given(
    st.lists(absolute, min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(1, 8), st.sampled_from("sbn"), MOMENTS), max_size=5),
)
def test_what_bots_say_in_between_changes_nothing(turns: list[Turn], extra: list[tuple[int, str, float]]) -> None:
    first = next((number for number, one in enumerate(turns) if one.time is not None and one.role != "n"), None)
    if first is None or turns[first].role not in {"agent", "customer"}:
        return
    longer = list(turns)
    for place, role, at in extra:
        longer.insert(max(place, first + 1), turn(role, at=at))
    one, other = indicators(talk(*turns), 100.0, True), indicators(talk(*longer), 100.0, True)
    if one.late is not None and any(old.role == "customer" and old.time for old in turns):
        assert other.values == one.values
