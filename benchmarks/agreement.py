"""How far reviews agree with careful readers, on the labelled conversations beside the checkout.

    python benchmarks/agreement.py [--shared ../shared] [--by language|source] [--part read|check|both]
        [--further FILE ...] [--reviews FILE]
    python benchmarks/agreement.py --summary [--samples 500] [--further FILE ...]

The conversations are split once, by a hash of their id: one half may be read while cues are written, the other only
checks. ``--further`` names more labelled files of the same form; they are split the same way. ``--summary`` prints the
tables of docs/agreement.md: each group with 90 % bootstrap intervals over conversations, and how well the situations
tell when a step applies. Macro-F1 and kappa as the shared comparison script computes them; the labelled texts stay
outside the project.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from reviewqa import Reviewer, read

FILES = ("dev_real.jsonl", "dev_written_pl.jsonl", "dev_written_en.jsonl")
FIGURES: tuple[tuple[str, Callable[[dict[str, Any]], float | None]], ...] = (
    ("steps F1", lambda found: found["steps_macro_f1"]),
    ("steps kappa", lambda found: found["steps_kappa"]),
    ("flags F1", lambda found: found["flags_macro_f1"]),
    ("flags prec", lambda found: found["flags_micro"]["precision"]),
    ("flags recall", lambda found: found["flags_micro"]["recall"]),
    ("right turn", lambda found: right_turn(found)),
)
STEPS_APPLY = {
    "acknowledge": "an issue was raised",
    "apologize": "something went wrong",
    "assess": "more was needed than an answer at once",
    "act": "there was time to act",
    "follow_up": "there was time to follow up",
}
WRITTEN = "written"
INTERVAL = (0.05, 0.95)

Row = dict[str, Any]


def part_of(conversation_id: str) -> str:
    """``read`` or ``check``: the half that a conversation belongs to, for ever."""
    return "read" if hashlib.sha256(conversation_id.encode()).digest()[0] % 2 == 0 else "check"


def source_of(row: Row) -> str:
    """Where a conversation comes from; the further files say it in the id (``unlabelled-chat-7``)."""
    return str(row.get("source") or row["id"].split("-")[1])


def comparison(shared: Path) -> ModuleType:
    """The shared script that compares reviews with labels."""
    spec = importlib.util.spec_from_file_location("agreement_tool", shared / "tools" / "agreement.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{shared} has no comparison script")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right_turn(found: Mapping[str, Any]) -> float | None:
    """The share of the flags found rightly whose evidence names a labelled turn."""
    hits = [(row["recall"] * row["present"], row["right_turn"]) for row in found["flags"].values() if row["right_turn"]]
    total = sum(number for number, _ in hits)
    return sum(number * share for number, share in hits) / total if total else None


def interval(tool: ModuleType, reviews: Mapping[str, Any], rows: list[Row], samples: int) -> list[str]:
    """Each figure with the interval that drawing the conversations again gives."""
    chance = random.Random(20240501)
    drawn = [tool.compare(reviews, chance.choices(rows, k=len(rows))) for _ in range(samples)]
    found = tool.compare(reviews, rows)
    shown = []
    for _, figure in FIGURES:
        value = figure(found)
        values = sorted(one for one in map(figure, drawn) if one is not None)
        if value is None or not values:
            shown.append("-")
            continue
        low, high = (values[min(len(values) - 1, int(edge * len(values)))] for edge in INTERVAL)
        shown.append(f"{value:.2f} ({low:.2f}-{high:.2f})")
    return shown


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    """A Markdown table on the standard output."""
    head = list(head)
    sys.stdout.write(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}\n")
    for line in lines:
        sys.stdout.write(f"| {' | '.join(line)} |\n")


def summary(tool: ModuleType, reviews: Mapping[str, Any], rows: list[Row], samples: int) -> None:
    """The tables of docs/agreement.md."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        half, language, source = part_of(row["id"]), row["language"], source_of(row)
        kind = WRITTEN if source == WRITTEN else "real"
        for name in {
            f"{language}, {half} half",
            f"{language}, {kind}, {half} half",
            f"{language}, {source}",
            f"{language}, {source}, {half} half",
        }:
            groups[name].append(row)
    table(
        ("group", "n", *(name for name, _ in FIGURES)),
        ((name, str(len(group)), *interval(tool, reviews, group, samples)) for name, group in sorted(groups.items())),
    )
    halves = sorted({(row["language"], part_of(row["id"])) for row in rows})
    applies = []
    for step, means in STEPS_APPLY.items():
        for language, half in halves:
            chosen = [row for row in rows if (row["language"], part_of(row["id"])) == (language, half)]
            applies.append((step, means, f"{language}, {half}", *_applicability(tool, reviews, chosen, step)))
    table(("step", "applies where", "group", "labelled n/a", "found n/a", "precision", "recall", "kappa"), applies)
    table(
        ("group", "step", "agree", "met, not heard", "heard, does not count", "wrongly applied", "wrongly left out"),
        (line for language, half in halves for line in _causes(tool, reviews, rows, language, half)),
    )


