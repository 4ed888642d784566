"""The logic's words: the small closed set of conditions that rule files are written in (``docs/conditions.md``).

Each condition looks at a ``Reading`` and answers with the places that make it hold, the clearest first, or with None
where it does not hold. A condition may hold without a place (``not``, ``channel``). A rule that needs a word the set
lacks adds a class here, for every rule.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, get_args

from reviewqa.conversation import Channel
from reviewqa.review import LEARNED, SCORES
from reviewqa.rules.reading import OF_SCORE, Place, Reading

Held = tuple[Place, ...]


class Condition:
    """The parent of all conditions."""

    def find(self, reading: Reading) -> Held | None:
        """The places that make the condition hold, or None where it does not."""
        raise NotImplementedError

    def parts(self) -> Iterable[Condition]:
        """The conditions inside this one."""
        return ()

    def walk(self) -> Iterator[Condition]:
        """This condition and all inside it."""
        yield self
        for part in self.parts():
            yield from part.walk()


class ConditionError(ValueError):
    """A condition that does not hold as written.

    Arguments:
        place: leads to it inside the file.
        what: what is wrong and what would be right.

    Attributes:
        all: this fault and those found beside it.
        rest: the condition without what is wrong in it, for a check that goes on.
    """

    def __init__(self, place: tuple[str | int, ...], what: str) -> None:
        super().__init__(what)
        self.place = place
        self.all: list[ConditionError] = [self]
        self.rest: Condition = AllOf(())


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """``any: [...]`` - at least one holds; the places of all that do, in the order written."""

    conditions: tuple[Condition, ...]

    def find(self, reading: Reading) -> Held | None:
        held: Held | None = None
        for condition in self.conditions:
            found = condition.find(reading)
            if found is not None:
                held = held + found if held else found
        return held

    def parts(self) -> Iterable[Condition]:
        return self.conditions


@dataclass(frozen=True, slots=True)
class AllOf(Condition):
    """``all: [...]`` - every one holds; their places in the order written."""

    conditions: tuple[Condition, ...]

    def find(self, reading: Reading) -> Held | None:
        held: Held = ()
        for condition in self.conditions:
            found = condition.find(reading)
            if found is None:
                return None
            if found:
                held = held + found if held else found
        return held

    def parts(self) -> Iterable[Condition]:
        return self.conditions


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """``not: ...`` - it does not hold."""

    condition: Condition

    def find(self, reading: Reading) -> Held | None:
        return () if self.condition.find(reading) is None else None

    def parts(self) -> Iterable[Condition]:
        return (self.condition,)


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a place has to stand towards the places of another condition, at most ``within_turns`` turns away."""

    kind: str
    condition: Condition
    within_turns: int | None

    KINDS: ClassVar[tuple[str, ...]] = (
        "after", "before", "near", "with", "not_after", "not_before", "not_near", "without", "apart_from",
    )  # fmt: skip
    NEGATIVE: ClassVar[frozenset[str]] = frozenset({"not_after", "not_before", "not_near", "without", "apart_from"})
    IN_ONE_TURN: ClassVar[frozenset[str]] = frozenset({"with", "without", "apart_from"})
    """Those that ``within_turns`` says nothing of."""

    @property
    def negative(self) -> bool:
        """Whether it keeps the places that do not stand so."""
        return self.kind in self.NEGATIVE

    def keep(self, places: Sequence[Place], anchors: Held | None, reading: Reading) -> Sequence[Place]:
        """The places that stand so.

        Arguments:
            places: to sift.
            anchors: the places of the condition in the same reading; None where it does not hold.
            reading: the conversation.
        """
        kind = self.kind
        negative = kind in self.NEGATIVE
        if not anchors:
            return places if negative or anchors == () else ()
        if kind == "apart_from":
            turns = {place.turn for place in places}
            taken = _Taken(anchor for anchor in anchors if anchor.turn in turns)
            return [place for place in places if not taken.touches(place.turn, place.start, place.end)]
        if kind == "with" or kind == "without":
            turns = {anchor.turn for anchor in anchors}
            return [place for place in places if (place.turn in turns) is not negative]
        if self.within_turns is None and not kind.endswith("near"):  # the first, or the last, of the anchors decides
            if kind == "after" or kind == "not_after":
                bound = min(anchors)[:2]
                return [place for place in places if (place[:2] > bound) is not negative]
            bound = max(anchors)[:2]
            return [place for place in places if (place[:2] < bound) is not negative]
        ordered = sorted([anchor[:2] for anchor in anchors])
        plain = kind.removeprefix("not_")
        return [place for place in places if self._stands(plain, place, ordered, reading) is not negative]

    def _stands(self, kind: str, place: Place, anchors: list[tuple[int, int]], reading: Reading) -> bool:
        """Whether the nearest anchor on the right side is near enough; the anchors are in order."""
        here = (place.turn, place.start)
        first, last = bisect_left(anchors, here), bisect_right(anchors, here)
        if kind != "before" and first > 0 and self._near_enough(place.turn, anchors[first - 1][0], reading):
            return True
        if kind != "after" and last < len(anchors) and self._near_enough(place.turn, anchors[last][0], reading):
            return True
        return kind == "near" and first < last

    def _near_enough(self, turn: int, other: int, reading: Reading) -> bool:
        if self.within_turns is None:
            return True
        here, there = reading.position.get(turn), reading.position.get(other)
        return here is not None and there is not None and abs(here - there) <= self.within_turns


