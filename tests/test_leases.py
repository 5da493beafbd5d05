"""What one instance at a time may do, with a real database of either kind."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from botwijzer import leases as leases_module
from botwijzer.database import now
from botwijzer.leases import LEASE_SECONDS, Leases, tables

NAME = "telegram:5"


@pytest.fixture
def one(database_url: str) -> Leases:
    """An instance."""
    return Leases(database_url)


@pytest.fixture
def other(database_url: str) -> Leases:
    """Another one, on the same database."""
    return Leases(database_url)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs something that must not take for ever."""
    asyncio.run(asyncio.wait_for(work, 60))


class Clock:
    """The time that leases go by; it can be put forward."""

    def __init__(self) -> None:
        self._ahead = datetime.timedelta(0)

    def __call__(self) -> datetime.datetime:
        return now() + self._ahead

    def forward(self, seconds: float) -> None:
        """Lets time pass."""
        self._ahead += datetime.timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all instances."""
    clock = Clock()
    monkeypatch.setattr(leases_module, "now", clock)
    return clock


def test_who_has_it_has_it_alone_until_it_is_given_up(one: Leases, other: Leases) -> None:
    assert one.take(NAME)
    assert not other.take(NAME)
    assert not one.take(NAME)
    assert other.take("telegram:6")
    assert one.held() == {NAME, "telegram:6"}
    other.give_up(NAME)  # which is not its own
    assert not other.take(NAME)
    one.give_up(NAME)
    assert other.take(NAME)


def test_what_a_dead_instance_had_is_taken_over_and_can_not_be_kept(one: Leases, other: Leases, clock: Clock) -> None:
    assert one.take(NAME)
    assert one.renew(NAME)
    clock.forward(LEASE_SECONDS + 1)
    assert one.held() == set()
    assert other.take(NAME)
    assert not one.renew(NAME)
    one.give_up(NAME)
    assert other.renew(NAME)


def test_of_many_who_want_it_at_once_one_gets_it(database_url: str, clock: Clock) -> None:
    instances = [Leases(database_url) for _ in range(8)]
    with ThreadPoolExecutor(len(instances)) as at_once:
        for _ in range(10):
            assert sum(at_once.map(lambda instance: instance.take(NAME), instances)) == 1
            clock.forward(LEASE_SECONDS + 1)


def test_leases_of_long_ago_are_forgotten(one: Leases, other: Leases, clock: Clock) -> None:
    assert one.take(NAME)
    clock.forward(2 * 24 * 60 * 60)
    assert other.take("telegram:6")
    one.forget_run_out()
    assert one.held() == {"telegram:6"}
    with one._engine.begin() as connection:
        assert connection.scalars(sa.select(tables.tables["leases"].c.name)).all() == ["telegram:6"]


def test_work_is_done_under_the_lease_which_is_given_up_after_it(one: Leases, other: Leases) -> None:
    seen: list[object] = []

    async def work() -> None:
        seen.append(await other.while_held(NAME, nothing))
        seen.append(one.held())

    async def nothing() -> None:
        seen.append("both")

    async def both() -> None:
        assert await one.while_held(NAME, work)

    run(both())
    assert seen == [False, {NAME}]
    assert one.held() == set()


def test_what_fails_is_raised_and_the_lease_given_up(one: Leases) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(one.while_held(NAME, fail))
    assert one.held() == set()


def test_long_work_keeps_its_lease(one: Leases, other: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 1.0)

    async def both() -> None:
        async def work() -> None:
            for _ in range(12):
                assert not await asyncio.to_thread(other.take, NAME)
                await asyncio.sleep(0.2)

        assert await one.while_held(NAME, work)

    run(both())


def test_work_ends_when_somebody_else_got_the_lease(
    one: Leases, other: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 1.0)
    ended = asyncio.CancelledError

    async def both() -> None:
        async def work() -> None:
            one.give_up(NAME)
            assert other.take(NAME)
            with pytest.raises(ended):
                await asyncio.sleep(600)
            raise ended

        assert not await one.while_held(NAME, work)

    run(both())
    assert other.renew(NAME)


def test_work_ends_when_the_lease_can_not_be_renewed(one: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases_module, "LEASE_SECONDS", 1.0)

    def hang(_: str) -> bool:
        raise SQLAlchemyError

    async def work() -> None:
        await asyncio.sleep(600)

    monkeypatch.setattr(one, "renew", hang)
    assert not asyncio.run(asyncio.wait_for(one.while_held(NAME, work), 30))
