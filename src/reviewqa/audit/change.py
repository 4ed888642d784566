"""What changed between two audits' rules, charters and models, and which conversations that can touch.

A conversation keeps its verdicts where nothing that changed can be found in it: a changed cue has the same hits before
and after, and of what a changed rule cannot do without, nothing is there: no cue, no value of a learned cue on the
rule's side of its limit, no wait. That is decided on the text, with finders of these cues alone and with the learned
cues only where a rule asks for them, which is much faster than a review; in doubt the conversation is reviewed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from reviewqa.charter import Charter
from reviewqa.conversation import Channel, Conversation
from reviewqa.indicators import indicators
from reviewqa.language.finder import CueWords, Finder, finder_of
from reviewqa.language.tokens import Tokens
from reviewqa.review import LEARNED, SCORES
from reviewqa.reviewer import Reviewer
from reviewqa.rules.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Cue,
    EndsOn,
    OnChannel,
    Placed,
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
from reviewqa.rules.engine import SEARCHED, tokenize
from reviewqa.rules.loader import load_folder
from reviewqa.rules.model import LoadedAntiPattern, LoadedStep, RuleSet, conditions_of
from reviewqa.rules.reading import Reading

Needs = frozenset[str | Condition]
"""Names of cues, and conditions that ask no cue: one of them has to be there."""

LIMIT = "charter: limit of "
"""How the names of changed limits of time begin."""

_LOOKS = {"title", "means", "source", "coaching", "examples"}
"""Of a rule's file what no verdict depends on."""


@dataclass(frozen=True)
class Change:
    """What may make verdicts differ.

    Arguments:
        everything: why every conversation has to be reviewed, or empty.
        names: of the changed cues, rules and lines, for people.
        before, after: by language and cue, the words of the cues that changed (empty where there was or is none).
        needed: by language, the cues of which a changed rule has to find one to say anything, ...
        signs: ... or of which one has to hold: conditions that ask no cue (a learned cue, a wait, a repetition).
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
    signs: tuple[Condition, ...] = ()
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
        return bool(self.before or self.after or self.needed or self.signs or self.told or self.limits or self.unread)

    def touches(
        self, conversation: Conversation, language: str | None, flags: Iterable[str], reviewer: Reviewer
    ) -> bool:
        """Whether a conversation has to be reviewed again.

        Arguments:
            conversation: as it was held.
            language: as the earlier review read it.
            flags: that the earlier review found.
            reviewer: of today.
        """
        if conversation.channel in self.limits or not self.told.isdisjoint(flags):
            return True
        if language is None:
            return self.unread
        tokens = tokenize(conversation)
        if language in self._languages and self._cues_differ(conversation, language, tokens):
            return True
        if not self.signs:
            return False
        reading = without_cues(conversation, language, tokens, self.signs, reviewer)
        return any(sign.find(reading) is not None for sign in self.signs)

    def _cues_differ(self, conversation: Conversation, language: str, tokens: Sequence[Tokens | None]) -> bool:
        """Whether a cue is found that a changed rule needs, or a changed cue is found elsewhere than before."""
        for turn, said in zip(conversation.turns, tokens, strict=True):
            if said is None:
                continue
            before, after, needed = self._finders[language, turn.role]
            if before is after is needed is None:
                continue
            if needed is not None and needed.find(said):
                return True
            was, is_ = (finder.find(said) if finder else [] for finder in (before, after))
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


def without_cues(
    conversation: Conversation,
    language: str,
    tokens: Sequence[Tokens | None],
    signs: Iterable[Condition],
    reviewer: Reviewer,
) -> Reading:
    """What conditions that ask no cue see of a conversation; only what these ask for is worked out.

    Arguments:
        conversation: as it was held.
        language: as it is read.
        tokens: for each turn its words.
        signs: the conditions.
        reviewer: with the models and the charter.
    """
    models = {sign.model for sign in signs if isinstance(sign, Scored)}
    values: dict[str, Mapping[int, float]] = {}
    if not models.isdisjoint(SCORES):
        scores, _ = reviewer.scorer.conversation(conversation.roles, language, tokens)
        values |= {name: score.by_turn() for name, score in scores.items()}
    if not models.isdisjoint(LEARNED):
        values |= reviewer.scorer.learned.hear(conversation.roles, language, tokens).values
    late = None
    if any(isinstance(sign, Waited) for sign in signs):
        late = indicators(conversation, reviewer.charter.limit_s(conversation.channel), settled=True).late
    return Reading(conversation, {}, tokens, late, values)


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
    charter = Charter.model_validate(plan["charter"])
    names: list[str] = []
    limits: frozenset[str | None] = frozenset()
    if was["charter"] != is_["charter"]:
        channels = [*get_args(Channel), None]
        limits = frozenset(name for name in channels if charter.limit_s(name) != now.charter.limit_s(name))
        names += [limit_of(name) for name in channels if name in limits]
        old, new = ({line.id: line for line in one.lines} for one in (charter, now.charter))
        names += [f"charter: {name}" for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
        names = names or ["charter"]
    weighed = was["charter"] != is_["charter"]
    if was["rules"] == is_["rules"]:
        return Change(names=tuple(names), limits=limits, charter=weighed)
    return _rules(load_texts(rules), now.rules, names, limits, weighed)


def limit_of(channel: str | None) -> str:
    """How ``Change.names`` calls a channel's limit of time."""
    return LIMIT + (channel or "an unknown channel")


