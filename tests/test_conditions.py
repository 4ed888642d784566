"""The logic's words, each with a reading in which it holds and one in which it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from builders import reading, rules, talk, write
from reviewqa.rules import conditions, engine
from reviewqa.rules.conditions import ConditionError
from reviewqa.rules.logic import logic
from reviewqa.rules.model import RuleSet

HOLD = ("a", "Please hold the line we are busy")
PARCEL = ("c", "My parcel from Berlin is late")
GREY = ("a", "It is grey.")
BLUE = ("a", "It is blue.")
GREEN = ("a", "It is green.")
RED = ("c", "It is red.")
HELLO = ("c", "Hello there.")


@pytest.fixture(scope="module")
def pack() -> RuleSet:
    return rules()


def held(
    pack: RuleSet,
    condition: dict[str, Any],
    *turns: tuple[str, str],
    late: Mapping[int, float] | None = None,
    scores: Mapping[str, Mapping[int, float]] | None = None,
    channel: str | None = None,
) -> list[tuple[int, str]] | None:
    """The turns and words of the places that make a condition hold; None where it does not."""
    conversation = talk(*turns, channel=channel)
    parsed = conditions.parse(condition)
    places = parsed.find(reading(pack, conversation, late=late, scores=scores))
    assert logic().find(parsed, reading(pack, conversation, late=late, scores=scores)) == places
    if places is None:
        return None
    return [(place.turn, conversation.turns[place.turn].text[place.start : place.end]) for place in places]


blue, green, red = {"cue": "agent/blue"}, {"cue": "agent/green"}, {"cue": "customer/red"}

CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]], list[tuple[int, str]] | None]] = [
    ("cue", blue, [RED, BLUE], [(1, "blue")]),
    ("cue, not said", blue, [RED, GREY], None),
    ("cue, said by somebody else", blue, [("c", "It is blue."), ("b", "blue"), ("s", "blue"), ("n", "blue")], None),
    ("cue, a list", {"cue": ["agent/green", "agent/blue"]}, [BLUE, GREEN], [(1, "green"), (0, "blue")]),
    ("any", {"any": [green, blue]}, [BLUE], [(0, "blue")]),
    ("any, none", {"any": [green, blue]}, [GREY], None),
    ("all", {"all": [green, blue]}, [BLUE, GREEN], [(1, "green"), (0, "blue")]),
    ("all, but one", {"all": [green, blue]}, [BLUE], None),
    ("not", {"not": blue}, [GREY], []),
    ("not, but it is", {"not": blue}, [BLUE], None),
    ("after", {**blue, "after": red}, [RED, BLUE], [(1, "blue")]),
    ("after, but before", {**blue, "after": red}, [BLUE, RED], None),
    ("after, only the later", {**blue, "after": red}, [BLUE, RED, ("a", "blue again")], [(2, "blue")]),
    ("after, in one turn", {**blue, "after": green}, [("a", "green and blue")], [(0, "blue")]),
    ("after nothing", {**blue, "after": red}, [BLUE], None),
    ("after what has no place", {**blue, "after": {"not": green}}, [BLUE], [(0, "blue")]),
    ("before", {**blue, "before": red}, [BLUE, RED], [(0, "blue")]),
    ("before, but after", {**blue, "before": red}, [RED, BLUE], None),
    ("near", {**blue, "near": red, "within_turns": 1}, [BLUE, RED], [(0, "blue")]),
    ("near, too far", {**blue, "near": red, "within_turns": 1}, [BLUE, GREY, RED], None),
    ("after, within", {**blue, "after": red, "within_turns": 2}, [RED, GREY, BLUE], [(2, "blue")]),
    ("after, not within", {**blue, "after": red, "within_turns": 1}, [RED, GREY, BLUE], None),
    ("within, others do not count", {**blue, "after": red, "within_turns": 1},
     [RED, ("b", "x"), ("n", "x"), BLUE], [(3, "blue")]),
    ("not_after", {**blue, "not_after": red}, [BLUE, RED], [(0, "blue")]),
    ("not_after, but after", {**blue, "not_after": red}, [RED, BLUE], None),
    ("not_after nothing", {**blue, "not_after": red}, [BLUE], [(0, "blue")]),
    ("not_before", {**blue, "not_before": red}, [RED, BLUE], [(1, "blue")]),
    ("not_before, but before", {**blue, "not_before": red}, [BLUE, RED], None),
    ("not_before, within", {**blue, "not_before": red, "within_turns": 1}, [BLUE, GREY, RED], [(0, "blue")]),
    ("not_near", {**blue, "not_near": red, "within_turns": 1}, [RED, GREY, BLUE], [(2, "blue")]),
    ("not_near, but near", {**blue, "not_near": red, "within_turns": 1}, [RED, BLUE], None),
    ("first_agent_turn", {**blue, "position": "first_agent_turn"}, [RED, BLUE, GREY], [(1, "blue")]),
    ("first_agent_turn, later", {**blue, "position": "first_agent_turn"}, [RED, GREY, BLUE], None),
    ("last_agent_turn", {**blue, "position": "last_agent_turn"}, [GREY, BLUE, RED], [(1, "blue")]),
    ("last_agent_turn, earlier", {**blue, "position": "last_agent_turn"}, [BLUE, GREY], None),
    ("first_reply", {**blue, "position": "first_reply"}, [GREY, RED, BLUE, GREY], [(2, "blue")]),
    ("first_reply, a greeting", {**blue, "position": "first_reply"}, [BLUE, RED, GREY], None),
    ("first_reply to nobody", {**blue, "position": "first_reply"}, [BLUE], None),
    ("first_customer_turn", {**red, "position": "first_customer_turn"}, [GREY, RED, HELLO], [(1, "red")]),
    ("first_customer_turn, later", {**red, "position": "first_customer_turn"}, [HELLO, RED], None),
    ("last_customer_turn", {**red, "position": "last_customer_turn"}, [HELLO, RED, GREY], [(1, "red")]),
    ("last_customer_turn, earlier", {**red, "position": "last_customer_turn"}, [RED, HELLO], None),
    ("last_turn", {**red, "position": "last_turn"}, [GREY, RED, ("s", "closed")], [(1, "red")]),
    ("last_turn, not", {**red, "position": "last_turn"}, [RED, GREY], None),
    ("at_least", {**blue, "at_least": 2}, [BLUE, ("a", "so blue")], [(0, "blue"), (1, "blue")]),
    ("at_least, too few", {**blue, "at_least": 2}, [BLUE], None),
    ("at_least, after", {**blue, "after": red, "at_least": 2}, [BLUE, RED, BLUE], None),
    ("turns", {"turns": "agent"}, [RED, ("a", "One. Two.")], [(1, "One.")]),
    ("turns, none", {"turns": "agent"}, [RED, ("b", "Menu")], None),
    ("turns, least_words", {"turns": "customer", "least_words": 3}, [("c", "two words"), RED], [(1, "It is red.")]),
    ("turns, too few words", {"turns": "customer", "least_words": 3}, [("c", "one two")], None),
    ("turns, after", {"turns": "agent", "after": red}, [GREY, RED], None),
    ("unanswered", {"unanswered": "customer/red"}, [GREY, RED, ("s", "closed")], [(1, "red")]),
    ("unanswered, answered", {"unanswered": "customer/red"}, [RED, GREY], None),
    ("unanswered by anybody", {"unanswered": ["customer/red"]}, [RED, ("b", "Please hold")], [(0, "red")]),
    ("repeated", {"repeated": "agent"}, [HOLD, RED, HOLD], [(2, HOLD[1])]),
    ("repeated, other words", {"repeated": "agent"}, [HOLD, ("a", "Your parcel left the depot on Monday")], None),
    ("repeated, too short", {"repeated": "agent"}, [BLUE, BLUE], None),
    ("repeated, short words wanted", {"repeated": "agent", "least_words": 3}, [BLUE, BLUE], [(1, "It is blue.")]),
    ("repeated by another role", {"repeated": "agent"}, [HOLD, ("c", HOLD[1])], None),
    ("repeated, half alike", {"repeated": "agent", "similarity": 0.4},
     [HOLD, ("a", "please hold the line my dear")], [(1, "please hold the line my dear")]),
    # defect: a number that is given again is no repetition
    ("repeated numbers", {"repeated": "customer"}, [("c", "1 2 3 4 5 6"), ("c", "1 2 3 4 5 6")], None),
    ("repeated, one sentence of many", {"repeated": "agent"},
     [HOLD, ("a", "Now I see that Anna has looked into it. " + HOLD[1] + ".")], [(1, HOLD[1] + ".")]),
    ("repeated, a sentence lost in a long new turn", {"repeated": "agent"},
     [HOLD, ("a", "Now I see that Anna has looked into it, she rang the depot twice, found the van, had it unloaded, "
                  "checked each box by hand and sends yours on by noon. " + HOLD[1] + ".")], None),
    ("repeated, the whole turn", {"repeated": "agent", "least_words": 3, "whole_turn": True}, [BLUE, BLUE],
     [(1, "It is blue.")]),
    ("repeated, a sentence where the whole turn is wanted", {"repeated": "agent", "whole_turn": True},
     [HOLD, ("a", "Now I see that Anna has looked into it. " + HOLD[1] + ".")], None),
    ("asked_again", {"asked_again": "agent/blue"}, [("a", "really blue"), RED, ("a", "so really blue")], [(2, "blue")]),
    ("asked_again, in one breath", {"asked_again": "agent/blue"}, [BLUE, BLUE, RED], None),
    ("asked_again, another", {"asked_again": ["agent/blue", "agent/green"]}, [BLUE, RED, GREEN], None),
    ("asked_again, with other last words", {"asked_again": "agent/blue"},
     [("a", "Which sky has a colour?"), RED, ("a", "Does a sky of one colour do?")], None),
    ("asked_again, with the same last words", {"asked_again": "agent/blue"},
     [("a", "Which sky has a colour?"), RED, ("a", "Which sky of a colour?")], [(2, "sky of a colour")]),
    ("apart_from", {**blue, "apart_from": {"turns": "agent"}}, [("a", "Yes. It is blue.")], [(0, "blue")]),
    ("apart_from, but inside", {**blue, "apart_from": {"turns": "agent"}}, [BLUE], None),
    ("apart_from nothing", {**blue, "apart_from": green}, [BLUE], [(0, "blue")]),
    ("not_counting", {"turns": "agent", "least_words": 3, "not_counting": green}, [("a", "Green green. It is blue.")],
     [(0, "It is blue.")]),
    ("not_counting, nothing else said", {"turns": "agent", "least_words": 3, "not_counting": blue},
     [("a", "Well, yes. It is blue.")], None),
    ("not_counting, in another turn", {"turns": "agent", "least_words": 3, "not_counting": green}, [GREEN, BLUE],
     [(1, "It is blue.")]),
    ("ends_on", {"ends_on": "customer"}, [GREY, ("c", "One. Two?"), ("n", "x")], [(1, "Two?")]),
    ("ends_on, not", {"ends_on": "customer"}, [RED, GREY], None),
    ("ends_on nobody", {"ends_on": "customer"}, [("b", "x")], None),
    ("shouting", {"shouting": "agent"}, [("a", "Now: READ YOUR CONTRACT!")], [(0, "READ YOUR CONTRACT!")]),
    ("shouting, Polish", {"shouting": "customer"}, [("c", "CO ZA WSTYD, ŻENADA")], [(0, "CO ZA WSTYD, ŻENADA")]),
    ("shouting, a name again", {"shouting": "agent"}, [("a", "Try it on ACME-STORE. ACME-STORE.")], None),
    ("shouting, two words", {"shouting": "agent"}, [("a", "Your PESEL NUMBER please")], None),
    ("shouting, the other", {"shouting": "agent"}, [("c", "READ YOUR CONTRACT FIRST!")], None),
    ("shouting, another script", {"shouting": "agent"}, [("a", "Здравствуйте, извините, сейчас проверю")], None),
    ("shouting, another script's capitals", {"shouting": "agent"}, [("a", "ЧИТАЙТЕ СВОЙ ДОГОВОР")],
     [(0, "ЧИТАЙТЕ СВОЙ ДОГОВОР")]),
    ("shouting, letters and digits", {"shouting": "agent"}, [("a", "Order AB12 CD34 EF56 GH78")], None),
    ("restates", {"restates": 2}, [PARCEL, ("a", "The Berlin parcel, I see")], [(1, "The Berlin parcel, I see")]),
    ("restates, too little", {"restates": 2}, [PARCEL, ("a", "A parcel, I see")], None),
    ("restates, before it was said", {"restates": 2}, [("a", "A parcel from Berlin"), PARCEL], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "turns", "places"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_condition(
    pack: RuleSet, condition: dict[str, Any], turns: list[tuple[str, str]], places: list[tuple[int, str]] | None
) -> None:
    assert held(pack, condition, *turns) == places


def test_every_word_has_a_case_that_holds_and_one_that_does_not() -> None:
    elsewhere = {"waited", "score", "channel", "situation"}
    for word in set(conditions.KEYWORDS) - elsewhere:
        outcomes = {places is not None for _, condition, _, places in CASES if word in condition}
        assert outcomes == {True, False}, word


def test_waited_tells_the_longest_wait_first_with_its_seconds(pack: RuleSet) -> None:
    late = {1: 700.0, 3: 900.0}
    turns = (RED, BLUE, RED, GREEN)
    assert held(pack, {"waited": "too_long"}, *turns, late=late) == [(3, "It is green."), (1, "It is blue.")]
    assert held(pack, {"waited": "too_long"}, *turns, late={}) is None
    assert held(pack, {"waited": "too_long"}, *turns, late=None) is None
    read = reading(pack, talk(*turns), late=late)
    places = conditions.parse({"waited": "too_long"}).find(read) or ()
    assert [item.gap_s for item in engine.evidence(places, read)] == [900.0, 700.0]


def test_score_takes_the_clearest_turn_first(pack: RuleSet) -> None:
    turns = (BLUE, GREEN, ("a", "Short"))
    scores = {"politeness": {0: 0.2, 1: 0.1, 2: 0.0}}
    assert held(pack, {"score": "politeness", "below": 0.3}, *turns, scores=scores) == [
        (1, "It is green."),
        (0, "It is blue."),
    ]
    assert held(pack, {"score": "politeness", "above": 0.05}, *turns, scores=scores) == [
        (0, "It is blue."),
        (1, "It is green."),
    ]
    assert held(pack, {"score": "politeness", "below": 0.15, "above": 0.05}, *turns, scores=scores) == [
        (1, "It is green.")
    ]
    assert held(pack, {"score": "politeness", "below": 0.1}, *turns, scores=scores) is None
    assert held(pack, {"score": "empathy", "below": 0.3}, *turns, scores=scores) is None
    assert held(pack, {"score": "politeness", "below": 0.3, "least_words": 1}, *turns, scores=scores) == [
        (2, "Short"),
        (1, "It is green."),
        (0, "It is blue."),
    ]


def test_channel(pack: RuleSet) -> None:
    assert held(pack, {"channel": ["chat", "social"]}, BLUE, channel="social") == []
    assert held(pack, {"channel": "chat"}, BLUE, channel="email") is None
    assert held(pack, {"channel": "chat"}, BLUE) is None


def test_situations_stand_on_situations(pack: RuleSet, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "situations/storm.yaml": "means: {en: m, pl: m}\n"
            "holds: {all: [{situation: asked}, {not: {situation: calm}}]}\n"
            "examples: {holds: {en: [[{customer: It is red.}]]}}\n"
        },
    )
    storm = rules(tmp_path).situations["storm"].holds
    assert storm.find(reading(pack, talk(RED))) is not None
    assert storm.find(reading(pack, talk(HELLO))) is None


def test_quotes_lead_to_the_original_words(pack: RuleSet) -> None:
    assert held(pack, blue, ("a", "It is BLU\u00adE\u0301, blue.")) == [(0, "BLU\u00adE"), (0, "blue")]


def test_a_rule_file_says_what_a_review_finds(pack: RuleSet) -> None:
    read = reading(pack, talk(RED, BLUE, ("a", "sky blue colour"), BLUE, BLUE))
    step = engine.run_steps(pack, read)["act"]
    assert step.outcome == "met"
    assert [(e.turn, e.text, e.cue, e.agent) for e in step.evidence] == [
        (1, "blue", "agent/blue", "agent"),
        (2, "sky blue colour", "agent/blue", "agent"),
        (3, "blue", "agent/blue", "agent"),
    ]


def test_a_missed_step_names_its_trigger_and_the_turns_searched(pack: RuleSet) -> None:
    step = engine.run_steps(pack, reading(pack, talk(GREY, HELLO, RED, GREY, ("b", "x"), GREY)))["act"]
    assert (step.outcome, step.evidence, step.trigger, step.searched) == ("missed", (), 2, (3, 5))
    step = engine.run_steps(pack, reading(pack, talk(GREY, HELLO)))["act"]
    assert (step.outcome, step.trigger, step.searched) == ("not_applicable", None, ())


def test_flags_come_by_severity_and_those_without_times_are_told(pack: RuleSet) -> None:
    flags, missing = engine.run_anti_patterns(pack, reading(pack, talk(RED, BLUE), late={1: 900.0}))
    assert [(flag.id, flag.severity) for flag in flags] == [("red_alert", "critical"), ("big_wait", "minor")]
    assert missing == ()
    flags, missing = engine.run_anti_patterns(pack, reading(pack, talk(RED, BLUE, GREEN)))
    assert [flag.id for flag in flags] == ["big_wait"], "unless: agent/green"
    flags, missing = engine.run_anti_patterns(pack, reading(pack, talk(RED, GREY)))
    assert [(item.id, item.reason) for item in missing] == [("big_wait", "no times")]
    assert engine.run_anti_patterns(pack, reading(pack, talk(RED, GREY), late={})) == ((), ())


def test_long_evidence_is_quoted_from_its_start(pack: RuleSet) -> None:
    read = reading(pack, talk(("a", "word " * 500)))
    (item,) = engine.evidence(conditions.parse({"turns": "agent"}).find(read) or (), read)
    assert (item.start, item.end, len(item.text)) == (0, engine.LONGEST_EVIDENCE, engine.LONGEST_EVIDENCE)


@pytest.mark.parametrize(("between", "found"), [(49, True), (50, False)])
def test_a_turn_is_compared_with_fifty_before_it(pack: RuleSet, between: int, found: bool) -> None:
    ends = [chr(97 + n % 26) + chr(97 + n // 26) for n in range(between)]
    other = [("a", " ".join(start + end for start in "qrstuvw")) for end in ends]
    places = held(pack, {"repeated": "agent", "whole_turn": True}, HOLD, *other, HOLD)
    assert places == ([(between + 1, HOLD[1])] if found else None)


@pytest.mark.parametrize("relation", ["after", "before", "near", "not_after", "not_before", "not_near"])
def test_relations_of_many_places_are_settled(pack: RuleSet, relation: str) -> None:
    condition = {**blue, relation: green, "within_turns": 1}
    turns = [("a", "It is blue."), ("c", "x"), ("c", "x")] * 15_000 + [
        ("a", "It is green."),
        ("c", "x"),
        ("c", "x"),
    ] * 15_000
    found = held(pack, condition, *turns)
    assert (found is not None) == relation.startswith("not_")


@pytest.mark.parametrize(
    "data",
    [
        {"cue": ["agent/blue", "agent/green"], "without": {"cue": "agent/blue"}},
        {"cue": "agent/blue", "without": {"cue": "agent/blue", "position": "last_turn"}},
        {"cue": "agent/blue", "not_after": {"cue": "agent/blue"}},
        {"cue": "agent/blue", "without": {"turns": "agent", "least_words": 9}},
        {"cue": ["agent/blue", "customer/red"], "without": {"turns": "agent"}},
        {"all": [{"ends_on": "customer"}, {"unanswered": "customer/red"}]},
        {"all": [{"ends_on": "agent"}, {"unanswered": ["customer/red", "system/left"]}]},
        {"all": [{"ends_on": "agent"}, {"turns": "customer", "position": "last_customer_turn"}]},
    ],
)
def test_what_may_hold_is_not_refused(data: dict[str, object]) -> None:
    conditions.parse(data)


def test_all_faults_of_a_condition_are_told_at_once() -> None:
    with pytest.raises(ConditionError) as error:
        conditions.parse(
            {
                "cue": ["agent/blue", 3],
                "after": {"cue": "agent/green", "positon": "last_turn"},
                "with": {"turns": "klient"},
                "near": {"score": "harsh", "above": 2},
                "position": "first",
                "at_least": "two",
            }
        )
    assert {(each.place, str(each).split(";")[0][:40]) for each in error.value.all} == {
        (("cue", 1), "a name is needed here, not 3"),
        (("after", "positon"), "unknown key 'positon' beside 'cue'"),
        (("with", "turns"), "'klient' is not one of agent, customer"),
        (("near", "above"), "2 is not from 0 to 1"),
        ((), "near and not_near need within_turns, the"),
        (("position",), "'first' is not one of first_agent_turn, "),
        (("at_least",), "'two' is not a whole number of 0 or more"),
    }
