"""A turn whatever goes wrong in it; the rest of it is tested with the whole assistant (tests/test_faults.py)."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from botwijzer.channels import turn as turn_module
from botwijzer.channels.turn import TROUBLE, WholeMessages, take_turn


async def never(*_: object) -> Any:
    """Waits for what does not come."""
    await asyncio.Event().wait()


def test_where_the_database_hangs_the_visitor_gets_the_sentence_for_trouble_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "MOST_SECONDS", 0.1)
    monkeypatch.setattr(turn_module, "LAST_SECONDS", 0.1)
    responses = {TROUBLE: [{"text": "Er ging iets mis."}]}
    agent = SimpleNamespace(
        tracker_store=SimpleNamespace(retrieve=never), parse_message=never, domain=SimpleNamespace(responses=responses)
    )
    output = WholeMessages()
    message = UserMessage("wat is osteoporose", output, "web:anna", input_channel="web")

    asyncio.run(asyncio.wait_for(take_turn(never, message, output, cast("Agent", agent)), 20))

    assert [said["utter_action"] for said in output.messages] == [TROUBLE]
