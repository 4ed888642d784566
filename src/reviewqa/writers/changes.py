"""A backtest of rules: which verdicts change, how many of each rule, and the words of both sides.

All faces take the conversations one by one, as they are reviewed, and hold only the counts.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, TextIO

from jinja2 import Environment, StrictUndefined, Template

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ReviewqaError
from reviewqa.review import Evidence
from reviewqa.rules.changes import Change, Changes, Difference, Side, Verdict
from reviewqa.writers.display import cut, one_line, visible
from reviewqa.writers.html import LONGEST_QUOTE, LONGEST_TURN, resource
from reviewqa.writers.lines import LINE_BREAKS
from reviewqa.writers.texts import Texts

FACES = ("terminal", "json", "html")
MANY = 50
"""Changed conversations that the terminal shows; the others are counted."""
IN_MEMORY = 8_000_000
"""Characters of the page that are kept in memory before a temporary file takes them: its counts stand before its
conversations, but are known after them."""
_QUOTE = 150


@dataclass(frozen=True, slots=True)
class Versions:
    """The digests of the old and the new set of rules."""

    old: str
    new: str


def write_changes(
    found: Iterable[tuple[Conversation, Difference]], as_: str, out: TextIO, texts: Texts, versions: Versions
) -> Changes:
    """Write a backtest.

    Arguments:
        found: each conversation with what differs; read once.
        as_: ``terminal``, ``json`` (one object) or ``html`` (one self-contained page).
        out: where to.
        texts: the language of terminal and page.
        versions: of the two sets of rules.

    Returns:
        The counts.

    Raises:
        ReviewqaError: there is no such face.
    """
    if as_ not in FACES:
        raise ReviewqaError(Fault(f"as_={as_!r}", f"is no way to write a backtest; it has to be {', '.join(FACES)}"))
    write = {"terminal": _write_terminal, "json": _write_json, "html": _write_html}[as_]
    counts = Changes()
    write(_counted(found, counts), counts, out, texts, versions)
    return counts


def _counted(
    found: Iterable[tuple[Conversation, Difference]], counts: Changes
) -> Iterator[tuple[Conversation, Difference]]:
    """Count every conversation; those in which a verdict changes go on."""
    for conversation, difference in found:
        counts.add(difference)
        if difference.changes:
            yield conversation, difference


# JSON


def _write_json(
    changed: Iterable[tuple[Conversation, Difference]], counts: Changes, out: TextIO, _: Texts, versions: Versions
) -> None:
    out.write('{"conversations": [')
    for number, (conversation, difference) in enumerate(changed):
        value = {
            "conversation_id": conversation.id,
            "total": {"old": difference.totals[0], "new": difference.totals[1]},
            "changes": [_plain(change) for change in difference.changes],
        }
        out.write((",\n" if number else "\n") + _json(value))
    old, new = counts.averages
    summary = {
        "reviewed": counts.conversations,
        "changed": counts.changed,
        "rules": [
            {
                "rule": rule,
                "old": old_outcome or None,
                "new": new_outcome or None,
                "severity": {"old": old_severity, "new": new_severity},
                "conversations": n,
            }
            for rule, (old_outcome, old_severity), (new_outcome, new_severity), n in counts.ordered()
        ],
        "other_words": dict(sorted(counts.other_words.items())),
        "average_total": {"old": old, "new": new},
        "versions": {"old": versions.old, "new": versions.new},
    }
    out.write("\n],\n" + _json(summary)[1:-1] + "}\n")


def _plain(change: Change) -> dict[str, Any]:
    return {"rule": change.rule, "kind": change.kind, "old": _plain_side(change.old), "new": _plain_side(change.new)}


def _plain_side(side: Side) -> dict[str, Any]:
    evidence = [item.model_dump(mode="json") for item in side.evidence]
    return {"outcome": side.outcome or None, "severity": side.severity, "evidence": evidence}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).translate(LINE_BREAKS)


# Terminal


def _write_terminal(
    changed: Iterable[tuple[Conversation, Difference]], counts: Changes, out: TextIO, texts: Texts, versions: Versions
) -> None:
    for number, (conversation, difference) in enumerate(changed):
        if number >= MANY:
            continue
        out.write(f"{one_line(conversation.id, _QUOTE)}\n")
        for change in difference.changes:
            out.write(f"  {texts.title(change.rule)}: {_move(texts, change.old.verdict, change.new.verdict)}\n")
            for name, side in (("old", change.old), ("new", change.new)):
                for line in _quotes(texts, side):
                    out.write(f"    {texts.label(name)}: {line}\n")
        out.write("\n")
    if counts.changed > MANY:
        out.write(texts.label("rest_counted", n=counts.changed - MANY) + "\n\n")
    for rule, old, new, n in counts.ordered():
        out.write(f"{n:6}  {texts.title(rule)}: {_move(texts, old, new)}\n")
    for line in _summary(texts, counts, versions):
        out.write(line + "\n")


def _summary(texts: Texts, counts: Changes, versions: Versions) -> list[str]:
    lines = [texts.label("changed_of", changed=counts.changed, all=counts.conversations)]
    if not counts.changed:
        lines.append(texts.label("no_change"))
    other = sum(counts.other_words.values())
    if other:
        lines.append(texts.label("other_words", n=other))
    old, new = (texts.points(score) for score in counts.averages)
    lines.append(texts.label("average_moves", old=old, new=new))
    lines.append(texts.label("backtest_of", old=versions.old, new=versions.new))
    return lines


def _move(texts: Texts, old: Verdict, new: Verdict) -> str:
    return " → ".join(_sides(texts, old, new))


def _sides(texts: Texts, *sides: Verdict) -> list[str]:
    """Each side's verdict; the severities are told where they are what differs."""
    graded = len({outcome for outcome, _ in sides}) == 1
    return [
        _outcome(texts, outcome) + (f" ({texts.term('severity', severity)})" if graded and severity else "")
        for outcome, severity in sides
    ]


