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
reaches over the end of a sentence. Phrases are matched word by word (see ``finder``), with at most six gaps of at most
eight words, so the time is bounded by the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from reviewqa.language.forms import forms
from reviewqa.language.tokens import ABBREVIATIONS, BEFORE_NUMBERS
from reviewqa.language.view import fold

LONGEST_GAP = 8
MOST_GAPS = 6
LONGEST_PHRASE = 1500
DEEPEST_NESTING = 6
MOST_WAYS = 16
SHORTEST_PREFIX = 3

_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)\??) | (?P<or>\|) | <(?P<gap>\d+(?:-\d+)?)> | (?P<number><number>)
        | \{(?P<name>[a-z_]+)\} | (?P<edge>[\^$]) | (?P<question>\?(?=\s*$|\s*[|)]))
        | (?P<word>=?[^\s()|<>{}^$?*=]+\*?)(?P<optional>\?(?=\S*\s+\S|\S*[|)]))? )""",
    re.VERBOSE,
)

_NO_STOP = ABBREVIATIONS | BEFORE_NUMBERS
"""Words after which a full stop may end no sentence."""
_CONTRACTIONS = {
    "i am": "i'm", "you are": "you're", "we are": "we're", "they are": "they're", "it is": "it's", "that is": "that's",
    "there is": "there's", "what is": "what's", "i will": "i'll", "we will": "we'll", "you will": "you'll",
    "it will": "it'll", "they will": "they'll", "i have": "i've", "we have": "we've", "you have": "you've",
    "they have": "they've", "i would": "i'd", "we would": "we'd", "you would": "you'd", "do not": "don't",
    "does not": "doesn't", "did not": "didn't", "is not": "isn't", "are not": "aren't", "was not": "wasn't",
    "were not": "weren't", "have not": "haven't", "has not": "hasn't", "had not": "hadn't", "will not": "won't",
    "would not": "wouldn't", "can not": "can't", "could not": "couldn't", "should not": "shouldn't", "let us": "let's",
}  # fmt: skip
"""English: two words, and what they become in speech; where a phrase says the first, it also says the second."""


class PhraseError(ValueError):
    """A phrase that does not hold; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Word:
    """One of these folded words, or any word that starts with one of ``prefixes``."""

    choices: frozenset[str]
    prefixes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Number:
    """A number in digits, also 4.99 or 12:30."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From ``least`` to ``most`` words, whatever they are."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between words: ``^``, ``$`` or ``?``."""

    mark: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences; none of them where it is optional."""

    sequences: tuple[Sequence, ...]
    optional: bool = False


Item = Word | Number | Gap | Edge | Choice
Sequence = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, read.

    Arguments:
        source: as the cue file has it.
        items: what has to follow each other.
        needs: words that a text must have, each at least once, for the phrase to occur; empty for ``?`` alone.
    """

    source: str
    items: Sequence
    needs: tuple[Word, ...]


class WordLists(dict[str, Iterable[str]]):
    """The word lists of one language by name, each read once: ``read`` keeps what its phrases became."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        super().__init__(lists)
        self.read: dict[str, tuple[Sequence, ...]] = {}


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
    reader = _Reader(language, source, lists if isinstance(lists, WordLists) else WordLists(lists or {}))
    items = reader.sequence(depth=0)
    if reader.rest():
        raise PhraseError(f"unexpected {reader.rest()!r} in {source!r}")
    if items == (Edge("?"),):
        return Phrase(source, items, ())
    if any(_misplaced(items, number) for number in range(1, len(items))):
        raise PhraseError(f"{source!r}: ^ stands at the start of a phrase, $ and ? at its end")
    if _gaps(items) > MOST_GAPS:
        raise PhraseError(f"{source!r} has more than {MOST_GAPS} gaps; split it into shorter phrases")
    _check_gaps(items, source)
    needs = needed_words(items)
    if not needs:
        raise PhraseError(f"{source!r} has no word that tells where to look; name one that must be there")
    return Phrase(source, items, needs)


def _misplaced(items: Sequence, number: int) -> bool:
    """Whether an edge stands where no sentence can start or end: ``^`` inside, ``$`` or ``?`` before a word."""
    rest = items[number + 1 :]
    return items[number] == Edge("^") or (
        isinstance(items[number], Edge) and not all(isinstance(item, Edge) for item in rest)
    )


def _gaps(items: Sequence) -> int:
    """The most gaps on any way through a sequence."""
    inner = [max(map(_gaps, item.sequences), default=0) for item in items if isinstance(item, Choice)]
    return sum(isinstance(item, Gap) for item in items) + sum(inner)


def _check_gaps(items: Sequence, source: str) -> None:
    last = len(items) - 1
    for number, item in enumerate(items):
        if isinstance(item, Gap) and (number in (0, last) or isinstance(items[number - 1], Edge)):
            raise PhraseError(f"{source!r}: a gap stands between words, not at the start or the end")


def needed_words(items: Iterable[Item]) -> tuple[Word, ...]:
    """The words that have to be there for a sequence to match."""
    return tuple(need for item in items if (need := _need(item)) is not None)


def _need(item: Item) -> Word | None:
    """A word that has to be there for an item to match: its own, or one of each alternative's."""
    if isinstance(item, Word):
        return item
    if not isinstance(item, Choice) or item.optional:
        return None
    needed = [next((n for part in items if (n := _need(part)) is not None), None) for items in item.sequences]
    words = [word for word in needed if word is not None]
    if len(words) < len(needed):
        return None
    return union(tuple(words))


