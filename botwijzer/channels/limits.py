"""How often something may happen: from each network, and in all. The counts are of this process."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from aiolimiter import AsyncLimiter

from botwijzer.channels.addresses import LOCAL, UNKNOWN

MAX_NETWORKS = 10_000
"""Networks that are remembered; those that were silent for longest are forgotten."""

SHARES = {"/56": 2, "/48": 4, UNKNOWN: 10}
"""Times what one address may: larger networks hold more people, and so do proxies that do not say who asks."""


@dataclass(frozen=True)
class Rate:
    """A number of events per period in seconds, all at once or spread."""

    events: float
    seconds: float


class NetworkLimits:
    """A limit for each network and one that all share; no network can use up the shared one."""

    def __init__(self, of_one: Rate, in_all: Rate, counts_local: bool = False) -> None:
        """Counts nothing yet.

        Args:
            of_one: What one address may.
            in_all: What everybody together may.
            counts_local: Whether programs on this machine have the limit of one address; else only the shared one.
        """
        self._counts_local = counts_local
        self._all = AsyncLimiter(in_all.events, in_all.seconds)
        self._of = functools.lru_cache(MAX_NETWORKS)(
            lambda network: AsyncLimiter(of_one.events * share_of(network), of_one.seconds)
        )

    def has_room(self, networks: Sequence[str], events: float = 1) -> bool:
        """Whether a number of events may come from there now; does not count them."""
        return all(limit.has_capacity(events) for limit in self._limits(networks))

    async def allows(self, networks: Sequence[str], events: float = 1) -> bool:
        """Whether a number of events may come from there now; counts them if so."""
        if not self.has_room(networks, events):
            return False
        for limit in self._limits(networks):
            await limit.acquire(events)
        return True

    def _limits(self, networks: Sequence[str]) -> list[AsyncLimiter]:
        counted = (network for network in networks if network != LOCAL or self._counts_local)
        return [self._all, *map(self._of, counted)]


def share_of(network: str) -> int:
    """How many times as much as one address a network may."""
    return next((share for ending, share in SHARES.items() if network.endswith(ending)), 1)
