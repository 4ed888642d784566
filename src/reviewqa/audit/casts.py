"""Columns of Arrow in other types, values inside of lists and records too."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Views of texts as texts: Arrow has not all functions for views."""
    return cast(batch, lambda kind: pa.string() if pa.types.is_string_view(kind) else kind)


def in_utc(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch with its zoned times in UTC: Spark gives them in the zone of its session, which says nothing of them."""

    def utc(kind: pa.DataType) -> pa.DataType:
        return pa.timestamp(kind.unit, "UTC") if pa.types.is_timestamp(kind) and kind.tz is not None else kind

    return cast(batch, utc)


def cast(batch: pa.RecordBatch, change: Callable[[pa.DataType], pa.DataType]) -> pa.RecordBatch:
    """A batch with the types of its values changed, those in lists and records too."""
    fields = [field.with_type(_changed(field.type, change)) for field in batch.schema]
    schema = pa.schema(fields, batch.schema.metadata)
    return batch if schema == batch.schema else batch.cast(schema)


def _changed(kind: pa.DataType, change: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _changed(kind.value_type, change)
        return kind if inner == kind.value_type else pa.list_(inner)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_changed(field.type, change)) for field in kind])
    return change(kind)
