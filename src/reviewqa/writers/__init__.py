"""How reviews leave: on the terminal, as JSON or JSON Lines for other programs, as one HTML page for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, ReviewqaError
from reviewqa.review import Review
from reviewqa.writers.texts import Texts, texts_of

FACES = ("terminal", "json", "jsonl", "html")

__all__ = ["FACES", "Texts", "texts_of", "write"]


def write(
    reviews: Iterable[tuple[Conversation, Review]],
    as_: str = "terminal",
    out: TextIO | None = None,
    texts: Texts | None = None,
    full: bool = False,
) -> None:
    """Write reviews.

    Arguments:
        reviews: each with the conversation that it is of, as ``Reviewer.review_pairs`` gives them; read once.
        as_: ``terminal`` for a glance, ``json`` (one list) and ``jsonl`` (an object a line, written as they come) for
            programs, ``html`` for one self-contained page.
        out: where to; standard output unless told.
        texts: the language and names for the terminal and the page, of ``texts_of``; English unless told. JSON is the
            same in all.
        full: the terminal shows every conversation, as it comes; else only the weakest where there are many.

    Raises:
        ReviewqaError: there is no such face.
    """
    stream = sys.stdout if out is None else out
    if as_ in ("json", "jsonl"):
        from reviewqa.writers import lines

        (lines.write_json if as_ == "json" else lines.write_jsonl)((review for _, review in reviews), stream)
    elif as_ == "terminal":
        from reviewqa.writers import terminal

        terminal.write_terminal(reviews, stream, texts or Texts(), full)
    elif as_ == "html":
        from reviewqa.writers import html

        html.write_html(reviews, stream, texts or Texts())
    else:
        raise ReviewqaError(Fault(f"as_={as_!r}", f"is no way to write reviews; it has to be {', '.join(FACES)}"))
