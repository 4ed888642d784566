"""The customer's mood at the start and at the end of a conversation: an indicator from -1 (bad) to 1 (good).

English: the polarity of TextBlob, read from its lexicon directly (loading TextBlob takes seconds). Polish: a lexicon
written for the project, ``mood.pl.yaml``, counted in the same way. The mean polarity of the words that the lexicon
knows; a stronger word before one multiplies it, a negation turns it to half the contrary.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import yaml

from reviewqa.errors import Fault, ModelError
from reviewqa.language.tokens import Tokens, lasting
from reviewqa.language.view import fold
from reviewqa.models.words import Known, starts

MOODS = ("customer_mood_start", "customer_mood_end", "customer_mood_change")
LEAST_WORDS = 4
"""Words of the customer from which a mood can be told; shorter turns are read with their neighbour."""

NO_MOOD = "the customer said too little to tell a mood"
ONE_TURN = "the customer did not speak again"

_ENTRY = re.compile(r'<word form="([^"]+)"[^>]* pos="([A-Z]+)"[^>]* polarity="([-.\d]+)"[^>]* intensity="([-.\d]+)"')
_TURNED = -0.5
_MEMORY = 50_000
MOST_READ = 100
"""Words of a turn: the mood of its start is that of a long one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of mood: its polarity, by how much it strengthens the next word, and whether it does so at all."""

    polarity: float
    intensity: float
    strengthens: bool


@dataclass(frozen=True)
class Lexicon:
    """The mood of the words of a language.

    Arguments:
        entries: by word, folded; ``*`` ends a start of a word.
        turning: negations.
        reach: unknown words over which a negation holds (``nie jestem zadowolony``).
        across: whether it holds across a comma, too, as TextBlob has it; else ``nie, dziękuję`` is a thanks.
        begun: the lengths of the known starts of words.
        digest: of the lexicon's text.
    """

    entries: Mapping[str, Entry]
    turning: frozenset[str]
    reach: int
    across: bool
    begun: Mapping[str, Sequence[int]]
    digest: str

    @cached_property
    def seen(self) -> _Seen:
        """What is known of words met so far."""
        return _Seen(self)

    def polarity(self, words: list[str], marks: list[str]) -> float | None:
        """The mean polarity of the known words; None where there is none.

        Arguments:
            words: of a text, folded.
            marks: what stands after each.
        """
        return _polarity(self.seen, self.turning, self.reach, self.across, words, marks)

    def entry(self, word: str) -> Entry | None:
        """What is known of a word, or of the longest known start of it."""
        entry = self.entries.get(word)
        if entry is None:
            for length in self.begun.get(word[:3], ()):
                if len(word) >= length and (entry := self.entries.get(word[:length] + "*")) is not None:
                    return entry
        return entry


class _Seen(dict[str, Entry | None]):
    """What is known of words; remembered, within bounds."""

    def __init__(self, known: Lexicon) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, word: str) -> Entry | None:
        entry = self._known.entry(word)
        if len(self) < _MEMORY and lasting(word):
            self[word] = entry
        return entry


def polarity(
    seen: Mapping[str, Entry | None],
    turning: frozenset[str],
    reach: int,
    across: bool,
    words: list[str],
    marks: list[str],
) -> float | None:
    """See ``Lexicon.polarity``.

    Arguments:
        seen: what is known of any word.
        turning, reach, across: see ``Lexicon``.
        words, marks: as there.
    """
    entries = list(map(seen.__getitem__, words))
    if not any(entries):
        return None
    found: list[float] = []
    intensity = 1.0
    stronger = False
    adverb = False
    turned = False
    negation = 0  # so many words that it still holds for
    for word, mark, entry in zip(words, marks, entries, strict=True):
        if entry is not None:
            value = entry.polarity
            if stronger:
                value = max(-1.0, min(1.0, value * intensity))
                found.pop()
            turned = negation > 0 or (stronger and turned)  # not very happy: the stronger word was turned for this one
            found.append(value * _TURNED if turned else value)
            intensity = 1 / entry.intensity if negation and entry.intensity else entry.intensity
            stronger = entry.strengthens
            adverb = word.endswith("ly")
            negation = reach + 1 if word in turning else 0
        elif stronger and adverb and word in turning:  # really not happy, as TextBlob has it
            found[-1], turned = found[-1] if turned else found[-1] * _TURNED, True
        else:
            stronger = stronger and len(word) <= 2
            if word in turning:
                negation = reach + 1
            elif negation and len(word) > 1:
                negation -= 1
        if negation and not across and mark != " ":
            negation = 0
        if found and "!" in mark:
            most = -_TURNED if turned else 1.0
            found[-1] = max(-most, min(most, found[-1] * 1.25))
    return sum(found) / len(found) if found else None


try:
    from reviewqa.models._mood import polarity as _polarity
except ImportError:  # installed without a compiler: the same numbers, more slowly
    _polarity = polarity


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of a language.

    Raises:
        ModelError: TextBlob is installed without its lexicon.
    """
    if language == "pl":
        return _written(files("reviewqa.models") / "mood.pl.yaml")
    spec = find_spec("textblob")
    path = Path((spec.submodule_search_locations or [""])[0] if spec else "", "en", "en-sentiment.xml")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(Fault(str(path), f"TextBlob's lexicon cannot be read: {error.strerror}")) from error
    senses: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for form, part, polarity, intensity in _ENTRY.findall(text):
        senses[fold(form)].append((part, float(polarity), float(intensity)))
    entries = {form: _mean(found) for form, found in senses.items()}
    adjectives = {
        form: [("RB", value, intensity) for part, value, intensity in found if part == "JJ"]
        for form, found in senses.items()
    }
    entries |= {_adverb(form): _mean(found) for form, found in adjectives.items() if found}
    turning = frozenset(
        {"no", "not", "n't", "never", "don't", "doesn't", "didn't", "isn't", "wasn't", "can't", "won't"}
    )
    return Lexicon(entries, turning, 0, True, {}, hashlib.sha256(text.encode()).hexdigest()[:16])


