from collections.abc import Sequence

from reviewqa.language.matching import Match, Prepared
from reviewqa.language.vocabulary import Vocabulary

class Matcher:
    def __init__(self, phrases: list[Prepared], vocabulary: Vocabulary, asked: Sequence[str]) -> None: ...
    def matches(self, words: list[str], marks: list[str]) -> list[Match]: ...
