r"""The little language in which cue files say what people say.

=================  ==================================================================================================
``przepraszać za`` words, one after the other; a dictionary form of four letters or more stands for all its forms
``=zwrot``         this form only
``przesył*``       any word that starts so
``(a|b c)``        one of these; may hold phrases and nest
``word?`` ``(…)?`` may be missing
``<3>`` ``<1-4>``  up to three, one to four words, whatever they are
``<number>``       a number in digits
``{name}``         a list of words that ``_words.yaml`` of the language gives that name
``^`` ``$``        the start, the end of a sentence
``?``              the question mark that ends the sentence; alone, any whole question
=================  ==================================================================================================

Case, diacritics and apostrophes do not matter; in English ``I am`` also stands for ``I'm`` and so on. A phrase never
reaches over the end of a sentence. What a phrase becomes is a regular expression without nested repetition, whose time
is linear in the text, and the words that a text must have for the phrase to occur at all (see ``finder``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewqa.language.forms import forms
from reviewqa.language.view import fold

LONGEST_GAP = 8
MOST_GAPS = 3
LONGEST_PHRASE = 600
DEEPEST_NESTING = 6

_SEPARATOR = r"[^\w.!?\x02]+"
_START = r"(?<!\w)(?<!\w')"
_END = r"(?!'?\w)"
_SENTENCE_START = r"(?:\A|(?<=[.!?\x02]))[^\w.!?\x02]*"
_SENTENCE_END = r"(?=[^\w.!?\x02]*(?:[.!?\x02]|\Z))"
_QUESTION = r"(?=[^\w.!?\x02]*\?)"
_WHOLE_QUESTION = _SENTENCE_START + r"(?P<said>\w[^.!?\x02]*\?)"
_NUMBER = r"\$? ?\d+(?:[.,: ]\d+)*"

_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)\??) | (?P<or>\|) | <(?P<gap>\d+(?:-\d+)?)> | (?P<number><number>)
        | \{(?P<name>[a-z_]+)\} | (?P<edge>[\^$]) | (?P<question>\?(?=\s*$|\s*[|)]))
        | (?P<word>=?[^\s()|<>{}^$?*=]+\*?)(?P<optional>\?(?=\S*\s+\S|\S*[|)]))? )""",
    re.VERBOSE,
)

_CONTRACTIONS = {
    "i am": "i'm", "you are": "you're", "we are": "we're", "they are": "they're", "it is": "it's", "that is": "that's",
    "there is": "there's", "what is": "what's", "i will": "i'll", "we will": "we'll", "you will": "you'll",
    "it will": "it'll", "they will": "they'll", "i have": "i've", "we have": "we've", "you have": "you've",
    "they have": "they've", "i would": "i'd", "we would": "we'd", "you would": "you'd", "do not": "don't",
    "does not": "doesn't", "did not": "didn't", "is not": "isn't", "are not": "aren't", "was not": "wasn't",
    "were not": "weren't", "have not": "haven't", "has not": "hasn't", "had not": "hadn't", "will not": "won't",
    "would not": "wouldn't", "can not": "can't", "could not": "couldn't", "should not": "shouldn't", "let us": "let's",
}  # fmt: skip


