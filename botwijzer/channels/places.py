"""How many turns are worked on at once: in all, and for visitors of one network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Places:
    """A number of places, of which one network can hold only some; those who wait get them in turn."""

    def __init__(self, total: int, of_one: int) -> None:
        self._of_one = of_one
        self._total = asyncio.Semaphore(total)
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def taken(self, network: str) -> AsyncIterator[None]:
        """Waits for a place and holds it."""
        of_network = self._of.setdefault(network, asyncio.Semaphore(self._of_one))
        async with of_network, self._total:
            yield
