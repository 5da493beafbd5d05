"""When the staff can be reached, read from what visitors are told: 'ma t/m vr 9.00-17.00 uur, za 10-13'."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from dataclasses import dataclass

ZONE = zoneinfo.ZoneInfo("Europe/Amsterdam")

_ALWAYS = re.compile(r"\b24/7\b|\bdag en nacht\b|\b24 uur per dag\b(?:,? 7 dagen per week\b)?")

_DAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
_DAY = r"(ma|di|wo|do|vr|za|zo)(?:andag|nsdag|ensdag|nderdag|ijdag|terdag|ndag)?\b\.?"
_WORKING_DAYS = r"(?:elke |iedere )?werkdag(?:en)?\b|doordeweeks\b"
_ALL_DAYS = r"dagelijks\b|(?:elke|iedere) dag\b|alle dagen\b"
_WEEKEND = r"(?:het )?weekend\b"
_UNTIL = r"-|–|tot(?: en met)?|t/m|tm"
_TO = rf"\s*(?:{_UNTIL})\s*"
_TIME = r"(\d{1,2})(?:[.:u](\d{2}))?\s*(?:uur|u)?"
_PERIOD = re.compile(
    rf"(?P<days>(?:{_DAY}|{_WORKING_DAYS}|{_ALL_DAYS}|{_WEEKEND}|{_UNTIL}|,|\s|en|van|op|in)+?)\s*:?\s*(?:van\s+)?"
    rf"(?<!\d){_TIME}{_TO}{_TIME}"
)
_RANGE = re.compile(rf"{_DAY}{_TO}{_DAY}")
_SINGLE = re.compile(_DAY)


@dataclass(frozen=True)
class _Period:
    """Days of the week (Monday is 0), the minutes of the day from and until, and where in the text they stand."""

    days: frozenset[int]
    begin: int
    end: int
    place: slice


def is_open(hours: str, moment: datetime.datetime | None = None) -> bool:
    """Whether the staff can be reached.

    Args:
        hours: BOTWIJZER_CONTACT_HOURS; when it is empty, always.
        moment: Aware of its zone; now by default.

    Returns:
        False also for what can't be read, so that nobody is promised an answer that nobody gives.
    """
    if not hours.strip():
        return True
    here = (moment or datetime.datetime.now(ZONE)).astimezone(ZONE)
    minute = here.hour * 60 + here.minute
    periods = _periods(" ".join(hours.lower().split()))
    return any(here.weekday() in each.days and each.begin <= minute < each.end for each in periods)


def unread(hours: str) -> str:
    """What of the text may name hours but can't be read as such; empty if there is nothing of that kind."""
    left = hours = " ".join(hours.split())
    periods = _periods(hours.lower())
    for period in reversed(periods):
        left = f"{left[: period.place.start]} {left[period.place.stop :]}"
    return " ".join(left.split()).strip(" ,;") if not periods or any(c.isdecimal() for c in left) else ""


def _periods(hours: str) -> list[_Period]:
    periods = [_Period(frozenset(range(7)), 0, 24 * 60, slice(*found.span())) for found in _ALWAYS.finditer(hours)]
    for found in _PERIOD.finditer(hours):
        from_hour, from_minute, to_hour, to_minute = (int(value or 0) for value in found.groups()[-4:])
        begin, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        follows = periods and periods[-1].place.stop == found.start()
        days = _days(found["days"]) or (periods[-1].days if follows else frozenset())  # '... 9-12 en 13-17'
        if days and begin < end <= 24 * 60 and max(from_minute, to_minute) < 60:
            periods.append(_Period(days, begin, end, slice(*found.span())))
    return periods


def _days(text: str) -> frozenset[int]:
    whole = ((_ALL_DAYS, range(7)), (_WORKING_DAYS, range(5)), (_WEEKEND, range(5, 7)))
    found = {day for words, days in whole if re.search(words, text) for day in days}
    found |= {_DAYS.index(day) for day in _SINGLE.findall(text)}
    for first, last in _RANGE.findall(text):
        begin, end = _DAYS.index(first), _DAYS.index(last)
        found |= {day % 7 for day in range(begin, end + 1 + 7 * (end < begin))}
    return frozenset(found)
