"""``reviewqa models``: train, evaluate, card, cues."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reviewqa.errors import Fault, ReviewqaError

if TYPE_CHECKING:
    import numpy as np

    from reviewqa.models.examples import LabelledTurn
    from reviewqa.models.training import Figures

app = typer.Typer(no_args_is_help=True, help="The politeness and empathy models, and the learned cues.")

TURNS = Path("data/turns")
"""Where a checkout has the labelled turns."""
CARDS = Path("docs/models")
"""Where a checkout has the model cards."""
CUES = Path("data/cues")
"""Where a checkout has the examples of learned cues."""


@app.command("train")
def models_train(
    data: Annotated[Path, typer.Option(help="A folder with pl/ and en/, the project's labelled turns.")] = TURNS,
    cues: Annotated[Path, typer.Option(help="A folder with pl/ and en/, examples of learned cues.")] = CUES,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the models go; the installed package's own folder unless told."),
    ] = None,
    own: Annotated[
        Path | None,
        typer.Option(help="A folder with pl/ or en/ or both, a team's own labelled turns; needs --out."),
    ] = None,
    instead: Annotated[
        bool, typer.Option("--instead", help="Train on the team's own turns alone, not on top of --data.")
    ] = False,
) -> None:
    """Train the politeness and empathy models; print how they do on scenarios they have not seen.

    With --own: on a team's own labels, and print how the models did on these turns before and how they do now.
    """
    from reviewqa.models.scorer import built_in
    from reviewqa.models.training import train

    if own is not None:
        if out is None:
            raise ReviewqaError(Fault("--own", "needs --out, a folder of the team's own for its models"))
        _train_own(None if instead else data, cues, out, own)
        return
    for result in train(data, cues, out or built_in()):
        typer.echo(f"{result.name}.{result.language} ({result.digest}), unseen scenarios: {_told(result.figures)}")


def _train_own(data: Path | None, cues: Path, out: Path, own: Path) -> None:
    """Train on a team's own turns, on top of what the shipped models learned from where that is given."""
    import shutil

    import numpy as np

    from reviewqa.language.detect import LANGUAGES
    from reviewqa.models.examples import rated, read_examples, read_turns
    from reviewqa.models.scorer import Scorer, built_in
    from reviewqa.models.training import CURT, adapt, train_language

    found = {language: read_turns(own / language) for language in LANGUAGES if (own / language).is_dir()}
    if not found:
        raise ReviewqaError(Fault(str(own), "has neither pl/ nor en/ with labelled turns (*.jsonl)"))
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(built_in().glob("*.npz")):
        shutil.copyfile(path, out / path.name)  # what is not trained anew stays as it is shipped
    scorer = Scorer()
    for language, turns in found.items():
        shipped = [] if data is None else read_turns(data / language)
        beside = [] if data is None else rated(read_examples(cues / language), shipped)

        def before(name: str, code: str, turns: list[LabelledTurn] = turns) -> np.ndarray[Any, Any]:
            scored = [scorer.turn(name, code, turn.text) for turn in turns]
            return np.array([0.5 if one is None else one.value for one in scored])

        for name, (then, now) in adapt(language, [*shipped, *beside], turns, before).items():
            typer.echo(f"{name}.{language} on {len(turns)} own turns, before: {_told(then)}")
            typer.echo(f"{name}.{language} on {len(turns)} own turns, after:  {_told(now)}")
        curt = 1.0 if data is None else CURT
        train_language(language, [*shipped, *turns], out / f"{language}.npz", beside, curt)
    typer.echo(f"The models are in {out}; `reviewqa review --models {out}` uses them.")


@app.command("evaluate")
def models_evaluate(
    labelled: Annotated[Path, typer.Argument(help="A folder with pl/ or en/ or both, labelled turns.")] = TURNS,
    models: Annotated[Path | None, typer.Option(help="A folder of models; the package's own unless told.")] = None,
) -> None:
    """Compare the models' values with ratings, by language and channel. Turns they were trained on flatter them."""
    import numpy as np

    from reviewqa.language.detect import LANGUAGES
    from reviewqa.models.examples import read_turns
    from reviewqa.models.scorer import Scorer
    from reviewqa.models.training import LEAST_OF_CHANNEL, figures
    from reviewqa.review import SCORES

    folders = [(language, labelled / language) for language in LANGUAGES if (labelled / language).is_dir()]
    if not folders:
        raise ReviewqaError(Fault(str(labelled), "has neither pl/ nor en/ with labelled turns (*.jsonl)"))
    scorer = Scorer(models)
    for language, folder in folders:
        turns = read_turns(folder)
        for name in SCORES:
            scored = [(scorer.turn(name, language, turn.text), turn) for turn in turns]
            known = [(one.value, turn.ratings[name], turn.channel) for one, turn in scored if one is not None]
            typer.echo(f"{name}.{language}: {len(turns) - len(known)} of {len(turns)} turns have no words")
            for channel in ["", *sorted({channel for *_, channel in known if channel})]:
                rows = [(value, rating) for value, rating, of in known if channel in ("", of)]
                if len(rows) >= (LEAST_OF_CHANNEL if channel else 2):
                    values, ratings = np.array(rows).T
                    typer.echo(f"  {channel or 'all'}: {_told(figures(name, values, ratings))}")


@app.command("card")
def models_card(
    out: Annotated[Path, typer.Option(help="Where the cards go.")] = CARDS,
    models: Annotated[Path | None, typer.Option(help="A folder of models; the package's own unless told.")] = None,
) -> None:
    """Write the model cards: data, figures by channel, known limits, date, digests."""
    from reviewqa.models.card import cards
    from reviewqa.models.scorer import built_in

    out.mkdir(parents=True, exist_ok=True)
    for name, text in cards(models or built_in(), out):
        (out / name).write_text(text, encoding="utf-8", newline="\n")
        typer.echo(str(out / name))


def _told(figures: Figures) -> str:
    def shown(figure: float | None) -> str:
        return "-" if figure is None else f"{figure:.3f}"

    return (
        f"{figures.turns} turns, rank correlation {shown(figures.rank_correlation)}, AUC {shown(figures.auc)}, "
        f"mean error {figures.mean_error:.3f}, calibration {figures.calibration:.3f}"
    )


@app.command("cues")
def models_cues(
    data: Annotated[Path, typer.Option(help="A folder with pl/ and en/, examples of learned cues.")] = CUES,
    turns: Annotated[Path, typer.Option(help="A folder with pl/ and en/, labelled turns.")] = TURNS,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the models go; the installed package's own folder unless told."),
    ] = None,
) -> None:
    """Train the learned cues; print how well each ranks examples that it has not seen."""
    from reviewqa.models.learning import train
    from reviewqa.models.scorer import built_in

    for result in train(data, turns, out or built_in()):
        typer.echo(
            f"{result.cue}.{result.language}: {result.examples} examples; on unseen ones average precision "
            f"{result.average_precision:.3f} ({result.digest})"
        )
