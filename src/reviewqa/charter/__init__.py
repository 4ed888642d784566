"""The organisation's own standards: what counts, how much, and what may never happen."""

from reviewqa.charter.model import Charter, Line
from reviewqa.charter.total import total

__all__ = ["Charter", "Line", "total"]
