from collections.abc import Mapping

from reviewqa.models.mood import Entry

def polarity(
    seen: Mapping[str, Entry | None],
    turning: frozenset[str],
    reach: int,
    across: bool,
    words: list[str],
    marks: list[str],
) -> float | None: ...
