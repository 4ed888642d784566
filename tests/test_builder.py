"""Tables row by row: the builder in Python and its twin in C make the same tables of the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import talk
from reviewqa import Reviewer
from reviewqa.audit import rows
from reviewqa.audit.builder import TableBuilder
from reviewqa.audit.rows import Rows

twin = pytest.importorskip("reviewqa.audit._builder", reason="installed without a C compiler").TableBuilder


@dataclass(frozen=True)
class Word:
    """A record given as an object."""

    text: str | None
    weights: tuple[tuple[str, float], ...]


PAIR = pa.struct([pa.field("name", pa.string()), pa.field("weight", pa.float64())])
WORD = pa.struct([pa.field("text", pa.string()), pa.field("weights", pa.list_(PAIR))])
SCHEMA = pa.schema(
    [
        pa.field("text", pa.string()),
        pa.field("number", pa.int32()),
        pa.field("value", pa.float64()),
        pa.field("holds", pa.bool_()),
        pa.field("time", pa.timestamp("us")),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("words", pa.list_(WORD)),
        pa.field("shared", pa.list_(WORD)),
    ]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
pairs = st.lists(st.tuples(texts, st.floats(allow_nan=False)), max_size=3).map(tuple)
words = st.builds(Word, st.none() | texts, pairs)
SHARED = tuple(Word(text, ((text, 0.5),)) for text in ("", "ł", "a longer one"))
table_rows = st.lists(
    st.tuples(
        st.none() | texts,
        st.none() | st.integers(-(2**31), 2**31 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.booleans(),
        st.none() | st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
        st.lists(st.none() | texts, max_size=3),
        st.lists(words | st.tuples(texts, pairs), max_size=3).map(tuple),
        st.lists(st.sampled_from(SHARED), max_size=4).map(tuple),
    ),
    max_size=30,
)


def built(builder: Any, given_rows: list[tuple[Any, ...]]) -> pa.Table:
    made = builder(SCHEMA, ("shared",))
    half = len(given_rows) // 2
    for row in given_rows[:half]:
        made.append(row)
    if given_rows:
        made.extend(*map(list, zip(*given_rows[half:], strict=True)))
    table = made.table()
    table.validate(full=True)
    return table


@given(table_rows)
def test_the_twin_makes_the_same_tables(given_rows: list[tuple[Any, ...]]) -> None:
    slow, fast = built(TableBuilder, given_rows), built(twin, given_rows)
    assert fast.equals(slow, check_metadata=True)
    assert slow["text"].to_pylist() == [row[0] for row in given_rows]
    said = [[word[0] if isinstance(word, tuple) else word.text for word in row[6]] for row in given_rows]
    assert [[word["text"] for word in each] for each in slow["words"].to_pylist()] == said


@pytest.mark.parametrize("builder", [TableBuilder, twin])
def test_rows_are_added_column_by_column(builder: Any) -> None:
    schema = pa.schema(
        [pa.field("place", pa.string()), pa.field("turn", pa.int32()), pa.field("words", pa.list_(PAIR))]
    )
    made = builder(schema)
    made.extend("a", [1, 2], [(("so", 0.5),), ()])
    made.extend("b", [], None)
    made.extend(["c", None], 3, ())
    rows = [("a", 1, [{"name": "so", "weight": 0.5}]), ("a", 2, []), ("c", 3, []), (None, 3, [])]
    assert [tuple(row.values()) for row in made.table().to_pylist()] == rows
    for columns in ((["a"], [1, 2], ()), ("a", 1, ())):
        with pytest.raises(ValueError, match="of one length"):
            builder(schema).extend(*columns)
    with pytest.raises(ValueError, match="2 values, and there are 3 columns"):
        builder(schema).extend("a", [1])


@pytest.mark.parametrize(
    ("column", "value", "error"),
    [(0, 7, TypeError), (1, 2**31, OverflowError), (2, "x", TypeError), (5, "\ud800", UnicodeEncodeError)],
)
def test_the_twin_refuses_what_a_column_cannot_hold(column: int, value: Any, error: type[Exception]) -> None:
    row: list[Any] = [None, None, None, None, None, (), (), ()]
    row[column] = value
    with pytest.raises(error):
        built(twin, [tuple(row)])


def test_both_builders_make_the_same_tables_of_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    reviewer = Reviewer()
    conversations = [
        talk(("customer", f"Where is my parcel {number}?"), ("agent", "I am sorry. I will call you back tomorrow."))
        for number in range(5)
    ]
    made = []
    for builder in (twin, TableBuilder):
        monkeypatch.setattr(rows, "TableBuilder", builder)
        gathered = Rows()
        for number, conversation in enumerate(conversations):
            gathered.add(f"file:{number}", conversation, reviewer.review(conversation))
        made.append(gathered.tables())
    assert made[0] == made[1]
    assert all(len(table) for table in made[0].values())
