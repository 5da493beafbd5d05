"""What a message is understood by beside its words: the question before it, and what the assistant waits for."""

from __future__ import annotations

import time
from collections.abc import Reversible

from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

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


def context_of(tracker: DialogueStateTracker, session_minutes: float) -> dict[str, str]:
    """The metadata that a message is understood by.

    Args:
        tracker: What was said so far.
        session_minutes: After so long the assistant waits for nothing any more; 0: it always does.
    """
    silent = time.time() - tracker.events[-1].timestamp if tracker.events else 0.0
    is_over = bool(session_minutes) and silent >= session_minutes * 60
    requesting, asked = "" if is_over else _requesting(tracker), last_asked(tracker.events)
    if requesting and asked == HANDOFF:
        asked = ""  # what is said now is no follow-up on wanting a human
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
