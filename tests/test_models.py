"""The politeness and empathy models: training, their files, and scores that explain themselves."""

from __future__ import annotations

import json
import math
import pickle
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import talk
from reviewqa.conversation import Conversation
from reviewqa.errors import ModelError
from reviewqa.language.tokens import tokens_of
from reviewqa.models import parameters
from reviewqa.models.examples import read_turns
from reviewqa.models.parameters import Head
from reviewqa.models.scorer import NO_TURNS, Scorer, built_in, default_scorer
from reviewqa.models.sums import Sums
from reviewqa.models.training import FIGURES, train
from reviewqa.models.words import normal, said
from reviewqa.review import SCORES, NotAssessable, Score
from reviewqa.rules.engine import tokenize

ROOT = Path(__file__).parents[1]
KIND = ["thank you so much", "we are happy to help", "I am so sorry that happened"]
CURT = ["what now", "read the page", "not my problem"]
LANGUAGES = ("pl", "en")
FILES = [f"{language}.npz" for language in LANGUAGES]


def row(scenario: str, text: str, politeness: float, empathy: float, **more: object) -> str:
    return json.dumps({"scenario": scenario, "text": text, "politeness": politeness, "empathy": empathy, **more})


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny set of labelled turns; the words are English in both folders."""
    root = tmp_path_factory.mktemp("turns")
    for language in ("pl", "en"):
        rows = []
        for scenario in range(10):
            rows += [row(f"s{scenario}", f"{text} {scenario}", 5, 2, context="hello") for text in KIND]
            rows += [row(f"s{scenario}", f"{text} {scenario}", 1, 0) for text in CURT]
        (root / language).mkdir()
        (root / language / "all.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def trained(labelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    assert len(list(train(labelled, out / "no cues", out))) == 4
    return out


def scored(
    scorer: Scorer, conversation: Conversation, language: str = "en"
) -> tuple[dict[str, Score], tuple[NotAssessable, ...]]:
    return scorer.conversation(conversation.roles, language, tokenize(conversation))


def test_training_twice_gives_the_same_bytes(labelled: Path, trained: Path, tmp_path: Path) -> None:
    results = list(train(labelled, tmp_path, tmp_path / "again"))
    assert sorted(path.name for path in trained.iterdir()) == sorted([*FILES, FIGURES])
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (trained / name).read_bytes()
    assert all(result.turns == 60 and result.figures.rank_correlation > 0.8 for result in results)


def test_what_was_learned_shows(trained: Path) -> None:
    scorer = Scorer(trained)
    for name in SCORES:
        kind, curt = scorer.turn(name, "en", "thank you we are happy"), scorer.turn(name, "en", "not my problem")
        assert kind is not None
        assert curt is not None
        assert kind.value > 0.6 > 0.5 > curt.value  # curt turns weigh half


WEIGHTS = {"thank": (1500, 900), "you": (500, 0), "thank you": (250, 0), "problem": (-2000, -100)}
HEADS = {"politeness": Head(-500), "empathy": Head(-900)}


def sound(folder: Path, weights: dict[str, tuple[int, int]] = WEIGHTS, heads: dict[str, Head] = HEADS) -> Path:
    """Made-up models of both languages; the path of the first."""
    for language in LANGUAGES:
        parameters.save(folder / f"{language}.npz", language, heads, weights)
    return folder / FILES[0]


def test_the_words_shown_add_up_to_the_score(tmp_path: Path) -> None:
    sound(tmp_path)
    scorer = Scorer(tmp_path)
    result = scorer.turn("politeness", "en", "Thank you")
    assert result is not None
    assert result.because == (("thank", 1.5), ("you", 0.5), ("thank you", 0.25))
    logit = math.log(result.value / (1 - result.value))
    assert logit == pytest.approx(-0.5 + 1.5 + 0.5 + 0.25, abs=0.002)
    explained = scorer.explain("politeness", "en", "Thank you")
    assert explained is not None
    assert explained.intercept + sum(weight for _, weight in explained.weights) == pytest.approx(explained.logit)
    assert explained.logit == pytest.approx(1.75)


def test_a_word_said_twice_counts_twice_and_is_shown_once(tmp_path: Path) -> None:
    sound(tmp_path)
    result = Scorer(tmp_path).turn("politeness", "en", "Problem, problem")
    assert result is not None
    assert result.because == (("problem", -4.0),)


def test_in_a_levelled_score_what_is_said_in_a_long_turn_counts_less(tmp_path: Path) -> None:
    sound(tmp_path, {**WEIGHTS, "fine": (0, 0)}, {"politeness": Head(-500, levelled=True), "empathy": Head(-900)})
    scorer = Scorer(tmp_path)

    def added(name: str, text: str) -> float:
        explained = scorer.explain(name, "en", text)
        assert explained is not None
        return explained.logit - explained.intercept

    short, long, unknown = "problem", "problem" + " fine" * 53, "problem" + " zzyzx" * 53
    assert added("politeness", short) == pytest.approx(-2 * math.sqrt(14 / 4))  # with both ends three known tokens
    assert added("politeness", long) == pytest.approx(-2 * math.sqrt(14 / 56))
    assert added("politeness", unknown) == added("politeness", short)
    assert added("empathy", short) == added("empathy", long) == pytest.approx(-0.1)
    shown = scorer.turn("politeness", "en", long)
    assert shown is not None
    assert shown.because == (("problem", -1.0),)


def test_pairs_and_triples_do_not_reach_over_sentences_names_or_commas(tmp_path: Path) -> None:
    sound(tmp_path, {**WEIGHTS, "not": (0, 0), "my": (0, 0), "not my problem": (-3000, 0), ". not": (-1000, 0)})
    scorer = Scorer(tmp_path)

    def said(text: str) -> set[str]:
        result = scorer.turn("politeness", "en", text)
        assert result is not None
        return {words for words, _ in result.because}

    assert said("Not my problem") == {"not my problem", "… not", "problem"}
    assert said("It is NOT my problem!") == {"not my problem", "problem"}
    assert said("Not. My problem. Not, my problem. Not Emma my problem") == {"… not", "problem"}


def test_a_turn_that_shows_nothing_has_the_lowest_value(tmp_path: Path) -> None:
    sound(tmp_path, heads={"politeness": Head(0), "empathy": Head(-2000, below=-1500, least=0.02)})
    scorer = Scorer(tmp_path)
    none, some = scorer.turn("empathy", "en", "problem"), scorer.turn("empathy", "en", "thank you")
    assert none is not None
    assert some is not None
    assert none.value == 0.02
    assert some.value == pytest.approx(1 / (1 + math.exp(1.1)), abs=0.0001)


def test_a_saved_model_is_read_again(tmp_path: Path) -> None:
    weights = {"b": (1000, 0), "ą": (-500, 7), "b ą": (1, -1)}
    digest = parameters.save(tmp_path / "x.npz", "pl", HEADS, weights)
    model = parameters.load(tmp_path / "x.npz")
    assert (model.language, model.heads, model.weights, model.digest) == ("pl", HEADS, weights, digest)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def with_header(path: Path, **changes: object) -> None:
    arrays = arrays_of(path)
    header = {**json.loads(arrays["header"].tobytes()), **changes}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(path, **arrays)


class Runs:
    """Unpickling this would end the program."""

    def __reduce__(self) -> tuple[object, ...]:
        return sys.exit, (3,)


def with_pickle(path: Path) -> None:
    arrays = arrays_of(path)
    arrays["weights"] = np.array([Runs()], dtype=object)
    np.savez(path, **arrays)


def with_other_weight(path: Path) -> None:
    arrays = arrays_of(path)
    arrays["weights"] = arrays["weights"] + 1
    np.savez(path, **arrays)


def without_weights(path: Path) -> None:
    arrays = arrays_of(path)
    del arrays["weights"]
    np.savez(path, **arrays)


DAMAGE = {
    "is missing": lambda path: path.unlink(),
    "is no model file": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "is no model file:": lambda path: path.write_bytes(b""),
    "is no model file: ": lambda path: path.write_bytes(b"PK\x03\x04 and then something else"),
    "was altered": with_other_weight,
    "is no model file: 'weights": without_weights,
    "has version 99": lambda path: with_header(path, version=99),
    "was altered or truncated": lambda path: with_header(path, language="en"),
    "is no model file: Object arrays": with_pickle,
    "is no model": lambda path: path.write_bytes(pickle.dumps(Runs())),
    "is larger than": lambda path: path.write_bytes(b"\0" * (parameters.LARGEST + 1)),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_a_damaged_model_is_refused(message: str, tmp_path: Path) -> None:
    path = sound(tmp_path)
    DAMAGE[message](path)
    with pytest.raises(ModelError) as error:
        Scorer(tmp_path)
    assert str(error.value).startswith(f"{path}: {message.strip()}")


def test_a_model_under_another_name_is_refused(tmp_path: Path) -> None:
    path = sound(tmp_path)
    shutil.copy(tmp_path / "en.npz", path)
    with pytest.raises(ModelError):
        Scorer(tmp_path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sound(tmp_path_factory.mktemp("small")).read_bytes()


@given(data=st.data())
def test_no_flipped_byte_is_taken_for_the_model(
    small: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(small) - 1))
    path = tmp_path_factory.getbasetemp() / f"flipped-{place}.npz"
    path.write_bytes(small[:place] + bytes([small[place] ^ data.draw(st.integers(1, 255))]) + small[place + 1 :])
    try:
        model = parameters.load(path)
    except ModelError:
        return
    assert (model.weights, model.heads) == (WEIGHTS, HEADS)


def test_the_shipped_models_are_no_pickles() -> None:
    for name in FILES:
        with zipfile.ZipFile(built_in() / name) as archive:
            assert sorted(archive.namelist()) == ["grams.npy", "header.npy", "weights.npy"]
            assert all(b"'|O'" not in archive.read(member)[:128] for member in archive.namelist())


@given(st.text(max_size=200), st.sampled_from(LANGUAGES), st.sampled_from(SCORES))
def test_scores_are_from_0_to_1_and_silent_without_words(text: str, language: str, name: str) -> None:
    result = default_scorer().turn(name, language, text)
    if not tokens_of(text).words:
        assert result is None
    if result is not None:
        assert 0 <= result.value <= 1
        assert len(result.because) <= 5
        sizes = [abs(weight) for _, weight in result.because]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("text", ["", "  \n", "👍👍", "...", "?!", "12345", "Xqzt, wvkp!", "Сейчас проверю.", "Anna"])
def test_a_turn_without_known_words_has_no_score(text: str) -> None:
    assert default_scorer().turn("politeness", "en", text) is None
    scores, missing = scored(default_scorer(), talk(("c", "hello"), ("a", text)))
    assert {name: score.value for name, score in scores.items()} == {"politeness": None, "empathy": None}
    assert [(item.id, item.reason) for item in missing] == [("politeness", NO_TURNS), ("empathy", NO_TURNS)]


def test_turns_without_known_words_count_for_nothing() -> None:
    alone, beside = (
        scored(default_scorer(), talk(("a", "Not my problem."), *more))[0] for more in ((), (("a", "4821 Xqzt"),))
    )
    assert beside == alone


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        (
            "pl",
            "Bardzo przepraszamy za opóźnienie, już sprawdzam.",
            "bardzo PRZEPRASZAMY za opoznienie, juz sprawdzam.   ",
        ),
        ("en", "I’m sorry, let me check that.", "i'm Sorry, let me check that.\n"),
        ("en", "Don't worry", "  dont worry"),
        ("pl", "Dziękuję", "Dzie\u0328kuje\u0328"),
        ("en", "I don't blame you at all.", "I don't  blame you \r\nat all."),
        ("pl", "To nie mój problem.", "To  nie \n mój problem."),
        ("pl", "Nie :(", "Nie :(\n\n"),
        ("en", "Done 🙂", "Done 🙂\n \n\n"),
    ],
)
def test_case_diacritics_apostrophes_and_spaces_change_nothing(language: str, one: str, other: str) -> None:
    for name in SCORES:
        assert default_scorer().turn(name, language, one) == default_scorer().turn(name, language, other)


@pytest.mark.parametrize(
    ("language", "polite", "rude"),
    [
        (
            "en",
            "Thank you so much for your patience, I'd be happy to help you with that.",
            "That is your problem. Read the contract.",
        ),
        ("en", "Good morning, could you please send me the order number?", "What do you want now? I already told you."),
        (
            "pl",
            "Dzień dobry, bardzo proszę o podanie numeru zamówienia.",
            "To nie mój problem, trzeba było czytać umowę.",
        ),
        ("pl", "Serdecznie dziękuję Pani za cierpliwość, chętnie pomogę.", "Czego pan znowu chce? Już mówiłem."),
    ],
)
def test_polite_words_score_above_rude_ones(language: str, polite: str, rude: str) -> None:
    high, low = (default_scorer().turn("politeness", language, text) for text in (polite, rude))
    assert high is not None
    assert low is not None
    assert high.value > low.value + 0.2
    assert high.value > 0.5


@pytest.mark.parametrize(
    ("language", "warm", "cold"),
    [
        ("en", "I'm so sorry, that must have been frightening with the baby at home.", "Order number?"),
        ("pl", "Bardzo mi przykro, wyobrażam sobie, jak się Pani zdenerwowała.", "Numer zamówienia?"),
    ],
)
def test_warm_words_score_above_cold_ones(language: str, warm: str, cold: str) -> None:
    high, low = (default_scorer().turn("empathy", language, text) for text in (warm, cold))
    assert high is not None
    assert low is not None
    assert high.value > low.value + 0.3


def test_a_conversation_is_the_mean_by_words_and_its_strongest_turn(tmp_path: Path) -> None:
    sound(tmp_path)
    scorer = Scorer(tmp_path)
    conversation = talk(("a", "thank one two"), ("c", "thank"), ("b", "thank"), ("a", "problem"), ("n", "problem"))
    scores, missing = scored(scorer, conversation)
    politeness = scores["politeness"]
    assert missing == ()
    assert [turn.turn for turn in politeness.turns] == [0, 3]
    first, second = (turn.value for turn in politeness.turns)
    assert politeness.value == pytest.approx((3 * first + second) / 4, abs=0.0001)
    assert scores["empathy"].value == max(turn.value for turn in scores["empathy"].turns)


def test_one_clearly_rude_turn_caps_politeness(tmp_path: Path) -> None:
    sound(tmp_path, {"problem": (-9000, 0), "glad": (0, 0)}, {"politeness": Head(1000), "empathy": Head(0)})
    scorer = Scorer(tmp_path)
    kind = ("a", "we are glad to be of help to you today")
    rude = scored(scorer, talk(kind, ("a", "not my problem here"), kind))[0]["politeness"]
    assert rude.value == rude.turns[1].value < 0.3
    short = scored(scorer, talk(kind, ("a", "no problem"), kind))[0]["politeness"]
    assert short.value > 0.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not json", "is no labelled turn"),
        ('{"text": null, "politeness": 3, "empathy": 1}', "text is missing"),
        ('{"text": ["x"], "politeness": 3, "empathy": 1}', "text is no text"),
        ('{"text": "x", "empathy": 1}', "politeness is missing"),
        ('{"text": "x", "politeness": true, "empathy": 1}', "politeness is no number"),
        ('{"text": "x", "politeness": null, "empathy": 1}', "politeness is no number"),
        ('{"scenario": ["s"], "text": "x", "politeness": 3, "empathy": 1}', "scenario is no text"),
        ('{"text": "x", "politeness": 3, "empathy": 1, "cues": "harsh"}', "cues is no list of names"),
        ('{"scenario": "s", "text": "x", "politeness": 6, "empathy": 1}', "politeness 6 is not from 1 to 5"),
        ('{"scenario": "s", "text": "x", "politeness": 3, "empathy": -1}', "empathy -1 is not from 0 to 2"),
        ('{"scenario": "s", "text": "x", "politeness": "3", "empathy": 1}', "politeness is no number"),
        ('{"scenario": "s", "text": "x", "politeness": NaN, "empathy": 1}', "politeness nan is not"),
        ("[1, 2]", "is no object"),
    ],
)
def test_a_faulty_labelled_turn_is_told_with_its_line(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(row("s", "x", 3, 1) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_turns(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'a.jsonl'}:2: ")
    assert message in str(error.value)


def test_turns_without_a_scenario_have_one_of_their_own_and_the_same_words_share_it(tmp_path: Path) -> None:
    rows = [{"text": text, "politeness": 3, "empathy": 1} for text in ("x", "y", "x")] + [
        {"scenario": 7, "text": "z", "politeness": 3, "empathy": 1}
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    one, other, again, told = [turn.scenario for turn in read_turns(tmp_path)]
    assert one == again != other
    assert told == "7"


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "cp1250")])
def test_labelled_turns_come_from_a_spreadsheet_too(delimiter: str, encoding: str, tmp_path: Path) -> None:
    lines = [
        ["Text", "politeness", "Empathy", "channel", "reviewer"],
        ['"Już, chwileczkę; proszę\t""zaczekać""\ni nie rozłączać się."', '"4,5"', "1", "phone", "Ala"],
        ["", "", "", "", ""],
        ["Nie wiem.", "2", "0", "", "Ola"],
    ]
    (tmp_path / "a.csv").write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    one, other = read_turns(tmp_path)
    assert one.text == 'Już, chwileczkę; proszę\t"zaczekać"\ni nie rozłączać się.'
    assert (one.ratings, one.channel) == ({"politeness": 0.875, "empathy": 0.5}, "phone")
    assert (other.ratings, other.channel) == ({"politeness": 0.25, "empathy": 0.0}, "")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("text,grade\nx,3\n", ":1: has no column politeness, empathy; wanted are text, politeness, empathy"),
        ("text,politeness,empathy\nx,good,1\n", ":2: is no labelled turn: politeness is no number"),
        ("text,politeness,empathy\nx,3\n", ":2: has 2 cells and the header has 3"),
        ("text,politeness,empathy\nx,,1\n", ":2: is no labelled turn: politeness is missing"),
        ('text,politeness,empathy\n"x,3,1\n', ":2: is no row of a table"),
        ("", ":1: has no column text, politeness, empathy"),
    ],
)
def test_a_faulty_spreadsheet_is_told_with_its_line(table: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(table, encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_turns(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'a.csv'}{message}")


def test_another_readers_ratings_count_twice(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(row("s", "x", 4, 0) + "\n\n" + row("s", "y", 4, 0) + "\n", encoding="utf-8")
    again = {"file": "a.jsonl", "line": 3, "politeness": 1, "empathy": 1}
    (tmp_path / "second_labels.jsonl").write_text(json.dumps(again) + "\n", encoding="utf-8")
    once, twice = read_turns(tmp_path)
    assert once.ratings == {"politeness": 0.75, "empathy": 0.0}
    assert twice.ratings == pytest.approx({"politeness": 0.25, "empathy": 1 / 3})
    del again["politeness"]
    (tmp_path / "second_labels.jsonl").write_text(json.dumps(again) + "\n", encoding="utf-8")
    assert read_turns(tmp_path)[1].ratings == pytest.approx({"politeness": 0.75, "empathy": 1 / 3})


@pytest.mark.parametrize(
    ("again", "message"),
    [
        ({"file": "a.jsonl", "line": 2, "politeness": 1, "empathy": 1}, "there is no turn a.jsonl:2"),
        ({"file": "b.jsonl", "line": 1, "politeness": 1, "empathy": 1}, "there is no turn b.jsonl:1"),
        ({"file": "a.jsonl", "line": 1, "politeness": 0, "empathy": 1}, "politeness 0 is not from 1 to 5"),
        ({"file": "a.jsonl", "politeness": 1, "empathy": 1}, "line is missing"),
        ({"file": "a.jsonl", "line": 1}, "politeness is missing"),
    ],
)
def test_a_faulty_second_label_is_told_with_its_line(again: dict[str, object], message: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(row("s", "x", 3, 1) + "\n", encoding="utf-8")
    (tmp_path / "second_labels.jsonl").write_text(json.dumps(again) + "\n", encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_turns(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'second_labels.jsonl'}:1: ")
    assert message in str(error.value)


def test_odd_line_ends_inside_a_text_and_other_encodings(tmp_path: Path) -> None:
    line = json.dumps({"scenario": "s", "text": "a\u2028b\u0085c", "politeness": 3, "empathy": 1}, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_text(line + "\n", encoding="utf-8")
    assert [turn.text for turn in read_turns(tmp_path)] == ["a\u2028b\u0085c"]
    (tmp_path / "b.jsonl").write_bytes(b'{"text": "\xf3"}\n')
    with pytest.raises(ModelError, match=r"b\.jsonl"):
        read_turns(tmp_path)


def test_a_folder_without_turns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no labelled turns"):
        read_turns(tmp_path)


def test_a_review_loads_neither_scikit_learn_nor_spacy() -> None:
    code = (
        "import sys; from reviewqa import Conversation, Reviewer, Turn\n"
        "asked = Turn(role='customer', text='Where is my parcel please?')\n"
        "turns = (asked, Turn(role='agent', text='Thank you, let me check.'))\n"
        "review = Reviewer().review(Conversation(id='1', turns=turns))\n"
        "assert review.scores['politeness'].value is not None\n"
        "heavy = {'sklearn', 'scipy', 'spacy', 'textblob', 'simplemma'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


TWINS = {language: default_scorer()._tables[language] for language in LANGUAGES}
WORDS = {language: [gram for gram in parameters.load(built_in() / f"{language}.npz").weights if "*" not in gram]
         for language in LANGUAGES}  # fmt: skip


@given(st.data(), st.sampled_from(LANGUAGES))
def test_the_sums_in_c_are_those_in_python(data: st.DataObject, language: str) -> None:
    table = TWINS[language]
    if type(table._sums) is Sums:
        pytest.skip("installed without a C compiler")
    parts = data.draw(st.lists(st.sampled_from(WORDS[language]) | st.text(max_size=12), max_size=60))
    tokens = tokens_of(" ".join(parts))
    assert table._sums.of(tokens) == table._plain.of(tokens)


def test_the_sums_in_c_know_words_whose_numbers_are_given_anew() -> None:
    table = TWINS["en"]
    before = tokens_of("Thank you, please wait 48213 days")
    for _ in "12":
        tokens_of(", ".join(f"w{number}x" for number in range(45_000)))  # more than are remembered
        after = tokens_of("days 48213 please, you thank")
        for tokens in (after, before, after, replace(after, numbers=b"")):
            assert table._sums.of(tokens) == table._plain.of(tokens)


@given(st.data(), st.sampled_from(LANGUAGES), st.sampled_from(SCORES))
def test_explanations_add_up(data: st.DataObject, language: str, name: str) -> None:
    parts = data.draw(st.lists(st.sampled_from(WORDS[language]), min_size=1, max_size=30))
    text = " ".join(parts)
    explained, scored = default_scorer().explain(name, language, text), default_scorer().turn(name, language, text)
    assert (explained is None) == (scored is None)
    if explained is not None and scored is not None:
        total = explained.intercept + sum(weight for _, weight in explained.weights)
        assert explained.logit == pytest.approx(total, abs=1e-9)
        assert explained.value == scored.value


def test_one_megabyte_is_scored_by_its_start() -> None:
    rude = "That is your problem, read the contract. "
    long, short = (default_scorer().turn("politeness", "en", rude * count) for count in (25_000, 900))
    assert long is not None
    assert short is not None
    assert long.value == short.value < 0.3


TURNS = {
    "pl": [
        "Dzień dobry, {pan} {imie}, czy mógłby Pan podać numer zamówienia {liczba}? Bardzo mi przykro.",
        "To nie mój problem, trzeba było czytać regulamin {firma}. Zrobiłem, co mogłem, {pan} {imie}.",
        "{imie}, zamówienie {liczba} czeka w {firma}, będzie gotowe o {liczba}.",
        "Szanowny Panie, Przyjąłem zgłoszenie {liczba}. Pański wniosek odrzucono. Jestem pewny, że też byłbym zły.",
        "Rozumiem, {pan} {imie}, sam byłem kiedyś w takiej sytuacji. Sprawdziłem w {firma}, paczka {liczba} jedzie.",
    ],
    "en": [
        "Hello {imie}, could you send me the order number {liczba}? He said he was so sorry about his mistake, {pan}.",
        "That is not my problem, {imie}. He should have read the contract with {firma} before {liczba}.",
        "{imie}, order {liczba} from {firma} is ready at {liczba}.",
        "Thank you, {pan}. The driver said he'll call you, {imie}; he'd rather wait than miss you on {liczba}.",
        "Thanks for waiting, {pan} {imie}. I checked with {firma}: he has your parcel {liczba} on his van.",
    ],
}
NAMES = {"pl": ["Anna", "Piotr", "Katarzyna", "Zbigniew", "Małgorzata", "Jakub", "Weronika", "Przemysław", "Basiu"],
         "en": ["Emma", "Mohammed", "Priya", "Oliver", "Siobhán", "John", "Aisha", "Katarzyna", "José"]}  # fmt: skip
FIRMS = ["Nordwik", "Blumex", "Zentrix", "Kowalpol", "Acme", "Telvanta", "Vistulex", "Brightnet", "Kwadrat24"]
GENDER = {
    "pl": [("Pan ", "Pani "), ("panie", "pani"), ("pan ", "pani "), ("mógłby", "mogłaby"),
           ("Zrobiłem", "Zrobiłam"), ("mogłem", "mogłam"), ("Sprawdziłem", "Sprawdziłam"), ("sam byłem", "sama byłam"),
           ("Szanowny Pani", "Szanowna Pani"), ("Drogi ", "Droga "), ("Przyjąłem", "Przyjęłam"),
           ("byłbym zły", "byłabym zła"), ("pewny", "pewna"), ("Pański", "Pani")],
    "en": [("He ", "She "), (" he ", " she "), (" his ", " her "), ("sir", "miss"), ("he'll", "she'll"),
           ("he'd", "she'd")],
}  # fmt: skip


@given(st.data(), st.sampled_from(LANGUAGES), st.sampled_from(SCORES), st.integers(0, 4))
def test_names_gender_numbers_case_and_diacritics_move_no_score(
    data: st.DataObject, language: str, name: str, number: int
) -> None:
    template = TURNS[language][number]
    pan = {"pl": "panie", "en": "sir"}[language]

    def filled() -> str:
        count = data.draw(st.sampled_from(["7", "12", "4410", "12:30", "99,90", "2025-03-01"]))
        return template.format(
            pan=pan,
            imie=data.draw(st.sampled_from(NAMES[language])),
            firma=data.draw(st.sampled_from(FIRMS)),
            liczba=count,
        )

    one, other = filled(), filled()
    if data.draw(st.booleans()):
        for masculine, feminine in GENDER[language]:
            other = other.replace(masculine, feminine)
    form = data.draw(st.sampled_from(["same", "lower", "title", "bare", "spaces"]))
    other = {
        "same": other, "lower": other.lower(), "title": other.title(), "spaces": f"  {other} \n",
        "bare": unicodedata.normalize("NFKD", other.replace("ł", "l")).encode("ascii", "ignore").decode(),
    }[form]  # fmt: skip
    first, second = (default_scorer().turn(name, language, text) for text in (one, other))
    assert first is not None
    assert second is not None
    assert abs(first.value - second.value) <= 0.03, (one, other)


RUDE = {
    "pl": ["To nie mój problem, trzeba było czytać umowę.", "Czego pan znowu chce? Już mówiłem, nie będę powtarzał.",
           "Proszę sobie samemu poszukać, ja nie jestem od tego."],
    "en": ["That is your problem, you should have read the contract.", "What do you want now? I already told you.",
           "Not my job, look it up yourself."],
}  # fmt: skip
PLAIN = {
    "pl": ["Zamówienie wysłano w środę.", "Faktura jest na koncie.", "Sklep jest czynny od 9 do 17.",
           "Status: w drodze.", "Wniosek składa się w oddziale.", "Termin płatności to 14 dni."],
    "en": ["The order was sent on Wednesday.", "The invoice is in the account.", "The shop is open from 9 to 5.",
           "The status is in transit.", "The form is on page two.", "Payment is due in 14 days."],
}  # fmt: skip


@given(st.data(), st.sampled_from(LANGUAGES), st.integers(0, 2))
def test_plain_sentences_around_do_not_turn_rude_into_polite(data: st.DataObject, language: str, number: int) -> None:
    around = data.draw(st.lists(st.sampled_from(PLAIN[language]), max_size=8))
    place = data.draw(st.integers(0, len(around)))
    text = " ".join([*around[:place], RUDE[language][number], *around[place:]])
    result = default_scorer().turn("politeness", language, text)
    assert result is not None
    assert result.value < 0.5, (text, result)


@pytest.mark.parametrize(
    ("language", "text", "grams", "own"),
    [
        ("pl", "Sama Pani chciała, już było", ["sam pan", "juz bylo", "chc…"], ["Sama Pani", "już było", "chciała"]),
        ("en", "She must miss HER bus. Why?", ["he must", "… why?", "?", "away"], ["She must", "Why?", "?", "away"]),
        ("en", "You ca\u00adn’t", ["can't"], ["ca\u00adn’t"]),
    ],
)  # fmt: skip
def test_words_behind_a_score_are_told_as_they_were_said(
    language: str, text: str, grams: list[str], own: list[str]
) -> None:
    assert said(language, text, grams) == own


def test_words_behind_a_score_are_looked_for_in_a_megabyte() -> None:
    long = "and so on " * 100_000 + "Trzeba było."
    assert said("pl", long, ["trzeba bylo", "nie ma"]) == ["Trzeba było", "nie ma"]


@pytest.mark.parametrize("word", ["she's", "shes", "he's", "hes"])
def test_apostrophes_and_gender_are_taken_away_together(word: str) -> None:
    assert normal("en", word) == "hes"
