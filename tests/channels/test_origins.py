"""Which sites may embed the widget."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from botwijzer.channels.origins import is_known_host, is_welcome, refusal_of_host, refusal_of_origin
from botwijzer.operating.metrics import refusals
from botwijzer.settings import SettingsError
from tests.unit_helpers import use_settings

HOST = "bot.example.nl"


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("https://outside.example.nl", True),
        ("http://outside.example.nl", True),
        ("https://bot.example.nl", False),
        ("http://127.0.0.1:5005", False),
        ("https://shop.example.nl", True),
        ("http://test.example.nl:8080", True),
        ("http://shop.example.nl", False),
        ("https://shop.example.nl.evil.nl", False),
        ("https://evil.nl", False),
        ("null", False),
        ("", False),
        ("http://", False),
        ("//bot.example.nl", False),
    ],
)
def test_only_sites_that_are_named_and_the_servers_own(
    origin: str | None, welcome: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = use_settings(
        monkeypatch,
        allowed_origins="https://shop.example.nl, http://test.example.nl:8080",
        public_url="https://outside.example.nl/path",
    )
    assert is_welcome(origin, HOST, current) is welcome


def test_without_a_public_url_the_servers_own_pages_are_those_of_the_host_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current = use_settings(monkeypatch)

    assert is_welcome(f"https://{HOST}", HOST, current)
    assert not is_welcome("https://evil.nl", HOST, current)
    assert not is_welcome("http://", "", current)


@pytest.mark.parametrize("host", ["127.0.0.1:5005", "localhost:5005", "outside.example.nl:443"])
def test_with_a_public_url_the_demo_page_on_this_machine_still_works(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    current = use_settings(monkeypatch, public_url="https://outside.example.nl")

    assert is_welcome(f"http://{host}", host, current)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://www.shop.nl:443", "https://www.shop.nl"),
        ("http://www.shop.nl:80", "http://www.shop.nl"),
        ("https://WWW.Shop.nl", "https://www.shop.nl"),
        ("https://botten-café.nl", "https://xn--botten-caf-k7a.nl"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_may_be_written_otherwise_than_browsers_do(
    monkeypatch: pytest.MonkeyPatch, written: str, sent: str
) -> None:
    assert is_welcome(sent, HOST, use_settings(monkeypatch, allowed_origins=written))
    assert not is_welcome(f"{sent}1", HOST, use_settings(monkeypatch, allowed_origins=written))


OWN_ADDRESSES = {"eth0": [SimpleNamespace(address="10.1.2.3"), SimpleNamespace(address="fe80::1%eth0")]}


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("outside.example.nl", True),
        ("OUTSIDE.example.nl:8443", True),
        ("outside.example.nl.", True),
        ("www.shop.nl", True),
        ("127.0.0.1:5005", True),
        ("127.9.9.9", True),
        ("[::1]:5005", True),
        ("localhost:5005", True),
        ("bot.localhost", True),
        ("10.1.2.3:5005", True),
        ("[fe80::1]", True),
        ("machine-7", True),
        ("", True),
        ("evil.nl", False),
        ("outside.example.nl.evil.nl", False),
        ("localhost.evil.nl", False),
        ("10.1.2.4", False),
        ("[::2]:5005", False),
        ("x@127.0.0.1", False),
        ("[::1", False),
        ("x:y:z", False),
        ("\xff", False),
    ],
)
def test_with_a_public_url_only_its_host_and_this_machine_are_known(
    monkeypatch: pytest.MonkeyPatch, host: str, known: bool
) -> None:
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: OWN_ADDRESSES)
    monkeypatch.setattr("socket.gethostname", lambda: "Machine-7")
    current = use_settings(
        monkeypatch, public_url="https://outside.example.nl/path", allowed_origins="https://www.shop.nl"
    )

    assert is_known_host(host, current) is known
    assert is_known_host(host, use_settings(monkeypatch))


def test_addresses_of_this_machine_that_may_not_be_read_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> None:
        raise OSError(97, "Address family not supported by protocol")  # systemd: no AF_NETLINK

    monkeypatch.setattr(psutil, "net_if_addrs", denied)
    current = use_settings(monkeypatch, public_url="https://outside.example.nl")

    assert not is_known_host("10.1.2.3", current)
    assert is_known_host("127.0.0.1", current)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets; nothing was logged before."""
    now = [1000.0]
    monkeypatch.setattr("botwijzer.channels.origins.time.monotonic", lambda: now[0])
    monkeypatch.setattr("botwijzer.channels.origins._last_logged", {})
    return now


def request(**headers: str) -> Any:
    """A request as far as it matters here."""
    return SimpleNamespace(headers=headers, host=headers.get("host", HOST), path="/webhooks/web/")


def test_a_refused_site_is_logged_once_a_minute_with_the_setting_that_names_those_that_are_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seconds: list[float]
) -> None:
    current = use_settings(monkeypatch)
    counted = refusals.labels("origin")
    before = counted._value.get()

    for _ in range(100):
        answer = refusal_of_origin(request(origin="https://evil\n\u202e.nl/" + "x" * 1000), current)
        assert answer is not None
        assert answer.status == 403
    (line,) = caplog.messages
    seconds[0] += 61
    refusal_of_origin(request(origin="https://evil.nl"), current)

    assert counted._value.get() == before + 101
    assert len(caplog.messages) == 2
    assert "https://evil.nl" in line
    assert "BOTWIJZER_ALLOWED_ORIGINS" in line
    assert line.isprintable()
    assert len(line) < 250


def test_a_foreign_host_is_refused_and_logged_but_not_for_the_health(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seconds: list[float]
) -> None:
    current = use_settings(monkeypatch, public_url="https://outside.example.nl")
    asked = request(host="evil.nl")

    answer = refusal_of_host(asked, current)
    assert answer is not None
    assert answer.status == 400
    assert "BOTWIJZER_PUBLIC_URL" in caplog.text
    for path in ("/webhooks/web/health", "/webhooks/web/health/"):
        asked.path = path
        assert refusal_of_host(asked, current) is None


@pytest.mark.parametrize(
    "wrong",
    [
        "shop.example.nl",
        "https://shop.example.nl/",
        "*",
        "https://a.nl https://b.nl",
        "https://a.nl:x",
        "https://a..nl",
    ],
)
def test_what_is_no_origin_is_named_at_start(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="BOTWIJZER_ALLOWED_ORIGINS"):
        use_settings(monkeypatch, allowed_origins=wrong)
