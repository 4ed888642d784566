"""The words of a turn as the models know them.

What must not move a score is taken away here: case and diacritics (the reading copy has none), given names, numbers,
the gender of the customer (Pan and Pani, mógłby and mogłaby, he and she) and apostrophes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from reviewqa.language.tokens import Tokens, tokens_of
from reviewqa.language.view import PARAGRAPH, fold

NOTHING = ""
"""Stands where a word or a mark says nothing: a name, a number, a comma. It parts its neighbours."""
ENDS = (".", "?", "!")
"""How a sentence ends; the start of a turn counts as an end."""
MARKS = ("?", "!", ":)", ":(", "~")
"""What counts by itself; ``~`` is an emoji."""

CUT = "…"
"""Stands, where people read a gram, for the rest of a word, or for what came before a sentence's first one."""
PAUSE = 4
"""Spaces that are left of three dots and one more (see ``view``): fewer are a wide gap or the end of a line."""
SHORTEST_START = 3
"""Letters of a start of a word that may stand for it."""
_STEM = 5

_PAN = (
    "pan pana panu panem panie pani pania panstwo panstwa panstwu panstwem panom panami paniom paniami panow "
    "panski panska panskie panskich panskiego panskiej panskiemu panskim panskimi"
)
_SAME = {
    "pl": {**dict.fromkeys(_PAN.split(), "pan"), "ona": "on", "jej": "jego", "sama": "sam", "nia": "nim",
           "niej": "niego", "droga": "drogi", "jaka": "jaki", "laskawa": "laskawy", "pewna": "pewny",
           "smieszna": "smieszny", "szanowna": "szanowny", "taka": "taki", "zla": "zly"},
    "en": {"she": "he", "her": "his", "him": "his", "hers": "his", "shes": "hes", "herself": "himself",
           "he'll": "he", "she'll": "he", "he'd": "he", "she'd": "he",
           "madam": "sir", "maam": "sir", "miss": "sir", "mrs": "mr", "ms": "mr"},
}  # fmt: skip
_FEMININE = (
    ("elabym", "albym"), ("elam", "alem"), ("elas", "ales"), ("labym", "lbym"), ("labys", "lbys"), ("laby", "lby"),
    ("lam", "lem"), ("las", "les"), ("lysmy", "lismy"), ("lyby", "liby"), ("ly", "li"), ("la", "l"), ("ana", "any"),
    ("ona", "ony"), ("eta", "ety"), ("ita", "ity"),
)  # fmt: skip
_ENDINGS = tuple(ending for ending, _ in _FEMININE)
_CASES = ("", "a", "y", "i", "e", "o", "u", "ie", "owi", "em", "iem", "ego", "emu", "im", "ia", "ii", "io", "iu", "ze")
_NO_NAMES = frozenset("ani kasie kasy kasa len leni lenie lenia oli ol ul ule ulem sary sar blank juli maj".split())
"""Everyday words among the cases of names."""
_PRONOUNS = frozenset({"i", "im", "ive", "ill", "id"})

Known = Mapping[str, object]


def normal(language: str, word: str) -> str:
    """A word of a reading copy in the one form that stands for it; ``NOTHING`` for names and numbers."""
    same = _same(language)
    bare = word.replace("'", "")
    for written in (word, bare):
        if written in same:
            return same[written]
    if not bare.isalpha():
        return NOTHING
    word = bare
    if language == "pl" and word.endswith(_ENDINGS):
        for ending, masculine in _FEMININE:
            if word.endswith(ending) and len(word) > len(ending) + 1:
                return word[: -len(ending)] + masculine
    return word


@cache
def _same(language: str) -> dict[str, str]:
    """What words are taken for: names for nothing, and what differs by gender only for one of it."""
    return {**dict.fromkeys(names(language), NOTHING), **_SAME[language]}


@cache
def names(language: str) -> frozenset[str]:
    """Given names, folded; the Polish ones in every case."""
    listed = yaml.safe_load((files("reviewqa.models") / "names.yaml").read_text(encoding="utf-8"))
    if language != "pl":
        return frozenset(map(fold, listed[language].split()))
    found: set[str] = set()
    for name in map(fold, listed[language].split()):
        stem = name[:-1] if name.endswith(("a", "y", "i")) else name
        found.update(stem + ending for ending in _CASES if len(stem) + len(ending) >= SHORTEST_START)
        if name.endswith("ek"):
            found.update(name[:-2] + "k" + ending for ending in ("a", "u", "owi", "iem"))
    return frozenset(found) - _NO_NAMES