class PhraseError(ValueError):
    """A phrase that does not hold; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Word:
    """One of these folded words, or (``prefix``) any word that starts with one of them."""

    choices: frozenset[str]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase ready to be looked for.

    Arguments:
        source: as the cue file has it.
        pattern: the regular expression, for folded text; its group ``said`` is the match.
        needs: words that a text must have, each at least once, for the phrase to occur; empty for a phrase that has
            no word of its own (``?``).
    """

    source: str
    pattern: str
    needs: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of a phrase: its expression, the words it needs, and whether it may be missing or is no word at all."""

    pattern: str
    needs: Word | None
    optional: bool = False
    gap: tuple[int, int] | None = None
    edge: bool = False


def parse(language: str, source: str, lists: Mapping[str, Iterable[str]] | None = None) -> Phrase:
    """Read a phrase.

    Arguments:
        language: ``pl`` or ``en``, for the forms of the words.
        source: the phrase.
        lists: what ``{name}`` stands for.

    Raises:
        PhraseError: the phrase does not hold, or cannot match anything.
    """
    if len(source) > LONGEST_PHRASE:
        raise PhraseError(f"the phrase has {len(source)} characters; at most {LONGEST_PHRASE} are allowed")
    reader = _Reader(language, source, lists or {})
    items = reader.sequence(depth=0)
    if reader.rest():
        raise PhraseError(f"unexpected {reader.rest()!r} in {source!r}")
    if sum(1 for item in items if item.gap) > MOST_GAPS:
        raise PhraseError(f"{source!r} has more than {MOST_GAPS} gaps; split it into shorter phrases")
    if len(items) == 1 and items[0].pattern == _QUESTION:
        return Phrase(source, _WHOLE_QUESTION, ())
    pattern = _assemble(items, source)
    needs = tuple(item.needs for item in items if item.needs and not item.optional)
    if not needs:
        raise PhraseError(f"{source!r} has no word that tells where to look; name one outside the alternatives")
    if items and items[0].edge and items[0].pattern == _SENTENCE_START:
        pattern = f"{_SENTENCE_START}(?P<said>{pattern})"
    else:
        pattern = f"(?P<said>{pattern})"
    return Phrase(source, pattern, needs)


def _assemble(items: list[_Item], source: str) -> str:
    """Put the pieces of a sequence together, with separators where two pieces meet."""
    parts: list[str] = []
    started = False
    gap: tuple[int, int] | None = None
    for number, item in enumerate(items):
        if item.gap:
            if not started or number == len(items) - 1:
                raise PhraseError(f"{source!r}: a gap stands between words, not at the start or the end")
            gap = item.gap
        elif item.edge:
            if gap and item.pattern != _SENTENCE_START:
                parts.append(rf"(?:{_SEPARATOR}[\w']+){{{gap[0]},{gap[1]}}}")
                gap = None
            if item.pattern != _SENTENCE_START:
                parts.append(item.pattern)
        else:
            if gap:
                before = rf"(?:{_SEPARATOR}[\w']+){{{gap[0]},{gap[1]}}}?{_SEPARATOR}"
                gap = None
            else:
                before = _SEPARATOR
            if not started:
                parts.append(f"(?:{item.pattern}{_SEPARATOR})?" if item.optional else item.pattern)
                started = not item.optional
                continue
            parts.append(f"(?:{before}{item.pattern})?" if item.optional else f"{before}{item.pattern}")
    return "".join(parts)


class _Reader:
    def __init__(self, language: str, source: str, lists: Mapping[str, Iterable[str]]) -> None:
        self.language = language
        self.source = source
        self.lists = lists
        self.text = _contracted(source) if language == "en" else source
        self.at = 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def sequence(self, depth: int) -> list[_Item]:
        """Read pieces up to the end, a ``|`` or a closing bracket."""
        items: list[_Item] = []
        while self.rest():
            token = _TOKEN.match(self.text, self.at)
            if token is None:
                raise PhraseError(f"cannot read {self.rest()!r} in {self.source!r}")
            if token["close"] or token["or"]:
                break
            self.at = token.end()
            items.append(self._item(token, depth))
        return items

    def _item(self, token: re.Match[str], depth: int) -> _Item:
        if token["open"]:
            return self._group(depth + 1)
        if token["gap"]:
            least, _, most = token["gap"].rpartition("-")
            span = (int(least or 0), int(most))
            if not 0 <= span[0] <= span[1] <= LONGEST_GAP or span[1] == 0:
                raise PhraseError(f"<{token['gap']}> in {self.source!r}: a gap has 1 to {LONGEST_GAP} words")
            return _Item("", None, gap=span)
        if token["number"]:
            return _Item(_NUMBER + _END, None)
        if token["edge"]:
            return _Item(_SENTENCE_START if token["edge"] == "^" else _SENTENCE_END, None, edge=True)
        if token["question"]:
            return _Item(_QUESTION, None, edge=True)
        optional = bool(token["optional"])
        if token["name"]:
            return self._list(token["name"], depth)
        return self._word(token["word"], optional)

    def _word(self, word: str, optional: bool) -> _Item:
        exact, prefix = word.startswith("="), word.endswith("*")
        bare = fold(word.removeprefix("=").removesuffix("*"))
        if not re.search(r"\w", bare):
            raise PhraseError(f"{word!r} in {self.source!r} is no word")
        if prefix and len(bare) < 3:
            raise PhraseError(f"{word!r} in {self.source!r}: at least three letters have to stand before *")
        choices = frozenset({bare}) if exact or prefix else forms(self.language, bare)
        pattern = trie(choices) + (r"\w*" if prefix else "")
        return _Item(f"{_START}{pattern}{_END}", _need(choices, prefix), optional)

    def _list(self, name: str, depth: int) -> _Item:
        if name not in self.lists:
            known = ", ".join(sorted(self.lists)) or "none are defined"
            raise PhraseError(f"{{{name}}} in {self.source!r} is not in _words.yaml; known: {known}")
        if depth >= DEEPEST_NESTING:
            raise PhraseError(f"{{{name}}} in {self.source!r}: lists name each other in a circle, or nest too deeply")
        alternatives = []
        for text in self.lists[name]:
            inner = _Reader(self.language, text, self.lists)
            alternatives.append(inner.sequence(depth + 1))
            if inner.rest():
                raise PhraseError(f"unexpected {inner.rest()!r} in {text!r} of the list {name!r}")
        optional = self.text[self.at : self.at + 1] == "?" and bool(self.text[self.at + 1 :].strip())
        if optional:
            self.at += 1
        return _choice(alternatives, optional, self.source)

    def _group(self, depth: int) -> _Item:
        if depth > DEEPEST_NESTING:
            raise PhraseError(f"{self.source!r} nests more than {DEEPEST_NESTING} brackets")
        alternatives = []
        while True:
            alternatives.append(self.sequence(depth))
            token = _TOKEN.match(self.text, self.at) if self.rest() else None
            if token is None:
                raise PhraseError(f"a bracket is not closed in {self.source!r}")
            self.at = token.end()
            if token["close"]:
                return _choice(alternatives, token["close"].endswith("?"), self.source)


def _choice(alternatives: list[list[_Item]], optional: bool, source: str) -> _Item:
    """One of several sequences as one piece. It needs a word of each alternative's own, or none can be told."""
    needed: list[Word] = []
    for items in alternatives:
        if not items or all(item.optional or item.gap or item.edge for item in items):
            raise PhraseError(f"{source!r}: an alternative is empty or has no word that must be there")
        needed.extend([item.needs for item in items if item.needs and not item.optional][:1])
    complete = len(needed) == len(alternatives)
    prefix = any(word.prefix for word in needed)
    need = None
    if complete and (not prefix or all(word.prefix for word in needed)):
        need = Word(frozenset().union(*(word.choices for word in needed)), prefix)
    pattern = "(?:" + "|".join(_assemble(items, source) for items in alternatives) + ")"
    return _Item(pattern, need, optional)