class _Taken:
    """What some places take up of their turns; one look tells whether a span touches any of them."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for turn, start, end in sorted((place.turn, place.start, place.end) for place in places):
            ends = self._ends.setdefault(turn, [])
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                self._starts.setdefault(turn, []).append(start)
                ends.append(end)

    def touches(self, turn: int, start: int, end: int) -> bool:
        """Whether one of the places shares a character with a span of a turn."""
        before = bisect_left(self._starts.get(turn, []), end)
        return before > 0 and self._ends[turn][before - 1] > start


@dataclass(frozen=True, slots=True)
class Where:
    """The choices that ``cue`` and ``turns`` share: position, relations, and how many there have to be."""

    position: str | None = None
    relations: tuple[Relation, ...] = ()
    at_least: int = 1

    POSITIONS: ClassVar[tuple[str, ...]] = (
        "first_agent_turn", "last_agent_turn", "first_reply", "first_customer_turn", "last_customer_turn", "last_turn",
    )  # fmt: skip

    def keep(self, places: Sequence[Place], reading: Reading) -> Held | None:
        if self.position and places:
            allowed = self.allowed(reading)
            places = [place for place in places if place.turn in allowed]
        for relation in self.relations:
            if not places:
                return None
            places = relation.keep(places, relation.condition.find(reading), reading)
        return tuple(places) if len(places) >= self.at_least else None

    def allowed(self, reading: Reading) -> set[int] | range:
        """The turns at the position that is asked for."""
        if self.position is None:
            return range(len(reading.conversation.turns))
        turns = reading.positions.get(self.position)
        if turns is None:
            turns = reading.positions[self.position] = self._turns(reading)
        return turns

    def _turns(self, reading: Reading) -> set[int]:
        if self.position == "first_agent_turn":
            return set(reading.agent_turns[:1])
        if self.position == "last_agent_turn":
            return set(reading.agent_turns[-1:])
        if self.position == "first_customer_turn":
            return set(reading.customer_turns[:1])
        if self.position == "last_customer_turn":
            return set(reading.customer_turns[-1:])
        if self.position == "last_turn":
            return set(reading.spoken[-1:])
        first = next(iter(reading.customer_turns), None)
        return set() if first is None else {next((turn for turn in reading.agent_turns if turn > first), -1)}


class Placed(Condition):
    """The parent of conditions that hold by places, of which ``where`` keeps some."""

    where: Where

    def places(self, reading: Reading) -> Sequence[Place]:
        """The places to sift."""
        raise NotImplementedError

    def find(self, reading: Reading) -> Held | None:
        places = self.places(reading)
        return self.where.keep(places, reading) if places else None

    def parts(self) -> Iterable[Condition]:
        return tuple(relation.condition for relation in self.where.relations)


@dataclass(frozen=True, slots=True)
class Cue(Placed):
    """``cue: agent/apology`` - it was said; with ``where`` and in what order. A list means any of them."""

    cues: tuple[str, ...]
    where: Where = Where()

    def places(self, reading: Reading) -> Sequence[Place]:
        hits = reading.hits
        said = [hits[cue] for cue in self.cues if cue in hits]
        return said[0] if len(said) == 1 else [place for each in said for place in each]


@dataclass(frozen=True, slots=True)
class Turns(Placed):
    """``turns: agent`` - turns of that role, whatever they say; the same choices as for a cue. Sentences that have a
    place of ``not_counting`` add nothing to ``least_words``."""

    role: str
    where: Where = Where()
    least_words: int = 0
    not_counting: Condition | None = None

    def places(self, reading: Reading) -> Sequence[Place]:
        if self.not_counting is not None:
            return self.counting(self.not_counting.find(reading) or (), reading)
        key = (self.role, self.least_words)
        places = reading.turn_places.get(key)
        if places is None:
            words = reading.words
            places = [place for place in self._all(reading) if len(words[place.turn]) >= self.least_words]
            reading.turn_places[key] = places
        return places

    def counting(self, left_out: Iterable[Place], reading: Reading) -> list[Place]:
        """The turns with words enough in the sentences that have none of some places."""
        allowed = self.where.allowed(reading)
        taken = _Taken(place for place in left_out if place.turn in allowed)
        found = [self._substance(turn, taken, reading) for turn in reading.turns_of(self.role) if turn in allowed]
        return [place for place in found if place is not None]

    def _all(self, reading: Reading) -> list[Place]:
        """All turns of the role: most rules ask for some of them."""
        places = reading.turn_places.get((self.role, 0))
        if places is None:
            places = [reading.turn_place(turn, "turn") for turn in reading.turns_of(self.role)]
            reading.turn_places[self.role, 0] = places
        return places

    def _substance(self, turn: int, left_out: _Taken, reading: Reading) -> Place | None:
        """The first sentence that counts, where those that do have words enough."""
        words, first, before = 0, None, 0
        for (start, end), after in zip(reading.sentences(turn), reading.stops(turn), strict=True):
            if not left_out.touches(turn, start, end):
                words += after - before
                first = first or Place(turn, start, end, "turn")
            before = after
        return first if words >= self.least_words else None

    def parts(self) -> Iterable[Condition]:
        inside = Placed.parts(self)
        return inside if self.not_counting is None else (*inside, self.not_counting)


@dataclass(frozen=True, slots=True)
class Situation(Condition):
    """``situation: trouble`` - a situation rule holds."""

    name: str
    condition: Condition = Condition()  # noqa: RUF009 - stands in until the loader binds the situation's own

    def find(self, reading: Reading) -> Held | None:
        settled = reading.settled
        if self.name not in settled:
            found = self.condition.find(reading)
            # once each: a place that comes by several ways would else double with every situation on top
            settled[self.name] = tuple(dict.fromkeys(found)) if found else found
        return settled[self.name]


@dataclass(frozen=True, slots=True)
class Unanswered(Condition):
    """``unanswered: [customer/question]`` - the customer said so, and no agent spoke after that turn."""

    cues: tuple[str, ...]

    def find(self, reading: Reading) -> Held | None:
        last = reading.agent_turns[-1] if reading.agent_turns else -1
        places = tuple(p for cue in self.cues for p in reading.hits.get(cue, ()) if p.turn > last)
        return places or None


@dataclass(frozen=True, slots=True)
class Repeated(Placed):
    """``repeated: agent`` - the same again: a turn of ``least_words`` or more that shares ``similarity`` of its words,
    in any order, with an earlier one of the role, or that consists to a third or more of whole sentences of earlier
    turns (not with ``whole_turn``); the later ones."""

    role: str
    least_words: int = 6
    similarity: float = 0.8
    where: Where = Where()
    whole_turn: bool = False

    SHARE: ClassVar[float] = 1 / 3
    """A sentence that comes again inside a long new turn repeats nothing that the turn is about."""

    COMPARED: ClassVar[int] = 50
    """Each turn is compared with that many before it, so that the time stays linear in the turns."""

    def places(self, reading: Reading) -> Sequence[Place]:
        key = (self.role, self.least_words, self.similarity, self.whole_turn)
        places = reading.repeated.get(key)
        if places is None:
            places = reading.repeated[key] = self._found(reading)
        return places

    def _found(self, reading: Reading) -> list[Place]:
        least = self.least_words  # a shorter turn is too short to say anything
        numbers = [turn for turn in reading.turns_of(self.role) if len(reading.words[turn]) >= least]
        places: list[Place] = []
        if len(numbers) < 2:
            return places
        earlier: list[frozenset[str]] = []
        said: set[tuple[str, ...]] = set()
        again: list[tuple[int, tuple[str, ...]]] = []
        for number in numbers:
            bag = reading.bag(number)
            if bag is None:
                continue  # a number that is given again
            if not self.whole_turn:
                sentences = reading.long_sentences(number, least)
                again = [(n, sentence) for n, sentence in sentences if sentence in said]
                said.update([sentence for _, sentence in sentences])
            if again and sum([len(sentence) for _, sentence in again]) >= self.SHARE * len(reading.words[number]):
                places.append(Place(number, *reading.sentences(number)[again[0][0]], "repeated"))
            elif self._is_like_one_of(bag, earlier[-self.COMPARED :]):
                places.append(reading.turn_place(number, "repeated"))
            earlier.append(bag)
        return places

    def _is_like_one_of(self, bag: frozenset[str], others: Sequence[frozenset[str]]) -> bool:
        """Whether a bag of words has the share of words in common (Jaccard) with one of others; sizes that cannot have
        it are told without a look at the words."""
        size = len(bag)
        least = size * self.similarity
        for other in others:
            if least <= len(other) and len(other) * self.similarity <= size:
                common = len(bag & other)
                if common >= self.similarity * (size + len(other) - common):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class AskedAgain(Cue):
    """``asked_again: agent/asks_identity`` - the cue came again with the same last words (``order number``) in a later
    turn, after the other side had spoken; the later ones."""

    LAST: ClassVar[int] = 2
    """The words at the end of a place that name what is asked for."""

    def places(self, reading: Reading) -> Sequence[Place]:
        first: dict[tuple[str, ...], int] = {}
        places = []
        for place in sorted(place for cue in self.cues for place in reading.hits.get(cue, ())):
            text = reading.conversation.turns[place.turn].text[place.start : place.end]
            named = tuple(text.casefold().split()[-self.LAST :])
            before = first.setdefault(named, place.turn)
            if any(before < turn < place.turn for turn in reading.customer_turns):
                places.append(place)
        return places


@dataclass(frozen=True, slots=True)
class EndsOn(Condition):
    """``ends_on: customer`` - the last spoken turn is of that role."""

    role: str

    def find(self, reading: Reading) -> Held | None:
        if not reading.spoken:
            return None
        last = reading.spoken[-1]
        return (reading.last_place(last, "ends_on"),) if reading.conversation.turns[last].role == self.role else None


@dataclass(frozen=True, slots=True)
class Waited(Condition):
    """``waited: too_long`` - times show a wait over the charter's limit; the longest first."""

    def find(self, reading: Reading) -> Held | None:
        late = sorted((reading.late or {}).items(), key=lambda item: (-item[1], item[0]))
        return tuple(reading.turn_place(turn, "waited", seconds) for turn, seconds in late) or None


