"""The whole pipeline: promises that hold for any conversation."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reviewqa
from builders import NOON, PACK, package_rules, talk, turn
from reviewqa.charter import Charter, Line
from reviewqa.conversation import Conversation, Turn
from reviewqa.errors import CharterError
from reviewqa.review import SCORES, STEPS, Evidence, Review
from reviewqa.reviewer import Reviewer

SAID = [
    "Where is my parcel? It never arrived.", "I'm so sorry about the delay, let me check that for you.",
    "Anything else you need?", "That is not my problem, call somebody else.", "Thanks, bye",
    "I have been on hold for an hour!!!", "READ YOUR CONTRACT FIRST, OK?", "I have cancelled your order.",
    "Gdzie jest moja paczka? Czekam od tygodnia.", "Bardzo przepraszam za opóźnienie, już sprawdzam.",
    "Nie wiem, proszę sobie sprawdzić na stronie.", "Dziękuję, do widzenia.", "prze\u00adpraszam 👩\u200d💻 bardzo",
    "On Mon, Jan 6, 2025 at 10:00 AM Support <a@b.c> wrote:\n> sorry", "", "👍", "ok",
]  # fmt: skip
texts = st.one_of(
    st.lists(st.sampled_from(SAID), min_size=1, max_size=3).map(" ".join),
    st.text(max_size=60),
    st.text(alphabet="sorry przepraszam.?!\n\u00ad\u0301'’> 😀שלום", max_size=80),
)
offsets = st.none() | st.integers(0, 100_000)


@st.composite
def conversations(draw: st.DrawFn, languages: list[str | None] | None = None) -> Conversation:
    turns = []
    for _ in range(draw(st.integers(0, 7))):
        role = draw(st.sampled_from(["agent", "customer", "agent", "customer", "bot", "system", "note"]))
        at, start = draw(offsets), draw(offsets)
        turns.append(
            Turn(
                role=role,
                text=draw(texts),
                speaker=draw(st.sampled_from([None, "Ola", "Jan"])),
                time=None if at is None else NOON + timedelta(seconds=at),
                start_s=start,
                end_s=None if start is None else start + draw(st.integers(0, 500)),
                ai=draw(st.booleans()),
            )
        )
    return Conversation(
        id=draw(st.sampled_from(["1", "two", "ł/3"])),
        turns=tuple(turns),
        channel=draw(st.sampled_from([None, "chat", "email", "phone", "ticket", "social"])),
        language=draw(st.sampled_from(languages or [None, "pl", "en", "de"])),
    )


def all_evidence(review: Review) -> list[tuple[Evidence, ...]]:
    return [result.evidence for result in review.steps.values()] + [flag.evidence for flag in review.flags]


@given(conversations())
def test_any_conversation_has_a_whole_review(reviewer: Reviewer, conversation: Conversation) -> None:
    review = reviewer.review(conversation)
    assert tuple(review.steps) == STEPS
    assert tuple(review.scores) == SCORES
    assert review.conversation_id == conversation.id
    assert review.total.score is None or 0 <= review.total.score <= 100
    turns = conversation.turns
    for evidence in all_evidence(review):
        assert len(evidence) <= 3
        for item in evidence:
            assert turns[item.turn].text[item.start : item.end] == item.text
            assert item.start < item.end
            assert turns[item.turn].role not in {"bot", "note"}
            assert item.agent == ((turns[item.turn].speaker or "agent") if turns[item.turn].role == "agent" else None)
    for result in review.steps.values():
        assert result.reason
        assert (result.outcome == "met") == bool(result.evidence)
        assert result.trigger is None or turns[result.trigger].role == "customer"
        assert all(turns[number].role == "agent" for number in result.searched)
    assert all(flag.evidence for flag in review.flags)
    present = {flag.id for flag in review.flags}
    assert not present & {item.id for item in review.not_assessable}
    empty = {name for name, value in review.indicators.items() if value is None}
    empty |= {name for name, score in review.scores.items() if score.value is None}
    assert empty <= {item.id for item in review.not_assessable}
    assert all(item.reason for item in review.not_assessable)


@given(conversations())
def test_any_review_holds_though_its_parts_are_made_without_checks(
    reviewer: Reviewer, conversation: Conversation
) -> None:
    review = reviewer.review(conversation)
    told = review.model_dump_json()
    checked = Review.model_validate_json(told, strict=True)
    assert checked == review
    assert checked.model_dump_json() == told


@given(st.lists(conversations(), max_size=5), st.randoms(use_true_random=False))
def test_neither_order_nor_company_changes_a_review(
    reviewer: Reviewer, batch: list[Conversation], order: random.Random
) -> None:
    alone = [reviewer.review(conversation).model_dump_json() for conversation in batch]
    places = order.sample(range(len(batch)), len(batch))
    together = [review.model_dump_json() for review in reviewer.review_many(batch[place] for place in places)]
    assert together == [alone[place] for place in places]


def test_two_reviewers_give_the_same_bytes() -> None:
    with package_rules(PACK):
        from reviewqa.rules.loader import load_rules

        one, other = Reviewer(rules=load_rules()), Reviewer(rules=load_rules())
    conversation = talk(("c", "Is it red?"), ("a", "It is blue and green."), language="en")
    assert one.review(conversation).model_dump_json() == other.review(conversation).model_dump_json()


@given(conversations(["pl", "en"]), texts)
def test_bots_and_notes_earn_and_break_nothing(reviewer: Reviewer, conversation: Conversation, text: str) -> None:
    others = [
        old.model_copy(update={"text": text}) if old.role in {"bot", "note"} else old for old in conversation.turns
    ]
    one, other = (
        reviewer.review(conversation),
        reviewer.review(conversation.model_copy(update={"turns": tuple(others)})),
    )
    assert one == other


@pytest.mark.parametrize("role", ["bot", "system", "note"])
def test_what_is_no_speech_meets_no_step(reviewer: Reviewer, role: str) -> None:
    asked = ("c", "My parcel never arrived, where is it?")
    said = (
        "I'm so sorry, thank you for letting us know. What is the number? I have cancelled your order. Anything else?"
    )
    review = reviewer.review(talk(asked, (role, said), ("a", "Hm."), language="en"))
    assert not {name for name, step in review.steps.items() if step.outcome == "met"}
    assert review.agents == ("agent",)
    assert [turn.turn for turn in review.scores["politeness"].turns] == [2]


@pytest.mark.parametrize(
    ("conversation", "reason"),
    [
        (talk(("c", "Where?"), language="de"), "declared language is de"),
        (
            talk(("c", "Guten Tag, mein Paket ist leider seit einer Woche nicht angekommen, wo ist es?")),
            "looks like de",
        ),
        (talk(("c", "👍"), ("a", "...")), "no readable text"),
        (talk(), "no readable text"),
        (talk(("b", "Hello, this is the menu of the bot")), "no readable text"),
    ],
    ids=["declared", "told from the text", "no words", "no turns", "only a bot"],
)
def test_what_cannot_be_read_cannot_be_told(reviewer: Reviewer, conversation: Conversation, reason: str) -> None:
    review = reviewer.review(conversation)
    assert review.language is None
    assert {step.outcome for step in review.steps.values()} == {"cannot_tell"}
    assert all(reason in step.reason for step in review.steps.values())
    assert review.flags == ()
    assert {*reviewer.rules.anti_patterns, *SCORES, *review.indicators} == {item.id for item in review.not_assessable}
    assert review.total.score is None


def test_times_are_read_where_words_are_not(reviewer: Reviewer) -> None:
    review = reviewer.review(talk(turn("c", "Hallo", at=0), turn("a", "Guten Tag", at=40), language="de"))
    assert review.indicators["first_response_s"] == 40.0


def test_a_customer_nobody_answered_is_reviewed_like_any_other(reviewer: Reviewer) -> None:
    review = reviewer.review(talk(("c", "My parcel never arrived. Where is it?"), language="en"))
    assert {step.outcome for step in review.steps.values()} <= {"missed", "not_applicable"}
    assert review.steps["apologize"].outcome == "missed"
    assert review.steps["apologize"].trigger == 0
    assert "suffering_in_silence" in {flag.id for flag in review.flags}
    assert review.agents == ()
    assert review.scores["politeness"].value is None


def test_evidence_names_the_agent_who_said_it(reviewer: Reviewer) -> None:
    review = reviewer.review(
        talk(
            turn("c", "My parcel never arrived."),
            turn("a", "One moment.", speaker="Ola"),
            turn("a", "I'm so sorry about that.", speaker="Jan"),
            turn("a", "Hello."),
            language="en",
        )
    )
    assert review.agents == ("Ola", "Jan", "agent")
    assert review.steps["apologize"].outcome == "met"
    assert review.steps["apologize"].evidence[0].agent == "Jan"


def test_an_ai_is_judged_like_any_agent(reviewer: Reviewer) -> None:
    def reviewed(ai: bool) -> Review:
        return reviewer.review(talk(turn("c", "It never arrived."), turn("a", "I'm so sorry.", ai=ai), language="en"))

    assert reviewed(True) == reviewed(False)


def test_a_charter_of_ones_own_decides_what_counts() -> None:
    charter = Charter(name="mine", lines=[Line(step="apologize", weight=7)], response_limit_s={"chat": 5})
    reviewer = Reviewer(charter)
    asked, answer = turn("c", "My parcel never arrived.", at=0), turn("a", "I'm so sorry.", at=6)
    review = reviewer.review(talk(asked, answer, channel="chat", language="en"))
    assert [(line.id, line.points) for line in review.total.lines] == [("step/apologize", 7.0)]
    assert review.total.score == 100.0
    assert [e.gap_s for flag in review.flags if flag.id == "big_wait" for e in flag.evidence] == [6.0]
    assert review.versions.charter != Reviewer().versions.charter
    assert review.versions.rules == Reviewer().versions.rules


@pytest.mark.parametrize("kind", [Path, str])
def test_a_charter_may_be_given_as_its_file(tmp_path: Path, kind: type[Path | str]) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("name: ours\nlines:\n  - {step: apologize, weight: 7}\n", encoding="utf-8")
    assert Reviewer(kind(file)).charter == Charter.load(file)
    file.write_text("name: ours\nlines:\n  - {step: apologise, weight: 7}\n", encoding="utf-8")
    with pytest.raises(CharterError, match=r"ours\.yaml:3.*'apologise' is no step"):
        Reviewer(kind(file))


def test_pairs_are_conversations_with_their_reviews(reviewer: Reviewer) -> None:
    talks = [talk(("c", "Where is it?"), ("a", "Sorry!"), id=name) for name in "ab"]
    pairs = reviewer.review_pairs(iter(talks))
    assert next(pairs) == (talks[0], reviewer.review(talks[0])), "as they come"
    assert list(pairs) == [(talks[1], reviewer.review(talks[1]))]


def test_the_public_names_can_be_listed() -> None:
    assert {"Reviewer", "Charter", "read", "write", "__version__"} <= set(dir(reviewqa))


def test_a_hundred_thousand_turns(reviewer: Reviewer) -> None:
    turns = [turn("c" if number % 2 else "a", SAID[number % 17 % 8], at=number) for number in range(100_000)]
    review = reviewer.review(talk(*turns, channel="chat", language="en"))
    assert len(review.scores["politeness"].turns) == 50_000
    assert all(step.outcome in {"met", "missed", "not_applicable"} for step in review.steps.values())


@pytest.mark.parametrize(
    "piece", ["I'm so sorry, let me check that for you. ", "aaaaa", "1 2 3 ", "so sorry, ", "\n> quoted", "?!"]
)
def test_ten_megabytes_in_a_turn(reviewer: Reviewer, piece: str) -> None:
    text = "Thank you for letting us know. " + piece * (10_000_000 // len(piece))
    review = reviewer.review(talk(("c", "My parcel never arrived."), ("a", text), language="en"))
    assert review.steps["acknowledge"].outcome == "met"
