"""Reads cue and rule files, strictly, and binds them to each other. All faults are told at once, each with its line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from reviewqa.errors import Fault, RuleError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.finder import CueWords
from reviewqa.language.phrases import Phrase, PhraseError, WordLists, parse
from reviewqa.review import STEPS
from reviewqa.rules import conditions
from reviewqa.rules.conditions import Condition, ConditionError, Cue, Situation, Unanswered
from reviewqa.rules.model import (
    AntiPatternFile,
    CueFile,
    CuesByLanguage,
    LoadedAntiPattern,
    LoadedCue,
    LoadedSituation,
    LoadedStep,
    RuleSet,
    SituationFile,
    StepFile,
)
from reviewqa.yamlfile import Place, YamlFile

SPEAKERS = ("agent", "customer", "system")
WORD_LISTS = "_words.yaml"
FOLDERS = ("cues", "situations", "steps", "anti_patterns")
Model = TypeVar("Model", bound=BaseModel)


def built_in() -> Path:
    """The folder of the cues and rules that the package brings."""
    return Path(str(files("reviewqa.rules")))


@cache
def default_rules() -> RuleSet:
    """The package's own cues and rules. The cues of a language are read when the first conversation needs them."""
    loading = _Loading()
    loading.gather(built_in(), shown="")
    return loading.finish(lazy=True)


def load_rules(*extra: Path) -> RuleSet:
    """Load the package's rules and those of further folders.

    Arguments:
        extra: folders with ``cues/``, ``situations/``, ``steps/``, ``anti_patterns/``. A file that has the path of one
            of the package's takes its place; any other is added.

    Raises:
        RuleError: with every fault of every file.
    """
    loading = _Loading()
    for root in (built_in(), *extra):
        loading.gather(root, shown="" if root == built_in() else f"{root}/")
    return loading.finish()


