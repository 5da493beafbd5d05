"""A Socket.IO server for texts alone, which forgets who went away: python-socketio 5.9 and engineio 4.7 do neither.

Theirs gathers the attachments of a binary event without a limit, also of somebody who never said who they are, and
keeps them when the connection ends; and their look-out for clients that are gone ends at its first wait.
"""

from __future__ import annotations

import asyncio
from typing import Any

import socketio
from engineio.exceptions import SocketIsClosedError
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
