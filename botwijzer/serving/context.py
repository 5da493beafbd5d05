"""What a message is understood by beside its words: the question before it, and what the assistant waits for."""

from __future__ import annotations

from collections.abc import Reversible
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import METADATA
from rasa.shared.nlu.training_data.message import Message

from botwijzer.article import INTENT_PREFIX
from botwijzer.handoff.form import SENT, Draft
from botwijzer.nlu.decision import DECLINED, HANDOFF, REQUESTING_KEY, URGENT
from botwijzer.nlu.follow_up import AFTER_KEY

ANSWERED = "answered"
"""The slot with the passages shown, oldest first."""

REQUEST = "request"
"""The slot with the request for a human that is being made."""

SUBJECTS = frozenset({"handoff", "out_of_scope", "bot_challenge", "sources", "disclaimer"})
"""Intents beside questions on the subject that a follow-up may lean on."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ConversationContext(GraphComponent, IntentClassifier):
    """Gives the components after it the context of a message: the previous question, and what the assistant waits for.

    The context comes from the conversation, which Rasa passes to the graph together with the message.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ConversationContext:
        """Makes the component (Rasa's graph calls it)."""
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        """Sets the metadata of each message.

        Args:
            messages: What is to be understood.
            tracker: What came before. Without events, as in `rasa test nlu`, the metadata stays as it is.
        """
        if tracker.events:
            for message in messages:
                message.set(METADATA, {**(message.get(METADATA) or {}), **context_of(tracker)})
        return messages


def context_of(tracker: DialogueStateTracker) -> dict[str, str]:
    """The metadata that a message is understood by.

    Args:
        tracker: What was said so far. Its slots are those of the present session, so that in a new session the
            assistant is waiting for nothing.
    """
    requesting, asked = _requesting(tracker), last_asked(tracker.events)
    if requesting and asked == HANDOFF:
        asked = ""  # what is said now does not follow up on wanting a human
    return {AFTER_KEY: asked, REQUESTING_KEY: requesting}


def last_asked(events: Reversible[Event]) -> str:
    """The intent of the last question in a conversation; small talk after it changes nothing.

    Args:
        events: What happened so far, oldest first.

    Returns:
        `faq_<passage>` of the passage shown last, or what was declined or cared for since; empty when
        nothing was asked.
    """
    for event in reversed(events):
        if isinstance(event, SlotSet) and event.key == ANSWERED and event.value:
            return f"{INTENT_PREFIX}{event.value[-1]}"
        if isinstance(event, UserUttered):
            intent = str(event.intent_name or "")
            if intent.startswith((DECLINED, URGENT)) or intent in SUBJECTS:
                return intent
    return ""


def _requesting(tracker: DialogueStateTracker) -> str:
    """What was asked last of a visitor who wants a human; empty when nothing is."""
    draft = Draft.from_json(tracker.get_slot(REQUEST) or {"id": "", "step": SENT})
    return draft.step if draft.asks else ""