@dataclass(frozen=True, slots=True)
class Scored(Placed):
    """``score: politeness`` with ``below`` or ``above`` - a turn of ``least_words`` that a model scores so."""

    model: str
    below: float | None = None
    above: float | None = None
    least_words: int = 3
    where: Where = Where()

    def places(self, reading: Reading) -> Sequence[Place]:
        low = -1.0 if self.above is None else self.above
        high = 2.0 if self.below is None else self.below
        lowest, highest = reading.bounds(self.model)
        if highest <= low or lowest >= high:
            return ()
        found = [
            (value, turn)
            for turn, value in reading.scores[self.model].items()
            if low < value < high and len(reading.words[turn]) >= self.least_words
        ]
        found.sort(reverse=self.below is None)
        cue = OF_SCORE + self.model
        return [reading.turn_place(turn, cue) for _, turn in found]


@dataclass(frozen=True, slots=True)
class Shouting(Condition):
    """``shouting: agent`` - three different words or more in a row, twelve letters or more, in capitals."""

    role: str

    def find(self, reading: Reading) -> Held | None:
        numbers = reading.turns_of(self.role)
        turns = reading.conversation.turns
        perhaps = [n for n in numbers if _PERHAPS_LOUD.search(turns[n].text) and _LONG.search(turns[n].text)]
        return self.among(perhaps, reading)

    def among(self, numbers: Iterable[int], reading: Reading) -> Held | None:
        """The shouts in some turns."""
        turns = reading.conversation.turns
        loud = [n for n in numbers if _LOUD.search(turns[n].text)]
        return tuple([place for n in loud for place in _shouts(n, turns[n].text)]) or None


