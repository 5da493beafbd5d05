"""Connections that send what no client library would: HTTP byte by byte, and frames of Engine.IO as they are."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from tests.channels.visitor import PATH, PATIENCE_SECONDS

SILENCE_SECONDS = 0.2
"""Whoever sent only a part of a request is told nothing; so long it is waited for."""

OPENED, JOIN, JOINED = "0{", "40", '40{"sid"'
"""Frames: Engine.IO has begun; Socket.IO shall begin; it has begun."""

MOST_FRAMES = 500


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP; status 0 when nothing did, because more is waited for or the connection was ended."""

    status: int
    body: bytes = b""
    headers: str = ""

    @property
    def text(self) -> str:
        """Headers and body, as far as they are text."""
        return self.headers + self.body.decode("utf-8", "replace")


@contextmanager
def connected(url: str, patience: float = PATIENCE_SECONDS) -> Iterator[socket.socket]:
    """A connection to the assistant."""
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=patience) as line:
        yield line


def exchange(url: str, sent: bytes, patience: float = SILENCE_SECONDS) -> Answer:
    """Sends exactly these bytes and reads one answer; what it does not take of them is nobody's fault."""
    with connected(url, patience) as line:
        with suppress(OSError):  # it may have answered and hung up before all of it was sent
            line.sendall(sent)
        return read_answer(line)


def read_answer(line: socket.socket) -> Answer:
    """The answer that comes over a connection."""
    response = http.client.HTTPResponse(line)
    try:
        response.begin()
        return Answer(response.status, response.read(), str(response.headers))
    except (OSError, http.client.HTTPException):
        return Answer(0)


def request(method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """A request as bytes; a length is added when there is a body."""
    lines = [("Host", "127.0.0.1"), ("Connection", "close"), *headers]
    lines += [("Content-Length", str(len(body)))] if body else []
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + body


class Frames:
    """The widget's socket without its protocol: any frames go out, and those that came in are kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.received: list[str] = []

    async def send(self, frame: str | bytes) -> None:
        """Sends a frame; nothing when the connection was ended."""
        with suppress(ConnectionError):
            if isinstance(frame, bytes):
                await self._socket.send_bytes(frame)
            else:
                await self._socket.send_str(frame)

    def stop_reading(self) -> None:
        """Takes nothing more from the connection, so that what the assistant sends stays with it."""
        transport = self._socket._conn.transport if self._socket._conn else None
        assert transport, "the connection was ended"
        transport.pause_reading()

    async def until(self, beginning: str, patience: float = PATIENCE_SECONDS) -> bool:
        """Reads until a frame begins so; False when the connection ends before, or nothing comes.

        Raises:
            AssertionError: What came is no frame.
        """
        while not any(frame.startswith(beginning) for frame in self.received):
            try:
                message = await asyncio.wait_for(self._socket.receive(), patience)
            except TimeoutError:
                return False
            assert message.type is not aiohttp.WSMsgType.ERROR, message.data
            if message.type is not aiohttp.WSMsgType.TEXT:
                return False
            self.received.append(str(message.data))
            assert len(self.received) < MOST_FRAMES
        return True


@asynccontextmanager
async def socket_open(url: str) -> AsyncIterator[Frames]:
    """A websocket on which Engine.IO has begun and Socket.IO has not; closed afterwards."""
    address = f"{url}/{PATH}/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as line:
        frames = Frames(line)
        await frames.until(OPENED)
        yield frames