def _adverb(adjective: str) -> str:
    """An adjective's adverb, as TextBlob makes it; it stands for what the lexicon has of such a form."""
    return (adjective[:-1] + "i" if adjective.endswith("y") else adjective.removesuffix("le")) + "ly"


def _mean(found: Sequence[tuple[str, float, float]]) -> Entry:
    """A word's mean over parts of speech of the mean over its senses, as TextBlob has it for untagged words."""
    parts: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for part, polarity, intensity in found:
        parts[part].append((polarity, intensity))
    means = [tuple(sum(column) / len(column) for column in zip(*rows, strict=True)) for rows in parts.values()]
    polarity, intensity = [sum(column) / len(column) for column in zip(*means, strict=True)]
    return Entry(polarity, intensity, "RB" in parts)


def _written(source: object) -> Lexicon:
    text = source.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    told = yaml.safe_load(text)
    entries: dict[str, Entry] = {}
    for polarity, words in told["polarity"].items():
        entries.update((_key(word), Entry(float(polarity), 1.0, False)) for word in words.split())
    for intensity, words in told["stronger"].items():
        for word in map(_key, words.split()):
            entries[word] = Entry(entries[word].polarity if word in entries else 0.0, float(intensity), True)
    known: Known = entries
    turning = frozenset(map(fold, told["turned"].split()))
    return Lexicon(entries, turning, 1, False, starts(known), hashlib.sha256(text.encode()).hexdigest()[:16])


def _key(word: str) -> str:
    return fold(word[:-1]) + "*" if word.endswith("*") else fold(word)


def mood(
    roles: Sequence[str], language: str, tokens: Sequence[Tokens | None]
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The customer's mood at the start and the end, and the change.

    Arguments:
        roles: who spoke, turn by turn.
        language: ``pl`` or ``en``.
        tokens: for each turn its words.

    Returns:
        For each of ``MOODS`` the value, two decimals, or None, and then the reason.
    """
    spoken = [said for role, said in zip(roles, tokens, strict=True)
              if role == "customer" and said is not None and said.words]  # fmt: skip
    first = _enough(spoken)
    last = _enough(spoken[len(first) :][::-1])[::-1]
    start, end = _of(language, first), _of(language, last)
    values = dict(
        zip(MOODS, (start, end, None if start is None or end is None else round(end - start, 2)), strict=True)
    )
    reason = ONE_TURN if first and not spoken[len(first) :] else NO_MOOD
    reasons = {MOODS[0]: NO_MOOD, MOODS[1]: reason, MOODS[2]: NO_MOOD if start is None else reason}
    return values, {name: reasons[name] for name, value in values.items() if value is None}


def _enough(spoken: Sequence[Tokens]) -> list[Tokens]:
    """The first turn, and the next one where the first is short."""
    return list(spoken[: 1 if spoken and len(spoken[0].words) >= LEAST_WORDS else 2])


def _of(language: str, turns: Sequence[Tokens]) -> float | None:
    words: list[str] = []
    marks: list[str] = []
    for said in turns:
        words += said.words[:MOST_READ]
        marks += said.marks[:MOST_READ]
    if len(words) < LEAST_WORDS:
        return None
    found = lexicon(language).polarity(words, marks)
    return None if found is None else round(max(-1.0, min(1.0, found)), 2)
