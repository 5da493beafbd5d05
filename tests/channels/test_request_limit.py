"""How many requests for a human may be made from one network."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.channels.channel import UserMessage

from botwijzer.channels.request_limit import TIMES_IN_ALL, RequestLimit
from botwijzer.channels.turn import WholeMessages
from botwijzer.handoff.request import NO_REQUESTS_KEY
from tests.unit_helpers import use_responses

SENT = "utter_request_sent"
HERE, ELSEWHERE = ("1.2.3.4",), ("4.3.2.1",)


async def turn(limit: RequestLimit, networks: tuple[str, ...], wants_request: bool = True) -> bool:
    """A turn in which a request is made if it may be and the visitor wants one; whether it was made."""
    output = WholeMessages()
    message = UserMessage("ja", output, "web:x", input_channel="web")
    async with limit.observed(message, output, networks):
        await asyncio.sleep(0)
        is_made = wants_request and not (message.metadata or {}).get(NO_REQUESTS_KEY)
        if is_made:
            await output.send_response("web:x", {"text": "ok", "utter_action": SENT})
    return is_made


def test_a_request_is_known_by_the_meaning_of_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    use_responses(monkeypatch, **{SENT: {"text": "ok", "metadata": {"meaning": "request"}}})
    limit = RequestLimit(1)

    assert all(asyncio.run(turn(limit, HERE)) for _ in range(3))


def test_one_network_makes_only_so_many_and_others_go_on() -> None:
    async def visits() -> tuple[int, int]:
        limit = RequestLimit(10)
        return sum([await turn(limit, HERE) for _ in range(20)]), sum([await turn(limit, ELSEWHERE) for _ in range(5)])

    assert asyncio.run(visits()) == (10, 5)


def test_turns_at_the_same_time_are_no_way_past_it() -> None:
    async def visits() -> int:
        limit = RequestLimit(10)
        return sum(await asyncio.gather(*(turn(limit, HERE) for _ in range(50))))

    assert 1 <= asyncio.run(visits()) <= 10


def test_turns_without_a_request_do_not_count() -> None:
    async def visits() -> int:
        limit = RequestLimit(10)
        for _ in range(100):
            await turn(limit, HERE, wants_request=False)
        return sum([await turn(limit, HERE) for _ in range(10)])

    assert asyncio.run(visits()) == 10


def test_all_together_make_only_so_many() -> None:
    async def visits() -> int:
        limit = RequestLimit(2)
        return sum([await turn(limit, (f"1.2.{number // 250}.{number % 250}",)) for number in range(500)])

    assert asyncio.run(visits()) == 2 * TIMES_IN_ALL


def test_without_a_limit_every_request_is_taken() -> None:
    async def visits() -> int:
        limit = RequestLimit(0)
        return sum([await turn(limit, HERE) for _ in range(1_000)])

    assert asyncio.run(visits()) == 1_000
