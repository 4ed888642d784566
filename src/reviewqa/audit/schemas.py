"""The tables that an audit writes. Their columns are a promise to other programs; ``docs/audit.md`` documents them."""

from __future__ import annotations

import pyarrow as pa

from reviewqa.review import STEPS

FORMAT = 2
"""Counts up when a column of the tables changes its name, type or meaning."""

BECAUSE = pa.struct([pa.field("words", pa.string(), nullable=False), pa.field("weight", pa.float64(), nullable=False)])
EVIDENCE = pa.struct(
    [
        pa.field("turn", pa.int32(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("cue", pa.string(), nullable=False),
        pa.field("agent", pa.string()),
        pa.field("gap_s", pa.float64()),
        pa.field("because", pa.list_(BECAUSE), nullable=False),
    ]
)
LINE = pa.struct(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("weight", pa.float64(), nullable=False),
        pa.field("critical", pa.bool_(), nullable=False),
        pa.field("points", pa.float64()),
        pa.field("because", pa.string(), nullable=False),
    ]
)

_KEY = [pa.field("place", pa.string(), nullable=False), pa.field("conversation_id", pa.string(), nullable=False)]

REVIEWS = pa.schema(
    [
        *_KEY,
        pa.field("language", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("agents", pa.list_(pa.string()), nullable=False),
        pa.field("team", pa.string()),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("started", pa.timestamp("us")),
        pa.field("meta", pa.string()),
        pa.field("turns", pa.int32(), nullable=False),
        pa.field("score", pa.float64()),
        pa.field("critical_failed", pa.bool_(), nullable=False),
        *(pa.field(step, pa.string()) for step in STEPS),
        pa.field("flags", pa.list_(pa.string()), nullable=False),
        pa.field("politeness", pa.float64()),
        pa.field("empathy", pa.float64()),
        pa.field("lines", pa.list_(LINE), nullable=False),
        pa.field("package", pa.string(), nullable=False),
        pa.field("rules", pa.string(), nullable=False),
        pa.field("charter", pa.string(), nullable=False),
        pa.field("models", pa.string(), nullable=False),
    ]
)
FINDINGS = pa.schema(
    [
        *_KEY,
        pa.field("kind", pa.string(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("severity", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("agent", pa.string()),
        pa.field("evidence", pa.list_(EVIDENCE), nullable=False),
        pa.field("trigger", pa.int32()),
        pa.field("searched", pa.list_(pa.int32()), nullable=False),
    ]
)
TURN_SCORES = pa.schema(
    [
        *_KEY,
        pa.field("score", pa.string(), nullable=False),
        pa.field("turn", pa.int32(), nullable=False),
        pa.field("agent", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("because", pa.list_(BECAUSE), nullable=False),
        pa.field("opening", pa.string(), nullable=False),
    ]
)
INDICATORS = pa.schema(
    [
        *_KEY,
        pa.field("id", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("reason", pa.string()),
    ]
)
TABLES = {"reviews": REVIEWS, "findings": FINDINGS, "turn_scores": TURN_SCORES, "indicators": INDICATORS}
"""The name of each table, which is the name of its folder, and its columns."""
