"""How many turns are worked on at once."""

from __future__ import annotations

import asyncio
from collections import Counter

from botwijzer.channels.places import Places


async def busy(places: Places, network: str, at_work: Counter[str], most: Counter[str]) -> None:
    """Holds a place for a moment, and notes how many are held."""
    async with places.taken(network):
        at_work.update([network, "all"])
        most |= at_work
        await asyncio.sleep(0)
        at_work.subtract([network, "all"])


def test_one_network_holds_some_places_and_never_all() -> None:
    async def work() -> Counter[str]:
        places, most = Places(total=4, of_one=3), Counter[str]()
        at_work = Counter[str]()
        await asyncio.gather(*(busy(places, "1.2.3.4", at_work, most) for _ in range(20)))
        return most

    assert asyncio.run(work())["all"] == 3


def test_a_visitor_from_elsewhere_does_not_wait_behind_a_crowd() -> None:
    async def work() -> None:
        places = Places(total=4, of_one=3)
        never = asyncio.Event()

        async def hold() -> None:
            async with places.taken("1.2.3.4"):
                await never.wait()

        crowd = [asyncio.ensure_future(hold()) for _ in range(20)]
        await asyncio.sleep(0)
        async with places.taken("4.3.2.1"):
            pass
        for each in crowd:
            each.cancel()

    asyncio.run(asyncio.wait_for(work(), 20))
