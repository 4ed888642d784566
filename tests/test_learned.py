"""Learned cues: what was learned is heard on the right turn and sentence, and a file that does not hold is refused."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reviewqa import Conversation, Reviewer, Turn
from reviewqa.cli import app
from reviewqa.errors import ModelError
from reviewqa.language.tokens import tokens_of
from reviewqa.models import examples, hearing, learned, learning
from reviewqa.models.learned import Learned
from reviewqa.models.parameters import UNIT
from reviewqa.models.scorer import built_in
from reviewqa.review import LEARNED
from reviewqa.rules import engine

DATA = Path(__file__).parents[1] / "data"
RUDE = "what a stupid question that is"
KIND = "thank you for asking about it"


def talk(*texts: str) -> Conversation:
    return Conversation(id="1", language="en", turns=tuple(Turn(role="agent", text=text) for text in texts))


def hear(cues: Learned, conversation: Conversation, language: str = "en") -> tuple[dict, Any]:  # type: ignore[type-arg]
    heard = cues.hear(conversation.roles, language, engine.tokenize(conversation))
    return heard.values, heard.clearest


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    table = {
        "w=stupid": (120,),
        "g=upid>": (110,),
        "g=<stup": (100,),
        "p=stupid question": (127,),
        "t=a stupi quest": (60,),
    }
    table |= {"w=thank": (-127,), "g=thank": (-127,)}
    learned.save(tmp_path / "learned.en.agent.npz", "en", "agent", {"harsh": -1000}, table)
    return tmp_path


def test_what_is_heard_stands_on_its_turn_and_sentence(tiny: Path) -> None:
    values, clearest = hear(Learned(tiny), talk(KIND, f"Hello there. {RUDE}. Anything else I may do?"))
    assert values["harsh"][0] < 0.2 < 0.5 < values["harsh"][1]
    assert [clearest("harsh", turn) for turn in (0, 1)] == [None, 1]


def test_why_a_cue_was_heard_is_told_by_the_words_of_its_sentence(tiny: Path) -> None:
    talked = talk(KIND, f"Thank you. {RUDE.capitalize()}.")
    heard = Learned(tiny).hear(talked.roles, "en", engine.tokenize(talked))
    told = heard.because("harsh", 1)
    assert [words for words, _ in told] == ["stupid", "stupid question", "a stupid question"]
    weights = [weight for _, weight in told]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0
    assert heard.because("harsh", 0) == heard.because("unwilling", 1) == ()


def test_a_verdict_shows_the_words_that_made_it_heard() -> None:
    asked = Turn(role="customer", text="Can you tell me why my bill went up?")
    sneered = Turn(role="agent", text="Maybe next time open your eyes before you call.")
    review = Reviewer().review(Conversation(id="1", language="en", turns=(asked, sneered)))
    shown = [item for flag in review.flags for item in flag.evidence if item.cue == "score/harsh"]
    assert any(words == "your eyes" and weight > 0 for item in shown for words, weight in item.because)


def test_the_words_of_a_pair_have_to_stand_in_a_row(tiny: Path) -> None:
    values, _ = hear(Learned(tiny), talk("stupid question of mine", "question of mine stupid"))
    assert values["harsh"][0] > values["harsh"][1]


def test_an_agents_cue_in_a_customers_file_is_refused(tmp_path: Path) -> None:
    learned.save(tmp_path / "learned.en.customer.npz", "en", "customer", {"harsh": 0}, {"w=x": (1,)})
    with pytest.raises(ModelError, match="was altered"):
        Learned(tmp_path)


def test_a_language_without_a_file_has_no_learned_cues(tiny: Path) -> None:
    values, clearest = hear(Learned(tiny), talk(f"Hello. {RUDE}."), "pl")
    assert values == {}
    assert clearest("harsh", 0) is None


def test_only_agents_are_listened_to(tiny: Path) -> None:
    turns = (Turn(role="customer", text=RUDE), Turn(role="bot", text=RUDE), Turn(role="agent", text=""))
    assert hear(Learned(tiny), Conversation(id="1", turns=turns))[0] == {"harsh": {}}


def test_the_same_models_give_the_same_bytes(tmp_path: Path) -> None:
    for name, table in (("a", {"w=x": (1,), "w=y": (2,)}), ("b", {"w=y": (2,), "w=x": (1,)})):
        learned.save(tmp_path / name, "pl", "agent", {"harsh": 500}, table)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_shipped_cues_are_built_from_the_data(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.alarm(300)
    monkeypatch.setattr(learning, "LANGUAGES", (language,))
    for _ in learning.train(DATA / "cues", DATA / "turns", tmp_path):
        pass
    for speaker in learned.SPEAKERS:
        name = f"learned.{language}.{speaker}.npz"
        assert (tmp_path / name).read_bytes() == (built_in() / name).read_bytes()


def test_an_altered_file_is_refused(tiny: Path) -> None:
    path = tiny / "learned.en.agent.npz"
    with np.load(path) as arrays:
        parts = dict(arrays)
    parts["weights"] = parts["weights"] * 2
    with path.open("wb") as out:
        np.savez(out, **parts)
    with pytest.raises(ModelError, match="was altered"):
        Learned(tiny)


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 100])
def test_a_file_that_is_no_model_is_refused(tiny: Path, content: bytes) -> None:
    (tiny / "learned.en.agent.npz").write_bytes(content)
    with pytest.raises(ModelError, match=r"learned\.en\.agent\.npz"):
        Learned(tiny)


@given(st.lists(st.text(max_size=60), max_size=4))
@settings(max_examples=30)
def test_any_text_has_values_from_0_to_1(texts: list[str]) -> None:
    conversation = talk(*texts)
    for language in ("pl", "en"):
        values, clearest = hear(Reviewer().scorer.learned, conversation, language)
        assert all(0 <= value <= 1 for by_turn in values.values() for value in by_turn.values())
        for cue, by_turn in values.items():
            for turn in by_turn:
                sentences = engine.tokenize(conversation)[turn].sentences()  # type: ignore[union-attr]
                assert (clearest(cue, turn) or 0) in range(len(sentences))


def test_the_package_hears_polish_rudeness_and_knows_its_cues() -> None:
    cues = Learned(built_in())
    spoken = (
        Turn(role="agent", text="Czytać pan nie umie? Trzeba było myśleć."),
        Turn(role="agent", text="Miłego dnia!"),
    )
    values, _ = hear(cues, Conversation(id="1", turns=spoken), "pl")
    assert set(values) <= set(LEARNED)
    assert values["harsh"][0] > 0.5 > values["harsh"][1]


def row(text: str, *says: str) -> str:
    return json.dumps({"text": text, "says": says})


def test_training_learns_from_examples_and_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LEAST_EXAMPLES", 4)
    data, turns = tmp_path / "cues", tmp_path / "turns"
    for language in ("pl", "en"):
        (turns / language).mkdir(parents=True)
        rated = [
            {"scenario": f"s{n}", "text": text, "politeness": politeness, "empathy": 0}
            for n in range(10)
            for text, politeness in ((f"{KIND} {n}", 4), (f"whatever {n}", 2))
        ]
        lines = "".join(json.dumps(turn) + "\n" for turn in rated)
        (turns / language / "a.jsonl").write_text(lines, encoding="utf-8")
    (data / "en").mkdir(parents=True)
    examples = "\n".join(row(f"look it up yourself number {n}", "unwilling") for n in range(8))
    (data / "en" / "a.jsonl").write_text(examples, encoding="utf-8")
    result = CliRunner().invoke(
        app, ["models", "cues", "--data", str(data), "--turns", str(turns), "--out", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    assert "unwilling.en: 8 examples" in result.output
    assert not (tmp_path / "learned.pl.agent.npz").exists()
    values, _ = hear(Learned(tmp_path), talk("you can look it up yourself", KIND))
    assert values["unwilling"][0] > 0.3 > 0.2 > values["unwilling"][1]


def test_a_turn_that_says_its_unkind_cues_is_taken_at_its_word(tmp_path: Path) -> None:
    rude = {"scenario": "s", "text": "no", "politeness": 1, "empathy": 0, "agent": ["refuses"]}
    rows = [rude, rude | {"cues": ["hiding"]}, rude | {"politeness": 2}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(turn) + "\n" for turn in rows), encoding="utf-8")
    guessed, told, curt = learning.turn_examples(tmp_path)
    assert (guessed.says, told.says) == ({"harsh", "refuses"}, {"hiding", "refuses"})
    assert curt.weights["hiding"] < 1 == told.weights.get("unwilling", 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "is no example"),
        ('{"text": "x"}', "'says'"),
        (row("x", "loud"), "says takes harsh"),
        ("[1]", "is no"),
    ],
)
def test_a_faulty_example_is_told_with_its_line(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(row("x", "harsh") + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ModelError) as error:
        examples.read_examples(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'a.jsonl'}:2: ")
    assert message in str(error.value)


def test_what_the_customer_said_before_is_heard_and_told(tmp_path: Path) -> None:
    learned.save(
        tmp_path / "learned.en.agent.npz", "en", "agent", {"unwilling": -1000}, {"c=refund": (127,), "w=no": (9,)}
    )
    asked, other = (Turn(role="customer", text=text) for text in ("I want a refund now", "Is it raining?"))
    refused = Turn(role="agent", text="No way")
    talked = Conversation(id="1", language="en", turns=(refused, asked, other, refused, refused, other, refused))
    heard = Learned(tmp_path).hear(talked.roles, "en", engine.tokenize(talked))
    values = heard.values["unwilling"]
    assert values[3] == values[4] > values[0] == values[6]  # both turns before count, until the customer speaks anew
    assert [words for words, _ in heard.because("unwilling", 4)] == [f"{hearing.BEFORE}refund", "no"]
    assert [words for words, _ in heard.because("unwilling", 0)] == ["no"]


def test_a_question_mark_is_heard_where_it_stands(tmp_path: Path) -> None:
    learned.save(tmp_path / "learned.en.agent.npz", "en", "agent", {"looks_in": -1000}, {"p=this ?": (127,)})
    values, clearest = hear(Learned(tmp_path), talk("Is it this? Then wait", "Is it this. Then wait?"))
    assert values["looks_in"][0] > values["looks_in"][1]
    assert clearest("looks_in", 0) == 0


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200)))
def test_any_names_of_features_come_back_from_a_file(names: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "learned.en.agent.npz")
        learned.save(path, "en", "agent", {"harsh": 0}, {f"w={name}": (1,) for name in names})
        assert learned.load(path).names == tuple(sorted({f"w={name}" for name in names}))


WORDS = st.lists(
    st.sampled_from(
        [
            "so",
            "sorry",
            "42",
            "17",
            "i'm",
            "im",
            "no.",
            "nie",
            "wiem",
            "system",
            "żółć",
            "'",
            "12345",
            "the",
            "?",
            "what?",
            "help",
        ]
    )
).map(" ".join)


@cache
def tables() -> list[tuple[hearing.Table, hearing.Table]]:
    """The tables of all shipped cues, in Python and in C."""
    twin = pytest.importorskip("reviewqa.models._hearing", reason="installed without a C compiler").Table
    read = [learned.load(path) for path in sorted(built_in().glob("learned.*.npz"))]
    return [(hearing.Table(weights), twin(weights)) for weights in read]


@given(WORDS, WORDS, WORDS)
def test_the_twin_in_c_hears_the_same(text: str, before: str, also: str) -> None:
    said, asked, other = map(tokens_of, (text, before, also))
    unnumbered, sentences = replace(said, numbers=b""), said.sentence_bounds()
    for slow, fast in tables():
        for cue in range(len(slow.weights.cues)):
            for own in (said, unnumbered):
                assert fast.sentences(own, cue) == slow.sentences(said, cue)
        for most in (3, 4_000):
            for cue, (first, last) in product(range(len(slow.weights.cues)), [(0, len(said.words)), *sentences]):
                added = slow.added(said, first, last, [asked, other], cue, most)
                assert fast.added(said, first, last, [asked, other], cue, most) == added
            heard = slow.hear([3, 4, 7], [said, other, said], [[asked, other], [asked, other], []], most)
            for own in (said, unnumbered):
                both = [asked, other]
                assert fast.hear([3, 4, 7], [own, other, own], [both, both, []], most) == heard


def test_what_the_parts_of_a_line_add_makes_its_value() -> None:
    said, asked = map(tokens_of, ("What is it that you do not get?", "I asked you twice already"))
    table = hearing.table_of(learned.load(built_in() / "learned.en.agent.npz"))
    heard = table.hear([0], [said], [[asked]], 100)
    for number, cue in enumerate(table.weights.cues):
        added = table.added(said, 0, len(said.words), [asked], number, 100)
        logit = (table.weights.intercepts[number] + hearing.STEP * sum(added.values())) / UNIT
        assert heard[cue][0] == pytest.approx(hearing.value_of(logit), abs=1e-4)


def test_a_word_that_comes_twice_counts_once_though_the_memory_fills_up_between() -> None:
    twin = pytest.importorskip("reviewqa.models._hearing", reason="installed without a C compiler").Table
    weights = learned.load(min(built_in().glob("learned.en.*.npz")))
    letters = str.maketrans("0123456789", "abcdefghij")
    others = [f"x{number}".translate(letters) for number in range(31_000)]
    used, fresh = twin(weights), twin(weights)

    def value(table: hearing.Table, words: list[str]) -> list[float]:
        said = tokens_of(" ".join(words))
        return [value for cue in range(len(weights.cues)) for value in table.sentences(said, cue)]

    for first in range(0, 29_990, 390):
        value(used, others[first : min(first + 390, 29_990)])
    text = ["sorry", *others[-20:], "sorry"]
    assert value(used, text) == value(fresh, text)
    assert value(used, ["sorry"]) == value(fresh, ["sorry"])
