"""Hours as site owners write them."""

from __future__ import annotations

import datetime

import pytest

from botwijzer.handoff.hours import ZONE, is_open, unread

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
    utc = datetime.UTC

    assert is_open("ma-vr 9-17", datetime.datetime(2026, 11, MONDAY, 8, 30, tzinfo=utc))
    assert is_open("ma-vr 9-17", datetime.datetime(2026, 7, 6, 7, 30, tzinfo=utc))


def test_a_break_at_noon_is_for_the_same_days() -> None:
    hours = "ma t/m vr van 9.00 tot 12.30 uur en van 13.00 tot 17.00 uur; za 10-13"

    assert is_open(hours, at(TUESDAY, 12))
    assert is_open(hours, at(TUESDAY, 12, 45)) is False
    assert is_open(hours, at(TUESDAY, 16))
    assert is_open(hours, at(SATURDAY, 16)) is False
    assert unread(hours) == ""


@pytest.mark.parametrize("hours", ["elke werkdag 9-17", "doordeweeks van 9 tot 17 uur", "iedere werkdag: 9.00-17.00"])
def test_working_days_have_many_names(hours: str) -> None:
    assert is_open(hours, at(TUESDAY, 16))
    assert is_open(hours, at(SATURDAY, 16)) is False


@pytest.mark.parametrize("hours", ["", " ", "24/7", "dag en nacht", "24 uur per dag, 7 dagen per week"])
def test_there_may_be_somebody_always(hours: str) -> None:
    assert is_open(hours, at(SUNDAY, 3))
    assert unread(hours) == ""


@pytest.mark.parametrize(
    "hours",
    [
        "op kantoordagen",
        "we antwoorden binnen twee dagen",
        "ma-vr",
        "9-17",
        "Mon-Fri 9-17",
        "ma-vr van 9 tot 5",
        "ma-zo 20:00-02:00",
        "ma-vr 9.75-17",
        "ma-vr 9-25",
    ],
)
def test_what_can_not_be_read_is_no_promise_that_somebody_is_there(hours: str) -> None:
    assert [is_open(hours, at(day, 12)) for day in (MONDAY, SATURDAY)] == [False, False]
    assert unread(hours) == hours


def test_of_hours_that_can_be_read_in_part_the_rest_is_named() -> None:
    assert is_open("ma-vr 9-17, zaterdagen 10-13", at(MONDAY, 12))
    assert unread("Ma-Vr 9-17, zaterdagen 10-13") == "zaterdagen 10-13"
    assert unread("ma-vr 9-17, feestdagen gesloten") == ""


def test_a_long_text_is_read_at_once() -> None:
    assert is_open("ma - tot " * 40 + "x", at(MONDAY, 12)) is False