_SHOUT = re.compile(r"(?<!\w)(?:[^\W\d_a-ząćęłńóśźż]{1,30}(?!\w)[ ,;:.!?'\"-]{0,4}){3,40}")
_LOUD = re.compile(r"[^\W\d_a-ząćęłńóśźż]" * 3)
_PERHAPS_LOUD = re.compile("[A-Z\x80-\xf2\xf4-\u0104\u0106\u0108-\U0010ffff]" * 3)
_LONG = re.compile(r"[^a-z0-9_]{14}")
"""What little but a shout has, looked for first because it is found fast: three letters in a row (without classes, and
so told, and not as {3}), and twelve letters and what parts them without a small one."""
_WORD = re.compile(r"\w+")
_LOUD_LETTERS = 12
_LOUD_WORDS = 3
"""Different words: a name that is repeated is no shouting."""


def _shouts(turn: int, text: str) -> Iterator[Place]:
    for match in _SHOUT.finditer(text):
        said = match[0]
        if not said.isupper():
            continue  # small letters that are neither Polish nor English, or of a script without capitals
        if sum(map(str.isalpha, said)) >= _LOUD_LETTERS and len(set(_WORD.findall(said))) >= _LOUD_WORDS:
            yield Place(turn, match.start(), match.start() + len(said.rstrip()), "shouting")


