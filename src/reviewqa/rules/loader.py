"""Reads cue and rule files, strictly, and binds them to each other. All faults are told at once, each with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from reviewqa.collector import paused
from reviewqa.errors import Fault, RuleError
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.finder import CueWords
from reviewqa.language.phrases import Phrase, PhraseError, WordLists, parse
from reviewqa.review import STEPS
from reviewqa.rules import conditions
from reviewqa.rules.conditions import Condition, ConditionError, Situation
from reviewqa.rules.model import (
    AntiPatternFile,
    CueFile,
    CuesByLanguage,
    LoadedAntiPattern,
    LoadedCue,
    LoadedSituation,
    LoadedStep,
    Rule,
    RuleSet,
    SituationFile,
    StepFile,
    cues_in,
    cues_of,
    situations_in,
    situations_of,
)
from reviewqa.yamlfile import Place, YamlFile

SPEAKERS = ("agent", "customer", "system")
WORD_LISTS = "_words.yaml"
FOLDERS = ("cues", "situations", "steps", "anti_patterns")
LARGEST_PHRASE = 5_000
"""Words that a phrase may stand for, those of the lists that it names included, as often as it names them."""
Model = TypeVar("Model", bound=BaseModel)
_CONDITIONS = frozenset({"holds", "applies", "met", "present", "unless"})
_NAMED = re.compile(r"\{([a-z_]+)\}")


def built_in() -> Path:
    """The folder of the cues and rules that the package brings."""
    return Path(str(files("reviewqa.rules")))


@cache
@paused()
def default_rules() -> RuleSet:
    """The package's own cues and rules. The cues of a language are read when the first conversation needs them."""
    loading = _Loading()
    loading.gather(built_in(), shown="")
    return loading.finish(lazy=True)


@paused()
def load_rules(*extra: Path) -> RuleSet:
    """Load the package's rules and those of further folders.

    Arguments:
        extra: folders with ``cues/``, ``situations/``, ``steps/``, ``anti_patterns/``. A file that has the path of one
            of the package's takes its place; any other is added.

    Raises:
        RuleError: with every fault of every file.
    """
    return _gathered(extra).finish()


@paused()
def inspect_rules(*extra: Path) -> tuple[RuleSet, tuple[Fault, ...]]:
    """Load what can be loaded, for a check that tells everything at once.

    Arguments:
        extra: as for ``load_rules``.

    Returns:
        The cues and rules that hold and stand on nothing faulty, and the faults of all others.

    Raises:
        RuleError: one of the folders is none, or holds no rules.
    """
    loading = _gathered(extra)
    for root in extra:
        if not any(shown.startswith(f"{root}/") for _, shown in loading.sources.values()):
            raise RuleError(loading.faults)
    return loading.build(), tuple(loading.faults)


def _gathered(extra: tuple[Path, ...]) -> _Loading:
    loading = _Loading()
    for root in (built_in(), *extra):
        loading.gather(root, shown="" if root == built_in() else f"{root}/")
    return loading


class Sizes:
    """How many words phrases stand for when the lists that they name are written out: lists that name lists grow fast.

    Arguments:
        lists: the word lists by name.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._lists = lists
        self._sizes: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The words of a list; a circle counts once (the phrases tell it)."""
        if name not in self._sizes:
            self._sizes[name] = 0
            self._sizes[name] = sum(map(self.within, self._lists.get(name, ())))
        return self._sizes[name]

    def within(self, text: str) -> int:
        """The words of a phrase."""
        return len(text.split()) + text.count("|") + sum(map(self.of, _NAMED.findall(text)))


def sources(*extra: Path) -> dict[str, str]:
    """The text of each file that ``load_rules`` would read, by its path in the folder of rules."""
    loading = _Loading()
    for root in (built_in(), *extra):
        loading.gather(root, shown="")
    merged = {name: loading._merged(name)[0] for name in loading.beneath}
    if loading.faults:
        raise RuleError(loading.faults)
    texts = {name: path.read_text(encoding="utf-8") for name, (path, _) in sorted(loading.sources.items())}
    for name, lists in merged.items():
        plain = {key: list(phrases) for key, phrases in lists.items()}
        texts[name] = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    return texts


