"""Model cards: what a model was made of, how it does, and where it fails; generated from what training wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewqa.errors import Fault, ModelError
from reviewqa.models import parameters
from reviewqa.models.examples import SCALES
from reviewqa.models.sums import FEWEST, TYPICAL
from reviewqa.models.training import FIGURES
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
- All training turns were written by language models for this project, none by real agents; see `data/DATA.md`.
- Words it has never met count for nothing; a turn with few known words stays near the middle.
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
    try:
        told = json.loads((models / FIGURES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = f"is missing or no JSON; run `reviewqa models train` ({error})"
        raise ModelError(Fault(str(models / FIGURES), what)) from None
    rated = json.loads((notes / RATINGS).read_text(encoding="utf-8")) if (notes / RATINGS).is_file() else {}
    for language, of_language in told.items():
        model = parameters.load(models / f"{language}.npz")
        if model.digest != of_language["digest"]:
            what = f"tells of models {of_language['digest']}, {language}.npz is {model.digest}; train again"
            raise ModelError(Fault(str(models / FIGURES), what))
        for name in SCORES:
            yield f"{name}.{language}.md", _card(name, language, model, of_language, rated.get(language, {}))


def _card(
    name: str, language: str, model: parameters.Parameters, told: Mapping[str, Any], rated: Mapping[str, Any]
) -> str:
    low, high = SCALES[name]
    ratings = ", ".join(f"{rating}: {count}" for rating, count in told["ratings"][name].items())
    channels = ", ".join(f"{channel} {count}" for channel, count in told["channels"].items())
    head = model.heads[name]
    lines = [
        f"# {name.capitalize()}, {_LANGUAGES[language]}",
        "",
        f"Gives {_MEANS[name]}. A linear model: what each word, pair and triple",
        f"of words adds to the logit, and an intercept of {head.intercept / parameters.UNIT:+.3f}, sum to its logit.",
    ]
    if head.levelled:
        lines += [
            f"What is said in a long turn counts less: weights are multiplied by the root of {TYPICAL} over the known",
            f"tokens of the turn, of which it is taken to have {FEWEST} at least.",
        ]
    if head.least:
        lines += [
            f"Below a logit of {head.below / parameters.UNIT:.3f} a turn shows nothing of it and has the value",
            f"{head.least}: the order of such turns among each other means nothing.",
        ]
    lines += [
        "",
        f"- Date: {DATE}. Models of the language: `{told['digest']}`; data: `{told['data']}`.",
        f"- Data: {told['turns']} turns of {told['scenarios']} scenarios, written for the project (`data/DATA.md`):",
        f"  {channels}.",
        f"- Ratings ({low}-{high}, to the nearest whole): {ratings}.",
        f"- Besides, {told['examples']} agents' examples of learned cues, each rated by a reader or, where none has,",
        "  as the turns with its cue are on average.",
        f"- {told['grams']} grams; both scores of the language are one file.",
        "",
        "## On scenarios that the model had not seen (5-fold cross-validation)",
        "",
        *_table("channel", told["scores"][name]),
        "",
    ]
    if rated.get(name):
        lines += [
            "## On turns that two readers rated, apart from the project",
            "",
            f"Models `{rated['digest']}`. Real turns: support chats, tweets, an assistant played by people, calls;",
            "written ones by other writers. `benchmarks/ratings.py` prints these figures where the turns are at hand.",
            "",
            *_table("which", rated[name]),
            "",
        ]
    lines += [
        "AUC: politeness up to 2 of 5 against the rest; empathy under 0.5 against 1 and more of 2. Calibration: mean",
        "absolute difference of mean value and mean rating in ten bins by value, of the scale, like the mean error.",
        "",
        "## Known limits",
        "",
        _LIMITS,
        "",
    ]
    return "\n".join(lines)


def _table(first: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {first} | " + " | ".join(title for _, title in _COLUMNS) + " |"
    yield "|---" * (len(_COLUMNS) + 1) + "|"
    for name, row in rows.items():
        cells = ["-" if row[key] is None else f"{row[key]:.3f}" if isinstance(row[key], float) else str(row[key])
                 for key, _ in _COLUMNS]  # fmt: skip
        yield f"| {name} | " + " | ".join(cells) + " |"