@dataclass(frozen=True, slots=True)
class Restates(Placed):
    """``restates: 3`` - an agent's turn takes up that many of the content words of the customer's turn before it."""

    least: int
    where: Where = Where()

    def places(self, reading: Reading) -> Sequence[Place]:
        heard: set[str] = set()
        places: list[Place] = []
        for turn in reading.spoken:
            stems = {word[:5] for word in reading.words[turn] if len(word) >= 5 and word.isalpha()}
            if reading.conversation.turns[turn].role == "customer":
                heard |= stems
            elif len(stems & heard) >= self.least:
                places.append(reading.turn_place(turn, "restates"))
        return places


@dataclass(frozen=True, slots=True)
class OnChannel(Condition):
    """``channel: [social]`` - the conversation was held there."""

    channels: tuple[str, ...]

    def find(self, reading: Reading) -> Held | None:
        return () if reading.conversation.channel in self.channels else None


# ---------------------------------------------------------------------------------------------------------------------
# What follows from a condition as it is written, whatever the conversation.

_POSITION_ROLES = {
    "first_agent_turn": "agent", "last_agent_turn": "agent", "first_reply": "agent", "first_customer_turn": "customer",
    "last_customer_turn": "customer",
}  # fmt: skip
_SPOKEN = frozenset({"agent", "customer"})
_ONE_PLACE_A_TURN = (Turns, Repeated, Scored, Restates)


def roles(condition: Condition) -> frozenset[str] | None:
    """The roles of the turns in which the places of a condition can stand; None where that cannot be said."""
    if isinstance(condition, Cue | Unanswered):
        return frozenset(cue.split("/")[0] for cue in condition.cues)
    if isinstance(condition, Turns | Repeated | EndsOn | Shouting):
        return frozenset({condition.role})
    if isinstance(condition, Scored):
        return frozenset({LEARNED.get(condition.model, "agent")})
    if isinstance(condition, Waited | Restates):
        return frozenset({"agent"})
    if isinstance(condition, Situation):
        return None
    inner = [roles(part) for part in condition.parts()] if isinstance(condition, AnyOf | AllOf) else []
    return None if None in inner else frozenset().union(*(part for part in inner if part is not None))


