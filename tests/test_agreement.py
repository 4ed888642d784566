"""How far reviews agree with people, on the labelled conversations that stand beside the checkout."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from reviewqa.conversation import Conversation
from reviewqa.reviewer import Reviewer

SHARED = Path(__file__).parents[1].parent / "shared"
LABELLED = sorted((SHARED / "data" / "labelled").glob("*.jsonl"))
TOOL = SHARED / "tools" / "agreement.py"
LEAST = {"steps_macro_f1": 0.70, "flags_macro_f1": 0.50}

pytestmark = pytest.mark.skipif(not (LABELLED and TOOL.is_file()), reason=f"no labelled conversations in {SHARED}")


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agreement", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [row for path in LABELLED for row in tool().rows(path) if "turns" in row]


@pytest.fixture(scope="module")
def reviews(rows: list[dict[str, Any]], reviewer: Reviewer) -> dict[str, Any]:
    known = set(Conversation.model_fields)
    reviewed = {}
    for row in rows:
        conversation = Conversation.model_validate_json(
            json.dumps({key: value for key, value in row.items() if key in known})
        )
        reviewed[conversation.id] = reviewer.review(conversation).model_dump(mode="json")
    return reviewed


@pytest.mark.parametrize("language", ["pl", "en"])
def test_reviews_agree_with_people(language: str, rows: list[dict[str, Any]], reviews: dict[str, Any]) -> None:
    figures = tool().compare(reviews, [row for row in rows if row.get("language") == language])
    assert figures["conversations"] > 20
    assert figures["without_review"] == 0
    reached = {name: round(figures[name], 3) for name in LEAST}
    assert all(reached[name] >= least for name, least in LEAST.items()), f"{language}: {reached}, wanted {LEAST}"