@lru_cache(65536)
def union(words: tuple[Word, ...]) -> Word:
    """One word that is any of several."""
    choices: frozenset[str] = frozenset().union(*(word.choices for word in words))
    return Word(choices, frozenset().union(*(word.prefixes for word in words)))


class _Reader:
    def __init__(self, language: str, source: str, lists: WordLists) -> None:
        self.language = language
        self.source = source
        self.lists = lists
        self.text = source
        self.at = 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def sequence(self, depth: int) -> Sequence:
        """Read items up to the end, a ``|`` or a closing bracket."""
        items: list[Item] = []
        plain: list[str] = []
        while True:
            token = _TOKEN.match(self.text, self.at)
            if token is None:
                if self.rest():
                    raise PhraseError(f"cannot read {self.rest()!r} in {self.source!r}")
                break
            if token["close"] or token["or"]:
                break
            self.at = token.end()
            if token["word"]:
                self._refuse_stop(token["word"])
            if self.language == "en" and token["word"] and not token["optional"]:
                plain.append(token["word"].lower())
                continue
            if plain:
                items += self._spoken(plain)
                plain = []
            item = self._item(token, depth)
            before = items[-1] if items else None
            if isinstance(item, Gap) and isinstance(before, Gap):
                items[-1] = Gap(before.least + item.least, min(LONGEST_GAP, before.most + item.most))
            else:
                items.append(item)
        return (*items, *self._spoken(plain)) if plain else tuple(items)

    def _refuse_stop(self, word: str) -> None:
        """Refuse a word after which a sentence ends, where the phrase goes on."""
        after = self.text[self.at :].lstrip()
        bare = fold(word)
        stops = "!" in bare or (bare.endswith(".") and not bare.endswith("..") and bare[:-1] not in _NO_STOP)
        if stops and after and after[0] not in "|)$":
            raise PhraseError(f"{self.source!r}: a phrase never reaches over the end of a sentence ({word}); split it")

    def _spoken(self, words: list[str]) -> Sequence:
        """English words in a row, with the ways in which pairs of them are drawn together."""
        ways = _drawn_together(words)
        if len(ways) > 1:
            sequences = [tuple(self._word(word) for word in way) for way in ways]
            return (_choice(sequences, False, self.source),)
        return tuple(self._word(word) for word in words)

    def _word(self, word: str) -> Item:
        try:
            return _word(self.language, word)
        except PhraseError as error:
            raise PhraseError(f"{error} (in {self.source!r})") from None

    def _item(self, token: re.Match[str], depth: int) -> Item:
        if token["word"]:
            word = self._word(token["word"])
            return Choice(((word,),), optional=True) if token["optional"] else word
        if token["open"]:
            return self._group(depth + 1)
        if token["gap"]:
            least, _, most = token["gap"].rpartition("-")
            gap = Gap(int(least or 0), int(most))
            if not 0 <= gap.least <= gap.most <= LONGEST_GAP or gap.most == 0:
                raise PhraseError(f"<{token['gap']}> in {self.source!r}: a gap has 1 to {LONGEST_GAP} words")
            return gap
        if token["number"]:
            return Number()
        if token["name"]:
            return self._list(token["name"], depth)
        return Edge(token["edge"] or "?")

    def _list(self, name: str, depth: int) -> Item:
        if name not in self.lists:
            known = ", ".join(sorted(self.lists)) or "none are defined"
            raise PhraseError(f"{{{name}}} in {self.source!r} is not in _words.yaml; known: {known}")
        if depth >= DEEPEST_NESTING:
            raise PhraseError(f"{{{name}}} in {self.source!r}: lists name each other in a circle, or nest too deeply")
        sequences = self.lists.read.get(name)
        if sequences is None:
            sequences = self.lists.read[name] = tuple(self._listed(name, text, depth) for text in self.lists[name])
        optional = self.text[self.at : self.at + 1] == "?" and bool(self.text[self.at + 1 :].strip())
        if optional:
            self.at += 1
        return _choice(list(sequences), optional, self.source)

    def _listed(self, name: str, text: str, depth: int) -> Sequence:
        inner = _Reader(self.language, text, self.lists)
        sequence = inner.sequence(depth + 1)
        if inner.rest():
            raise PhraseError(f"unexpected {inner.rest()!r} in {text!r} of the list {name!r}")
        return sequence

    def _group(self, depth: int) -> Item:
        if depth > DEEPEST_NESTING:
            raise PhraseError(f"{self.source!r} nests more than {DEEPEST_NESTING} brackets")
        sequences = []
        while True:
            sequences.append(self.sequence(depth))
            token = _TOKEN.match(self.text, self.at)
            if token is None:
                raise PhraseError(f"a bracket is not closed in {self.source!r}")
            self.at = token.end()
            if token["close"]:
                return _choice(sequences, token["close"].endswith("?"), self.source)


