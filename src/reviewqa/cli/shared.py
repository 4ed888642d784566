"""What the commands share: options, messages, files, rule sets."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from reviewqa.errors import Fault, ReviewqaError

if TYPE_CHECKING:
    from reviewqa.rules.model import RuleSet


class Ui(StrEnum):
    en = "en"
    pl = "pl"


RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="A folder of further cues and rules; files of the same path replace built-in ones."),
]
CharterOption = Annotated[Path | None, typer.Option(help="A charter file; the default charter unless told.")]
ModelsOption = Annotated[Path | None, typer.Option(help="A folder of models trained by `models train`.")]
UiOption = Annotated[Ui, typer.Option("--ui", help="The language of the report.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="jsonl, json, csv or text; told from the file unless given.")
]
ColumnOption = Annotated[
    list[str] | None, typer.Option(help="CSV: OURS=THEIRS, such as text=message; may be given several times.")
]
LabelOption = Annotated[
    list[str] | None, typer.Option(help="Text logs: LABEL=ROLE, such as Zofia=agent; may be given several times.")
]
EncodingOption = Annotated[str | None, typer.Option(help="The files' encoding, where it is not told right.")]


def say(text: str) -> None:
    typer.echo(text, err=True)


def counted(count: int, what: str) -> str:
    """A number of things: ``1 record``, ``2 records``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def loaded(extra: Path | None) -> RuleSet:
    from reviewqa.rules.loader import default_rules, load_rules

    return default_rules() if extra is None else load_rules(extra)


def files(paths: Iterable[Path], complain: Callable[[Fault], None]) -> list[Path]:
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


def pairs(given: list[str] | None, option: str) -> dict[str, str] | None:
    if not given:
        return None
    pairs = {}
    for item in given:
        left, sign, right = item.partition("=")
        if not (left and sign and right):
            raise ReviewqaError(Fault(f"{option} {item}", "has to be two names with = between them"))
        pairs[left] = right
    return pairs


@contextmanager
def target(out: Path | None, inputs: Iterable[Path] = ()) -> Iterator[TextIO]:
    """Where a report goes: the screen, or a file that takes its name only when all of it is written.

    Arguments:
        out: the file; the screen where None.
        inputs: the files that the report is made from.

    Raises:
        ReviewqaError: the file cannot be written, or is one of the inputs.
    """
    if out is None:
        yield sys.stdout
        return
    there = out.exists()
    if there and any(path.exists() and out.samefile(path) for path in inputs):
        raise ReviewqaError(Fault(str(out), "is a file to be read, which the report would replace; name another --out"))
    # a device or pipe is written to as it is; what a link leads to is replaced, not the link
    aside = out.is_file() or not there
    final = out.resolve() if aside else out
    whole = final.with_name(f"{final.name}.{os.getpid()}.part") if aside else final
    try:
        stream = whole.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReviewqaError(Fault(str(out), f"cannot be written: {error.strerror}")) from error
    try:
        with stream:
            yield stream
        if aside:
            if there:
                shutil.copymode(final, whole)
            whole.replace(final)
    finally:
        if aside:
            whole.unlink(missing_ok=True)
