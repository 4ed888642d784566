"""The ``reviewqa`` command. Heavy libraries are imported by the command that uses them, so that --help is quick.

Exit codes: 0 all was done; 1 done, but some input could not be read or some check failed (each said on stderr);
2 nothing could be done: wrong options, rules or charter, or no input that can be read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewqa.errors import Fault, ReviewqaError

if TYPE_CHECKING:
    from reviewqa.conversation import Conversation
    from reviewqa.review import Review
    from reviewqa.rules.model import RuleSet

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Review customer-service conversations in Polish and English, locally, with the words behind every verdict.",
)
rules_app = typer.Typer(no_args_is_help=True, help="The cues and rules that verdicts come from.")
charter_app = typer.Typer(no_args_is_help=True, help="The organisation's own standards and weights.")
models_app = typer.Typer(no_args_is_help=True, help="The politeness and empathy models.")
app.add_typer(rules_app, name="rules")
app.add_typer(charter_app, name="charter")
app.add_typer(models_app, name="models")

TURNS = Path("data/turns")
"""Where a checkout has the labelled turns."""


class Face(StrEnum):
    terminal = "terminal"
    json = "json"
    jsonl = "jsonl"
    html = "html"


class Ui(StrEnum):
    en = "en"
    pl = "pl"


RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="A folder of further cues and rules; files of the same path replace built-in ones."),
]
UiOption = Annotated[Ui, typer.Option("--ui", help="The language of the report.")]


@app.command()
def review(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of conversations.")],
    as_: Annotated[Face, typer.Option("--as", help="How to show the reviews.")] = Face.terminal,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, not to the screen.")] = None,
    ui: UiOption = Ui.en,
    charter: Annotated[Path | None, typer.Option(help="A charter file; the default charter unless told.")] = None,
    rules: RulesOption = None,
    models: Annotated[Path | None, typer.Option(help="A folder of models trained by `models train`.")] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="jsonl, json, csv or text; told from the file unless given."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="CSV: OURS=THEIRS, such as text=message; may be given several times."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="Text logs: LABEL=ROLE, such as Zofia=agent; may be given several times."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The files' encoding, where it is not told right.")] = None,
) -> None:
    """Review conversations: the five A's, ten anti-patterns, tone, times and one total, with the words behind each."""
    from reviewqa.charter import Charter
    from reviewqa.readers import EXTENSIONS, read
    from reviewqa.reviewer import Reviewer
    from reviewqa.writers import write

    rule_set = _loaded(rules)
    standards = None
    if charter is not None:
        standards = Charter.load(charter, tuple(rule_set.steps), tuple(rule_set.anti_patterns))
    reviewer = Reviewer(standards, rule_set, models)
    faults: list[Fault] = []

    def complain(fault: Fault) -> None:
        faults.append(fault)
        _say(str(fault))

    conversations = read(
        *_files(paths, complain),
        format=format_,
        columns=_pairs(column, "--column"),
        labels=_pairs(label, "--label"),
        encoding=encoding,
        on_fault=complain,
        on_notice=_say,
    )
    reviewed = 0

    def pairs() -> Iterator[tuple[Conversation, Review]]:
        nonlocal reviewed
        for conversation in conversations:
            reviewed += 1
            yield conversation, reviewer.review(conversation)

    with _target(out) as stream:
        write(pairs(), as_=as_.value, out=stream, texts=_texts(ui.value, rule_set))
    if faults:
        _say(f"{reviewed} conversations reviewed; {len(faults)} records or files could not be read (listed above)")
    if not reviewed:
        if not faults:
            _say("no conversation was found; a folder is searched for " + ", ".join(EXTENSIONS))
        raise typer.Exit(2)
    if faults:
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON schema of a review."""
    import json

    from reviewqa.review import Review

    typer.echo(json.dumps(Review.model_json_schema(mode="serialization"), indent=2, sort_keys=True))


@rules_app.command("list")
def rules_list(rules: RulesOption = None, ui: UiOption = Ui.en) -> None:
    """List every rule and cue."""
    rule_set = _loaded(rules)
    for name, title in rule_set.titles.items():
        kind = "step" if name in rule_set.steps else "anti-pattern"
        typer.echo(f"{kind:13} {name:24} {getattr(title, ui.value)}")
    for name, situation in rule_set.situations.items():
        typer.echo(f"{'situation':13} {name:24} {getattr(situation.file.means, ui.value)}")
    for cue in sorted({cue for cues in rule_set.cues.values() for cue in cues}):
        languages = " ".join(language for language, cues in rule_set.cues.items() if cue in cues)
        means = next(cues[cue].file.means for cues in rule_set.cues.values() if cue in cues)
        typer.echo(f"{'cue ' + languages:13} {cue:24} {means}")


@rules_app.command("show")
def rules_show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as apologize or agent/apology.")],
    rules: RulesOption = None,
) -> None:
    """Show a rule or cue: its file, as it is."""
    rule_set = _loaded(rules)
    found = rule_set.files(name)
    if not found:
        raise ReviewqaError(Fault(name, "is no rule or cue; see `reviewqa rules list`"))
    for number, where in enumerate(found):
        typer.echo(("\n" if number else "") + f"# {where}")
        typer.echo(_rule_file(where).read_text(encoding="utf-8").rstrip())


@rules_app.command("check")
def rules_check(
    path: Annotated[Path | None, typer.Argument(help="A folder of rules of your own.")] = None,
) -> None:
    """Prove every cue and rule by its own examples; say all faults with their file and line."""
    from reviewqa.rules.checker import check

    rule_set = _loaded(path)
    checked = check(rule_set, under=f"{path}/" if path else "")
    for fault in checked.faults:
        _say(str(fault))
    typer.echo(f"{len(rule_set)} cues and rules, {checked.examples} examples run, {len(checked.faults)} faults")
    if checked.faults:
        raise typer.Exit(1)


@rules_app.command("words")
def rules_words(
    text: Annotated[str, typer.Argument(help="Any text.")],
    language: Annotated[Ui, typer.Option(help="pl or en.")] = Ui.pl,
) -> None:
    """Show how a text is read: its tokens, lemmas and sentences. For writers of cues."""
    from reviewqa.language.words import words

    for token in words(language.value, text):
        typer.echo(f"{token.sentence:3} {token.start:5}-{token.end:<5} {token.text:24} {token.lemma}")


@charter_app.command("init")
def charter_init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("charter.yaml"),
) -> None:
    """Write the default charter to a file, to be changed."""
    from reviewqa.charter.model import default_path

    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(default_path().read_text(encoding="utf-8"))
    except FileExistsError:
        raise ReviewqaError(Fault(str(path), "is there already; name another file")) from None
    except OSError as error:
        raise ReviewqaError(Fault(str(path), f"cannot be written: {error.strerror}")) from error
    typer.echo(f"{path} written; change it, then run: reviewqa charter check {path}")


@charter_app.command("check")
def charter_check(
    path: Annotated[Path, typer.Argument(help="A charter file.")],
    rules: RulesOption = None,
) -> None:
    """Check a charter; say all faults with their line."""
    from reviewqa.charter import Charter

    rule_set = _loaded(rules)
    charter = Charter.load(path, tuple(rule_set.steps), tuple(rule_set.anti_patterns))
    weight = sum(line.weight for line in charter.lines)
    critical = [line.id for line in charter.lines if line.critical]
    typer.echo(f"{path}: {len(charter.lines)} lines, weight {weight:g}, critical: {', '.join(critical) or 'none'}")


@models_app.command("train")
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
        typer.echo(
            f"{result.name}.{result.language}: {result.turns} turns, {result.features} features; on unseen scenarios "
            f"rank correlation {result.rank_correlation:.3f}, mean error {result.mean_error:.3f} ({result.digest})"
        )


def main() -> None:
    """The entry point: runs a command and says expected errors without a traceback."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        sys.stderr.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except ReviewqaError as error:
        for fault in error.faults:
            _say(str(fault))
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output (head, less) has gone; nothing is wrong
        sys.stderr.close()
        sys.exit(0)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _loaded(extra: Path | None) -> RuleSet:
    from reviewqa.rules.loader import default_rules, load_rules

    return default_rules() if extra is None else load_rules(extra)


