"""What was asked before a message, read from a conversation."""

from __future__ import annotations

import pytest
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered

from botwijzer.channels.turn import last_asked


def said(intent: str) -> Event:
    """A message with this intent."""
    return UserUttered("tekst", intent={"name": intent})


SHOWN = [said("faq_calcium"), SlotSet("answered", ["zwemmen", "calcium"]), BotUttered("antwoord")]


@pytest.mark.parametrize(
    ("events", "asked"),
    [
        ([], ""),
        ([said("greet")], ""),
        (SHOWN, "faq_calcium"),
        ([*SHOWN, said("thank"), said("affirm")], "faq_calcium"),
        ([*SHOWN, said("decline_sun")], "decline_sun"),
        ([*SHOWN, said("urgent_acute"), said("thank")], "urgent_acute"),
        ([said("decline_sun"), *SHOWN], "faq_calcium"),
        ([*SHOWN, said("handoff"), said("greet")], "handoff"),
        ([SlotSet("answered", None)], ""),
        ([UserUttered("tekst")], ""),
    ],
)
def test_the_last_question_stays_until_another_is_asked(events: list[Event], asked: str) -> None:
    assert last_asked(events) == asked
