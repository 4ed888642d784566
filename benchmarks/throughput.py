"""Words per second of a full review over words per second of spaCy's blank tokenizer, on the same turns in one run.

    python benchmarks/throughput.py [ARCHIVE.jsonl ...]

Fresh pipelines, one pass each over every turn, nothing left out: language, cues, rules, times, scores, charter and the
review object. Without arguments the labelled and unlabelled conversations beside the checkout are used, or, where there
are none, the sample archive, each once. Prints ratios; the single figures mean little on a shared machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from reviewqa import Conversation, read
from reviewqa.reviewer import Reviewer

ROOT = Path(__file__).parents[1]
ROUNDS = 3


def archive(arguments: list[str]) -> list[Conversation]:
    """The conversations to review."""
    shared = ROOT.parent / "shared" / "data"
    found = [Path(argument) for argument in arguments]
    found = found or sorted([*shared.glob("labelled/dev_*.jsonl"), *shared.glob("unlabelled/*.jsonl")])
    return list(read(*(found or [ROOT / "data" / "samples" / "samples.jsonl"])))


def seconds(work: Callable[[], object]) -> float:
    """The processor time of one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    conversations = archive(sys.argv[1:])
    turns = [(conv.language, turn.text) for conv in conversations for turn in conv.turns]
    words = sum(len(text.split()) for _, text in turns)
    sys.stdout.write(f"{len(conversations)} conversations, {len(turns)} turns, {words} words\n")
    ratios = []
    for number in range(1, ROUNDS + 1):
        pipelines = {code: spacy.blank(code) for code in ("pl", "en")}
        tokenizing = seconds(lambda p=pipelines: [p.get(lang or "en", p["en"]).make_doc(text) for lang, text in turns])
        _forget()
        reviewer = Reviewer()
        reviewing = seconds(lambda r=reviewer: [r.review(conversation) for conversation in conversations])
        ratios.append(tokenizing / reviewing)
        sys.stdout.write(
            f"round {number}: tokenizer {words / tokenizing / 1000:.0f}, review {words / reviewing / 1000:.0f} "
            f"thousand words/s; review over tokenizer {ratios[-1]:.2f}\n"
        )
    sys.stdout.write(f"median ratio {sorted(ratios)[ROUNDS // 2]:.2f}\n")


def _forget() -> None:
    """Drop what an earlier round loaded and remembered, so that each review starts fresh."""
    from reviewqa.models.scorer import default_scorer
    from reviewqa.rules.loader import default_rules

    default_rules.cache_clear()
    default_scorer.cache_clear()


if __name__ == "__main__":
    main()
