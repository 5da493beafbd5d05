"""What one client can make the assistant hold in memory, and how long it can make everybody else wait."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import pytest

from botwijzer.channels.tokens import session_of
from botwijzer.channels.transcript import BOT, HIGHEST_ID, Transcript
from tests.attack.making import IS_LONG
from tests.attack.target import QUESTION, Target
from tests.attack.test_weight import FLOOD_SECONDS, HEAVY, others, p95
from tests.attack.wire import JOINED, Frames, connected, request, socket_open
from tests.channels.visitor import PATH, visiting
from tests.conftest import PATIENCE_SECONDS

MEGABYTE = 1_000_000
RECONNECTS = 1_000
MAX_GROWTH = 50 * MEGABYTE
LONG_MESSAGES, LONG_CHARACTERS = 104, 24_000
MAX_RATIO = 2.0
LEAVE = "41"
TEXT, PING = 0x1, 0x9
"""Opcodes of RFC 6455, 5.2."""

FRAMES = 1_000_000


async def long_conversation(target: Target) -> str:
    """A conversation of some megabytes; returns its token."""
    store = Transcript(target.stack.settings.database_url)
    async with visiting(target.url) as visitor:
        session = session_of(visitor.token, store.signing_key())
        assert session
        for _ in range(LONG_MESSAGES):
            store.add(session, BOT, {"kind": "text", "text": "x" * LONG_CHARACTERS, "buttons": []})
        return visitor.token


async def answered_since(target: Target, before: int) -> int:
    """How much more memory there is than before, once everything that was sent before has been read."""
    assert (await asyncio.to_thread(target.stack.say, QUESTION)).passages
    return target.memory() - before


def test_a_socket_that_connects_again_and_again_and_never_reads_fills_no_memory(target: Target) -> None:
    async def attack() -> int:
        token = await long_conversation(target)
        join = "40" + json.dumps({"token": token})
        async with unread_socket(target.url) as line:
            before = target.memory()
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as other:
                for _ in range(RECONNECTS):
                    await line.send(join)
                    await other.get(f"{target.url}/webhooks/web/botwijzer.js")  # by then it was read
                    await line.send(LEAVE)
            return await answered_since(target, before)

    with target.tally.attack("pressure: reconnects that read nothing", RECONNECTS):
        growth = asyncio.run(attack())
        target.tally.measured["MB for 1,000 reconnects over a websocket that read nothing"] = round(growth / MEGABYTE)
        assert growth < MAX_GROWTH


@contextlib.asynccontextmanager
async def unread_socket(url: str) -> AsyncIterator[Frames]:
    """A websocket whose client reads nothing after its first frame."""
    async with socket_open(url) as line:
        line.stop_reading()
        yield line


def test_the_same_with_polling(target: Target) -> None:
    async def attack() -> int:
        token = await long_conversation(target)
        join = "40" + json.dumps({"token": token})
        async with polling(target.url) as post:
            before = target.memory()
            for _ in range(RECONNECTS // 8):
                status = await post("\x1e".join([join, LEAVE] * 8))
                if status != 200:
                    break
            return await answered_since(target, before)

    with target.tally.attack("pressure: reconnects that read nothing", RECONNECTS):
        growth = asyncio.run(attack())
        target.tally.measured["MB for 1,000 reconnects over polling that read nothing"] = round(growth / MEGABYTE)
        assert growth < MAX_GROWTH


@contextlib.asynccontextmanager
async def polling(url: str) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    """A polling client; what it is called with is posted, and the status comes back."""
    address = f"{url}/{PATH}/?EIO=4&transport=polling"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE_SECONDS)) as session:
        async with session.get(address) as opened:
            sid = json.loads((await opened.text())[1:])["sid"]

        async def post(body: str) -> int:
            async with session.post(f"{address}&sid={sid}", data=body.encode()) as answer:
                return answer.status

        yield post


def test_a_browser_that_does_not_read_loses_nothing(target: Target) -> None:
    async def visit() -> None:
        token = await long_conversation(target)
        async with visiting(target.url, {"token": token}) as visitor:
            last = visitor.last
        async with unread_socket(target.url) as line:
            await line.send("40" + json.dumps({"token": token, "last": last}))
            for number in range(25):
                await line.send(f"42{number}" + json.dumps(["history", {"before": HIGHEST_ID}]))
        session = session_of(token, Transcript(target.stack.settings.database_url).signing_key())
        added = Transcript(target.stack.settings.database_url).add(
            str(session), BOT, {"kind": "text", "text": "nieuws"}
        )
        assert added
        async with visiting(target.url, {"token": token, "last": last}) as visitor:
            assert [message["id"] for message in visitor.messages] == [added.id]

    with target.tally.attack("pressure: a browser that does not read"):
        asyncio.run(visit())


def test_many_sockets_of_one_conversation_are_a_few(target: Target) -> None:
    async def attack() -> None:
        async with visiting(target.url) as first, contextlib.AsyncExitStack() as held:
            receipts: list[Frames] = []
            for _ in range(30):
                line = await held.enter_async_context(socket_open(target.url))
                await line.send("40" + json.dumps({"token": first.token}))
                await line.until("4")
                receipts.append(line)
            joined = sum(any(frame.startswith(JOINED) for frame in line.received) for line in receipts)
            assert joined < 20, "connects are paced for each conversation"

    with target.tally.attack("pressure: sockets of one conversation", 30):
        asyncio.run(attack())


async def waits(target: Target, work: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Others' p95 without and with an attack beside them."""

    async def measured(work: Awaitable[object]) -> list[float]:
        task = asyncio.ensure_future(work)
        found = await others(target, task.done)
        await task
        return found

    quiet = p95(await measured(asyncio.sleep(FLOOD_SECONDS)))
    return quiet, p95(await measured(work()))