def can_show(condition: Condition, known: dict[str, bool] | None = None) -> bool:
    """Whether a condition can hold with places to show; ``not`` and ``channel`` hold without any.

    Arguments:
        condition: its situations bound, and in no circle.
        known: what was found of situations before; each is looked at once.
    """
    known = {} if known is None else known
    if isinstance(condition, Situation):
        if condition.name not in known:
            known[condition.name] = can_show(condition.condition, known)
        return known[condition.name]
    if isinstance(condition, AnyOf | AllOf):
        return any(can_show(part, known) for part in condition.conditions)
    return not isinstance(condition, Not | OnChannel)


def follows(condition: Condition, given: Condition) -> bool:
    """Whether a condition holds wherever another does, as far as their form tells."""
    if condition == given:
        return True
    if isinstance(given, AllOf) and any(follows(condition, part) for part in given.conditions):
        return True
    if isinstance(condition, AnyOf) and any(follows(part, given) for part in condition.conditions):
        return True
    if isinstance(condition, AllOf):
        return all(follows(part, given) for part in condition.conditions)
    return isinstance(given, AnyOf) and all(follows(condition, part) for part in given.conditions)


def impossible(condition: Condition) -> str:
    """Why a condition can never hold, by its form; empty where it can, for all that the form tells."""
    if isinstance(condition, AllOf):
        return _contradiction(condition)
    if isinstance(condition, Unanswered) and "agent" in (roles(condition) or ()):
        return "an agent's words are not followed by silence of the agent; name cues of the customer"
    if isinstance(condition, Scored):
        below, above = condition.below, condition.above
        if below == 0 or above == 1 or (below is not None and above is not None and above >= below):
            return "no score is so; below is over 0, above is under 1, and between them there is room"
    where: Where | None = getattr(condition, "where", None)
    return "" if where is None else _nowhere(condition, roles(condition) or frozenset(), where)


def _contradiction(condition: AllOf) -> str:
    denied = [part.condition for part in condition.conditions if isinstance(part, Not)]
    if any(part in denied for part in condition.conditions):
        return "a condition and its not cannot both hold"
    if len({role for part in condition.conditions if (role := _ends_on(part))}) > 1:
        return "a conversation ends on one role, and an unanswered customer has the last word"
    channels = [set(part.channels) for part in condition.conditions if isinstance(part, OnChannel)]
    return "a conversation is held on one channel" if channels and not set.intersection(*channels) else ""


def _ends_on(condition: Condition) -> str:
    """The role on whose turn every conversation ends in which a condition holds; empty where any may be."""
    if isinstance(condition, EndsOn):
        return condition.role
    if isinstance(condition, Unanswered) and roles(condition) == frozenset({"customer"}):
        return "customer"
    if isinstance(condition, Turns) and condition.where.position == "last_turn":
        return condition.role
    return ""


def _covers(condition: Condition, places: Condition) -> bool:
    """Whether a condition has a place in every turn in which another has one before its choices of place."""
    if isinstance(condition, AnyOf):
        return any(_covers(part, places) for part in condition.conditions)
    if getattr(condition, "where", None) != Where():
        return False
    if isinstance(condition, Turns):
        return (
            roles(places) == frozenset({condition.role})
            and not condition.least_words
            and condition.not_counting is None
        )
    if type(condition) is Cue and isinstance(places, Cue):
        return set(condition.cues) >= set(places.cues)
    return isinstance(places, Placed) and condition == replace(places, where=Where())  # type: ignore[type-var]


