"""What comes in: a conversation as it was held. Nothing here is ever rewritten."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Role = Literal["agent", "customer", "bot", "system", "note"]
"""agent: a person or an AI that serves; bot: a menu or automatic notice; system: an event; note: internal."""

Channel = Literal["chat", "email", "phone", "ticket", "social"]

LANGUAGE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$"
"""What a language tag looks like."""


class Turn(BaseModel):
    """One thing that somebody said or wrote.

    Arguments:
        role: who spoke, by function.
        text: the original words, unchanged.
        speaker: the name or key of the person, where known; tells several agents apart.
        time: the absolute time of the turn (ISO 8601), where known.
        start_s: seconds from the start of the recording to the first word, where known.
        end_s: seconds from the start of the recording to the last word, where known.
        ai: an agent that is a machine. It is judged like any agent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    text: str
    speaker: str | None = None
    time: datetime | None = None
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    end_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    ai: bool = False

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.start_s is not None and self.end_s is not None and self.end_s < self.start_s:
            raise ValueError(f"end_s {self.end_s} is before start_s {self.start_s}; it has to be the same or later")
        return self


class Conversation(BaseModel):
    """One contact between a customer and the organisation, from its first word to its last.

    Arguments:
        id: the name of the conversation in its archive.
        turns: in the order of the source; may be empty.
        channel: how it was held, where known.
        language: the declared language, a tag such as ``pl`` or ``en-GB``; detected where it is None.
        meta: further values of the source (team, tags); kept, never seen by rules.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1)]
    turns: tuple[Turn, ...]
    channel: Channel | None = None
    language: Annotated[str, Field(pattern=LANGUAGE)] | None = None
    meta: dict[str, object] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _times_can_be_compared(self) -> Self:
        kinds = {turn.time.utcoffset() is not None for turn in self.turns if turn.time is not None}
        if len(kinds) > 1:
            raise ValueError("some turns' times have a zone and some have none; give all of them a zone or none")
        return self

    @property
    def roles(self) -> list[Role]:
        """Who spoke, turn by turn. Where many turns are looked through it is asked for once: a field of a turn takes as
        long as thirty items of a list."""
        return [turn.role for turn in self.turns]

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents' names in order of appearance; an agent without a name is ``agent``."""
        return tuple(dict.fromkeys(agent_name(turn) for turn in self.turns if turn.role == "agent"))


def agent_name(turn: Turn) -> str:
    """The name that reports give the speaker of an agent's turn."""
    return turn.speaker or "agent"
