"""Where a request comes from: the visitor's own address, and the networks that it is counted under.

Whoever has one IPv6 address usually has a whole /64, many have a /56 and some a /48, so all three are counted.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from sanic.request import Request

LOCAL = "local"
"""A program on this machine: it asked over the loopback address, and no proxy has passed it on."""

UNKNOWN = "unknown"
"""Everybody whose address can't be told, together: those behind a proxy that no setting names, for example."""

COUNTED_PREFIXES = (64, 56, 48)
"""IPv6 networks that are counted, by the length of their prefix."""

FORWARDING_HEADERS = (
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "via",
    "cf-connecting-ip",
    "true-client-ip",
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks_of(request: Request, proxies: int) -> tuple[str, ...]:
    """The networks that a request is counted under, smallest first; never empty.

    Args:
        request: As it came in.
        proxies: How many proxies stand before the server (BOTWIJZER_TRUSTED_PROXIES).

    Returns:
        An IPv4 address, or the IPv6 networks of `COUNTED_PREFIXES`, or `LOCAL`, or `UNKNOWN`.
    """
    if is_local(request, proxies):
        return (LOCAL,)
    address = visitors_address(request, proxies)
    if address is None or address.is_private:
        return (UNKNOWN,)
    if address.version == 4:
        return (str(address),)
    return tuple(str(ipaddress.ip_network((address, bits), strict=False)) for bits in COUNTED_PREFIXES)


def is_local(request: Request, proxies: int) -> bool:
    """Whether a program on this machine asks, and not a visitor by way of a proxy on it.

    That is a loopback peer without any forwarding header, or a visitor whose address is loopback by the word of the
    proxies.
    """
    is_direct = not any(name in request.headers for name in FORWARDING_HEADERS)
    if not is_direct and not proxies:
        return False
    address = parse_address(request.ip) if is_direct else visitors_address(request, proxies)
    return address is not None and address.is_loopback


def visitors_address(request: Request, proxies: int) -> Address | None:
    """The address that a visitor comes from; None when it can't be told.

    Of `X-Forwarded-For` only what the proxies themselves have written there is believed: each adds, at the end, whom
    it was asked by.
    """
    if not proxies:
        return parse_address(request.ip)
    named = [name for value in request.headers.getall("x-forwarded-for", []) for name in value.split(",")]
    return parse_address(named[-proxies]) if len(named) >= proxies else None


def parse_address(text: str) -> Address | None:
    """An address as proxies write it: also in brackets, in quotes or with a port. None when it is not one."""
    bare = text.strip().strip('"')
    for candidate in (bare, _host_of(bare)):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        return getattr(address, "ipv4_mapped", None) or address
    return None


def _host_of(text: str) -> str:
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:  # brackets that do not match
        return ""
