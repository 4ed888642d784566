"""Packed files as a stream of bytes, with an error where it breaks off: nobody may take a half for the whole."""

from __future__ import annotations

import io
import zlib
from typing import IO, Any

_FEED = 4096
"""Bytes unpacked at a time: a packed byte may stand for a thousand, and the memory has to stay bounded."""


class BrokenStreamError(Exception):
    """A packed stream that ends or breaks before its end."""


class Unpacked(io.RawIOBase):
    """The bytes of a gzip or Zstandard file, of one stream or several after each other.

    Arguments:
        file: the packed bytes.
        packed: ``.gz`` or ``.zst``.
        size: how many packed bytes to read; what a growing file has after them is left alone.
    """

    def __init__(self, file: IO[bytes], packed: str, size: int) -> None:
        self._file = file
        self._packed = packed
        self._left = size
        self._stream: Any = None
        self._ready = memoryview(b"")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            if not self._feed():
                return 0
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _feed(self) -> bool:
        data = self._rest or self._take()
        self._rest = b""
        if not data:
            if self._stream is not None:
                raise BrokenStreamError("the file ends in the middle of its packed data; the end is missing")
            return False
        if self._stream is None:
            data = data.lstrip(b"\0") if self._packed == ".gz" else data  # tapes and disks pad gzip files with zeros
            if not data:
                return True
            self._stream = self._new()
        try:
            self._ready = memoryview(self._stream.decompress(data))
        except self._errors as error:
            raise BrokenStreamError(f"the packed data is damaged ({error}); what follows cannot be read") from None
        if self._stream.eof:
            self._rest = self._stream.unused_data
            self._stream = None
        return True

    def _take(self) -> bytes:
        data = self._file.read(min(_FEED, self._left))
        self._left -= len(data)
        return data

    def _new(self) -> Any:
        if self._packed == ".gz":
            return zlib.decompressobj(wbits=31)
        import zstandard

        return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        if self._packed == ".gz":
            return (zlib.error,)
        import zstandard

        return (zstandard.ZstdError,)


class Bounded(io.RawIOBase):
    """The first ``size`` bytes of a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)
