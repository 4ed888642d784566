"""Bytes to text: which encoding a file is in, told from the file itself and never guessed past a doubt."""

from __future__ import annotations

import codecs
import io
import re
import shutil
import stat
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reviewqa.errors import Fault, InputError

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# The six Polish letters that differ between the two encodings, where a letter stands beside them.
_POLISH_CP1250 = re.compile(rb"[\xa5\x8c\x8f\xb9\x9c\x9f]")
_POLISH_LATIN2 = re.compile(rb"[A-Za-z\xb3\xbf\xe6\xea\xf1\xf3][\xb1\xb6\xbc]|[\xa1\xa6\xac\xb1\xb6\xbc][a-z]")
_CURE = "save the file as UTF-8, or name its encoding (encoding='iso-8859-2', say)"


class UnreadableError(Exception):
    """A file that cannot be read at all; the caller makes it a fault of the archive.

    Arguments:
        shown: how errors name the file.
        what: what is wrong and what would be right.
    """

    def __init__(self, shown: str, what: str) -> None:
        self.fault = Fault(shown, what)
        super().__init__(str(self.fault))


class Source:
    """One opened file whose encoding is known.

    Arguments:
        shown: how errors name the file.
        file: the bytes; can be sought.
        encoding: a Python codec.
        broken: the position of the first byte that breaks the UTF-8 of an otherwise good UTF-8 file, or None. A reader
            of lines may then lose one line and keep the others (``lines`` marks the broken bytes, see
            ``broken_byte``); the others refuse the file.

    Attributes:
        notices: what the user ought to know about how the file was decoded.
    """

    def __init__(self, shown: str, file: IO[bytes], encoding: str, broken: int | None = None) -> None:
        self.shown = shown
        self.encoding = encoding
        self.notices: list[str] = []
        self._file = file
        self._broken = broken

    def lines(self, newline: str | None, largest: int = -1, damaged: bool = False) -> Generator[str, None, None]:
        """The lines, each with its end.

        Arguments:
            newline: as in ``open``; which characters end a line.
            largest: characters after which a longer line is handed out in pieces; -1 for no bound.
            damaged: whether the caller can bear lines with broken bytes.
        Raises:
            UnreadableError: where the file breaks off, or has broken bytes that the caller cannot bear.
        """
        if self._broken is not None and not damaged:
            raise UnreadableError(self.shown, f"not UTF-8 (byte {self._broken}); {_CURE}")
        try:
            self._file.seek(0)
            errors = "strict" if self._broken is None else "surrogateescape"
            stream = io.TextIOWrapper(self._file, encoding=self.encoding, errors=errors, newline=newline)
            if stream.read(1) != "\ufeff":
                stream.seek(0)
        except (OSError, UnicodeError) as error:
            raise UnreadableError(self.shown, f"cannot be read: {error}") from None
        try:
            while True:
                try:
                    line = stream.readline(largest)
                except (OSError, UnicodeError) as error:
                    raise UnreadableError(self.shown, f"cannot be read: {error}") from None
                if not line:
                    return
                yield line
        finally:
            stream.detach()

    def head(self, length: int = 65536) -> str:
        """About the first ``length`` characters."""
        taken: list[str] = []
        left = length
        for line in self.lines(None, largest=length, damaged=True):
            taken.append(line)
            left -= len(line)
            if left <= 0:
                break
        return "".join(taken)

    def text(self) -> str:
        """All of it, with line ends as they are."""
        return "".join(self.lines("", damaged=False))


def broken_byte(line: str) -> int | None:
    """The position in a line of its first byte that is not UTF-8, or None."""
    found = re.search("[\udc80-\udcff]", line)
    return None if found is None else len(line[: found.start()].encode("utf-8"))


