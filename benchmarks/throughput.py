"""Words per second of a full review over words per second of spaCy's blank tokenizer, on the same turns in one run.

    python benchmarks/throughput.py [ARCHIVE.jsonl ...]

Fresh pipelines, one pass each over every turn, nothing left out: language, cues, rules, times, scores, charter and the
review object. Without arguments the labelled and unlabelled conversations beside the checkout are used, or, where there
are none, the sample archive, each once. Prints ratios; the single figures mean little on a shared machine.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import spacy

from reviewqa import Conversation, Reviewer, read
from reviewqa.language.detect import LANGUAGES
from reviewqa.models.scorer import default_scorer
from reviewqa.rules.engine import SEARCHED
from reviewqa.rules.loader import default_rules

ROOT = Path(__file__).parents[1]
ROUNDS = 3
BATCH = 100


def archive(arguments: list[str]) -> list[Conversation]:
    """The conversations to review."""
    shared = ROOT.parent / "shared" / "data"
    found = [Path(argument) for argument in arguments]
    found = found or sorted([*shared.glob("labelled/dev_*.jsonl"), *shared.glob("unlabelled/*.jsonl")])
    return list(read(*(found or [ROOT / "data" / "samples" / "samples.jsonl"])))


def one_round(conversations: list[Conversation]) -> tuple[float, float]:
    """Processor seconds of the tokenizer and of the review, batch by batch in turn, so that both meet the same machine.

    Pipelines and cues are loaded before, as spaCy's are; nothing is remembered from an earlier round.
    """
    default_rules.cache_clear()
    default_scorer.cache_clear()
    pipelines = {code: spacy.blank(code) for code in LANGUAGES}
    reviewer = Reviewer()
    for code in LANGUAGES:
        for speaker in SEARCHED:
            reviewer.rules.finder(code, speaker)
    tokenizing = reviewing = 0.0
    for first in range(0, len(conversations), BATCH):
        batch = conversations[first : first + BATCH]
        begin = time.process_time()
        for conversation in batch:
            make_doc = pipelines[conversation.language or "en"].make_doc
            for turn in conversation.turns:
                make_doc(turn.text)
        middle = time.process_time()
        for conversation in batch:
            reviewer.review(conversation)
        tokenizing += middle - begin
        reviewing += time.process_time() - middle
    return tokenizing, reviewing


def main() -> None:
    conversations = [conv for conv in archive(sys.argv[1:]) if conv.language in (None, *LANGUAGES)]
    words = sum(len(turn.text.split()) for conv in conversations for turn in conv.turns)
    sys.stdout.write(f"{len(conversations)} conversations, {words} words\n")
    ratios = []
    for number in range(1, ROUNDS + 1):
        tokenizing, reviewing = one_round(conversations)
        ratios.append(tokenizing / reviewing)
        sys.stdout.write(
            f"round {number}: tokenizer {words / tokenizing / 1000:.0f}, review {words / reviewing / 1000:.0f} "
            f"thousand words/s; review over tokenizer {ratios[-1]:.2f}\n"
        )
    sys.stdout.write(f"median ratio {sorted(ratios)[ROUNDS // 2]:.2f}\n")


if __name__ == "__main__":
    main()
