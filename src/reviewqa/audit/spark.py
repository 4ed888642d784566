"""Reviews on a Spark cluster: the archive stays where it is, and every executor runs what a local worker runs.

    from reviewqa.audit.spark import review, tables

    reviewed = review(spark.read.parquet("chats.parquet"), charter="ours.yaml")
    tables(reviewed)["findings"].where("kind = 'flag'").groupBy("id").count().show()

It needs the extra ``spark`` (PySpark 4 and Java 17 or later), and reviewqa in the Python of the executors.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from reviewqa.audit import AuditError, columns
from reviewqa.audit.casts import in_utc
from reviewqa.audit.change import load_texts
from reviewqa.audit.chunks import BYTES, Refused, line_too_long, refused
from reviewqa.audit.part import of_line
from reviewqa.audit.rows import Rows
from reviewqa.audit.schemas import TABLES
from reviewqa.charter import Charter
from reviewqa.conversation import Conversation
from reviewqa.errors import Fault
from reviewqa.readers.decode import UnreadableError
from reviewqa.readers.native import parse
from reviewqa.readers.records import BadRecordError
from reviewqa.review import Versions
from reviewqa.reviewer import Reviewer
from reviewqa.rules.loader import sources

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NESTED = tuple(name for name in TABLES if name != "reviews")
KEY = ("place", "conversation_id")
REASON, RAW = "quarantine_reason", "quarantine_raw"
AT_ONCE = 1000
"""Conversations whose rows are held in an executor's memory at a time."""


def _nested_type(name: str) -> pa.ListType:
    fields = [field.with_nullable(True) for field in TABLES[name] if field.name not in KEY]
    return pa.list_(pa.struct(fields))


SCHEMA = pa.schema(
    [
        *(field.with_nullable(True) for field in TABLES["reviews"]),
        *(pa.field(name, _nested_type(name)) for name in NESTED),
        pa.field(REASON, pa.string()),
        pa.field(RAW, pa.string()),
    ]
)
"""What ``review`` returns: the columns of ``reviews``, the other tables' rows nested in it, and the quarantine."""


def review(
    df: DataFrame,
    charter: Charter | Path | str | None = None,
    rules: Path | str | None = None,
    models: Path | str | None = None,
    order: str | None = None,
) -> DataFrame:
    """Review the conversations of a data frame.

    Arguments:
        df: one row a conversation (``id``, ``turns``, ...) or one row a turn (``conversation_id``, ``role``, ``text``,
            ...), as ``docs/audit.md`` says. A column ``place`` becomes the key of the rows; the id is it otherwise.
        charter: a charter or its file; the default charter where None.
        rules: a folder of further cues and rules, on the driver's machine.
        models: a folder of trained models, on the driver's machine.
        order: for one row a turn, the column that puts the turns of a conversation in order: Spark keeps none.
    Returns:
        One row a conversation, of ``SCHEMA``; a conversation that cannot be read has a ``quarantine_reason`` and nulls.
    Raises:
        AuditError: the columns do not make conversations.
        RuleError, CharterError, ModelError: what is given does not hold.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    name, frame = _conversations(df, order)
    work = _Work.of(charter, rules, models, name)
    spark_schema = from_arrow_schema(SCHEMA, prefer_timestamp_ntz=True)
    return frame.mapInArrow(work.batches, spark_schema)


def read_lines(spark: SparkSession, path: str) -> DataFrame:
    """JSON Lines for ``review_lines``: the bytes of each line, since Spark's own reader loses those that do not hold.

    Arguments:
        spark: the session.
        path: of files or folders that Spark can reach.
    Returns:
        The columns ``file`` and ``line``.
    """
    from pyspark.sql import functions

    text = spark.read.text(path, lineSep="\n")
    return text.select(functions.input_file_name().alias("file"), text["value"].cast("binary").alias("line"))


def review_lines(
    df: DataFrame,
    charter: Charter | Path | str | None = None,
    rules: Path | str | None = None,
    models: Path | str | None = None,
) -> DataFrame:
    """Review JSON Lines by the reader of a local audit.

    Arguments:
        df: as ``read_lines`` gives it.
        charter, rules, models: as for ``review``.
    Returns:
        As ``review``; ``place`` is the id, or the file of a line that has none.
    Raises:
        RuleError, CharterError, ModelError: what is given does not hold.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    work = _Work.of(charter, rules, models, "id")
    return df.mapInArrow(work.lines, from_arrow_schema(SCHEMA, prefer_timestamp_ntz=True))


def repeated(reviews: DataFrame) -> DataFrame:
    """Places that more than one review has, each with its ``count``: the rows of their tables cannot be told apart.

    Arguments:
        reviews: as of ``tables``. Only its places are shuffled.
    """
    return reviews.groupBy("place").count().where("count > 1")


