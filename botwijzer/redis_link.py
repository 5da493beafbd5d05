"""The way to Redis, which several instances share. It may be away at any time: then each instance goes on by itself."""

from __future__ import annotations

import asyncio
import logging
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 1.0
"""Redis has so long to answer; a turn waits for it."""

AGAIN_SECONDS = 2.0
"""After a fault nobody tries for so long, so that a Redis that is away costs next to nothing."""

FAULTS = (RedisError, OSError, asyncio.TimeoutError)
"""What Redis raises when it can't be used."""


def open_redis(url: str) -> Redis:
    """A client of the Redis at this address; it connects when it is used.

    Raises:
        ValueError: That is no address of a Redis.
    """
    client: Redis = Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, socket_keepalive=True
    )
    return client


class Presence:
    """Whether Redis is there, as far as one user of it knows; said in the log once when that changes."""

    def __init__(self, without: str) -> None:
        """`without` says in the log what is so while Redis is away."""
        self._without = without
        self._away_since_try = 0.0
        self._is_away = False

    @property
    def is_worth_a_try(self) -> bool:
        """Whether Redis was there, or was last tried a while ago."""
        return not self._is_away or time.monotonic() - self._away_since_try > AGAIN_SECONDS

    def lost(self, error: BaseException) -> None:
        """Notes that it can't be used."""
        self._away_since_try = time.monotonic()
        if not self._is_away:
            self._is_away = True
            logger.error("Redis can't be used (%s): %s", type(error).__name__, self._without)

    def found(self) -> None:
        """Notes that it can be used."""
        if self._is_away:
            self._is_away = False
            logger.warning("Redis can be used again")
