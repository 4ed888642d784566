"""The inflected forms of a word: ``przepraszać`` -> przepraszam, przepraszamy, ...; ``apologise`` -> apologised, ...

The whole of simplemma's dictionaries, turned round (lemma -> forms), folded, and packed as stems and endings, so that
any rule file can name any lemma and loading stays quick (simplemma itself takes 5 s and 400 MB to open Polish).
``python -m reviewqa.language.forms`` builds the files again, byte for byte, from the locked version of simplemma.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter, defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from reviewqa.language.view import fold

SHORTEST_LEMMA = 4
"""Shorter words stand for themselves unless ``_IRREGULAR`` knows them: they are mostly particles and pronouns."""

_DIVIDER = "\n=\n"

# Forms that the dictionaries give to another lemma (mamy: mama; może: the particle), and short verbs of everyday use.
_IRREGULAR = {
    "pl": {
        "być": "jest jestem jesteś jesteśmy jesteście są był była było byli były byłem byłam będę będzie będziemy będą",
        "mieć": "ma mam masz mamy macie mają miał miała miałem miałam mieliśmy miałyśmy mieli miały mieć",
        "móc": "mogę może możesz możemy możecie mogą mógł mogła mógłby mogłaby mogłabym mógłbym moglibyśmy mogłybyśmy "
               "moglibyście mogliby mogłoby mogli mogły mogłem mogłam mogliśmy",
        "dać": "dam da damy dadzą daj dajcie dał dała dali dałem dałam daliśmy dać",
        "iść": "idę idzie idziemy idą idź szedł szła szli poszło poszła poszedł iść",
        "pan": "pan pana panu panem panie",
        "pani": "pani panią pań paniom paniami",
        "państwo": "państwo państwa państwu państwem",
    },
    "en": {
        "be": "be is are was were been being am", "do": "do does did done doing", "go": "go goes went gone going",
        "get": "get gets got gotten getting", "see": "see sees saw seen seeing", "say": "say says said saying",
        "let": "let lets letting", "try": "try tries tried trying", "fix": "fix fixes fixed fixing",
        "ask": "ask asks asked asking", "pay": "pay pays paid paying", "put": "put puts putting",
        "fee": "fee fees", "day": "day days", "have": "have has had having", "will": "will", "would": "would",
    },
}  # fmt: skip


@lru_cache(65536)
def forms(language: str, word: str) -> frozenset[str]:
    """The folded forms of a lemma, itself among them; a word that is no lemma, or is too short to be taken for one,
    has only itself.

    Arguments:
        language: ``pl`` or ``en``.
        word: as a rule file writes it, with or without diacritics and case.
    """
    lemma = fold(word)
    irregular = _irregular(language).get(lemma)
    if irregular is not None:
        return irregular
    if len(lemma) < SHORTEST_LEMMA or not lemma.isalpha():
        return frozenset({lemma})
    return _packed(language).forms(lemma)


@cache
def _irregular(language: str) -> dict[str, frozenset[str]]:
    words = _IRREGULAR.get(language, {})
    return {fold(lemma): frozenset({fold(lemma), *(fold(form) for form in given.split())})
            for lemma, given in words.items()}  # fmt: skip


class _Packed:
    """One dictionary: a line a paradigm (its endings, ``-`` for none), then a line a lemma (lemma, length of its stem,
    number of its paradigm)."""

    def __init__(self, text: str) -> None:
        endings, lemmas = text.split(_DIVIDER, 1)
        self._lemmas = lemmas
        self._endings = endings.split("\n")

    def forms(self, lemma: str) -> frozenset[str]:
        line = self._line(lemma)
        if line is None:
            return frozenset({lemma})
        _, length, paradigm = line.split(" ")
        stem = lemma[: int(length)]
        return frozenset(stem + ending.strip("-") for ending in self._endings[int(paradigm)].split(" "))

    def _line(self, lemma: str) -> str | None:
        """The line of a lemma, by halving: the lines are sorted."""
        low, high = 0, len(self._lemmas) - 1
        while low < high:
            start = self._lemmas.rfind("\n", 0, (low + high) // 2 + 1) + 1
            end = self._lemmas.index("\n", start)
            found = self._lemmas[start : self._lemmas.index(" ", start)]
            if found == lemma:
                return self._lemmas[start:end]
            if found < lemma:
                low = end
            else:
                high = start - 1
        return None


@cache
def _packed(language: str) -> _Packed:
    source = files("reviewqa.language") / "data" / f"forms.{language}.gz"
    return _Packed(gzip.decompress(source.read_bytes()).decode("ascii"))


def pack(language: str) -> bytes:
    """Build the packed dictionary of a language from simplemma's. Slow; for the maintainers and a test."""
    from simplemma.strategies.dictionaries import DefaultDictionaryFactory

    groups: dict[str, set[str]] = defaultdict(set)
    for key, value in DefaultDictionaryFactory().get_dictionary(language).items():
        lemma, form = (item.decode() if isinstance(item, bytes) else str(item) for item in (value, key))
        if lemma.isalpha() and lemma == lemma.lower() and form.isalpha():
            folded, form = fold(lemma), fold(form)
            if folded.isascii() and form.isascii() and "_" not in folded + form and len(folded) >= SHORTEST_LEMMA:
                groups[folded].update((folded, form))
    coded: dict[str, tuple[int, tuple[str, ...]]] = {}
    for lemma, found in groups.items():
        stem = _common_start(found)
        coded[lemma] = (len(stem), tuple(sorted(form[len(stem) :] for form in found)))
    ranked = sorted(Counter(endings for _, endings in coded.values()).items(), key=lambda item: (-item[1], item[0]))
    numbers = {endings: number for number, (endings, _) in enumerate(ranked)}
    lemmas = "".join(f"{lemma} {length} {numbers[endings]}\n" for lemma, (length, endings) in sorted(coded.items()))
    paradigms = "\n".join(" ".join(ending or "-" for ending in endings) for endings in numbers)
    text = paradigms + _DIVIDER + lemmas
    return gzip.compress(text.encode("ascii"), 9, mtime=0)


def _common_start(words: set[str]) -> str:
    first, last = min(words), max(words)
    length = next((n for n, char in enumerate(first) if n >= len(last) or last[n] != char), len(first))
    return first[:length]


def main() -> None:
    """Write the packed dictionaries beside this module."""
    for language in ("en", "pl"):
        target = Path(__file__).parent / "data" / f"forms.{language}.gz"
        target.write_bytes(pack(language))
        sys.stdout.write(f"{target.name}: {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
