"""The server: the channels of credentials.yml, and the assistant behind them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml
from rasa.core.channels.channel import InputChannel, register
from rasa.shared.utils.common import class_from_module_path
from sanic import Sanic
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer.channels.transcript import Transcript
from botwijzer.operating import logs, monitoring
from botwijzer.operating.metrics import open_sockets
from botwijzer.serving.conversations import Conversations
from botwijzer.serving.dialogue import Assistant
from botwijzer.serving.locks import make_locks
from botwijzer.settings import ROOT, Settings

KEEP_ALIVE_SECONDS = 120
MOST_BYTES = 2_000_000
"""Of a request, before a channel looks at it; each channel takes less."""

ROUTE = "/webhooks/"


def make_server(settings: Settings, model: Path) -> Sanic:
    """The server with its channels; the model is loaded before it takes its first request.

    Args:
        settings: Of this installation.
        model: The trained model's file.
    """
    server = Sanic("botwijzer", configure_logging=False)
    server.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    server.config.REQUEST_MAX_SIZE = MOST_BYTES
    server.error_handler.add(PayloadTooLarge, _too_large)
    offered = channels()
    register(offered, server, route=ROUTE)
    logs.use_key(Transcript(settings.database_url).signing_key())
    open_sockets.set_function(lambda: _count_sockets(offered))

    async def load(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
        locks = make_locks(settings.redis_url)
        assistant = Assistant(Conversations(settings.database_url), locks, settings.actions_url)
        assistant.load_model(model)
        app.ctx.agent = assistant
        monitoring.tell_model(model)
        monitoring.add_database_figures(settings)
        monitoring.serve_metrics(settings)

    server.register_listener(load, "before_server_start")
    return server


def channels(credentials: Path = ROOT / "credentials.yml") -> list[InputChannel]:
    """The channels that a credentials file of Rasa's names by their classes."""
    named = yaml.safe_load(credentials.read_text("utf-8"))
    return [class_from_module_path(name).from_credentials(options) for name, options in named.items()]


def _too_large(_: Request, __: Exception) -> HTTPResponse:
    return json({"error": f"the body is larger than {MOST_BYTES} bytes"}, status=413)


def _count_sockets(offered: list[InputChannel]) -> int:
    return sum(len(channel._socket.eio.sockets) for channel in offered if hasattr(channel, "_socket"))
