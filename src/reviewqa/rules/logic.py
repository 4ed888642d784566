"""What follows the conditions of a set of rules through a conversation: one place for the twin in C to stand in."""

from __future__ import annotations

from reviewqa.rules.conditions import Condition, Held
from reviewqa.rules.reading import Reading


class Logic:
    """The conditions of one set of rules, whose situations are bound."""

    def find(self, condition: Condition, reading: Reading) -> Held | None:
        """The places that make a condition hold, or None where it does not."""
        return condition.find(reading)


def logic() -> Logic:
    """The logic of a set of rules: the twin in C, where the package was installed with a compiler."""
    try:
        from reviewqa.rules._logic import Logic as Twin
    except ImportError:  # the same places, more slowly
        return Logic()
    return Twin()
