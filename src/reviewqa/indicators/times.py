"""The service times of a customer service office, as pure functions of the turns' times.

Sources: the indicators of service standards (time to first response, average time between responses, waiting time for
an agent, time to resolution) and the taxonomy's limits for a long wait. Bots, system events and notes stop no clock. A
time that is missing makes an indicator not assessable, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from reviewqa.conversation import Conversation

INDICATORS = ("first_response_s", "average_response_s", "longest_response_s", "waiting_s", "resolution_s")
"""All in seconds."""

NO_TIMES = "the conversation has no times"
NO_RESPONSE = "no agent's response follows a customer's turn with a time"
NO_QUEUE = "the time before the agent's first words is not recorded"
NOT_SETTLED = "the matter was not settled in this conversation"


@dataclass(frozen=True, slots=True)
class Indicators:
    """The times of one conversation.

    Arguments:
        values: for each of ``INDICATORS`` seconds, or None.
        reasons: for each None why.
        late: agents' turns that came after a wait over the limit, with the wait in seconds; None without times.
    """

    values: Mapping[str, float | None]
    reasons: Mapping[str, str]
    late: Mapping[int, float] | None


@dataclass(frozen=True, slots=True)
class _Moment:
    """A turn on the conversation's clock, in seconds."""

    turn: int
    role: str
    begin: float
    end: float


def indicators(conversation: Conversation, limit_s: float, settled: bool | None = None) -> Indicators:
    """Compute the service times.

    Arguments:
        conversation: with absolute times or offsets; the kind that more turns have is the clock.
        limit_s: a longer wait for an agent is late.
        settled: whether the matter was settled here; None where that is not known yet.

    Returns:
        First, average and longest response (from the customer's first unanswered turn, on the phone from the last word
        before it, to the agent's next turn), waiting
        (from the first event to the agent's first turn, where something came before it) and resolution (from the
        customer's first turn to the agent's last).
    """
    moments = _moments(conversation)
    spoken = [moment for moment in moments if moment.role in ("agent", "customer")]
    if not any(moment.role == "agent" for moment in spoken) or len(moments) < 2:
        return Indicators(dict.fromkeys(INDICATORS), dict.fromkeys(INDICATORS, NO_TIMES), None)
    responses = _responses(spoken, since_last=conversation.channel == "phone")
    waiting = _waiting(moments)
    late = {turn: seconds for turn, seconds in responses if seconds > limit_s}
    if conversation.channel == "phone":
        late.update({turn: silence for turn, silence in _silences(spoken) if silence > limit_s})
    if waiting is not None and waiting[1] > limit_s and moments[0].role in ("system", "bot"):
        late.setdefault(*waiting)  # a queue; from a customer's turn on the response says it
    gaps = [seconds for _, seconds in responses]
    values: dict[str, float | None] = {
        "first_response_s": gaps[0] if gaps else None,
        "average_response_s": round(sum(gaps) / len(gaps), 1) if gaps else None,
        "longest_response_s": max(gaps) if gaps else None,
        "waiting_s": None if waiting is None else waiting[1],
        "resolution_s": _resolution(spoken) if settled else None,
    }
    why = {"waiting_s": NO_QUEUE, "resolution_s": NOT_SETTLED}
    reasons = {name: why.get(name, NO_RESPONSE) for name, value in values.items() if value is None}
    return Indicators(values, reasons, dict(sorted(late.items())))


def unsettled(found: Indicators) -> Indicators:
    """The same times for a matter that turned out not to be settled: there is no time to resolution."""
    if found.values["resolution_s"] is None:
        return found
    reasons = {name: reason for name, reason in found.reasons.items() if name != "resolution_s"}
    return Indicators({**found.values, "resolution_s": None}, {**reasons, "resolution_s": NOT_SETTLED}, found.late)


def _moments(conversation: Conversation) -> list[_Moment]:
    """The turns that have a time, on one clock: absolute or offset, whichever more turns have."""
    turns = [(n, turn) for n, turn in enumerate(conversation.turns) if turn.role != "note"]
    absolute = [(n, turn.role, turn.time) for n, turn in turns if turn.time is not None]
    offsets = [(n, turn.role, turn.start_s, turn.end_s) for n, turn in turns if turn.start_s is not None]
    if len(offsets) >= len(absolute):
        return [_Moment(n, role, start, start if end is None else end) for n, role, start, end in offsets]
    first = absolute[0][2]
    seconds = [(n, role, (time - first).total_seconds()) for n, role, time in absolute]
    return [_Moment(n, role, second, second) for n, role, second in seconds]


def _responses(spoken: list[_Moment], since_last: bool) -> list[tuple[int, float]]:
    """(agent's turn, seconds since the customer's first turn that it answers, or, on the phone, since their last: a
    caller who talks on is not waiting). People who talk at once wait 0 seconds."""
    found: list[tuple[int, float]] = []
    asked: float | None = None
    for moment in spoken:
        if moment.role == "customer":
            asked = moment.end if asked is None or since_last else asked
        elif asked is not None:
            found.append((moment.turn, round(max(0.0, moment.begin - asked), 3)))
            asked = None
    return found


def _silences(spoken: list[_Moment]) -> list[tuple[int, float]]:
    """(agent's turn, seconds of silence before it): on the phone a silent hold, whoever spoke last."""
    return [
        (after.turn, round(after.begin - before.end, 3)) for before, after in pairwise(spoken) if after.role == "agent"
    ]


def _waiting(moments: list[_Moment]) -> tuple[int, float] | None:
    agent = next(moment for moment in moments if moment.role == "agent")
    first = moments[0]
    return None if first is agent else (agent.turn, round(max(0.0, agent.begin - first.begin), 3))


def _resolution(spoken: list[_Moment]) -> float | None:
    begin = next((moment.begin for moment in spoken if moment.role == "customer"), None)
    end = max(moment.end for moment in spoken if moment.role == "agent")
    return None if begin is None or end < begin else round(end - begin, 3)
