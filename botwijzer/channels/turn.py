"""One turn with a visitor, whatever goes wrong in it: a turn always ends with something said."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from botwijzer.article import INTENT_PREFIX
from botwijzer.handoff.delivery import NotYetError
from botwijzer.handoff.form import SENT, Draft
from botwijzer.nlu.decision import DECLINED, HANDOFF, REQUESTING_KEY, URGENT
from botwijzer.nlu.follow_up import AFTER_KEY
from botwijzer.replies import blanks

logger = logging.getLogger(__name__)

MOST_TURNS = 16
"""So many turns are worked on at once; the others wait, and their time begins when they are taken up."""

MOST_SECONDS = 4.0
"""After this the visitor gets the sentence for trouble instead; the promise is five seconds."""

STATEMENT = "utter_statement"
TROUBLE = "utter_trouble"
ANSWERED = "answered"
"""The slot with the passages shown, oldest first."""

REQUEST = "request"
"""The slot with the request for a human that is being made."""

HANDOFF_SAID = "utter_handoff"
"""What is said to somebody who wants a human begins so."""

_REASON = re.compile(r"\b(?:want|omdat|aangezien)\b(.{8,})", re.IGNORECASE | re.DOTALL)

SUBJECTS = frozenset({"handoff", "out_of_scope", "bot_challenge", "sources", "disclaimer"})
"""Intents beside questions on the subject that a follow-up may lean on."""

Turn = Callable[[UserMessage], Awaitable[Any]]

_places = asyncio.Semaphore(MOST_TURNS)


class WholeMessages(CollectingOutputChannel):
    """Collects the messages of one turn, each whole: text, buttons and structured form together."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Adds one message."""
        self.messages.append(dict(message))


async def take_turn(on_new_message: Turn, message: UserMessage, output: CollectingOutputChannel, agent: Agent) -> None:
    """Gives a message to Rasa, when it is its turn, and sees to it that the visitor gets a reply.

    When Rasa or the action server fails, hangs or says nothing but the opening statement, what sounds
    urgent still gets its care text, and everything else the response `utter_trouble` of the domain; who
    has not been told yet is told first that this is a chatbot. Never raises; nothing of the text is logged.
    """
    async with _places:
        await _take_turn(on_new_message, message, output, agent)


async def _take_turn(on_new_message: Turn, message: UserMessage, output: CollectingOutputChannel, agent: Agent) -> None:
    tracker = await _conversation(agent, message.sender_id)
    minutes = agent.domain.session_config.session_expiration_time if agent.domain else 0
    message.metadata = {**(message.metadata or {}), **(_context(tracker, minutes * 60) if tracker else {})}
    try:
        await asyncio.wait_for(on_new_message(message), MOST_SECONDS)
    except asyncio.TimeoutError:
        logger.error("a turn took more than %s seconds", MOST_SECONDS)
    except Exception as error:
        logger.error("a turn failed: %s", type(error).__name__)
    names = [str(said.get("utter_action")) for said in output.messages]
    if any(name != STATEMENT for name in names):
        if any(name.startswith(HANDOFF_SAID) for name in names):
            await _care_first(message, output, agent, names.count(STATEMENT))
        return
    opening = [STATEMENT] if not output.messages and await _is_new(agent, message.sender_id) else []
    for name in [*opening, await _care_text(agent, str(message.text)) or TROUBLE]:
        await _say(name, message, output, agent)


async def _care_first(message: UserMessage, output: CollectingOutputChannel, agent: Agent, place: int) -> None:
    """Says the care text before all else to who wants a human because of something urgent."""
    reason = _REASON.search(str(message.text))
    if reason and (care := await _care_text(agent, reason[1])):
        await _say(care, message, output, agent)
        output.messages.insert(place, output.messages.pop())


async def _say(name: str, message: UserMessage, output: CollectingOutputChannel, agent: Agent) -> None:
    responses = agent.domain.responses if agent.domain else {}
    text = str(responses[name][0]["text"]).format_map(blanks())
    await output.send_response(message.sender_id, {"text": text, "utter_action": name})


async def _care_text(agent: Agent, text: str) -> str | None:
    """The response to what sounds urgent, found without policy and action server; None to all else."""
    try:
        intent = str((await agent.parse_message(text))["intent"]["name"])
    except Exception as error:
        logger.error("a message could not be understood: %s", type(error).__name__)
        return None
    return f"utter_{intent}" if intent.startswith(URGENT) else None


def _context(tracker: DialogueStateTracker, session_seconds: float) -> dict[str, str]:
    """What a message is understood by beside its words: the question before it, and what the assistant waits for.

    Args:
        tracker: What was said so far.
        session_seconds: After so long the assistant waits for nothing any more; 0: it always does.
    """
    silent = time.time() - tracker.events[-1].timestamp if tracker.events else 0.0
    is_over = bool(session_seconds) and silent >= session_seconds
    requesting, asked = "" if is_over else _requesting(tracker), last_asked(tracker.events)
    if requesting and asked == HANDOFF:
        asked = ""  # what is said now is no follow-up on wanting a human
    return {AFTER_KEY: asked, REQUESTING_KEY: requesting}


def _requesting(tracker: DialogueStateTracker) -> str:
    """What was asked last of a visitor who wants a human; empty when nothing is."""
    draft = Draft.from_json(tracker.get_slot(REQUEST) or {"id": "", "step": SENT})
    return draft.step if draft.asks else ""


def answered(said: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was said in a turn that no visitor began, without the opening statement.

    Raises:
        NotYetError: The turn failed; whoever it was for does not want to hear of that.
    """
    found = [message for message in said if message.get("utter_action") != STATEMENT]
    if not found or any(message.get("utter_action") == TROUBLE for message in found):
        raise NotYetError
    return found


def last_asked(events: Iterable[Event]) -> str:
    """The intent of the last question in a conversation; small talk after it changes nothing.

    Args:
        events: What happened so far, oldest first.

    Returns:
        `faq_<passage>` of the passage shown last, or what was declined or cared for since; empty when
        nothing was asked.
    """
    for event in reversed(list(events)):
        if isinstance(event, SlotSet) and event.key == ANSWERED and event.value:
            return f"{INTENT_PREFIX}{event.value[-1]}"
        if isinstance(event, UserUttered):
            intent = str(event.intent_name or "")
            if intent.startswith((DECLINED, URGENT)) or intent in SUBJECTS:
                return intent
    return ""


async def _is_new(agent: Agent, conversation: str) -> bool:
    """Whether nothing was said in this conversation yet, as far as can be told."""
    tracker = await _conversation(agent, conversation)
    return tracker is None or not any(isinstance(event, BotUttered) for event in tracker.events)


async def _conversation(agent: Agent, conversation: str) -> DialogueStateTracker | None:
    """What was said so far; None when that is nothing or can't be read."""
    try:
        return await agent.tracker_store.retrieve(conversation)
    except Exception as error:
        logger.error("a conversation could not be read: %s", type(error).__name__)
        return None