def tables(reviewed: DataFrame) -> dict[str, DataFrame]:
    """The four tables of an audit, and ``quarantine``, out of what ``review`` returned.

    Each of them reads ``reviewed``: persist it first where more than one is used.
    """
    from pyspark.sql import functions

    good = reviewed.where(functions.col(REASON).isNull())
    found = {"reviews": good.select(*TABLES["reviews"].names)}
    for name in NESTED:
        rows = good.select(*KEY, functions.explode(name).alias("row"))
        found[name] = rows.select(*KEY, *(f"row.{column}" for column in TABLES[name].names if column not in KEY))
    bad = reviewed.where(functions.col(REASON).isNotNull())
    found["quarantine"] = bad.select("place", functions.col(REASON).alias("reason"), functions.col(RAW).alias("raw"))
    return found


def _conversations(df: DataFrame, order: str | None) -> tuple[str, DataFrame]:
    """The name of the id's column, and one row a conversation with the columns that are known."""
    from pyspark.sql import functions

    known = {"place", *columns.HEAD}
    if "turns" in df.columns:
        name = next((name for name in columns.IDS if name in df.columns), None)
        if name is None:
            raise AuditError(
                Fault("the data frame", f"has no column id or conversation_id, but {', '.join(df.columns)}")
            )
        return name, df.select(name, "turns", *(column for column in df.columns if column in known))
    name = next((name for name in reversed(columns.IDS) if name in df.columns), None)
    missing = [column for column in ("role", "text") if column not in df.columns]
    if name is None or missing:
        lacks = "conversation_id" if name is None else missing[0]
        raise AuditError(Fault("the data frame", f"has no column {lacks}, but {', '.join(df.columns)}"))
    if order is None or order not in df.columns:
        what = "has a row a turn; name the column that puts the turns in order: review(df, order='turn')"
        raise AuditError(Fault("the data frame", what))
    inside = [column for column in columns.TURN if column in df.columns]
    turn = functions.struct(functions.col(order).alias("_order"), functions.struct(*inside).alias("_turn"))
    heads = [functions.min_by(column, order).alias(column) for column in df.columns if column in known]
    turns = functions.array_sort(functions.collect_list(turn), lambda a, b: _compared(a, b))
    grouped = df.groupBy(name).agg(turns.alias("turns"), *heads)
    return name, grouped.withColumn("turns", functions.transform("turns", lambda turn: turn["_turn"]))


def _compared(a: Any, b: Any) -> Any:
    """Turns by their order alone; the turns themselves may hold what cannot be compared."""
    from pyspark.sql import functions

    less, more = functions.lit(-1), functions.lit(1)
    return functions.when(a["_order"] < b["_order"], less).when(a["_order"] > b["_order"], more).otherwise(0)