def _rule_file(where: str) -> Path:
    from reviewqa.rules.loader import built_in

    inside = built_in() / where
    return inside if inside.is_file() else Path(where)


def _files(paths: Iterable[Path], complain: Callable[[Fault], None]) -> list[Path]:
    """The files, folders opened up in the order of their names."""
    from reviewqa.readers import EXTENSIONS

    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in EXTENSIONS and file.is_file())
        if not inside:
            complain(Fault(str(path), "the folder holds no file that ends in " + ", ".join(EXTENSIONS)))
        found.extend(inside)
    return found


def _pairs(given: list[str] | None, option: str) -> dict[str, str] | None:
    if not given:
        return None
    pairs = {}
    for item in given:
        left, sign, right = item.partition("=")
        if not (left and sign and right):
            raise ReviewqaError(Fault(f"{option} {item}", "has to be two names with = between them"))
        pairs[left] = right
    return pairs


def _texts(ui: str, rules: RuleSet):  # type: ignore[no-untyped-def]
    from reviewqa.writers.texts import Texts

    messages: dict[str, str] = {}
    for step in rules.steps.values():
        for reason in (step.file.reasons.met, step.file.reasons.missed, step.file.reasons.not_applicable):
            messages[reason.en] = reason.pl
    for rule in rules.anti_patterns.values():
        for text in (rule.file.reason, rule.file.needs_times):
            if text is not None:
                messages[text.en] = text.pl
    titles = {name: (title.en, title.pl) for name, title in rules.titles.items()}
    return Texts(ui, titles=titles, messages=messages)


def _target(out: Path | None):  # type: ignore[no-untyped-def]
    from contextlib import nullcontext

    if out is None:
        return nullcontext(sys.stdout)
    try:
        return out.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReviewqaError(Fault(str(out), f"cannot be written: {error.strerror}")) from error


if __name__ == "__main__":
    main()
