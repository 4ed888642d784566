from collections.abc import Sequence

from reviewqa.language.finder import CueWords, Hit
from reviewqa.language.tokens import Tokens

class Finder:
    def __init__(self, language: str, cues: Sequence[CueWords]) -> None: ...
    def find(self, tokens: Tokens) -> list[Hit]: ...
