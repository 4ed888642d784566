"""``reviewqa models``: train, cues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The politeness and empathy models, and the learned cues.")

TURNS = Path("data/turns")
"""Where a checkout has the labelled turns."""
CUES = Path("data/cues")
"""Where a checkout has the examples of learned cues."""


@app.command("train")
def models_train(
    data: Annotated[Path, typer.Option(help="A folder with pl/ and en/.")] = TURNS,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the models go; the installed package's own folder unless told."),
    ] = None,
) -> None:
    """Train the politeness and empathy models; print how they do on scenarios they have not seen."""
    from reviewqa.models.scorer import built_in
    from reviewqa.models.training import train

    for result in train(data, out or built_in()):
        figures = result.figures
        typer.echo(
            f"{result.name}.{result.language}: {result.turns} turns; on unseen scenarios rank correlation "
            f"{figures.rank_correlation}, AUC {figures.auc}, mean error {figures.mean_error} ({result.digest})"
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
