"""Hours as site owners write them."""

from __future__ import annotations

import datetime

import pytest

from botwijzer.handoff.hours import ZONE, is_open

MONDAY, TUESDAY, SATURDAY, SUNDAY = 23, 24, 28, 29
"""Days of November 2026."""


def at(day: int, hour: int, minute: int = 0) -> datetime.datetime:
    """A moment in the shop."""
    return datetime.datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    "hours",
    [
        "ma-vr 9-17 uur",
        "ma t/m vr 9.00-17.00",
        "Maandag tot en met vrijdag van 09:00 tot 17:00 uur",
        "op werkdagen van 9.00 tot 17.00 uur",
        "werkdagen 9u-17u",
        "ma, di, wo, do en vr: 9.00 – 17.00",
        "ma tm vr 9:00 - 17:00, za 10-13",
        "werkdagen van 9u00 tot 17u00",
    ],
)
def test_working_days(hours: str) -> None:
    assert is_open(hours, at(MONDAY, 9))
    assert is_open(hours, at(TUESDAY, 16, 59))
    assert is_open(hours, at(TUESDAY, 17)) is False
    assert is_open(hours, at(MONDAY, 8, 59)) is False
    assert is_open(hours, at(SUNDAY, 12)) is False


def test_each_day_may_have_hours_of_its_own() -> None:
    hours = "ma t/m vr 9.00-17.00 uur, za 10-13 uur"

    assert is_open(hours, at(SATURDAY, 12))
    assert is_open(hours, at(SATURDAY, 14)) is False
    assert is_open("dagelijks van 8 tot 22 uur", at(SUNDAY, 21))
    assert is_open("za-ma 10-12", at(SUNDAY, 11))
    assert is_open("za-ma 10-12", at(TUESDAY, 11)) is False


def test_the_shop_keeps_dutch_time() -> None:
    utc = datetime.timezone.utc

    assert is_open("ma-vr 9-17", datetime.datetime(2026, 11, MONDAY, 8, 30, tzinfo=utc))
    assert is_open("ma-vr 9-17", datetime.datetime(2026, 7, 6, 7, 30, tzinfo=utc))


@pytest.mark.parametrize("hours", ["", "op kantoordagen", "we antwoorden binnen twee dagen", "24/7", "ma-vr", "9-17"])
def test_what_names_no_hours_says_nothing(hours: str) -> None:
    assert is_open(hours, at(MONDAY, 3)) is None
