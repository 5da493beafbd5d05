"""One message of a conversation at a time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio.lock import Lock
from redis.exceptions import LockNotOwnedError

from botwijzer.redis_link import FAULTS, Presence, open_redis
from botwijzer.settings import settings

LEASE_SECONDS = 3.0
"""So long a conversation stays locked when the instance that holds it dies. Renewed while it is held, and less than
a turn may take (`turn.MOST_SECONDS`), so that who has to wait for a dead one still gets the answer."""

POLL_SECONDS = 0.05


class Locks(LockStore):
    """Gives a conversation one turn at a time; first come, first served within a process.

    With Redis this holds in all instances that share it. While Redis is away it holds within each instance only, so
    that turns go on. (Rasa's own lock stores look once a second whether it is their turn.)
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, redis_url: str | None = None) -> None:
        """Connects when it is first used.

        Args:
            endpoint_config: The entry in endpoints.yml; it has no options.
            redis_url: Where Redis is; empty: no Redis; None: as the settings say.
        """
        url = settings().redis_url if redis_url is None else redis_url
        self._redis = open_redis(url) if url else None
        self._local: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._presence = Presence("a conversation has one turn at a time within each instance only")

    @asynccontextmanager
    async def lock(self, conversation_id: str, *_: Any, **__: Any) -> AsyncIterator[None]:
        """Holds a conversation."""
        async with self._local.setdefault(conversation_id, asyncio.Lock()):
            held = await self._take(conversation_id)
            keeping = asyncio.get_running_loop().create_task(_keep(held)) if held else None
            try:
                yield
            finally:
                if held and keeping:
                    keeping.cancel()
                    await self._give_up(held)

    async def _take(self, conversation_id: str) -> Lock | None:
        """The lock once it is ours; None without Redis, or while it is away."""
        if self._redis is None or not self._presence.is_worth_a_try:
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
