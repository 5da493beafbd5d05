"""Which sites may embed the widget."""

from __future__ import annotations

import pytest

from botwijzer.channels.origins import is_welcome
from botwijzer.settings import SettingsError
from tests.unit_helpers import use_settings

HOST = "bot.example.nl"


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("https://bot.example.nl", True),
        ("https://shop.example.nl", True),
        ("http://test.example.nl:8080", True),
        ("https://outside.example.nl", True),
        ("http://shop.example.nl", False),
        ("https://shop.example.nl.evil.nl", False),
        ("https://evil.nl", False),
        ("null", False),
        ("", False),
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


@pytest.mark.parametrize("wrong", ["shop.example.nl", "https://shop.example.nl/", "*", "https://a.nl https://b.nl"])
def test_what_is_no_origin_is_named_at_start(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="BOTWIJZER_ALLOWED_ORIGINS"):
        use_settings(monkeypatch, allowed_origins=wrong)