def _need(choices: frozenset[str], prefix: bool) -> Word:
    """The words to look for before the expression is tried: what stands before an apostrophe or a hyphen counts."""
    firsts = frozenset(re.split(r"\W", choice, maxsplit=1)[0] or choice.strip("'-") for choice in choices)
    return Word(firsts | frozenset(c.replace("'", "") for c in choices if "'" in c), prefix)


def trie(words: Iterable[str]) -> str:
    """A regular expression for a set of words that shares their common starts, so that a miss shows at once.
    Apostrophes may be missing from the text, and a hyphen may be a space or missing."""
    root: dict[str, dict] = {}  # type: ignore[type-arg]
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}

    def render(node: dict[str, dict]) -> str:  # type: ignore[type-arg]
        ends = "" in node
        branches = [_char(char) + render(child) for char, child in sorted(node.items()) if char]
        if not branches:
            return ""
        whole = branches[0] if len(branches) == 1 and not ends else "(?:" + "|".join(branches) + ")"
        return whole + "?" if ends else whole

    return render(root)


def _char(char: str) -> str:
    return {"'": "'?", "-": "[- ]?"}.get(char, re.escape(char))


def _contracted(source: str) -> str:
    """English: where a phrase says ``I am``, let it also say ``I'm``."""
    return _PAIRS.sub(lambda match: f"({match[0]}|{_CONTRACTIONS[match[0].lower()]})", source)


_PAIRS = re.compile(r"(?<![\w'|=])(?:" + "|".join(_CONTRACTIONS) + r")(?![\w'*?])", re.IGNORECASE)