async def at_least(seconds: float, work: Awaitable[Any]) -> None:
    """Does the work, and lasts for so long in any case, so that others' waits are those of the same time."""
    await asyncio.gather(work, asyncio.sleep(seconds))


async def big_bodies(target: Target) -> None:
    """Twenty bodies of a megabyte at once."""
    body = json.dumps({"sender": uuid.uuid4().hex, "message": "x" * (MEGABYTE - 200)}).encode()
    headers = {"Content-Type": "application/json"}
    address = f"{target.url}/webhooks/rest/webhook"
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        await asyncio.gather(*(client.post(address, content=body, headers=headers) for _ in range(20)))


async def big_widget_messages(target: Target) -> None:
    """Twenty-five messages of 199 kB over one socket."""
    async with visiting(target.url) as visitor:
        await asyncio.gather(*(visitor.ask("x" * 199_000) for _ in range(25)))


async def messages_to_part(target: Target) -> None:
    """Ninety-six messages of 2,000 characters that may be parted at hundreds of places, from 24 conversations."""

    async def ask() -> None:
        async with visiting(target.url) as visitor:
            for _ in range(4):
                await visitor.ask(HEAVY[:2_000])
            await visitor.until(lambda: sum(message["author"] == "bot" for message in visitor.messages) >= 2 + 4)

    await asyncio.gather(*(ask() for _ in range(24)))


@pytest.mark.parametrize("attack", [big_bodies, big_widget_messages, messages_to_part], ids=lambda of: of.__name__)
def test_cheap_stalls_hold_up_nobody(target: Target, attack: Callable[[Target], Awaitable[None]]) -> None:
    async def run() -> tuple[float, float]:
        return await waits(target, lambda: at_least(FLOOD_SECONDS, attack(target)))

    with target.tally.attack(f"pressure: {attack.__name__.replace('_', ' ')}"):
        quiet, during = asyncio.run(run())
        figures = {"without": quiet, "with": during, "ratio": during / quiet}
        target.tally.measured[f"others' p95 during {attack.__name__}, seconds; at most twice as long"] = figures
        assert not IS_LONG or during < MAX_RATIO * quiet


@pytest.mark.parametrize("opcode", [TEXT, PING], ids=["frames", "pings"])
def test_frames_without_end_fill_no_memory_and_hold_up_nobody(target: Target, opcode: int) -> None:
    upgrade = [
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ]
    opened = request("GET", f"/{PATH}/?EIO=4&transport=websocket", upgrade).replace(b"n: close", b"n: Upgrade")
    masked = bytes([0x80 | opcode, 0x80 | 1, 0, 0, 0, 0]) + b"3"
    with target.tally.attack("pressure: frames without end", FRAMES), connected(target.url, PATIENCE_SECONDS) as line:
        line.sendall(opened)
        assert line.recv(12) == b"HTTP/1.1 101"
        before = target.memory()
        with contextlib.suppress(OSError):  # it hangs up
            for _ in range(FRAMES // 1_000):
                line.sendall(masked * 1_000)
        assert target.memory() - before < MAX_GROWTH
        assert target.stack.say(QUESTION).passages