def _causes(
    tool: ModuleType, reviews: Mapping[str, Any], rows: list[Row], language: str, half: str
) -> Iterable[list[str]]:
    """How each step's outcomes differ: what was said and not heard, heard wrongly, or applied wrongly."""
    for step in STEPS_APPLY:
        counts: Counter[str] = Counter()
        for row in rows:
            if (row["language"], part_of(row["id"])) != (language, half):
                continue
            wanted, got = tool.labels_of(row)["steps"][step][0], reviews[row["id"]]["steps"][step]["outcome"]
            if wanted == got:
                counts["agree"] += 1
            elif wanted == "met":
                counts["unheard"] += 1
            elif got == "met":
                counts["misheard"] += 1
            else:
                counts["applied" if got == "missed" else "left out"] += 1
        kinds = ("agree", "unheard", "misheard", "applied", "left out")
        yield [f"{language}, {half}", step, *(str(counts[kind]) for kind in kinds)]


def _applicability(tool: ModuleType, reviews: Mapping[str, Any], rows: list[Row], step: str) -> list[str]:
    pairs = []
    for row in rows:
        wanted = tool.labels_of(row)["steps"][step][0] == "not_applicable"
        pairs.append((wanted, reviews[row["id"]]["steps"][step]["outcome"] == "not_applicable"))
    labelled, found = sum(wanted for wanted, _ in pairs), sum(got for _, got in pairs)
    both = sum(wanted and got for wanted, got in pairs)
    shares = [both / number if number else None for number in (found, labelled)]
    shown = ["-" if share is None else f"{share:.2f}" for share in (*shares, tool.kappa(pairs))]
    return [str(labelled), str(found), *shown]


def details(tool: ModuleType, reviews: Mapping[str, Any], rows: list[Row], by: str, wanted: str) -> None:
    """Every step and flag, as the shared script shows them."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        part = part_of(row["id"])
        key = row["language"] if by == "language" else f"{source_of(row)} ({row['language']})"
        if wanted in (part, "both"):
            groups[f"{key}, {part} half" if wanted != "both" else key].append(row)
    for name, group in sorted(groups.items()):
        tool.show(name, tool.compare(reviews, group))
    if wanted != "both":
        return
    sys.stdout.write("\nBy half (steps macro-F1, steps kappa, flags macro-F1, flags precision):\n")
    halves: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        halves[f"{row['language']} {part_of(row['id'])}"].append(row)
    for name, group in sorted(halves.items()):
        found = tool.compare(reviews, group)
        figures = (found["steps_macro_f1"], found["steps_kappa"], found["flags_macro_f1"])
        shown = " ".join("   -" if value is None else f"{value:.3f}" for value in figures)
        sys.stdout.write(f"{name:10} {len(group):4} {shown} {found['flags_micro']['precision'] or 0:.3f}\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=Path(__file__).parents[1].parent / "shared")
    options.add_argument("--by", choices=("language", "source"), default="language")
    options.add_argument("--part", choices=("read", "check", "both"), default="both")
    options.add_argument("--further", type=Path, nargs="*", default=[], help="more labelled files")
    options.add_argument("--summary", action="store_true", help="tables with intervals instead of details")
    options.add_argument("--samples", type=int, default=500, help="bootstrap samples of the summary")
    options.add_argument("--reviews", type=Path, help="also write the reviews there, one a line")
    given = options.parse_args()
    labelled = [*(given.shared / "data" / "labelled" / name for name in FILES), *given.further]
    missing = [str(path) for path in labelled if not path.is_file()]
    if missing:
        sys.exit(f"no labelled conversations: {', '.join(missing)}; they are kept outside the project")
    tool = comparison(given.shared)
    lines = [review.model_dump(mode="json") for review in Reviewer().review_many(read(*labelled))]
    if given.reviews:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        given.reviews.write_text(text, encoding="utf-8")
    reviews = {line["conversation_id"]: line for line in lines}
    rows = [row for path in labelled for row in tool.rows(path)]
    if given.summary:
        summary(tool, reviews, rows, given.samples)
    else:
        details(tool, reviews, rows, given.by, given.part)


if __name__ == "__main__":
    main()
