"""The cues and rules that the package brings: one test speaks of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import PACK, package_rules, rules, write
from reviewqa.errors import RuleError
from reviewqa.language.phrases import parse
from reviewqa.review import STEPS
from reviewqa.rules.checker import check, check_folder
from reviewqa.rules.examples import ExampleError, read_example, unmark
from reviewqa.rules.loader import built_in, load_folder, load_rules, sources
from reviewqa.rules.model import RuleSet
from reviewqa.rules.proof import normal

ANTI_PATTERNS = {
    "ask_me_not", "autopilot", "big_wait", "broken_promises", "just_work_here", "lights_on_no_one_home",
    "misplaced_priorities", "red_alert", "suffering_in_silence", "true_lies",
}  # fmt: skip
FILES = sorted(path.relative_to(built_in()).as_posix() for path in built_in().rglob("*.yaml"))


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return load_rules()


def named_cues(value: object, word: str = "") -> Iterator[str]:
    """The cues that the logic of a rule file names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from named_cues(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from named_cues(inner, word)
    elif isinstance(value, str) and word in {"cue", "unanswered"}:
        yield value


def test_all_examples_hold(pack: RuleSet) -> None:
    checked = check(pack)
    assert checked.examples > 500
    assert "\n".join(map(str, checked.faults)) == ""


def test_every_step_and_anti_pattern_of_the_taxonomy_is_there(pack: RuleSet) -> None:
    assert tuple(pack.steps) == STEPS
    assert set(pack.anti_patterns) == ANTI_PATTERNS


def test_every_file_of_the_folder_is_loaded(pack: RuleSet) -> None:
    shown = {cue.source.shown for cues in pack.cues.values() for cue in cues.values()}
    shown |= {
        rule.source.shown for group in (pack.situations, pack.steps, pack.anti_patterns) for rule in group.values()
    }
    assert {name for name in FILES if not name.endswith("/_words.yaml")} == shown


def test_every_rule_speaks_both_languages(pack: RuleSet) -> None:
    for rule in (*pack.steps.values(), *pack.anti_patterns.values()):
        assert rule.file.title.en != rule.file.title.pl, rule.source.shown
        for kind in type(rule.file.examples).model_fields:
            dialogues = getattr(rule.file.examples, kind)
            assert dialogues.get("en"), f"{rule.source.shown}: examples.{kind}.en"
            assert dialogues.get("pl"), f"{rule.source.shown}: examples.{kind}.pl"


def test_every_cue_that_a_rule_names_is_there_in_both_languages(pack: RuleSet) -> None:
    missing = []
    for group in (pack.situations, pack.steps, pack.anti_patterns):
        for rule in group.values():
            for cue in sorted(set(named_cues(rule.file.model_dump(exclude={"examples"})))):
                missing += [
                    f"{rule.source.shown}: {cue} ({code})" for code, cues in pack.cues.items() if cue not in cues
                ]
    assert missing == []


@pytest.mark.parametrize("name", FILES)
def test_file_names_are_plain(name: str) -> None:
    assert re.fullmatch(r"[a-z_/]+\.yaml", name)


# ---------------------------------------------------------------------------------------------------------------------
# A folder of one's own, on top of the package's.

TEAL = 'means: says teal\nphrases: ["teal"]\nexamples: {match: ["It is teal."]}\n'


def test_a_folder_adds_cues_and_replaces_those_of_the_same_path(tmp_path: Path) -> None:
    write(tmp_path, {"cues/en/agent/teal.yaml": TEAL, "cues/en/agent/blue.yaml": TEAL})
    alone, more = rules(), rules(tmp_path)
    assert set(more.cues["en"]) - set(alone.cues["en"]) == {"agent/teal"}
    assert more.cues["en"]["agent/blue"].file.phrases == ("teal",)
    assert more.cues["en"]["agent/blue"].source.shown == f"{tmp_path}/cues/en/agent/blue.yaml"
    assert alone.digest != more.digest


def test_the_digest_changes_with_any_word_and_not_with_the_place(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"cues/en/agent/teal.yaml": TEAL})
    same = write(tmp_path / "two", {"cues/en/agent/teal.yaml": TEAL})
    other = write(tmp_path / "three", {"cues/en/agent/teal.yaml": TEAL.replace("says", "SAYS")})
    assert rules(one).digest == rules(same).digest != rules(other).digest


