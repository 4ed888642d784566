from collections.abc import Mapping
from typing import Any

from reviewqa.conversation import Turn

class Turns:
    def __init__(self, columns: Mapping[str, list[Any]], size: int) -> None: ...
    def between(self, first: int, last: int) -> tuple[Turn, ...]: ...
