"""What cue and rule files hold, and the set of them that a review runs by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reviewqa.collector import paused
from reviewqa.language.finder import CueWords, Finder, finder_of
from reviewqa.review import Severity, Skill
from reviewqa.rules.conditions import Condition, Cue, Situation, Unanswered
from reviewqa.rules.logic import Logic, logic
from reviewqa.yamlfile import YamlFile

Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InBoth(_Strict):
    """A text for people, in both languages."""

    en: Text
    pl: Text


class CueExamples(_Strict):
    """``match``: has the cue, on the words in ``[[ ]]`` where they are marked. ``no_match``: near misses."""

    match: Annotated[tuple[Text, ...], Field(min_length=1)]
    no_match: tuple[Text, ...] = ()


class CueFile(_Strict):
    """Something that is said, in one language. The path is the id: ``cues/<language>/<who>/<name>.yaml``.

    ``only`` is the reason why the cue has no counterpart in the other language.
    """

    means: Text
    only: Text | None = None
    phrases: Annotated[tuple[Text, ...], Field(min_length=1)]
    unless: tuple[Text, ...] = ()
    negation: Literal["respected", "ignored"] = "respected"
    examples: CueExamples


Dialogues = dict[Literal["pl", "en"], tuple[Any, ...]]
"""Mini-dialogues by language; each a list of turns ``{customer: "..."}``, or a mapping with channel and turns."""


class SituationExamples(_Strict):
    holds: Dialogues
    fails: Dialogues = Field(default_factory=dict)


class SituationFile(_Strict):
    """What was going on, for other rules to stand on: an issue was raised, something had gone wrong, ..."""

    means: InBoth
    holds: dict[str, Any]
    examples: SituationExamples


class StepReasons(_Strict):
    met: InBoth
    missed: InBoth
    not_applicable: InBoth


class StepExamples(_Strict):
    met: Dialogues
    missed: Dialogues
    not_applicable: Dialogues


class StepFile(_Strict):
    """A step that the situation may call for. ``met`` decides first, then ``applies``."""

    title: InBoth
    means: InBoth
    source: Text
    applies: dict[str, Any]
    met: dict[str, Any]
    reasons: StepReasons
    coaching: tuple[Skill, ...] = ()
    examples: StepExamples


class AntiPatternExamples(_Strict):
    present: Dialogues
    absent: Dialogues


class AntiPatternFile(_Strict):
    """Something that should not be done. ``needs_times``: the reason why it cannot be assessed without any."""

    title: InBoth
    means: InBoth
    source: Text
    severity: Severity
    present: dict[str, Any]
    unless: dict[str, Any] | None = None
    needs_times: InBoth | None = None
    reason: InBoth
    coaching: tuple[Skill, ...] = ()
    examples: AntiPatternExamples


@dataclass(frozen=True)
class LoadedCue:
    """A cue of one language, ready to be found. ``source`` is the file it stands in, which knows its lines."""

    id: str
    language: str
    source: YamlFile
    file: CueFile
    words: CueWords

    @property
    def speaker(self) -> str:
        """Who says it: agent, customer or system."""
        return self.id.split("/")[0]


@dataclass(frozen=True)
class LoadedSituation:
    """A situation with its condition."""

    id: str
    source: YamlFile
    file: SituationFile
    holds: Condition


@dataclass(frozen=True)
class LoadedStep:
    """A step with its conditions."""

    id: str
    source: YamlFile
    file: StepFile
    applies: Condition
    met: Condition


@dataclass(frozen=True)
class LoadedAntiPattern:
    """An anti-pattern with its conditions."""

    id: str
    source: YamlFile
    file: AntiPatternFile
    present: Condition
    unless: Condition | None


Rule = LoadedSituation | LoadedStep | LoadedAntiPattern


def conditions_of(rule: Rule) -> dict[str, Condition]:
    """The conditions of a rule by the key under which its file has them, in the order in which they decide."""
    if isinstance(rule, LoadedSituation):
        return {"holds": rule.holds}
    if isinstance(rule, LoadedStep):
        return {"met": rule.met, "applies": rule.applies}
    return {"present": rule.present} if rule.unless is None else {"present": rule.present, "unless": rule.unless}


def cues_in(condition: Condition) -> frozenset[str]:
    """The cues that a condition itself names."""
    return frozenset(cue for part in condition.walk() if isinstance(part, Cue | Unanswered) for cue in part.cues)


def situations_in(condition: Condition) -> frozenset[str]:
    """The situations that a condition itself names."""
    return frozenset(part.name for part in condition.walk() if isinstance(part, Situation))


def cues_of(rule: Rule) -> frozenset[str]:
    """The cues that a rule itself names."""
    return frozenset().union(*map(cues_in, conditions_of(rule).values()))


def situations_of(rule: Rule) -> frozenset[str]:
    """The situations that a rule itself names."""
    return frozenset().union(*map(situations_in, conditions_of(rule).values()))


class CuesByLanguage(Mapping[str, dict[str, LoadedCue]]):
    """The cues of each language by id; those of a language are read when they are first asked for.

    Arguments:
        languages: in the order in which they are told.
        load: reads the cues of one.
    """

    def __init__(self, languages: Sequence[str], load: Callable[[str], dict[str, LoadedCue]]) -> None:
        self._languages = tuple(languages)
        self._load = load
        self._loaded: dict[str, dict[str, LoadedCue]] = {}

    def keep(self, language: str, cues: dict[str, LoadedCue]) -> None:
        """Set the cues of a language."""
        self._loaded[language] = cues

    def __getitem__(self, language: str) -> dict[str, LoadedCue]:
        if language not in self._languages:
            raise KeyError(language)
        if language not in self._loaded:
            self._loaded[language] = self._load(language)
        return self._loaded[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)


@dataclass(frozen=True)
class RuleSet:
    """All cues and rules of a review, checked and bound to each other.

    Arguments:
        cues: by language, then by id.
        situations, steps, anti_patterns: by id; steps and anti-patterns in the order of reports.
        digest: changes when any cue or rule file does.
    """

    cues: Mapping[str, dict[str, LoadedCue]]
    situations: dict[str, LoadedSituation]
    steps: dict[str, LoadedStep]
    anti_patterns: dict[str, LoadedAntiPattern]
    digest: str

    @cached_property
    def _finders(self) -> dict[tuple[str, str], Finder]:
        return {}

    def finder(self, language: str, speaker: str) -> Finder:
        """What finds the cues of one kind of speaker (``agent``, ``customer``) in a language."""
        key = (language, speaker)
        if key not in self._finders:
            with paused():
                cues = [
                    cue.words for cue in self.cues[language].values() if cue.speaker == speaker and cue.id in self.named
                ]
                self._finders[key] = finder_of(language, cues)
        return self._finders[key]

    @cached_property
    def logic(self) -> Logic:
        """What finds the places of the rules' conditions."""
        return logic()

    @cached_property
    def named(self) -> frozenset[str]:
        """The cues that a rule names; others need not be looked for."""
        return frozenset(cue for rule in self.rules for cue in cues_of(rule))

    @property
    def rules(self) -> list[Rule]:
        """Situations, steps and anti-patterns."""
        return [*self.situations.values(), *self.steps.values(), *self.anti_patterns.values()]

    def rule(self, name: str) -> Rule | None:
        """The rule of a name; a step or anti-pattern before a situation."""
        return self.steps.get(name) or self.anti_patterns.get(name) or self.situations.get(name)

    def speaks(self, rule: Rule, language: str) -> bool:
        """Whether a rule can be shown in a language: it names a cue that the language has, or no cue at all."""
        cues = cues_of(rule)
        return not cues or not cues.isdisjoint(self.cues[language])

    @property
    def titles(self) -> dict[str, InBoth]:
        """The display names of steps and anti-patterns."""
        steps = {name: step.file.title for name, step in self.steps.items()}
        return steps | {name: rule.file.title for name, rule in self.anti_patterns.items()}

    def files(self, name: str) -> list[str]:
        """The files that define a rule or cue of this id (a cue has one for each language)."""
        files = [rule.source.shown for rule in self.rules if rule.id == name]
        return files + [cue.source.shown for cues in self.cues.values() for cue in cues.values() if cue.id == name]

    def __len__(self) -> int:
        """How many cues and rules there are."""
        return len(self.rules) + sum(len(cues) for cues in self.cues.values())