def test_only_files_under_a_prefix_are_checked(tmp_path: Path) -> None:
    write(tmp_path, {"cues/en/agent/teal.yaml": TEAL})
    rule_set = rules(tmp_path)
    assert check(rule_set, f"{tmp_path}/").examples == 1
    assert check(rule_set).examples > 20
    (fault,) = check(rule_set, "nowhere/").faults
    assert "no example was found" in fault.what


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="has no rules; it should hold cues, situations, steps, anti_patterns"):
        rules(tmp_path)


def test_steps_come_in_the_order_in_which_they_are_done(tmp_path: Path) -> None:
    step = (PACK / "steps" / "act.yaml").read_text(encoding="utf-8")
    names = ("greet", "follow_up", "assess", "apologize", "acknowledge")
    write(tmp_path, {f"steps/{name}.yaml": step for name in names})
    assert tuple(rules(tmp_path).steps) == (*STEPS, "greet")


def test_marks_are_taken_out_of_an_example() -> None:
    assert unmark("a [[b c]] d [[e]]") == ("a b c d e", [(2, 5), (8, 9)])
    assert unmark("[[a]][[b]]") == ("ab", [(0, 1), (1, 2)])
    assert unmark("a [b] c]]") == ("a [b] c]]", [])


def test_an_example_becomes_a_conversation() -> None:
    example = read_example(
        {"channel": "chat", "turns": [{"customer": "Hi"}, {"agent": "[[Yes]]?", "waited_s": 9, "politeness": 0.2}]},
        "en",
    )
    assert example.conversation.channel == "chat"
    assert [(turn.role, turn.text) for turn in example.conversation.turns] == [("customer", "Hi"), ("agent", "Yes?")]
    assert (example.marks, example.late, example.scores) == (((1, 0, 3),), {1: 9.0}, {"politeness": {1: 0.2}})


@pytest.mark.parametrize(
    "data",
    ["text", [], {}, {"turns": []}, {"turns": [{"agent": "x"}], "channell": "chat"}, ["text"],
     {"channel": "letter", "turns": [{"agent": "x"}]}, [{"agent": "x", "customer": "y"}],
     [{"agent": "x", "waited_s": True}], [{"agent": "x", "waited_s": "9"}]],
)  # fmt: skip
def test_an_example_that_is_none_is_refused(data: object) -> None:
    with pytest.raises(ExampleError):
        read_example(data, "en")


# ---------------------------------------------------------------------------------------------------------------------
# The check of a folder: all at once, and in little time whatever it holds.


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    rule = (PACK / "anti_patterns" / "red_alert.yaml").read_text(encoding="utf-8")
    write(
        tmp_path,
        {
            "cues/en/agent/teal.yaml": TEAL.replace("teal.", "grey."),
            "cues/en/agent/broken.yaml": TEAL.replace("phrases", "phrase"),
            "anti_patterns/unread.yaml": rule.replace("agent/blue", "agent/broken"),
            "anti_patterns/two.yaml": rule.replace("{cue: agent/blue", "{any: [{cue: agent/no}, {situation: no}]")
            .replace(", after: {cue: customer/red}", "")
            .replace("source: made up", "source: made up\nsources: none"),
            "anti_patterns/both.yaml": rule.replace(
                "{cue: agent/blue, after: {cue: customer/red}}", "{any: [{cues: agent/blue}, {turns: nobody}]}"
            ),
            "situations/calm.yaml": (PACK / "situations" / "calm.yaml")
            .read_text(encoding="utf-8")
            .replace("asked", "nothing_known"),
        },
    )
    with package_rules(PACK):
        rule_set, checked = check_folder(tmp_path)
    told = "\n".join(str(fault).removeprefix(f"{tmp_path}/") for fault in checked.faults)
    assert "cues/en/agent/teal.yaml:3: nothing is found in 'It is grey.'" in told
    assert "cues/en/agent/broken.yaml:2: unknown key 'phrase'" in told
    assert "anti_patterns/two.yaml:4: unknown key 'sources'" in told
    assert "anti_patterns/both.yaml:5: a condition has exactly one of" in told
    assert "anti_patterns/both.yaml:5: 'nobody' is not one of agent, customer" in told
    assert "situations/calm.yaml:2: names the situation 'nothing_known'" in told
    assert "unread" not in told, "a rule that stands on a faulty cue is not to blame"
    assert {"unread", "two", "both"}.isdisjoint(rule_set.anti_patterns)
    assert "calm" not in rule_set.situations
    assert "red_alert" in rule_set.anti_patterns


