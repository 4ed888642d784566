"""The words of a text as spaCy's tokenizer and simplemma's dictionaries see them: offsets, lemmas, sentences.

Reviews do not need it (cues are found on the reading copy, see ``finder``); people do: whoever writes a cue looks here
which dictionary form to name (``reviewqa rules words``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reviewqa.language.tokens import tokens_of

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``text == original[start:end]``; ``lemma`` is the dictionary form; ``sentence`` counts from 0."""

    text: str
    start: int
    end: int
    lemma: str
    sentence: int


def words(language: str, text: str) -> tuple[Token, ...]:
    """The tokens of a text.

    Arguments:
        language: ``pl`` or ``en``.
        text: any text.

    Returns:
        The tokens in order, without the space between them.
    """
    from simplemma import lemmatize

    ends = [end for _, end in tokens_of(text).sentences()]
    tokens: list[Token] = []
    sentence = 0
    for token in pipeline(language).make_doc(text):
        while sentence + 1 < len(ends) and token.idx >= ends[sentence]:
            sentence += 1
        if not token.is_space:
            lemma = lemmatize(token.text, lang=language) if token.is_alpha else token.text
            tokens.append(Token(token.text, token.idx, token.idx + len(token.text), lemma, sentence))
    return tuple(tokens)


@cache
def pipeline(language: str) -> Pipeline:
    """spaCy's blank pipeline of a language: its tokenizer and nothing else (no statistical model is needed)."""
    import spacy

    return spacy.blank(language)
