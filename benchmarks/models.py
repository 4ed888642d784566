"""Words per second of scoring agents' turns over words per second of spaCy's blank tokenizer on the same turns.

    python benchmarks/models.py [ARCHIVE.jsonl ...]

Fresh pipelines and fresh models, one pass each over every agent's turn, in turns batch by batch. Scoring gives both
scores of each turn and of the conversation, with the words that moved them; the split of a turn into words, which a
review needs for its rules anyway, is timed apart. Without arguments the conversations beside the checkout are used, or,
where there are none, the sample archive. Prints ratios; the single figures mean little on a shared machine.
"""

from __future__ import annotations

import sys
import time

import spacy

from reviewqa import Conversation
from reviewqa.language.detect import LANGUAGES
from reviewqa.language.tokens import tokens_of
from reviewqa.models.scorer import Scorer, built_in
from throughput import BATCH, ROUNDS, archive


def one_round(conversations: list[Conversation]) -> tuple[float, float, float]:
    """Processor seconds of the tokenizer, of splitting into words, and of scoring."""
    pipelines = {code: spacy.blank(code) for code in LANGUAGES}
    scorer = Scorer()
    tokenizing = splitting = scoring = 0.0
    for first in range(0, len(conversations), BATCH):
        batch = conversations[first : first + BATCH]
        begin = time.process_time()
        for conversation in batch:
            make_doc = pipelines[conversation.language or "en"].make_doc
            for turn in conversation.turns:
                if turn.role == "agent":
                    make_doc(turn.text)
        tokenized = time.process_time()
        words = [[tokens_of(t.text) if t.role == "agent" else None for t in conv.turns] for conv in batch]
        split = time.process_time()
        for conversation, tokens in zip(batch, words, strict=True):
            scorer.conversation(conversation.roles, conversation.language or "en", tokens)
        scored = time.process_time()
        tokenizing += tokenized - begin
        splitting += split - tokenized
        scoring += scored - split
    return tokenizing, splitting, scoring


def main() -> None:
    conversations = [conv for conv in archive(sys.argv[1:]) if conv.language in (None, *LANGUAGES)]
    agents = [turn for conv in conversations for turn in conv.turns if turn.role == "agent"]
    words = sum(len(turn.text.split()) for turn in agents)
    size = sum(path.stat().st_size for path in built_in().glob("*.npz"))
    sys.stdout.write(f"{len(agents)} agents' turns, {words} words; all parameters {size / 1e6:.2f} MB\n")
    ratios = []
    for number in range(1, ROUNDS + 1):
        tokenizing, splitting, scoring = one_round(conversations)
        ratios.append(tokenizing / scoring)
        sys.stdout.write(
            f"round {number}: tokenizer {words / tokenizing / 1000:.0f}, scoring {words / scoring / 1000:.0f} thousand "
            f"words/s; scoring over tokenizer {ratios[-1]:.2f}, with the split into words "
            f"{tokenizing / (scoring + splitting):.2f}\n"
        )
    sys.stdout.write(f"median ratio {sorted(ratios)[ROUNDS // 2]:.2f}\n")


if __name__ == "__main__":
    main()
