"""What every test has around it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from reviewqa.reviewer import Reviewer

settings.register_profile(
    "reviewqa", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
settings.load_profile("reviewqa")

HANGS_S = 60


def _hangs(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"still running after {HANGS_S} s")


@pytest.fixture(autouse=True)
def no_test_hangs() -> Iterator[None]:
    """A text that makes a search explode fails its test, and does not stop the whole suite."""
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(HANGS_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def reviewer() -> Reviewer:
    """The package's own charter, rules and models."""
    from reviewqa.reviewer import Reviewer

    return Reviewer()
