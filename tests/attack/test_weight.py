"""Much at once: bodies of 10 MB, clients that never finish, thousands of connections, one visitor who never stops."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from botwijzer.channels.telegram import SECRET_HEADER, WEBHOOK
from tests.attack.making import IS_LONG
from tests.attack.target import QUESTION, Target, check_no_leak, widget_answers
from tests.attack.wire import JOIN, JOINED, connected, exchange, read_answer, request, socket_open
from tests.channels.visitor import PATH, Visitor, visiting
from tests.conftest import PATIENCE_SECONDS

MEGABYTE = 1_000_000
BODY = b"x" * (10 * MEGABYTE)
MOST_GROWTH = 100 * MEGABYTE
"""So much memory the assistant may take for what it refuses, and give back when it likes."""

PATHS = (
    "/webhooks/rest/webhook", WEBHOOK, f"/{PATH}/?EIO=4&transport=polling", "/webhooks/web/", "/webhooks/web/health",
    "/webhooks/web/botwijzer.js", "/webhooks/web/assets/licences.txt", "/webhooks/rest/", "/nothing",
)  # fmt: skip
HEAVY_ROUNDS = 20 if IS_LONG else 2
SLOW_CLIENTS = 200 if IS_LONG else 60
IDLE_CONNECTIONS = 2_000 if IS_LONG else 200
FLOOD_SECONDS = 20 if IS_LONG else 4
MESSAGES_A_SECOND = 100
HEAVY = "of ja " * 330
"""Could be parted into two questions at hundreds of places, each of which takes a while to look at."""

OTHERS = 5
"""So many other visitors ask while one floods."""


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("path", PATHS)
def test_ten_megabytes_are_refused_and_not_kept(target: Target, path: str, chunked: bool) -> None:
    secret = [(SECRET_HEADER, target.secret)]
    whole = request("POST", path, secret, BODY)
    if chunked:
        chunk = b"%x\r\n%b\r\n" % (MEGABYTE, BODY[:MEGABYTE])
        whole = request("POST", path, [*secret, ("Transfer-Encoding", "chunked")]) + chunk * 10 + b"0\r\n\r\n"
    with target.tally.attack("weight: 10 MB", HEAVY_ROUNDS):
        exchange(target.url, whole, PATIENCE_SECONDS)
        before = target.memory()
        for _ in range(HEAVY_ROUNDS):
            answer = exchange(target.url, whole, PATIENCE_SECONDS)
            assert answer.status == 0 or 400 <= answer.status < 500, answer.body  # 0: hung up before it was sent
            check_no_leak(answer.text)
        assert target.memory() - before < MOST_GROWTH


def test_ten_megabytes_over_a_websocket_are_refused_and_not_kept(target: Target) -> None:
    async def attack() -> None:
        async with socket_open(target.url) as line:
            await line.send(JOIN)
            await line.until(JOINED)
            await line.send("42" + json.dumps(["ask", {"id": "x", "text": "x" * len(BODY)}]))
            assert not await line.until("43")

    with target.tally.attack("weight: 10 MB", HEAVY_ROUNDS):
        asyncio.run(attack())
        before = target.memory()
        for _ in range(HEAVY_ROUNDS):
            asyncio.run(attack())
        assert target.memory() - before < MOST_GROWTH


@contextmanager
def slow_clients(url: str) -> Iterator[Callable[[], None]]:
    """Clients that have begun a request, headers or body; calling it lets each send one byte more."""
    head = request("POST", "/webhooks/rest/webhook", [("Content-Type", "application/json")], b"x" * 100_000)
    headers_only = head.partition(b"\r\n\r\n")[0]
    with ExitStack() as held:
        lines = [held.enter_context(connected(url)) for _ in range(SLOW_CLIENTS)]
        for number, line in enumerate(lines):
            line.sendall(headers_only[:20] if number % 2 else headers_only + b"\r\n\r\n{")

        def go_on() -> None:
            for line in lines:
                with suppress(OSError):
                    line.sendall(b"x")

        yield go_on


def test_slow_clients_hold_up_nobody(target: Target) -> None:
    with target.tally.attack("weight: slow clients", SLOW_CLIENTS), slow_clients(target.url) as go_on:
        for _ in range(20):
            go_on()
            assert target.stack.say(QUESTION).passages
        asyncio.run(widget_answers(target.url))


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """This process may have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.fail(f"this system allows {hard} open files a process; allow {count}, as `ulimit -n` does")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_connections_keep_nobody_out(target: Target) -> None:
    """A third says nothing, a third has asked and stays, a third has an open websocket."""
    upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ]
    asked = request("GET", "/webhooks/web/botwijzer.js").replace(b"Connection: close", b"Connection: keep-alive")
    opened = request("GET", f"/{PATH}/?EIO=4&transport=websocket", upgrade).replace(b"n: close", b"n: Upgrade")
    before = target.memory()
    with (
        target.tally.attack("weight: idle connections", IDLE_CONNECTIONS),
        many_files(IDLE_CONNECTIONS + 500),
        ExitStack() as held,
    ):
        for number in range(IDLE_CONNECTIONS):
            line = held.enter_context(connected(target.url))
            if number % 3:
                line.sendall(asked if number % 3 == 1 else opened)
                assert line.recv(12).startswith(b"HTTP/1.1 200" if number % 3 == 1 else b"HTTP/1.1 101")
        for _ in range(5):
            assert target.stack.say(QUESTION).passages
            asyncio.run(widget_answers(target.url))
        target.tally.measured["bytes per idle connection"] = (target.memory() - before) // IDLE_CONNECTIONS


