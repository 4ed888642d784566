"""Estimators, retraining on own labels, model cards, and shipped models made of the project's data alone."""

from __future__ import annotations

import json
import shutil
import signal
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator
from typer.testing import CliRunner

from reviewqa.cli import app
from reviewqa.errors import ModelError, ReviewqaError
from reviewqa.models.card import cards
from reviewqa.models.estimator import RatingClassifier, TurnVectorizer
from reviewqa.models.examples import Example, LabelledTurn, rated, read_examples, read_turns
from reviewqa.models.parameters import UNIT, Head, save
from reviewqa.models.scorer import Scorer, built_in, default_scorer
from reviewqa.models.training import (
    FIGURES,
    LEVELLED,
    Lesson,
    collapse,
    figures,
    join,
    summary,
    train_language,
)

ROOT = Path(__file__).parents[1]
LANGUAGES = ("pl", "en")
CHECKS = list(estimator_checks_generator(RatingClassifier()))
POLITE = [
    "Thank you so much, could you please send it?",
    "I am happy to help, have a lovely day!",
    "Of course, gladly.",
]
RUDE = ["That is your problem.", "I already told you, read the page.", "Not my job, look it up yourself."]


@pytest.mark.parametrize(
    ("estimator", "check"), CHECKS, ids=lambda item: getattr(getattr(item, "func", None), "__name__", "")
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks(estimator: object, check: object) -> None:
    check(estimator)  # type: ignore[operator]


def test_a_pipeline_learns_ratings_and_predicts_them() -> None:
    texts, ratings = [*POLITE, *RUDE] * 6, [5, 5, 4, 1, 2, 1] * 6
    pipeline = make_pipeline(TurnVectorizer("en", least_turns=1), RatingClassifier(C=1.0))
    assert cross_val_score(pipeline, texts, [rating > 3 for rating in ratings], cv=3).mean() > 0.9
    pipeline.fit(texts, ratings)
    chances = pipeline.predict_proba([POLITE[0], RUDE[0]])
    assert chances.shape == (2, 4)
    assert chances.sum(axis=1) == pytest.approx(1)
    assert pipeline.predict([POLITE[0]])[0] > pipeline.predict([RUDE[0]])[0]
    with pytest.raises(ValueError, match="one text"):
        TurnVectorizer().fit("one text")
    with pytest.raises(ValueError, match="no turns"):
        TurnVectorizer().fit([])


def test_known_pairs_that_begin_alike_have_a_feature_together() -> None:
    vectorizer = TurnVectorizer("en", least_turns=1, alike=True).fit(["please checking", "please checks", "not at all"])
    names = list(vectorizer.get_feature_names_out())
    columns = {name: names.index(name) for name in names}
    one, other, unknown = vectorizer.transform(["please checking", "please checks", "checks please"]).toarray()
    assert one[columns["q=pleas check"]] == other[columns["q=pleas check"]] > 0
    assert one[columns["p=please checking"]] > 0 == other[columns["p=please checking"]]
    assert unknown[columns["q=pleas check"]] == 0
    plain = TurnVectorizer("en", least_turns=1).fit(["please checking", "please checks"])
    assert not [name for name in plain.get_feature_names_out() if name.startswith("q=")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_models_are_made_of_the_projects_data_byte_for_byte(language: str, tmp_path: Path) -> None:
    signal.alarm(300)
    turns = read_turns(ROOT / "data" / "turns" / language)
    beside = rated(read_examples(ROOT / "data" / "cues" / language), turns)
    results = train_language(language, turns, tmp_path / "model.npz", beside)
    assert (tmp_path / "model.npz").read_bytes() == (built_in() / f"{language}.npz").read_bytes(), "run `make models`"
    told = json.loads((built_in() / FIGURES).read_text(encoding="utf-8"))[language]
    assert told == json.loads(json.dumps(summary(turns, results, beside)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shipped_scores_as_what_was_fitted(language: str, tmp_path: Path) -> None:
    turns = read_turns(ROOT / "data" / "turns" / language)[:400]
    models = Lesson(language, turns).models()
    grams = collapse(models)
    assert all(max(map(abs, both)) < 2**15 for both in grams.values())
    assert all(any(column) for column in zip(*grams.values(), strict=True))
    heads = {
        name: Head(round(classifier.intercept_ * UNIT), levelled=name in LEVELLED)
        for name, classifier in models.classifiers.items()
    }
    for each in LANGUAGES:
        save(tmp_path / f"{each}.npz", each, heads, grams)
    scorer, texts = Scorer(tmp_path), [turn.text for turn in turns]
    for name, values in models.values(texts).items():
        scored = [scorer.turn(name, language, text) for text in texts]
        known = [(each.value, value) for each, value in zip(scored, values.tolist(), strict=True) if each is not None]
        assert len(known) > 0.95 * len(texts)
        assert [shown for shown, _ in known] == pytest.approx([value for _, value in known], abs=0.02)


def test_examples_of_cues_are_rated_like_turns_that_have_them() -> None:
    def turn(rating: float, *cues: str) -> LabelledTurn:
        return LabelledTurn("s", "text", {"politeness": rating, "empathy": rating / 2}, cues=frozenset(cues))

    turns = [turn(0.1, "harsh"), turn(0.3, "harsh"), turn(0.5, "hiding"), turn(0.8)]
    both = Example("agent", "both", frozenset({"harsh", "hiding"}), {})
    plain = Example("agent", "plain", frozenset({"acts"}), {})
    unlistened = Example("agent", "unlistened", frozenset({"acts"}), {"harsh": 0.0})
    customer = Example("customer", "customer", frozenset({"trouble"}), {})
    told = Example("agent", "told", frozenset({"harsh"}), {"harsh": 0.0}, ratings={"politeness": 0.25, "empathy": 0.0})
    found = {turn.text: turn.ratings for turn in rated([both, plain, unlistened, customer, told], turns)}
    assert found == {
        "both": {"politeness": pytest.approx(0.2), "empathy": pytest.approx(0.1)},
        "plain": {"politeness": 0.8, "empathy": 0.4},
        "told": told.ratings,
    }
    assert rated([both, plain], [LabelledTurn("s", "untold", {"politeness": 0.5, "empathy": 0.0})]) == []


def test_joined_turns_keep_rude_rude_and_do_not_mix_rude_and_kind() -> None:
    turns = [LabelledTurn(f"s{n}", text, {"politeness": share, "empathy": 0.0})
             for n, (text, share) in enumerate([("a", 0.0), ("b", 0.5), ("c", 1.0), ("d", 0.25)] * 20)]  # fmt: skip
    ratings = {turn.text: turn.ratings["politeness"] for turn in turns}
    for turn in join(turns):
        first, second = (part.strip(". ") for part in turn.text.split(" "))
        low, high = sorted([ratings[first], ratings[second]])
        assert low <= turn.ratings["politeness"] <= high
        assert not (low < 0.5 < high)
        assert turn.ratings["politeness"] == low or low >= 0.5


def test_figures_tell_good_from_bad_and_are_silent_where_nothing_varies() -> None:
    ratings = np.array([0.0, 0.25, 0.5, 0.75, 1.0] * 8)
    good, bad = figures("politeness", ratings, ratings), figures("politeness", 1 - ratings, ratings)
    assert (good.rank_correlation, good.auc, good.mean_error, good.calibration) == (1.0, 1.0, 0.0, 0.0)
    assert (bad.rank_correlation, bad.auc) == (-1.0, 0.0)
    flat = figures("empathy", np.full(10, 0.5), np.zeros(10))
    assert (flat.rank_correlation, flat.auc, flat.mean_error) == (None, None, 0.5)


def test_the_model_cards_are_current() -> None:
    folder = ROOT / "docs" / "models"
    made = dict(cards(built_in(), folder))
    assert sorted(made) == ["empathy.en.md", "empathy.pl.md", "politeness.en.md", "politeness.pl.md"]
    for name, text in made.items():
        assert (folder / name).read_text(encoding="utf-8") == text, "run `reviewqa models card`"
    rated = json.loads((folder / "ratings.json").read_text(encoding="utf-8"))
    assert {language: told["digest"] for language, told in rated.items()} == default_scorer().digests


def test_a_card_of_other_models_is_refused(tmp_path: Path) -> None:
    for path in built_in().glob("*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pl.npz").write_bytes((built_in() / "en.npz").read_bytes())
    with pytest.raises(ModelError, match="tells of models"):
        dict(cards(tmp_path, tmp_path))
    (tmp_path / FIGURES).unlink()
    with pytest.raises(ModelError, match="is missing"):
        dict(cards(tmp_path, tmp_path))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team's labels: one word means the contrary of what it means elsewhere."""
    root = tmp_path_factory.mktemp("own")
    (root / "en").mkdir()
    rated = [*((text, 5, 0) for text in POLITE), *((text, 1, 0) for text in RUDE), ("Zumzum to you.", 5, 0)]
    rated.append(("So sorry, how awful for you.", 4, 2))
    rows = [
        {"scenario": f"s{scenario}", "text": f"{text} Order {scenario}.", "politeness": polite, "empathy": warm}
        for scenario in range(12)
        for text, polite, warm in rated
    ]
    (root / "en" / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return root


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["models", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_team_trains_on_its_own_labels_and_sees_before_and_after(own: Path, tmp_path: Path) -> None:
    said = run("train", "--own", own, "--instead", "--out", tmp_path / "models")
    assert "politeness.en on 96 own turns, before: 96 turns" in said
    assert "politeness.en on 96 own turns, after:  96 turns" in said
    before, after = (
        Scorer().turn("politeness", "en", "Zumzum to you."),
        Scorer(tmp_path / "models").turn("politeness", "en", "Zumzum to you."),
    )
    assert before is not None
    assert after is not None
    assert after.value > before.value
    assert (tmp_path / "models" / "pl.npz").read_bytes() == (built_in() / "pl.npz").read_bytes()
    assert "all: 96 turns" in run("evaluate", own, "--models", tmp_path / "models")


def test_on_top_of_the_shipped_turns_the_examples_of_cues_count_as_they_do_in_the_shipped_models(
    own: Path, tmp_path: Path
) -> None:
    turns, cues = tmp_path / "turns" / "en", tmp_path / "cues" / "en"
    for folder in (turns, cues):
        folder.mkdir(parents=True)
    told = [
        {"scenario": f"t{n}", "text": text, "politeness": polite, "empathy": 0, "cues": heard}
        for n in range(6)
        for text, polite, heard in [("Read your contract.", 1, ["harsh"]), ("It is on page two, here you are.", 4, [])]
    ]
    lines = [{"text": f"Blimblam {word}.", "says": ["harsh"]} for word in ("again", "you", "sir", "yourself", "now")]
    for folder, rows in ((turns, told), (cues, lines)):
        (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    where = ["--data", turns.parent, "--cues", cues.parent, "--own", own]
    run("train", *where, "--out", tmp_path / "with")
    (cues / "a.jsonl").write_text("", encoding="utf-8")
    run("train", *where, "--out", tmp_path / "without")
    there, not_there = (
        Scorer(tmp_path / name).turn("politeness", "en", "Blimblam again.") for name in ("with", "without")
    )
    assert there is not None
    assert not_there is not None
    assert there.value < not_there.value - 0.05


def test_curt_turns_weigh_less_in_the_projects_turns_than_in_a_teams_own(own: Path, tmp_path: Path) -> None:
    turns = read_turns(own / "en")
    values = []
    for curt in (1.0, 0.5):
        values.append(Lesson("en", turns, curt=curt).models().classifiers["politeness"].intercept_)
    train_language("en", turns, tmp_path / "en.npz", curt=1.0)
    run("train", "--own", own, "--instead", "--out", tmp_path / "models")
    assert values[0] < values[1]
    assert (tmp_path / "models" / "en.npz").read_bytes() == (tmp_path / "en.npz").read_bytes()


def test_own_labels_that_do_not_do_are_told(own: Path, tmp_path: Path) -> None:
    for arguments, message in [
        (["--own", str(own)], "needs --out"),
        (["--own", str(tmp_path), "--out", str(tmp_path / "out")], "has neither pl/ nor en/"),
    ]:
        with pytest.raises(Exception, match=message):
            CliRunner().invoke(app, ["models", "train", *arguments], catch_exceptions=False)
    (tmp_path / "en").mkdir()
    row = {"scenario": "one", "text": "Hello there", "politeness": 4, "empathy": 0}
    (tmp_path / "en" / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    arguments = ["models", "train", "--own", str(tmp_path), "--instead", "--out", str(tmp_path / "out")]
    with pytest.raises(ModelError, match="fewer than 5 scenarios"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert not (tmp_path / "out").exists()
    for arguments, message in [
        (["--own", str(tmp_path / "en" / "a.jsonl"), "--out", str(tmp_path / "out")], "is a file; wanted is a folder"),
        (["--own", str(own), "--out", str(tmp_path / "en" / "a.jsonl")], "is no folder"),
    ]:
        with pytest.raises(ReviewqaError, match=message):
            CliRunner().invoke(app, ["models", "train", *arguments], catch_exceptions=False)


def test_what_training_writes_is_a_whole_folder_of_models_and_overwrites_no_others(own: Path, tmp_path: Path) -> None:
    for language in LANGUAGES:
        shutil.copytree(own / "en", tmp_path / "turns" / language)
        (tmp_path / "cues" / language).mkdir(parents=True)
    where = ["train", "--data", tmp_path / "turns", "--cues", tmp_path / "cues", "--out", tmp_path / "models"]
    run(*where)
    assert Scorer(tmp_path / "models").learned.digests == default_scorer().learned.digests
    assert Scorer(tmp_path / "models").digests != default_scorer().digests
    theirs = (tmp_path / "models" / "pl.npz").read_bytes()
    (tmp_path / "models" / "learned.pl.agent.npz").unlink()
    shutil.copyfile(tmp_path / "models" / "en.npz", tmp_path / "models" / "learned.en.agent.npz")  # no shipped one
    said = run("train", "--own", own, "--instead", "--out", tmp_path / "models")
    assert "pl.npz stays as it is" in said
    assert "learned.en.agent.npz stays as it is" in said
    assert (tmp_path / "models" / "pl.npz").read_bytes() == theirs
    shipped = (built_in() / "learned.pl.agent.npz").read_bytes()
    assert (tmp_path / "models" / "learned.pl.agent.npz").read_bytes() == shipped
    assert len(dict(cards(tmp_path / "models", tmp_path))) == 4


def test_the_card_of_a_teams_models_tells_of_the_teams_data(own: Path, tmp_path: Path) -> None:
    run("train", "--own", own, "--instead", "--out", tmp_path / "models")
    shutil.copyfile(ROOT / "docs" / "models" / "ratings.json", tmp_path / "models" / "ratings.json")
    run("card", "--models", tmp_path / "models")
    theirs = (tmp_path / "models" / "politeness.en.md").read_text(encoding="utf-8")
    assert f"Date: {date.today().isoformat()}" in theirs
    assert "96 turns of 12 scenarios, all of them a team's own labels" in theirs
    assert "| before | 96 |" in theirs
    assert "| after | 96 |" in theirs
    for of_the_project in ("data/DATA.md", "language models", "two readers rated", "examples of learned cues"):
        assert of_the_project not in theirs
    shipped = (ROOT / "docs" / "models" / "politeness.pl.md").read_text(encoding="utf-8")
    assert (tmp_path / "models" / "politeness.pl.md").read_text(encoding="utf-8") == shipped

    where = ["--data", own, "--cues", tmp_path, "--own", own]
    (tmp_path / "en").mkdir()
    run("train", *where, "--out", tmp_path / "both")
    both = dict(cards(tmp_path / "both", tmp_path))["empathy.en.md"]
    assert "192 turns of 12 scenarios, 96 of them a team's own labels, the others written" in both
    assert "All training turns but the team's own were written by language models" in both
