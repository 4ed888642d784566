"""A page for each cue and rule, made from its file, for people who want to know what a verdict stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from reviewqa.errors import Fault, ReviewqaError
from reviewqa.rules.examples import ROLES
from reviewqa.rules.loader import FOLDERS
from reviewqa.rules.model import (
    InBoth,
    LoadedAntiPattern,
    LoadedCue,
    LoadedSituation,
    LoadedStep,
    Rule,
    RuleSet,
    cues_of,
    situations_of,
)
from reviewqa.writers.texts import Texts
from reviewqa.yamlfile import YamlFile

MADE = "<!-- made by `reviewqa rules docs` from the rule files; changes here are lost -->"
INDEX = "README.md"
_GUIDES = ("conditions.md", "writing-cues.md", "adding-a-rule.md")
_NAMES = {"pl": "Polski", "en": "English"}
_FOLDERS: Mapping[type, str] = {
    LoadedSituation: "situations",
    LoadedStep: "steps",
    LoadedAntiPattern: "anti_patterns",
}
_KINDS = {
    "steps": "Steps · Kroki",
    "anti_patterns": "Anti-patterns · Antywzorce",
    "situations": "Situations · Sytuacje",
}
_OUTCOMES = {
    "met": "Met · Wykonano",
    "missed": "Missed · Pominięto",
    "not_applicable": "Not applicable · Nie dotyczy",
    "present": "Must fire · Musi zadziałać",
    "absent": "Must not fire · Nie może zadziałać",
    "holds": "Must hold · Musi zachodzić",
    "fails": "Must not hold · Nie może zachodzić",
}
_KEYS = {
    "met": "Met where · Wykonano, gdy",
    "applies": "Else missed where · W przeciwnym razie pominięto, gdy",
    "present": "Present where · Występuje, gdy",
    "unless": "Unless · Chyba że",
    "holds": "Holds where · Zachodzi, gdy",
}


def pages(rules: RuleSet, guides: bool = True) -> dict[str, str]:
    """All pages of a set of rules.

    Arguments:
        rules: what to write of.
        guides: whether the guides to rules and cues stand in the folder above the pages, to be linked.

    Returns:
        The Markdown text of each by its path below the folder of the pages, with an index; the same set gives the same
        bytes.
    """
    made = {INDEX: _index(rules, guides)}
    for cue in _cue_ids(rules):
        made[f"cues/{cue}.md"] = _page(_cue(rules, cue))
    for rule in rules.rules:
        made[_path(rule)] = _page(_rule(rules, rule))
    return made


def write_pages(rules: RuleSet, folder: Path) -> tuple[int, int]:
    """Write all pages into a folder, and remove pages there that no cue or rule has any more.

    Arguments:
        rules: what to write of.
        folder: made where it is missing. Files that this did not make are left alone.

    Returns:
        How many pages were written anew or changed, and how many removed.

    Raises:
        ReviewqaError: the folder cannot be written, or a file that this did not make stands where a page belongs.
    """
    made = pages(rules, guides=all((folder.parent / guide).is_file() for guide in _GUIDES))
    changed = 0
    try:
        for name, text in made.items():
            path = folder / name
            if path.is_file():
                before = path.read_text(encoding="utf-8")
                if before == text:
                    continue
                if not before.startswith(MADE):
                    raise ReviewqaError(
                        Fault(str(path), "was not made by `rules docs`; move it, or name another folder")
                    )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed += 1
        old = [path for path in sorted(folder.rglob("*.md")) if path.relative_to(folder).as_posix() not in made]
        gone = [path for path in old if path.read_text(encoding="utf-8").startswith(MADE)]
        for path in gone:
            path.unlink()
    except OSError as error:
        raise ReviewqaError(Fault(str(error.filename or folder), f"cannot be written: {error.strerror}")) from error
    except UnicodeDecodeError as error:
        raise ReviewqaError(Fault(str(folder), f"holds a page that is not UTF-8 (byte {error.start})")) from error
    return changed, len(gone)


def _shown(source: YamlFile) -> str:
    """A file by its path from the folder of rules on, with that folder's name; where it lies is nobody's business."""
    parts = Path(source.shown).parts
    root = max(number for number, part in enumerate(parts) if part in FOLDERS)
    return "/".join(parts[max(0, root - 1) :])


def _page(lines: Iterator[str]) -> str:
    return "\n".join([MADE, *lines]).rstrip("\n") + "\n"


def _cue_ids(rules: RuleSet) -> list[str]:
    return sorted({cue for cues in rules.cues.values() for cue in cues})


def _path(rule: Rule) -> str:
    return f"{_FOLDERS[type(rule)]}/{rule.id}.md"


def _title(rule: Rule) -> InBoth:
    return rule.file.means if isinstance(rule, LoadedSituation) else rule.file.title


# Pages


def _in_both(kind: str, name: str) -> str:
    return " · ".join(Texts(ui).term(kind, name) for ui in ("en", "pl"))


def _index(rules: RuleSet, guides: bool) -> str:
    def lines() -> Iterator[str]:
        yield "# Rules and cues · Reguły i wzorce"
        yield ""
        yield "What every verdict stands on: a page for each rule, and for each cue that rules name."
        if guides:
            yield "[conditions](../conditions.md) and [writing cues](../writing-cues.md) explain the words and signs;"
            yield "[adding a rule](../adding-a-rule.md) shows how to add one."
        for folder, kind in _KINDS.items():
            yield from ("", f"## {kind}", "", "| | English | Polski |", "|---|---|---|")
            for rule in rules.rules:
                if _FOLDERS[type(rule)] == folder:
                    title = _title(rule)
                    yield f"| [{rule.id}]({_path(rule)}) | {_text(title.en)} | {_text(title.pl)} |"
        yield from ("", "## Cues · Wzorce", "", "| | English | Polski |", "|---|---|---|")
        for cue in _cue_ids(rules):
            means = [
                _text(rules.cues[language][cue].file.means) if cue in rules.cues[language] else "–"
                for language in ("en", "pl")
            ]
            yield f"| [{cue}](cues/{cue}.md) | {means[0]} | {means[1]} |"

    return _page(lines())


def _cue(rules: RuleSet, cue: str) -> Iterator[str]:
    yield f"# {cue}"
    there = [cues[cue] for cues in rules.cues.values() if cue in cues]
    for one in there:
        yield from ("", f"**{_NAMES[one.language]}:** {_text(one.file.means)}")
    users = [rule for rule in rules.rules if cue in cues_of(rule)]
    yield from ("", "## Why · Po co", "", "Rules that name it · Reguły, które go używają:")
    yield from ("", ", ".join(f"[{rule.id}](../../{_path(rule)})" for rule in users) or "–")
    for one in there:
        yield from _of_language(one)


def _of_language(cue: LoadedCue) -> Iterator[str]:
    file = cue.file
    yield from ("", f"## {_NAMES[cue.language]}", "", f"Source · Źródło: `{_shown(cue.source)}`")
    if file.only is not None:
        yield from ("", f"Only in this language · Tylko w tym języku: {_text(file.only)}")
    if file.negation == "ignored":
        yield from ("", "Counts after a negation too · Liczy się także po przeczeniu.")
    yield from _listed("Patterns · Wzorce słów", file.phrases)
    yield from _listed("Unless · Chyba że", file.unless)
    yield from _listed("Must fire · Musi zadziałać", file.examples.match)
    yield from _listed("Must not fire · Nie może zadziałać", file.examples.no_match)


def _rule(rules: RuleSet, rule: Rule) -> Iterator[str]:
    file = rule.file
    title = _title(rule)
    yield f"# {_text(title.en)} · {_text(title.pl)}"
    yield from ("", f"`{rule.id}`, `{_shown(rule.source)}`", "", "## What · Co", "")
    yield from (f"**English:** {_text(file.means.en)}", "", f"**Polski:** {_text(file.means.pl)}")
    yield from ("", "## Why · Po co", "")
    if isinstance(rule, LoadedSituation):
        users = [other for other in rules.rules if rule.id in situations_of(other)]
        yield "A situation that other rules stand on · Sytuacja, na której opierają się inne reguły:"
        yield from ("", ", ".join(f"[{other.id}](../{_path(other)})" for other in users) or "–")
    else:
        yield f"Source · Źródło: {_text(rule.file.source)}"
        if rule.file.coaching:
            skills = ", ".join(_in_both("skill", skill) for skill in rule.file.coaching)
            yield from ("", f"Skills to train · Umiejętności do ćwiczenia: {skills}")
        if isinstance(rule, LoadedAntiPattern):
            yield from ("", f"Severity · Waga: {_in_both('severity', rule.file.severity)}")
    yield from ("", "## When · Kiedy")
    logic = file.model_dump(exclude={"examples"})
    for key, heading in _KEYS.items():
        if isinstance(logic.get(key), dict):
            dumped = yaml.safe_dump(logic[key], allow_unicode=True, sort_keys=False, width=110)
            yield from ("", f"### {heading}", "", *_fenced(dumped.splitlines(), "yaml"))
    named = sorted(cues_of(rule))
    if named:
        yield from ("", "Cues · Wzorce: " + ", ".join(f"[{cue}](../cues/{cue}.md)" for cue in named))
    stands_on = [rules.situations[name] for name in sorted(situations_of(rule))]
    if stands_on:
        yield from ("", "Situations · Sytuacje: " + ", ".join(f"[{o.id}](../{_path(o)})" for o in stands_on))
    yield from ("", "## Examples · Przykłady")
    for outcome in type(file.examples).model_fields:
        shown: Mapping[str, Sequence[Any]] = getattr(file.examples, outcome)
        dialogues = [dialogue for language in sorted(shown) for dialogue in shown[language]]
        if dialogues:
            yield from ("", f"### {_OUTCOMES[outcome]}")
        for dialogue in dialogues:
            yield from ("", *_fenced(list(_dialogue(dialogue)), "text"))


def _dialogue(data: Any) -> Iterator[str]:
    """A mini-dialogue as lines; its form was checked when the examples were run, so what is odd is shown as it is."""
    turns = data
    if isinstance(data, dict):
        turns = data.get("turns", [])
        yield f"({data.get('channel')})"
    for turn in turns if isinstance(turns, list) else []:
        if not isinstance(turn, dict):
            yield str(turn)
            continue
        said = [f"{role}: {turn[role]}" for role in ROLES if role in turn]
        more = [f"{key}: {value}" for key, value in turn.items() if key not in ROLES]
        yield " ".join([*said, f"({', '.join(more)})" if more else ""]).rstrip()


def _listed(heading: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield from ("", f"### {heading}", "", *_fenced(texts, "text"))


def _fenced(lines: Sequence[str], kind: str) -> list[str]:
    """Lines as they are, between fences that none of them can close."""
    runs = [len(run) for line in lines for run in re.findall(r"`{3,}", line)]
    fence = "`" * (max(runs, default=2) + 1)
    return [f"{fence}{kind}", *(line.replace("\n", " ") for line in lines), fence]


def _text(text: str) -> str:
    """A text in which no Markdown or HTML is taken for what it is not."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))
