"""A rule explained: the tree tells the outcome that a review has, and why."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from builders import reading, rules, talk, write
from reviewqa.conversation import Conversation
from reviewqa.reviewer import Reviewer
from reviewqa.rules import conditions
from reviewqa.rules.conditions import Condition
from reviewqa.rules.examples import read_example
from reviewqa.rules.model import conditions_of
from reviewqa.rules.trace import Part, follow, trace
from reviewqa.writers.explained import write_json, write_tree
from reviewqa.writers.texts import LABELS, Texts
from test_cli import GOOD, archive, reviewqa

TALK = talk(("c", "It is red."), ("a", "It is blue."), ("c", "Hello."), ("a", "It is blue again, and green."))


def followed(data: dict[str, object], conversation: Conversation = TALK) -> Part:
    return follow(conditions.parse(data), reading(rules(), conversation))


def lines(data: dict[str, object]) -> list[str]:
    """A tree as plain lines: mark, word, value, turns."""

    def told(part: Part, depth: int) -> list[str]:
        turns = " ".join(str(item.turn) for item in part.evidence)
        first = f"{'  ' * depth}{'+' if part.holds else '-'} {part.word} {part.value}".rstrip() + f" [{turns}]"
        return [first, *(line for inner in part.parts for line in told(inner, depth + 1))]

    return told(followed(data), 0)


def test_the_tree_says_what_each_choice_leaves() -> None:
    assert lines(
        {"cue": "agent/blue", "after": {"cue": "customer/red"}, "within_turns": 1, "position": "last_agent_turn"}
    ) == [
        "- cue agent/blue []",
        "  + found agent/blue [1 3]",
        "  + position last_agent_turn [3]",
        "  - after 1 []",
        "    + cue customer/red [0]",
    ]


def test_all_parts_are_followed_also_after_the_first_that_fails() -> None:
    assert lines({"all": [{"cue": "customer/green"}, {"not": {"cue": "agent/green"}}, {"ends_on": "agent"}]}) == [
        "- all []",
        "  - cue customer/green []",
        "  - not []",
        "    + cue agent/green [3]",
        "  + ends_on agent [3]",
    ]


def test_too_few_is_told() -> None:
    assert lines({"cue": "agent/blue", "at_least": 3}) == [
        "- cue agent/blue []",
        "  + found agent/blue [1 3]",
        "  - at_least 3 []",
    ]


SAID = conditions.Situation("said_blue", conditions.parse({"cue": "agent/blue"}))
WORDS: dict[str, tuple[dict[str, object] | Condition, str]] = {
    "any": ({"any": [{"cue": "agent/blue"}]}, ""),
    "all": ({"all": [{"cue": "agent/blue"}]}, ""),
    "not": ({"not": {"cue": "agent/blue"}}, ""),
    "situation": (SAID, "said_blue"),
    "waited": ({"waited": "too_long"}, "too_long"),
    "restates": ({"restates": 2}, "2"),
    "score": (
        {"score": "politeness", "below": 0.5, "above": 0, "position": "last_agent_turn"},
        "politeness, below: 0.5, above: 0, least_words: 3",
    ),
    "channel": ({"channel": ["chat", "email"]}, "chat, email"),
    "cue": ({"cue": ["agent/blue", "agent/green"], "with": {"cue": "agent/green"}}, "agent/blue, agent/green"),
    "unanswered": ({"unanswered": "customer/red"}, "customer/red"),
    "asked_again": ({"asked_again": "agent/blue"}, "agent/blue"),
    "turns": ({"turns": "agent", "least_words": 5}, "agent, least_words: 5"),
    "repeated": (
        {"repeated": "agent", "least_words": 3, "similarity": 0.4, "whole_turn": True},
        "agent, least_words: 3, similarity: 0.4, whole_turn: true",
    ),
    "ends_on": ({"ends_on": "agent"}, "agent"),
    "shouting": ({"shouting": "customer"}, "customer"),
}
"""Each word of the logic, and the value that is told of it."""


@pytest.mark.parametrize("word", conditions.KEYWORDS)
def test_every_word_of_the_logic_can_be_followed(word: str) -> None:
    data, value = WORDS[word]
    condition = data if isinstance(data, Condition) else conditions.parse(data)
    part = follow(condition, reading(rules(), TALK))
    assert (part.word, part.value) == (word, value)
    assert part.holds is (condition.find(reading(rules(), TALK)) is not None)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ({"turns": "agent"}, "agent"),
        ({"repeated": "customer"}, "customer, least_words: 6, similarity: 0.8"),
        ({"score": "harsh", "above": 0}, "harsh, above: 0, least_words: 3"),
        ({"score": "harsh", "below": 1}, "harsh, below: 1, least_words: 3"),
    ],
)
def test_what_is_not_given_is_not_told(data: dict[str, object], value: str) -> None:
    assert followed(data).value == value


def test_a_situation_is_followed_into_its_condition_once() -> None:
    part = follow(conditions.AllOf((SAID, SAID)), reading(rules(), TALK))
    assert [[inner.value for inner in each.parts] for each in part.parts] == [["agent/blue"], []]
    assert [each.holds for each in part.parts] == [True, True]


def test_the_tree_says_what_does_not_count() -> None:
    data = {"turns": "agent", "least_words": 2, "not_counting": {"cue": "agent/green"}, "position": "last_agent_turn"}
    assert lines(data) == [
        "- turns agent, least_words: 2 []",
        "  + found [1 3]",
        "  + not_counting [1]",
        "    + cue agent/green [3]",
        "  - position last_agent_turn []",
    ]
    out = io.StringIO()
    rule_set = rules()
    traced = trace(rule_set, rule_set.steps["act"], reading(rule_set, TALK))
    write_tree(replace(traced, parts=(("met", followed(data)),)), TALK, out, Texts("en"))
    assert "✔ of these, leaving out sentences with\n" in out.getvalue()


@pytest.mark.parametrize(
    "word", [*conditions.KEYWORDS, *conditions.Relation.KINDS, "not_counting", "position", "at_least"]
)
def test_every_word_of_the_logic_has_a_name(word: str) -> None:
    """Add it to ``writers/rule_texts.py`` in both languages."""
    assert f"condition.{word}" in LABELS


@pytest.mark.parametrize("position", conditions.Where.POSITIONS)
def test_every_position_has_a_name(position: str) -> None:
    assert f"where.{position}" in LABELS


def test_a_condition_without_a_name_is_no_silent_success() -> None:
    class Strange(Condition):
        pass

    with pytest.raises(TypeError, match="Strange"):
        follow(Strange(), reading(rules(), TALK))


def test_traces_agree_with_reviews_on_every_example_of_the_package(reviewer: Reviewer) -> None:
    for rule in reviewer.rules.rules:
        kind = next(iter(type(rule.file.examples).model_fields))
        for language, dialogues in getattr(rule.file.examples, kind).items():
            example = read_example(dialogues[0], language)
            seen = reading(reviewer.rules, example.conversation, language, example.late, example.scores)
            traced = trace(reviewer.rules, rule, seen)
            assert traced.outcome == kind
            for (key, part), (name, condition) in zip(traced.parts, conditions_of(rule).items(), strict=True):
                assert (key, part.holds) == (name, condition.find(seen) is not None)
            out = io.StringIO()
            write_tree(traced, example.conversation, out, Texts("pl"))
            assert out.getvalue().count("✔") + out.getvalue().count("✘") >= len(traced.parts)


def test_the_tree_speaks_polish_throughout() -> None:
    rule_set = rules()
    traced = trace(rule_set, rule_set.steps["act"], reading(rule_set, TALK))
    data = {"score": "politeness", "above": 0.9, "least_words": 4, "position": "last_agent_turn"}
    score, again = (followed(each) for each in (data, {"repeated": "agent", "whole_turn": True}))
    for ui, wanted in (
        ("pl", ("z nich: w ostatniej", "politeness, powyżej: 0,9, słów co najmniej: 4", "podobieństwo: 0,8, cała wyp")),
        (
            "en",
            ("of these, in the agent's last", "politeness, above: 0.9, least_words: 4", "similarity: 0.8, whole_turn"),
        ),
    ):
        out = io.StringIO()
        write_tree(replace(traced, parts=(("met", score), ("applies", again))), TALK, out, Texts(ui))
        assert all(text in out.getvalue() for text in wanted), out.getvalue()


def test_json_names_turns_and_words() -> None:
    rule_set = rules()
    out = io.StringIO()
    write_json(trace(rule_set, rule_set.steps["act"], reading(rule_set, TALK)), TALK, out)
    told = json.loads(out.getvalue())
    assert (told["rule"], told["kind"], told["outcome"]) == ("act", "step", "met")
    assert [item["text"] for item in told["conditions"]["met"]["evidence"]] == ["blue", "blue"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["one.jsonl", "apologize"], 0, "✔ cue agent/apology"),
        (["one.jsonl", "apologize", "--ui", "pl"], 0, "Wynik: wykonano"),
        (["two.jsonl", "trouble", "--id", "2", "--as", "json"], 0, '"kind": "situation"'),
        (["two.jsonl", "red_alert", "--id", "1"], 0, "Outcome: absent"),
        (["two.jsonl", "apologize"], 2, "holds several conversations; name one, such as --id 1"),
        (["two.jsonl", "apologize", "--id", "9"], 2, "holds no conversation '9'"),
        (["one.jsonl", "apologise"], 2, "is no step, anti-pattern or situation; known: "),
        (["none.jsonl", "apologize"], 2, "none.jsonl"),
        (["third.jsonl", "apologize"], 2, "this version reads pl and en"),
    ],
)
def test_the_command(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    archive(tmp_path, GOOD).rename(tmp_path / "one.jsonl")
    archive(tmp_path, GOOD, {**GOOD, "id": "2"}).rename(tmp_path / "two.jsonl")
    archive(tmp_path, {**GOOD, "language": "de"}).rename(tmp_path / "third.jsonl")
    done = reviewqa("rules", "explain", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in (done.stdout if code == 0 else done.stderr)
    assert "Traceback" not in done.stderr


def test_a_situation_is_followed_once(tmp_path: Path) -> None:
    examples = "examples: {holds: {en: [[{agent: x}]], pl: [[{agent: x}]]}}\n"
    files = {}
    for depth in range(40):
        both = f"{{all: [{{situation: s{depth - 1}a}}, {{situation: s{depth - 1}b}}]}}"
        for side in "ab":
            holds = both if depth else "{turns: agent}"
            files[f"situations/s{depth}{side}.yaml"] = f"means: {{en: m, pl: m}}\nholds: {holds}\n{examples}"
    rule_set = rules(write(tmp_path, files))
    traced = trace(rule_set, rule_set.situations["s39a"], reading(rule_set, TALK))
    out = io.StringIO()
    write_tree(traced, TALK, out, Texts())
    assert traced.outcome == "holds"
    assert len(out.getvalue().splitlines()) < 500
