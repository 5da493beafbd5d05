"""How fast a visitor of the website may go on, and from where the visitor came last."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from aiolimiter import AsyncLimiter

from botwijzer.channels.addresses import UNKNOWN
from botwijzer.channels.intake import MAX_CHARACTERS

MAX_MESSAGES, MESSAGES_SECONDS = 30, 30.0
MAX_TYPED_CHARACTERS, TYPED_SECONDS = 5 * MAX_CHARACTERS, 30.0
MAX_CONNECTS, CONNECTS_SECONDS = 10, 10.0
MAX_ERASURES, ERASURES_SECONDS = 10, 30.0

MAX_CONVERSATIONS = 10_000
"""Whose pace is remembered; those that were silent for longest are forgotten."""


class Pace:
    """Keeps one visitor's messages in order and within bounds."""

    def __init__(self) -> None:
        self.arrival, self.turn = asyncio.Lock(), asyncio.Lock()
        self.erasing = False
        self.networks: Sequence[str] = (UNKNOWN,)
        self.messages = AsyncLimiter(MAX_MESSAGES, MESSAGES_SECONDS)
        self.characters = AsyncLimiter(MAX_TYPED_CHARACTERS, TYPED_SECONDS)
        self.connects = AsyncLimiter(MAX_CONNECTS, CONNECTS_SECONDS)
        self.erasures = AsyncLimiter(MAX_ERASURES, ERASURES_SECONDS)


async def allows(limiter: AsyncLimiter, amount: float = 1) -> bool:
    """Whether there is room for so much more now; takes it if so, and never waits."""
    if not limiter.has_capacity(amount):
        return False
    await limiter.acquire(amount)
    return True


class Paces:
    """The pace of each conversation."""

    def __init__(self) -> None:
        self._paces: OrderedDict[str, Pace] = OrderedDict()

    def of(self, session: str) -> Pace:
        """The pace of a conversation; one in the middle of a turn is never forgotten."""
        pace = self._paces.setdefault(session, Pace())
        self._paces.move_to_end(session)
        if len(self._paces) > MAX_CONVERSATIONS:
            idle = (name for name, other in self._paces.items() if other is not pace and not other.turn.locked())
            self._paces.pop(next(idle, ""), None)
        return pace
