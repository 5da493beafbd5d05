"""One message of a conversation at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.lock_store import LockStore
from redis.asyncio.lock import Lock
from redis.exceptions import LockNotOwnedError

from botwijzer.redis_link import FAULTS, Presence, open_redis

LEASE_SECONDS = 3.0
"""So long a conversation stays locked when the instance that holds it dies. Renewed while it is held, and less than
a turn may take (`turn.MOST_SECONDS`), so that who has to wait for a dead one still gets the answer."""

POLL_SECONDS = 0.05


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


class SharedLocks(LockStore):
    """Locks that hold in all instances with this Redis; first come, first served within each of them.

    While Redis is away they hold within each instance only, so that turns go on.
    """

    def __init__(self, url: str) -> None:
        """Connects when it is used first."""
        self._own = OwnLocks()
        self._redis = open_redis(url)
        self._presence = Presence("a conversation has one turn at a time within each instance only")

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        """Holds a conversation."""
        async with self._own.lock(conversation_id):
            held = await self._take(conversation_id)
            keeping = asyncio.get_running_loop().create_task(_keep(held)) if held else None
            try:
                yield
            finally:
                if held and keeping:
                    keeping.cancel()
                    await self._give_up(held)

    async def _take(self, conversation_id: str) -> Lock | None:
        """The lock once it is ours; None while Redis is away."""
        if not self._presence.is_worth_a_try:
            return None
        name = f"botwijzer:lock:{hashlib.sha256(conversation_id.encode('utf-8', 'replace')).hexdigest()}"
        lock = Lock(self._redis, name, timeout=LEASE_SECONDS, sleep=POLL_SECONDS, thread_local=False)
        try:
            await lock.acquire()
        except FAULTS as error:
            self._presence.lost(error)
            return None
        self._presence.found()
        return lock

    async def _give_up(self, lock: Lock) -> None:
        try:
            await lock.release()
        except LockNotOwnedError:
            pass  # Redis has begun anew in between
        except FAULTS as error:
            self._presence.lost(error)


async def _keep(lock: Lock) -> None:
    """Renews a lock for as long as it is ours; who gives it up says when it was not."""
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        try:
            await lock.extend(LEASE_SECONDS, replace_ttl=True)
        except LockNotOwnedError:
            return
        except FAULTS:
            continue  # one slow answer is no reason to let it run out


def make_locks(redis_url: str) -> LockStore:
    """The locks of an installation; without Redis those of a single instance."""
    return SharedLocks(redis_url) if redis_url else OwnLocks()