def _choice(sequences: list[Sequence], optional: bool, source: str) -> Item:
    """One of several sequences as one item; single words become one word of many forms, which is found faster."""
    for items in sequences:
        if not any(
            isinstance(item, Word | Number) or (isinstance(item, Choice) and not item.optional) for item in items
        ):
            if items != (Edge("?"),) and items != (Edge("$"),):
                raise PhraseError(f"{source!r}: an alternative is empty or has no word that must be there")
        else:
            _check_gaps(items, source)
    singles = tuple(items[0] for items in sequences if len(items) == 1 and isinstance(items[0], Word))
    words = tuple(word for word in singles if isinstance(word, Word))
    others = [items for items in sequences if not (len(items) == 1 and isinstance(items[0], Word))]
    if words:
        any_of = union(words)
        if not others and not optional:
            return any_of
        others.append((any_of,))
    return Choice(tuple(others), optional)


@lru_cache(65536)
def _word(language: str, word: str) -> Item:
    exact, prefix = word.startswith("="), word.endswith("*")
    bare = fold(word.removeprefix("=").removesuffix("*"))
    parts = re.findall(r"[\w']*\w[\w']*", bare)
    if not parts:
        raise PhraseError(f"{word!r} is no word")
    if prefix and len(bare) < SHORTEST_PREFIX:
        raise PhraseError(f"{word!r}: at least three letters have to stand before *")
    if len(parts) > 1:  # e-mail: also "e mail" and "email"
        *first, last = parts
        heads = [Word(frozenset({part})) for part in first]
        return Choice(
            ((*heads, _plain(language, last, exact, prefix)), (_plain(language, "".join(parts), exact, prefix),))
        )
    return _plain(language, parts[0], exact, prefix)


def _plain(language: str, bare: str, exact: bool, prefix: bool) -> Word:
    if prefix:
        return Word(frozenset(), frozenset({bare}))
    choices = frozenset({bare}) if exact else forms(language, bare)
    if "'" in bare:
        choices |= {choice.replace("'", "") for choice in choices}
    return Word(choices)


def _drawn_together(words: list[str]) -> list[list[str]]:
    """All ways to say some words, each pair that can be drawn together apart and together."""
    ways: list[list[str]] = [[]]
    before: list[list[str]] = []
    for number, word in enumerate(words):
        pair = _CONTRACTIONS.get(f"{words[number - 1]} {word}") if number else None
        joined = [[*way, pair] for way in before] if pair else []
        before, ways = ways, [[*way, word] for way in ways] + joined
    return ways[:MOST_WAYS]
