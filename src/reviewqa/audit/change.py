"""What changed between two audits' rules, charters and models, and which conversations that can touch.

A conversation keeps its verdicts where nothing that changed can be found in it: a changed cue has the same hits before
and after, and of the cues that a changed rule cannot do without, none is there. That is decided on the text, with
finders of these cues alone, which is much faster than a review; in doubt the conversation is reviewed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from reviewqa.charter import Charter
from reviewqa.conversation import Channel, Conversation
from reviewqa.language.finder import CueWords, Finder, finder_of
from reviewqa.language.tokens import tokens_of
from reviewqa.reviewer import Reviewer
from reviewqa.rules.conditions import AllOf, AnyOf, Condition, Cue, Situation, Unanswered
from reviewqa.rules.engine import SEARCHED
from reviewqa.rules.loader import load_folder
from reviewqa.rules.model import LoadedAntiPattern, LoadedStep, RuleSet

_LOOKS = {"title", "means", "source", "coaching", "examples"}
"""Of a rule's file what no verdict depends on."""


@dataclass(frozen=True)
class Change:
    """What may make verdicts differ.

    Arguments:
        everything: why every conversation has to be reviewed, or empty.
        names: of the changed cues, rules and lines, for people.
        before, after: by language and cue, the words of the cues that changed (empty where there was or is none).
        needed: by language, the cues without which no changed rule says anything.
        told: anti-patterns of which only the severity or the reason changed: they touch where they are present.
        limits: channels (None: not known) whose limit of time changed.
        charter: whether totals have to be weighed again.
        unread: whether conversations whose language cannot be read are touched.
    """

    everything: str = ""
    names: tuple[str, ...] = ()
    before: Mapping[tuple[str, str], CueWords] = field(default_factory=dict)
    after: Mapping[tuple[str, str], CueWords] = field(default_factory=dict)
    needed: Mapping[tuple[str, str], CueWords] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    limits: frozenset[str | None] = frozenset()
    charter: bool = False
    unread: bool = False

    @property
    def nothing(self) -> bool:
        """Whether every verdict and total stays."""
        return not (self.everything or self.charter or self.looks_at_text)

    @property
    def looks_at_text(self) -> bool:
        """Whether the conversations have to be read to tell which are touched."""
        return bool(self.before or self.after or self.needed or self.told or self.limits or self.unread)

    def touches(self, conversation: Conversation, language: str | None, flags: Iterable[str] = ()) -> bool:
        """Whether a conversation has to be reviewed again.

        Arguments:
            conversation: as it was held.
            language: as the earlier review read it.
            flags: that the earlier review found.
        """
        if conversation.channel in self.limits or not self.told.isdisjoint(flags):
            return True
        if language is None:
            return self.unread
        if language not in self._languages:
            return False
        for turn in conversation.turns:
            if turn.role not in SEARCHED:
                continue
            before, after, needed = self._finders[language, turn.role]
            if before is after is needed is None:
                continue
            tokens = tokens_of(turn.text)
            if needed is not None and needed.find(tokens):
                return True
            was, is_ = (finder.find(tokens) if finder else [] for finder in (before, after))
            if [hit[:3] for hit in was] != [hit[:3] for hit in is_]:
                return True
        return False

    @cached_property
    def _languages(self) -> frozenset[str]:
        return frozenset(language for words in (self.before, self.after, self.needed) for language, _ in words)

    @cached_property
    def _finders(self) -> dict[tuple[str, str], tuple[Finder | None, Finder | None, Finder | None]]:
        return {
            (language, speaker): (
                _finder(self.before, language, speaker),
                _finder(self.after, language, speaker),
                _finder(self.needed, language, speaker),
            )
            for language in self._languages
            for speaker in SEARCHED
        }


def _finder(words: Mapping[tuple[str, str], CueWords], language: str, speaker: str) -> Finder | None:
    chosen = [cue for (of, name), cue in words.items() if of == language and name.split("/")[0] == speaker]
    return finder_of(language, chosen) if chosen else None