def check_encoding(encoding: str | None) -> None:
    """Raise InputError where Python knows no such text encoding."""
    if encoding is None:
        return
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    except (LookupError, UnicodeError, ValueError):
        raise InputError(Fault("encoding", f"{encoding!r} is not an encoding that Python knows (utf-8, say)")) from None


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[Source]:
    """Open a file and tell its encoding.

    A declared encoding wins. Otherwise a byte order mark decides; then UTF-8, if all of the file is UTF-8; then cp1250,
    the encoding of Polish Windows, if every byte has a meaning in it and none is a control character.

    Arguments:
        path: a file, or a pipe (which is copied to a temporary file first).
        encoding: the declared encoding.
    Raises:
        UnreadableError: for a file that is missing, empty, no file or not in one of these encodings.
    """
    shown = str(path)
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise UnreadableError(shown, "is a directory; give the files in it")
        if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
            raise UnreadableError(shown, "is not a file")
        file: IO[bytes] = path.open("rb")
    except FileNotFoundError:
        raise UnreadableError(shown, "there is no such file") from None
    except OSError as error:
        raise UnreadableError(shown, f"cannot be read: {error.strerror}") from None
    except ValueError as error:  # a NUL in the name
        raise UnreadableError(shown, f"cannot be a file's name: {error}") from None
    with file, tempfile.TemporaryFile() if stat.S_ISFIFO(kind) else file as seekable:
        try:
            if seekable is not file:
                shutil.copyfileobj(file, seekable)
            source = _tell(shown, seekable, encoding)
        except OSError as error:
            raise UnreadableError(shown, f"cannot be read: {error.strerror}") from None
        yield source


def _tell(shown: str, file: IO[bytes], declared: str | None) -> Source:
    file.seek(0)
    head = file.read(256)
    if not head:
        raise UnreadableError(shown, "is empty")
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    encoding = declared or marked or "utf-8"
    if encoding == "utf-8" and head.count(0) * 3 > len(head):
        raise UnreadableError(
            shown, "looks like UTF-16 without its mark; name the encoding (encoding='utf-16-le', say)"
        )
    broken = _first_broken_byte(file, encoding)
    if broken is None:
        return Source(shown, file, encoding)
    if codecs.lookup(encoding).name != "utf-8":
        raise UnreadableError(shown, f"not {encoding} (byte {broken}); {_CURE}")
    if declared or marked:
        return Source(shown, file, "utf-8", broken)
    return _tell_without_utf8(shown, file, broken)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _first_broken_byte(file: IO[bytes], encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    read = kept = 0
    try:
        for chunk in _chunks(file):
            kept = len(decoder.getstate()[0])
            decoder.decode(chunk)
            read += len(chunk)
        kept = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return read - kept + error.start
    except UnicodeError:
        return read
    return None


def _tell_without_utf8(shown: str, file: IO[bytes], broken: int) -> Source:
    """What is not UTF-8 is cp1250, or UTF-8 with a damaged place, or nothing that can be told."""
    high = utf8 = cp1250 = latin2 = 0
    possible = True
    for chunk in _chunks(file):
        high += len(_HIGH.findall(chunk))
        utf8 += sum(map(len, _UTF8_LETTER.findall(chunk)))
        cp1250 += len(_POLISH_CP1250.findall(chunk))
        latin2 += len(_POLISH_LATIN2.findall(chunk))
        possible = possible and not _CONTROL.search(chunk) and _first_broken_byte(io.BytesIO(chunk), "cp1250") is None
    if utf8 * 2 > high:  # text in cp1250 hardly ever looks like UTF-8 by chance
        return Source(shown, file, "utf-8", broken)
    if not possible:
        raise UnreadableError(shown, f"neither UTF-8 (byte {broken}) nor cp1250; {_CURE}")
    if latin2 > cp1250:
        raise UnreadableError(shown, f"not UTF-8 (byte {broken}) and looks like ISO-8859-2; {_CURE}")
    source = Source(shown, file, "cp1250")
    source.notices.append("is not UTF-8 and was read as cp1250; name the encoding if that is wrong")
    return source
