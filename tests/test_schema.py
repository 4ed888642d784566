"""The contract with other tools: the written schema, and reviews that keep to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from builders import talk, turn
from reviewqa.review import Review
from reviewqa.reviewer import Reviewer

WRITTEN = Path(__file__).parents[1] / "docs" / "review.schema.json"


def test_the_written_schema_is_that_of_the_code() -> None:
    assert WRITTEN.is_file(), "docs/review.schema.json is missing: run `make docs`"
    written = json.loads(WRITTEN.read_text(encoding="utf-8"))
    assert written == Review.model_json_schema(mode="serialization"), "the schema has changed: run `make docs`"


@pytest.mark.parametrize(
    "conversation",
    [
        talk(("c", "Where is my parcel? It never arrived."), ("a", "I'm so sorry, let me check that."), language="en"),
        talk(
            turn("c", "Gdzie paczka?", at=0),
            turn("a", "Bardzo przepraszam.", at=9000, speaker="Ola"),
            channel="chat",
            language="pl",
        ),
        talk(("c", "Guten Tag"), language="de"),
        talk(),
    ],
    ids=["English", "Polish with times", "a third language", "empty"],
)
def test_a_review_keeps_to_the_schema(reviewer: Reviewer, conversation) -> None:
    schema = Review.model_json_schema(mode="serialization")
    Draft202012Validator.check_schema(schema)
    review = reviewer.review(conversation)
    data = json.loads(review.model_dump_json())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(data)] == []
    assert Review.model_validate(data) == review
    assert set(data) == set(schema["required"]) | {"sales", "principles", "coaching"}