def between(plan: Mapping[str, Any], rules: Mapping[str, str], now: Reviewer) -> Change:
    """What changed since an audit.

    Arguments:
        plan: of the earlier audit's manifest.
        rules: the files of its rules, by path.
        now: the reviewer of today.
    """
    was, is_ = plan["versions"], now.versions.model_dump()
    for name in ("package", "models"):
        if was[name] != is_[name]:
            return Change(everything=f"the {name} changed: {was[name]} before, {is_[name]} now", names=(name,))
    charter = Charter.model_validate_json(_json(plan["charter"]))
    names: list[str] = []
    limits: frozenset[str | None] = frozenset()
    if was["charter"] != is_["charter"]:
        channels = [*get_args(Channel), None]
        limits = frozenset(name for name in channels if charter.limit_s(name) != now.charter.limit_s(name))
        names += [f"charter: limit of {name or 'an unknown channel'}" for name in channels if name in limits]
        old, new = ({line.id: line for line in one.lines} for one in (charter, now.charter))
        names += [f"charter: {name}" for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
        names = names or ["charter"]
    weighed = was["charter"] != is_["charter"]
    if was["rules"] == is_["rules"]:
        return Change(names=tuple(names), limits=limits, charter=weighed)
    return _rules(load_texts(rules), now.rules, names, limits, weighed)


def load_texts(files: Mapping[str, str]) -> RuleSet:
    """Rules from the texts of their files, as ``rules.json`` keeps them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_folder(Path(folder))


def _rules(old: RuleSet, new: RuleSet, names: list[str], limits: frozenset[str | None], charter: bool) -> Change:
    named = _named(old) | _named(new)
    was, is_ = (
        {(language, cue.id): cue.words for language, cues in rules.cues.items() for cue in cues.values()}
        for rules in (old, new)
    )
    differ = [key for key in dict.fromkeys((*was, *is_)) if key[1] in named and was.get(key) != is_.get(key)]
    names += [f"cue {name} ({language})" for language, name in sorted(differ)]
    needed: set[str] = set()
    told: set[str] = set()
    if set(old.steps) != set(new.steps):
        return Change(everything="there are other steps", names=tuple(names))
    rules: list[tuple[str, Any, Any]] = [(name, old.steps[name], new.steps[name]) for name in new.steps]
    flags = dict.fromkeys((*old.anti_patterns, *new.anti_patterns))
    rules += [(name, old.anti_patterns.get(name), new.anti_patterns.get(name)) for name in flags]
    for name, before, after in rules:
        if _logic(before) == _logic(after) and not _situations_differ(before, after):
            continue
        names.append(f"rule {name}")
        if _only_told_otherwise(before, after):
            told.add(name)
            continue
        needs = [needed_by(rule) for rule in (before, after) if rule is not None]
        if any(cues is None for cues in needs) or _says_without_cues(before, after):
            return Change(everything=f"the rule {name} changed, and may speak of any conversation", names=tuple(names))
        needed.update(cue for cues in needs if cues is not None for cue in cues)
    return Change(
        names=tuple(names),
        before={key: was[key] for key in differ if key in was},
        after={key: is_[key] for key in differ if key in is_},
        needed={key: words for key, words in {**was, **is_}.items() if key[1] in needed},
        told=frozenset(told),
        limits=limits,
        charter=charter,
        unread=set(old.anti_patterns) != set(new.anti_patterns),
    )


def _logic(rule: LoadedStep | LoadedAntiPattern | None) -> Any:
    return None if rule is None else rule.file.model_dump(exclude=_LOOKS)


def _only_told_otherwise(before: Any, after: Any) -> bool:
    """Whether an anti-pattern is found where it was, and only its severity or reason is another."""
    if not (isinstance(before, LoadedAntiPattern) and isinstance(after, LoadedAntiPattern)):
        return False
    aside = _LOOKS | {"severity", "reason"}
    same = before.file.model_dump(exclude=aside) == after.file.model_dump(exclude=aside)
    return same and not _situations_differ(before, after)


def _conditions(rule: LoadedStep | LoadedAntiPattern) -> list[Condition]:
    if isinstance(rule, LoadedStep):
        return [rule.met, rule.applies]
    return [rule.present] if rule.unless is None else [rule.present, rule.unless]


def _situations_differ(*rules: LoadedStep | LoadedAntiPattern | None) -> bool:
    """Whether a situation that both rules stand on, or one that it stands on, is another now."""
    said = [
        {part.name: part.condition for condition in _conditions(rule) for part in reached(condition)}
        for rule in rules
        if rule is not None
    ]
    return any(one != said[0] for one in said[1:])


def reached(condition: Condition) -> Iterable[Situation]:
    """The situations that a condition stands on, those that they stand on included."""
    for part in condition.walk():
        if isinstance(part, Situation):
            yield part
            yield from reached(part.condition)


def _says_without_cues(before: Any, after: Any) -> bool:
    """Whether a change shows where none of the rule's cues is: other reasons, other flags to assess."""
    if isinstance(before, LoadedStep) and isinstance(after, LoadedStep):
        return before.file.reasons != after.file.reasons
    times = [None if rule is None else rule.file.needs_times for rule in (before, after)]
    return bool(times[0] != times[1])


def needed_by(rule: LoadedStep | LoadedAntiPattern) -> frozenset[str] | None:
    """Cues of which one has to be found for a rule to say anything; None where it may speak without any.

    A step says something where it is met or its situation is there; an anti-pattern where it is present.
    """
    if isinstance(rule, LoadedStep):
        met, applies = needs(rule.met), needs(rule.applies)
        return None if met is None or applies is None else met | applies
    return needs(rule.present)


def needs(condition: Condition) -> frozenset[str] | None:
    """Cues of which one has to be found for a condition to hold; None where it may hold without any."""
    if isinstance(condition, Cue | Unanswered):
        return frozenset(condition.cues)
    if isinstance(condition, Situation):
        return needs(condition.condition)
    if isinstance(condition, AnyOf):
        each = [needs(part) for part in condition.conditions]
        known = [cues for cues in each if cues is not None]
        return frozenset().union(*known) if len(known) == len(each) else None
    if isinstance(condition, AllOf):
        known = [cues for part in condition.conditions if (cues := needs(part)) is not None]
        return min(known, key=len) if known else None
    return None


def _named(rules: RuleSet) -> frozenset[str]:
    every = [situation.holds for situation in rules.situations.values()]
    every += [condition for step in rules.steps.values() for condition in _conditions(step)]
    every += [condition for rule in rules.anti_patterns.values() for condition in _conditions(rule)]
    parts = [part for condition in every for part in condition.walk()]
    return frozenset(cue for part in parts if isinstance(part, Cue | Unanswered) for cue in part.cues)


def depends(rules: RuleSet, name: str) -> frozenset[str]:
    """The cues that a step or anti-pattern stands on, through situations too."""
    rule = rules.steps.get(name) or rules.anti_patterns.get(name)
    if rule is None:
        return frozenset()
    every = [*_conditions(rule)]
    every += [part.condition for condition in _conditions(rule) for part in reached(condition)]
    parts = [part for condition in every for part in condition.walk()]
    return frozenset(cue for part in parts if isinstance(part, Cue | Unanswered) for cue in part.cues)


def _json(value: Any) -> str:
    import json

    return json.dumps(value)
