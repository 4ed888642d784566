"""``reviewqa rules``: list, show, check, docs, words; with ``trying``: explain, backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewqa.cli import trying
from reviewqa.cli.shared import RulesOption, Ui, UiOption, counted, loaded, say
from reviewqa.errors import Fault, ReviewqaError

app = typer.Typer(no_args_is_help=True, help="The cues and rules that verdicts come from.")
app.command()(trying.explain)
app.command()(trying.backtest)


@app.command("list")
def rules_list(rules: RulesOption = None, ui: UiOption = Ui.en) -> None:
    """List every rule and cue."""
    rule_set = loaded(rules)
    for name, title in rule_set.titles.items():
        kind = "step" if name in rule_set.steps else "anti-pattern"
        typer.echo(f"{kind:13} {name:24} {getattr(title, ui.value)}")
    for name, situation in rule_set.situations.items():
        typer.echo(f"{'situation':13} {name:24} {getattr(situation.file.means, ui.value)}")
    for cue in sorted({cue for cues in rule_set.cues.values() for cue in cues}):
        languages = " ".join(language for language, cues in rule_set.cues.items() if cue in cues)
        means = {language: cues[cue].file.means for language, cues in rule_set.cues.items() if cue in cues}
        typer.echo(f"{'cue ' + languages:13} {cue:24} {means.get(ui.value) or next(iter(means.values()))}")


@app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as apologize or agent/apology.")],
    rules: RulesOption = None,
) -> None:
    """Show a rule or cue: its file, as it is."""
    rule_set = loaded(rules)
    found = rule_set.files(name)
    if not found:
        raise ReviewqaError(Fault(name, "is no rule or cue; see `reviewqa rules list`"))
    for number, where in enumerate(found):
        typer.echo(("\n" if number else "") + f"# {where}")
        typer.echo(_rule_file(where).read_text(encoding="utf-8").rstrip())


@app.command("check")
def rules_check(
    path: Annotated[Path | None, typer.Argument(help="A folder of rules of your own.")] = None,
) -> None:
    """Prove every cue and rule by its own examples; say all faults with their file and line."""
    from reviewqa.rules.checker import check_folder

    rule_set, checked = check_folder(*([] if path is None else [path]))
    for fault in checked.faults:
        say(str(fault))
    examples, faults = counted(checked.examples, "example"), counted(len(checked.faults), "fault")
    typer.echo(f"{len(rule_set)} cues and rules, {examples} run, {faults}")
    if checked.faults:
        raise typer.Exit(1)


@app.command("docs")
def rules_docs(
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder of the pages.")] = Path("docs/rules"),
    rules: RulesOption = None,
) -> None:
    """Write a page for each cue and rule, from its file; pages of files that are gone are removed."""
    from reviewqa.writers.rule_pages import write_pages

    changed, gone = write_pages(loaded(rules), out)
    typer.echo(f"{out}: {counted(changed, 'page')} written, {gone} removed")


@app.command("words")
def rules_words(
    text: Annotated[str, typer.Argument(help="Any text.")],
    language: Annotated[Ui, typer.Option(help="pl or en.")] = Ui.pl,
) -> None:
    """Show how a text is read: its words, lemmas and sentences. For writers of cues."""
    from reviewqa.language.words import words

    for token in words(language.value, text):
        typer.echo(f"{token.sentence:3} {token.start:5}-{token.end:<5} {token.text:24} {token.lemma}")


def _rule_file(where: str) -> Path:
    from reviewqa.rules.loader import built_in

    inside = built_in() / where
    return inside if inside.is_file() else Path(where)