@dataclass(frozen=True)
class _Work:
    """What an executor needs: contents, not paths of the driver's machine."""

    charter: str | None
    rules: Mapping[str, str] | None
    models: Mapping[str, bytes] | None
    versions: Versions
    name: str
    key: str = field(default="")

    @classmethod
    def of(
        cls, charter: Charter | Path | str | None, rules: Path | str | None, models: Path | str | None, name: str
    ) -> _Work:
        extra, trained = (None if path is None else Path(path) for path in (rules, models))
        reviewer = Reviewer(charter, extra, trained)
        files = [] if trained is None else sorted(path for path in trained.iterdir() if path.is_file())
        return cls(
            charter=None if charter is None else reviewer.charter.model_dump_json(),
            rules=None if extra is None else sources(extra),
            models=None if trained is None else {path.name: path.read_bytes() for path in files},
            versions=reviewer.versions,
            name=name,
            key=reviewer.versions.model_dump_json(),
        )

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Work) and self.key == other.key

    def batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Review Spark's batches; this runs on the executors."""
        reviewer = _reviewer(self)
        for piece in _pieces(batches):
            yield review_batch(reviewer, piece, self.name)

    def lines(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same for lines of JSON."""
        reviewer = _reviewer(self)
        for piece in _pieces(batches):
            yield _batch(reviewer, _of_lines(piece))


def _pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Spark's batches in pieces of what is reviewed at once."""
    for batch in batches:
        for start in range(0, batch.num_rows, AT_ONCE):
            yield batch.slice(start, AT_ONCE)


@lru_cache(maxsize=1)
def _reviewer(work: _Work) -> Reviewer:
    """One for each Python process of an executor, which Spark uses for many partitions."""
    charter = None if work.charter is None else Charter.model_validate_json(work.charter)
    rules = None if work.rules is None else load_texts(work.rules)
    if work.models is None:
        reviewer = Reviewer(charter, rules)
    else:
        with tempfile.TemporaryDirectory() as folder:
            for name, data in work.models.items():
                (Path(folder) / name).write_bytes(data)
            reviewer = Reviewer(charter, rules, folder)
    if reviewer.versions != work.versions:
        what = f"has {reviewer.versions.model_dump()} and the driver has {work.versions.model_dump()}; install the same"
        raise AuditError(Fault("an executor", what))
    return reviewer


def review_batch(reviewer: Reviewer, batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    """Review one Arrow batch.

    Arguments:
        reviewer: as of a local audit.
        batch: one row a conversation.
        name: the column of the id.
    Returns:
        As many rows, in the same order, of ``SCHEMA``.
    """
    try:
        columns.shape(batch.schema, "the data frame")
    except UnreadableError as error:
        raise AuditError(error.fault) from None
    return _batch(reviewer, _of_rows(in_utc(batch), name))


def _of_rows(batch: pa.RecordBatch, name: str) -> Iterator[tuple[str, Conversation | Refused]]:
    ids = batch.column(name).to_pylist()
    places = batch.column("place").to_pylist() if "place" in batch.schema.names else ids
    large = batch.nbytes > BYTES
    for row, found in enumerate(columns.conversations(batch, name)):
        place = "" if places[row] is None else str(places[row])
        lost = columns.too_large(batch, row, 0) if large else None
        if lost is not None:
            yield place, lost
        elif isinstance(found, BadRecordError):
            yield place, Refused(0, found.what, columns.raw(batch, row))
        else:
            yield place, found


def _of_lines(batch: pa.RecordBatch) -> Iterator[tuple[str, Conversation | Refused]]:
    for file, line in zip(batch.column("file").to_pylist(), batch.column("line").to_pylist(), strict=True):
        line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        if len(line) > BYTES:
            yield file, refused(0, line_too_long(len(line)), line)
            continue
        found = of_line(0, line)
        yield _id_in(line) or file if isinstance(found, Refused) else found.id, found


def _id_in(line: bytes) -> str:
    """The id in a line that makes no conversation, or an empty text."""
    try:
        value = parse(line.decode("utf-8"))
    except (UnicodeDecodeError, BadRecordError):
        return ""
    said = value.get("id") if isinstance(value, dict) else None
    return str(said) if isinstance(said, str | int) else ""


def _batch(reviewer: Reviewer, found: Iterable[tuple[str, Conversation | Refused]]) -> pa.RecordBatch:
    """Records with their places, reviewed: a row of ``SCHEMA`` for each."""
    rows = Rows()
    bad: list[tuple[str, str, str] | None] = []
    for place, record in found:
        if isinstance(record, Refused):
            bad.append((place, record.reason, record.raw.decode("utf-8", "backslashreplace")))
        else:
            bad.append(None)
            rows.add(place, record, reviewer.review(record))
    good = _nested(rows)
    if not any(bad):
        return good.combine_chunks().to_batches()[0] if len(good) else _empty()
    said = [item for item in bad if item is not None]
    refused = pa.table({"place": [p for p, _, _ in said], REASON: [r for _, r, _ in said], RAW: [w for *_, w in said]})
    nothing = [
        refused[field.name].cast(field.type) if field.name in refused.column_names else pa.nulls(len(said), field.type)
        for field in SCHEMA
    ]
    both = pa.concat_tables([good, pa.Table.from_arrays(nothing, schema=SCHEMA)])
    first_bad, first_good = len(good), 0
    order = []
    for item in bad:
        order.append(first_good if item is None else first_bad)
        first_good, first_bad = first_good + (item is None), first_bad + (item is not None)
    return both.take(pa.array(order, pa.int64())).combine_chunks().to_batches()[0]


def _empty() -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in SCHEMA], schema=SCHEMA)


def _nested(rows: Rows) -> pa.Table:
    """The four tables of some reviews as one, with a row for each."""
    made = rows.tables()
    arrays: list[Any] = [made["reviews"][field.name] for field in TABLES["reviews"]]
    for number, name in enumerate(NESTED):
        ends = [0]
        for counts in rows.counts:
            ends.append(ends[-1] + counts[number])
        kind = _nested_type(name).value_type
        table = made[name].combine_chunks()
        parts = [_one(table[field.name]) for field in kind]
        records = pa.StructArray.from_arrays(parts, fields=list(kind))
        arrays.append(pa.ListArray.from_arrays(pa.array(ends, pa.int32()), records))
    arrays += [pa.nulls(len(rows), pa.string()), pa.nulls(len(rows), pa.string())]
    return pa.Table.from_arrays([column.cast(f.type) for column, f in zip(arrays, SCHEMA, strict=True)], schema=SCHEMA)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
