"""What is too old is erased daily, and nothing else: neither by a wrong clock nor by a wrong setting."""

from __future__ import annotations

import asyncio
import datetime
import sqlite3
from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from botwijzer import retention
from botwijzer.channels import telegram_inbox, transcript_tables
from botwijzer.channels.events import Events, stamp
from botwijzer.channels.telegram_inbox import Inbox, Outgoing
from botwijzer.channels.transcript import Transcript
from botwijzer.channels.transcript_tables import SENDER_PREFIX
from botwijzer.channels.web import WebChannel
from botwijzer.database import open_database
from botwijzer.handoff.outbox import MAIL
from botwijzer.handoff.store import Requests
from botwijzer.operating.metrics import erasure_held
from botwijzer.retention import Retention
from tests.handoff.test_store import make_older, wanted
from tests.unit_helpers import use_settings

DAY = datetime.timedelta(days=1)
EVENTS = SQLTrackerStore.SQLEvent.__table__


class Shop:
    """An installation whose clock can be set."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self.days = 30
        self.now = datetime.datetime(2026, 11, 30, 12)
        self._engine = open_database(url)
        self._count = 0
        monkeypatch.setattr(retention, "now", lambda: self.now)

    @property
    def retention(self) -> Retention:
        """Of a process that has just started."""
        return Retention(self.url, self.days)

    def talk(self, days_ago: Iterable[float]) -> None:
        """Adds a conversation for each of these ages, alternately in the widget and over REST."""
        with self._engine.begin() as connection:
            for ago in days_ago:
                at, self._count = self.now - ago * DAY, self._count + 1
                if self._count % 2:
                    session = {"id": f"{self._count:032x}", "active": at}
                    connection.execute(transcript_tables.sessions.insert().values(session))
                key = f"{SENDER_PREFIX}{self._count:032x}" if self._count % 2 else f"rest:{self._count}"
                row = {"sender_id": key, "type_name": "user", "timestamp": stamp(at), "data": "{}"}
                connection.execute(EVENTS.insert().values(row))

    def conversations(self) -> int:
        """How many are kept."""
        with self._engine.begin() as connection:
            return int(connection.scalar(sa.select(sa.func.count(EVENTS.c.sender_id.distinct()))))

    def run(self) -> str:
        """Runs once as the job does; returns why it was held."""
        job = self.retention
        asyncio.run(job._run_once(told))
        return " ".join(job.warnings())

    def make_older(self) -> None:
        """Moves all conversations of the widget a month into the past."""
        with self._engine.begin() as connection:
            connection.execute(transcript_tables.sessions.update().values(active=self.now - 31 * DAY))

    def close(self) -> None:
        self._engine.dispose()


async def told(_: str) -> None:
    """Nobody has a widget open."""


@pytest.fixture
def shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop that has just opened."""
    found = Shop(database_url, monkeypatch)
    yield found
    found.close()


def test_a_clock_that_is_far_ahead_at_the_start_erases_nothing(shop: Shop) -> None:
    shop.talk([0, 0.1, 0.2])
    assert shop.run() == ""
    shop.now += 60 * DAY

    assert shop.run() == "erasing is held: 3 of 3 conversations and requests would be erased at once"

    assert shop.conversations() == 3
    assert erasure_held._value.get() == 3
    shop.now -= 60 * DAY
    assert shop.run() == ""
    assert erasure_held._value.get() == 0
    assert shop.conversations() == 3


def test_without_an_earlier_run_the_clock_is_not_trusted_either(shop: Shop) -> None:
    shop.talk([0, 0.1, 0.2])
    shop.now += 60 * DAY

    assert "3 of 3" in shop.run()
    assert shop.conversations() == 3


def test_a_quiet_shop_with_daily_runs_erases_nearly_everything(shop: Shop) -> None:
    shop.talk([29.5] * 12 + [3, 0])
    assert shop.run() == ""
    shop.now += DAY

    assert shop.run() == ""

    assert shop.conversations() == 2


def test_what_a_busy_day_brought_goes_together_in_its_time(shop: Shop) -> None:
    shop.talk([*range(30), *[29.5] * 200])
    assert shop.run() == ""
    shop.now += DAY

    assert shop.run() == ""

    assert shop.conversations() == 30  # one of them is 30 days old to the second


