"""A traced rule as a tree of its conditions, for a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from reviewqa.conversation import Conversation
from reviewqa.review import Evidence
from reviewqa.rules.conditions import Relation
from reviewqa.rules.trace import Part, Trace
from reviewqa.writers.display import cut, one_line
from reviewqa.writers.texts import LABELS, Texts

LONGEST_QUOTE = 90
LONGEST_VALUE = 110
_SIGN = {True: "✔", False: "✘"}


def write_json(trace: Trace, conversation: Conversation, out: TextIO) -> None:
    """Write a trace as one JSON object; turns count from 0, as in reviews."""
    value = {
        "conversation_id": conversation.id,
        "rule": trace.rule,
        "kind": trace.kind,
        "outcome": trace.outcome,
        "reason": trace.reason,
        "conditions": {key: _plain(part) for key, part in trace.parts},
    }
    out.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _plain(part: Part) -> dict[str, Any]:
    return {
        "condition": part.word,
        "value": part.value,
        "holds": part.holds,
        "evidence": [item.model_dump(mode="json") for item in part.evidence],
        "parts": [_plain(inner) for inner in part.parts],
    }


def write_tree(trace: Trace, conversation: Conversation, out: TextIO, texts: Texts) -> None:
    """Write a trace as a tree of marked lines; turns count from 1, as people count.

    Arguments:
        trace: what to show.
        conversation: that it is of.
        out: where to.
        texts: the language.
    """
    outcome = f"{texts.label('outcome_is')}: {texts.label(f'traced.{trace.outcome}')}"
    out.write(f"{one_line(conversation.id, 80)} · {texts.title(trace.rule)} ({trace.rule})\n")
    out.write(f"{outcome}{' – ' + texts.say(trace.reason) if trace.reason else ''}\n")
    for key, part in trace.parts:
        out.write(f"\n{texts.label(f'section.{key}')}\n")
        for line in _lines(part, texts, "", ""):
            out.write(line.rstrip() + "\n")


def _lines(part: Part, texts: Texts, first: str, rest: str) -> Iterator[str]:
    yield f"{first}{_SIGN[part.holds]} {_named(part, texts)}"
    inner = part.parts
    bar = "│  " if inner else "   "
    # what an any, all or situation cites stands under its parts already
    if not inner or inner[0].word == "found":
        quoted = () if inner else part.evidence
        for item in quoted:
            yield f"{rest}{bar}{_quote(item, texts)}"
    elif part.word in _CHOICES:
        for item in part.evidence:
            yield f"{rest}{bar}{_quote(item, texts)}"
    for number, each in enumerate(inner):
        last = number == len(inner) - 1
        yield from _lines(each, texts, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


_CHOICES = frozenset({"position", "at_least", "not_counting", *Relation.KINDS})


def _named(part: Part, texts: Texts) -> str:
    name = texts.term("condition", part.word)
    value = part.value
    if part.word in ("position", "turns", "ends_on", "shouting", "repeated", "score"):
        head, *choices = value.split(", ")
        head = texts.label(f"where.{head}") if f"where.{head}" in LABELS else head
        value = ", ".join([head, *(_given(choice, texts) for choice in choices)])
    elif part.word in _CHOICES and part.word != "at_least" and value:
        value = texts.label("within", n=int(value))
    return f"{name} {cut(value, LONGEST_VALUE)}" if value else name


def _given(choice: str, texts: Texts) -> str:
    """What a condition was given beside its value, such as ``above: 0.9``."""
    name, _, value = choice.partition(": ")
    return texts.label(f"given.{name}", value=value.replace(".", ",") if texts.ui == "pl" else value)


def _quote(item: Evidence, texts: Texts) -> str:
    gap = "" if item.gap_s is None else f" ({texts.label('waited', time=texts.duration(item.gap_s))})"
    said = texts.quoted(one_line(item.text, LONGEST_QUOTE)) if item.text else ""
    weighed = ", ".join(f"{one_line(words, LONGEST_QUOTE)} +{texts.number(weight)}" for words, weight in item.because)
    why = f" ({texts.label('words_that_moved').lower()}: {weighed})" if weighed else ""
    return f"{texts.label('turn', n=item.turn + 1)}: {said}{gap} [{item.cue}]{why}"
