"""The server: the channels of credentials.yml, and the assistant behind them."""

from __future__ import annotations

import asyncio
import http
import logging
import re
from pathlib import Path
from typing import Any

import yaml
from rasa.core.channels.channel import InputChannel, register
from rasa.core.lock_store import LockStore
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.utils.common import class_from_module_path
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic
from sanic.compat import Header
from sanic.exceptions import BadRequest, PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer.background import Background
from botwijzer.channels.origins import refusal_of_host
from botwijzer.channels.transcript import Transcript
from botwijzer.operating import logs, monitoring
from botwijzer.operating.metrics import open_sockets
from botwijzer.retention import Retention
from botwijzer.serving.dialogue import Assistant
from botwijzer.settings import ROOT, Settings

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 120
MOST_BYTES = 2_000_000
"""Of a request, before a channel looks at it; each channel takes less."""

HUNG_UP = "Cancelled"
"""What Sanic calls a request whose visitor did not wait for the answer; nothing has failed."""

ROUTE = "/webhooks/"
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_METHOD = re.compile(r"[A-Za-z-]{1,40}")


class CheckedRequest(Request):
    """A request with a method, whose body has a length; to others Sanic answers 500, or waits for -1 bytes."""

    def __init__(self, url_bytes: bytes, headers: Header, *others: Any, **more: Any) -> None:
        lengths, codings = headers.getall("content-length", []), headers.getall("transfer-encoding", [])
        is_clear = codings == ["chunked"] and not lengths if codings else len(lengths) < 2
        is_clear = is_clear and all(_LENGTH.fullmatch(length.strip()) for length in lengths)
        if not is_clear or not _METHOD.fullmatch(more["method"]):
            raise BadRequest("Bad Request")
        super().__init__(url_bytes, headers, *others, **more)


def make_server(settings: Settings, model: Path) -> Sanic[Any, Any]:
    """The server with its channels; the model is loaded before it takes its first request.

    Args:
        settings: Of this installation.
        model: The trained model's file.
    """
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    actions = EndpointConfig(settings.actions_url) if settings.actions_url else endpoints.action
    assistant = Assistant(TrackerStore.create(endpoints.tracker_store), LockStore.create(endpoints.lock_store), actions)
    assistant.load_model(model)
    assistant.fork()  # now, for later there are connections, threads and an event loop
    server = Sanic("botwijzer", configure_logging=False, request_class=CheckedRequest)
    server.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    server.config.REQUEST_MAX_SIZE = MOST_BYTES
    server.error_handler.add(Exception, _refusal)
    server.error_handler.add(PayloadTooLarge, _too_large)
    offered = channels()
    register(offered, server, route=ROUTE)
    logs.use_key(Transcript(settings.database_url).signing_key())
    open_sockets.set_function(lambda: _count_sockets(offered))
    server.ctx.agent = assistant
    monitoring.tell_model(model)

    retention, erasing = Retention(settings.database_url, settings.retention_days), Background("erasing")
    server.ctx.retention = retention

    async def watch(_: Sanic[Any, Any]) -> None:
        monitoring.add_database_figures(settings)
        monitoring.serve_metrics(settings)

    async def tell_erased(session: str) -> None:
        for channel in offered:
            if hasattr(channel, "tell_erased"):
                await channel.tell_erased(session)

    async def begin_erasing(_: Sanic[Any, Any]) -> None:
        erasing.begin(retention.run_daily(tell_erased))

    async def end_erasing(_: Sanic[Any, Any]) -> None:
        await erasing.stop()
        await asyncio.to_thread(retention.finish)

    async def check_host(request: Request) -> HTTPResponse | None:
        return refusal_of_host(request, settings)

    server.register_listener(watch, "before_server_start")
    server.register_listener(begin_erasing, "after_server_start")
    server.register_listener(end_erasing, "after_server_stop")
    server.register_middleware(check_host, "request")
    return server


def channels(credentials: Path = ROOT / "credentials.yml") -> list[InputChannel]:
    """The channels that a credentials file of Rasa's names by their classes."""
    named = yaml.safe_load(credentials.read_text("utf-8"))
    return [class_from_module_path(name).from_credentials(options) for name, options in named.items()]


def _refusal(_: Request | None, error: Exception) -> HTTPResponse:
    """Why there is no answer, as JSON; Sanic's own pages show the path again, and break on a header that is none."""
    status = http.HTTPStatus(getattr(error, "status_code", http.HTTPStatus.INTERNAL_SERVER_ERROR))
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR and str(error) != HUNG_UP:
        logger.error("a request failed: %s", type(error).__name__)
    return json({"error": status.phrase.lower()}, status=status, headers=getattr(error, "headers", None))


def _too_large(_: Request, __: Exception) -> HTTPResponse:
    return json({"error": f"the body is larger than {MOST_BYTES} bytes"}, status=413)


def _count_sockets(offered: list[InputChannel]) -> int:
    return sum(len(channel._socket.eio.sockets) for channel in offered if hasattr(channel, "_socket"))
