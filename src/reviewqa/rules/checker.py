"""Proves cues and rules by their own examples: what must be found is found, what must not is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reviewqa.errors import Fault
from reviewqa.language.finder import Finder, finder_of
from reviewqa.language.tokens import tokens_of
from reviewqa.rules import engine
from reviewqa.rules.examples import Example, ExampleError, read_example, unmark
from reviewqa.rules.loader import inspect_rules
from reviewqa.rules.model import LoadedCue, Rule, RuleSet
from reviewqa.rules.proof import lonely, twin_cues, twins, unproven


@dataclass(frozen=True)
class Checked:
    """What a check did: how many examples were run, and every fault."""

    examples: int
    faults: tuple[Fault, ...]


def check_folder(*extra: Path) -> tuple[RuleSet, Checked]:
    """Check the package's own files, or those of further folders: what cannot be read and what is not proven, at once.

    Arguments:
        extra: folders as ``load_rules`` takes them; only their files are checked where there are any.

    Returns:
        The cues and rules that could be read, and what the check found.

    Raises:
        RuleError: a folder is none, or holds no rules.
    """
    rules, faults = inspect_rules(*extra)
    unders = tuple(f"{root}/" for root in extra)
    checked = check(rules, unders)
    here = [fault for fault in faults if fault.where.startswith(unders or "")]
    others = [fault for fault in faults if fault not in here]  # a file of the package that a folder has made untrue
    told = [fault for fault in checked.faults if not (here and fault.what == _NOTHING)]
    return rules, Checked(checked.examples, (*here, *others, *told))


_NOTHING = "no example was found; a rule proves itself by its examples"


def check(rules: RuleSet, under: str | tuple[str, ...] = "") -> Checked:
    """Run the examples of all cues and rules, and look for what they do not prove.

    Arguments:
        rules: a loaded set.
        under: only files whose shown path starts so (or with one of these) are checked; all unless told.

    Returns:
        The number of examples run and the faults. A cue or rule without a working example is a fault; so is a set in
        which nothing was run.
    """
    faults: list[Fault] = []
    count = 0
    for language, cues in rules.cues.items():
        again = {id(cue): fault for cue, fault in twin_cues(cues)}
        for cue in cues.values():
            if cue.source.shown.startswith(under or ""):
                count += len(cue.file.examples.match) + len(cue.file.examples.no_match)
                finder = finder_of(language, [cue.words])
                faults.extend(_cue_faults(cue, finder))
                faults.extend(twins(cue))
                faults.extend(unproven(cue, finder))
                faults.extend(lonely(cue, rules.cues))
                faults.extend([again[id(cue)]] if id(cue) in again else [])
    for rule in rules.rules:
        if rule.source.shown.startswith(under or ""):
            tried, found = _rule_faults(rules, rule)
            count += tried
            faults.extend(found)
    if not count:
        faults.append(Fault(under[0] if isinstance(under, tuple) and under else str(under) or "rules", _NOTHING))
    return Checked(count, tuple(faults))


def _cue_faults(cue: LoadedCue, finder: Finder) -> Iterator[Fault]:
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


def _rule_faults(rules: RuleSet, rule: Rule) -> tuple[int, list[Fault]]:
    """The number of a rule's examples and their faults; every outcome has to be shown by one."""
    faults: list[Fault] = []
    count = 0
    examples = rule.file.examples
    spoken = [language for language in rules.cues if rules.speaks(rule, language)]
    for outcome in type(examples).model_fields:
        shown = [(lang, n, data) for lang, each in getattr(examples, outcome).items() for n, data in enumerate(each)]
        for language in spoken:
            if all(lang != language for lang, _, _ in shown):
                what = f"no example in {language} shows the outcome {outcome}"
                faults.append(rule.source.fault(("examples", outcome), what))
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