def test_a_shorter_retention_waits_for_a_yes(shop: Shop) -> None:
    shop.days = 365
    shop.talk(range(300))
    assert shop.run() == ""
    shop.days, shop.now = 7, shop.now + DAY

    assert "of 300 conversations and requests would be erased at once" in shop.run()
    assert shop.conversations() == 300

    shop.retention.carry_out(shop.retention.plan())
    assert shop.conversations() == 7
    shop.now += DAY
    assert shop.run() == ""


def test_a_retention_of_one_day_is_never_held_in_daily_use(shop: Shop) -> None:
    shop.days = 1
    for _ in range(5):
        shop.talk([0.01, 0.3, 0.6])
        assert shop.run() == ""
        shop.now += DAY

    assert shop.conversations() == 3


def test_a_service_that_was_off_for_a_weekend_goes_on(shop: Shop) -> None:
    shop.talk([day / 2 for day in range(60)])
    assert shop.run() == ""
    shop.now += 2.6 * DAY

    assert shop.run() == ""

    assert shop.conversations() == 55


def test_a_service_that_was_off_for_weeks_asks(shop: Shop) -> None:
    shop.talk([day / 2 for day in range(60)])
    assert shop.run() == ""
    shop.now += 20 * DAY

    assert shop.run()
    assert shop.conversations() == 60


def test_a_clock_that_is_behind_erases_nothing_until_somebody_says_so(shop: Shop) -> None:
    assert shop.run() == ""
    shop.talk([-60, 31, *range(20)])

    assert shop.run() == "erasing is held: the clock is behind the newest conversation or request"
    assert shop.conversations() == 22

    shop.retention.carry_out(shop.retention.plan())
    assert shop.conversations() == 21
    shop.talk([29.5])
    shop.now += DAY
    assert shop.run() == ""  # the one from the future was seen
    assert shop.conversations() == 21


def test_a_clock_that_is_behind_is_no_run_to_compare_with(shop: Shop) -> None:
    shop.talk([0, 1])
    assert shop.run() == ""
    shop.now -= 1000 * DAY
    assert shop.run() == ""
    shop.now += 1001 * DAY

    with open_database(shop.url).connect() as connection:
        last = retention._last_run(connection)
    assert last
    assert last.at == pytest.approx(stamp(shop.now - DAY))


def test_a_run_with_nothing_to_erase_counts(shop: Shop) -> None:
    for _ in range(40):
        assert shop.run() == ""
        shop.now += DAY
    shop.talk([29.5] * 5)
    shop.now += DAY

    assert shop.run() == ""

    assert shop.conversations() == 0


def test_a_held_run_erases_no_request_and_no_id(shop: Shop) -> None:
    inbox, requests = Inbox(shop.url), Requests(shop.url)
    request = requests.submit(wanted("rest:x"), [MAIL], live=False)
    requests.close(request.id)
    inbox.add(1, 12, {})
    inbox.answer(1, 12, [])
    inbox.say(5, 12, [Outgoing("post")])
    shop.now = datetime.datetime.utcnow() + 500 * DAY

    assert "1 of 1 conversations and requests" in shop.run()

    assert requests.find(request.reference)
    assert not inbox.add(1, 12, {})
    assert inbox.is_waiting(5)


def test_ids_alone_are_not_erased_by_a_wrong_clock(shop: Shop) -> None:
    inbox = Inbox(shop.url)
    inbox.say(5, 12, [Outgoing("post")])
    shop.now = datetime.datetime.utcnow() + 500 * DAY

    assert shop.run() == "erasing is held: 1 of 1 ids of Telegram messages would be erased at once"
    assert inbox.is_waiting(5)


