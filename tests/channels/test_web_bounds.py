"""What the widget's channel bounds: the length of messages, pages of history, and comebacks."""

from __future__ import annotations

import asyncio

import pytest
import socketio.exceptions

from botwijzer.channels.intake import MAX_CHARACTERS, MAX_RAW_CHARACTERS
from botwijzer.channels.pace import MAX_CONNECTS
from tests.channels.visitor import visiting
from tests.conftest import Stack, is_response


@pytest.mark.parametrize("length", [MAX_CHARACTERS + 1, MAX_RAW_CHARACTERS + 1, 100_000])
def test_a_message_that_is_too_long_is_refused_with_the_reason_and_never_shortened(stack: Stack, length: int) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            receipt = await visitor.ask("x" * length)
            assert (receipt["ok"], receipt["error"]) == (False, "long")
            assert is_response("utter_too_long_message", receipt["text"])
            await visitor.answered("x" * MAX_CHARACTERS)
            assert visitor.texts[2] == "x" * MAX_CHARACTERS

    asyncio.run(visit())


def test_the_history_comes_in_pages_and_only_of_the_own_conversation(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            await visitor.answered("Is zwemmen goed voor je botten?")
            first = visitor.messages[0]["id"]
            page = await visitor.say("history", {"before": visitor.last})
            assert page == {"ok": True, "messages": visitor.messages[:-1], "earlier": False}
            assert await visitor.say("history", {"before": first}) == {"ok": True, "messages": [], "earlier": False}
            for wrong in ({}, {"before": 0}, {"before": "1"}, {"before": True}, None, [1]):
                assert (await visitor.say("history", wrong))["error"] == "form"

    asyncio.run(visit())


def test_who_comes_back_too_often_waits_and_loses_nothing(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            await visitor.answered("Is zwemmen goed voor je botten?")
        auth = {"token": visitor.token, "last": 0}
        refused = 0
        for _ in range(3 * MAX_CONNECTS):  # the limit lets one more in with each second that this takes
            try:
                async with visiting(stack.url, auth) as again:
                    assert again.messages == visitor.messages
            except socketio.exceptions.ConnectionError as error:
                refused += "pace" in str(error)
        assert refused

    asyncio.run(visit())
