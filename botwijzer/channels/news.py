"""Tells the other instances in which of the widget's conversations there is something new, and hears it from them.

What passes through Redis is JSON: the sender and the conversation's session, never what was said. The transcript in
the database is the truth, so a message that gets lost, comes twice or is made up changes nothing but when it is read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio.client import PubSub

from botwijzer.redis_link import FAULTS, Presence, open_redis

logger = logging.getLogger(__name__)

CHANNEL = "botwijzer:web"

QUIET_SECONDS = 5.0
"""When nothing came for so long, Redis is asked whether it is still there."""

LOOK_SECONDS = 3.0
"""So often the database is looked at while Redis is away."""


class News:
    """One instance's line to the others; without a Redis it does nothing."""

    def __init__(self, url: str, hear: Callable[[str], object], look: Callable[[], Awaitable[None]]) -> None:
        """Connects when it is used first.

        Args:
            url: Of the Redis that all instances use; empty: this one is alone.
            hear: Called when another instance says that there is something new in this session.
            look: Looks in the database for all that may have been missed.
        """
        self._redis = open_redis(url) if url else None
        self._hear = hear
        self._look = look
        self._me = uuid.uuid4().hex
        self._untold: set[str] = set()
        self._presence = Presence("what other instances have for a visitor is looked for in the database")

    async def tell(self, session: str) -> None:
        """Tells the others that there is something new in a session; when that fails, it is made up for later."""
        if self._redis:
            self._untold.add(session)
            await self._tell_all()

    async def listen(self) -> None:
        """Hears the others, for ever."""
        while self._redis:
            try:
                async with self._redis.pubsub() as line:
                    await line.subscribe(CHANNEL)
                    await self._hear_all(line)
            except FAULTS as error:
                self._presence.lost(error)
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _hear_all(self, line: PubSub) -> None:
        """Hears what comes over a line for as long as it holds."""
        was_asked = False
        while True:
            said = await line.get_message(timeout=QUIET_SECONDS)
            if said is None and was_asked:
                raise TimeoutError
            if said is None:
                await line.ping()
                await self._tell_all()
            elif said["type"] == "subscribe":
                self._presence.found()
                await self._tell_all()
                await self._look()  # for what was said before
            elif session := self._session_of(said):
                self._hear(session)
            was_asked = said is None

    async def _tell_all(self) -> None:
        """Says what is to be said, with what could not be said before."""
        if not self._redis or not self._presence.is_worth_a_try:
            return
        try:
            for session in list(self._untold):
                await self._redis.publish(CHANNEL, json.dumps({"from": self._me, "session": session}))
                self._untold.discard(session)
        except FAULTS as error:
            self._presence.lost(error)

    def _session_of(self, said: dict[str, Any]) -> str:
        """The session that another instance has named; empty when it was this one, or nothing that can be read."""
        try:
            body = json.loads(said["data"])
            return "" if body["from"] == self._me else str(body["session"])
        except (TypeError, ValueError, KeyError):
            return ""
