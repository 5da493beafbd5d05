"""A Socket.IO server that takes texts alone and forgets who went away."""

from __future__ import annotations

import asyncio
import time

import pytest
from engineio import asyncio_socket
from engineio.packet import MESSAGE, PONG, Packet

from botwijzer.channels import sockets
from botwijzer.channels.sockets import MAX_PACKETS, MAX_UNSENT_BYTES, Client, TextPacket, make_server, sweep


@pytest.mark.parametrize("wire", ['51-["ask",{"_placeholder":true,"num":0}]', "59999999-[1]", "60-[1]"])
def test_what_announces_attachments_is_refused(wire: str) -> None:
    with pytest.raises(ValueError, match="only texts"):
        TextPacket(encoded_packet=wire)


def test_a_text_is_read() -> None:
    assert TextPacket(encoded_packet='2["ask",{"id":"a"}]').data == ["ask", {"id": "a"}]


def test_clients_that_are_gone_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SWEEP_SECONDS", 0)

    async def visit() -> None:
        server = make_server(1000)
        here, silent, closed = (Client(server.eio, name) for name in ("here", "silent", "closed"))
        here.last_ping, silent.last_ping = time.time(), time.time() - 3600
        closed.closed = True
        server.eio.sockets = {client.sid: client for client in (here, silent, closed)}
        server.eio.handlers = {}
        sweeping = asyncio.get_running_loop().create_task(sweep(server))
        while len(server.eio.sockets) > 1:
            await asyncio.sleep(0)
        sweeping.cancel()
        assert list(server.eio.sockets) == ["here"]

    asyncio.run(asyncio.wait_for(visit(), 20))


def test_a_client_has_one_heartbeat_whatever_it_sends() -> None:
    async def visit() -> None:
        server = make_server(1000)
        server.eio.start_service_task = False
        client = asyncio_socket.AsyncSocket(server.eio, "eager")
        before = len(asyncio.all_tasks())
        for _ in range(100):
            await client.receive(Packet(PONG))
        assert len(asyncio.all_tasks()) == before + 1

    asyncio.run(visit())


def connected_client() -> Client:
    """A client of a server that nobody listens to."""
    server = make_server(1000)
    server.eio.start_service_task = False
    server.eio.handlers = {}
    return Client(server.eio, "client")


def test_what_was_written_makes_room_for_more() -> None:
    async def visit() -> None:
        client = connected_client()
        for _ in range(10):
            await client.send(Packet(MESSAGE, "x" * (MAX_UNSENT_BYTES // 2)))
            await client.poll()
        assert not client.closed

    asyncio.run(visit())


def test_a_client_that_does_not_read_is_dropped_and_its_queue_with_it() -> None:
    async def visit() -> None:
        client = connected_client()
        for _ in range(3):
            await client.send(Packet(MESSAGE, "x" * (MAX_UNSENT_BYTES // 2)))
        while not client.closed:
            await asyncio.sleep(0)
        assert await client.poll() == []

    asyncio.run(asyncio.wait_for(visit(), 20))


def test_a_client_that_sends_without_end_is_dropped() -> None:
    async def visit() -> None:
        client = connected_client()
        for _ in range(MAX_PACKETS + 1):
            await client.receive(Packet(PONG))
        while not client.closed:
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(visit(), 20))
