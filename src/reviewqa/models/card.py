"""Model cards: what a model was made of, how it does, and where it fails; generated from what training wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewqa.errors import Fault, ModelError
from reviewqa.models import parameters
from reviewqa.models.examples import SCALES
from reviewqa.models.parameters import UNIT, Head
from reviewqa.models.scorer import built_in
from reviewqa.models.sums import FEWEST, TYPICAL
from reviewqa.models.training import FIGURES, OWN, read_figures
from reviewqa.review import SCORES

DATE = "2026-11-28"
"""Of the last training of the shipped models; no clock, so that the same data give the same card."""
RATINGS = "ratings.json"
"""Figures on readers' ratings of turns kept outside the project (``benchmarks/ratings.py --write``)."""

_LANGUAGES = {"pl": "Polish", "en": "English"}
_MEANS = {
    "politeness": "the expected politeness of an agent's turn: 1 rude, 2 curt or dismissive, 3 neutral, 4 polite,\n"
    "5 warm and courteous, as a share of the scale, (rating - 1) / 4",
    "empathy": "the expected empathy of an agent's turn: 0 none, 1 a formula, 2 for this customer's own situation,\n"
    "as a share of the scale, rating / 2",
}
_LIMITS = """- It reads words, not situations: irony without a tell-tale word, a kind lie, staff chatting among
  themselves pass.
- What the customer said is not looked at. It was tried (what was taken up, whether there was a complaint, crossed with
  apology and care) and brought nothing on turns that no model had seen.
- Given names and numbers are taken away before, but names that are everyday words, and firms' names made of everyday
  words, can still move a score.
- A turn in a third language gets no score from a review; called directly, the model knows none of its words.
- It rates a turn, not a person. Do not decide about people by it alone."""
_COLUMNS = (
    ("turns", "turns"), ("rank_correlation", "rank correlation"), ("auc", "AUC"), ("mean_error", "mean error"),
    ("calibration", "calibration"),
)  # fmt: skip


def cards(models: Path, notes: Path) -> Iterator[tuple[str, str]]:
    """The cards of all models of a folder.

    Arguments:
        models: a folder that ``models train`` wrote.
        notes: where ``ratings.json`` lies, if it does.

    Returns:
        For each its file name and its text (Markdown).

    Raises:
        ModelError: the figures are missing, or are not of these models.
    """
    told = read_figures(models)
    if not told:
        raise ModelError(Fault(str(models / FIGURES), "is missing or tells nothing; run `reviewqa models train`"))
    rated = json.loads((notes / RATINGS).read_text(encoding="utf-8")) if (notes / RATINGS).is_file() else {}
    for language, of_language in told.items():
        model = parameters.load(models / f"{language}.npz")
        if model.digest != of_language["digest"]:
            what = f"tells of models {of_language['digest']}, {language}.npz is {model.digest}; train again"
            raise ModelError(Fault(str(models / FIGURES), what))
        shipped = model.digest == parameters.load(built_in() / f"{language}.npz").digest
        for name in SCORES:
            lines = [
                *_gives(name, language, model.heads[name]),
                *_made_of(name, of_language, shipped),
                *_does(name, of_language, rated.get(language, {}) if shipped else {}),
                *_misses(of_language, shipped),
            ]
            yield f"{name}.{language}.md", "\n".join([*lines, ""])


def _gives(name: str, language: str, head: Head) -> Iterator[str]:
    yield from (f"# {name.capitalize()}, {_LANGUAGES[language]}", "")
    yield f"Gives {_MEANS[name]}. A linear model: what each word, pair and triple"
    yield f"of words adds to the logit, and an intercept of {head.intercept / UNIT:+.3f}, sum to its logit."
    if head.levelled:
        yield f"What is said in a long turn counts less: weights are multiplied by the root of {TYPICAL} over the known"
        yield f"tokens of the turn, of which it is taken to have {FEWEST} at least."
    if head.least:
        yield f"Below a logit of {head.below / UNIT:.3f} a turn shows nothing of it and has the value"
        yield f"{head.least}: the order of such turns among each other means nothing."
    yield ""


def _made_of(name: str, told: Mapping[str, Any], shipped: bool) -> Iterator[str]:
    low, high = SCALES[name]
    own = told.get(OWN)
    date = DATE if shipped else own and own["date"]
    yield f"- {f'Date: {date}. ' if date else ''}Models of the language: `{told['digest']}`; data: `{told['data']}`."
    if shipped:
        origin = ", written for the project (`data/DATA.md`):"
    elif own is None:
        origin = ":"
    elif own["turns"] == told["turns"]:
        origin = ", all of them a team's own labels:"
    else:
        origin = (
            f", {own['turns']} of them a team's own labels, the others written\n  for the project (`data/DATA.md`):"
        )
    yield f"- Data: {told['turns']} turns of {told['scenarios']} scenarios{origin}"
    yield f"  {', '.join(f'{channel} {count}' for channel, count in told['channels'].items())}."
    ratings = ", ".join(f"{rating}: {count}" for rating, count in told["ratings"][name].items())
    yield f"- Ratings ({low}-{high}, to the nearest whole): {ratings}."
    if told["examples"]:
        examples = f"{told['examples']} agents' examples of learned cues"
        yield f"- Besides, {examples}, each rated by a reader or, where none has,"
        yield "  as the turns with its cue are on average."
    yield from (f"- {told['grams']} grams; both scores of the language are one file.", "")


def _does(name: str, told: Mapping[str, Any], rated: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## On scenarios that the model had not seen (5-fold cross-validation)", "")
    yield from (*_table("channel", told["scores"][name]), "")
    if OWN in told:
        yield from ("## On the team's own turns, none of which the models had seen", "")
        yield from (*_table("models", told[OWN]["scores"][name]), "")
    if rated.get(name):
        yield from ("## On turns that two readers rated, apart from the project", "")
        yield f"Models `{rated['digest']}`. Real turns: support chats, tweets, an assistant played by people, calls;"
        yield "written ones by other writers. `benchmarks/ratings.py` prints these figures where the turns are at hand."
        yield from ("", *_table("which", rated[name]), "")
    yield "AUC: politeness up to 2 of 5 against the rest; empathy under 0.5 against 1 and more of 2. Calibration: mean"
    yield "absolute difference of mean value and mean rating in ten bins by value, of the scale, like the mean error."
    yield "A dash: it cannot be told. AUC takes turns of both kinds, a rank correlation ratings and values that differ."
    yield ""


def _misses(told: Mapping[str, Any], shipped: bool) -> Iterator[str]:
    yield from ("## Known limits", "", _LIMITS)
    yield "- Words it has never met count for nothing: a turn is judged by those that are known, however few, and one"
    yield "  without any has no score."
    if shipped or (OWN in told and told[OWN]["turns"] < told["turns"]):
        whose = "All training turns" if shipped else "All training turns but the team's own"
        yield f"- {whose} were written by language models for this project, none by real agents;"
        yield "  see `data/DATA.md`."


def _table(first: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {first} | " + " | ".join(title for _, title in _COLUMNS) + " |"
    yield "|---" * (len(_COLUMNS) + 1) + "|"
    for name, row in rows.items():
        cells = ["-" if row[key] is None else f"{row[key]:.3f}" if isinstance(row[key], float) else str(row[key])
                 for key, _ in _COLUMNS]  # fmt: skip
        yield f"| {name} | " + " | ".join(cells) + " |"
