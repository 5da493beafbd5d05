"""A Socket.IO server that takes only texts, forgets clients that left and drops clients that do not read.

python-socketio 5.9 and engineio 4.7 do none of that. They gather the attachments of a binary event without a limit,
also before anybody has connected; their service task for clients that left ends at its first wait; each PONG, asked
for or not, begins another heartbeat (CVE-2026-48802); and what a client does not read is queued without a limit.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import socketio
from engineio import asyncio_socket
from engineio.exceptions import SocketIsClosedError
from engineio.packet import PING
from engineio.packet import Packet as EnginePacket
from sanic.request import Request
from sanic.response import HTTPResponse, json
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet
from websockets.frames import Frame

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0
MAX_PACKETS, PACKETS_SECONDS = 600, 60.0
"""From one client; a visitor's browser sends a few a minute."""

MAX_UNSENT_BYTES = 1_000_000
"""Queued for one client. A client that is dropped comes back with the id of the last message that it has, so it loses
nothing."""

PROTOCOL_ERROR = 1002
"""Of RFC 6455, 7.4.1."""

_OWN_EVENTS = frozenset({"connect", "disconnect"})
"""What python-socketio calls handlers of by itself, and also when a client names them."""


class TextPacket(Packet):
    """A packet that never announces attachments, nor an event that has no name or is not a client's to name."""

    uses_binary_events = False

    def decode(self, encoded_packet: Any) -> Any:
        """Reads a packet.

        Raises:
            ValueError: It is, or announces, something else than text, or is no event.
        """
        if str(encoded_packet)[:1] in {str(BINARY_EVENT), str(BINARY_ACK)}:
            raise ValueError("only texts are taken")
        attachments = super().decode(encoded_packet)
        if self.packet_type == EVENT and not _is_event(self.data):
            raise ValueError("this is no event")
        return attachments


def _is_event(data: object) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str) and data[0] not in _OWN_EVENTS


class Client(asyncio_socket.AsyncSocket):
    """A client with one heartbeat and a bounded queue, which is let go at once."""

    _heartbeat: asyncio.Task[None] | None = None
    _transport: asyncio.Transport | None = None
    _unsent_bytes = _being_written_bytes = 0
    _is_dropped = False
    _received, _received_since = 0, 0.0

    async def receive(self, pkt: EnginePacket) -> None:
        """Takes a packet; of a websocket its frames were counted already."""
        if not self._is_dropped and (self.upgraded or self._may_send()):
            await super().receive(pkt)

    async def send(self, pkt: EnginePacket) -> None:
        """Queues a packet; drops the client when it leaves too much unread."""
        if self._is_dropped:
            return
        if self._unsent_bytes + _size(pkt) <= MAX_UNSENT_BYTES:
            self._unsent_bytes += _size(pkt)
            await super().send(pkt)
        else:
            self._drop_soon("does not read")

    async def poll(self) -> list[EnginePacket]:
        """All that is queued. It stays counted until the next call, by which it has been written."""
        self._unsent_bytes -= self._being_written_bytes
        self._being_written_bytes = 0
        packets: list[EnginePacket] = await super().poll()
        self._being_written_bytes = sum(map(_size, packets))
        return packets

    def _drop_soon(self, why: str) -> None:
        if not self._is_dropped:
            self._is_dropped = True
            logger.warning("a connection of the widget was dropped: its browser %s", why)
            self.server.start_background_task(self._drop)

    async def _drop(self) -> None:
        await self.close(abort=True)
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)  # ends the task that writes
        if self._transport:
            self._transport.abort()

    def _may_send(self) -> bool:
        """Whether this client may send one packet more; drops it if not."""
        now = time.monotonic()
        if now - self._received_since > PACKETS_SECONDS:
            self._received, self._received_since = 0, now
        self._received += 1
        if self._received > MAX_PACKETS:
            self._drop_soon("sends without end")
        return not self._is_dropped

    async def _websocket_handler(self, ws: Any) -> None:
        """Serves a websocket. Frames are counted as they are read: the library below keeps all that come at once."""
        connection = ws._sock.ws_proto
        take: Callable[[Frame], None] = connection.recv_frame

        def take_few(frame: Frame) -> None:
            if self._may_send():
                take(frame)
            elif self._transport:
                self._transport.abort()

        connection.recv_frame = take_few
        await super()._websocket_handler(ws)

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> Any:
        self._transport = environ["sanic.request"].transport
        return await super()._upgrade_websocket(environ)

    def schedule_ping(self) -> None:
        """Begins the next heartbeat unless one is under way."""
        if self._heartbeat is None or self._heartbeat.done():
            self._heartbeat = self.server.start_background_task(self._beat)

    async def _beat(self) -> None:
        self.last_ping = None
        await asyncio.sleep(self.server.ping_interval)
        if not self.closing and not self.closed:
            self.last_ping = time.time()
            await self.send(EnginePacket(PING))

    async def close(self, wait: bool = True, abort: bool = False) -> None:
        """Ends the connection; the library's own `wait`s for ever for a client that fetches nothing."""
        await super().close(wait=False, abort=abort)


def _size(packet: EnginePacket) -> int:
    return len(packet.data or "")


asyncio_socket.AsyncSocket = Client  # the server makes its clients by this name


def make_server(most_bytes: int) -> socketio.AsyncServer:
    """The server on Sanic; origins are the caller's to check, for it knows more of the request."""
    for name in ("engineio.server", "socketio.server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # a page for each frame that is none fills the disk
    return socketio.AsyncServer(
        async_mode="sanic",
        cors_allowed_origins=[],
        max_http_buffer_size=most_bytes,
        logger=False,
        serializer=TextPacket,
        monitor_clients=False,
    )


async def refuse(request: Request) -> HTTPResponse | None:
    """Ends a connection on which came what is not of the protocol; None when it was a websocket already."""
    line = getattr(request.transport.get_protocol(), "websocket", None)
    if line is None:
        return json({"error": "this is no connection of the widget"}, status=400)
    await line.close(PROTOCOL_ERROR)
    return None


async def sweep(server: socketio.AsyncServer) -> None:
    """Lets go of clients that are gone, for ever."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for name, client in list(server.eio.sockets.items()):
            try:
                if client.closed:
                    server.eio.sockets.pop(name, None)
                elif not client.closing:
                    await client.check_ping_timeout()
            except SocketIsClosedError:
                server.eio.sockets.pop(name, None)
