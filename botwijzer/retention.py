"""Erases daily what is older than BOTWIJZER_RETENTION_DAYS, unless the clock or the settings look wrong.

A run erases what has become too old since the run before. When much more than that would go, the clock may have
jumped, or the retention was shortened by mistake: then nothing is erased until the clock is right again or the
operator says so (`botwijzer erase --overdue`).
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from botwijzer.channels.events import Events, last_moments, stamp
from botwijzer.channels.telegram_inbox import DISPATCHES_DAYS, REMEMBERED_DAYS, Inbox
from botwijzer.channels.transcript import Transcript
from botwijzer.channels.transcript_tables import SENDER_PREFIX
from botwijzer.database import now, open_database
from botwijzer.handoff.request import State
from botwijzer.handoff.store import Requests
from botwijzer.handoff.tables import requests
from botwijzer.leases import Leases
from botwijzer.operating.metrics import erasure_held
from botwijzer.write_ahead_log import REPORT_AFTER_SECONDS, empty_log, log_held_up_seconds, wait_until_log_is_empty

logger = logging.getLogger(__name__)

REGULAR_DAYS = 2.0
"""After a longer pause the clock may have jumped: it looks the same as an assistant that was off."""

MAX_UNEXPECTED_SHARE = 0.25
CLOCK_TOLERANCE_SECONDS = 5 * 60.0

DAY_SECONDS, HOUR_SECONDS = 24 * 60 * 60, 60 * 60
HELD_PAUSE_SECONDS = 5 * 60
STOP_TIMEOUT_SECONDS = 3.0

LAST_RUN = "last_erasure"
"""The name in `web_values` under which the last run that was not held is kept."""

STILL_IN_FILES = "erased words are still in the database's files: another program keeps reading them"

_sessions = sa.table("web_sessions", sa.column("active", sa.DateTime))
_updates = sa.table("telegram_updates", sa.column("id", sa.BigInteger), sa.column("at", sa.DateTime))
_values = sa.table("web_values", sa.column("name", sa.String), sa.column("value", sa.Text))


@dataclass(frozen=True)
class Kept:
    """How many of something are kept.

    Attributes:
        total: All of them that are erased when they are too old.
        overdue: Those that are too old.
        unexpected: Those that are too old, and did not become so since the last run.
        newest: Time stamp of the newest; 0 when there are none.
    """

    total: int = 0
    overdue: int = 0
    unexpected: int = 0
    newest: float = 0.0

    def __add__(self, other: Kept) -> Kept:
        counts = (self.total + other.total, self.overdue + other.overdue, self.unexpected + other.unexpected)
        return Kept(*counts, newest=max(self.newest, other.newest))

    @property
    def is_too_much(self) -> bool:
        """Whether a larger share would go than the days since the last run explain."""
        return self.unexpected > MAX_UNEXPECTED_SHARE * self.total


@dataclass(frozen=True)
class LastRun:
    """The last run that was not held.

    Attributes:
        at: Its time stamp.
        newest: What the operator has seen to be dated later than the clock; 0 when there was nothing.
    """

    at: float
    newest: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What a run is to erase.

    Attributes:
        moment: Now, by this machine's clock.
        days: For how many days conversations and requests are kept.
        conversations: Conversations in all channels.
        requests: Closed requests.
        ids: Ids of what Telegram sent and of what the staff was told there.
        accepted: What is dated up to this time stamp holds nothing.
    """

    moment: datetime.datetime
    days: int
    conversations: Kept
    requests: Kept
    ids: Kept
    accepted: float

    @property
    def overdue(self) -> int:
        """How much is too old."""
        return (self.conversations + self.requests + self.ids).overdue

    @property
    def newest(self) -> float:
        """Time stamp of the newest of all."""
        return (self.conversations + self.requests + self.ids).newest

    @property
    def is_clock_behind(self) -> bool:
        """Whether something is dated later than the clock."""
        return self.newest > max(stamp(self.moment) + CLOCK_TOLERANCE_SECONDS, self.accepted)

    @property
    def held(self) -> str:
        """Why nothing may be erased, without personal data; empty when it may."""
        talks = self.conversations + self.requests
        if not self.overdue:
            return ""
        if self.is_clock_behind:
            return "the clock is behind the newest conversation or request"
        if talks.is_too_much:
            return f"{talks.overdue} of {talks.total} conversations and requests would be erased at once"
        if self.ids.is_too_much:
            return f"{self.ids.overdue} of {self.ids.total} ids of Telegram messages would be erased at once"
        return ""


@dataclass(frozen=True)
class Erased:
    """What a run has erased.

    Attributes:
        sessions: Of the widget.
        conversations: How many, in all channels.
        requests: How many.
    """

    sessions: tuple[str, ...]
    conversations: int
    requests: int


