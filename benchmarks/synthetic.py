"""A synthetic archive of any size, mixed from the project's own sample texts; the same for the same seed.

    python benchmarks/synthetic.py OUT.{jsonl,jsonl.gz,jsonl.zst,csv,parquet} CONVERSATIONS [--seed N]

About a hundred words a conversation. Agents say what the labelled turns have, every other time word for word, as agents
repeat themselves; customers never say the same twice: a word is left out, another is a new number. Questions and
answers are drawn apart, so the verdicts mean nothing; words, lengths and times are what a review costs.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 540
CHANNELS = ("chat", "chat", "chat", "email", "phone", "ticket", "social")
NAMES = {
    "pl": "Anna Piotr Kasia Marek Ola Tomek Ewa Jan Zofia Paweł Magda Adam".split(),
    "en": "Alice Ben Carol Dan Emma Frank Grace Harry Ivy Jack Kate Liam".split(),
}
TEAMS = ("Orders", "Returns", "Billing", "Technical")
TAGS = ("delivery", "complaint", "invoice", "refund", "outage", "question")
PACE_S = {"chat": 45, "phone": 12, "email": 7200, "ticket": 7200, "social": 1800}
_DIGITS = re.compile(r"\d+")
Said = tuple[str, str]


def pool() -> dict[str, list[Said]]:
    """By language, what customers said and what agents answered."""
    found: dict[str, list[Said]] = {}
    for language in NAMES:
        said = []
        for path in sorted((ROOT / "data" / "turns" / language).glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                turn = json.loads(line)
                if "text" in turn:  # not so in the file of second labels
                    said.append((turn["context"] or "", turn["text"]))
        found[language] = said
    return found


def conversations(count: int, seed: int = 0, first: int = 0) -> Iterator[dict[str, Any]]:
    """Conversations in the library's own form.

    Arguments:
        count: how many.
        seed: of all that is drawn.
        first: the number of the first one; the same number is the same conversation in an archive of any size.
    """
    said = pool()
    for number in range(first, first + count):
        draw = random.Random(seed * 1_000_003 + number)
        language = "pl" if draw.random() < 0.5 else "en"
        channel = draw.choice(CHANNELS)
        agent = draw.choice(NAMES[language])
        when = START + timedelta(seconds=draw.randrange(DAYS * 86_400))
        turns: list[dict[str, Any]] = []
        words = 0
        wanted = draw.choice((40, 70, 100, 130, 170))
        while words < wanted:
            question, answer = draw.choice(said[language])
            answer = _varied(answer, draw) if draw.random() < 0.5 else answer
            for role, text in (("customer", _varied(question, draw)), ("agent", answer)):
                if text:
                    when += timedelta(seconds=int(draw.expovariate(1 / PACE_S[channel])) + 1)
                    turn = {"role": role, "text": text, "time": when.isoformat()}
                    turns.append({**turn, "speaker": agent} if role == "agent" else turn)
                    words += text.count(" ") + 1
        meta = {"team": TEAMS[sum(map(ord, agent)) % len(TEAMS)], "tags": draw.sample(TAGS, draw.choice((0, 1, 1, 2)))}
        yield {"id": f"c{number:09d}", "language": language, "channel": channel, "turns": turns, "meta": meta}


def _varied(text: str, draw: random.Random) -> str:
    words = text.split()
    if len(words) > 3:
        del words[draw.randrange(len(words))]
        words.insert(draw.randrange(len(words)), str(draw.randrange(10_000, 99_999)))
    return _DIGITS.sub(lambda found: str(draw.randrange(10 ** len(found.group()))), " ".join(words))


def write(path: Path, count: int, seed: int = 0) -> None:
    """Write an archive; the ending of its name says in which form."""
    name = path.name
    if name.endswith(".parquet"):
        _write_parquet(path, count, seed)
    elif name.endswith(".csv"):
        _write_csv(path, count, seed)
    else:
        with _opened(path) as out:
            for value in conversations(count, seed):
                out.write((json.dumps(value, ensure_ascii=False) + "\n").encode())


def _opened(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.GzipFile(path, "wb", compresslevel=1, mtime=0)
    if path.suffix == ".zst":
        import zstandard

        return zstandard.open(path, "wb")
    return io.BufferedWriter(io.FileIO(path, "wb"))


def _write_csv(path: Path, count: int, seed: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["conversation_id", "channel", "language", "team", "role", "speaker", "time", "text"])
        for value in conversations(count, seed):
            head = [value["id"], value["channel"], value["language"], value["meta"]["team"]]
            for turn in value["turns"]:
                writer.writerow([*head, turn["role"], turn.get("speaker", ""), turn["time"], turn["text"]])


def _write_parquet(path: Path, count: int, seed: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text = pa.string()
    turn = pa.struct([("role", text), ("text", text), ("time", pa.timestamp("us", "UTC")), ("speaker", text)])
    schema = pa.schema([("id", text), ("language", text), ("channel", text), ("team", text)])
    schema = schema.append(pa.field("tags", pa.list_(text))).append(pa.field("turns", pa.list_(turn)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        rows = []
        for number, value in enumerate(conversations(count, seed), 1):
            meta = value.pop("meta")
            for said in value["turns"]:
                said["time"] = datetime.fromisoformat(said["time"])
            rows.append({**value, **meta})
            if len(rows) == 5000 or number == count:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic archive.")
    parser.add_argument("out", type=Path)
    parser.add_argument("conversations", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.out, given.conversations, given.seed)


if __name__ == "__main__":
    main()