def load_folder(root: Path) -> RuleSet:
    """Load the rules of one folder alone, as ``sources`` gave them (an earlier audit's, say).

    Raises:
        RuleError: with every fault of every file.
    """
    loading = _Loading()
    loading.gather(root, shown="")
    return loading.finish()


@dataclass
class _Loading:
    sources: dict[str, tuple[Path, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Cues that could not be read for a fault elsewhere, in the word lists of their language."""
    beneath: dict[str, list[tuple[Path, str]]] = field(default_factory=dict)
    """For word lists the files of the same path in the folders before: a list stays until one of its name comes."""
    conditions: list[tuple[YamlFile, Condition]] = field(default_factory=list)
    """Every condition that was read, with its file; of one with faults, what is left without them."""

    def gather(self, root: Path, shown: str) -> None:
        if not root.is_dir():
            self.faults.append(Fault(str(root), f"is no folder; a rules folder holds {', '.join(FOLDERS)}"))
            return
        found = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
        if not found:
            self.faults.append(Fault(str(root), f"has no rules; it should hold {', '.join(FOLDERS)}"))
        for path in sorted(root.iterdir()):
            if path.name not in FOLDERS and path.name[0] not in "._" and _holds_yaml(path):
                what = f"is not one of {', '.join(FOLDERS)}, so nothing in it is read; rename or move it"
                self.faults.append(Fault(f"{shown}{path.name}", what))
        for path in found:
            name = path.relative_to(root).as_posix()
            if path.suffix != ".yaml":
                self.faults.append(Fault(f"{shown}{name}", "is not a .yaml file; rename or remove it"))
                continue
            if name in self.sources and path.name == WORD_LISTS:
                self.beneath.setdefault(name, []).append(self.sources[name])
            self.sources[name] = (path, f"{shown}{name}")

    def finish(self, lazy: bool = False) -> RuleSet:
        rules = self.build(lazy)
        if self.faults:
            raise RuleError(self.faults)
        return rules

    def build(self, lazy: bool = False) -> RuleSet:
        """The set of all that holds; what does not is in ``faults``."""
        cues = CuesByLanguage(LANGUAGES, self._language)
        if not lazy:
            self._misplaced()
            for language in LANGUAGES:
                cues.keep(language, self._cues(language))
        self._refuse_twice()
        situations = self._each("situations", SituationFile, self._situation)
        steps = self._each("steps", StepFile, self._step)
        anti_patterns = self._each("anti_patterns", AntiPatternFile, self._anti_pattern)
        order = {name: number for number, name in enumerate(STEPS)}
        steps = dict(sorted(steps.items(), key=lambda item: (order.get(item[0], len(order)), item[0])))
        rules = RuleSet(cues, situations, steps, anti_patterns, self._digest())
        self._bind(rules)
        self._refuse_circles(situations)
        if not self.faults:
            for rule in rules.rules:
                self._refuse_unable(rule)
        if self.faults:
            self._leave_out(rules)
        return rules

    def _language(self, language: str) -> dict[str, LoadedCue]:
        cues = self._cues(language)
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
            for file in (*(beneath for beneath, _ in self.beneath.get(name, [])), path):
                digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def _names(self, folder: str) -> Iterator[str]:
        return (name for name in sorted(self.sources) if name.startswith(folder + "/"))

    def _read(self, name: str, model: type[Model]) -> tuple[YamlFile, Model | None]:
        path, shown = self.sources[name]
        source = YamlFile(path, shown)
        value = source.as_model(model)
        self.faults.extend(source.faults)
        return source, value

    def _word_lists(self, language: str) -> WordLists | None:
        """The word lists of a language; None where they do not hold."""
        before = len(self.faults)
        lists, files = self._merged(f"cues/{language}/{WORD_LISTS}")
        sizes = Sizes(lists)
        for key, source in files.items():
            if sizes.of(key) > LARGEST_PHRASE:
                what = f"{key}: stands for more than {LARGEST_PHRASE} words with the lists that it names; split it"
                self.faults.append(source.fault((key,), what))
        return WordLists(lists) if len(self.faults) == before else None

    def _merged(self, name: str) -> tuple[dict[str, tuple[str, ...]], dict[str, YamlFile]]:
        """The word lists of a path over all folders, and the file that each is from; a later one takes the place of one
        of its name."""
        lists: dict[str, tuple[str, ...]] = {}
        files: dict[str, YamlFile] = {}
        here = [self.sources[name]] if name in self.sources else []
        for path, shown in [*self.beneath.get(name, []), *here]:
            source = YamlFile(path, shown)
            if not source.faults and not isinstance(source.data, dict):
                source.faults.append(source.fault((), "has to be a mapping from a name to a list of phrases"))
            for key, value in (source.data if isinstance(source.data, dict) else {}).items():
                if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
                    source.faults.append(
                        source.fault((key,), f"{key}: a list of phrases is needed; yes, no and numbers go in quotes")
                    )
                else:
                    lists[str(key)] = tuple(value)
                    files[str(key)] = source
            self.faults.extend(source.faults)
        return lists, files

    def _cues(self, language: str) -> dict[str, LoadedCue]:
        cues: dict[str, LoadedCue] = {}
        lists = self._word_lists(language)
        if lists is None:
            names = (name.removesuffix(".yaml").split("/") for name in self._names(f"cues/{language}"))
            self.unread.update("/".join(parts[2:]) for parts in names)
            return cues
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
                for key in ("phrases", "unless"):
                    self._phrases(source, language, key, _items(source.data, key), lists)
                continue
            phrases = self._phrases(source, language, "phrases", file.phrases, lists)
            unless = self._phrases(source, language, "unless", file.unless, lists)
            cue = "/".join(parts[2:])
            words = CueWords(cue, phrases, unless, file.negation == "respected")
            cues[cue] = LoadedCue(cue, language, source, file, words)
        return cues

    def _phrases(
        self, source: YamlFile, language: str, key: str, texts: Iterable[Any], lists: WordLists
    ) -> tuple[Phrase, ...]:
        """The phrases that hold; what is no text was told when the file was read."""
        phrases = []
        sizes = Sizes(lists)
        for number, text in enumerate(texts):
            if not isinstance(text, str) or not text:
                continue
            try:
                if sizes.within(text) > LARGEST_PHRASE:
                    raise PhraseError(
                        f"stands for more than {LARGEST_PHRASE} words with the lists that it names; split it"
                    )
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
            elif isinstance(source.data, dict):  # its conditions are looked at all the same
                for key in sorted(_CONDITIONS & source.data.keys() & model.model_fields.keys()):
                    self._condition(source, key, source.data[key])
        return loaded

    def _condition(self, source: YamlFile, key: str, data: Any) -> Condition:
        try:
            condition = conditions.parse(data, (key,))
        except ConditionError as error:
            self.faults.extend(source.fault(each.place, str(each)) for each in error.all)
            condition = error.rest
        self.conditions.append((source, condition))
        return condition

    def _situation(self, name: str, source: YamlFile, file: SituationFile) -> LoadedSituation:
        return LoadedSituation(name, source, file, self._condition(source, "holds", file.holds))

    def _step(self, name: str, source: YamlFile, file: StepFile) -> LoadedStep:
        applies = self._condition(source, "applies", file.applies)
        return LoadedStep(name, source, file, applies, self._condition(source, "met", file.met))

    def _anti_pattern(self, name: str, source: YamlFile, file: AntiPatternFile) -> LoadedAntiPattern:
        unless = None if file.unless is None else self._condition(source, "unless", file.unless)
        present = self._condition(source, "present", file.present)
        return LoadedAntiPattern(name, source, file, present, unless)

    def _bind(self, rules: RuleSet) -> None:
        """Check that what rules name exists, and lead situations to their conditions."""
        named = {name.removesuffix(".yaml").split("/", 2)[-1] for name in self._names("cues")}
        known = {name.removeprefix("situations/").removesuffix(".yaml") for name in self._names("situations")}
        for source, condition in self.conditions:
            for cue in sorted(cues_in(condition) - named):
                self._fault_once(source, cue, f"names the cue {cue!r}, which no language defines")
            for name in sorted(situations_in(condition) - known):
                said = ", ".join(sorted(known)) or "none"
                self._fault_once(source, name, f"names the situation {name!r}; known: {said}")
            for part in condition.walk():
                if isinstance(part, Situation) and part.name in rules.situations:
                    object.__setattr__(part, "condition", rules.situations[part.name].holds)

    def _refuse_twice(self) -> None:
        """Tell a rule that has the name of another: reviews, charters and commands know rules by their names alone."""
        first: dict[str, str] = {}
        for name, (_, shown) in self.sources.items():
            folder, _, rule = name.removesuffix(".yaml").partition("/")
            if folder != "cues" and first.setdefault(rule, name) != name:
                what = f"the name {rule!r} is already that of {first[rule]}; choose another"
                self.faults.append(Fault(shown, what))

    def _refuse_circles(self, situations: Mapping[str, LoadedSituation]) -> None:
        """Tell each situation that stands on itself, by way of others or not; each is looked at once."""
        names = {name: sorted(situations_of(rule) & situations.keys()) for name, rule in situations.items()}
        done: set[str] = set()
        for first in names:
            trail: list[str] = []
            waiting = [iter([first])]
            while waiting:
                name = next(waiting[-1], None)
                if name is None:
                    waiting.pop()
                    if trail:
                        done.add(trail.pop())
                elif name in trail:
                    circle = [*trail[trail.index(name) :], name]
                    what = f"situations name each other: {' > '.join(circle)}"
                    self._fault_once(situations[circle[0]].source, circle[1], what)
                elif name not in done:
                    trail.append(name)
                    waiting.append(iter(names[name]))

    def _refuse_unable(self, rule: Rule) -> None:
        """Tell a rule that cannot come out as it says, whatever the conversation."""
        if not isinstance(rule, LoadedAntiPattern):
            return
        if not conditions.can_show(rule.present):
            what = "can never be flagged: nothing in it shows words or turns (not and channel alone have none to cite)"
            self.faults.append(rule.source.fault(("present",), what))
        if rule.unless is not None and conditions.follows(rule.unless, rule.present):
            what = "can never be flagged: whenever present holds, this exception does too"
            self.faults.append(rule.source.fault(("unless",), what))

    def _leave_out(self, rules: RuleSet) -> None:
        """Take out of a set the rules that are faulty, and those that stand on faulty cues or situations."""
        faulty = {fault.where.rpartition(":")[0] or fault.where for fault in self.faults}
        faulty |= {fault.where for fault in self.faults}
        unread = self.unread | {
            "/".join(name.removesuffix(".yaml").split("/")[2:])
            for name in self._names("cues")
            if self.sources[name][1] in faulty
        }
        groups: tuple[dict[str, Any], ...] = (rules.situations, rules.steps, rules.anti_patterns)
        while True:
            bad = [
                (group, name)
                for group in groups
                for name, rule in group.items()
                if rule.source.shown in faulty
                or not unread.isdisjoint(cues_of(rule))
                or not situations_of(rule) <= rules.situations.keys()
            ]
            if not bad:
                return
            for group, name in bad:
                del group[name]

    def _fault_once(self, source: YamlFile, named: str, what: str) -> None:
        fault = source.fault(_place_of(source.data, named), what)
        if fault not in self.faults:
            self.faults.append(fault)


def _items(data: Any, key: str) -> list[Any]:
    """The list under a key of a file that does not hold; nothing where there is none."""
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []


def _holds_yaml(path: Path) -> bool:
    """Whether a file is YAML, or a folder has any."""
    files = path.rglob("*") if path.is_dir() else [path]
    return any(file.suffix in {".yaml", ".yml"} for file in files)


def _place_of(data: Any, named: str, place: Place = ()) -> Place:
    """Where a name stands in the value of a file; the file itself where it does not."""
    if data == named:
        return place
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list | tuple) else ()
    for key, value in items:
        if found := _place_of(value, named, (*place, key)):
            return found
    return ()
