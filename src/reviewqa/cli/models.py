"""``reviewqa models``: train, evaluate, card, cues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
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

    Labels are tables (*.csv, a row a turn, with a header) or JSON Lines (*.jsonl, an object a line) in pl/ or en/ of
    that folder. Each has text (what the agent said), politeness (1 rude, 2 curt, 3 neutral, 4 polite, 5 warm) and
    empathy (0 none, 1 a formula, 2 for this customer's situation), and may have scenario (turns that answer the same
    customer share one; a turn without is one of its own; five are needed), context (what the customer said before)
    and channel.
    """
    from reviewqa.models.scorer import built_in
    from reviewqa.models.training import train

    if own is not None and out is None:
        raise ReviewqaError(Fault("--own", "needs --out, a folder of the team's own for its models"))
    with _complete(out or built_in()) as folder:
        if own is not None:
            _train_own(None if instead else data, cues, folder, own)
        else:
            for result in train(data, cues, folder):
                name = f"{result.name}.{result.language} ({result.digest})"
                typer.echo(f"{name}, unseen scenarios: {_told(result.figures)}")
    if out is not None:
        typer.echo(f"The models are in {out}; `reviewqa review --models {out}` uses them.")


@contextmanager
def _complete(out: Path) -> Iterator[Path]:
    """A folder to train into. Once all is trained, and not before, what it holds goes to ``out``, and so does what the
    package brings and is not there: a folder of models is whole."""
    import shutil
    from tempfile import TemporaryDirectory

    from reviewqa.models.scorer import built_in
    from reviewqa.models.training import read_figures, write_figures

    if out.exists() and not out.is_dir():
        raise ReviewqaError(Fault(str(out), "is no folder; models are several files"))
    kept = read_figures(out)
    with TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        write_figures(folder, {**read_figures(built_in()), **kept, **read_figures(folder)})
        for path in sorted(built_in().glob("*.npz")):
            there = out / path.name
            if (folder / path.name).exists():
                continue
            if not there.exists():
                shutil.copyfile(path, folder / path.name)
            elif there.read_bytes() != path.read_bytes():
                typer.echo(f"{there} stays as it is; it is not the shipped one")
        out.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            shutil.copyfile(path, out / path.name)


def _train_own(data: Path | None, cues: Path, out: Path, own: Path) -> None:
    """Train on a team's own turns, on top of what the shipped models learned from where that is given."""
    from datetime import date

    import numpy as np

    from reviewqa.models.examples import rated, read_examples, read_turns
    from reviewqa.models.scorer import Scorer
    from reviewqa.models.training import CURT, OWN, adapt, summary, train_language, write_figures

    found = {language: read_turns(folder) for language, folder in _labelled(own)}
    scorer = Scorer()
    told = {}
    for language, turns in found.items():
        shipped = [] if data is None else read_turns(data / language)
        beside = [] if data is None else rated(read_examples(cues / language), shipped)

        def before(name: str, code: str, turns: list[LabelledTurn] = turns) -> np.ndarray[Any, Any]:
            scored = [scorer.turn(name, code, turn.text) for turn in turns]
            return np.array([0.5 if one is None else one.value for one in scored])

        scores = {}
        for name, (then, now) in adapt(language, [*shipped, *beside], turns, before).items():
            typer.echo(f"{name}.{language} on {len(turns)} own turns, before: {_told(then)}")
            typer.echo(f"{name}.{language} on {len(turns)} own turns, after:  {_told(now)}")
            scores[name] = {"before": asdict(then), "after": asdict(now)}
        curt = 1.0 if data is None else CURT
        all_turns = [*shipped, *turns]
        results = train_language(language, all_turns, out / f"{language}.npz", beside, curt)
        told[language] = summary(all_turns, results, beside)
        told[language][OWN] = {"turns": len(turns), "date": date.today().isoformat(), "scores": scores}
    write_figures(out, told)


def _labelled(folder: Path) -> list[tuple[str, Path]]:
    """The languages of a folder of labelled turns, and where each lies."""
    from reviewqa.language.detect import LANGUAGES

    found = [(language, folder / language) for language in LANGUAGES if (folder / language).is_dir()]
    if not found:
        what = "is a file" if folder.is_file() else "has neither pl/ nor en/"
        wanted = "wanted is a folder with pl/ or en/ or both, each with labelled turns (*.csv or *.jsonl)"
        raise ReviewqaError(Fault(str(folder), f"{what}; {wanted}"))
    return found


@app.command("evaluate")
def models_evaluate(
    labelled: Annotated[Path, typer.Argument(help="A folder with pl/ or en/ or both, labelled turns.")] = TURNS,
    models: Annotated[Path | None, typer.Option(help="A folder of models; the package's own unless told.")] = None,
) -> None:
    """Compare the models' values with ratings, by language and channel. Turns they were trained on flatter them."""
    import numpy as np

    from reviewqa.models.examples import read_turns
    from reviewqa.models.scorer import Scorer
    from reviewqa.models.training import LEAST_OF_CHANNEL, figures
    from reviewqa.review import SCORES

    scorer = Scorer(models)
    for language, folder in _labelled(labelled):
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
    out: Annotated[
        Path | None, typer.Option(help="Where the cards go; docs/models, or the folder of --models, unless told.")
    ] = None,
    models: Annotated[Path | None, typer.Option(help="A folder of models; the package's own unless told.")] = None,
) -> None:
    """Write the model cards: data, figures by channel, known limits, date, digests."""
    from reviewqa.models.card import cards
    from reviewqa.models.scorer import built_in

    out = out or models or CARDS
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
        precision = "-" if result.average_precision is None else f"{result.average_precision:.3f}"
        typer.echo(
            f"{result.cue}.{result.language}: {result.examples} examples; on unseen ones average precision "
            f"{precision} ({result.digest})"
        )
