"""What was asked before a message, read from a conversation."""

from __future__ import annotations

import time

import pytest
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from botwijzer.handoff.form import CONFIRM
from botwijzer.nlu.decision import REQUESTING_KEY
from botwijzer.nlu.follow_up import AFTER_KEY
from botwijzer.serving.context import ANSWERED, REQUEST, context_of, last_asked


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


def in_conversation(*events: Event, silent: float = 0.0) -> DialogueStateTracker:
    """A conversation in which this happened, and nothing for so many seconds since."""
    slots = [AnySlot(name, mappings=[{}]) for name in (ANSWERED, REQUEST)]
    tracker = DialogueStateTracker.from_events("anna", list(events), slots)
    for event in tracker.events:
        event.timestamp = time.time() - silent
    return tracker


DRAFT = SlotSet(REQUEST, {"id": "x", "step": CONFIRM, "question": "Wat kost het?"})
SENT = SlotSet(REQUEST, {"id": "x", "step": "sent", "reference": "BW-4F7K"})


def test_a_message_is_understood_by_the_question_before_it() -> None:
    assert context_of(in_conversation(*SHOWN), 60) == {AFTER_KEY: "faq_calcium", REQUESTING_KEY: ""}
    assert context_of(in_conversation(), 60) == {AFTER_KEY: "", REQUESTING_KEY: ""}


def test_a_message_is_understood_by_the_request_that_is_being_made() -> None:
    asked = in_conversation(*SHOWN, said("handoff"), DRAFT)

    assert context_of(asked, 60) == {AFTER_KEY: "", REQUESTING_KEY: CONFIRM}
    assert context_of(in_conversation(DRAFT, SENT), 60)[REQUESTING_KEY] == ""


def test_nothing_is_waited_for_any_more_when_the_session_is_over() -> None:
    asked = in_conversation(said("handoff"), DRAFT, silent=61 * 60)

    assert context_of(asked, 60)[REQUESTING_KEY] == ""
    assert context_of(asked, 0)[REQUESTING_KEY] == CONFIRM
