"""An audit as a Spark job:

    spark-submit "$(python -m reviewqa.audit.spark_job --path)" chats.parquet out --charter ours.yaml --order turn

Reads Parquet or JSON Lines that Spark can reach; writes the tables of a local audit, ``quarantine`` and ``manifest``
under OUT, which must not be there. A job that failed is run again into a new folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from reviewqa.audit.schemas import FORMAT


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the job in the session that spark-submit gives, or in a new one."""
    parser = argparse.ArgumentParser(description="Audit an archive on Spark.")
    parser.add_argument("archive", help="Parquet files, or JSON Lines where the name ends in .jsonl, .jsonl.gz, ...")
    parser.add_argument("out", help="where to write; must not be there")
    parser.add_argument("--charter", help="a charter file on the driver's machine")
    parser.add_argument("--rules", help="a folder of further cues and rules on the driver's machine")
    parser.add_argument("--models", help="a folder of trained models on the driver's machine")
    parser.add_argument("--order", help="for one row a turn: the column that puts the turns in order")
    parser.add_argument("--partitions", type=int, help="how many parts to work on; as Spark reads them unless told")
    given = parser.parse_args(arguments)
    lines = ".jsonl" in given.archive or ".ndjson" in given.archive
    if lines and given.order:
        parser.error("--order is for Parquet of one row a turn; a line of JSON is a conversation")

    from pyspark.sql import SparkSession
    from pyspark.storagelevel import StorageLevel

    from reviewqa.audit.spark import read_lines, repeated, review, review_lines, tables

    spark = SparkSession.builder.appName("reviewqa audit").getOrCreate()
    df = read_lines(spark, given.archive) if lines else spark.read.parquet(given.archive)
    if given.partitions:
        df = df.repartition(given.partitions)
    own = (given.charter, given.rules, given.models)
    reviewed = review_lines(df, *own) if lines else review(df, *own, given.order)
    reviewed = reviewed.persist(StorageLevel.DISK_ONLY)
    counts = {}
    for name, table in tables(reviewed).items():
        table.write.parquet(f"{given.out}/{name}", compression="zstd")
        counts[name] = spark.read.parquet(f"{given.out}/{name}").count()
    reviews = spark.read.parquet(f"{given.out}/reviews")
    versions = [row.asDict() for row in reviews.select("package", "rules", "charter", "models").distinct().collect()]
    twice = repeated(reviews)
    count = twice.count()
    manifest = {"format": FORMAT, "rows": counts, "versions": versions, "repeated_places": count}
    text = spark.createDataFrame([(json.dumps(manifest, sort_keys=True),)], "value string")
    text.coalesce(1).write.text(f"{given.out}/manifest")
    if count:
        shown = ", ".join(
            f"{row['place']!r} ({row['count']} times)" for row in twice.orderBy("place").limit(5).collect()
        )
        what = "ids have to be unique, or a column place has to be; findings of these reviews cannot be told apart"
        sys.stderr.write(f"places of more than one review: {count}, such as {shown}; {what}\n")
    reviewed.unpersist()
    sys.stdout.write(f"{counts['reviews']} reviewed, {counts['quarantine']} could not be read\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["--path"]:
        sys.stdout.write(f"{__file__}\n")
    else:
        main()
