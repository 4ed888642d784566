"""The words of a text as cues are looked for in it, with lemmas and sentences.

Reviews do not need it; people do: whoever writes a cue looks here how a text is split and which dictionary form to name
(``reviewqa rules words``).
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewqa.language.tokens import tokens_of


@dataclass(frozen=True, slots=True)
class Token:
    """One word: ``text == original[start:end]``; ``lemma`` is the dictionary form; ``sentence`` counts from 0."""

    text: str
    start: int
    end: int
    lemma: str
    sentence: int


def words(language: str, text: str) -> tuple[Token, ...]:
    """The words of a text.

    Arguments:
        language: ``pl`` or ``en``.
        text: any text.

    Returns:
        The words in order, as the finder has them (``can't`` is one, ``e-mail`` two); marks between them are left out.
    """
    from simplemma import lemmatize

    tokens = tokens_of(text)
    found: list[Token] = []
    for sentence, (first, after) in enumerate(tokens.sentence_bounds()):
        for number in range(first, after):
            start, end = tokens.view.span(tokens.starts[number], tokens.ends[number])
            word = text[start:end]
            found.append(Token(word, start, end, lemmatize(word, lang=language) if word.isalpha() else word, sentence))
    return tuple(found)