def _nowhere(condition: Condition, here: frozenset[str], where: Where) -> str:
    if where.position:
        allowed = {_POSITION_ROLES[where.position]} if where.position in _POSITION_ROLES else _SPOKEN
        if here.isdisjoint(allowed):
            return f"nothing that the {'/'.join(sorted(here))} says stands in the {where.position}"
        if isinstance(condition, _ONE_PLACE_A_TURN) and where.at_least > 1:
            return f"the {where.position} is one turn, not {where.at_least}"
        if isinstance(condition, Repeated) and where.position in ("first_agent_turn", "first_customer_turn"):
            return "a first turn repeats nothing"
    for relation in where.relations:
        if relation.kind in ("without", "not_near") and _covers(relation.condition, condition):
            return f"{relation.kind}: what it names stands in every turn that is looked at, so none is left"
        there = roles(relation.condition)
        if relation.negative or there is None or not there:
            continue
        same_turn = relation.kind == "with" or relation.within_turns == 0
        if same_turn and here.isdisjoint(there):
            return f"{relation.kind}: a turn of the {'/'.join(sorted(here))} is none of the {'/'.join(sorted(there))}"
        counted = relation.kind != "with" and relation.within_turns is not None
        if counted and (here.isdisjoint(_SPOKEN) or there.isdisjoint(_SPOKEN)):
            return f"{relation.kind} with within_turns: system events are no spoken turns, so none is near"
    return ""


_WHERE_KEYS = ("position", "within_turns", "at_least", *Relation.KINDS)
_EXTRA: Mapping[str, tuple[str, ...]] = {
    "any": (), "all": (), "not": (), "situation": (), "unanswered": (), "ends_on": (), "waited": (), "channel": (),
    "shouting": (), "cue": _WHERE_KEYS, "turns": (*_WHERE_KEYS, "least_words", "not_counting"),
    "asked_again": _WHERE_KEYS, "restates": _WHERE_KEYS,
    "repeated": (*_WHERE_KEYS, "least_words", "similarity", "whole_turn"),
    "score": (*_WHERE_KEYS, "below", "above", "least_words"),
}  # fmt: skip
KEYWORDS = tuple(_EXTRA)
_ROLES = ("agent", "customer")


def parse(data: Any, place: tuple[str | int, ...] = ()) -> Condition:
    """Read a condition from the plain value of a rule file.

    Raises:
        ConditionError: with the place inside the file, what is wrong and what would be right; ``all`` has every fault.
    """
    reader = _Reader()
    condition = reader.condition(data, place)
    if reader.faults:
        first = reader.faults[0]
        first.all, first.rest = reader.faults, condition
        raise first
    return condition


