"""Spark on one machine over local workers on the same archive, and what a cluster for 100,000,000 conversations needs.

    python benchmarks/spark.py [--conversations 20000] [--workers 2]

Both write their tables; both are warm (a first small run is not counted). Needs the extra ``spark`` and Java.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from reviewqa.audit.run import Options, audit
from synthetic import write

TARGET = 100_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Spark.")
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    from reviewqa.audit.spark import review, tables

    builder = SparkSession.builder.master(f"local[{given.workers}]").config("spark.ui.enabled", "false")
    spark = (
        builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small, archive = folder / "small.parquet", folder / "archive.parquet"
        write(small, 200)
        write(archive, given.conversations)

        def on_spark(path: Path, out: Path) -> float:
            begin = time.perf_counter()
            df = spark.read.parquet(str(path)).repartition(given.workers * 4)
            reviewed = review(df)
            reviewed.write.parquet(str(out / "reviewed"), compression="zstd")
            for name, table in tables(spark.read.parquet(str(out / "reviewed"))).items():
                table.write.parquet(str(out / name), compression="zstd")
            return time.perf_counter() - begin

        def on_workers(path: Path, out: Path) -> float:
            begin = time.perf_counter()
            audit(Options((str(path),), out, workers=given.workers))
            return time.perf_counter() - begin

        on_spark(small, folder / "warm")
        start_up = on_workers(small, folder / "warm-workers")
        local = on_workers(archive, folder / "local") - start_up
        cluster = on_spark(archive, folder / "spark")
        size = sum(file.stat().st_size for file in (folder / "local").rglob("*.parquet"))
        input_size = archive.stat().st_size
    spark.stop()
    each = cluster * given.workers / given.conversations
    hours = each * TARGET / 3600
    per = TARGET / given.conversations / 1e9
    lines = [
        f"{given.conversations} conversations, {given.workers} processors, load average {os.getloadavg()[0]:.1f}",
        f"local workers over Spark: {cluster / local:.2f} times as fast ({local:.0f} and {cluster:.0f} s)",
        f"Spark: {1000 * each:.2f} processor milliseconds a conversation: {hours:.0f} processor hours for {TARGET:,}",
        f"in and out for {TARGET:,}: {input_size * per:.0f} GB and {size * per:.0f} GB of Parquet",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