def test_everything_that_is_too_old_goes(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "botwijzer")
    inbox, requests = Inbox(shop.url), Requests(shop.url)
    shop.now = datetime.datetime.utcnow()
    shop.talk([*[31] * 3, *range(20)])
    request = requests.submit(wanted("rest:x"), [MAIL], live=False)
    requests.close(request.id)
    make_older(shop.url, since=31 * DAY)
    inbox.add(1, 12, {})
    inbox.answer(1, 12, [])
    with open_database(shop.url).begin() as connection:
        connection.execute(telegram_inbox._updates.update().values(at=shop.now - 31 * DAY))
    plan = shop.retention.plan()

    erased = shop.retention.carry_out(plan)

    assert (len(erased.sessions), erased.conversations, erased.requests) == (2, 3, 1)
    assert shop.conversations() == 20
    assert requests.find(request.reference) is None
    assert inbox.add(1, 12, {})
    assert "erased what was older than 30 days: 3 conversations, 1 requests" in caplog.messages


def test_a_conversation_that_goes_on_while_others_are_erased_stays(shop: Shop) -> None:
    shop.talk([31] * 4)
    store, others = Transcript(shop.url), Events(shop.url)

    def goes_on(_: object, __: object, statement: str, *___: object) -> None:
        """A visitor writes after it was looked for what is old."""
        if statement.startswith("SELECT"):
            with open_database(shop.url).begin() as connection:
                connection.execute(transcript_tables.sessions.update().values(active=shop.now))
                connection.execute(EVENTS.update().values(timestamp=stamp(shop.now)))

    for engine in (store._engine, others._engine):
        sa.event.listen(engine, "after_cursor_execute", goes_on)
    assert others.erase_before(shop.now - 30 * DAY, outside=SENDER_PREFIX) == 0
    shop.make_older()
    assert store.erase_before(shop.now - 30 * DAY) == []
    assert shop.conversations() == 4


@pytest.mark.parametrize("moment", [-1e12, 0.0, 1e18, float("inf")])
def test_a_conversation_with_an_odd_time_stops_nothing(shop: Shop, moment: float) -> None:
    shop.talk(range(20))
    with open_database(shop.url).begin() as connection:
        row = {"sender_id": "rest:odd", "type_name": "user", "timestamp": moment, "data": "{}"}
        connection.execute(EVENTS.insert().values(row))

    shop.run()
    shop.retention.carry_out(shop.retention.plan())

    assert shop.run() == ""


@pytest.mark.parametrize("days", [1, 10**6, 10**12])
def test_any_number_of_days_will_do(shop: Shop, days: int) -> None:
    shop.days = days
    shop.talk([0.5])

    assert shop.run() == ""
    assert shop.conversations() == 1


def test_open_widgets_are_told_of_what_was_erased(shop: Shop) -> None:
    erased: list[str] = []

    async def tell(session: str) -> None:
        erased.append(session)

    shop.talk([31, *range(9)])
    asyncio.run(shop.retention._run_once(tell))

    assert erased == [f"{1:032x}"]


def test_that_it_is_held_is_said_once_a_day(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.talk([31, 31])
    job = shop.retention
    for _ in range(3):
        assert asyncio.run(job._run_once(told)) == retention.HELD_PAUSE_SECONDS
    assert job._reported_at is not None
    job._reported_at -= retention.DAY_SECONDS
    asyncio.run(job._run_once(told))

    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert caplog.messages[0] == "erasing is held: 2 of 2 conversations and requests would be erased at once"


def test_a_database_that_fails_is_tried_again(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise asyncio.CancelledError

    job = shop.retention
    plans = [sqlite3.OperationalError("disk I/O error")]
    plan = job.plan

    def failing() -> retention.Plan:
        if plans:
            raise plans.pop()
        return plan()

    monkeypatch.setattr(job, "plan", failing)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(job.run_daily(told))

    assert pauses == [retention.HOUR_SECONDS, retention.DAY_SECONDS]
    assert "old conversations can't be erased: OperationalError" in caplog.messages


def test_a_widget_that_is_open_hears_that_its_conversation_was_erased(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(monkeypatch, database_url=database_url)
    heard: list[tuple[str, str]] = []

    async def emit(event: str, _: object, room: str) -> None:
        heard.append((event, room))

    channel = WebChannel()
    monkeypatch.setattr(channel._socket, "emit", emit)
    monkeypatch.setattr(channel._news, "tell", lambda session: emit("news", None, session))

    asyncio.run(channel.tell_erased("abc"))

    assert heard == [("erased", "abc"), ("news", "abc")]
