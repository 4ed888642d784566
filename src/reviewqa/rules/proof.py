"""What the examples of a cue prove of each phrase and exception, and which phrases are there twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from reviewqa.errors import Fault
from reviewqa.language.finder import CueWords, Finder, Hit, finder_of
from reviewqa.language.phrases import Choice, Phrase, Sequence
from reviewqa.language.tokens import tokens_of
from reviewqa.rules.examples import unmark
from reviewqa.rules.model import LoadedCue

_SHOWN = 70
_SAID, _EXCEPTED = "phrases/", "unless/"
"""Stand before the number of a phrase or exception that is looked for on its own."""


def unproven(cue: LoadedCue, finder: Finder) -> Iterator[Fault]:
    """The phrases and exceptions that no example of their cue needs.

    A phrase is proven by a ``match`` example in which it is the one that fires: of phrases that overlap only the first
    and longest does, so one that always stands in the shadow of another is found here too. An exception is proven by a
    ``no_match`` example in which it stands on words that a phrase would have found.

    Arguments:
        cue: what is looked at.
        finder: of this cue alone.
    """
    words, source = cue.words, cue.source
    matches = [_plain(text) for text in cue.file.examples.match]
    firing = {hit.phrase for text in matches for hit in finder.find(tokens_of(text))}
    silent = [number for number, phrase in enumerate(words.phrases) if phrase.source not in firing]
    if not silent and not words.unless:
        return
    apart = finder_of(
        cue.language,
        [CueWords(f"{_SAID}{n}", (phrase,), (), False) for n, phrase in enumerate(words.phrases)]
        + [CueWords(f"{_EXCEPTED}{n}", (phrase,), (), False) for n, phrase in enumerate(words.unless)],
    )
    shadows = _shadows(finder, apart, matches) if silent else {}
    for number in silent:
        phrase = words.phrases[number].source
        yield source.fault(("phrases", number), _unfired(phrase, shadows.get(phrase)))
    excepting = {name for text in cue.file.examples.no_match for name in _excepting(apart.find(tokens_of(text)))}
    for number, exception in enumerate(words.unless):
        if exception.source not in excepting:
            what = "no no_match example needs this exception; add one in which a phrase is found but for it: "
            yield source.fault(("unless", number), f"{what}{_cut(exception.source)!r}")


def _shadows(finder: Finder, apart: Finder, texts: list[str]) -> dict[str, tuple[str, str]]:
    """For phrases that are found, but stand behind another: that one, and the text."""
    shadows: dict[str, tuple[str, str]] = {}
    for text in texts:
        tokens = tokens_of(text)
        hits = finder.find(tokens)
        for part in apart.find(tokens):
            over = [hit.phrase for hit in hits if _overlap(hit, part)]
            if over and part.cue.startswith(_SAID):
                shadows.setdefault(part.phrase, (over[0], text))
    return shadows


def _excepting(parts: list[Hit]) -> Iterator[str]:
    """The exceptions of a text that stand on words of a phrase."""
    said = [part for part in parts if part.cue.startswith(_SAID)]
    for part in parts:
        if part.cue.startswith(_EXCEPTED) and any(_overlap(part, other) for other in said):
            yield part.phrase


def _unfired(phrase: str, shadow: tuple[str, str] | None) -> str:
    if shadow is None:
        return f"no match example is found by this phrase; add one: {_cut(phrase)!r}"
    other, text = shadow
    return (
        f"this phrase never fires: where it is found, {_cut(other)!r} stands before it, as in {_cut(text)!r}; "
        f"add a match example in which it fires, or drop it: {_cut(phrase)!r}"
    )


def _plain(text: str) -> str:
    return unmark(text)[0]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def twins(cue: LoadedCue) -> Iterator[Fault]:
    """Phrases that stand twice in a cue, also in another way of writing; and those that are excepted again."""
    for key, phrases in (("phrases", cue.words.phrases), ("unless", cue.words.unless)):
        seen: dict[Hashable, Phrase] = {}
        for number, phrase in enumerate(phrases):
            first = seen.setdefault(normal(phrase.items), phrase)
            if first is not phrase:
                what = f"{_cut(phrase.source)!r} says the same as {_cut(first.source)!r} above; keep one"
                yield cue.source.fault((key, number), what)
    excepted = {normal(phrase.items) for phrase in cue.words.unless}
    for number, phrase in enumerate(cue.words.phrases):
        if normal(phrase.items) in excepted:
            what = f"can match nothing: {_cut(phrase.source)!r} stands under unless too; keep one"
            yield cue.source.fault(("phrases", number), what)


def twin_cues(cues: Mapping[str, LoadedCue]) -> Iterator[tuple[LoadedCue, Fault]]:
    """Cues of one language and speaker that say the very same as another, with the fault of each."""
    seen: dict[Hashable, LoadedCue] = {}
    for cue in cues.values():
        same = (cue.speaker, frozenset(normal(phrase.items) for phrase in cue.words.phrases))
        first = seen.setdefault(same, cue)
        if first is not cue:
            what = f"has the same phrases as the cue {first.id!r} ({first.source.shown}); let rules name one of them"
            yield cue, cue.source.fault(("phrases",), what)


def normal(items: Sequence) -> Hashable:
    """The normal form of a phrase: alternatives in any order, brackets around one thing left out."""
    parts: list[Hashable] = []
    for item in items:
        if not isinstance(item, Choice):
            parts.append(item)
            continue
        ways = frozenset(normal(sequence) for sequence in item.sequences)
        if len(ways) == 1 and not item.optional:
            (way,) = ways
            parts.extend(way if isinstance(way, tuple) else (way,))
        else:
            parts.append((item.optional, ways))
    return tuple(parts)


def lonely(cue: LoadedCue, cues: Mapping[str, Mapping[str, LoadedCue]]) -> Iterator[Fault]:
    """A cue that has no counterpart in another language and no reason for it, or a reason without need."""
    others = [language for language in cues if language != cue.language]
    missing = [language for language in others if cue.id not in cues[language]]
    if missing and cue.file.only is None:
        what = f"has no counterpart in cues/{missing[0]}/; add one, or say why there is none: only: <reason>"
        yield cue.source.fault((), what)
    elif not missing and cue.file.only is not None:
        what = f"only says why there is no counterpart, but cues/{others[0]}/{cue.id}.yaml is one; leave it out"
        yield cue.source.fault(("only",), what)
