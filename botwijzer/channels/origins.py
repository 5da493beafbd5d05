"""Which sites may talk to the assistant from a browser, and which names this server is known by."""

from __future__ import annotations

import logging
import socket
import time

import psutil
from sanic.headers import parse_host
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer.channels.addresses import Address, parse_address
from botwijzer.operating.metrics import refusals
from botwijzer.settings import Settings

logger = logging.getLogger(__name__)

LOG_INTERVAL_SECONDS = 60.0
MAX_LOGGED_CHARACTERS = 100

HEALTH_PATHS = frozenset({"/webhooks/web/health", "/webhooks/rest"})
"""Monitors ask these under any name."""

_last_logged: dict[str, float] = {}


def is_welcome(origin: str | None, host: str, current: Settings) -> bool:
    """Whether a page of this origin may talk to the assistant.

    Args:
        origin: The `Origin` header; None from programs that are not browsers, which could send any.
        host: The `Host` header: name and port under which the server itself was asked.
        current: The server's own address and the sites that are named in the settings.
    """
    if origin is None or origin in current.origins():
        return True
    own = {_place_of(current.public_origin()), host if is_known_host(host, current) else ""} - {""}
    scheme, _, place = origin.partition("://")
    return scheme in {"http", "https"} and place in own


def is_known_host(host: str, current: Settings) -> bool:
    """Whether this server is known by the name in a `Host` header; its port does not matter.

    As long as BOTWIJZER_PUBLIC_URL is empty any name may be the server's. Only programs send none at all.
    """
    if not current.public_url or not host:
        return True
    named = {_name_of(_place_of(origin)) for origin in (current.public_origin(), *current.origins())}
    return _name_of(host) in named - {""} or is_this_machine(host, current)


def is_this_machine(host: str, current: Settings) -> bool:
    """Whether a `Host` header names this machine itself: loopback, one of its addresses or its own name."""
    name = _name_of(host)
    if name in {"localhost", socket.gethostname().lower(), current.host.lower()} or name.endswith(".localhost"):
        return True
    address = parse_address(name)
    return address is not None and (address.is_loopback or address in _own_addresses())


def refusal_of_origin(request: Request, current: Settings) -> HTTPResponse | None:
    """The answer to a page that may not talk to the assistant, logged and counted; None for all others."""
    origin: str | None = request.headers.get("origin")
    if origin is None or is_welcome(origin, request.host, current):
        return None
    refusals.labels("origin").inc()
    if _is_to_be_logged("origin"):
        logger.warning("a page of %s was refused; BOTWIJZER_ALLOWED_ORIGINS names the sites that may", _shown(origin))
    return json({"error": "pages of this site may not talk to the assistant"}, status=403)


def refusal_of_host(request: Request, current: Settings) -> HTTPResponse | None:
    """The answer to a request under a name that is not this server's, logged and counted; None for all others."""
    if request.path.rstrip("/") in HEALTH_PATHS or is_known_host(request.host, current):
        return None
    refusals.labels("host").inc()
    if _is_to_be_logged("host"):
        logger.warning("a request to %s was refused; BOTWIJZER_PUBLIC_URL names this server", _shown(request.host))
    return json({"error": "this server is not known by the name in the Host header"}, status=400)


def _is_to_be_logged(reason: str) -> bool:
    """Whether no refusal of this kind was logged in the last minute; notes that one is now."""
    now = time.monotonic()
    is_due = now - _last_logged.get(reason, -LOG_INTERVAL_SECONDS) >= LOG_INTERVAL_SECONDS
    if is_due:
        _last_logged[reason] = now
    return is_due


def _shown(value: str) -> str:
    return "".join(c for c in value[:MAX_LOGGED_CHARACTERS] if c.isprintable())


def _place_of(origin: str) -> str:
    return origin.partition("://")[2]


def _name_of(host: str) -> str:
    """The name without a port, in lower case; empty if there is none."""
    return (parse_host(host)[0] or "").strip("[]").rstrip(".")


def _own_addresses() -> set[Address | None]:
    try:
        found = psutil.net_if_addrs().values()
    except OSError:  # systemd may deny it
        return set()
    return {parse_address(each.address.partition("%")[0]) for addresses in found for each in addresses}
