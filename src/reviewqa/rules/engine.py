"""Runs the rules over a reading: conditions in, findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from reviewqa.conversation import Conversation, agent_name
from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.made import made
from reviewqa.review import Evidence, Flag, NotAssessable, Outcome, StepResult
from reviewqa.rules.logic import Logic
from reviewqa.rules.model import LoadedAntiPattern, LoadedStep, RuleSet
from reviewqa.rules.reading import OF_SCORE, Listener, Place, Reading, Unheard

SEARCHED = ("agent", "customer", "system")
MOST_EVIDENCE = 3
LONGEST_EVIDENCE = 400
"""Characters. A longer place is quoted from its start."""


def tokenize(conversation: Conversation) -> list[Tokens | None]:
    """The words of the turns in which cues are looked for; None for bots and notes."""
    return [tokens_of(turn.text) if turn.role in SEARCHED else None for turn in conversation.turns]


def read(
    rules: RuleSet,
    conversation: Conversation,
    language: str,
    tokens: Sequence[Tokens | None],
    late: Mapping[int, float] | None = None,
    scores: Mapping[str, Mapping[int, float]] | None = None,
    heard: Listener | None = None,
) -> Reading:
    """Find all cues of a conversation.

    Arguments:
        rules: the cues to look for.
        conversation: agents' and customers' turns are read; bots, system events and notes are not.
        language: ``pl`` or ``en``.
        tokens: for each turn its words (see ``tokenize``).
        late: see ``Reading``.
        scores, heard: see ``Reading``.
    """
    hits: dict[str, list[Place]] = {}
    reading = Reading(conversation, hits, tokens, late, scores or {}, heard or Unheard())
    finders = {speaker: rules.finder(language, speaker) for speaker in SEARCHED}
    for number, (role, said) in enumerate(zip(reading.roles, tokens, strict=True)):
        if said is not None:
            finders[role].gather(said, number, hits)
    return reading


def run_steps(rules: RuleSet, reading: Reading) -> dict[str, StepResult]:
    """The outcome of every step."""
    return {name: _step(step, rules.logic, reading) for name, step in rules.steps.items()}


def run_anti_patterns(rules: RuleSet, reading: Reading) -> tuple[tuple[Flag, ...], tuple[NotAssessable, ...]]:
    """The anti-patterns that are present, the most severe first, and those that could not be assessed."""
    flags: list[Flag] = []
    missing: list[NotAssessable] = []
    for name, rule in rules.anti_patterns.items():
        flag = _flag(rule, rules.logic, reading)
        if flag is not None:
            flags.append(flag)
        elif rule.file.needs_times is not None and reading.late is None:
            missing.append(NotAssessable(id=name, reason=rule.file.needs_times.en))
    rank = {"critical": 0, "major": 1, "minor": 2}
    flags.sort(key=lambda flag: (rank[flag.severity], flag.id))
    return tuple(flags), tuple(missing)


def _step(step: LoadedStep, logic: Logic, reading: Reading) -> StepResult:
    reasons = step.file.reasons
    met = logic.find(step.met, reading)
    if met is not None:
        return _result("met", reasons.met.en, evidence(met, reading))
    applies = logic.find(step.applies, reading)
    if applies is None:
        return _not_applicable(reasons.not_applicable.en)
    trigger = next((place.turn for place in applies if reading.roles[place.turn] == "customer"), None)
    searched = tuple(turn for turn in reading.agent_turns if trigger is None or turn > trigger)
    return _result("missed", reasons.missed.en, (), trigger, searched or tuple(reading.agent_turns))


def _result(
    outcome: Outcome,
    reason: str,
    shown: tuple[Evidence, ...],
    trigger: int | None = None,
    searched: tuple[int, ...] = (),
) -> StepResult:
    values = {"outcome": outcome, "reason": reason, "evidence": shown, "trigger": trigger, "searched": searched}
    return made(StepResult, values)


@lru_cache(256)
def _not_applicable(reason: str) -> StepResult:
    """The result of a step that nothing called for: the same in every conversation, so one may be shared."""
    return StepResult(outcome="not_applicable", reason=reason)


def _flag(rule: LoadedAntiPattern, logic: Logic, reading: Reading) -> Flag | None:
    present = logic.find(rule.present, reading)
    if not present or (rule.unless is not None and logic.find(rule.unless, reading) is not None):
        return None
    found = evidence(present, reading)
    file = rule.file
    return made(Flag, {"id": rule.id, "severity": file.severity, "reason": file.reason.en, "evidence": found})


def evidence(places: Sequence[Place], reading: Reading) -> tuple[Evidence, ...]:
    """At most three places, the clearest first, from different turns as far as there are any."""
    first_of: dict[int, Place] = {}
    for place in places:
        if first_of.setdefault(place.turn, place) is place and len(first_of) == MOST_EVIDENCE:
            break
    chosen = [reading.carried(place) for place in first_of.values()]
    for place in places:
        if len(chosen) == MOST_EVIDENCE:
            break
        if first_of.get(place.turn) is place:
            continue  # chosen already
        carried = reading.carried(place)
        if not any(_overlap(carried, other) for other in chosen):
            chosen.append(carried)
    return tuple([_quoted(place, reading) for place in chosen])


def _overlap(one: Place, other: Place) -> bool:
    """Whether two places share a character, or are the same."""
    return one.turn == other.turn and ((one.start < other.end and other.start < one.end) or one == other)


def _quoted(place: Place, reading: Reading) -> Evidence:
    number, start, end, cue, gap_s = place
    turn = reading.conversation.turns[number]
    end = min(end, start + LONGEST_EVIDENCE)
    values = {
        "turn": number,
        "start": start,
        "end": end,
        "text": turn.text[start:end],
        "cue": cue,
        "agent": agent_name(turn) if reading.roles[number] == "agent" else None,
        "gap_s": gap_s,
        "because": reading.heard.because(cue[len(OF_SCORE) :], number) if cue.startswith(OF_SCORE) else (),
    }
    return made(Evidence, values)
