"""What was asked before a message, read from a conversation."""

from __future__ import annotations

import pytest
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from botwijzer.handoff.form import CONFIRM
from botwijzer.nlu.decision import REQUESTING_KEY
from botwijzer.nlu.follow_up import AFTER_KEY
from botwijzer.serving.context import ANSWERED, REQUEST, ConversationContext, context_of, last_asked


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


def in_conversation(*events: Event) -> DialogueStateTracker:
    """A conversation in which this happened."""
    slots = [AnySlot(name, mappings=[{}]) for name in (ANSWERED, REQUEST)]
    return DialogueStateTracker.from_events("anna", list(events), slots)


DRAFT = SlotSet(REQUEST, {"id": "x", "step": CONFIRM, "question": "Wat kost het?"})
SENT = SlotSet(REQUEST, {"id": "x", "step": "sent", "reference": "BW-4F7K"})


def test_a_message_is_understood_by_the_question_before_it() -> None:
    assert context_of(in_conversation(*SHOWN)) == {AFTER_KEY: "faq_calcium", REQUESTING_KEY: ""}
    assert context_of(in_conversation()) == {AFTER_KEY: "", REQUESTING_KEY: ""}


def test_a_message_is_understood_by_the_request_that_is_being_made() -> None:
    asked = in_conversation(*SHOWN, said("handoff"), DRAFT)

    assert context_of(asked) == {AFTER_KEY: "", REQUESTING_KEY: CONFIRM}
    assert context_of(in_conversation(DRAFT, SENT))[REQUESTING_KEY] == ""


def component() -> ConversationContext:
    """The component of the graph; it looks at nothing that it is made with."""
    return ConversationContext()


def test_the_graph_gives_each_message_its_context_and_keeps_what_the_channel_said() -> None:
    (message,) = component().process([Message({"metadata": {"channel": "x"}})], in_conversation(*SHOWN))

    assert message.get("metadata") == {"channel": "x", AFTER_KEY: "faq_calcium", REQUESTING_KEY: ""}


def test_without_a_conversation_the_metadata_stays() -> None:
    """The second process has none; the first one gives the context along as metadata."""
    (message,) = component().process([Message({"metadata": {AFTER_KEY: "faq_calcium"}})], in_conversation())

    assert message.get("metadata") == {AFTER_KEY: "faq_calcium"}
