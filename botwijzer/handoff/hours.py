"""When the staff can be reached, read from what visitors are told: 'ma t/m vr 9.00-17.00 uur, za 10-13'."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterator

ZONE = zoneinfo.ZoneInfo("Europe/Amsterdam")

_DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
_DAY = r"(ma|di|wo|do|vr|za|zo)(?:andag|nsdag|ensdag|nderdag|ijdag|terdag|ndag)?\b\.?"
_TO = r"\s*(?:-|–|tot(?: en met)?|t/m|tm)\s*"
_TIME = r"(\d{1,2})(?:[.:u](\d{2}))?\s*(?:u|uur)?"
_PERIOD = re.compile(
    rf"(?P<days>(?:{_DAY}|werkdagen|dagelijks|elke dag|{_TO}|,|\s|en|van|op)+?)\s*:?\s*(?:van\s+)?"
    rf"(?<!\d){_TIME}{_TO}{_TIME}"
)
_RANGE = re.compile(rf"{_DAY}{_TO}{_DAY}")
_SINGLE = re.compile(_DAY)


def is_open(hours: str, moment: datetime.datetime | None = None) -> bool | None:
    """Whether the staff can be reached.

    Args:
        hours: BOTWIJZER_CONTACT_HOURS.
        moment: Aware of its zone; now by default.

    Returns:
        None when the text names no hours that can be read, so that nobody knows.
    """
    periods = list(_periods(hours.lower()))
    if not periods:
        return None
    here = (moment or datetime.datetime.now(ZONE)).astimezone(ZONE)
    minute = here.hour * 60 + here.minute
    return any(here.weekday() in days and begin <= minute < end for days, begin, end in periods)


def _periods(hours: str) -> Iterator[tuple[frozenset[int], int, int]]:
    """Days of the week (Monday is 0) with the minutes of the day from and until."""
    for found in _PERIOD.finditer(hours):
        from_hour, from_minute, to_hour, to_minute = (int(value or 0) for value in found.groups()[-4:])
        days = _days(found["days"])
        if days and from_hour < 24 and to_hour <= 24:
            yield days, from_hour * 60 + from_minute, to_hour * 60 + to_minute


def _days(text: str) -> frozenset[int]:
    if "dagelijks" in text or "elke dag" in text:
        return frozenset(range(7))
    if "werkdagen" in text:
        return frozenset(range(5))
    found = {_DAYS.index(day) for day in _SINGLE.findall(text)}
    for first, last in _RANGE.findall(text):
        begin, end = _DAYS.index(first), _DAYS.index(last)
        found |= {day % 7 for day in range(begin, end + 1 + 7 * (end < begin))}
    return frozenset(found)
