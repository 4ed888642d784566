"""The clock at the start of a log line, and what a row of them can honestly mean.

A full date with a time is a time. A clock without a date never becomes one: it gives seconds since the start of the
recording, or since the first clock of the log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reviewqa.readers.records import BadRecordError

HOUR = 3600
DAY = 24 * HOUR

_STARTS_AS_RECORDING = 5 * 60
"""Seconds. ``[00:14]`` opens a recording; ``[10:15]`` is far likelier a quarter past ten than a first word after ten
minutes, and taking one for the other is wrong by a factor of sixty."""

_PREFIX = re.compile(
    r"""[ \u200e\u200f]{0,8}\*{0,2}(?P<open>[\[(]?)\s?
        (?:(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})(?:T|,?[ ]{1,2}))?
        (?P<clock>\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?)
        (?:[ ]?(?P<half>[AaPp]\.?[Mm])\b\.?)?
        (?P<zone>Z|[+-]\d{2}:?\d{2})?
        \s?(?P<close>[\])]?)\*{0,2}(?:(?<=[\])*])|(?=[\s:]|$))[ \t]*(?::[ \t]|[-\u2013][ \t])?[ \t]*""",
    re.VERBOSE,
)
_OFFSET = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:[.,]\d{1,6})?)")


@dataclass(frozen=True, slots=True)
class Stamp:
    """One clock, as written.

    Arguments:
        parts: two or three numbers (mm:ss or hh:mm, hh:mm:ss).
        bracketed: whether it stood in brackets.
        time: the absolute time, where there was a date.
        half: whether am or pm was said; the parts are then of the 24-hour clock.
    """

    parts: tuple[float, ...]
    bracketed: bool
    time: datetime | None = None
    half: bool = False


def take(line: str, number: int) -> tuple[Stamp | None, str]:
    """Split a line into its clock, if it starts with one, and the rest.

    Arguments:
        line: without its end.
        number: the physical line, for errors.
    Raises:
        BadRecordError: where a full date is no date (31 February).
    """
    found = _PREFIX.match(line)
    if found is None or {"": "", "[": "]", "(": ")"}[found["open"]] != found["close"]:
        return None, line
    parts = tuple(float(part.replace(",", ".")) for part in found["clock"].split(":"))
    if any(part >= 60 for part in parts[1:]):
        return None, line
    half = found["half"]
    if half:
        if not 1 <= parts[0] <= 12:
            return None, line
        parts = (parts[0] % 12 + (12 if half[0] in "pP" else 0), *parts[1:])
    rest = line[found.end() :]
    if found["date"] is None:
        return Stamp(parts, bool(found["open"]), half=bool(half)), rest
    return Stamp(parts, bool(found["open"]), time=_time(found["date"], parts, found["zone"] or "", number)), rest


def _time(date: str, parts: tuple[float, ...], zone: str, number: int) -> datetime:
    if "." in date:  # the Polish order: day, month, year
        day, month, year = date.split(".")
        date = f"{year}-{month:0>2}-{day:0>2}"
    hours, minutes, seconds = (*parts, 0.0)[:3]
    whole, micro = divmod(round(seconds * 1_000_000), 1_000_000)
    said = f"{date}T{int(hours):02}:{int(minutes):02}:{whole:02}.{micro:06}{zone}"
    try:
        return datetime.fromisoformat(said)
    except ValueError as error:
        raise BadRecordError(f"{said!r} is no time: {error}", number) from None


def parse_offset(value: str) -> float | None:
    """Seconds from ``mm:ss`` or ``hh:mm:ss``, or None."""
    found = _OFFSET.fullmatch(value)
    if found is None:
        return None
    return int(found[1] or 0) * HOUR + int(found[2]) * 60 + float(found[3].replace(",", "."))


def offsets(stamps: Sequence[Stamp | None], recording: bool) -> tuple[list[float | None], str | None]:
    """Seconds for the clocks of one conversation that have no date.

    Bracketed clocks that never go back and start below an hour are positions in a recording. With two numbers only
    (``[10:15]``) that is sure where the log says that it is of a phone call or where no clock of the day can be meant
    (``[25:10]``); otherwise they have to start below five minutes. All others are clocks of the day: seconds since the
    first of them, over one midnight at most.

    Arguments:
        stamps: one for each turn, None where it has no clock.
        recording: whether the log says that it is of a phone call.
    Returns:
        One number or None for each turn, and the reason why the clocks were not used, where they were not.
    """
    none: list[float | None] = [None] * len(stamps)
    clocks = [stamp for stamp in stamps if stamp is not None and stamp.time is None]
    if not clocks:
        return none, None
    if any(stamp is not None and stamp.time is not None for stamp in stamps):
        return none, "some clocks have a date and some have none; those without were not used"
    if _is_recording(clocks, recording):
        return [None if stamp is None else _position(stamp) for stamp in stamps], None
    days: list[float | None] = []
    first = last = None
    midnights = 0
    for stamp in stamps:
        if stamp is None:
            days.append(None)
            continue
        clock = _of_day(stamp)
        if clock is None:
            return none, "the clocks are neither of the day nor of a recording; they were not used"
        clock += midnights * DAY
        if last is not None and clock < last:
            if midnights or last - clock < DAY / 2:
                return none, "the clocks go back; they were not used"
            midnights = 1
            clock += DAY
        first = clock if first is None else first
        last = clock
        days.append(round(clock - first, 6))
    return days, None


def _position(stamp: Stamp) -> float:
    hours, minutes, seconds = stamp.parts if len(stamp.parts) == 3 else (0.0, *stamp.parts)
    return hours * HOUR + minutes * 60 + seconds


def _of_day(stamp: Stamp) -> float | None:
    hours, minutes, seconds = (*stamp.parts, 0.0)[:3]
    return None if hours >= 24 else hours * HOUR + minutes * 60 + seconds


def _is_recording(clocks: Sequence[Stamp], said: bool) -> bool:
    if any(stamp.half or not stamp.bracketed for stamp in clocks):
        return False
    positions = [_position(stamp) for stamp in clocks]
    if positions != sorted(positions):
        return False
    certain = said or len(clocks[0].parts) == 3 or any(_of_day(stamp) is None for stamp in clocks)
    return positions[0] < (HOUR if certain else _STARTS_AS_RECORDING)
