"""A conversation as rules see it: who spoke when, and what was found in the words. No rule sees their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reviewqa.conversation import Conversation, Role
from reviewqa.language.finder import Place
from reviewqa.language.tokens import Tokens

__all__ = ["OF_SCORE", "Listener", "Place", "Reading", "Unheard"]

OF_SCORE = "score/"
"""What the cue of a place begins with that a model found."""


class Listener(Protocol):
    """What tells more of the values that models gave turns (``models.learned.Heard``)."""

    def clearest(self, cue: str, turn: int, /) -> int | None:
        """The number of the sentence that carries the value of a turn, where that is known."""

    def because(self, cue: str, turn: int, /) -> tuple[tuple[str, float], ...]:
        """The words that made the value, with their weights."""


class Unheard:
    """Where nobody listened: no sentence and no words for any value."""

    def clearest(self, _cue: str, _turn: int, /) -> None:
        return None

    def because(self, _cue: str, _turn: int, /) -> tuple[()]:
        return ()


@dataclass(slots=True)
class Reading:
    """All that the conditions of rules may ask about.

    Arguments:
        conversation: as it was read.
        hits: for each cue its places, in the order of the conversation.
        tokens: for each turn its words, quoted history left out; None for turns that are not searched.
        late: agents' turns that came after a wait over the charter's limit, with the wait in seconds; None where the
            conversation has no times to tell.
        scores: for each model the values of the agents' turns, 0 to 1.
        heard: tells of learned cues which sentence of a turn carries them, and which of its words.
    """

    conversation: Conversation
    hits: Mapping[str, Sequence[Place]]
    tokens: Sequence[Tokens | None]
    late: Mapping[int, float] | None = None
    scores: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    heard: Listener = field(default_factory=Unheard)
    roles: list[Role] = field(init=False)
    spoken: list[int] = field(init=False)
    position: dict[int, int] = field(init=False)
    agent_turns: list[int] = field(init=False)
    customer_turns: list[int] = field(init=False)
    words: list[Sequence[str]] = field(init=False)
    ranges: dict[str, tuple[float, float]] = field(init=False, default_factory=dict)
    bags: dict[int, frozenset[str] | None] = field(init=False, default_factory=dict)
    first_sentences: dict[int, tuple[int, int]] = field(init=False, default_factory=dict)
    settled: dict[object, tuple[Place, ...] | None] = field(init=False, default_factory=dict)
    positions: dict[str, set[int]] = field(init=False, default_factory=dict)
    turn_places: dict[tuple[str, int], list[Place]] = field(init=False, default_factory=dict)
    repeated: dict[tuple[str, int, float, bool], list[Place]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.roles = self.conversation.roles
        self.words = [() if said is None else said.words for said in self.tokens]
        self.agent_turns = [n for n, role in enumerate(self.roles) if role == "agent"]
        self.customer_turns = [n for n, role in enumerate(self.roles) if role == "customer"]
        self.spoken = sorted(self.agent_turns + self.customer_turns)
        self.position = {turn: number for number, turn in enumerate(self.spoken)}

    def turns_of(self, role: str) -> list[int]:
        """The turns of the agents or of the customers."""
        return self.agent_turns if role == "agent" else self.customer_turns

    def stops(self, turn: int) -> list[int]:
        """For each sentence of a turn the number of the word after its last."""
        said = self.tokens[turn]
        return [] if said is None else said.stops

    def long_sentences(self, turn: int, least_words: int) -> list[tuple[int, tuple[str, ...]]]:
        """The sentences of a turn with so many words or more: their numbers and folded words."""
        said = self.tokens[turn]
        found: list[tuple[int, tuple[str, ...]]] = []
        if said is None or len(said.words) < least_words:
            return found
        words, first = said.words, 0
        for number, after in enumerate(said.stops):
            if after - first >= least_words:
                found.append((number, tuple(words[first:after])))
            first = after
        return found

    def bag(self, turn: int) -> frozenset[str] | None:
        """The different words of a turn; None where more than half of them are numbers."""
        if turn not in self.bags:
            words = self.words[turn]
            told = "".join(words).isalpha() or 2 * sum(map(str.isalpha, words)) >= len(words)
            self.bags[turn] = frozenset(words) if told else None
        return self.bags[turn]

    def bounds(self, model: str) -> tuple[float, float]:
        """The lowest and the highest value that a model gives any turn; 2 and -1 where it gives none."""
        found = self.ranges.get(model)
        if found is None:
            values = self.scores.get(model, {}).values()
            found = self.ranges[model] = min(values, default=2.0), max(values, default=-1.0)
        return found

    def sentences(self, turn: int) -> list[tuple[int, int]]:
        """The spans of the sentences of a turn in its original text."""
        said = self.tokens[turn]
        return [] if said is None else said.sentences()

    def turn_place(self, turn: int, cue: str, gap_s: float | None = None) -> Place:
        """A whole turn as evidence: its first sentence."""
        return Place(turn, *(self.first_sentences.get(turn) or self.first_sentence(turn)), cue, gap_s)

    def first_sentence(self, turn: int) -> tuple[int, int]:
        """The span of the first sentence of a turn; all of a turn without words."""
        said = self.tokens[turn]
        start, end = said.first_sentence() if said is not None else (0, 0)
        span = self.first_sentences[turn] = start, end or len(self.conversation.turns[turn].text)
        return span

    def carried(self, place: Place) -> Place:
        """A place as evidence: where a model found the turn, its words are the sentence that carries the value.

        Rules only ask which turns a model found, so the sentence is looked for in what is shown.
        """
        if not place.cue.startswith(OF_SCORE) or (said := self.tokens[place.turn]) is None:
            return place
        sentence = self.heard.clearest(place.cue[len(OF_SCORE) :], place.turn)
        return place if sentence is None else Place(place.turn, *said.sentence(sentence), place.cue)

    def last_place(self, turn: int, cue: str) -> Place:
        """The end of a turn as evidence: its last sentence."""
        spans = self.sentences(turn)
        start, end = spans[-1] if spans else (0, len(self.conversation.turns[turn].text))
        return Place(turn, start, end, cue)
