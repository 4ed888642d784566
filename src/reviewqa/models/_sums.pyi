from collections.abc import Mapping

from reviewqa.language.tokens import Tokens
from reviewqa.models.sums import Head, Named, Scores, Weighed

class Sums:
    def __init__(
        self,
        words: Mapping[str, int],
        gaps: Mapping[str, int | None],
        tokens: list[Weighed],
        pairs: list[tuple[int, int, Weighed, Mapping[int, Weighed] | None]],
        heads: tuple[Head, Head],
        shown: tuple[list[Named], list[Named]],
        ends: int,
        most: int,
    ) -> None: ...
    def of(self, tokens: Tokens) -> Scores: ...
