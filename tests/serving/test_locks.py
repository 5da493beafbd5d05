"""One turn of a conversation at a time: within a process, in several with one Redis, and without it."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Coroutine
from typing import Any

import pytest
import redis
from rasa.core.lock_store import LockStore
from redis.asyncio.lock import Lock

from botwijzer.channels.turn import MOST_SECONDS
from botwijzer.serving import locks as locks_module
from botwijzer.serving.locks import LEASE_SECONDS, Locks
from tests.servers import RedisServer, redis_server  # noqa: F401  # a fixture
from tests.unit_helpers import ROOT, free_port

HOLDS = (
    "import asyncio, sys\n"
    "from botwijzer.serving.locks import Locks\n"
    "async def hold():\n"
    "    async with Locks(redis_url=sys.argv[1]).lock('web:anna'):\n"
    "        print('held', flush=True)\n"
    "        await asyncio.sleep(600)\n"
    "asyncio.run(hold())\n"
)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs something that must not take for ever."""
    asyncio.run(asyncio.wait_for(work, 60))


async def turn(locks: LockStore, name: str, said: list[str], conversation: str = "web:anna") -> None:
    """A turn that gives others the chance to come in between."""
    async with locks.lock(conversation):
        said.append(f"{name} begins")
        await asyncio.sleep(0.05)
        said.append(f"{name} ends")


def assert_in_turn(said: list[str]) -> None:
    """Every turn ended before the next one began."""
    assert said
    assert [line.split()[0] for line in said[::2]] == [line.split()[0] for line in said[1::2]]


def test_without_redis_a_conversation_has_one_turn_at_a_time_too() -> None:
    async def work() -> None:
        said: list[str] = []
        locks = Locks(redis_url="")
        await asyncio.gather(*(turn(locks, name, said) for name in "abc"))
        assert said == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]

    run(work())


def test_two_instances_take_turns_and_each_keeps_its_order(redis_server: RedisServer) -> None:  # noqa: F811
    async def work() -> None:
        said: list[str] = []
        one, other = Locks(redis_url=redis_server.url), Locks(redis_url=redis_server.url)
        turns = [turn(locks, f"{name}{n}", said) for n in range(5) for locks, name in ((one, "a"), (other, "b"))]
        await asyncio.gather(*turns)
        assert_in_turn(said)
        assert len(said) == 20
        for name in "ab":
            assert [line for line in said[::2] if line.startswith(name)] == [f"{name}{n} begins" for n in range(5)]
        assert redis_server.client.keys("*") == []

    run(work())


def test_other_conversations_go_on_meanwhile(redis_server: RedisServer) -> None:  # noqa: F811
    async def work() -> None:
        locks = Locks(redis_url=redis_server.url)
        said: list[str] = []
        async with locks.lock("web:bram"):
            await asyncio.wait_for(turn(locks, "anna", said), LEASE_SECONDS)
        assert said

    run(work())


def test_a_lock_holds_for_as_long_as_its_instance_lives(
    redis_server: RedisServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locks_module, "LEASE_SECONDS", 0.4)

    async def work() -> None:
        one, other = Locks(redis_url=redis_server.url), Locks(redis_url=redis_server.url)
        said: list[str] = []
        async with one.lock("web:anna"):
            waiting = asyncio.get_running_loop().create_task(turn(other, "b", said))
            await asyncio.sleep(1.5)
            assert said == []
        await waiting
        assert said

    run(work())


def test_one_slow_answer_of_redis_does_not_end_the_renewing_of_a_lock(
    redis_server: RedisServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locks_module, "LEASE_SECONDS", 0.4)
    extend, slow = Lock.extend, iter([True])

    async def sometimes(lock: Any, *given: Any, **named: Any) -> Any:
        if next(slow, False):
            raise redis.exceptions.TimeoutError
        return await extend(lock, *given, **named)

    monkeypatch.setattr(Lock, "extend", sometimes)

    async def work() -> None:
        said: list[str] = []
        async with Locks(redis_url=redis_server.url).lock("web:anna"):
            waiting = asyncio.get_running_loop().create_task(turn(Locks(redis_url=redis_server.url), "b", said))
            await asyncio.sleep(1.5)
            assert said == []
        await waiting

    run(work())


def test_the_lock_of_an_instance_that_was_killed_runs_out_before_a_turn_gives_up(
    redis_server: RedisServer,  # noqa: F811
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, redis_server.url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    (name,) = redis_server.client.keys("*")
    assert b"anna" not in name
    assert 0 < redis_server.client.pttl(name) <= LEASE_SECONDS * 1000 < MOST_SECONDS * 1000

    said: list[str] = []
    run(turn(Locks(redis_url=redis_server.url), "b", said))
    assert said


def test_without_redis_turns_go_on_one_by_one_which_is_said_once(
    redis_server: RedisServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("botwijzer.redis_link.AGAIN_SECONDS", 0.0)

    async def work() -> None:
        locks = Locks(redis_url=redis_server.url)
        said: list[str] = []
        await turn(locks, "before", said)
        redis_server.stop()
        try:
            await asyncio.gather(*(turn(locks, str(n), said) for n in range(5)))
        finally:
            redis_server.start()
        assert_in_turn(said)
        async with locks.lock("web:anna"):
            assert len(redis_server.client.keys("*")) == 1

    with caplog.at_level(logging.WARNING):
        run(work())
    lost, found = [record.getMessage() for record in caplog.records if record.name == "botwijzer.redis_link"]
    assert "can't be used (ConnectionError)" in lost
    assert "used again" in found


def test_a_redis_that_goes_away_in_the_middle_of_a_turn_does_not_break_it(
    redis_server: RedisServer,  # noqa: F811
) -> None:
    async def work() -> None:
        async with Locks(redis_url=redis_server.url).lock("web:anna"):
            redis_server.stop()
        redis_server.start()

    run(work())


def test_a_redis_that_does_not_answer_costs_a_turn_a_moment_and_the_next_ones_nothing(
    redis_server: RedisServer,  # noqa: F811
) -> None:
    async def work() -> None:
        locks = Locks(redis_url=redis_server.url)
        said: list[str] = []
        with redis_server.held_up():
            await asyncio.wait_for(turn(locks, "first", said), MOST_SECONDS)
            await asyncio.wait_for(asyncio.gather(*(turn(locks, str(n), said) for n in range(10))), MOST_SECONDS)
        assert_in_turn(said)

    run(work())


def test_where_no_redis_ever_was_turns_go_on() -> None:
    said: list[str] = []
    run(turn(Locks(redis_url=f"redis://127.0.0.1:{free_port()}/0"), "a", said))
    assert said
