"""Which language a conversation is in: declared first, else told from its words.

Everyday words of Polish and English decide nearly always, and cost little. Where they are too few, py3langid, with all
its languages, says whether this is a third one; it is loaded only then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from reviewqa.language.view import fold

LANGUAGES = ("pl", "en")

_EVERYDAY = {
    "pl": """
        nie sie jest czy na dzien dobry dobrze prosze dziekuje mam ale jak juz tak bo bardzo pani pan panu panstwo
        panstwa zeby co mi moze przez jeszcze tylko ze od po dla przy ja mnie tym tego
        """,
    "en": """
        the and you is i my it not this for your have that can we with are please was thank thanks what on how of to
        be will me hello yes but just so if there would do
        """,
}
_EVERYDAY_WORDS = {code: frozenset(words.split()) for code, words in _EVERYDAY.items()}
_WORD = re.compile(r"[^\W\d_]+")
_MASKED = re.compile(
    r"#\w{1,40}#|\{\{[^{}]{0,80}\}\}|\[[A-Z_ -]{2,30}\]|\*{3,}|https?://\S+|[\w.+-]{1,64}@[\w.-]{1,255}"
)
_ENOUGH = 3
_ENOUGH_SHARE = 0.12
_READ = 20_000
_SURE = 0.9
_SHORT = 40
_READS = "this version reads pl and en"


@dataclass(frozen=True, slots=True)
class Language:
    """``code`` is ``pl``, ``en`` or None where the conversation cannot be read; ``reason`` then says why."""

    code: str | None
    reason: str = ""


def detect(declared: str | None, texts: Iterable[str]) -> Language:
    """Tell the language of a conversation.

    Arguments:
        declared: the language tag that the source gives, if any; it is believed.
        texts: what was said; only the first 20,000 characters are read.

    Returns:
        Polish, English, or None with the reason: another language, or nothing to read.
    """
    if declared:
        code = declared.replace("_", "-").split("-")[0].lower()
        if code in LANGUAGES:
            return Language(code)
        return Language(None, f"the declared language is {code}; {_READS}")
    text = _start(texts)
    words = _WORD.findall(fold(text))
    if not words or _mostly_foreign(text):
        found = _identifier()(text)[0] if _WORD.search(text) else ""
        return Language(None, f"the text looks like {found}; {_READS}" if found else "no readable text")
    counts = {code: sum(1 for word in words if word in everyday) for code, everyday in _EVERYDAY_WORDS.items()}
    best = max(LANGUAGES, key=lambda code: (counts[code], code))
    rest = max(counts[code] for code in LANGUAGES if code != best)
    if counts[best] >= max(_ENOUGH, 2 * rest + 1) and counts[best] >= _ENOUGH_SHARE * len(words):
        return Language(best)
    return _identified(text, best if counts[best] > rest else None)


def _mostly_foreign(text: str) -> bool:
    """Whether most letters are of another script than Latin."""
    letters = [char for char in text[:2000] if char.isalpha()]
    return sum(1 for char in letters if fold(char) == "_") > len(letters) / 2


def _start(texts: Iterable[str]) -> str:
    parts: list[str] = []
    length = 0
    for text in texts:
        parts.append(text[: _READ - length])
        length += len(parts[-1]) + 1
        if length >= _READ:
            break
    return _MASKED.sub(" ", "\n".join(parts))


def _identified(text: str, leaning: str | None) -> Language:
    """Ask the identifier; where it is unsure, or the text is short, everyday words or the nearer of the two decide."""
    code, share = _identifier()(text)
    if code in LANGUAGES:
        return Language(str(code))
    if share >= _SURE and len(text) >= _SHORT:
        return Language(None, f"the text looks like {code}; {_READS}")
    return Language(leaning or str(_identifier(LANGUAGES)(text)[0]))


@cache
def _identifier(languages: tuple[str, ...] = ()) -> Callable[[str], tuple[str, float]]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if languages:
        identifier.set_languages(list(languages))
    classify: Callable[[str], tuple[str, float]] = identifier.classify
    return classify
