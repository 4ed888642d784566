"""The same English turns, and where a tool takes phrases the same phrases, through several tools; a table in Markdown.

    pip install edsnlp vaderSentiment      (what is not installed is left out, and said)
    python benchmarks/side_by_side.py [--conversations 2000] [--phrases 2000]

One process, one pass, batch by batch in turn, so that all meet the same machine; processor time. Phrases are the
words that the examples of this package's English cues mark (words alone: the other tools lack its lemmas, gaps, choices
and exceptions), told to every matcher as lower-case words. Sentiment tools take none: they are held against this
package's scores. The matchers' times contain their own tokenizer, as their users pay it.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import spacy

from reviewqa import Conversation, Reviewer
from reviewqa.language.finder import CueWords, Finder
from reviewqa.language.phrases import parse
from reviewqa.language.tokens import tokens_of
from reviewqa.models.scorer import default_scorer
from reviewqa.rules.loader import default_rules
from synthetic import conversations

MARKED = re.compile(r"\[\[(.*?)\]\]")
PLAIN = re.compile(r"[a-z]+(?: [a-z]+)*")
BATCH = 200
Tool = tuple[str, str, Callable[[list[Conversation]], int]]


def phrases(most: int) -> list[str]:
    """Phrases of words alone: what the examples of the package's English cues mark."""
    found = set()
    for cue in default_rules().cues["en"].values():
        for example in cue.file.examples.match:
            found |= {said.lower() for said in MARKED.findall(example) if PLAIN.fullmatch(said.lower())}
    return sorted(found)[:most]


def texts(batch: list[Conversation]) -> Iterator[str]:
    return (turn.text for conversation in batch for turn in conversation.turns)


def tools(said: list[str]) -> Iterator[Tool]:
    """Name, what it gives, and a function that does it to a batch and says how much it found."""
    blank = spacy.blank("en")
    yield "spaCy blank tokenizer", "tokens", lambda batch: sum(len(blank.make_doc(text)) for text in texts(batch))

    token_pipeline = spacy.blank("en")
    matcher = spacy.matcher.Matcher(token_pipeline.vocab)
    matcher.add("phrases", [[{"LOWER": word} for word in phrase.split()] for phrase in said])
    yield (
        "spaCy `Matcher`",
        f"hits of {len(said)} phrases",
        lambda batch: sum(len(matcher(token_pipeline.make_doc(text))) for text in texts(batch)),
    )

    phrase_pipeline = spacy.blank("en")
    phrase_matcher = spacy.matcher.PhraseMatcher(phrase_pipeline.vocab, attr="LOWER")
    phrase_matcher.add("phrases", [phrase_pipeline.make_doc(phrase) for phrase in said])
    yield (
        "spaCy `PhraseMatcher`",
        f"hits of {len(said)} phrases",
        lambda batch: sum(len(phrase_matcher(phrase_pipeline.make_doc(text))) for text in texts(batch)),
    )

    if find_spec("edsnlp"):
        import edsnlp
        import edsnlp.pipes as eds

        clinical = edsnlp.blank("eds")
        clinical.add_pipe(eds.matcher(terms={"phrases": said}, attr="LOWER"))
        yield (
            "EDS-NLP `eds.matcher`",
            f"hits of {len(said)} phrases",
            lambda batch: sum(len(clinical(text).ents) for text in texts(batch)),
        )

    finder = Finder("en", [CueWords("agent/plain", tuple(parse("en", phrase, {}) for phrase in said), (), False)])
    yield (
        "reviewqa finder",
        f"hits of {len(said)} phrases, in any inflected form",
        lambda batch: sum(len(finder.find(tokens_of(text))) for text in texts(batch)),
    )

    if find_spec("vaderSentiment"):
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        vader = SentimentIntensityAnalyzer()
        yield "VADER", "sentiment of a turn", lambda batch: sum(bool(vader.polarity_scores(t)) for t in texts(batch))

    from textblob import TextBlob

    yield "TextBlob", "sentiment of a turn", lambda batch: sum(TextBlob(t).sentiment is not None for t in texts(batch))

    scorer = default_scorer()
    yield (
        "reviewqa scores",
        "politeness and empathy of agents' turns, with the words that moved them",
        lambda batch: sum(len(scored(scorer, conversation)) for conversation in batch),
    )
    reviewer = Reviewer()
    size = sum(len(cue.file.phrases) for cue in default_rules().cues["en"].values())
    yield (
        "reviewqa review",
        f"all: {size} patterns of English cues, steps, flags, scores, times, charter",
        lambda batch: sum(len(reviewer.review(conversation).steps) for conversation in batch),
    )


def scored(scorer: Any, conversation: Conversation) -> Any:
    from reviewqa.rules.engine import tokenize

    return scorer.conversation(conversation.roles, "en", tokenize(conversation))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Tools side by side.")
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--phrases", type=int, default=2000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of other packages at their import
    made = [Conversation.model_validate(value) for value in conversations(2 * given.conversations)]
    english = [conversation for conversation in made if conversation.language == "en"][: given.conversations]
    words = sum(len(text.split()) for text in texts(english))
    said = phrases(given.phrases)
    each = list(tools(said))
    spent = dict.fromkeys((name for name, _, _ in each), 0.0)
    for _, _, run in each:  # what is loaded at first use
        run(made[-20:])
    for first in range(0, len(english), BATCH):
        batch = english[first : first + BATCH]
        for name, _, run in each:
            begin = time.process_time()
            run(batch)
            spent[name] += time.process_time() - begin
    tokenizer = spent[each[0][0]]
    out = [f"{len(english)} conversations, {words} words, {len(said)} phrases; Python {sys.version.split()[0]}", ""]
    out += ["| tool | gives | thousand words/s | x spaCy's tokenizer |", "|---|---|---|---|"]
    for name, gives, _ in each:
        out.append(f"| {name} | {gives} | {words / spent[name] / 1000:.0f} | {tokenizer / spent[name]:.2f} |")
    missing = [name for name in ("edsnlp", "vaderSentiment") if not find_spec(name)]
    if missing:
        out += ["", f"Not installed, so left out: {', '.join(missing)}."]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
