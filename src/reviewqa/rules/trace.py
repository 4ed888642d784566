"""Why a rule came out as it did in one conversation: its conditions as a tree, with what held and on which words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reviewqa.review import Evidence
from reviewqa.rules import engine
from reviewqa.rules.conditions import (
    AllOf,
    AnyOf,
    AskedAgain,
    Condition,
    Cue,
    EndsOn,
    Not,
    OnChannel,
    Relation,
    Repeated,
    Restates,
    Scored,
    Shouting,
    Situation,
    Turns,
    Unanswered,
    Waited,
    Where,
)
from reviewqa.rules.model import LoadedAntiPattern, LoadedStep, Rule, RuleSet, conditions_of
from reviewqa.rules.reading import Place, Reading


@dataclass(frozen=True, slots=True)
class Part:
    """One condition of a rule, or one of its choices of place, as it came out.

    Arguments:
        word: of the logic's set (``any``, ``cue``, ...), or a choice beside it (``position``, ``after``, ``at_least``,
            ``not_counting``).
        value: what it was given, as the rule file has it; names are joined by commas.
        holds: whether it does. A choice of place holds where it leaves any place.
        evidence: the words that make it hold; for a choice, those that it leaves.
        parts: the conditions inside; for a condition with choices, each step by which its places were sifted.
    """

    word: str
    value: str
    holds: bool
    evidence: tuple[Evidence, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A rule and how it came out.

    Arguments:
        rule: its id.
        kind: ``situation``, ``step`` or ``anti_pattern``.
        outcome: ``holds`` or ``fails``; ``met``, ``missed`` or ``not_applicable``; ``present``, ``absent`` or
            ``not_assessable``.
        reason: in English, as in a review; empty where a rule gives none.
        parts: for each key of the rule file (``applies``, ``unless``, ...) its condition, as they decide.
    """

    rule: str
    kind: str
    outcome: str
    reason: str
    parts: tuple[tuple[str, Part], ...]


def trace(rules: RuleSet, rule: Rule, reading: Reading) -> Trace:
    """Follow a rule through a conversation.

    Arguments:
        rules: the set that the rule is of.
        rule: a situation, step or anti-pattern.
        reading: the conversation, as the rules see it.

    Returns:
        The outcome, the same as in a review, and every condition. All are followed, also those that the outcome did not
        need.
    """
    told: set[str] = set()
    parts = tuple((key, follow(condition, reading, told)) for key, condition in conditions_of(rule).items())
    if isinstance(rule, LoadedStep):
        step = engine.run_steps(rules, reading)[rule.id]
        return Trace(rule.id, "step", step.outcome, step.reason, parts)
    if isinstance(rule, LoadedAntiPattern):
        flags, missing = engine.run_anti_patterns(rules, reading)
        for flag in flags:
            if flag.id == rule.id:
                return Trace(rule.id, "anti_pattern", "present", flag.reason, parts)
        for unknown in missing:
            if unknown.id == rule.id:
                return Trace(rule.id, "anti_pattern", "not_assessable", unknown.reason, parts)
        return Trace(rule.id, "anti_pattern", "absent", "", parts)
    return Trace(rule.id, "situation", "holds" if parts[0][1].holds else "fails", "", parts)


def follow(condition: Condition, reading: Reading, told: set[str] | None = None) -> Part:
    """One condition and all inside it.

    Arguments:
        condition: any.
        reading: the conversation.
        told: situations that were followed before. They are not followed again: a tree in which many rules stand on the
            same situations would have no end.
    """
    told = set() if told is None else told
    if isinstance(condition, AnyOf | AllOf):
        parts = tuple(follow(part, reading, told) for part in condition.conditions)
        word = "any" if isinstance(condition, AnyOf) else "all"
        return _part(word, "", condition.find(reading), reading, parts)
    if isinstance(condition, Not):
        return _part("not", "", condition.find(reading), reading, (follow(condition.condition, reading, told),))
    if isinstance(condition, Situation):
        inner: tuple[Part, ...] = ()
        if condition.name not in told:
            told.add(condition.name)
            inner = (follow(condition.condition, reading, told),)
        return _part("situation", condition.name, condition.find(reading), reading, inner)
    word, value = _said(condition)
    return _part(word, value, condition.find(reading), reading, tuple(_sifted(condition, word, value, reading, told)))


def _sifted(condition: Condition, word: str, value: str, reading: Reading, told: set[str]) -> Iterator[Part]:
    """The places of a condition before its choices, and what each of them leaves; nothing where it has no choices."""
    where: Where = getattr(condition, "where", Where())
    left_out = condition.not_counting if isinstance(condition, Turns) else None
    if where == Where() and left_out is None:
        return
    anywhere = replace(condition, where=Where())  # type: ignore[type-var]
    every = replace(anywhere, not_counting=None) if isinstance(anywhere, Turns) else anywhere
    places = every.find(reading) or ()
    yield _part("found", value if word == "cue" else "", places or None, reading)
    if left_out is not None:
        places = anywhere.find(reading) or ()
        yield _part("not_counting", "", places or None, reading, (follow(left_out, reading, told),))
    for choice, text, inner, kept in _choices(where):
        left = kept.keep(list(places), reading) if places else None
        parts = () if inner is None else (follow(inner, reading, told),)
        yield _part(choice, text, left, reading, parts)
        places = left or ()


def _choices(where: Where) -> Iterator[tuple[str, str, Condition | None, Where]]:
    if where.position:
        yield "position", where.position, None, Where(position=where.position)
    for relation in where.relations:
        yield relation.kind, _distance(relation), relation.condition, Where(relations=(relation,))
    if where.at_least > 1:
        yield "at_least", str(where.at_least), None, Where(at_least=where.at_least)


def _distance(relation: Relation) -> str:
    counted = relation.within_turns is not None and relation.kind not in Relation.IN_ONE_TURN
    return str(relation.within_turns) if counted else ""


def _part(
    word: str, value: str, places: Sequence[Place] | None, reading: Reading, parts: tuple[Part, ...] = ()
) -> Part:
    return Part(word, value, places is not None, engine.evidence(places or (), reading), parts)


def _said(condition: Condition) -> tuple[str, str]:
    """A condition without parts as the rule file has it: its word and value."""
    match condition:
        case AskedAgain(cues=cues):
            return "asked_again", ", ".join(cues)
        case Cue(cues=cues):
            return "cue", ", ".join(cues)
        case Unanswered(cues=cues):
            return "unanswered", ", ".join(cues)
        case Turns(role=role, least_words=least):
            return "turns", _with(role, least_words=least or None)
        case Repeated(role=role, least_words=least, similarity=similarity, whole_turn=whole):
            return "repeated", _with(role, least_words=least, similarity=similarity, whole_turn=whole or None)
        case EndsOn(role=role):
            return "ends_on", role
        case Shouting(role=role):
            return "shouting", role
        case Waited():
            return "waited", "too_long"
        case Scored(model=model, below=below, above=above, least_words=least):
            return "score", _with(model, below=below, above=above, least_words=least)
        case Restates(least=least):
            return "restates", str(least)
        case OnChannel(channels=channels):
            return "channel", ", ".join(channels)
    raise TypeError(f"{type(condition).__name__} has no name in rule files")


def _with(value: str, **choices: float | None) -> str:
    """A value and what stands beside it, where it is given."""
    given = [(name, choice) for name, choice in choices.items() if choice is not None]
    return ", ".join([value, *(f"{name}: {'true' if choice is True else f'{choice:g}'}" for name, choice in given)])
