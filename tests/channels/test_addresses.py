"""Where a visitor comes from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from sanic.compat import Header
from sanic.request import Request

from botwijzer.channels.addresses import LOCAL, UNKNOWN, is_local, networks_of

PROXY, VISITOR, OTHER = "10.0.0.7", "1.2.3.4", "4.3.2.1"
SIX = ("2a02:a440:1:2::/64", "2a02:a440:1::/56", "2a02:a440:1::/48")


def request_from(peer: str, *forwarded: str, **headers: str) -> Request:
    """A request with these values of X-Forwarded-For and further headers."""
    named = [("X-Forwarded-For", value) for value in forwarded]
    named += [(name.replace("_", "-"), value) for name, value in headers.items()]
    return cast("Request", SimpleNamespace(ip=peer, headers=Header(named)))


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "networks"),
    [
        (VISITOR, [], 0, (VISITOR,)),
        (VISITOR, [OTHER], 0, (VISITOR,)),
        (PROXY, [VISITOR], 0, (UNKNOWN,)),
        ("127.0.0.1", [], 0, (LOCAL,)),
        ("::1", [], 0, (LOCAL,)),
        ("127.0.0.1", [VISITOR], 0, (UNKNOWN,)),
        ("", [], 0, (UNKNOWN,)),
        (PROXY, [VISITOR], 1, (VISITOR,)),
        (PROXY, [f"{OTHER}, {VISITOR}"], 1, (VISITOR,)),
        (PROXY, [OTHER, VISITOR], 1, (VISITOR,)),
        (PROXY, [f"{OTHER}, {VISITOR},{PROXY}"], 2, (VISITOR,)),
        (PROXY, [VISITOR], 2, (UNKNOWN,)),
        (VISITOR, [], 1, (UNKNOWN,)),
        ("127.0.0.1", [], 1, (LOCAL,)),
        (PROXY, ["niemand"], 1, (UNKNOWN,)),
        (PROXY, ["[2a02::1"], 1, (UNKNOWN,)),
        (PROXY, ["172.18.0.1"], 1, (UNKNOWN,)),
        (PROXY, ["127.0.0.1"], 1, (LOCAL,)),
        (PROXY, [f"::ffff:{VISITOR}"], 1, (VISITOR,)),
        (PROXY, [f"{VISITOR}:4711"], 1, (VISITOR,)),
        (PROXY, ["2a02:a440:1:2:3:4:5:6"], 1, SIX),
        (PROXY, ["2a02:a440:1:2::a:b"], 1, SIX),
        (PROXY, ["[2a02:a440:1:2::b]:4711"], 1, SIX),
        (PROXY, ['"[2a02:a440:1:2::b]:4711"'], 1, SIX),
        (PROXY, ["2a02:a440:1::a:b"], 1, ("2a02:a440:1::/64", *SIX[1:])),
    ],
)
def test_a_visitor_is_counted_under_the_networks_that_the_proxies_named(
    peer: str, forwarded: list[str], proxies: int, networks: tuple[str, ...]
) -> None:
    assert networks_of(request_from(peer, *forwarded), proxies) == networks


@pytest.mark.parametrize("header", ["Forwarded", "X_Real_IP", "X_Forwarded_Proto", "Via"])
def test_what_a_proxy_passes_on_is_not_local(header: str) -> None:
    assert is_local(request_from("127.0.0.1"), 0)
    assert not is_local(request_from("127.0.0.1", **{header: "x"}), 0)


def test_behind_a_known_proxy_the_visitors_address_decides_what_is_local() -> None:
    assert is_local(request_from(PROXY, "127.0.0.1"), 1)
    assert not is_local(request_from("127.0.0.1", VISITOR), 1)
    assert is_local(request_from("127.0.0.1"), 1), "asked directly, such as by `botwijzer chat`"
    assert not is_local(request_from(VISITOR), 1)
