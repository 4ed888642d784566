"""Small things that tests are built from: conversations, finders, and rule folders of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from reviewqa.conversation import Conversation, Turn
from reviewqa.language.finder import CueWords, Finder, finder_of
from reviewqa.language.phrases import parse
from reviewqa.language.tokens import tokens_of
from reviewqa.rules import engine, loader
from reviewqa.rules.model import RuleSet
from reviewqa.rules.reading import Reading

NOON = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
PACK = Path(__file__).parent / "data" / "pack"
"""A whole, sound, small rule pack; its cues are made-up words."""
ROLES = {"c": "customer", "a": "agent", "b": "bot", "s": "system", "n": "note"}


def turn(role: str, text: str = "words", at: float | None = None, **more: object) -> Turn:
    """A turn; ``role`` may be its first letter, ``at`` is seconds after noon."""
    if at is not None:
        more["time"] = NOON + timedelta(seconds=at)
    return Turn(role=ROLES.get(role, role), text=text, **more)


def talk(*turns: Turn | tuple[str, str], **more: object) -> Conversation:
    """A conversation of turns, or of (role, text) pairs."""
    more.setdefault("id", "talk")
    return Conversation(turns=tuple(t if isinstance(t, Turn) else turn(*t) for t in turns), **more)


def spoken(text: str) -> list[str]:
    """The words of a text as cues see them."""
    return tokens_of(text).words


def finder(
    language: str, *phrases: str, unless: tuple[str, ...] = (), ignore_negation: bool = False, **lists: list[str]
) -> Finder:
    """A finder of the one cue ``agent/cue``."""
    said, exceptions = (tuple(parse(language, text, lists) for text in texts) for texts in (phrases, unless))
    return finder_of(language, [CueWords("agent/cue", said, exceptions, not ignore_negation)])


def found(where: Finder, text: str) -> list[str]:
    """The words of a text that a finder finds, as the text has them."""
    tokens = tokens_of(text)
    return [text[slice(*tokens.view.span(hit.start, hit.end))] for hit in where.find(tokens)]


def said(language: str, phrase: str, text: str, **lists: list[str]) -> list[str]:
    """What a single phrase finds in a text, negations aside."""
    return found(finder(language, phrase, ignore_negation=True, **lists), text)


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files under a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@contextmanager
def package_rules(folder: Path) -> Iterator[None]:
    """Let a folder stand for the rules that the package brings."""
    with patch.object(loader, "built_in", lambda: folder):
        yield


def rules(*folders: Path, base: Path = PACK) -> RuleSet:
    """Load ``base`` with further folders, without the package's own rules."""
    with package_rules(base):
        return loader.load_rules(*folders)


def reading(
    rule_set: RuleSet,
    conversation: Conversation,
    language: str = "en",
    late: Mapping[int, float] | None = None,
    scores: Mapping[str, Mapping[int, float]] | None = None,
) -> Reading:
    return engine.read(rule_set, conversation, language, engine.tokenize(conversation), late, scores)
