"""``reviewqa charter``: init, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewqa.cli.shared import RulesOption, loaded
from reviewqa.errors import Fault, ReviewqaError

app = typer.Typer(no_args_is_help=True, help="The organisation's own standards and weights.")


@app.command("init")
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


@app.command("check")
def charter_check(
    path: Annotated[Path, typer.Argument(help="A charter file.")],
    rules: RulesOption = None,
) -> None:
    """Check a charter; say all faults with their line."""
    from reviewqa.charter import Charter

    rule_set = loaded(rules)
    charter = Charter.load(path, tuple(rule_set.steps), tuple(rule_set.anti_patterns))
    weight = sum(line.weight for line in charter.lines)
    critical = [line.id for line in charter.lines if line.critical]
    typer.echo(f"{path}: {len(charter.lines)} lines, weight {weight:g}, critical: {', '.join(critical) or 'none'}")
