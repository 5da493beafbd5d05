"""Sees to it that what waits in a chat is dealt with, by one task of one instance at a time."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

from botwijzer.background import Background
from botwijzer.leases import Leases

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class Chats:
    """One kind of work on chats."""

    def __init__(
        self,
        kind: str,
        leases: Leases,
        background: Background,
        waits: Callable[[int], Awaitable[bool]],
        work: Callable[[int], Coroutine[Any, Any, None]],
    ) -> None:
        """Works on nothing yet.

        Args:
            kind: Names the leases.
            leases: Of this instance.
            background: Where it is worked.
            waits: Whether something waits in a chat.
            work: Deals with it.
        """
        self._kind = kind
        self._leases = leases
        self._background = background
        self._waits = waits
        self._work = work
        self._news: set[int] = set()
        self._busy: set[int] = set()

    def wake(self, chat: int) -> None:
        """Tells that something may wait in a chat.

        When another instance is at work there, it finds this too: after its work it looks whether something waits.
        """
        self._news.add(chat)
        if chat not in self._busy:
            self._busy.add(chat)
            self._background.begin(self._deal_with(chat))

    def wake_if_idle(self, chat: int, held: Collection[str]) -> None:
        """The same for a chat that no instance is at work on; `held` are the leases that somebody has."""
        if chat not in self._busy and self._lease(chat) not in held:
            self.wake(chat)

    async def _deal_with(self, chat: int) -> None:
        work = functools.partial(self._work, chat)
        try:
            while chat in self._news:
                self._news.discard(chat)
                try:
                    while await self._waits(chat) and await self._leases.while_held(self._lease(chat), work):
                        pass
                except Exception as error:
                    logger.error("a chat could not be dealt with: %s", type(error).__name__)
                    self._news.add(chat)
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._busy.discard(chat)

    def _lease(self, chat: int) -> str:
        return f"{self._kind}:{chat}"
