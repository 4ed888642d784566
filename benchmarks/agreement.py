"""How far reviews agree with careful human readers, on the labelled conversations beside the checkout.

    python benchmarks/agreement.py [--shared ../shared] [--by language|source] [--part read|check|both] [--reviews FILE]

The conversations are split once, by a hash of their id: one half may be read while cues are written, the other only
checks. Macro-F1 and kappa as the shared comparison script computes them; the labelled texts stay outside the project.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

from reviewqa import Reviewer, read

FILES = ("dev_real.jsonl", "dev_written_pl.jsonl", "dev_written_en.jsonl")


def part_of(conversation_id: str) -> str:
    """``read`` or ``check``: the half that a conversation belongs to, for ever."""
    return "read" if hashlib.sha256(conversation_id.encode()).digest()[0] % 2 == 0 else "check"


def comparison(shared: Path) -> ModuleType:
    """The shared script that compares reviews with labels."""
    spec = importlib.util.spec_from_file_location("agreement_tool", shared / "tools" / "agreement.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{shared} has no comparison script")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=Path(__file__).parents[1].parent / "shared")
    options.add_argument("--by", choices=("language", "source"), default="language")
    options.add_argument("--part", choices=("read", "check", "both"), default="both")
    options.add_argument("--reviews", type=Path, help="also write the reviews there, one a line")
    given = options.parse_args()
    labelled = [given.shared / "data" / "labelled" / name for name in FILES]
    if not all(path.is_file() for path in labelled):
        sys.exit(f"{given.shared} has no labelled conversations; they are kept outside the project")
    tool = comparison(given.shared)
    lines = [review.model_dump(mode="json") for review in Reviewer().review_many(read(*labelled))]
    if given.reviews:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        given.reviews.write_text(text, encoding="utf-8")
    reviews: dict[str, Any] = {line["conversation_id"]: line for line in lines}
    groups: dict[str, list[Any]] = defaultdict(list)
    for path in labelled:
        for row in tool.rows(path):
            part = part_of(row["id"])
            key = row["language"] if given.by == "language" else f"{row['source']} ({row['language']})"
            if given.part in (part, "both"):
                groups[f"{key}, {part} half" if given.part != "both" else key].append(row)
    for name, rows in sorted(groups.items()):
        tool.show(name, tool.compare(reviews, rows))
    if given.part == "both":
        sys.stdout.write("\nBy half (steps macro-F1, steps kappa, flags macro-F1, flags precision):\n")
        halves: dict[str, list[Any]] = defaultdict(list)
        for path in labelled:
            for row in tool.rows(path):
                halves[f"{row['language']} {part_of(row['id'])}"].append(row)
        for name, rows in sorted(halves.items()):
            found = tool.compare(reviews, rows)
            figures = (found["steps_macro_f1"], found["steps_kappa"], found["flags_macro_f1"])
            shown = " ".join("   -" if value is None else f"{value:.3f}" for value in figures)
            sys.stdout.write(f"{name:10} {len(rows):4} {shown} {found['flags_micro']['precision'] or 0:.3f}\n")


if __name__ == "__main__":
    main()
