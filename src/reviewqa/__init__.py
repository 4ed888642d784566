"""reviewqa: reviews of customer-service conversations, local and deterministic, with the words behind every verdict.

    >>> from reviewqa import Conversation, Reviewer
    >>> review = Reviewer().review(Conversation(id="1", turns=()))

The public names are loaded when they are first used, so that ``import reviewqa`` and ``reviewqa --help`` stay quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Charter": "reviewqa.charter",
    "Conversation": "reviewqa.conversation",
    "Review": "reviewqa.review",
    "Reviewer": "reviewqa.reviewer",
    "ReviewqaError": "reviewqa.errors",
    "Turn": "reviewqa.conversation",
    "read": "reviewqa.readers",
    "write": "reviewqa.writers",
}
__all__ = ["Charter", "Conversation", "Review", "Reviewer", "ReviewqaError", "Turn", "read", "write"]

if TYPE_CHECKING:
    from reviewqa.charter import Charter
    from reviewqa.conversation import Conversation, Turn
    from reviewqa.errors import ReviewqaError
    from reviewqa.readers import read
    from reviewqa.review import Review
    from reviewqa.reviewer import Reviewer
    from reviewqa.writers import write


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
