"""One turn with a visitor, whatever goes wrong in it: a turn always ends with something said."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker

from botwijzer.channels.addresses import UNKNOWN
from botwijzer.channels.places import Places
from botwijzer.channels.request_limit import request_limit
from botwijzer.handoff.delivery import NotYetError
from botwijzer.nlu.decision import URGENT
from botwijzer.nlu.understanding import is_long
from botwijzer.operating.turns import counted
from botwijzer.responses import Meaning, responses

logger = logging.getLogger(__name__)

MAX_TURNS, MAX_TURNS_OF_ONE = 16, 8
"""Turns that are worked on at once, in all and from one network. Others wait; their time begins when they are taken
up."""

MAX_LONG_TURNS, MAX_LONG_TURNS_OF_ONE = 4, 2
"""The same for long messages, which have places of their own so that short ones need not wait for them."""

MOST_SECONDS = 4.0
"""After this the visitor gets the sentence for trouble instead; the promise is five seconds."""

LAST_SECONDS = 0.8
"""So long is looked for a better sentence than that one."""

STATEMENT = "utter_statement"
TROUBLE = "utter_trouble"

_REASON = re.compile(r"\b(?:want|omdat|aangezien)\b(.{8,})", re.IGNORECASE | re.DOTALL)

Turn = Callable[[UserMessage], Awaitable[Any]]

_places = Places(MAX_TURNS, MAX_TURNS_OF_ONE)
_places_of_long = Places(MAX_LONG_TURNS, MAX_LONG_TURNS_OF_ONE)


class WholeMessages(CollectingOutputChannel):
    """Collects the messages of one turn, each whole: text, buttons and structured form together."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Adds one message."""
        self.messages.append(dict(message))


async def take_turn(
    on_new_message: Turn,
    message: UserMessage,
    output: CollectingOutputChannel,
    agent: Agent,
    networks: Sequence[str] = (UNKNOWN,),
) -> None:
    """Gives a message to Rasa, when it is its turn, and sees to it that the visitor gets a reply.

    When Rasa or the action server fails, hangs or says nothing but the opening statement, what sounds
    urgent still gets its care text, and everything else the response `utter_trouble` of the domain; a visitor who
    has not been told yet is told first that this is a chatbot. Never raises; nothing of the text is logged.

    Args:
        on_new_message: Rasa.
        message: What the visitor sent.
        output: Gets what is said.
        agent: The assistant, for when Rasa fails.
        networks: Where the visitor is (`addresses.networks_of`); requests for a human are limited by it.
    """
    places = _places_of_long if is_long(str(message.text)) else _places
    with counted(message, output):
        async with places.taken(networks[-1]), request_limit().observed(message, output, networks):
            await _take_turn(on_new_message, message, output, agent)


async def _take_turn(on_new_message: Turn, message: UserMessage, output: CollectingOutputChannel, agent: Agent) -> None:
    try:
        await asyncio.wait_for(on_new_message(message), MOST_SECONDS)
    except TimeoutError:
        logger.error("a turn took more than %s seconds", MOST_SECONDS)
        _take_back(output)
    except Exception as error:
        logger.error("a turn failed: %s", type(error).__name__)
        _take_back(output)
    names = [str(said.get("utter_action")) for said in output.messages]
    if any(name != STATEMENT for name in names):
        if any(Meaning.HANDOFF in responses().meanings(said) for said in output.messages):
            await _care_first(message, output, agent, names.count(STATEMENT))
        return
    try:
        instead = await asyncio.wait_for(_instead(message, output, agent), LAST_SECONDS)
    except TimeoutError:
        instead = [TROUBLE]
    for name in instead:
        await _say(name, message, output)


async def _instead(message: UserMessage, output: CollectingOutputChannel, agent: Agent) -> list[str]:
    """The responses to a turn that failed."""
    opening = [STATEMENT] if not output.messages and await _is_new(agent, message.sender_id) else []
    return [*opening, await _care_text(agent, str(message.text)) or TROUBLE]


def _take_back(output: CollectingOutputChannel) -> None:
    """Drops all but the opening statement where a visitor is asked to go on with a request: nothing was remembered."""
    said = output.messages
    if any({Meaning.HANDOFF, Meaning.REQUEST} & responses().meanings(message) for message in said):
        output.messages[:] = [message for message in said if message.get("utter_action") == STATEMENT]


async def _care_first(message: UserMessage, output: CollectingOutputChannel, agent: Agent, place: int) -> None:
    """Says the care text before all else to who wants a human because of something urgent."""
    reason = _REASON.search(str(message.text))
    if reason and (care := await _care_text(agent, reason[1])):
        await _say(care, message, output)
        output.messages.insert(place, output.messages.pop())


async def _say(name: str, message: UserMessage, output: CollectingOutputChannel) -> None:
    await output.send_response(message.sender_id, responses().message(name))


async def _care_text(agent: Agent, text: str) -> str | None:
    """The response to what sounds urgent, found without policy and action server; None to all else."""
    try:
        intent = str((await agent.parse_message(text))["intent"]["name"])
    except Exception as error:
        logger.error("a message could not be understood: %s", type(error).__name__)
        return None
    return f"utter_{intent}" if intent.startswith(URGENT) else None


def answered(said: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was said in a turn that no visitor began, without the opening statement.

    Raises:
        NotYetError: The turn failed; whoever it was for does not want to hear of that.
    """
    found = [message for message in said if message.get("utter_action") != STATEMENT]
    if not found or any(message.get("utter_action") == TROUBLE for message in found):
        raise NotYetError
    return found


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
