"""``reviewqa review`` and the schema of what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewqa.cli.shared import (
    CharterOption,
    ColumnOption,
    EncodingOption,
    FormatOption,
    LabelOption,
    ModelsOption,
    RulesOption,
    Ui,
    UiOption,
    counted,
    files,
    loaded,
    pairs,
    say,
    target,
)
from reviewqa.errors import Fault

if TYPE_CHECKING:
    from reviewqa.conversation import Conversation
    from reviewqa.review import Review


class Face(StrEnum):
    terminal = "terminal"
    json = "json"
    jsonl = "jsonl"
    html = "html"


def review(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of conversations.")],
    as_: Annotated[Face, typer.Option("--as", help="How to show the reviews.")] = Face.terminal,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, not to the screen.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="On the terminal: every conversation, not only the weakest of many.")
    ] = False,
    ui: UiOption = Ui.en,
    charter: CharterOption = None,
    rules: RulesOption = None,
    models: ModelsOption = None,
    format_: FormatOption = None,
    column: ColumnOption = None,
    label: LabelOption = None,
    encoding: EncodingOption = None,
) -> None:
    """Review conversations: the five A's, ten anti-patterns, tone, times and one total, with the words behind each."""
    from reviewqa.readers import EXTENSIONS, read
    from reviewqa.reviewer import Reviewer
    from reviewqa.writers import texts_of, write

    rule_set = loaded(rules)
    reviewer = Reviewer(charter, rule_set, models)
    faults: list[Fault] = []

    def complain(fault: Fault) -> None:
        faults.append(fault)
        say(str(fault))

    found = files(paths, complain)
    conversations = read(
        *found,
        format=format_,
        columns=pairs(column, "--column"),
        labels=pairs(label, "--label"),
        encoding=encoding,
        on_fault=complain,
        on_notice=say,
    )
    reviewed = 0

    def reviewed_one_by_one() -> Iterator[tuple[Conversation, Review]]:
        nonlocal reviewed
        for pair in reviewer.review_pairs(conversations):
            reviewed += 1
            yield pair

    with target(out, found) as stream:
        write(reviewed_one_by_one(), as_=as_.value, out=stream, texts=texts_of(ui.value, rule_set), full=full)
        if faults:
            told = counted(reviewed, "conversation")
            say(f"{told} reviewed; records and files that could not be read, listed above: {len(faults)}")
        if not reviewed:
            if not faults:
                say("no conversation was found; a folder is searched for " + ", ".join(EXTENSIONS))
            raise typer.Exit(2)  # an earlier report stays
    if faults:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON schema of a review."""
    import json

    from reviewqa.review import Review

    typer.echo(json.dumps(Review.model_json_schema(mode="serialization"), indent=2, sort_keys=True))
