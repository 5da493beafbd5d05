"""The REST channel at /webhooks/rest/webhook: the contract of Rasa's own, without its holes.

Rasa's own class lets a caller send any intent with `/`, takes a missing `sender` as the conversation
'default' that all such callers share, puts every answer's blank lines into messages of their own and
says nothing at all when the action server is away.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError

from botwijzer import supervised
from botwijzer.background import Background
from botwijzer.channels.erasing import asks_to_erase, erased
from botwijzer.channels.events import Events
from botwijzer.channels.intake import to_message
from botwijzer.channels.turn import Turn, take_turn
from botwijzer.handoff.store import Requests
from botwijzer.settings import settings

logger = logging.getLogger(__name__)

SENDER_PREFIX = "rest:"
"""Before the caller's id it is the conversation's key in Rasa."""

DAY_SECONDS = 24 * 60 * 60
LONGEST_SENDER = 200
MOST_BYTES = 1_000_000
_SENDER_ERROR = f"'sender' must be a string of 1 to {LONGEST_SENDER} characters"


class RestOutput(CollectingOutputChannel):
    """Collects the messages of one turn, each whole: text, buttons and structured form together."""

    def __init__(self, recipient: str) -> None:
        super().__init__()
        self.recipient = recipient

    @classmethod
    def name(cls) -> str:
        return "rest"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Adds one message; `recipient_id` is the conversation's key, the caller's own id is sent back."""
        parts = {key: message[key] for key in ("text", "buttons", "custom", "utter_action") if message.get(key)}
        self.messages.append({"recipient_id": self.recipient, **parts})


class RestChannel(InputChannel):
    """Rasa's REST channel for this assistant; off when BOTWIJZER_REST is off."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The routes below /webhooks/rest."""
        routes = Blueprint("rest", None)
        requests, events = Requests(settings().database_url), Events(settings().database_url)
        self._background = Background("the REST channel")

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            if not request.app.ctx.agent.is_ready():
                return json({"status": "no model is loaded"}, status=503)
            return json(supervised.health())

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if not settings().rest:
                return json({"error": "the REST channel is off"}, status=404)
            if error := _fault(request):
                return error
            sender: str = request.json["sender"]
            output = RestOutput(sender)
            message = UserMessage(
                to_message(request.json["message"]), output, SENDER_PREFIX + sender, input_channel=self.name()
            )
            await take_turn(on_new_message, message, output, request.app.ctx.agent)
            said = output.messages
            if asks_to_erase(said):
                async with request.app.ctx.agent.lock_store.lock(message.sender_id):  # a turn would write again
                    references = await asyncio.to_thread(requests.erase, message.sender_id)
                    await asyncio.to_thread(events.erase, message.sender_id)
                said = [{"recipient_id": sender, **erased(references)}]
            return json([_public(each) for each in said])

        @routes.listener("after_server_start")
        async def start(app: Sanic, _: object) -> None:
            self._background.begin(_erase_daily(events))

        return routes


async def _erase_daily(events: Events) -> None:
    while True:
        try:
            await asyncio.to_thread(events.erase_older_than, SENDER_PREFIX, settings().retention_days)
        except SQLAlchemyError as error:
            logger.error("old conversations can't be erased: %s", type(error).__name__)
        await asyncio.sleep(DAY_SECONDS)


def _public(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != "utter_action"}


def _fault(request: Request) -> HTTPResponse | None:
    """A clear 4xx for a request that is no message, else None."""
    if len(request.body) > MOST_BYTES:
        return json({"error": f"the body is larger than {MOST_BYTES} bytes"}, status=413)
    try:
        body = request.json
    except Exception:
        return json({"error": "the body is no JSON"}, status=400)
    if not isinstance(body, dict):
        return json({"error": "the body must be an object with 'sender' and 'message'"}, status=400)
    sender = body.get("sender")
    if not isinstance(sender, str) or not 1 <= len(sender) <= LONGEST_SENDER or not sender.isprintable():
        return json({"error": _SENDER_ERROR}, status=400)
    if not isinstance(body.get("message"), str):
        return json({"error": "'message' must be a string"}, status=400)
    return None