def load_texts(files: Mapping[str, str]) -> RuleSet:
    """Rules from the texts of their files, as ``rules.json`` keeps them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_folder(Path(folder))


def _rules(old: RuleSet, new: RuleSet, names: list[str], limits: frozenset[str | None], charter: bool) -> Change:
    named = old.named | new.named
    was, is_ = (
        {(language, cue.id): cue.words for language, cues in rules.cues.items() for cue in cues.values()}
        for rules in (old, new)
    )
    differ = [key for key in dict.fromkeys((*was, *is_)) if key[1] in named and was.get(key) != is_.get(key)]
    names += [f"cue {name} ({language})" for language, name in sorted(differ)]
    needed: set[str] = set()
    signs: dict[Condition, None] = {}
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
        shows = _needed_to_show(before, after)
        if shows is None or _says_without_any(before, after):
            return Change(everything=f"the rule {name} changed, and may speak of any conversation", names=tuple(names))
        needed.update(sign for sign in shows if isinstance(sign, str))
        signs |= dict.fromkeys(sign for sign in shows if isinstance(sign, Condition))
    return Change(
        names=tuple(names),
        before={key: was[key] for key in differ if key in was},
        after={key: is_[key] for key in differ if key in is_},
        needed={key: words for key, words in {**was, **is_}.items() if key[1] in needed},
        signs=tuple(signs),
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


def _situations_differ(*rules: LoadedStep | LoadedAntiPattern | None) -> bool:
    """Whether a situation that both rules stand on, or one that it stands on, is another now."""
    said = [
        {part.name: part.condition for condition in conditions_of(rule).values() for part in reached(condition)}
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


def _says_without_any(before: Any, after: Any) -> bool:
    """Whether a change shows where nothing is that the rule needs: other reasons, other flags to assess."""
    if isinstance(before, LoadedStep) and isinstance(after, LoadedStep):
        return before.file.reasons != after.file.reasons
    times = [None if rule is None else rule.file.needs_times for rule in (before, after)]
    return bool(times[0] != times[1])


def _needed_to_show(before: Any, after: Any) -> Needs | None:
    """What has to be found for a rule's change to show; None where it may show in any conversation."""
    rules: list[LoadedStep | LoadedAntiPattern] = [rule for rule in (before, after) if rule is not None]
    if len(rules) == 1 or _besides(before) != _besides(after):
        return _any_of([needed_by(rule) for rule in rules])
    pairs = zip(*(_speaking(rule) for rule in rules), strict=True)
    return _any_of([difference(*pair) for pair in pairs])


def _speaking(rule: LoadedStep | LoadedAntiPattern) -> list[Condition]:
    """The conditions by which a rule says anything."""
    return [rule.met, rule.applies] if isinstance(rule, LoadedStep) else [rule.present]


