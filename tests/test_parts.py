"""Which processes each role runs, and what they find in their environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from botwijzer.supervisor import PartError, Role, environment, parts
from tests.unit_helpers import use_settings


def test_one_process_answers_visitors_and_each_part_can_run_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch, port="7000")

    (everything,) = parts(current, Path("model.tar.gz"))
    (chat,) = parts(current, Path("model.tar.gz"), Role.CHAT)
    (actions,) = parts(current, Path(), Role.ACTIONS)

    assert everything == chat
    assert (chat.name, chat.port, actions.name, actions.port) == ("rasa", 7000, "actions", 7050)
    assert "model.tar.gz" in chat.command
    with pytest.raises(PartError, match="BOTWIJZER_SMTP_URL"):
        parts(current, Path(), Role.DELIVERY)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("10.0.0.7", "10.0.0.7"),
        ("::", "[::1]"),
        ("fd00::7", "[fd00::7]"),
        ("bot.local", "bot.local"),
    ],
)
def test_a_part_is_asked_where_it_listens(monkeypatch: pytest.MonkeyPatch, host: str, address: str) -> None:
    current = use_settings(monkeypatch, port="7000", host=host, actions_host=host)

    (chat,) = parts(current, Path(), Role.CHAT)
    (actions,) = parts(current, Path(), Role.ACTIONS)

    assert chat.health_url == f"http://{address}:7000/webhooks/rest/"
    assert actions.health_url == f"http://{address}:7050/health"


def test_mail_is_delivered_by_a_part_of_its_own_when_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch, smtp_url="smtp://localhost:25", handoff_email="hulp@shop.example")

    assert [each.name for each in parts(current, Path("model.tar.gz"))] == ["delivery", "rasa"]
    assert [each.name for each in parts(current, Path(), Role.DELIVERY)] == ["delivery"]


def test_the_parts_get_the_settings_that_rasas_files_name_and_log_no_visitors_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current = use_settings(monkeypatch, port="7000")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")

    given = environment(current)

    assert (given["BOTWIJZER_ACTIONS_PORT"], given["BOTWIJZER_DATABASE_URL"]) == ("7050", current.database_url)
    assert (given["LOG_LEVEL"], given["LOG_LEVEL_LIBRARIES"]) == ("ERROR", "ERROR")
    assert given["RASA_TELEMETRY_ENABLED"] == "false"
