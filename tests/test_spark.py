"""Audits on a real local Spark: the records of a local audit, row for row."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reviewqa import Reviewer
from reviewqa.audit import AuditError
from reviewqa.audit.schemas import TABLES
from test_audit import lines, quarantine, rows_of, run, talks, turn_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.filterwarnings("default")  # Spark's own are not ours
COUNT = 40


@pytest.fixture(autouse=True)
def slow(no_test_hangs: None) -> None:
    """Spark takes its time on a busy machine."""
    signal.alarm(240)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java, which Spark needs")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    folder = tmp_path_factory.mktemp("spark")
    builder = sql.SparkSession.builder.master("local[2]").appName("reviewqa tests")
    for name, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.host", "127.0.0.1"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.sql.shuffle.partitions", "3"),
        ("spark.sql.warehouse.dir", str(folder / "warehouse")),
        ("spark.local.dir", str(folder)),
    ):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("local")
    run(folder / "out", lines(folder / "talks.jsonl", talks(COUNT)))
    return folder / "out"


def conversations(folder: Path) -> Path:
    values = [{**value, "place": f"talks.jsonl:{number}"} for number, value in enumerate(talks(COUNT), 1)]
    path = folder / "talks.parquet"
    pq.write_table(pa.Table.from_pylist(values), path, row_group_size=8)
    return path


def plain(value: Any) -> Any:
    """A Spark row as the plain values that a Parquet file gives."""
    if hasattr(value, "asDict"):
        return {name: plain(inner) for name, inner in value.asDict().items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("place", "kind", "id", "score", "turn"))


def test_the_records_are_those_of_a_local_audit(spark: SparkSession, local: Path, tmp_path: Path) -> None:
    from reviewqa.audit.spark import review, tables

    df = spark.read.parquet(str(conversations(tmp_path))).repartition(5)
    reviewed = review(df).cache()
    assert reviewed.rdd.getNumPartitions() == 5
    for name, table in tables(reviewed).items():
        found = [plain(row) for row in table.collect()]
        if name == "quarantine":
            assert not found
            continue
        assert table.columns == TABLES[name].names
        assert sorted(found, key=key) == sorted(rows_of(local, name), key=key), name


def test_a_row_a_turn_in_any_order(spark: SparkSession, local: Path, tmp_path: Path) -> None:
    from reviewqa.audit.spark import review, tables

    path = tmp_path / "turns.parquet"
    rows = [{**row, "turn": number} for number, row in enumerate(turn_rows(talks(COUNT)))]
    pq.write_table(pa.Table.from_pylist(rows[::-1]), path)
    with pytest.raises(AuditError, match="order='turn'"):
        review(spark.read.parquet(str(path)))
    found = tables(review(spark.read.parquet(str(path)).repartition(4), order="turn"))["reviews"].collect()
    wanted = {row["conversation_id"]: (row["score"], row["turns"], row["flags"]) for row in rows_of(local, "reviews")}
    assert {row["conversation_id"]: (row["score"], row["turns"], row["flags"]) for row in found} == wanted


def test_what_cannot_be_read_is_kept(spark: SparkSession) -> None:
    from reviewqa.audit.spark import review, tables

    turn = "turns array<struct<role string, text string>>"
    rows = [("a", [("agent", "Hello!")]), ("b", [("agnet", "Hello!")]), ("c", [("customer", "Hi")])]
    parts = tables(review(spark.createDataFrame(rows, f"id string, {turn}").coalesce(1)).cache())
    assert [row["conversation_id"] for row in parts["reviews"].collect()] == ["a", "c"]
    (bad,) = parts["quarantine"].collect()
    assert bad["place"] == "b"
    assert "agnet" in bad["reason"]
    assert json.loads(bad["raw"])["id"] == "b"


def test_own_charters_and_rules_reach_the_executors(spark: SparkSession, tmp_path: Path) -> None:
    from reviewqa.audit.spark import review
    from test_against import own_charter, own_rule

    charter = own_charter(tmp_path, name="Ours")
    rules = own_rule(tmp_path, "cues/en/agent/apology.yaml", phrases=["=frightfully contrite"])
    turns = "turns array<struct<role string, text string>>"
    said = [("customer", "My parcel never came!"), ("agent", "We are frightfully contrite.")]
    (row,) = review(spark.createDataFrame([("a", said)], f"id string, {turns}"), charter=charter, rules=rules).collect()
    from reviewqa.charter import Charter
    from reviewqa.rules.loader import load_rules

    wanted = Reviewer(Charter.load(charter), load_rules(rules)).versions
    assert (row["rules"], row["charter"]) == (wanted.rules, wanted.charter)
    assert row["apologize"] == "met"


def test_columns_that_make_no_conversation_are_named(spark: SparkSession) -> None:
    from reviewqa.audit.spark import review

    with pytest.raises(AuditError, match="has no column text, but conversation_id, role"):
        review(spark.createDataFrame([("a", "agent")], "conversation_id string, role string"))


def test_the_job_writes_the_tables(spark: SparkSession, local: Path, tmp_path: Path) -> None:
    from reviewqa.audit.spark_job import main

    main([str(conversations(tmp_path)), str(tmp_path / "out"), "--partitions", "3"])
    for name in TABLES:
        files = sorted((tmp_path / "out" / name).glob("*.parquet"))
        found = [row for file in files for row in pq.read_table(file).to_pylist()]
        assert sorted(found, key=key) == sorted(rows_of(local, name), key=key), name
    (manifest,) = (tmp_path / "out" / "manifest").glob("*.txt")
    assert json.loads(manifest.read_text(encoding="utf-8"))["rows"]["reviews"] == COUNT


def test_spark_submit_is_given_a_file() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reviewqa.audit.spark_job", "--path"], capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).name == "spark_job.py"


def test_times_are_those_of_a_local_audit_whatever_the_zone_of_the_session(spark: SparkSession, tmp_path: Path) -> None:
    from reviewqa.audit.spark import review, tables

    turn = pa.struct([("role", pa.string()), ("text", pa.string()), ("time", pa.timestamp("us", "UTC"))])
    turns = [[{"role": "customer", "text": "Hello?", "time": 1_772_700_000_000_000 + minute}] for minute in range(3)]
    values = pa.table({"id": ["a", "b", "c"], "turns": pa.array(turns, pa.list_(turn))})
    pq.write_table(values, tmp_path / "t.parquet")
    run(tmp_path / "out", tmp_path / "t.parquet")
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Europe/Warsaw")
    try:
        found = tables(review(spark.read.parquet(str(tmp_path / "t.parquet"))))["reviews"].collect()
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
    wanted = {row["conversation_id"]: row["started"] for row in rows_of(tmp_path / "out", "reviews")}
    assert {row["conversation_id"]: row["started"] for row in found} == wanted


def test_the_job_reads_lines_as_a_local_audit_does(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from reviewqa.audit.spark_job import main

    good = [json.dumps(value).encode() for value in talks(3)]
    good.append(b'{"id": "zoned", "turns": [{"role": "agent", "text": "Hi", "time": "2026-03-05T10:00:00+01:00"}]}')
    bad = [b'{"id": "x", "turns": [{"role": "agnet", "text": "Hi"}]}', b"{broken", b'{"id": "\xff"}', b"[]"]
    path = tmp_path / "talks.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join([*good, *bad, b"", good[0]]) + b"\r\n")
    run(tmp_path / "local", path)
    main([str(path), str(tmp_path / "out")])

    def written(name: str) -> list[dict[str, Any]]:
        return [row for file in (tmp_path / "out" / name).glob("*.parquet") for row in pq.read_table(file).to_pylist()]

    def own(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted((row["conversation_id"], row["started"], row["score"], row["turns"]) for row in rows)

    assert own(written("reviews")) == own(rows_of(tmp_path / "local", "reviews"))
    kept = {row["raw"]: row for row in written("quarantine")}
    wanted = quarantine(tmp_path / "local")
    assert sorted(row["reason"] for row in kept.values()) == sorted(entry["reason"] for entry in wanted)
    assert set(kept) == {line.decode("utf-8", "backslashreplace") for line in bad}
    assert kept[bad[0].decode()]["place"] == "x"
    assert kept["{broken"]["place"].endswith("talks.jsonl")
    (manifest,) = (tmp_path / "out" / "manifest").glob("*.txt")
    assert json.loads(manifest.read_text(encoding="utf-8"))["repeated_places"] == 1
    assert "places of more than one review: 1, such as 'talk-0' (2 times)" in capsys.readouterr().err


def test_a_record_that_is_too_large_is_refused() -> None:
    from reviewqa.audit.spark import review_batch

    turns = [[{"role": "customer", "text": text}] for text in ("hi", "x" * 17_000_000)]
    found = review_batch(Reviewer(), pa.RecordBatch.from_pydict({"id": ["a", "b"], "turns": turns}), "id").to_pylist()
    assert [row["quarantine_reason"] is None for row in found] == [True, False]
    assert "bytes as JSON; at most" in found[1]["quarantine_reason"]
    assert len(found[1]["quarantine_raw"]) < 100_000
