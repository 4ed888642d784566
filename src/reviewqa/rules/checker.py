"""Proves cues and rules by their own examples: what must be found is found, what must not is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from reviewqa.conversation import Conversation, Turn
from reviewqa.errors import Fault
from reviewqa.language.finder import Finder
from reviewqa.language.tokens import tokens_of
from reviewqa.rules import engine
from reviewqa.rules.model import LoadedAntiPattern, LoadedCue, LoadedSituation, LoadedStep, RuleSet

_MARK = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)
_ROLES = ("agent", "customer", "bot", "system", "note")
_EXTRAS = ("waited_s", "politeness", "empathy")


@dataclass(frozen=True)
class Checked:
    """What a check did: how many examples were run, and every fault."""

    examples: int
    faults: tuple[Fault, ...]


class ExampleError(ValueError):
    """An example that is not written as examples are."""


@dataclass(frozen=True)
class Example:
    """A mini-dialogue, its words marked: (turn, start, end) each."""

    conversation: Conversation
    marks: tuple[tuple[int, int, int], ...]
    late: dict[int, float] | None
    scores: dict[str, dict[int, float]]


def check(rules: RuleSet, under: str = "") -> Checked:
    """Run the examples of all cues and rules.

    Arguments:
        rules: a loaded set.
        under: only files whose shown path starts so are checked; all unless told.

    Returns:
        The number of examples run and the faults. A cue or rule without a working example is a fault; so is a set in
        which nothing was run.
    """
    faults: list[Fault] = []
    count = 0
    for language, cues in rules.cues.items():
        for cue in cues.values():
            if cue.source.shown.startswith(under):
                count += len(cue.file.examples.match) + len(cue.file.examples.no_match)
                faults.extend(_cue_faults(language, cue))
    for rule in _rules(rules):
        if rule.source.shown.startswith(under):
            tried, found = _rule_faults(rules, rule)
            count += tried
            faults.extend(found)
    if not count:
        faults.append(Fault(under or "rules", "no example was found; a rule proves itself by its examples"))
    return Checked(count, tuple(faults))


def _cue_faults(language: str, cue: LoadedCue) -> Iterator[Fault]:
    finder = Finder(language, [cue.words])
    for number, text in enumerate(cue.file.examples.match):
        plain, marks = unmark(text)
        tokens = tokens_of(plain)
        hits = [tokens.view.span(hit.start, hit.end) for hit in finder.find(tokens)]
        said = [plain[start:end] for start, end in hits]
        place = ("examples", "match", number)
        if not hits:
            yield cue.source.fault(place, f"nothing is found in {plain!r}")
        for start, end in marks:
            if hits and (start, end) not in hits:
                yield cue.source.fault(place, f"{plain[start:end]!r} is marked, but found is {said}")
    for number, text in enumerate(cue.file.examples.no_match):
        tokens = tokens_of(text)
        for hit in finder.find(tokens):
            start, end = tokens.view.span(hit.start, hit.end)
            what = f"{text[start:end]!r} is found in {text!r} by the phrase {hit.phrase!r}; it should not be"
            yield cue.source.fault(("examples", "no_match", number), what)


def _rules(rules: RuleSet) -> list[LoadedSituation | LoadedStep | LoadedAntiPattern]:
    return [*rules.situations.values(), *rules.steps.values(), *rules.anti_patterns.values()]


def _rule_faults(rules: RuleSet, rule: LoadedSituation | LoadedStep | LoadedAntiPattern) -> tuple[int, list[Fault]]:
    """The number of a rule's examples and their faults; every outcome has to be shown by one."""
    faults: list[Fault] = []
    count = 0
    examples = rule.file.examples
    for outcome in type(examples).model_fields:
        shown = [(lang, n, data) for lang, each in getattr(examples, outcome).items() for n, data in enumerate(each)]
        if not shown:
            faults.append(rule.source.fault(("examples", outcome), f"no example shows the outcome {outcome}"))
        for language, number, data in shown:
            count += 1
            place = ("examples", outcome, language, number)
            try:
                example = read_example(data, language)
            except ExampleError as error:
                faults.append(rule.source.fault(place, str(error)))
            else:
                found = _verdict_faults(rules, example, language, rule.id, outcome)
                faults.extend(rule.source.fault(place, what) for what in found)
    return count, faults


