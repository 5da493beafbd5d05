"""What is checked before the assistant starts."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from botwijzer.preflight import check_hosts, warnings
from botwijzer.settings import PREFIX, Settings, SettingsError
from botwijzer.supervisor import Role
from tests.conftest import fresh_settings
from tests.test_faults import botwijzer
from tests.unit_helpers import use_settings

ELSEWHERE = ("999.1.1.1", "a..b", "192.0.2.1", "2001:db8::1", "no-such-host.invalid")
"""Addresses and names that are not this machine's."""

HERE = ("0.0.0.0", "127.0.0.1", "localhost")


def refusal(current: Settings, role: Role) -> str:
    """Why this role can't start; empty if it can."""
    try:
        check_hosts(current, role)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("host", {Role.ALL, Role.CHAT}),
        ("actions_host", {Role.ACTIONS}),
        ("metrics_host", {Role.ALL, Role.CHAT, Role.DELIVERY}),
    ],
)
def test_an_address_that_is_not_of_this_machine_is_named_where_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, name: str, roles: set[Role], host: str
) -> None:
    current = use_settings(monkeypatch, metrics_port="9105", **{name: host})

    said = {role: refusal(current, role) for role in Role}

    assert {role for role, sentence in said.items() if sentence} == roles
    for role in roles:
        assert said[role].startswith(f"{PREFIX}{name.upper()}: ")
        assert host in said[role]


@pytest.mark.parametrize("host", HERE)
def test_addresses_of_this_machine_are_taken(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    current = use_settings(monkeypatch, host=host, actions_host=host, metrics_host=host, metrics_port="9105")

    assert [refusal(current, role) for role in Role] == [""] * len(Role)


def test_without_metrics_their_address_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(use_settings(monkeypatch, metrics_host="999.1.1.1"), Role.ALL) == ""


def test_the_owner_is_warned_of_what_would_be_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch, contact_hours="elke avond", retention_dayz="7")

    misspelt, hours = warnings(current)

    assert "BOTWIJZER_RETENTION_DAYZ" in misspelt
    assert "BOTWIJZER_RETENTION_DAYS" in misspelt
    assert "BOTWIJZER_CONTACT_HOURS" in hours
    assert "elke avond" in hours


def test_there_is_nothing_to_say_about_good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert warnings(use_settings(monkeypatch, contact_hours="ma t/m vr 9.00-17.00 uur, za 10-13")) == []


def test_a_misspelt_setting_is_named_and_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    _, variables = fresh_settings(tmp_path, contact_hours="elke avond")
    with botwijzer(tmp_path, variables | {"BOTWIJZER_TELEGRAM_TOKN": "1:x"}, "run") as command:
        command.wait_for("Botwijzer is up: ")
        command.process.send_signal(signal.SIGINT)

        assert command.end() == 0
        warned = command.err.splitlines()
    assert [line for line in warned if "BOTWIJZER_TELEGRAM_TOKEN" in line and "BOTWIJZER_TELEGRAM_TOKN" in line]
    assert [line for line in warned if "BOTWIJZER_CONTACT_HOURS" in line]