def test_a_fault_of_a_file_hides_no_other_in_it(tmp_path: Path) -> None:
    rule = (PACK / "anti_patterns" / "red_alert.yaml").read_text(encoding="utf-8")
    cue = "means: m\nonly: made up\nphrases:\n- no\n- (open\n- <3>\nexamples: {match: [x]}\n"
    near = rule.replace("{cue: customer/red}", "{cue: agent/nie_ma}, with: {turns: klient}")
    grave = rule.replace("severity: ", "severity: very ").replace("agent/blue", "agent/none")
    rule_files = {"anti_patterns/near.yaml": near, "anti_patterns/grave.yaml": grave}
    write(tmp_path, {"cues/en/agent/odd.yaml": cue, **rule_files})
    with package_rules(PACK):
        _, checked = check_folder(tmp_path)
    told = "\n".join(str(fault).removeprefix(f"{tmp_path}/") for fault in checked.faults)
    for wanted in (
        "cues/en/agent/odd.yaml:4: phrases.0: ",
        "cues/en/agent/odd.yaml:5: a bracket is not closed",
        "cues/en/agent/odd.yaml:6: '<3>'",
        "anti_patterns/near.yaml:5: names the cue 'agent/nie_ma', which no language defines",
        "anti_patterns/near.yaml:5: 'klient' is not one of agent, customer",
        "anti_patterns/grave.yaml:4: severity: 'very critical' is not one of",
        "anti_patterns/grave.yaml:5: names the cue 'agent/none', which no language defines",
    ):
        assert wanted in told, told


def test_word_lists_of_a_team_stand_beside_those_of_the_package(tmp_path: Path) -> None:
    lists = "shades: [blue, navy]\nhues: [ochre]\n"
    cue = 'means: m\nonly: made up\nphrases: ["{hues} {shades}"]\nexamples: {match: ["It is [[ochre navy]]."]}\n'
    base = write(tmp_path / "base", {"cues/en/_words.yaml": "shades: [grey]\ntones: [loud]\n"})
    write(base, {"cues/en/agent/tone.yaml": cue.replace("{hues} {shades}", "{tones}").replace("ochre navy", "loud")})
    team = write(tmp_path / "team", {"cues/en/_words.yaml": lists, "cues/en/agent/hue.yaml": cue})
    with package_rules(base):
        checked = check_folder(team)[1]
        kept = sources(team)
        digest = load_rules(team).digest
    assert [str(fault) for fault in checked.faults] == []
    again = load_folder(write(tmp_path / "again", kept))
    assert set(again.cues["en"]) == {"agent/hue", "agent/tone"}
    write(team, {"cues/en/_words.yaml": lists + "odd: none\n"})
    with package_rules(base), pytest.raises(RuleError, match=r"team/cues/en/_words.yaml:3: odd: a list of phrases"):
        load_rules(team)
    write(team, {"cues/en/_words.yaml": lists})
    write(base, {"cues/en/_words.yaml": "shades: [gray]\ntones: [loud]\n"})
    with package_rules(base):
        assert load_rules(team).digest != digest, "the lists beneath count, too"


def test_situations_that_stand_on_each_other_many_times_are_read_in_little_time(tmp_path: Path) -> None:
    examples = "examples: {holds: {en: [[{agent: x}]], pl: [[{agent: x}]]}}\n"
    files = {}
    for depth in range(60):
        for side in "ab":
            both = f"{{all: [{{situation: s{depth - 1}a}}, {{situation: s{depth - 1}b}}]}}"
            below = both if depth else "{turns: agent}"
            files[f"situations/s{depth}{side}.yaml"] = f"means: {{en: m, pl: m}}\nholds: {below}\n{examples}"
    write(tmp_path, files)
    with package_rules(PACK):
        _, checked = check_folder(tmp_path)
    assert not any("name each other" in fault.what for fault in checked.faults)


def test_alternatives_in_another_order_are_one_phrase() -> None:
    one, other, third = (parse("en", text).items for text in ("(a b|c|(d)) teal", "(c|d|(a b)) teal", "(a b|c) teal"))
    assert normal(one) == normal(other) != normal(third)
