"""One message of a conversation at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.lock_store import LockStore


class OwnLocks(LockStore):
    """Locks within this process, first come, first served; Rasa's own looks once a second whether it is its turn."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        """Holds a conversation."""
        held = self._locks.setdefault(conversation_id, asyncio.Lock())
        async with held:
            yield
