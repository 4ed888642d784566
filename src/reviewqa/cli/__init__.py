"""The ``reviewqa`` command. Heavy libraries are imported by the command that uses them, so that --help is quick.

Exit codes: 0 all was done; 1 done, but some input could not be read or some check failed (each said on stderr);
2 nothing could be done: wrong options, rules or charter, or no input that can be read; 70 reviewqa itself failed, and
the traceback says where. Some commands have codes of their own besides.
"""

from __future__ import annotations

import gc
import sys
import traceback

import typer

from reviewqa.cli import audit, charter, models, reviewing, rules
from reviewqa.cli.shared import say
from reviewqa.errors import ReviewqaError

FAILED = 70
"""The exit code of a fault of reviewqa itself, as sysexits.h has it: Python's own is 1, which here means done."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Review customer-service conversations in Polish and English, locally, with the words behind every verdict.",
)
app.command()(reviewing.review)
app.command()(reviewing.schema)
app.command()(audit.audit)
app.command()(audit.report)
app.add_typer(rules.app, name="rules")
app.add_typer(charter.app, name="charter")
app.add_typer(models.app, name="models")


class _OwnFaults:
    """Around a command: an error that nobody expected is told with its traceback, and ends it with ``FAILED``."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            traceback.print_exception(error)
            sys.exit(FAILED)


def main() -> None:
    """The entry point: runs a command; expected errors are said without a traceback, any other with it."""
    gc.set_threshold(50_000, 50, 100)  # nearly all that a command makes stays, or goes away by itself
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        sys.stderr.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    with _OwnFaults():
        try:
            app()
        except ReviewqaError as error:
            for fault in error.faults:
                say(str(fault))
            sys.exit(2)
        except BrokenPipeError:  # the reader of our output (head, less) has gone; nothing is wrong
            sys.stderr.close()
            sys.exit(0)
