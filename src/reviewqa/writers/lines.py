"""Reviews for other programs: the contract's object, with all its keys in their order, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from reviewqa.review import Review

# Many programs take these for ends of lines; inside JSON they only stand in strings, where an escape means the same.
LINE_BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def write_jsonl(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one object a line, each as soon as it is there."""
    for review in reviews:
        out.write(_object(review) + "\n")


def write_json(reviews: Iterable[Review], out: TextIO) -> None:
    """Write one list, an object a line."""
    out.write("[")
    for number, review in enumerate(reviews):
        out.write((",\n" if number else "\n") + _object(review))
    out.write("\n]\n")


def _object(review: Review) -> str:
    return review.model_dump_json().translate(LINE_BREAKS)