async def flood(visitor: Visitor, seconds: float) -> int:
    """One visitor sends messages as fast as a program does, without waiting for anything; returns how many."""
    start, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - start) < seconds:
        while sent < now * MESSAGES_A_SECOND:
            await visitor.client.emit("ask", {"id": uuid.uuid4().hex, "text": (QUESTION, HEAVY)[sent % 2]})
            sent += 1
        await asyncio.sleep(1 / MESSAGES_A_SECOND)
    return sent


async def others(target: Target, until: Callable[[], bool]) -> list[float]:
    """The seconds that other visitors wait for each of their answers."""

    async def ask(rest: bool) -> list[float]:
        waits: list[float] = []
        while not until():
            start = time.perf_counter()
            if rest:
                assert (await asyncio.to_thread(target.stack.say, QUESTION)).passages
            else:
                await widget_answers(target.url)
            waits.append(time.perf_counter() - start)
        return waits

    found = await asyncio.gather(*(ask(bool(number % 2)) for number in range(OTHERS)))
    return [wait for waits in found for wait in waits]


def test_one_visitor_who_never_stops_keeps_nobody_out(target: Target) -> None:
    async def measured(work: Awaitable[object]) -> list[float]:
        task = asyncio.ensure_future(work)
        waits = await others(target, task.done)
        await task
        return waits

    async def attack() -> None:
        quiet = await measured(asyncio.sleep(FLOOD_SECONDS))
        async with visiting(target.url) as visitor:
            flooded = await measured(flood(visitor, FLOOD_SECONDS))
            if visitor.client.connected:
                receipt = await visitor.ask("hallo")
                assert receipt["ok"] or receipt["error"] == "pace"
        of, during = p95(quiet), p95(flooded)
        figures = {"without": of, "with": during, "ratio": during / of, "answers": [len(quiet), len(flooded)]}
        target.tally.measured["others' p95 with a flood, seconds; to be at most twice as long"] = figures
        if IS_LONG:
            print(f"\nothers wait {of:.3f} s at p95, during a flood {during:.3f} s: {during / of:.2f} times")

    with target.tally.attack("weight: messages of a flood", FLOOD_SECONDS * MESSAGES_A_SECOND):
        asyncio.run(attack())


def p95(waits: list[float]) -> float:
    """The wait that 95 of 100 do not exceed."""
    assert len(waits) > 1, "others got no answers"
    return statistics.quantiles(waits, n=20)[-1]


def test_connections_that_come_and_go_leave_nothing_behind(target: Target) -> None:
    rounds = 3_000 if IS_LONG else 300

    def come_and_go(times: int) -> None:
        for _ in range(times):
            with connected(target.url) as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not a goodbye
                line.sendall(b"GET /webhooks/web/ HTTP/1.1\r\nHost: x\r\n\r\n")

    with target.tally.attack("weight: connections broken off", rounds):
        come_and_go(100)
        before = target.memory()
        come_and_go(rounds)
        assert target.memory() - before < MOST_GROWTH


def test_who_never_finishes_is_let_go(unfinished: socket.socket) -> None:
    assert read_answer(unfinished).status in {0, 408}
