"""The channel for Telegram: long polling, or a webhook at /webhooks/telegram/webhook when there is a public address.

Rasa's own connector checks no secret, answers edited messages and repeats as new, cuts texts at blank lines, and
dies at start when Telegram is away. Here an update is kept first and answered after (`telegram_service.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.background import Background
from botwijzer.channels.turn import Turn, WholeMessages, take_turn
from botwijzer.responses import responses
from botwijzer.settings import Settings, settings

if TYPE_CHECKING:
    from botwijzer.channels.telegram_api import TelegramApi
    from botwijzer.channels.telegram_service import Said, TelegramService

logger = logging.getLogger(__name__)

WEBHOOK = "/webhooks/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MOST_BYTES = 1_000_000

COMMANDS = {
    "start": "Begin een gesprek",
    "help": "Wat je kunt vragen",
    "contact": "Naar een medewerker",
    "bronnen": "Waar de antwoorden vandaan komen",
    "privacy": "Wat er van je gesprek bewaard wordt",
    "stop": "Stop en wis het gesprek",
}
COMMANDS_IN_GROUPS = {
    "vraag": "Stel een vraag over het artikel",
    **{name: COMMANDS[name] for name in ("help", "bronnen", "privacy")},
}


class TelegramChannel(InputChannel):
    """Telegram for this assistant; off when BOTWIJZER_TELEGRAM_TOKEN is empty."""

    def __init__(self) -> None:
        self._service: TelegramService | None = None
        self._background = Background("the Telegram channel")

    @classmethod
    def name(cls) -> str:
        return "telegram"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The webhook's route, and what runs beside it."""
        routes = Blueprint("telegram", None)
        if not settings().telegram_token.get_secret_value():
            return routes
        secret = webhook_secret(settings()).encode()

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
            if not settings().public_url or not hmac.compare_digest(given, secret):
                return json({"error": "this is for Telegram"}, status=401)
            if len(request.body) > MOST_BYTES:
                return json({"error": f"the body is larger than {MOST_BYTES} bytes"}, status=413)
            try:
                update = request.json
            except Exception:
                return json({"error": "the body is no JSON"}, status=400)
            try:
                await self._ready().take_in(update)
            except (SQLAlchemyError, asyncio.InvalidStateError) as error:
                logger.error("an update could not be kept: %s", type(error).__name__)
                return json({"error": "try again later"}, status=503)  # Telegram does
            return json({})

        @routes.listener("after_server_start")
        async def start(app: Sanic[Any, Any]) -> None:
            self._start(on_new_message, app.ctx.agent)

        @routes.listener("before_server_stop")
        async def stop(app: Sanic[Any, Any]) -> None:
            await self._background.stop()
            if self._service:
                await self._service.stop()

        return routes

    def _ready(self) -> TelegramService:
        if self._service is None:
            raise asyncio.InvalidStateError("not started yet")
        return self._service

    def _start(self, on_new_message: Turn, agent: Any) -> None:
        """Begins beside the server, which does not wait for Telegram."""
        from botwijzer.channels.telegram_api import TelegramApi  # half a second that only those wait who use it
        from botwijzer.channels.telegram_inbox import Inbox
        from botwijzer.channels.telegram_service import TelegramService
        from botwijzer.handoff.outbox import Outbox
        from botwijzer.handoff.store import Requests
        from botwijzer.leases import Leases

        async def turn(conversation: str, for_rasa: str) -> Said:
            output = WholeMessages()
            message = UserMessage(for_rasa, output, conversation, input_channel=self.name())
            await take_turn(on_new_message, message, output, agent, networks=(conversation,))
            said: Said = output.messages
            return said

        current = settings()
        api = TelegramApi(current.telegram_token.get_secret_value(), current.telegram_api)
        inbox = Inbox(current.database_url)
        operators = int(current.telegram_operators) if current.telegram_operators else None
        self._service = TelegramService(
            api,
            inbox,
            turn,
            Requests(current.database_url),
            Outbox(current.database_url),
            Leases(current.database_url),
            operators,
        )
        self._background.begin(run(api, self._service, current))
        self._background.begin(describe(api))


async def run(api: TelegramApi, service: TelegramService, current: Settings) -> None:
    """Registers with Telegram and fetches updates, for as long as the server runs."""
    await service.start(await api.me())
    if current.public_url:
        await api.use_webhook(current.public_url.rstrip("/") + WEBHOOK, webhook_secret(current))
    else:
        await api.use_polling()
        await service.poll()


async def describe(api: TelegramApi) -> None:
    """Tells Telegram what the bot is, which it shows in the menu and before the first message."""
    description, about = (responses().text(f"utter_telegram_{name}") for name in ("description", "about"))
    await api.describe(COMMANDS, COMMANDS_IN_GROUPS, description, about)


def webhook_secret(current: Settings) -> str:
    """What Telegram shows with each update; without a setting made of the token, so that all instances have it."""
    made = hmac.new(
        current.telegram_token.get_secret_value().encode(), b"botwijzer webhook", hashlib.sha256
    ).hexdigest()
    return current.telegram_secret.get_secret_value() or made
