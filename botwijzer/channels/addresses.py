"""Where visitors of the website come from, and how many conversations may begin from there."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence

import aiolimiter
from sanic.request import Request

MOST_NEW_SESSIONS, IN_SECONDS = 500, 10.0
"""So many conversations may begin in so many seconds, all visitors together; who comes then tries again."""

MOST_OF_AN_ADDRESS, IN_ADDRESS_SECONDS = 30, 60.0
"""So many from one address: an office or a mobile provider may stand behind it."""

MOST_ADDRESSES = 10_000
NETWORK_BITS = 64
"""Of an IPv6 address: whoever has one mostly has all that begin so."""


class Arrivals:
    """How many conversations begin in this instance: all together, and from each public address."""

    def __init__(self, proxies: int) -> None:
        """`proxies` is how many of them stand before the server (BOTWIJZER_TRUSTED_PROXIES)."""
        self._proxies = proxies
        self._all = aiolimiter.AsyncLimiter(MOST_NEW_SESSIONS, IN_SECONDS)
        self._of = functools.lru_cache(maxsize=MOST_ADDRESSES)(
            lambda address: aiolimiter.AsyncLimiter(MOST_OF_AN_ADDRESS, IN_ADDRESS_SECONDS)
        )

    async def allow_one_more(self, request: Request) -> bool:
        """Whether one more may begin now with this request; counts it if so."""
        forwarded = request.headers.getall("x-forwarded-for", [])
        address = visitors_address(request.ip, forwarded, self._proxies)
        limits = [self._all, *([self._of(address)] if address else [])]
        if not all(limit.has_capacity() for limit in limits):
            return False
        for limit in limits:
            await limit.acquire()
        return True


def visitors_address(peer: str, forwarded: Sequence[str], proxies: int) -> str:
    """The public address, or for IPv6 the network, that a visitor comes from.

    Args:
        peer: The address that has opened the connection.
        forwarded: The values of `X-Forwarded-For`; only what the proxies themselves have written there is believed.
        proxies: How many proxies stand before the server, each of which adds whom it was asked by.

    Returns:
        Empty when it can't be told: an address of this machine or of a private network is a proxy's, or nobody's.
    """
    named = [name.strip() for value in forwarded for name in value.split(",")]
    found = peer if not proxies else named[-proxies] if len(named) >= proxies else ""
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_private or address.is_loopback:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
