"""What the staff says to visitors in Telegram, and what they are told about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from botwijzer.channels.telegram_inbox import SENDER_PREFIX, Inbox, Outgoing
from botwijzer.channels.telegram_rendering import for_telegram
from botwijzer.channels.turn import answered
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.responses import responses

STAFF = "Medewerker:"
"""Stands above what a human says: Telegram shows all of it as the bot's."""


class TelegramVisitors:
    """The way to visitors in Telegram (`botwijzer.handoff.delivery.Way`)."""

    def __init__(
        self,
        inbox: Inbox,
        take_turn: Callable[[str, str], Awaitable[Sequence[Mapping[str, Any]]]],
        wake: Callable[[int], None],
    ) -> None:
        """`take_turn` gives Rasa a payload in a conversation; `wake` sends what is kept for a chat."""
        self._inbox = inbox
        self._take_turn = take_turn
        self._wake = wake

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Keeps messages under the dispatch's id, so that each is there once, and lets them be sent."""
        if not dispatch.body:
            return  # erased
        conversation = str(dispatch.body["conversation"])
        chat = int(conversation.removeprefix(SENDER_PREFIX))
        if dispatch.kind == "line":
            pages = for_telegram([{"text": dispatch.body["text"]}], STAFF)
        elif dispatch.kind == "say":
            pages = for_telegram([responses().message(str(dispatch.body["response"]))])
        else:
            pages = for_telegram(answered(await self._take_turn(conversation, str(dispatch.body["payload"]))))
        messages = [Outgoing(text, buttons, joins=dispatch.kind == "line") for text, buttons in pages]
        await asyncio.to_thread(self._inbox.say, dispatch.id, chat, messages)
        self._wake(chat)