class Retention:
    """Erases what is too old. `plan`, `carry_out` and `finish` wait for the database: call them in a thread."""

    def __init__(self, url: str, days: int) -> None:
        """Opens the database at this address, which has been migrated.

        Args:
            url: The address.
            days: For how many days conversations and handled requests are kept.
        """
        self._engine = open_database(url)
        self._transcript, self._events, self._inbox = Transcript(url), Events(url), Inbox(url)
        self._requests, self._leases = Requests(url), Leases(url)
        self._days = days
        self._held = ""
        self._reported_at: float | None = None

    def plan(self) -> Plan:
        """Counts what is too old."""
        moment = now()
        with self._engine.connect() as connection:
            last = _last_run(connection)

            def counted(moments: sa.sql.Select, days: int, of_time: Callable[[datetime.datetime], Any]) -> Kept:
                before = _days_before(moment, days)
                since = _since(last, moment)
                missed = before if since is None else _days_before(since, days)
                return _count(connection, moments, of_time(before), of_time(missed))

            closed = sa.select(requests.c.since.label("at")).where(requests.c.state == State.CLOSED.value)
            updates = sa.select(_updates.c.at)
            return Plan(
                moment,
                self._days,
                conversations=counted(sa.select(_sessions.c.active.label("at")), self._days, _as_it_is)
                + counted(last_moments(outside=SENDER_PREFIX), self._days, stamp),
                requests=counted(closed, self._days, _as_it_is),
                ids=counted(updates.where(_updates.c.id >= 0), self._ids_days, _as_it_is)
                + counted(updates.where(_updates.c.id < 0), DISPATCHES_DAYS, _as_it_is),
                accepted=last.newest if last else 0.0,
            )

    def carry_out(self, plan: Plan) -> Erased:
        """Erases what is too old by this plan, and notes that it was done."""
        before = _days_before(plan.moment, plan.days)
        sessions = self._transcript.erase_before(before)
        others = self._events.erase_before(before, outside=SENDER_PREFIX)
        references = self._requests.erase_before(before)
        self._inbox.forget_before(
            updates=_days_before(plan.moment, self._ids_days), dispatches=_days_before(plan.moment, DISPATCHES_DAYS)
        )
        self._leases.forget_run_out()
        self._note(plan)
        erased = Erased(tuple(sessions), len(sessions) + others, len(references))
        if erased.conversations or erased.requests:
            counts = (plan.days, erased.conversations, erased.requests)
            logger.info("erased what was older than %d days: %d conversations, %d requests", *counts)
        return erased

    async def run_daily(self, tell: Callable[[str], Awaitable[None]]) -> None:
        """Erases every day, for ever.

        Args:
            tell: Called with each of the widget's sessions that was erased.
        """
        while True:
            try:
                pause = await self._run_once(tell)
            except Exception as error:
                logger.error("old conversations can't be erased: %s", type(error).__name__)
                pause = HOUR_SECONDS
            await asyncio.sleep(pause)

    def warnings(self) -> list[str]:
        """What the operator should know of erasing, in sentences without personal data."""
        found = [f"erasing is held: {self._held}"] if self._held else []
        return found + [STILL_IN_FILES] * (log_held_up_seconds(self._engine) > REPORT_AFTER_SECONDS)

    def finish(self) -> None:
        """Tries for a few seconds to get erased words out of the database's files, before the process ends."""
        empty_log(self._engine)
        if not wait_until_log_is_empty(self._engine, STOP_TIMEOUT_SECONDS):
            logger.error("%s; the next start tries again", STILL_IN_FILES)

    async def _run_once(self, tell: Callable[[str], Awaitable[None]]) -> float:
        """Erases what is too old unless that is held; returns the seconds until the next try."""
        await asyncio.to_thread(empty_log, self._engine)  # a process that was killed may have left that undone
        plan = await asyncio.to_thread(self.plan)
        self._held = plan.held
        erasure_held.set(plan.overdue if plan.held else 0)
        if plan.held:
            self._report()
            return HELD_PAUSE_SECONDS
        self._reported_at = None
        if plan.is_clock_behind:
            return HOUR_SECONDS
        erased = await asyncio.to_thread(self.carry_out, plan)
        for session in erased.sessions:
            await tell(session)
        return DAY_SECONDS

    @property
    def _ids_days(self) -> int:
        return max(self._days, REMEMBERED_DAYS)

    def _report(self) -> None:
        """Says once a day why nothing is erased."""
        if self._reported_at is None or time.monotonic() - self._reported_at > DAY_SECONDS:
            self._reported_at = time.monotonic()
            logger.error("erasing is held: %s", self._held)

    def _note(self, plan: Plan) -> None:
        is_behind = plan.newest > stamp(plan.moment) + CLOCK_TOLERANCE_SECONDS
        value = json.dumps({"at": stamp(plan.moment), "newest": plan.newest if is_behind else 0.0})
        mine = _values.c.name == LAST_RUN
        try:
            with self._engine.begin() as connection:
                if not connection.execute(_values.update().where(mine).values(value=value)).rowcount:
                    connection.execute(_values.insert().values(name=LAST_RUN, value=value))
        except IntegrityError:
            pass  # another instance has just noted it


def _last_run(connection: Connection) -> LastRun | None:
    found = connection.scalar(sa.select(_values.c.value).where(_values.c.name == LAST_RUN))
    return LastRun(**json.loads(found)) if found else None


def _since(last: LastRun | None, moment: datetime.datetime) -> datetime.datetime | None:
    """When the last run was, if that was lately; None when it tells nothing about the clock."""
    if last is None or not 0 <= stamp(moment) - last.at <= REGULAR_DAYS * DAY_SECONDS:
        return None
    return datetime.datetime.utcfromtimestamp(last.at)


def _count(connection: Connection, moments: sa.sql.Select, before: Any, missed: Any) -> Kept:
    """Counts moments: all, those before a moment, and those before an earlier one."""
    of = moments.subquery()

    def older(than: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((of.c.at < than, 1), else_=0)), 0)

    row = connection.execute(sa.select(sa.func.count(), older(before), older(missed), sa.func.max(of.c.at))).one()
    total, overdue, unexpected, newest = row
    if isinstance(newest, datetime.datetime):
        newest = stamp(newest)
    return Kept(int(total), int(overdue), int(unexpected), float(newest or 0.0))


def _days_before(moment: datetime.datetime, days: int) -> datetime.datetime:
    try:
        return moment - datetime.timedelta(days=days)
    except OverflowError:
        return datetime.datetime.min


def _as_it_is(moment: datetime.datetime) -> datetime.datetime:
    return moment