def _besides(rule: LoadedStep | LoadedAntiPattern) -> Any:
    """What else a rule's verdict stands on."""
    said = rule.file.model_dump(exclude=_LOOKS | {"met", "applies", "present"})
    return said, None if isinstance(rule, LoadedStep) else rule.unless


def difference(before: Condition, after: Condition) -> Needs | None:
    """What has to be found for two versions of a condition to give other places; None where they may anywhere.

    Parts of an ``any`` that stand on both sides, in the same order, give the same places on both.
    """
    if before == after:
        return frozenset()
    if isinstance(before, Situation) and isinstance(after, Situation) and before.name == after.name:
        return difference(before.condition, after.condition)
    was, is_ = (one.conditions if isinstance(one, AnyOf) else (one,) for one in (before, after))
    if [part for part in was if part in is_] != [part for part in is_ if part in was]:
        return _any_of([needs(before), needs(after)])
    return _any_of([needs(part) for part in (*was, *is_) if part not in was or part not in is_])


def _any_of(each: Iterable[Needs | None]) -> Needs | None:
    """What several conditions need of which any may hold; None where one of them needs nothing."""
    found: set[str | Condition] = set()
    for one in each:
        if one is None:
            return None
        found |= one
    return frozenset(found)


def needed_by(rule: LoadedStep | LoadedAntiPattern) -> Needs | None:
    """What has to be found for a rule to say anything; None where it may speak of any conversation.

    A step says something where it is met or its situation is there; an anti-pattern where it is present.
    """
    return _any_of(map(needs, _speaking(rule)))


def needs(condition: Condition) -> Needs | None:
    """Cues of which one has to be found, or conditions without cues of which one has to hold, for a condition to hold.

    None where it may hold without any. What only narrows a condition down is left out, unless it is the rarer thing.
    """
    if isinstance(condition, Cue | Unanswered):
        return _rarest([frozenset(condition.cues), *_related(condition)])
    if isinstance(condition, Turns):
        alone = replace(condition, where=_alone(condition.where), not_counting=None)
        return _rarest([frozenset({alone}), *_related(condition)])
    if isinstance(condition, Scored | Repeated | Restates):
        return _rarest([frozenset({replace(condition, where=_alone(condition.where))}), *_related(condition)])
    if isinstance(condition, EndsOn | Waited | Shouting | OnChannel):
        return frozenset({condition})
    if isinstance(condition, Situation):
        return needs(condition.condition)
    if isinstance(condition, AnyOf):
        return _any_of(map(needs, condition.conditions))
    if isinstance(condition, AllOf):
        return _rarest([found for part in condition.conditions if (found := needs(part)) is not None])
    return None


def _related(condition: Condition) -> list[Needs]:
    """What the places of a condition have to stand near to."""
    if not isinstance(condition, Placed):
        return []
    each = [needs(relation.condition) for relation in condition.where.relations if not relation.negative]
    return [found for found in each if found is not None]


def _alone(where: Where) -> Where:
    return replace(where, relations=())


def _rarest(found: Sequence[Needs]) -> Needs | None:
    """Of several things that all have to be there the one that is so in the fewest conversations, at a guess."""
    return min(found, key=_commonness) if found else None


def _commonness(found: Needs) -> tuple[bool, int]:
    return any(isinstance(sign, Turns | EndsOn | OnChannel) for sign in found), len(found)


def depends(rules: RuleSet, name: str) -> frozenset[str]:
    """The cues that a step or anti-pattern stands on, through situations too."""
    parts = _parts(rules, name)
    return frozenset(cue for part in parts if isinstance(part, Cue | Unanswered) for cue in part.cues)


def waits(rules: RuleSet, name: str) -> bool:
    """Whether a step or anti-pattern stands on the charter's limit of time, through situations too."""
    return any(isinstance(part, Waited) for part in _parts(rules, name))


def _parts(rules: RuleSet, name: str) -> list[Condition]:
    """All conditions that a step or anti-pattern is made of; none where there is no such rule."""
    rule = rules.steps.get(name) or rules.anti_patterns.get(name)
    if rule is None:
        return []
    every = [*conditions_of(rule).values()]
    every += [part.condition for condition in every for part in reached(condition)]
    return [part for condition in every for part in condition.walk()]