def starts(known: Known) -> dict[str, tuple[int, ...]]:
    """The lengths of the known starts of words (``przepr*``) by their first letters, longest first."""
    found: dict[str, set[int]] = {}
    for token in known:
        if token.endswith("*"):
            found.setdefault(token[:SHORTEST_START], set()).add(len(token) - 1)
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def token(language: str, word: str, known: Known, begun: Mapping[str, Sequence[int]]) -> str:
    """What stands for a word of a reading copy.

    Arguments:
        language: ``pl`` or ``en``.
        word: as the reading copy has it.
        known: the tokens that there are.
        begun: of these, ``starts``.

    Returns:
        The word itself where the models know it, else the longest known start of it (``przepr*``), else ``NOTHING``.
    """
    if word in known:
        return word
    plain = normal(language, word)
    if plain in known or not plain:
        return plain
    for length in begun.get(plain[:SHORTEST_START], ()):
        if plain[:length] + "*" in known and len(plain) >= length:
            return plain[:length] + "*"
    return NOTHING


def gap(mark: str) -> str | None:
    """What stands for the characters between two words: an end, a face, ``NOTHING``, or None where only spaces are."""
    if mark in ("-", "/") or (len(mark) < PAUSE and not mark.strip(" ")):
        return None
    if "?" in mark:
        return "?"
    if "!" in mark:
        return "!"
    if PARAGRAPH in mark or (mark.startswith(".") and (len(mark) == 1 or mark[1] in " \"')]")):
        return "."
    if ":)" in mark or ":-)" in mark or ";)" in mark:
        return ":)"
    if ":(" in mark or ":-(" in mark:
        return ":("
    return "~" if "~" in mark else NOTHING


def sequence(language: str, tokens: Tokens, known: Known, begun: Mapping[str, Sequence[int]]) -> list[str]:
    """A turn as the models read it: tokens and what stands between them, an end before the first and after the last."""
    found = ["."]
    for word, mark in zip(tokens.words, tokens.marks, strict=True):
        found.append(token(language, word, known, begun))
        between = gap(mark) if mark else "."
        if between is not None:
            found.append(between)
    if found[-1] not in ENDS:
        found.append(".")
    return found


def stem(token: str) -> str | None:
    """The start that a long word shares with its other forms, as a token."""
    base = token.rstrip("*")
    return base[:_STEM] + "*" if len(base) > _STEM or (token.endswith("*") and len(base) == _STEM) else None


def said(language: str, text: str, grams: Iterable[str]) -> list[str]:
    """Grams as a turn has them: with its case, diacritics, forms of gender and ends of words.

    Arguments:
        language: ``pl`` or ``en``.
        text: of the turn.
        grams: words behind a score or a learned cue, as a review tells them; what is not found stays as it is.
    """
    tokens = tokens_of(text)
    plain = [normal(language, word) for word in tokens.words]
    return [_found(text, tokens, plain, gram) or gram for gram in grams]


def _found(text: str, tokens: Tokens, plain: Sequence[str], gram: str) -> str | None:
    start = gram.removeprefix(f"{CUT} ")
    bare = start.rstrip("".join(ENDS))
    words = bare.split()
    size = len(words)
    for at in range(len(plain) - size + 1 if words else 0):
        if all(map(_stands_for, words, plain[at : at + size], tokens.words[at : at + size])):
            first, last = tokens.view.span(tokens.starts[at], tokens.ends[at + size - 1])
            return text[first:last] + start[len(bare) :]
    return None


def _stands_for(part: str, plain: str, word: str) -> bool:
    return part in (plain, word) or (part.endswith(CUT) and plain.startswith(part[:-1]))


def proper(text: str, tokens: Tokens) -> Iterable[tuple[str, bool]]:
    """Each word inside a sentence, and whether it is written as a name is."""
    for number in range(1, len(tokens.words)):
        if gap(tokens.marks[number - 1]) is None and tokens.words[number].replace("'", "") not in _PRONOUNS:
            start, end = tokens.view.span(tokens.starts[number], tokens.ends[number])
            yield tokens.words[number], text[start].isupper() and not (end - start > 1 and text[start:end].isupper())
