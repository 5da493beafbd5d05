"""How many requests for a human may be made from one network in an hour, and in all.

The actions that make requests do not know where a visitor is. So each message carries whether a request may be made,
and whether one was made is seen by what was said.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from botwijzer.channels.limits import NetworkLimits, Rate
from botwijzer.handoff.request import NO_REQUESTS_KEY
from botwijzer.responses import Meaning, responses
from botwijzer.settings import settings

TIMES_IN_ALL = 50
HOUR_SECONDS = 3_600.0


class RequestLimit:
    """The requests of this process."""

    def __init__(self, of_one_per_hour: int) -> None:
        """Counts nothing yet; 0: without a limit."""
        of_one, in_all = Rate(of_one_per_hour, HOUR_SECONDS), Rate(TIMES_IN_ALL * of_one_per_hour, HOUR_SECONDS)
        self._limits = NetworkLimits(of_one, in_all, counts_local=True) if of_one_per_hour else None
        self._under_way: Counter[str] = Counter()

    @asynccontextmanager
    async def observed(
        self, message: UserMessage, output: CollectingOutputChannel, networks: Sequence[str]
    ) -> AsyncIterator[None]:
        """Around a turn: tells its actions when no request may be made, and counts the request that was made.

        Turns that are under way at the same time count as requests until they are over, so that the limit holds.
        """
        if self._limits is None:
            yield
            return
        under_way = self._under_way[networks[0]]
        if not self._limits.has_room(networks, under_way + 1):
            message.metadata = {**(message.metadata or {}), NO_REQUESTS_KEY: True}
        self._under_way[networks[0]] += 1
        try:
            yield
        finally:
            self._under_way -= Counter(networks[:1])  # and forgets a network without turns
        if any(Meaning.REQUEST_SENT in responses().meanings(said) for said in output.messages):
            await self._limits.allows(networks)


@functools.lru_cache(maxsize=1)
def request_limit() -> RequestLimit:
    """The limit of this installation (BOTWIJZER_REQUESTS_PER_HOUR)."""
    return RequestLimit(settings().requests_per_hour)
