"""Python's collector of circles, paused where much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Meanwhile no circles are looked for; afterwards, as it was before.

    Rules and models are a hundred thousands of objects, none of which goes away: looking through them again and again
    while they are read takes two fifths of a start. Afterwards they count as old at once, or the next conversations
    would pay for it. May stand inside itself; also decorates functions.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not gc.get_freeze_count():  # what somebody has frozen stays so
                gc.freeze()
                gc.unfreeze()  # into the oldest generation
            gc.enable()
