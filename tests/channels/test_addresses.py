"""Where a visitor comes from, and how many may come from there."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from sanic.compat import Header
from sanic.request import Request

from botwijzer.channels.addresses import MOST_NEW_SESSIONS, MOST_OF_AN_ADDRESS, Arrivals, visitors_address

PROXY, VISITOR, OTHER = "10.0.0.7", "1.2.3.4", "4.3.2.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        (VISITOR, [], 0, VISITOR),
        (VISITOR, [OTHER], 0, VISITOR),
        (PROXY, [VISITOR], 0, ""),
        ("127.0.0.1", [VISITOR], 0, ""),
        ("::1", [], 0, ""),
        (PROXY, [VISITOR], 1, VISITOR),
        (PROXY, [f"{OTHER}, {VISITOR}"], 1, VISITOR),
        (PROXY, [OTHER, VISITOR], 1, VISITOR),
        (PROXY, [f"{OTHER}, {VISITOR},{PROXY}"], 2, VISITOR),
        (PROXY, [VISITOR], 2, ""),
        (VISITOR, [], 1, ""),
        (PROXY, ["niemand"], 1, ""),
        (PROXY, ["172.18.0.1"], 1, ""),
        (PROXY, ["2a02:a440:1:2:3:4:5:6"], 1, "2a02:a440:1:2::/64"),
        (PROXY, [f"::ffff:{VISITOR}"], 1, VISITOR),
    ],
)
def test_only_what_the_proxies_wrote_is_believed(peer: str, forwarded: list[str], proxies: int, address: str) -> None:
    assert visitors_address(peer, forwarded, proxies) == address


def asked_by(address: str, peer: str = PROXY) -> Request:
    """A request that came by a proxy."""
    return cast("Request", SimpleNamespace(ip=peer, headers=Header({"X-Forwarded-For": address})))


def let_in(arrivals: Arrivals, request: Request, times: int) -> int:
    """How many of so many are let in."""

    async def arrive() -> int:
        return sum([await arrivals.allow_one_more(request) for _ in range(times)])

    return asyncio.run(arrive())


def test_who_begins_too_many_conversations_waits_and_nobody_else_does() -> None:
    arrivals = Arrivals(1)
    assert MOST_OF_AN_ADDRESS <= let_in(arrivals, asked_by(VISITOR), 100) < 100
    assert let_in(arrivals, asked_by(OTHER), 10) == 10


def test_a_proxy_that_nobody_has_told_of_is_no_visitor() -> None:
    assert let_in(Arrivals(0), asked_by(VISITOR), 100) == 100


def test_all_together_there_is_a_limit_too() -> None:
    assert MOST_NEW_SESSIONS <= let_in(Arrivals(0), asked_by(VISITOR), 2 * MOST_NEW_SESSIONS) < 2 * MOST_NEW_SESSIONS
