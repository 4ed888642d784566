"""What comes out: one review of one conversation, plain frozen data that every face renders.

The shape is the contract with other tools; ``docs/review.schema.json`` is made from these models and tested against.
Verdicts name their words: ``conversation.turns[e.turn].text[e.start:e.end] == e.text`` for every evidence ``e``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

Outcome = Literal["met", "missed", "not_applicable", "cannot_tell"]
Severity = Literal["minor", "major", "critical"]
Skill = Literal["communication", "empathy", "flexibility", "patience", "time management"]
"""A soft skill that training can build on."""
LineOutcome = Literal["met", "missed", "not_applicable", "cannot_tell", "not_assessable"]

STEPS = ("acknowledge", "apologize", "assess", "act", "follow_up")
"""The five A's of a customer service charter, in the order in which they are done."""

SCORES = ("politeness", "empathy")
"""What models score of agents' turns."""

LEARNED = {
    "harsh": "agent", "unwilling": "agent", "hiding": "agent", "self_first": "agent", "unsure": "agent",
    "deceit": "agent", "heard": "agent", "looks_in": "agent", "acts": "agent", "follows_up": "agent",
    "identifies": "agent", "redirects": "agent", "refuses": "agent", "holds": "agent",
    "admits": "agent",
    "trouble": "customer", "waited": "customer", "promised": "customer", "chases": "customer",
    "misunderstood": "customer", "requests": "customer", "settled": "customer", "leaves": "customer",
}  # fmt: skip
"""What further models hear, and in whose turns, for rules only (``data/cues``, ``data/turns``): no score of a review,
but a cue that was learned instead of written. A language may lack some."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Frozen):
    """The words behind a verdict.

    ``turn`` counts from 0; ``start`` and ``end`` are offsets, in characters, into the turn's original text; ``cue`` is
    the cue or the condition that found them; ``agent`` names the speaker of an agent's turn; ``gap_s`` is the wait in
    seconds where the wait is what counts; ``because`` has, for a learned cue, the words that made it, alone or with
    their neighbours (``↑`` before a word that the customer had said before), and what each adds to the logit.
    """

    turn: int
    start: int
    end: int
    text: str
    cue: str
    agent: str | None = None
    gap_s: float | None = None
    because: tuple[tuple[str, float], ...] = ()


class StepResult(_Frozen):
    """One of the five A's (or a sales stage). ``trigger`` is the customer's turn that called for it."""

    outcome: Outcome
    reason: str
    evidence: tuple[Evidence, ...] = ()
    trigger: int | None = None
    searched: tuple[int, ...] = ()


class Flag(_Frozen):
    """An anti-pattern that is present (L. Berry's ten common complaints)."""

    id: str
    severity: Severity
    reason: str
    evidence: tuple[Evidence, ...]


class NotAssessable(_Frozen):
    """A flag, indicator or score that this conversation cannot give, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TurnScore:
    """A model's number for one agent turn, 0 to 1, and the words that moved it most: (words, weight on the logit).

    A plain dataclass, checked where it comes from outside: there are two for every turn of an agent.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    turn: int
    value: float
    because: tuple[tuple[str, float], ...] = ()


class Score(_Frozen):
    """A model's number for the conversation, 0 to 1 (None where no turn could be scored), and for each turn."""

    value: float | None
    turns: tuple[TurnScore, ...] = ()

    def by_turn(self) -> dict[int, float]:
        """The value of each scored turn."""
        return {turn.turn: turn.value for turn in self.turns}


class TotalLine(_Frozen):
    """One line of the charter, as this conversation met it. ``points`` is None where the line does not count."""

    id: str
    outcome: LineOutcome
    weight: float
    critical: bool
    points: float | None
    because: str


class Total(_Frozen):
    """The weighted total, 0 to 100; None where no line applies. A failed critical line decides (see the charter)."""

    score: float | None
    critical_failed: bool
    lines: tuple[TotalLine, ...]


class Coaching(_Frozen):
    """A soft skill that training can build on, and the words that show the need."""

    skill: str
    why: str
    evidence: tuple[Evidence, ...]


class Versions(_Frozen):
    """What made the review; the same input and versions give the same bytes."""

    package: str
    rules: str
    charter: str
    models: str


class Review(_Frozen):
    """Everything that was concluded of one conversation."""

    conversation_id: str
    language: str | None
    channel: str | None
    agents: tuple[str, ...]
    steps: dict[str, StepResult]
    flags: tuple[Flag, ...]
    not_assessable: tuple[NotAssessable, ...]
    scores: dict[str, Score]
    indicators: dict[str, float | None]
    sales: dict[str, StepResult] | None = None
    principles: dict[str, float | None] | None = None
    total: Total
    coaching: tuple[Coaching, ...] | None = None
    versions: Versions
