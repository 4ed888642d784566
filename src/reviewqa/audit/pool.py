"""Parts on several processors. A worker gets a chunk and leaves its files; what it says of them comes back."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait as wait_for
from pathlib import Path

import pyarrow as pa

from reviewqa.audit import AuditError, StoppedError
from reviewqa.audit.chunks import Chunk
from reviewqa.audit.earlier import Earlier
from reviewqa.audit.part import Counts, review_chunk
from reviewqa.audit.store import Part, as_bytes, write_part
from reviewqa.collector import paused
from reviewqa.errors import Fault, ReviewqaError
from reviewqa.review import Versions
from reviewqa.reviewer import Reviewer

WANTED = Fault("reviewqa audit", "was asked to stop")
AHEAD = 2
"""Chunks for each worker that wait or are worked on: more would only fill the memory."""


@contextmanager
def system_memory() -> Iterator[None]:
    """Meanwhile Arrow takes memory as the rest of the process does.

    Tables of parts are small and made one after the other; Arrow's own pool gives their memory back in between, and
    making and packing them takes a third longer.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs to make its reviewer; paths, so that every worker reads them by itself.

    Arguments:
        out: the folder of the audit.
        charter, rules, models: as the user gave them.
        since: conversations that began before are left out.
        versions: what the reviewer has to be made of.
        against: an earlier audit's folder to take over from, if any.
    """

    out: Path
    charter: Path | None
    rules: Path | None
    models: Path | None
    since: datetime | None
    versions: Versions | None = None
    against: Path | None = None

    def reviewer(self) -> Reviewer:
        """A reviewer of these standards, rules and models."""
        return Reviewer(self.charter, self.rules, self.models)


class Work:
    """Reviews chunks and writes their parts.

    Arguments:
        setup: of the audit.
        reviewer, earlier: as the setup says, where they are made already.
    """

    def __init__(self, setup: Setup, reviewer: Reviewer | None = None, earlier: Earlier | None = None) -> None:
        self.setup = setup
        self.reviewer = setup.reviewer() if reviewer is None else reviewer
        if setup.versions is not None and self.reviewer.versions != setup.versions:
            raise AuditError(Fault(str(setup.out), "the rules, the charter or the models changed while the audit ran"))
        self.earlier = earlier
        if setup.against is not None and earlier is None:
            self.earlier = Earlier(setup.against, self.reviewer, setup.since)

    def __call__(self, chunk: Chunk) -> Part:
        """Review and write one chunk."""
        with paused():  # reviews hold no circles, and looking for them takes a fifth of the time
            tables, quarantine, counts = self._reviewed(chunk)
            written = {name: as_bytes(table) for name, table in tables.items()}
        files = write_part(self.setup.out, chunk.part, written, quarantine)
        return Part(chunk.part, chunk.file, chunk.first, chunk.last, chunk.digest, counts, files)

    def _reviewed(self, chunk: Chunk) -> tuple[Mapping[str, pa.Table], list[str], Counts]:
        taken = None if self.earlier is None else self.earlier.review(chunk, self.setup.since)
        if taken is not None:
            return taken
        done = review_chunk(self.reviewer, chunk, self.setup.since)
        return done.rows.tables(), done.quarantine, done.counts


def run(
    work: Work, chunks: Iterable[Chunk], workers: int, stops: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Chunk, Part]]:
    """Work chunks off.

    Arguments:
        work: what is done; other processes make their own from its setup.
        chunks: taken as they are needed.
        workers: processes; with one, this process does the work.
        stops: is asked now and then whether somebody wants the audit to stop.
    Returns:
        Each chunk with what became of it, as soon as it is done.
    Raises:
        StoppedError: a part cannot be made, or somebody wants it; the parts given out before are good.
    """
    if workers == 1:
        for chunk in chunks:
            try:
                yield chunk, work(chunk)
            except OSError as error:
                raise stopped(chunk, error) from error
            if stops():
                raise StoppedError(WANTED)
        return
    setup = work.setup
    source = iter(chunks)
    again: list[Chunk] = []
    while True:
        with _Pool(setup, workers, stops) as pool:
            yield from pool.run(source)
            again = pool.lost
        if not again:
            return
        with _Pool(setup, 1, stops) as alone:  # one by one: what a worker dies of now, it died of before
            yield from alone.run(iter(again))
            if alone.lost:
                chunk = alone.lost[0]
                what = f"a worker died twice on part {chunk.part} (records {chunk.first} to {chunk.last})"
                raise StoppedError(Fault(chunk.file, f"{what}; out of memory, perhaps. --resume goes on there"))


def stopped(chunk: Chunk, error: BaseException) -> StoppedError:
    """An error of a worker, said as the end of the audit."""
    where = f"{chunk.file}, part {chunk.part} (records {chunk.first} to {chunk.last})"
    if isinstance(error, OSError):
        what = f"the part cannot be written: {error.strerror or error}; mend that, then go on with --resume"
    else:
        what = f"{type(error).__name__}: {error}"
    return StoppedError(Fault(where, what))


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Workers that are started meanwhile never hear Ctrl-C, which a terminal sends to all processes of the group."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Pool:
    """Worker processes until one of them dies."""

    def __init__(self, setup: Setup, workers: int, stops: Callable[[], bool]) -> None:
        self._most = workers * AHEAD if workers > 1 else 1
        self._stops = stops
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), _start, (setup,))
        self._waiting: dict[Future[Part], Chunk] = {}
        self.lost: list[Chunk] = []

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def run(self, chunks: Iterator[Chunk]) -> Iterator[tuple[Chunk, Part]]:
        for chunk in chunks:
            try:
                with _without_ctrl_c():
                    self._waiting[self._pool.submit(_work, chunk)] = chunk
            except BrokenProcessPool:
                self.lost.append(chunk)
            while len(self._waiting) >= self._most or (self.lost and self._waiting):
                yield from self._finished()
            if self.lost:
                self.lost.extend(chunks if self._most == 1 else ())
                return
        while self._waiting:
            yield from self._finished()

    def _finished(self) -> Iterator[tuple[Chunk, Part]]:
        done, _ = wait(self._waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        if self._stops():
            raise StoppedError(WANTED)
        for future in sorted(done, key=lambda future: self._waiting[future].part):
            chunk = self._waiting.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                self.lost.append(chunk)
                self.lost.sort(key=lambda lost: lost.part)
            elif error is not None:
                raise stopped(chunk, error) from error
            else:
                yield chunk, future.result()


_working: list[Work] = []
"""The work of this process, where it is a worker."""
_failed: list[str] = []
"""Why there is none."""


def _start(setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pa.set_memory_pool(pa.system_memory_pool())  # see ``system_memory``
    try:
        _working.append(Work(setup))
    except ReviewqaError as error:  # said with the first chunk; a pool whose workers do not start says nothing
        _failed.append(str(error))
    gc.collect()
    gc.freeze()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for its next chunk for ever."""
    parent = parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _work(chunk: Chunk) -> Part:
    if _failed:
        raise RuntimeError(_failed[0])
    return _working[0](chunk)
