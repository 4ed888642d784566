"""``reviewqa rules explain`` and ``rules backtest``: rules tried on conversations."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    files,
    loaded,
    pairs,
    say,
    target,
)
from reviewqa.errors import Fault, InputError, ReviewqaError

if TYPE_CHECKING:
    from reviewqa.conversation import Conversation
    from reviewqa.rules.changes import Difference


class TreeFace(StrEnum):
    terminal = "terminal"
    json = "json"


class ChangesFace(StrEnum):
    terminal = "terminal"
    json = "json"
    html = "html"


OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, not to the screen.")]


def explain(
    conversation: Annotated[Path, typer.Argument(help="A file of conversations.")],
    rule: Annotated[str, typer.Argument(help="A step, anti-pattern or situation; see `reviewqa rules list`.")],
    id_: Annotated[
        str | None, typer.Option("--id", help="Which conversation of the file; needed where there are several.")
    ] = None,
    as_: Annotated[TreeFace, typer.Option("--as", help="How to show it.")] = TreeFace.terminal,
    out: OutOption = None,
    ui: UiOption = Ui.en,
    rules: RulesOption = None,
    charter: CharterOption = None,
    models: ModelsOption = None,
    format_: FormatOption = None,
    column: ColumnOption = None,
    label: LabelOption = None,
    encoding: EncodingOption = None,
) -> None:
    """Show which parts of a rule held in one conversation, which did not, and on which words.

    Exit codes: 0 shown, whatever the outcome; 2 there is no such rule or conversation, or it cannot be read.
    """
    from reviewqa.readers import read
    from reviewqa.reviewer import Reviewer
    from reviewqa.rules.trace import trace
    from reviewqa.writers import explained, texts_of

    rule_set = loaded(rules)
    found = rule_set.rule(rule)
    if found is None:
        known = ", ".join(sorted(each.id for each in rule_set.rules))
        raise ReviewqaError(Fault(rule, f"is no step, anti-pattern or situation; known: {known}"))
    faults: list[Fault] = []
    read_as = _reading(format_, column, label, encoding)
    one = _chosen(conversation, id_, read(conversation, **read_as, on_fault=faults.append), faults)
    traced = trace(rule_set, found, Reviewer(charter, rule_set, models).reading(one))
    with target(out, [conversation]) as stream:
        if as_ is TreeFace.json:
            explained.write_json(traced, one, stream)
        else:
            explained.write_tree(traced, one, stream, texts_of(ui.value, rule_set))


def _chosen(path: Path, wanted: str | None, conversations: Iterator[Conversation], faults: list[Fault]) -> Conversation:
    """The conversation that is meant; a file may be large, so no more of it is read than needed."""
    seen: list[Conversation] = []
    for conversation in conversations:
        if wanted is not None and conversation.id == wanted:
            return conversation
        if wanted is None:
            seen.append(conversation)
            if len(seen) > 1:
                raise InputError(Fault(str(path), f"holds several conversations; name one, such as --id {seen[0].id}"))
    if seen:
        return seen[0]
    said = "holds no conversation" if wanted is None else f"holds no conversation {wanted!r}"
    raise InputError([*faults, Fault(str(path), said)])


def backtest(
    archive: Annotated[list[Path], typer.Argument(help="Files or folders of conversations.")],
    rules: Annotated[Path, typer.Option("--rules", help="A folder of cues and rules: the new ones.")],
    against: Annotated[
        Path | None, typer.Option("--against", help="The folder to compare with; the package's own rules unless told.")
    ] = None,
    as_: Annotated[ChangesFace, typer.Option("--as", help="How to show it.")] = ChangesFace.terminal,
    out: OutOption = None,
    ui: UiOption = Ui.en,
    charter: CharterOption = None,
    models: ModelsOption = None,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit with 3 where any verdict changes.")
    ] = False,
    format_: FormatOption = None,
    column: ColumnOption = None,
    label: LabelOption = None,
    encoding: EncodingOption = None,
) -> None:
    """Review an archive by two sets of rules and show the verdicts that change, with the words of both.

    Exit codes: 0 done, whether verdicts change or not; 1 done, but some records or files could not be read (each said
    on stderr); 2 nothing could be done; 3 with --fail-on-change: a verdict changes, whether all could be read or not.
    """
    from reviewqa.readers import read
    from reviewqa.reviewer import Reviewer
    from reviewqa.rules.changes import difference
    from reviewqa.writers import texts_of
    from reviewqa.writers.changes import Versions, write_changes

    old_rules, new_rules = loaded(against), loaded(rules)
    old, new = Reviewer(charter, old_rules, models), Reviewer(charter, new_rules, models)
    faults: list[Fault] = []
    read_as = _reading(format_, column, label, encoding)

    def complain(fault: Fault) -> None:
        faults.append(fault)
        say(str(fault))

    found = files(archive, complain)

    def compared() -> Iterator[tuple[Conversation, Difference]]:
        for conversation in read(*found, **read_as, on_fault=complain, on_notice=say):
            before, after = old.review(conversation), new.review(conversation)
            yield conversation, difference(before, after, old_rules, new_rules)

    names = texts_of(ui.value, new_rules, old_rules)
    with target(out, found) as stream:
        counts = write_changes(compared(), as_.value, stream, names, Versions(old_rules.digest, new_rules.digest))
        if not counts.conversations:
            if not faults:
                say("no conversation was found")
            raise typer.Exit(2)  # an earlier report stays
    if fail_on_change and counts.changed:
        raise typer.Exit(3)
    if faults:
        raise typer.Exit(1)


def _reading(
    format_: str | None, column: list[str] | None, label: list[str] | None, encoding: str | None
) -> dict[str, Any]:
    """How the files are to be read, as ``read`` takes it."""
    columns, labels = pairs(column, "--column"), pairs(label, "--label")
    return {"format": format_, "columns": columns, "labels": labels, "encoding": encoding}
