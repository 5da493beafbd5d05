"""What the staff says to visitors of the website, and what they are told about it: kept first, then shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from botwijzer.channels.rendering import for_widget
from botwijzer.channels.transcript import BOT, STAFF, Transcript
from botwijzer.channels.transcript_tables import SENDER_PREFIX
from botwijzer.channels.turn import answered
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.handoff.store import Requests
from botwijzer.responses import responses

Show = Callable[[str], Awaitable[None]]
"""Shows what is new in a session, wherever it is open."""

TakeTurn = Callable[[str, str], Awaitable[Sequence[Mapping[str, Any]]]]
"""Gives Rasa a payload in a session; returns what was said."""


class WebVisitors:
    """The way to visitors of the website (`botwijzer.handoff.delivery.Way`)."""

    def __init__(self, transcript: Transcript, requests: Requests, show: Show, take_turn: TakeTurn) -> None:
        self._transcript = transcript
        self._requests = requests
        self._show = show
        self._take_turn = take_turn

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Keeps the messages under the dispatch's id, so that each is there once, and shows them."""
        if not dispatch.body:
            return  # erased
        session = str(dispatch.body["conversation"]).removeprefix(SENDER_PREFIX)
        author: str = BOT
        said: list[Mapping[str, Any]] = []
        if dispatch.kind == "line":
            author, said = STAFF, [{"text": dispatch.body["text"]}]
        elif dispatch.kind == "say":
            said = [responses().message(str(dispatch.body["response"]))]
        elif not await asyncio.to_thread(self._transcript.has, session, _key(dispatch, 0)):
            said = answered(await self._take_turn(session, str(dispatch.body["payload"])))
        for number, message in enumerate(said):
            body = for_widget(message)
            if await asyncio.to_thread(self._transcript.add, session, author, body, _key(dispatch, number)):
                await self._show(session)
        if dispatch.kind == "line" and not await asyncio.to_thread(self._transcript.knows, session):
            await asyncio.to_thread(self._requests.leave, str(dispatch.body["conversation"]))  # nobody reads it


def _key(dispatch: Dispatch, number: int) -> str:
    return f"staff-{dispatch.id}-{number}"
