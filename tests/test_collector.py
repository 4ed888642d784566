"""The collector of circles is paused while rules and models are read, and left as it was found."""

from __future__ import annotations

import gc

import pytest

from reviewqa.collector import paused
from reviewqa.rules.loader import load_rules


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_is_left_as_it_was_found(running: bool) -> None:
    if not running:
        gc.disable()
    try:
        with paused():
            assert not gc.isenabled()
            with paused():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled() is running
    finally:
        gc.enable()


def test_an_error_does_not_leave_it_paused() -> None:
    with pytest.raises(ValueError, match="no"), paused():
        raise ValueError("no")
    assert gc.isenabled()


def test_rules_are_read_without_a_collection() -> None:
    before = [generation["collections"] for generation in gc.get_stats()]
    load_rules()
    after = [generation["collections"] for generation in gc.get_stats()]
    assert after[1:] == before[1:]
    assert after[0] - before[0] <= 1  # at the end, once it runs again
