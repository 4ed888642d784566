"""Arrow columns to conversations: the quick way makes what the model's own checks make, and refuses the same."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewqa import Conversation
from reviewqa.audit import columns
from reviewqa.audit.columns import TURN
from reviewqa.audit.turns import Turns
from reviewqa.readers.records import BadRecordError

KINDS = [
    pa.timestamp("us", "UTC"),
    pa.timestamp("s"),
    pa.timestamp("ms", "Europe/Warsaw"),
    pa.timestamp("ns"),
    pa.string(),
]
seconds = st.none() | st.sampled_from([0.0, 1.5, 2.0, -1.0, float("nan"), float("inf")])
spoken = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["agent", "customer", "agent", "nobody", None]),
        "text": st.sampled_from(["Dzień dobry", "hi", "", None]),
        "speaker": st.sampled_from([None, "Anna"]),
        "time": st.none() | st.integers(0, 2_000_000_000) | st.sampled_from([-(10**11), 10**12, 10**18]),
        "start_s": seconds,
        "end_s": seconds,
        "ai": st.sampled_from([None, True, False]),
    }
)
talks = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "", None]),
        "channel": st.sampled_from([None, "chat", "fax"]),
        "language": st.sampled_from([None, "pl", "en-GB", "p1", "pl\n"]),
        "meta": st.sampled_from(
            [None, '{"a": 1}', '{"a": null}', "[1]", "{", "[" * 9_000, '{"a":' * 60 + "1" + "}" * 60]
        ),
        "team": st.sampled_from([None, "north"]),
        "tags": st.sampled_from([None, [], ["x", "y"]]),
        "turns": st.none() | st.lists(st.none() | spoken, max_size=4),
    }
)


def batch_of(rows: list[dict[str, Any]], time: pa.DataType, left_out: set[str]) -> pa.RecordBatch:
    """Rows as a batch, without some of the columns that may be missing."""
    kinds = {"role": pa.string(), "text": pa.string(), "speaker": pa.string(), "time": time}
    kinds |= {"start_s": pa.float64(), "end_s": pa.float64(), "ai": pa.bool_()}
    turn = pa.struct([(name, kind) for name, kind in kinds.items() if name not in left_out])
    texts = [pa.field(name, pa.string()) for name in ("id", "channel", "language", "meta", "team")]
    fields = [*texts, pa.field("tags", pa.list_(pa.string())), pa.field("turns", pa.list_(turn))]
    schema = pa.schema([field for field in fields if field.name not in left_out])
    for row in rows:
        for said in row["turns"] or ():
            if said is not None and said["time"] is not None:
                said["time"] = _time(said["time"], time)
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def _time(number: int, kind: pa.DataType) -> int | str:
    if pa.types.is_string(kind):
        return f"2026-01-01T10:00:{number % 60:02}" + ("Z" if number % 2 else "")
    return number


@given(
    st.lists(talks, min_size=1, max_size=4),
    st.sampled_from(KINDS),
    st.sets(
        st.sampled_from(["speaker", "time", "start_s", "end_s", "ai", "channel", "language", "meta", "team", "tags"])
    ),
)
def test_the_quick_way_makes_the_same(rows: list[dict[str, Any]], time: pa.DataType, left_out: set[str]) -> None:
    batch = batch_of(rows, time, left_out)
    quick = list(columns.conversations(batch, "id"))
    with patch.object(columns, "_holding", lambda flat, _: np.zeros(len(flat), dtype=bool)):
        checked = list(columns.conversations(batch, "id"))
    assert len(quick) == len(checked) == len(rows)
    for row, (one, other) in enumerate(zip(quick, checked, strict=True)):
        assert json.loads(columns.raw(batch, row)).keys() == set(batch.schema.names)
        if isinstance(other, BadRecordError):
            assert isinstance(one, BadRecordError)
            assert one.what == other.what
        else:
            assert isinstance(one, Conversation)
            assert one == other
            assert one.model_dump() == other.model_dump()
            assert one.model_fields_set == other.model_fields_set
            assert [turn.model_fields_set for turn in one.turns] == [turn.model_fields_set for turn in other.turns]


@pytest.mark.parametrize("kind", KINDS[:3])
def test_a_time_that_no_calendar_has_is_refused_and_kept(kind: pa.DataType) -> None:
    far = {"role": "agent", "text": "hi", "time": 10**18 if kind.unit == "us" else 10**15}
    rows = [{"id": "a", "turns": [far]}, {"id": "b", "turns": [{"role": "agent", "text": "hi", "time": 10**9}]}]
    turn = pa.struct([("role", pa.string()), ("text", pa.string()), ("time", kind)])
    schema = pa.schema([("id", pa.string()), ("turns", pa.list_(turn))])
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    bad, good = columns.conversations(batch, "id")
    assert isinstance(good, Conversation)
    assert isinstance(bad, BadRecordError)
    assert "is not an ISO 8601 time" in bad.what
    assert json.loads(columns.raw(batch, 0))["turns"][0]["time"] == far["time"]


@given(st.sets(st.sampled_from(["speaker", "time", "start_s", "end_s", "ai"])), st.integers(0, 4), st.data())
def test_the_twin_in_c_makes_the_same_turns(given_columns: set[str], size: int, data: st.DataObject) -> None:
    twin = pytest.importorskip("reviewqa.audit._turns", reason="installed without a C compiler").Turns
    values = {
        name: [f"{name} {number}" for number in range(size)]
        for name in TURN
        if name in {"role", "text", *given_columns}
    }
    first = data.draw(st.integers(0, size))
    last = data.draw(st.integers(first, size))
    slow, quick = (way(values, size).between(first, last) for way in (Turns, twin))
    assert list(map(repr, quick)) == list(map(repr, slow))
    assert quick == slow
    assert [turn.model_fields_set for turn in quick] == [turn.model_fields_set for turn in slow]
    assert [turn.text for turn in slow] == values["text"][first:last]
    with pytest.raises(IndexError):
        twin(values, size).between(0, size + 1)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_that_is_not_utf8_costs_its_own_conversation_and_is_kept(kind: pa.DataType) -> None:
    texts = pa.array([b"Hello?", b"Hm\xff", b"Let me check."]).view(pa.string())
    texts = texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts.cast(kind)
    turns = pa.StructArray.from_arrays([pa.array(["customer", "agent", "agent"]), texts], ["role", "text"])
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), turns)
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b"]), lists], ["id", "turns"])
    broken, sound = columns.conversations(batch, "id")
    assert isinstance(broken, BadRecordError)
    assert str(broken) == "has text that is not UTF-8"
    assert isinstance(sound, Conversation)
    assert sound.turns[0].text == "Let me check."
    assert json.loads(columns.raw(batch, 0))["turns"][1]["text"] == "Hm\\xff"