def _outcome(texts: Texts, outcome: str) -> str:
    return texts.label(f"traced.{outcome}") if outcome else texts.label("no_such_rule")


def _quotes(texts: Texts, side: Side) -> list[str]:
    return [_quote(texts, item) for item in side.evidence] or [texts.label("no_words")]


def _quote(texts: Texts, item: Evidence) -> str:
    said = texts.quoted(one_line(item.text, _QUOTE)) if item.text else ""
    return f"{texts.label('turn', n=item.turn + 1)} {said} [{item.cue}]"


# HTML


@dataclass(frozen=True, slots=True)
class _Quote:
    text: str
    turn: int
    cue: str


@dataclass(frozen=True, slots=True)
class _Column:
    """One side of a change as the page shows it."""

    name: str
    outcome: str
    kind: str
    quotes: tuple[_Quote, ...]


@dataclass(frozen=True, slots=True)
class _Turn:
    number: int
    role: str
    who: str
    segments: tuple[tuple[str, str], ...]


def _write_html(
    changed: Iterable[tuple[Conversation, Difference]], counts: Changes, out: TextIO, texts: Texts, versions: Versions
) -> None:
    module = _template().make_module({"t": texts})
    section: Any = module.section  # type: ignore[attr-defined]
    with tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="\n") as sections:
        for number, (conversation, difference) in enumerate(changed, start=1):
            shown = [(texts.title(change.rule), _columns(texts, change)) for change in difference.changes]
            turns = list(_turns(texts, conversation, difference))
            name = visible(cut(conversation.id, LONGEST_QUOTE))
            totals = tuple(texts.points(total) for total in difference.totals)
            sections.write(section(f"c{number}", name, conversation.language or "", totals, shown, turns))
        rules = [(texts.title(rule), _move(texts, old, new), n) for rule, old, new, n in counts.ordered()]
        page: Any = module
        out.write(str(page.head(resource("report.css"), _summary(texts, counts, versions), rules)))
        sections.seek(0)
        shutil.copyfileobj(sections, out)
        out.write(str(page.foot()))


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return environment.from_string(resource("changes.html.j2"))


def _columns(texts: Texts, change: Change) -> list[_Column]:
    old, new = _sides(texts, change.old.verdict, change.new.verdict)
    return [_column(texts, "old", old, change.old), _column(texts, "new", new, change.new)]


def _column(texts: Texts, name: str, verdict: str, side: Side) -> _Column:
    quotes = tuple(_Quote(visible(cut(item.text, LONGEST_QUOTE)), item.turn + 1, item.cue) for item in side.evidence)
    return _Column(texts.label(name), verdict, side.outcome or "none", quotes)


def _turns(texts: Texts, conversation: Conversation, difference: Difference) -> Iterator[_Turn]:
    marks: dict[int, list[tuple[int, int, str]]] = {}
    for change in difference.changes:
        for name, side in (("old", change.old), ("new", change.new)):
            for item in side.evidence:
                marks.setdefault(item.turn, []).append((item.start, item.end, name))
    for number, turn in enumerate(conversation.turns):
        who = texts.term("role", "ai" if turn.ai and turn.role == "agent" else turn.role)
        text = turn.text[:LONGEST_TURN]
        yield _Turn(number + 1, turn.role, who, tuple(_segments(text, marks.get(number, []))))


def _segments(text: str, marks: list[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    """The text in runs, each with the sides (``old``, ``new``, both) whose words it is."""
    edges = {0, len(text)} | {min(edge, len(text)) for start, end, _ in marks for edge in (start, end)}
    for start, end in pairwise(sorted(edges)):
        sides = sorted({name for first, last, name in marks if first <= start and end <= last})
        yield visible(text[start:end]), " ".join(sides)
