"""How often something may happen from a network, and in all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from botwijzer.channels.addresses import LOCAL, UNKNOWN
from botwijzer.channels.limits import NetworkLimits, Rate

HOUR = 3600.0


def limits(of_one: int = 10, in_all: int = 1_000, counts_local: bool = False) -> NetworkLimits:
    """Limits that hardly leak while a test runs."""
    return NetworkLimits(Rate(of_one, HOUR), Rate(in_all, HOUR), counts_local)


def allowed(of: NetworkLimits, sources: Sequence[Sequence[str]]) -> int:
    """How many of these events are allowed, in their order."""

    async def count() -> int:
        return sum([await of.allows(networks) for networks in sources])

    return asyncio.run(count())


def six(site: int, subnet: int = 0) -> tuple[str, ...]:
    """The networks of an address in one of a provider's /56."""
    return (f"2001:db8:1:{site:x}{subnet:02x}::/64", f"2001:db8:1:{site:x}00::/56", "2001:db8:1::/48")


def test_an_address_has_a_limit_of_its_own() -> None:
    async def both() -> tuple[int, int]:
        these = limits()
        one = sum([await these.allows(("1.2.3.4",)) for _ in range(100)])
        return one, sum([await these.allows(("4.3.2.1",)) for _ in range(5)])

    assert asyncio.run(both()) == (10, 5)


def test_many_addresses_of_one_ipv6_network_are_no_way_past_the_limit() -> None:
    assert allowed(limits(), [six(1, subnet) for subnet in range(256)]) == 20
    assert allowed(limits(), [six(site) for site in range(256)]) == 40


def test_one_network_can_not_use_up_what_all_share() -> None:
    async def stranger_after_flood() -> bool:
        these = limits(of_one=10, in_all=100)
        for site in range(256):
            await these.allows(six(site))
        return await these.allows(("1.2.3.4",))

    assert asyncio.run(stranger_after_flood())


def test_those_whose_address_is_unknown_have_a_limit_together() -> None:
    assert allowed(limits(), [(UNKNOWN,)] * 1_000) == 100


def test_all_together_there_is_a_limit_too() -> None:
    assert allowed(limits(in_all=50), [(f"1.2.3.{last}",) for last in range(100)]) == 50


def test_programs_on_this_machine_count_where_that_is_wanted() -> None:
    assert allowed(limits(), [(LOCAL,)] * 100) == 100
    assert allowed(limits(counts_local=True), [(LOCAL,)] * 100) == 10


def test_a_big_event_counts_as_many() -> None:
    async def count() -> list[bool]:
        these = limits()
        return [await these.allows(("1.2.3.4",), events) for events in (7, 7, 3)]

    assert asyncio.run(count()) == [True, False, True]