class _Reader:
    """Reads conditions. A fault is noted and something harmless stands in for what is wrong, so that all of a file's
    faults are told at once."""

    def __init__(self) -> None:
        self.faults: list[ConditionError] = []

    def note(self, place: tuple[str | int, ...], what: str) -> None:
        """Note a fault."""
        self.faults.append(ConditionError(place, what))

    def condition(self, data: Any, place: tuple[str | int, ...]) -> Condition:
        """A condition and all inside it."""
        if not isinstance(data, dict):
            self.note(place, f"a condition is a mapping such as {{cue: agent/apology}}, not {data!r:.60}")
            return AllOf(())
        named = [key for key in data if key in _EXTRA]
        if len(named) != 1:
            found = ", ".join(map(str, data)) or "nothing"
            self.note(place, f"a condition has exactly one of {', '.join(KEYWORDS)}; here: {found}")
            return AllOf(())
        word = named[0]
        before = len(self.faults)
        for key in data:
            if key != word and key not in _EXTRA[word]:
                allowed = ", ".join(_EXTRA[word]) or "nothing else"
                self.note((*place, key), f"unknown key {key!r} beside {word!r}; allowed: {allowed}")
        condition = self._build(word, data, place)
        if len(self.faults) == before and (why := impossible(condition)):
            self.note((*place, word), f"can never hold: {why}")
        return condition

    def _build(self, word: str, data: dict[str, Any], place: tuple[str | int, ...]) -> Condition:
        value, here = data[word], (*place, word)
        if word in {"any", "all"}:
            if not isinstance(value, list) or not value:
                self.note(here, f"{word} takes a list of conditions")
                return AllOf(())
            parts = tuple(self.condition(item, (*here, number)) for number, item in enumerate(value))
            return AnyOf(parts) if word == "any" else AllOf(parts)
        if word == "not":
            return Not(self.condition(value, here))
        if word == "situation":
            names = self._texts(value, here, listed=False)
            return Situation(names[0]) if names else AllOf(())
        if word == "unanswered":
            return Unanswered(self._texts(value, here))
        if word == "channel":
            return OnChannel(tuple(self._one_of(item, here, get_args(Channel)) for item in self._texts(value, here)))
        if word == "waited":
            if value != "too_long":
                self.note(here, f"waited takes too_long, not {value!r}")
            return Waited()
        if word in {"ends_on", "shouting"}:
            role = self._one_of(value, here, _ROLES)
            return EndsOn(role) if word == "ends_on" else Shouting(role)
        return self._placed(word, data, place)

    def _placed(self, word: str, data: dict[str, Any], place: tuple[str | int, ...]) -> Condition:
        """A condition with choices of place."""
        value, here = data[word], (*place, word)
        where = self._where(data, place)
        least_words = int(self._number(data.get("least_words", 0), (*place, "least_words"), whole=True))
        if word in {"cue", "asked_again"}:
            return (Cue if word == "cue" else AskedAgain)(self._texts(value, here), where)
        if word == "restates":
            return Restates(int(self._number(value, here, whole=True)), where)
        if word == "turns":
            beside = data.get("not_counting")
            if "not_counting" in data:
                beside = self.condition(beside, (*place, "not_counting"))
            return Turns(self._one_of(value, here, _ROLES), where, least_words, beside)
        if word == "repeated":
            similarity = self._share(data.get("similarity", 0.8), (*place, "similarity"))
            whole_turn = data.get("whole_turn", False)
            if not isinstance(whole_turn, bool):
                self.note((*place, "whole_turn"), f"{whole_turn!r:.60} is not true or false")
            return Repeated(self._one_of(value, here, _ROLES), least_words or 6, similarity, where, bool(whole_turn))
        below, above = (None if data.get(k) is None else self._share(data[k], (*place, k)) for k in ("below", "above"))
        if below is None and above is None:
            self.note(here, "score needs below or above, a number from 0 to 1")
        return Scored(self._one_of(value, here, (*SCORES, *LEARNED)), below, above, least_words or 3, where)

    def _where(self, data: dict[str, Any], place: tuple[str | int, ...]) -> Where:
        position = data.get("position")
        if position is not None:
            position = self._one_of(position, (*place, "position"), Where.POSITIONS)
        within = data.get("within_turns")
        if within is not None:
            within = int(self._number(within, (*place, "within_turns"), whole=True))
        relations = tuple(
            Relation(kind, self.condition(data[kind], (*place, kind)), within)
            for kind in Relation.KINDS
            if kind in data
        )
        if within is None and any(relation.kind.endswith("near") for relation in relations):
            self.note(place, "near and not_near need within_turns, the number of turns that counts as near")
        if within is not None and not any(relation.kind not in Relation.IN_ONE_TURN for relation in relations):
            self.note((*place, "within_turns"), "within_turns says how far from an after, before or near")
        at_least = int(self._number(data.get("at_least", 1), (*place, "at_least"), whole=True, otherwise=1))
        if at_least < 1:
            self.note((*place, "at_least"), "at_least 0 asks for nothing; it has to be 1 or more")
        return Where(position, relations, at_least)

    def _texts(self, value: Any, place: tuple[str | int, ...], listed: bool = True) -> tuple[str, ...]:
        """The names in a list, or the one that stands for itself."""
        items = [(value, place)]
        if listed and isinstance(value, list) and value:
            items = [(item, (*place, number)) for number, item in enumerate(value)]
        for item, at in items:
            if not isinstance(item, str) or not item:
                self.note(at, f"a name is needed here, not {item!r:.60}")
        return tuple(item for item, _ in items if isinstance(item, str) and item)

    def _one_of(self, value: Any, place: tuple[str | int, ...], allowed: tuple[str, ...]) -> str:
        if value in allowed:
            return str(value)
        self.note(place, f"{value!r:.60} is not one of {', '.join(allowed)}")
        return allowed[0]

    def _share(self, value: Any, place: tuple[str | int, ...]) -> float:
        number = self._number(value, place)
        if number > 1:
            self.note(place, f"{value!r} is not from 0 to 1")
        return number

    def _number(self, value: Any, place: tuple[str | int, ...], whole: bool = False, otherwise: float = 0) -> float:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or value < 0:
            self.note(place, f"{value!r:.60} is not a {'whole ' if whole else ''}number of 0 or more")
            return otherwise
        return float(value)
