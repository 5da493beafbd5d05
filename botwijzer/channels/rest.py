"""The REST channel at /webhooks/rest/webhook: the contract of Rasa's own, without its holes.

Rasa's own class lets a caller send any intent with `/`, takes a missing `sender` as the conversation
'default' that all such callers share, puts every answer's blank lines into messages of their own,
says nothing at all when the action server is away, and takes anything from anywhere as often as it comes.
"""

from __future__ import annotations

import asyncio
import functools
import math
from typing import Any

from aiolimiter import AsyncLimiter
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer import supervised
from botwijzer.channels.addresses import is_local, networks_of
from botwijzer.channels.erasing import asks_to_erase, erased
from botwijzer.channels.events import Events
from botwijzer.channels.intake import to_message
from botwijzer.channels.limits import NetworkLimits, Rate
from botwijzer.channels.origins import is_this_machine, refusal_of_origin
from botwijzer.channels.turn import Turn, take_turn
from botwijzer.handoff.store import Requests
from botwijzer.operating.metrics import refusals
from botwijzer.settings import Settings, settings

SENDER_PREFIX = "rest:"
"""Before the caller's id it is the conversation's key in Rasa."""

MINUTE_SECONDS = 60.0
LONGEST_SENDER = 200
MAX_BYTES = 650_000
"""Of a body. A message of 100 kB fits, each character of it escaped, and is told that it is too long to be read."""

JSON_TYPE = "application/json"
"""The only content type: pages of other sites can't send it without asking first."""

SENDER_RATE = Rate(30, 30.0)
MAX_SENDERS = 10_000
"""Senders whose pace is remembered; those that were silent for longest are forgotten."""

SHARE_OF_ALL = 20
"""Times what one address may send is what all together may."""

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


class RestLimits:
    """How often one sender, one address and all together may send a message."""

    def __init__(self, pace: int) -> None:
        """Counts nothing yet.

        Args:
            pace: Messages a minute of one address (BOTWIJZER_REST_PACE); 0: nothing is limited.
        """
        self._pace = pace
        self._networks = NetworkLimits(
            of_one=Rate(pace, MINUTE_SECONDS), in_all=Rate(pace * SHARE_OF_ALL, MINUTE_SECONDS), counts_local=True
        )
        self._senders = functools.lru_cache(MAX_SENDERS)(
            lambda sender: AsyncLimiter(SENDER_RATE.events, SENDER_RATE.seconds)
        )

    async def refusal(self, request: Request, sender: str) -> HTTPResponse | None:
        """The answer when the sender, its address or all together have sent too much; else the message is counted.

        What one sender sends in vain is not counted for its address, so others behind that address notice nothing.
        """
        if not self._pace:
            return None
        of_sender = self._senders(sender)
        if not of_sender.has_capacity():
            return _too_fast("this sender has sent too many messages", SENDER_RATE.seconds / SENDER_RATE.events)
        if not await self._networks.allows(networks_of(request, settings().trusted_proxies)):
            return _too_fast("this address has sent too many messages", MINUTE_SECONDS / self._pace)
        await of_sender.acquire()
        return None


class RestChannel(InputChannel):
    """Rasa's REST channel for this assistant; BOTWIJZER_REST says whom it answers."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The routes below /webhooks/rest."""
        routes = Blueprint("rest", None)
        requests, events = Requests(settings().database_url), Events(settings().database_url)
        limits = RestLimits(settings().rest_pace)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            if not request.app.ctx.agent.is_ready():
                return json({"status": "no model is loaded"}, status=503)
            return json(supervised.health())

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if error := _not_admitted(request, settings()) or _fault(request):
                return error
            sender: str = request.json["sender"]
            if error := await limits.refusal(request, sender):
                return error
            output = RestOutput(sender)
            message = UserMessage(
                to_message(request.json["message"]), output, SENDER_PREFIX + sender, input_channel=self.name()
            )
            networks = networks_of(request, settings().trusted_proxies)
            await take_turn(on_new_message, message, output, request.app.ctx.agent, networks)
            said = output.messages
            if asks_to_erase(said):
                async with request.app.ctx.agent.lock_store.lock(message.sender_id):  # a turn would write again
                    references = await asyncio.to_thread(requests.erase, message.sender_id)
                    await asyncio.to_thread(events.erase, message.sender_id)
                said = [{"recipient_id": sender, **erased(references)}]
            return json([_public(each) for each in said])

        return routes


def _public(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key != "utter_action"}


def _not_admitted(request: Request, current: Settings) -> HTTPResponse | None:
    """A clear 4xx for a request that may not be made from where it comes or in the way it is made, else None."""
    if current.rest == "false":
        return json({"error": "the REST channel is off"}, status=404)
    if current.rest == "local" and not _is_local(request, current):
        return json({"error": "the REST channel answers programs on its own machine only (BOTWIJZER_REST)"}, status=403)
    if refusal := refusal_of_origin(request, current):
        return refusal
    if request.content_type.partition(";")[0].strip().lower() != JSON_TYPE:
        return json({"error": f"the Content-Type must be {JSON_TYPE}"}, status=415)
    return None


def _is_local(request: Request, current: Settings) -> bool:
    """Whether a program on this machine asks, or a page that this machine serves.

    A page of another site can have its own name resolved to this machine; then its browser is on it, too.
    """
    by_browser = "origin" in request.headers
    return is_local(request, current.trusted_proxies) and (not by_browser or is_this_machine(request.host, current))


def _too_fast(reason: str, seconds: float) -> HTTPResponse:
    refusals.labels("pace").inc()
    headers = {"Retry-After": str(math.ceil(seconds))}
    return json({"error": f"{reason}; try again later"}, status=429, headers=headers)


def _fault(request: Request) -> HTTPResponse | None:
    """A clear 4xx for a request that is not a message, else None."""
    if len(request.body) > MAX_BYTES:
        return json({"error": f"the body is larger than {MAX_BYTES} bytes"}, status=413)
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