def _verdict_faults(rules: RuleSet, example: Example, language: str, name: str, wanted: str) -> Iterator[str]:
    reading = engine.read(
        rules, example.conversation, language, engine.tokenize(example.conversation), example.late, example.scores
    )
    if name in rules.situations:
        places = rules.situations[name].holds.find(reading)
        found = "holds" if places is not None else "fails"
        evidence = engine.evidence(places or (), reading)
    elif name in rules.steps:
        step = engine.run_steps(rules, reading)[name]
        found, evidence = step.outcome, step.evidence
    else:
        flags = {flag.id: flag for flag in engine.run_anti_patterns(rules, reading)[0]}
        found = "present" if name in flags else "absent"
        evidence = flags[name].evidence if name in flags else ()
    said = "; ".join(f"turn {e.turn}: {e.text!r} ({e.cue})" for e in evidence) or "no words"
    if found != wanted:
        yield f"wanted {wanted}, but it is {found} ({said}); cues here: {', '.join(sorted(reading.hits)) or 'none'}"
        return
    for turn, start, end in example.marks:
        if not any(e.turn == turn and e.start < end and start < e.end for e in evidence):
            marked = example.conversation.turns[turn].text[start:end]
            yield f"{marked!r} is marked, but the evidence is {said}"


def read_example(data: Any, language: str) -> Example:
    """Turn an example of a rule file into a conversation.

    Raises:
        ExampleError: what is wrong and what would be right.
    """
    channel = None
    if isinstance(data, dict):
        if set(data) - {"channel", "turns"} or "turns" not in data:
            raise ExampleError(f"a dialogue has channel and turns; here: {', '.join(map(str, data))}")
        channel, data = data.get("channel"), data["turns"]
    if not isinstance(data, list) or not data:
        raise ExampleError("a dialogue is a list of turns such as {customer: '...'}")
    turns: list[Turn] = []
    marks: list[tuple[int, int, int]] = []
    late: dict[int, float] = {}
    scores: dict[str, dict[int, float]] = {}
    for number, item in enumerate(data):
        if not isinstance(item, dict) or len([key for key in item if key in _ROLES]) != 1:
            raise ExampleError(f"turn {number}: exactly one of {', '.join(_ROLES)} with its text; here: {item!r:.60}")
        for key, value in item.items():
            if key in _ROLES:
                text, spans = unmark(str(value))
                turns.append(Turn(role=key, text=text))
                marks.extend((number, start, end) for start, end in spans)
            elif key not in _EXTRAS or isinstance(value, bool) or not isinstance(value, int | float):
                raise ExampleError(f"turn {number}: {key!r}: only a number for {', '.join(_EXTRAS)} may be added")
            elif key == "waited_s":
                late[number] = float(value)
            else:
                scores.setdefault(key, {})[number] = float(value)
    try:
        conversation = Conversation(id="example", turns=tuple(turns), channel=channel, language=language)
    except ValidationError as error:
        raise ExampleError(str(error.errors()[0]["msg"])) from error
    return Example(conversation, tuple(marks), late or None, scores)


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the ``[[ ]]`` out of an example: the plain text and the spans that were marked."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = length = 0
    for match in _MARK.finditer(text):
        before = text[at : match.start()]
        parts += [before, match[1]]
        spans.append((length + len(before), length + len(before) + len(match[1])))
        length, at = spans[-1][1], match.end()
    parts.append(text[at:])
    return "".join(parts), spans
