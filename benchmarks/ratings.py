"""How the shipped models compare with two careful readers' ratings of agents' turns, kept beside the checkout.

    python benchmarks/ratings.py [--shared ../shared] [--part read|check|both] [--models FOLDER] [--worst N]
        [--write FILE]

Real and written turns are reported apart, each language apart. The turns are split once, by a hash of the id of their
conversation, as in ``benchmarks/agreement.py``: one half may be read while features are chosen, the other only checks.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agreement import part_of
from reviewqa.models.scorer import Scorer
from reviewqa.models.training import SCALES, figures


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, default=Path(__file__).parents[1].parent / "shared")
    options.add_argument("--part", choices=("read", "check", "both"), default="both")
    options.add_argument("--models", type=Path)
    options.add_argument("--worst", type=int, default=0, help="print the turns of the read half furthest off")
    options.add_argument("--write", type=Path, help="write the figures there, for the model cards")
    given = options.parse_args()
    source = given.shared / "data" / "labelled" / "turns_dev.jsonl"
    if not source.is_file():
        sys.exit(f"{source} is not there; the rated turns are kept outside the project")
    scorer = Scorer(given.models)
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    worst = []
    for line in source.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        part = part_of(row["id"].split("#")[0])
        if given.part not in (part, "both"):
            continue
        kind = "written" if row["source"] == "written" else "real"
        for name, (low, high) in SCALES.items():
            scored = scorer.turn(name, row["language"], row["text"])
            if scored is None:
                continue
            rating = (sum(row["labels"][name]) / len(row["labels"][name]) - low) / (high - low)
            for group in (kind, "all"):
                groups[name, row["language"], group].append((scored.value, rating))
            if part == "read":
                off = abs(scored.value - rating)
                worst.append((off, name, row["language"], scored.value, rating, row["text"], scored.because))
    sys.stdout.write("score       lang  turns   n   rank correlation  AUC    mean error  calibration\n")
    told: dict[str, dict[str, Any]] = {}
    for (name, language, kind), pairs in sorted(groups.items()):
        values, ratings = np.array(pairs).T
        found = figures(name, values, ratings)
        of_language = told.setdefault(language, {"digest": scorer.digests[language]})
        of_language.setdefault(name, {})[kind] = asdict(found)
        auc = "    -" if found.auc is None else f"{found.auc:.3f}"
        rank = "    -" if found.rank_correlation is None else f"{found.rank_correlation:.3f}"
        sys.stdout.write(
            f"{name:11} {language:5} {kind:8} {found.turns:3} {rank:>10} {auc:>12} {found.mean_error:10.3f} "
            f"{found.calibration:11.3f}\n"
        )
    if given.write:
        given.write.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for _, name, language, value, rating, text, because in sorted(worst, reverse=True)[: given.worst]:
        said = ", ".join(f"{words} {weight:+.2f}" for words, weight in because)
        sys.stdout.write(f"{name} {language} {value:.2f} for {rating:.2f}: {' '.join(text.split())[:160]} [{said}]\n")


if __name__ == "__main__":
    main()
