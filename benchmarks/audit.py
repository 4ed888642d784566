"""What an audit costs around the review itself, in ratios of one run, on a synthetic archive.

    python benchmarks/audit.py [--conversations 20000] [--large 100000]

- Parquet in and Parquet out over in-memory: processor time of reviewing conversations that are in memory, over that of
  cutting, reading, reviewing, making tables and packing them. Chunk by chunk, each side first every other time, and the
  median over the chunks, so that both meet the same machine.
- Two workers over one: parts a second between the first part done and the last, so that starting up does not count.
- Peak memory: of the largest process, for the small archive and for the large one.
- The projection to 1,000,000 conversations, from the large run.

On a machine with other work the second figure means little; the load average is printed with it.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from reviewqa import Reviewer
from reviewqa.audit import chunks
from reviewqa.audit.archive import survey
from reviewqa.audit.chunks import Choice
from reviewqa.audit.part import Counts, conversations, review_chunk
from reviewqa.audit.pool import system_memory
from reviewqa.audit.run import Options, Progress, audit
from reviewqa.audit.store import as_bytes
from synthetic import write

CHUNK = 1000
"""Conversations of a chunk in the first figure: half of an audit's, so that there are more."""


def around_the_review(path: Path) -> float:
    """In-memory seconds over seconds from Parquet to Parquet, in a process of its own."""
    line = [sys.executable, __file__, "--measure", str(path)]
    return float(subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True).stdout)


def measured(path: Path) -> float:
    """The ratio, the median over chunks."""
    (file,) = survey([str(path)]).files
    reviewer = Reviewer()
    with system_memory():
        return _ratio(reviewer, chunks.chunks(file, Choice(), lambda _: None, CHUNK))


def _ratio(reviewer: Reviewer, cut: Iterator[chunks.Chunk]) -> float:
    review_chunk(reviewer, next(cut))  # cues and models are loaded when they are first needed
    gc.collect()
    gc.freeze()
    gc.disable()
    ratios = []
    while True:
        begin = time.process_time()
        chunk = next(cut, None)
        cutting = time.process_time() - begin
        if chunk is None:
            return statistics.median(ratios)
        if len(ratios) % 2:
            parquet, memory = _to_parquet(reviewer, chunk), _in_memory(reviewer, chunk)
        else:
            memory, parquet = _in_memory(reviewer, chunk), _to_parquet(reviewer, chunk)
        ratios.append(memory / (cutting + parquet))


def _in_memory(reviewer: Reviewer, chunk: chunks.Chunk) -> float:
    talks = [talk for _, talk in conversations(chunk)]
    begin = time.process_time()
    for talk in talks:
        reviewer.review(talk)
    return time.process_time() - begin


def _to_parquet(reviewer: Reviewer, chunk: chunks.Chunk) -> float:
    begin = time.process_time()
    done = review_chunk(reviewer, chunk)
    written = sum(len(as_bytes(table)) for table in done.rows.tables().values())
    assert written
    assert chunk.digest
    return time.process_time() - begin


def rate(path: Path, out: Path, workers: int) -> float:
    """Conversations a second between the first part done and the last."""
    done: list[tuple[float, int]] = []

    def moves(_size: int, counts: Counts) -> None:
        if counts.reviewed:
            done.append((time.perf_counter(), counts.reviewed))

    audit(Options((str(path),), out, workers=workers), Progress(moves=moves))
    first = workers  # the first parts of all workers are done at about the same time
    return sum(count for _, count in done[first:]) / (done[-1][0] - done[first - 1][0])


def peak(path: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds of a whole command, and megabytes of its largest process."""
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'reviewqa.cli', 'audit', *sys.argv[1:]], check=True, "
        "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    begin = time.perf_counter()
    line = [sys.executable, "-c", code, str(path), "-o", str(out), "--workers", str(workers)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return time.perf_counter() - begin, int(done.stdout) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure audits.")
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        _say(str(measured(given.measure)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        small, large = folder / "small.parquet", folder / "large.parquet"
        write(small, given.conversations)
        write(large, given.large)
        _say(f"Parquet in and out over in-memory: {around_the_review(small):.2f}")
        one, two = rate(small, folder / "one", 1), rate(small, folder / "two", 2)
        load = os.getloadavg()[0]
        _say(f"two workers over one: {two / one:.2f} ({one:.0f} and {two:.0f}/s; load average {load:.1f})")
        _, memory = peak(small, folder / "peak-small", 2)
        seconds, memory_large = peak(large, folder / "peak-large", 2)
        said = f"{memory:.0f} MB for {given.conversations}, {memory_large:.0f} MB for {given.large}"
        _say(f"peak memory of a process: {said}; ratio {memory_large / memory:.2f}")
        projected = seconds * 1_000_000 / given.large / 60
        _say(
            f"{given.large} conversations in {seconds:.0f} s with two workers; 1,000,000 would take {projected:.1f} min"
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
