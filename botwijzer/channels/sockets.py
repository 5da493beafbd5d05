"""A Socket.IO server for texts alone, which forgets who went away: python-socketio 5.9 and engineio 4.7 do neither.

Theirs gathers the attachments of a binary event without a limit, also of somebody who never said who they are, and
keeps them when the connection ends; their look-out for clients that are gone ends at its first wait; and each PONG
of a client, asked for or not, begins another heartbeat (CVE-2026-48802).
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import socketio
from engineio import asyncio_socket
from engineio.exceptions import SocketIsClosedError
from engineio.packet import PING
from engineio.packet import Packet as EnginePacket
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet

SWEEP_SECONDS = 5.0


class TextPacket(Packet):
    """A packet that never announces attachments."""

    uses_binary_events = False

    def decode(self, encoded_packet: Any) -> Any:
        """Reads a packet.

        Raises:
            ValueError: It is, or announces, something else than text.
        """
        if str(encoded_packet)[:1] in {str(BINARY_EVENT), str(BINARY_ACK)}:
            raise ValueError("only texts are taken")
        return super().decode(encoded_packet)


class OneHeartbeat(asyncio_socket.AsyncSocket):
    """A client with one heartbeat at a time."""

    _heartbeat: asyncio.Task[None] | None = None

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


asyncio_socket.AsyncSocket = OneHeartbeat  # the server makes its clients by this name


def make_server(most_bytes: int) -> socketio.AsyncServer:
    """The server on Sanic; origins are the caller's to check, for it knows more of the request."""
    return socketio.AsyncServer(
        async_mode="sanic",
        cors_allowed_origins=[],
        max_http_buffer_size=most_bytes,
        logger=False,
        serializer=TextPacket,
        monitor_clients=False,
    )


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
