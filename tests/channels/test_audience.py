"""Each open page gets every message of its conversation once, whenever it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import socketio
from bidict import bidict

from botwijzer.channels.audience import MAX_SOCKETS, Audience
from botwijzer.channels.transcript import BOT, STAFF, Entry, Transcript

SID, SESSION = "page", "a" * 32


class Busy(Transcript):
    """A transcript in which somebody of the staff writes right after each of its first looks."""

    comes = ("een", "twee")

    def after(self, session: str, last: int) -> list[Entry]:
        """The messages, before the next one comes."""
        found = super().after(session, last)
        self._write_next()
        return found

    def newest(self, sessions: Sequence[str]) -> dict[str, int]:
        """The newest, before the next one comes."""
        found = super().newest(sessions)
        self._write_next()
        return found

    def _write_next(self) -> None:
        if self.comes:
            text, *self.comes = self.comes  # type: ignore[assignment]
            self.add(SESSION, STAFF, {"kind": "text", "text": text})


class Page(socketio.AsyncServer):
    """A server with one page open, which keeps what is sent to it."""

    def __init__(self) -> None:
        super().__init__(async_mode="asgi")
        self.heard: list[str] = []
        self.state: dict[str, Any] = {}
        self.gone: list[str] = []
        self.manager.rooms = {"/": {SESSION: bidict({SID: SID})}}

    async def save_session(self, sid: str, session: dict[str, Any], namespace: str | None = None) -> None:
        self.state = session

    async def get_session(self, sid: str, namespace: str | None = None) -> dict[str, Any]:
        return self.state

    def enter_room(self, *_: Any, **__: Any) -> None:
        """It is there already."""

    async def disconnect(self, sid: str, *_: Any, **__: Any) -> None:
        self.gone.append(sid)

    async def emit(self, event: str, data: Any = None, *_: Any, **__: Any) -> None:
        found = data["messages"] if event == "session" else [data]
        self.heard += [message["body"]["text"] for message in found]


@pytest.fixture
def transcript(database_url: str) -> Transcript:
    """A conversation with one message."""
    found = Busy(database_url)
    found.begin(SESSION, [{"kind": "text", "text": "welkom"}])
    return found


@pytest.mark.parametrize("has_seen", [0, 1, 10**6], ids=["a new page", "one that saw all", "one that says it saw more"])
def test_what_comes_while_a_page_is_opened_is_shown(transcript: Transcript, has_seen: int) -> None:
    page = Page()
    audience = Audience(page, transcript)

    async def open_page() -> None:
        await audience.join(SID, SESSION, has_seen, "token")
        await audience.show(SESSION)
        await audience.show(SESSION)

    asyncio.run(open_page())

    transcript.add(SESSION, BOT, {"kind": "text", "text": "drie"})
    asyncio.run(audience.show(SESSION))
    seen = ["een", "twee", "drie"]
    assert page.heard == (["welkom", *seen] if has_seen == 0 else seen)


def test_one_socket_too_many_takes_the_place_of_the_oldest(transcript: Transcript) -> None:
    page = Page()
    names = [f"page-{number}" for number in range(MAX_SOCKETS)]
    page.manager.rooms = {"/": {SESSION: bidict({name: name for name in names})}}
    page.state = {"session": SESSION, "last": 0}

    asyncio.run(Audience(page, transcript).join("new", SESSION, 0, "token"))

    assert page.gone == names[:1]