@dataclass
class _Loading:
    sources: dict[str, tuple[Path, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def gather(self, root: Path, shown: str) -> None:
        if not root.is_dir():
            self.faults.append(Fault(str(root), f"is no folder; a rules folder holds {', '.join(FOLDERS)}"))
            return
        found = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
        if not found:
            self.faults.append(Fault(str(root), f"has no rules; it should hold {', '.join(FOLDERS)}"))
        for path in found:
            name = path.relative_to(root).as_posix()
            if path.suffix != ".yaml":
                self.faults.append(Fault(f"{shown}{name}", "is not a .yaml file; rename or remove it"))
            else:
                self.sources[name] = (path, f"{shown}{name}")

    def finish(self, lazy: bool = False) -> RuleSet:
        cues = CuesByLanguage(LANGUAGES, self._language)
        if not lazy:
            self._misplaced()
            for language in LANGUAGES:
                cues.keep(language, self._cues(language, self._word_lists(language)))
        known = {"/".join(name.removesuffix(".yaml").split("/")[2:]) for name in self._names("cues")}
        situations = self._each("situations", SituationFile, self._situation)
        steps = self._each("steps", StepFile, self._step)
        anti_patterns = self._each("anti_patterns", AntiPatternFile, self._anti_pattern)
        if not self.faults:
            for situation in situations.values():
                self._bind(situation.source, situation.holds, known, situations)
            for step in steps.values():
                self._bind(step.source, step.met, known, situations)
                self._bind(step.source, step.applies, known, situations)
            for rule in anti_patterns.values():
                self._bind(rule.source, rule.present, known, situations)
                if rule.unless is not None:
                    self._bind(rule.source, rule.unless, known, situations)
            self._refuse_circles(situations)
        if self.faults:
            raise RuleError(self.faults)
        order = {name: number for number, name in enumerate(STEPS)}
        steps = dict(sorted(steps.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))
        return RuleSet(cues, situations, steps, anti_patterns, self._digest())

    def _language(self, language: str) -> dict[str, LoadedCue]:
        cues = self._cues(language, self._word_lists(language))
        if self.faults:
            faults, self.faults = self.faults, []
            raise RuleError(faults)
        return cues

    def _misplaced(self) -> None:
        for name in self._names("cues"):
            if name.split("/")[1] not in LANGUAGES:
                what = f"{name.split('/')[1]!r} is not one of {', '.join(LANGUAGES)}; cues stand in cues/<language>/"
                self.faults.append(Fault(self.sources[name][1], what))

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for name, (path, _) in sorted(self.sources.items()):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def _names(self, folder: str) -> Iterator[str]:
        return (name for name in sorted(self.sources) if name.startswith(folder + "/"))

    def _read(self, name: str, model: type[Model]) -> tuple[YamlFile, Model | None]:
        path, shown = self.sources[name]
        source = YamlFile(path, shown)
        value = source.as_model(model)
        self.faults.extend(source.faults)
        return source, value

    def _word_lists(self, language: str) -> WordLists:
        name = f"cues/{language}/{WORD_LISTS}"
        if name not in self.sources:
            return WordLists({})
        path, shown = self.sources[name]
        source = YamlFile(path, shown)
        lists: dict[str, tuple[str, ...]] = {}
        if not source.faults and not isinstance(source.data, dict):
            source.faults.append(source.fault((), "has to be a mapping from a name to a list of phrases"))
        for key, value in (source.data if isinstance(source.data, dict) else {}).items():
            if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
                source.faults.append(source.fault((key,), f"{key}: a list of phrases is needed"))
            else:
                lists[str(key)] = tuple(value)
        self.faults.extend(source.faults)
        return WordLists(lists)

    def _cues(self, language: str, lists: WordLists) -> dict[str, LoadedCue]:
        cues: dict[str, LoadedCue] = {}
        for name in self._names(f"cues/{language}"):
            parts = name.removesuffix(".yaml").split("/")
            if parts[-1] + ".yaml" == WORD_LISTS:
                continue
            if len(parts) != 4 or parts[2] not in SPEAKERS:
                shown = self.sources[name][1]
                self.faults.append(Fault(shown, f"a cue stands in cues/{language}/<{'|'.join(SPEAKERS)}>/<name>.yaml"))
                continue
            source, file = self._read(name, CueFile)
            if file is None:
                continue
            phrases = self._phrases(source, language, "phrases", file.phrases, lists)
            unless = self._phrases(source, language, "unless", file.unless, lists)
            cue = "/".join(parts[2:])
            words = CueWords(cue, phrases, unless, file.negation == "respected")
            cues[cue] = LoadedCue(cue, language, source, file, words)
        return cues

    def _phrases(
        self, source: YamlFile, language: str, key: str, texts: tuple[str, ...], lists: WordLists
    ) -> tuple[Phrase, ...]:
        phrases = []
        for number, text in enumerate(texts):
            try:
                phrases.append(parse(language, text, lists))
            except PhraseError as error:
                self.faults.append(source.fault((key, number), str(error)))
        return tuple(phrases)

    def _each(self, folder: str, model: type[Model], make: Callable[[str, YamlFile, Model], Any]) -> dict[str, Any]:
        loaded = {}
        for name in self._names(folder):
            rule = name.removeprefix(f"{folder}/").removesuffix(".yaml")
            source, file = self._read(name, model)
            if not rule.isidentifier():
                self.faults.append(source.fault((), f"the name {rule!r} has to be letters, digits and underscores"))
            elif file is not None:
                loaded[rule] = make(rule, source, file)
        return loaded

    def _condition(self, source: YamlFile, key: str, data: Any) -> Condition:
        try:
            return conditions.parse(data, (key,))
        except ConditionError as error:
            self.faults.append(source.fault(error.place, str(error)))
            return conditions.AllOf(())

    def _situation(self, name: str, source: YamlFile, file: SituationFile) -> LoadedSituation:
        return LoadedSituation(name, source, file, self._condition(source, "holds", file.holds))

    def _step(self, name: str, source: YamlFile, file: StepFile) -> LoadedStep:
        applies = self._condition(source, "applies", file.applies)
        return LoadedStep(name, source, file, applies, self._condition(source, "met", file.met))

    def _anti_pattern(self, name: str, source: YamlFile, file: AntiPatternFile) -> LoadedAntiPattern:
        unless = None if file.unless is None else self._condition(source, "unless", file.unless)
        present = self._condition(source, "present", file.present)
        return LoadedAntiPattern(name, source, file, present, unless)

    def _bind(
        self, source: YamlFile, condition: Condition, cues: set[str], situations: Mapping[str, LoadedSituation]
    ) -> None:
        """Check that what a condition names exists, and lead situations to their conditions."""
        for part in condition.walk():
            if isinstance(part, Cue | Unanswered):
                for cue in part.cues:
                    if cue not in cues:
                        self._fault_once(source, cue, f"names the cue {cue!r}, which no language defines")
            elif isinstance(part, Situation):
                if part.name in situations:
                    object.__setattr__(part, "condition", situations[part.name].holds)
                else:
                    known = ", ".join(sorted(situations)) or "none"
                    self._fault_once(source, part.name, f"names the situation {part.name!r}; known: {known}")

    def _refuse_circles(self, situations: Mapping[str, LoadedSituation]) -> None:
        names = {
            name: sorted({part.name for part in rule.holds.walk() if isinstance(part, Situation)})
            for name, rule in situations.items()
        }

        def follow(trail: tuple[str, ...]) -> None:
            for name in names.get(trail[-1], ()):
                if name == trail[0]:
                    circle = " > ".join((*trail, name))
                    self._fault_once(situations[trail[0]].source, trail[-1], f"situations name each other: {circle}")
                elif name not in trail:
                    follow((*trail, name))

        for name in names:
            follow((name,))

    def _fault_once(self, source: YamlFile, named: str, what: str) -> None:
        fault = source.fault(_place_of(source.data, named), what)
        if fault not in self.faults:
            self.faults.append(fault)


def _place_of(data: Any, named: str, place: Place = ()) -> Place:
    """Where a name stands in the value of a file; the file itself where it does not."""
    if data == named:
        return place
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list | tuple) else ()
    for key, value in items:
        if found := _place_of(value, named, (*place, key)):
            return found
    return ()
