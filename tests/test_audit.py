"""Audits of archives: every record once, the same bytes whatever happens on the way."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from reviewqa import Reviewer, read
from reviewqa.audit import AuditError, StoppedError, chunks, pool
from reviewqa.audit.archive import survey
from reviewqa.audit.chunks import Choice
from reviewqa.audit.part import Counts
from reviewqa.audit.run import Options, Progress, Summary, audit
from reviewqa.audit.schemas import TABLES
from reviewqa.audit.store import Store, read_manifest

SAMPLES = Path(__file__).parents[1] / "data" / "samples" / "samples.jsonl"
TALKS = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


def talks(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Conversations of the sample archive, over and over under other ids."""
    made = []
    for number in range(first, first + count):
        meta = {"team": f"team {number % 3}", "tags": ["returns", "late"][: number % 3]}
        made.append({**TALKS[number % len(TALKS)], "id": f"talk-{number}", "meta": meta})
    return made


def as_lines(values: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def lines(path: Path, values: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_lines(values))
    return path


def turn_rows(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    nothing = dict.fromkeys(("channel", "language", "role", "speaker", "text", "time", "start_s", "end_s", "ai"))
    return [
        {
            "conversation_id": value["id"],
            **nothing,
            **{name: value.get(name) for name in ("channel", "language")},
            **turn,
        }
        for value in values
        for turn in value["turns"]
    ]


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    names = ["conversation_id", "channel", "language", "role", "speaker", "text", "time", "start_s", "end_s", "ai"]
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names[:-1], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(out: Path, *given: Path, **more: Any) -> Summary:
    more.setdefault("part", 10)
    return audit(Options(tuple(map(str, given)), out, **more))


def digests(out: Path) -> dict[str, str]:
    """All that an audit leaves, but its lock."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows_of(out: Path, name: str) -> list[dict[str, Any]]:
    files = sorted((out / name).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def quarantine(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "quarantine.jsonl").read_text(encoding="utf-8").splitlines()]


def command(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "reviewqa.cli", "audit", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, encoding="utf-8", check=False, **more)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lines(tmp_path_factory.mktemp("archive") / "talks.jsonl", talks(60))


@pytest.fixture(scope="module")
def undisturbed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run(out, archive)
    return out


@pytest.fixture
def slow() -> None:
    """For tests that start many processes: the limit of one test is theirs to set."""
    signal.alarm(240)


# what is in the tables


def test_the_tables_say_what_the_review_says(archive: Path, undisturbed: Path, reviewer: Reviewer) -> None:
    reviews, findings = rows_of(undisturbed, "reviews"), rows_of(undisturbed, "findings")
    scores, indicators = rows_of(undisturbed, "turn_scores"), rows_of(undisturbed, "indicators")
    assert len(reviews) == 60
    for number, conversation in enumerate(list(read(archive))[:20]):
        review = reviewer.review(conversation)
        place = f"talks.jsonl:{number + 1}"
        row = reviews[number]
        assert (row["place"], row["conversation_id"]) == (place, conversation.id)
        assert (row["language"], row["channel"], tuple(row["agents"])) == (
            review.language,
            review.channel,
            review.agents,
        )
        assert row["score"] == review.total.score
        assert row["team"] == f"team {number % 3}"
        assert len(row["tags"]) == number % 3
        assert json.loads(row["meta"]) == conversation.meta
        assert [line["because"] for line in row["lines"]] == [line.because for line in review.total.lines]
        assert {name: row[name] for name in review.steps} == {n: step.outcome for n, step in review.steps.items()}
        assert row["rules"] == review.versions.rules
        mine = [finding for finding in findings if finding["place"] == place]
        for name, step in review.steps.items():
            (found,) = [finding for finding in mine if (finding["kind"], finding["id"]) == ("step", name)]
            assert found["evidence"] == [
                {**evidence.model_dump(), "because": [{"words": w, "weight": x} for w, x in evidence.because]}
                for evidence in step.evidence
            ]
            assert (found["trigger"], found["searched"]) == (step.trigger, list(step.searched))
            for evidence in found["evidence"]:
                text = conversation.turns[evidence["turn"]].text
                assert text[evidence["start"] : evidence["end"]] == evidence["text"]
        assert [finding["id"] for finding in mine if finding["kind"] == "flag" and finding["outcome"] == "present"] == [
            flag.id for flag in review.flags
        ]
        assert {item["id"]: item["value"] for item in indicators if item["place"] == place} == review.indicators
        unknown = {item.id for item in review.not_assessable}
        assert {
            item["id"] for item in indicators + findings if item["place"] == place and said_unknown(item)
        } == unknown
        assert [(item["score"], item["turn"], item["value"]) for item in scores if item["place"] == place] == [
            (name, turn.turn, turn.value) for name, score in review.scores.items() for turn in score.turns
        ]


def said_unknown(row: Mapping[str, Any]) -> bool:
    return row.get("outcome") == "not_assessable" or ("value" in row and row["reason"] is not None)


def test_columns_are_those_that_are_promised(undisturbed: Path) -> None:
    documented = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
    for name, schema in TABLES.items():
        found = pq.read_table(next((undisturbed / name).glob("*.parquet"))).schema
        assert found.equals(schema)
        section = documented.split(f"### {name}\n")[1].split("\n###")[0]
        told = [row.split("|")[1:3] for row in section.splitlines() if row.startswith("| `")]
        assert [(column.strip(" `"), kind.strip()) for column, kind in told] == [
            (field.name, str(field.type).replace(" not null", "").replace("item: ", "")) for field in schema
        ]


def test_duckdb_reads_the_folders_as_they_are(undisturbed: Path) -> None:
    with duckdb.connect() as base:
        query = f"""SELECT count(*), count(DISTINCT f.place) FROM '{undisturbed}/findings/*.parquet' f
                    JOIN '{undisturbed}/reviews/*.parquet' r USING (place) WHERE f.kind = 'step'"""  # noqa: S608
        assert base.execute(query).fetchone() == (300, 60)


def test_the_manifest_names_what_went_in_and_adds_up(archive: Path, undisturbed: Path, reviewer: Reviewer) -> None:
    manifest = read_manifest(undisturbed)
    (file,) = manifest["plan"]["input"]
    assert file["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert manifest["plan"]["versions"] == reviewer.versions.model_dump()
    assert manifest["counts"]["reviewed"] == 60 == sum(part["counts"]["reviewed"] for part in manifest["parts"])
    for part in manifest["parts"]:
        for name, (size, digest) in part["files"].items():
            data = (undisturbed / name / f"part-{part['number']:06d}.parquet").read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (size, digest)
    assert str(archive.parent) not in (undisturbed / "manifest.json").read_text(encoding="utf-8")


# formats


def test_every_format_gives_the_same_verdicts(tmp_path: Path, undisturbed: Path) -> None:
    values = talks(60)
    given = {
        "gz": tmp_path / "talks.jsonl.gz",
        "zst": tmp_path / "talks.jsonl.zst",
        "csv": table(tmp_path / "talks.csv", turn_rows(values)),
        "conversations": tmp_path / "conversations.parquet",
        "turns": tmp_path / "turns.parquet",
    }
    half = len(as_lines(values[:30]))
    data = as_lines(values)
    given["gz"].write_bytes(gzip.compress(data[:half]) + gzip.compress(data[half:]))
    given["zst"].write_bytes(zstandard.compress(data[:half]) + zstandard.compress(data[half:]))
    pq.write_table(pa.Table.from_pylist(values), given["conversations"])
    pq.write_table(pa.Table.from_pylist(turn_rows(values)), given["turns"], row_group_size=37)
    wanted = [verdicts(row) for row in rows_of(undisturbed, "reviews")]
    for name, path in given.items():
        summary = run(tmp_path / f"out-{name}", path, part=7)
        assert summary.counts.quarantined == summary.counts.faults == 0
        assert [verdicts(row) for row in rows_of(tmp_path / f"out-{name}", "reviews")] == wanted, name


def verdicts(row: Mapping[str, Any]) -> dict[str, Any]:
    own = ("place", "team", "tags", "meta")
    return {name: value for name, value in row.items() if name not in own}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_conversations_whose_rows_are_apart_are_reviewed_whole(tmp_path: Path, ending: str, undisturbed: Path) -> None:
    rows = turn_rows(talks(6))
    late = [row for row in rows if row["conversation_id"] == "talk-1"][2:]
    mixed = [row for row in rows if row not in late]
    mixed = mixed[:-2] + late + mixed[-2:]
    path = tmp_path / f"apart.{ending}"
    if ending == "csv":
        table(path, mixed)
    else:
        pq.write_table(pa.Table.from_pylist(mixed), path, row_group_size=5)
    run(tmp_path / "out", path, part=2)
    wanted = {row["conversation_id"]: verdicts(row) for row in rows_of(undisturbed, "reviews")[:6]}
    found = rows_of(tmp_path / "out", "reviews")
    assert {row["conversation_id"]: verdicts(row) for row in found} == wanted
    assert len(found) == 6


def test_a_parquet_file_is_not_kept_while_it_is_read(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 (no secret)
    texts = [chance.randbytes(5_000).hex() for _ in range(4_000)]
    turns = [[{"role": "customer", "text": text}] for text in texts]
    path = tmp_path / "large.parquet"
    columns = pa.table({"id": [str(number) for number in range(4_000)], "turns": turns})
    pq.write_table(columns, path, row_group_size=100, compression="none", use_dictionary=False)
    del columns
    (file,) = survey([str(path)]).files
    before, most = pa.total_allocated_bytes(), 0
    for _ in chunks.chunks(file, Choice(), lambda _: None, most=50):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < path.stat().st_size / 2


def test_folders_and_patterns(tmp_path: Path) -> None:
    lines(tmp_path / "in" / "a" / "one.jsonl", talks(2))
    lines(tmp_path / "in" / "b" / "one.jsonl", talks(3, 2))
    (tmp_path / "in" / "notes.doc").write_text("not read", encoding="utf-8")
    (tmp_path / "in" / ".hidden.jsonl").write_text("not read", encoding="utf-8")
    summary = run(tmp_path / "folder", tmp_path / "in")
    assert summary.counts.reviewed == 5
    assert [Path(name).name for name in summary.left_out] == ["notes.doc"]
    assert [row["place"] for row in rows_of(tmp_path / "folder", "reviews")] == [
        *("a/one.jsonl:1", "a/one.jsonl:2"),
        *("b/one.jsonl:1", "b/one.jsonl:2", "b/one.jsonl:3"),
    ]
    assert run(tmp_path / "pattern", tmp_path / "in" / "*" / "o*.jsonl").counts.reviewed == 5
    assert len({row["place"] for row in rows_of(tmp_path / "pattern", "reviews")}) == 5


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 9), st.booleans())
def test_cuts_keep_every_line(sizes: list[int], most: int, ended: bool) -> None:
    written = [b"x" * size for size in sizes]
    data = b"\n".join(written) + (b"\n" if ended else b"")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.jsonl"
        path.write_bytes(data)
        (file,) = survey([str(path)]).files
        cut = list(chunks.chunks(file, Choice(), lambda _: None, most))
        found = [(number, line.rstrip(b"\n")) for chunk in cut for number, line in chunk.records]
        assert found == [(number, line) for number, line in enumerate(written, 1) if line]
        assert all(0 < chunk.count <= most for chunk in cut)
        assert chunks.count(file) == len(found)


# what is left out, and what cannot be read


def test_a_file_is_read_once_whatever_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    path = lines(folder / "talks.jsonl", talks(3))
    try:
        (folder / "zulu.jsonl").symlink_to(path)
    except OSError:
        pytest.skip("links cannot be made here")
    relative = Path(os.path.relpath(path))
    summary = run(tmp_path / "out", folder, relative, path, folder / "zulu.jsonl")
    assert (summary.files, summary.counts.records) == (1, 3)
    assert [row["place"] for row in rows_of(tmp_path / "out", "reviews")] == [f"talks.jsonl:{n}" for n in (1, 2, 3)]


def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad_\xff.jsonl")
    try:
        path.write_bytes(as_lines(talks(1)))
    except (OSError, UnicodeError):
        pytest.skip("this disk takes no such name")
    with pytest.raises(AuditError, match="is not UTF-8"):
        run(tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_an_audit_of_nothing_has_tables(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.touch()
    done = command(path, "-o", tmp_path / "out", "--fail-under", "50", "--junit", tmp_path / "gates.xml")
    assert done.returncode == 4, done.stderr
    assert "there is no total" in done.stderr
    assert ElementTree.parse(tmp_path / "gates.xml").getroot().get("failures") == "1"
    for name in TABLES:
        found = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(tmp_path / "out" / name / "*.parquet")])
        assert found.fetchone() == (0,)
    before = digests(tmp_path / "out")
    assert command(path, "-o", tmp_path / "out", "--resume").returncode == 0
    assert digests(tmp_path / "out") == before
    run(tmp_path / "later", path, against=tmp_path / "out")


def test_since_and_undated(tmp_path: Path) -> None:
    early, late, never = (
        {"id": name, "turns": [{"role": "customer", "text": "Hello?", **({"time": time} if time else {})}]}
        for name, time in (("early", "2026-01-01T10:00:00+01:00"), ("late", "2026-03-05T10:00:00+01:00"), ("never", ""))
    )
    dated = {"id": "dated", "turns": [{"role": "customer", "text": "Hello?"}], "meta": {"date": "2026-03-06"}}
    path = lines(tmp_path / "a.jsonl", [early, late, never, dated])
    summary = run(tmp_path / "out", path, since=datetime(2026, 3, 1))
    assert [row["conversation_id"] for row in rows_of(tmp_path / "out", "reviews")] == ["late", "dated"]
    assert (summary.counts.older, summary.counts.undated, summary.counts.records) == (1, 1, 4)


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path, archive: Path) -> None:
    for name, seed, workers in (("a", 1, 1), ("b", 1, 2), ("c", 2, 1)):
        summary = run(tmp_path / name, archive, sample=15, seed=seed, workers=workers)
        assert (summary.counts.reviewed, summary.passed) == (15, 45)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert rows_of(tmp_path / "a", "reviews") != rows_of(tmp_path / "c", "reviews")


def test_what_cannot_be_read_is_kept_with_its_place_and_reason(tmp_path: Path) -> None:
    good = [json.dumps(value).encode() for value in talks(3)]
    bad = [b'{"id": "x", "turns": [{"role": "agnet", "text": "Hi"}]}', b"{broken", b'{"id": "\xff"}', b"[]"]
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b"\n".join([good[0], bad[0], b"", good[1], *bad[1:], good[2]]) + b"\r\n")
    summary = run(tmp_path / "out", path, part=2)
    assert (summary.counts.records, summary.counts.reviewed, summary.counts.quarantined) == (7, 3, 4)
    kept = quarantine(tmp_path / "out")
    assert [entry["place"] for entry in kept] == [f"mixed.jsonl:{number}" for number in (2, 5, 6, 7)]
    assert "agnet" in kept[0]["reason"]
    assert kept[0]["raw"].encode() == bad[0]
    assert "raw_base64" in kept[2]
    assert "UTF-8" in kept[2]["reason"]


def test_bad_rows_of_tables_are_kept(tmp_path: Path) -> None:
    rows = turn_rows(talks(3))
    rows[1] = {**rows[1], "role": "nobody at all"}
    rows.insert(5, {"conversation_id": "", "role": "agent", "text": "whose is this?"})
    summary = run(tmp_path / "csv", table(tmp_path / "t.csv", rows))
    assert (summary.counts.records, summary.counts.quarantined) == (4, 2)
    first, second = quarantine(tmp_path / "csv")
    assert "nobody at all" in first["reason"] + second["reason"]
    values = talks(3)
    values[1]["turns"] = [{**values[1]["turns"][0], "role": "agnet"}]
    pq.write_table(pa.Table.from_pylist(values), tmp_path / "t.parquet")
    assert run(tmp_path / "parquet", tmp_path / "t.parquet").counts.quarantined == 1
    (kept,) = quarantine(tmp_path / "parquet")
    assert kept["place"] == "t.parquet:2"
    assert json.loads(kept["raw"])["id"] == "talk-1"


def test_rows_that_are_no_rows_are_kept_as_they_stand(tmp_path: Path) -> None:
    rows = ["1,agent,a", "2,agent,b", '1,agent,"open', "3,agent", '"4,agent,open', '5,"customer', 'is",c,d']
    (tmp_path / "t.csv").write_text("\n".join(["conversation_id,role,text", *rows, "6,agent,e"]), encoding="utf-8")
    summary = run(tmp_path / "out", tmp_path / "t.csv")
    assert [row["conversation_id"] for row in rows_of(tmp_path / "out", "reviews")] == ["2", "6"]
    assert (summary.counts.records, summary.counts.quarantined) == (6, 4)
    kept = {entry["place"]: entry for entry in quarantine(tmp_path / "out")}
    assert set(kept) == {f"t.csv:{number}" for number in (2, 5, 6, 7)}
    first = {"conversation_id": "1", "role": "agent", "text": "a"}
    assert json.loads(kept["t.csv:2"]["raw"]) == [first, '1,agent,"open\n']
    assert "line 4: not a row of the table" in kept["t.csv:2"]["reason"]
    assert json.loads(kept["t.csv:5"]["raw"]) == ["3,agent\n"]
    assert kept["t.csv:6"]["raw"] == '"4,agent,open'
    assert json.loads(kept["t.csv:7"]["raw"]) == ['5,"customer\nis",c,d\n']


def test_a_row_that_is_no_row_is_kept_within_bounds(tmp_path: Path) -> None:
    line = '"' + "x" * (chunks.BYTES + 1)
    (tmp_path / "t.csv").write_text(f"conversation_id,role,text\n1,agent,a\n{line}", encoding="utf-8")
    run(tmp_path / "out", tmp_path / "t.csv")
    (kept,) = quarantine(tmp_path / "out")
    assert (kept["bytes"], kept["raw"]) == (len(line), line[: chunks.SHOWN])
    assert kept["sha256"] == hashlib.sha256(line.encode()).hexdigest()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": ["1"], "turns": ["hello"]}, "the column turns has to be a list of records"),
        ({"id": ["1"], "turns": [[{"role": "agent"}]]}, "the column turns.text is missing"),
        ({"conversation_id": ["1"], "role": ["agent"], "text": [5]}, "the column text is int64 and has to be text"),
        ({"role": ["agent"], "text": ["x"]}, "the column id or conversation_id is missing"),
    ],
)
def test_a_parquet_file_of_another_schema_is_named(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "wrong.parquet")
    good = lines(tmp_path / "good.jsonl", talks(1))
    summary = run(tmp_path / "out", tmp_path / "wrong.parquet", good)
    assert (summary.counts.reviewed, summary.counts.faults) == (1, 1)
    (kept,) = quarantine(tmp_path / "out")
    assert kept["place"] == "wrong.parquet"
    assert said in kept["reason"]


def turns_of(ids: pa.Array) -> pa.Table:
    """A table of turns, a row for each id."""
    texts = [f"turn {row}" for row in range(len(ids))]
    return pa.table({"conversation_id": ids, "role": ["agent"] * len(ids), "text": texts})


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        ([1, 1, 2**64 - 1, 3, 3], pa.uint64()),
        ([-1, -1, 2, 3, 3], pa.int8()),
        ([1, 1, 2, 3, 3], pa.decimal128(38, 0)),
        (["a", "a", "", "c", "c"], pa.string_view()),
        (["a", "a", "", "c", "c"], pa.dictionary(pa.int8(), pa.string())),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_ids_of_any_type_tell_conversations(tmp_path: Path, ids: list[Any], kind: pa.DataType, apart: bool) -> None:
    ids = [*ids, ids[0]] if apart else ids
    pq.write_table(turns_of(pa.array(ids, kind)), tmp_path / "t.parquet", row_group_size=2)
    summary = run(tmp_path / "out", tmp_path / "t.parquet")
    found = {row["place"]: (row["conversation_id"], row["turns"]) for row in rows_of(tmp_path / "out", "reviews")}
    wanted = {"t.parquet:1": (str(ids[0]), 3 if apart else 2), "t.parquet:3": (str(ids[2]), 1)}
    wanted |= {"t.parquet:4": (str(ids[3]), 2)}
    assert found == {place: value for place, value in wanted.items() if value[0]}
    assert summary.counts.records == 3


@pytest.mark.parametrize(
    "ids", [[-1, None, 7, 7, None, 0], ["a", None, "", "", None, "None"], [None, -1, None, 5, None, -1]]
)
def test_an_id_that_is_missing_is_not_another_id(tmp_path: Path, ids: list[Any]) -> None:
    pq.write_table(turns_of(pa.array(ids)), tmp_path / "t.parquet")
    run(tmp_path / "out", tmp_path / "t.parquet")
    rows: dict[Any, list[int]] = {}
    for number, value in enumerate(ids, 1):
        rows.setdefault(value, []).append(number)
    read = {row["place"]: (row["conversation_id"], row["turns"]) for row in rows_of(tmp_path / "out", "reviews")}
    assert read == {
        f"t.parquet:{at[0]}": (str(value), len(at)) for value, at in rows.items() if value not in (None, "")
    }
    kept = {entry["place"]: json.loads(entry["raw"]) for entry in quarantine(tmp_path / "out")}
    assert set(kept) == {f"t.parquet:{at[0]}" for value, at in rows.items() if value in (None, "")}
    assert [turn["text"] for turn in kept[f"t.parquet:{rows[None][0]}"]["turns"]] == [
        f"turn {number - 1}" for number in rows[None]
    ]


def test_a_sample_of_a_table_of_turns_is_one(tmp_path: Path) -> None:
    rows = turn_rows(talks(20))
    pq.write_table(pa.Table.from_pylist([*rows[1:], rows[0]]), tmp_path / "t.parquet")
    summary = run(tmp_path / "out", tmp_path / "t.parquet", sample=5)
    assert (summary.counts.reviewed, summary.passed) == (5, 15)


def damage(path: Path, group: int, column: str) -> None:
    """Overwrite the header of the first page of a column in a row group."""
    found = pq.read_metadata(path).row_group(group)
    (chunk,) = [
        found.column(number) for number in range(found.num_columns) if found.column(number).path_in_schema == column
    ]
    with path.open("r+b") as file:
        file.seek(chunk.dictionary_page_offset or chunk.data_page_offset)
        file.write(b"\xff" * 16)


def test_a_damaged_row_group_costs_only_its_rows(tmp_path: Path, undisturbed: Path) -> None:
    path = tmp_path / "talks.parquet"
    pq.write_table(pa.Table.from_pylist(talks(60)), path, row_group_size=10)
    for group in (2, 3, 5):
        damage(path, group, "turns.list.element.text")
    summary = run(tmp_path / "out", path)
    assert (summary.counts.records, summary.counts.reviewed, summary.counts.faults) == (30, 30, 2)
    first, second = quarantine(tmp_path / "out")
    assert first["place"] == second["place"] == "talks.parquet"
    assert first["reason"].startswith("rows 21-40 cannot be read: ")
    assert second["reason"].startswith("rows 51-60 cannot be read: ")
    numbers = [*range(1, 21), *range(41, 51)]
    found = rows_of(tmp_path / "out", "reviews")
    assert [row["place"] for row in found] == [f"talks.parquet:{number}" for number in numbers]
    wanted = rows_of(undisturbed, "reviews")
    assert [verdicts(row) for row in found] == [verdicts(wanted[number - 1]) for number in numbers]


@pytest.mark.parametrize("column", ["text", "conversation_id"])
def test_a_conversation_that_lost_rows_is_not_judged_by_the_others(tmp_path: Path, column: str) -> None:
    ids = ["a", "a", "b", "b", "b", "c", "d", "d", "e", "e", "f"]  # rows 4-6 and 7-9 are two groups
    path = tmp_path / "t.parquet"
    pq.write_table(turns_of(pa.array(ids)), path, row_group_size=3)
    damage(path, 1, column)
    summary = run(tmp_path / "out", path)
    assert [row["conversation_id"] for row in rows_of(tmp_path / "out", "reviews")] == ["a", "e", "f"]
    assert (summary.counts.records, summary.counts.quarantined, summary.counts.faults) == (5, 2, 1)
    before, after, fault = quarantine(tmp_path / "out")
    assert (before["place"], after["place"], fault["place"]) == ("t.parquet:3", "t.parquet:7", "t.parquet")
    assert "rows 4-6 of the table cannot be read" in before["reason"]
    assert json.loads(before["raw"])["conversation_id"] == "b"
    assert json.loads(after["raw"])["turns"] == [{"role": "agent", "text": f"turn {row}"} for row in (6, 7)]


def test_roles_of_parquet_are_read_as_those_of_other_tables(tmp_path: Path) -> None:
    said = [("1", "Agent", "hi"), ("1", "CUSTOMER", "yes?"), ("2", "klient", "hej"), ("2", "Konsultantka Ola", "cześć")]
    rows = [{"conversation_id": name, "role": role, "text": text, "team": 7} for name, role, text in said]
    pq.write_table(
        pa.Table.from_pylist([*rows, {**rows[0], "conversation_id": "3", "role": "agnet"}]), tmp_path / "t.parquet"
    )
    table(tmp_path / "t.csv", rows)
    run(tmp_path / "csv", tmp_path / "t.csv")
    run(tmp_path / "out", tmp_path / "t.parquet")
    found, wanted = (rows_of(tmp_path / name, "reviews") for name in ("out", "csv"))
    assert list(map(verdicts, found)) == list(map(verdicts, wanted))
    assert [(row["agents"], row["team"]) for row in found] == [(["agent"], "7"), (["Ola"], "7")]
    (kept,) = quarantine(tmp_path / "out")
    assert "'agnet' is not one of agent" in kept["reason"]


@pytest.mark.parametrize("packed", ["gz", "zst"])
@pytest.mark.parametrize("broken", ["cut", "flipped"])
def test_a_broken_tail_costs_only_what_is_broken(tmp_path: Path, packed: str, broken: str) -> None:
    random_texts = random.Random(5)  # noqa: S311 - no secret
    values = talks(200)
    for value in values:
        value["meta"] = {"noise": random_texts.randbytes(200).hex()}
    data = as_lines(values)
    whole = gzip.compress(data) if packed == "gz" else zstandard.compress(data)
    at = len(whole) * 3 // 4
    hurt = whole[:at] if broken == "cut" else whole[:at] + bytes(64) + whole[at + 64 :]
    path = tmp_path / f"t.jsonl.{packed}"
    path.write_bytes(hurt)
    summary = run(tmp_path / "out", path, part=50)
    assert summary.counts.faults == 1
    if packed == "gz" or broken == "cut":
        assert summary.counts.reviewed + summary.counts.quarantined > 60
    kept = quarantine(tmp_path / "out")[-1]
    assert kept["place"] == path.name
    assert "missing" in kept["reason"] or "damaged" in kept["reason"]
    assert all(row["conversation_id"] == f"talk-{n}" for n, row in enumerate(rows_of(tmp_path / "out", "reviews")))


def test_a_record_of_50_mb_is_bounded_and_named(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    first, second = (json.dumps(value).encode() for value in talks(2))
    large = json.dumps({"id": "large", "turns": [{"role": "customer", "text": "x" * 50_000_000}]}).encode()
    path.write_bytes(b"\n".join([first, large, second]) + b"\n")
    summary = run(tmp_path / "out", path)
    assert (summary.counts.reviewed, summary.counts.quarantined) == (2, 1)
    (kept,) = quarantine(tmp_path / "out")
    assert kept["bytes"] == len(large) + 1
    assert kept["sha256"] == hashlib.sha256(large + b"\n").hexdigest()
    assert kept["raw"].startswith('{"id": "large"')
    assert (tmp_path / "out" / "quarantine.jsonl").stat().st_size < 200_000


def test_a_large_record_of_parquet_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    large = {**talks(1)[0], "id": "large", "turns": [{"role": "customer", "text": "ż" * 9_000_000}]}
    values = [*talks(3), large, *talks(2, 3)]
    pq.write_table(pa.Table.from_pylist(values), path)
    summary = run(tmp_path / "out", path)
    assert (summary.counts.records, summary.counts.reviewed, summary.counts.quarantined) == (6, 5, 1)
    assert [row["conversation_id"] for row in rows_of(tmp_path / "out", "reviews")] == [f"talk-{n}" for n in range(5)]
    (kept,) = quarantine(tmp_path / "out")
    assert kept["place"] == "large.parquet:4"
    assert kept["bytes"] > 18_000_000
    assert len(kept["sha256"]) == 64
    assert '"id": "large"' in kept["raw"]
    assert (tmp_path / "out" / "quarantine.jsonl").stat().st_size < 200_000


def test_a_large_dictionary_makes_no_record_large(tmp_path: Path) -> None:
    texts = pa.array([f"{number}" + "x" * 1_000_000 for number in range(18)]).dictionary_encode()
    rows = pa.table({"conversation_id": list("abcdefghijklmnopqr"), "role": ["agent"] * 18, "text": texts})
    pq.write_table(rows, tmp_path / "t.parquet")
    (file,) = survey([str(tmp_path / "t.parquet")]).files
    cut = list(chunks.chunks(file, Choice(), lambda _: None))
    assert sum(chunk.count for chunk in cut) == 18
    assert not any(chunk.refused for chunk in cut)


# the same bytes, whatever happens


def test_workers_change_no_byte(tmp_path: Path, archive: Path, undisturbed: Path) -> None:
    run(tmp_path / "out", archive, workers=2)
    assert digests(tmp_path / "out") == digests(undisturbed)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill -9, but not while the process starts a worker: of a parent that is gone by then it is Python's own start
    of the worker that complains, before any line of the package runs.
    """
    while True:
        process.send_signal(signal.SIGSTOP)  # so that it starts none between the look and the kill
        if all(age > 0.2 for age in ages_of_children(process.pid)):
            break
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    process.kill()


def ages_of_children(pid: int) -> list[float]:
    """How many seconds ago a process started each of its children, as Linux tells; nothing of those that are gone."""
    ages = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                ages.append(time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    return ages


def test_killed_at_20_moments_and_resumed(tmp_path: Path, archive: Path, undisturbed: Path, slow: None) -> None:
    out = tmp_path / "out"
    moments = random.Random(20)  # noqa: S311 - no secret
    line = [sys.executable, "-m", "reviewqa.cli", "audit", str(archive), "-o", str(out), "--part", "10", "--resume"]
    kills = 0
    for number in range(20):
        workers = "2" if number % 5 == 4 else "1"
        started = subprocess.Popen([*line, "--workers", workers], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        time.sleep(moments.uniform(0.4, 1.6))
        kill(started)
        _, said = started.communicate()
        kills += started.returncode == -signal.SIGKILL
        assert b"Traceback" not in said
        if (out / "manifest.json").exists():
            assert digests(out) == digests(undisturbed)
            shutil.rmtree(out)
    assert kills > 5
    done = command(archive, "-o", out, "--part", "10", "--resume")
    assert done.returncode == 0, done.stderr
    assert digests(out) == digests(undisturbed)


@pytest.mark.parametrize("after", range(0, 27, 2))
def test_stopped_at_any_write_and_resumed(
    tmp_path: Path, archive: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The power goes at each write in turn: a file is half there under its unfinished name, a journal line is torn."""
    from reviewqa.audit import store

    writes = 0
    real = store._write

    def failing(out: Path, path: Path, data: bytes) -> tuple[int, str]:
        nonlocal writes
        writes += 1
        if writes > after:
            (out / ".work" / "unfinished" / "half").parent.mkdir(parents=True, exist_ok=True)
            (out / ".work" / "unfinished" / "half").write_bytes(data[: len(data) // 2])
            journal = out / ".work" / "journal.jsonl"
            if journal.exists():
                with journal.open("ab") as torn:
                    torn.write(b'{"number": 7, "fi')
            raise KeyboardInterrupt
        return real(out, path, data)

    monkeypatch.setattr(store, "_write", failing)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", archive)
    monkeypatch.setattr(store, "_write", real)
    run(tmp_path / "out", archive, resume=True)
    assert digests(tmp_path / "out") == digests(undisturbed)


def test_a_finished_part_is_not_made_again(tmp_path: Path, archive: Path, undisturbed: Path) -> None:
    out = tmp_path / "out"
    stop_after(3, out, archive)
    lost = out / "findings" / "part-000001.parquet"
    lost.unlink()
    reviewed: list[int] = []
    summary = audit(
        Options((str(archive),), out, part=10, resume=True),
        Progress(moves=lambda _size, counts: reviewed.append(counts.reviewed)),
    )
    assert summary.resumed == 2
    assert digests(out) == digests(undisturbed)
    again = run(out, archive, resume=True)
    assert again.resumed == again.parts == 6
    assert again.counts.reviewed == 60


def stop_after(parts: int, out: Path, archive: Path, **more: Any) -> None:
    left = parts

    def moves(_size: int, counts: Counts) -> None:
        nonlocal left
        left -= counts.records > 0  # the survey moves, too
        if not left:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(Options((str(archive),), out, part=10, **more), Progress(moves=moves))


def test_a_worker_that_dies_costs_nothing(
    tmp_path: Path, archive: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    def moves(_size: int, _counts: Counts) -> None:
        workers = _children()
        if workers and not killed:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    audit(Options((str(archive),), tmp_path / "out", workers=2, part=10), Progress(moves=moves))
    assert killed
    assert digests(tmp_path / "out") == digests(undisturbed)


def _children() -> list[int]:
    """The worker processes of this one."""
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]


def test_a_part_that_workers_die_of_is_named(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_work", _die)
    with pytest.raises(StoppedError, match=r"talks\.jsonl: a worker died twice on part 0 \(records 1 to 10\)"):
        run(tmp_path / "out", archive, workers=2)


def test_rules_that_change_while_it_runs_stop_it(tmp_path: Path, archive: Path, reviewer: Reviewer) -> None:
    versions = reviewer.versions.model_copy(update={"rules": "others"})
    work = pool.Work(pool.Setup(tmp_path, None, None, None, None), reviewer)
    work.setup = pool.Setup(tmp_path, None, None, None, None, versions)
    (file,) = survey([str(archive)]).files
    with pytest.raises(StoppedError, match="the rules, the charter or the models changed while the audit ran"):
        list(pool.run(work, chunks.chunks(file, Choice(), print, 10), 2))


def _die(_chunk: object) -> None:
    os._exit(9)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_stops_clean(
    tmp_path: Path, archive: Path, undisturbed: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "out"
    line = [sys.executable, "-m", "reviewqa.cli", "audit", str(archive), "-o", str(out), "--part", "10"]
    started = subprocess.Popen([*line, "--workers", "2"], stderr=subprocess.PIPE, text=True)
    while not (out / ".work" / "journal.jsonl").exists() and started.poll() is None:
        time.sleep(0.01)
    started.send_signal(number)
    _, said = started.communicate(timeout=30)
    assert started.returncode == code
    assert "--resume" in said
    assert "Traceback" not in said
    assert not (out / "manifest.json").exists()
    run(out, archive, resume=True)
    assert digests(out) == digests(undisturbed)


def test_a_survey_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path, archive: Path) -> None:
    told: list[tuple[str, int]] = []
    read = 0

    def moves(size: int, _counts: Counts) -> None:
        nonlocal read
        read += size

    progress = Progress(begins=lambda *said: told.append(said), moves=moves, stops=lambda: True)
    with pytest.raises(StoppedError):
        audit(Options((str(archive),), tmp_path / "out", part=10), progress)
    assert ("survey", archive.stat().st_size) in told
    assert read == archive.stat().st_size
    assert not (tmp_path / "out").exists()


def test_two_audits_do_not_share_a_folder(tmp_path: Path, archive: Path) -> None:
    with Store(tmp_path / "out"):
        done = command(archive, "-o", tmp_path / "out", "--resume")
    assert done.returncode == 2
    assert "another audit is writing here" in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1536k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_stops_with_a_word_and_is_resumed(
    small_disk: Path, archive: Path, undisturbed: Path, workers: int
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_262_144 if workers == 1 else 1_322_144))
    done = command(archive, "-o", small_disk / "out", "--part", "10", "--resume")
    for _ in range(30):  # a fuller disk, until it is full in the middle of a part
        if done.returncode:
            break
        shutil.rmtree(small_disk / "out")
        with ballast.open("ab") as more:
            more.write(bytes(16_384))
        done = command(archive, "-o", small_disk / "out", "--part", "10", "--resume", "--workers", workers)
    assert done.returncode == 3, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    ballast.unlink()
    done = command(archive, "-o", small_disk / "out", "--part", "10", "--resume")
    assert done.returncode == 0, done.stderr
    assert digests(small_disk / "out") == digests(undisturbed)


# an archive that changes


def test_what_comes_while_it_is_read_waits_for_the_next_audit(tmp_path: Path, archive: Path, undisturbed: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(archive, folder / "talks.jsonl")
    said: list[str] = []
    first = True

    def moves(_size: int, counts: Counts) -> None:
        nonlocal first
        if not counts.records:
            return  # that was the survey
        if first:
            lines(folder / "new.jsonl", talks(2))
            with (folder / "talks.jsonl").open("ab") as grown:
                grown.write(as_lines(talks(5, 60)) + b'{"id": "half')
        first = False

    audit(Options((str(folder),), tmp_path / "out", part=10), Progress(moves=moves, notices=said.append))
    assert digests(tmp_path / "out") == digests(undisturbed)
    assert any("talks.jsonl: has grown" in text for text in said)
    assert any("new.jsonl: came after" in text for text in said)


def test_resume_reads_what_was_there_when_it_began(tmp_path: Path, archive: Path, undisturbed: Path) -> None:
    copy = tmp_path / "talks.jsonl"
    shutil.copy(archive, copy)
    stop_after(2, tmp_path / "out", copy)
    with copy.open("ab") as grown:
        grown.write(as_lines(talks(5, 60)))
    run(tmp_path / "out", copy, resume=True)
    assert digests(tmp_path / "out") == digests(undisturbed)


def test_a_file_that_was_rewritten_stops_the_audit(tmp_path: Path, archive: Path) -> None:
    copy = tmp_path / "talks.jsonl"
    shutil.copy(archive, copy)

    def moves(_size: int, counts: Counts) -> None:
        if counts.records:
            copy.write_bytes(as_lines(talks(60, 7)))

    with pytest.raises(StoppedError, match="has changed since the audit began"):
        audit(Options((str(copy),), tmp_path / "out", part=10), Progress(moves=moves))
    with pytest.raises(AuditError, match=r"the input talks\.jsonl has changed"):
        run(tmp_path / "out", copy, resume=True)


def test_a_table_that_grows_stops_the_audit(tmp_path: Path) -> None:
    path = table(tmp_path / "talks.csv", turn_rows(talks(30)))

    def moves(_size: int, counts: Counts) -> None:
        if counts.records:
            with path.open("a", encoding="utf-8") as grown:
                grown.write("new,,,agent,,Hello,,,\n")

    with pytest.raises(StoppedError, match="has changed since the audit began"):
        audit(Options((str(path),), tmp_path / "out", part=10), Progress(moves=moves))


@pytest.mark.parametrize(
    ("more", "said"),
    [({"part": 9}, "chunk"), ({"sample": 3}, "sample"), ({"charter": True}, "charter")],
)
def test_resume_refuses_another_plan(tmp_path: Path, archive: Path, more: dict[str, Any], said: str) -> None:
    stop_after(2, tmp_path / "out", archive)
    if "charter" in more:
        from reviewqa.charter.model import default_path

        more = {"charter": tmp_path / "own.yaml"}
        text = default_path().read_text(encoding="utf-8").replace("name:", "name: Ours #", 1)
        more["charter"].write_text(text, encoding="utf-8")
    with pytest.raises(AuditError, match=rf"cannot be resumed: it was begun with {said}"):
        run(tmp_path / "out", archive, resume=True, **more)


# the command


def test_the_command_says_what_it_did_and_exits_for_schedulers(tmp_path: Path, archive: Path) -> None:
    done = command(archive, "-o", tmp_path / "out", "--fail-under", "99", "--junit", tmp_path / "gates.xml")
    assert done.returncode == 4
    assert "60 records in 1 file: 60 reviewed" in done.stdout
    assert "the mean total is" in done.stderr
    suite = ElementTree.parse(tmp_path / "gates.xml").getroot()
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) != "0"
    assert "talk-" in "".join(failure.text or "" for failure in suite.iter("failure"))
    again = command(archive, "-o", tmp_path / "out")
    assert again.returncode == 2
    assert "finished audit" in again.stderr
    assert command(archive, "-o", tmp_path / "out", "--resume", "--fail-under", "5").returncode == 0


def test_exit_1_where_a_record_could_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(as_lines(talks(1)) + b"{broken\n")
    done = command(path, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "1 could not be read (see quarantine.jsonl)" in done.stdout


def test_dry_run_writes_nothing(tmp_path: Path, archive: Path) -> None:
    done = command(archive, "-o", tmp_path / "out", "--dry-run", "--sample", "5")
    assert done.returncode == 0
    assert "talks.jsonl: lines" in done.stdout
    assert "60 records; 5 would be reviewed" in done.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl", "-o", "out"], "no such file or folder"),
        (["talks.jsonl", "-o", "out", "--since", "soon"], "is no date"),
        (["talks.doc", "-o", "out"], "is no archive"),
        (["talks.jsonl", "-o", "full"], "is not empty"),
        (["talks.jsonl", "-o", "out", "--charter", "none.yaml"], "none.yaml"),
        (["talks.jsonl", "-o", "out", "--against", "none"], "has no manifest.json"),
        (["talks.jsonl", "-o", "out", "--against", "none", "--dry-run"], "has no manifest.json"),
        (["talks.jsonl", "-o", "out", "--junit", "nowhere/gates.xml"], "there is no folder nowhere"),
        (["talks.jsonl", "-o", "out", "--junit", "full"], "is a folder"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: Path, archive: Path, arguments: list[str], said: str) -> None:
    shutil.copy(archive, tmp_path / "talks.jsonl")
    (tmp_path / "talks.doc").write_text("x", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "full" / "mine.txt").exists()
    assert not (tmp_path / "out").exists()


def test_gates_may_be_written_into_the_results(tmp_path: Path) -> None:
    path = lines(tmp_path / "talks.jsonl", talks(1))
    assert command(path, "-o", tmp_path / "out", "--junit", tmp_path / "out" / "gates.xml").returncode == 0
    assert (tmp_path / "out" / "gates.xml").is_file()


def test_gates_that_cannot_be_written_do_not_undo_the_audit(tmp_path: Path) -> None:
    path = lines(tmp_path / "talks.jsonl", talks(1))
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    done = command(path, "-o", tmp_path / "out", "--junit", full)
    assert done.returncode == 3, done.stderr
    assert "/dev/full: cannot be written" in done.stderr
    assert command(path, "-o", tmp_path / "out", "--resume", "--junit", tmp_path / "gates.xml").returncode == 0


def test_signs_of_patterns_in_the_name_of_the_folder(tmp_path: Path) -> None:
    path = lines(tmp_path / "talks.jsonl", talks(2))
    out = tmp_path / "o[1]"
    done = command(path, "-o", out, "--fail-under", "100", "--junit", tmp_path / "gates.xml")
    assert done.returncode == 4, done.stderr
    assert "talk-1" in (tmp_path / "gates.xml").read_text(encoding="utf-8")
    summary = run(tmp_path / "p[2]", path, against=out)
    assert summary.moves is not None


def test_a_fault_of_the_program_is_no_code_of_a_scheduler(tmp_path: Path, archive: Path) -> None:
    code = (
        "from reviewqa.audit import run\nfrom reviewqa.cli import main\n"
        "def fails(*_): raise RuntimeError('what nobody thought of')\nrun.audit = fails\nmain()"
    )
    arguments = [sys.executable, "-c", code, "audit", str(archive), "-o", str(tmp_path / "out")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "RuntimeError: what nobody thought of" in done.stderr
    assert "Traceback" in done.stderr


def test_the_commands_of_the_page_run_in_their_order(tmp_path: Path, slow: None) -> None:
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
    shutil.copytree(SAMPLES.parent, tmp_path / "data" / "samples")
    (tmp_path / "out").mkdir()
    commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) >= 5
    for line in commands:
        _, *arguments = shlex.split(line)
        done = subprocess.run(
            [sys.executable, "-m", "reviewqa.cli", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "out" / "tuesday.html").stat().st_size > 10_000


def test_without_the_extra_the_command_names_it() -> None:
    code = (
        "import sys\nfor name in ('pyarrow', 'duckdb'): sys.modules[name] = None\n"
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in ('pyarrow', 'duckdb') else real(name, *a)\n"
        "sys.argv = ['reviewqa', 'audit', 'x.jsonl', '-o', 'out']\nfrom reviewqa.cli import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'reviewqa[audit]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_progress_goes_to_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from reviewqa.cli import audit as face

    monkeypatch.setattr(face, "_EVERY_S", 0.0)
    progress = face._plain()
    progress.begins("review", 1000)
    progress.moves(250, Counts(records=10, reviewed=10))
    said = capsys.readouterr()
    assert "25% done, 10 reviewed" in said.err
    assert "left" in said.err
    assert not said.out
    progress.begins("survey", 1000)
    progress.moves(500, Counts())
    assert "50% done, 0:00:00 left" in capsys.readouterr().err


def test_unpacking_is_bounded() -> None:
    """A packed file of nothing but one letter unpacks a thousandfold: what is held at once stays small."""
    from reviewqa.audit.inflate import Unpacked

    packed = gzip.compress(b"x" * 50_000_000)
    stream = Unpacked(io.BytesIO(packed), ".gz", len(packed))
    total = 0
    while count := stream.readinto(bytearray(1 << 16)):
        total += count
        assert len(stream._ready) < 8_000_000
    assert total == 50_000_000
