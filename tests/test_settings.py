"""The settings: where they come from, what is refused, and what is never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from botwijzer import settings as settings_module
from botwijzer.settings import ROOT, Settings, SettingsError, load_settings, settings_table, unknown_variables
from tests.unit_helpers import use_settings

SECRET = "geheim-woord"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.env` of this test alone, not made yet."""
    use_settings(monkeypatch)
    path = tmp_path / ".env"
    monkeypatch.setattr(Settings.__config__, "env_file", path)
    monkeypatch.setattr(settings_module, "ENV_FILE", path)
    return path


def row(variable: str) -> tuple[str, str]:
    """Value and source of a setting, as `botwijzer settings` shows them."""
    return next((value, source) for name, value, source, _ in settings_table(load_settings()) if name == variable)


def test_without_any_setting_the_defaults_hold(env_file: Path) -> None:
    current = load_settings()

    assert (current.port, current.actions_port, current.rest, current.retention_days) == (5005, 5055, "local", 30)
    assert current.database_url == f"sqlite:///{ROOT / 'var' / 'botwijzer.db'}"
    assert current.telegram_api == "https://api.telegram.org"
    assert {current.redis_url, current.public_url, current.contact_email, current.contact_hours} == {""}
    assert current.telegram_token.get_secret_value() == ""
    assert {source for _, _, source, _ in settings_table(current)} == {"default"}


def test_every_setting_has_a_meaning(env_file: Path) -> None:
    assert all(meaning for *_, meaning in settings_table(load_settings()))


def test_the_file_goes_before_the_default_and_the_environment_before_the_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOTWIJZER_PORT=6001\nBOTWIJZER_RETENTION_DAYS=7\nANDERS=x\n", "utf-8")
    monkeypatch.setenv("BOTWIJZER_PORT", "6002")

    assert row("BOTWIJZER_PORT") == ("6002", "environment")
    assert row("BOTWIJZER_RETENTION_DAYS") == ("7", ".env")
    assert row("BOTWIJZER_REST") == ("local", "default")


def test_the_action_server_listens_near_the_port_of_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert use_settings(monkeypatch, port="7000").actions_port == 7050
    assert use_settings(monkeypatch, port="7000", actions_port="7001").actions_port == 7001
    assert 1 <= use_settings(monkeypatch, port="65535").actions_port <= 65535
    assert 1 <= use_settings(monkeypatch, port="65486").actions_port <= 65535


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://u:p@db/botwijzer", "postgresql+psycopg2://u@db/x"])
def test_both_databases_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert use_settings(monkeypatch, database_url=url).database_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "veel"),
        ("port", "0"),
        ("port", "65536"),
        ("actions_port", "-1"),
        ("rest", "misschien"),
        ("rest", ""),
        ("rest_pace", "-1"),
        ("public_url", "https://u:geheim-woord@bot.example"),
        ("public_url", "https://[::1"),
        ("retention_days", "0"),
        ("public_url", "http://onveilig.example"),
        ("telegram_api", "api.telegram.org"),
        ("telegram_operators", "de groep"),
        ("redis_url", "geheim-woord@redis:6379"),
        ("redis_url", "redis://:geheim-woord@redis:poort/0"),
        ("trusted_proxies", "-1"),
        ("contact_url", "shop.example"),
        ("contact_email", "geen adres"),
        ("contact_email", "a@b@c"),
        ("handoff_email", "@shop.example"),
        ("database_url", "mysql://u:geheim-woord@db/x"),
        ("database_url", "geheim-woord"),
        ("database_url", "postgresql://u:geheim-woord@db:poort/x"),
        ("database_url", "postgresql://u:half@half:geheim-woord@db/x"),
    ],
)
def test_a_wrong_value_is_named_and_no_secret_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        use_settings(monkeypatch, **{name: value})

    assert str(refusal.value).startswith(f"BOTWIJZER_{name.upper()}: ")
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("local", "local"),
        ("Local", "local"),
        *((value, "true") for value in ("true", "on", "1", "yes", "TRUE", "On")),
        *((value, "false") for value in ("false", "off", "0", "no", "False")),
    ],
)
def test_rest_is_for_this_machine_for_all_or_off(monkeypatch: pytest.MonkeyPatch, value: str, meaning: str) -> None:
    assert use_settings(monkeypatch, rest=value).rest == meaning


def test_what_looks_like_a_setting_and_is_none_is_named_with_what_was_probably_meant(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOTWIJZER_TELEGRAM_TOKN=1:x\nBOTWIJZER_PORT=6001\nPOSTGRES_PASSWORD=x\n", "utf-8")
    monkeypatch.setenv("BOTWIJZER_FIETS", "1")
    monkeypatch.setenv("BOTWIZJER_CONTACT_EMAIL", "a@b.nl")
    monkeypatch.setenv("botwijzer_host", "127.0.0.1")

    assert unknown_variables() == {
        "BOTWIJZER_FIETS": "",
        "BOTWIJZER_TELEGRAM_TOKN": "BOTWIJZER_TELEGRAM_TOKEN",
        "BOTWIZJER_CONTACT_EMAIL": "BOTWIJZER_CONTACT_EMAIL",
    }


def test_what_tools_and_tests_read_is_known(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [ROOT / "Makefile", *(path for top in ("tools", "tests/attack") for path in (ROOT / top).rglob("*.py"))]
    named = {name for file in files for name in re.findall(r"\bBOTWIJZER_[A-Z\d_]*[A-Z\d]\b", file.read_text("utf-8"))}
    assert named
    for name in named:
        monkeypatch.setenv(name, "x")

    assert unknown_variables() == {}


def test_a_settings_file_that_can_not_be_read_is_named(env_file: Path) -> None:
    env_file.write_bytes(b"BOTWIJZER_CONTACT_HOURS=\xff\xfe\n")

    with pytest.raises(SettingsError, match=r"\.env can't be read"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("telegram_token", f"12:{SECRET}"),
        ("telegram_secret", SECRET),
        ("smtp_url", f"smtp://u:{SECRET}@mail.example:587"),
        ("database_url", f"postgresql://u:{SECRET}@db/botwijzer"),
        ("database_url", f"postgresql://u:{SECRET}/x@db/botwijzer"),
        ("database_url", f"postgresql://db/botwijzer?user=u&password={SECRET}"),
        ("redis_url", f"redis://:{SECRET}@redis:6379/0"),
        ("telegram_api", f"https://u:{SECRET}@bot-api.example"),
    ],
)
def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    use_settings(monkeypatch, **{name: value})

    shown, source = row("BOTWIJZER_" + name.upper())

    assert SECRET not in shown
    assert "***" in shown
    assert source == "environment"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://u:geheim@db:5432/x", "postgresql://u:***@db:5432/x"),
        ("postgresql://u@db:5432/x", "postgresql://u@db:5432/x"),
        ("postgresql://db/x?password=geheim&sslmode=require", "postgresql://db/x?password=***&sslmode=require"),
        ("sqlite:////var/lib/botwijzer.db", "sqlite:////var/lib/botwijzer.db"),
    ],
)
def test_of_an_address_all_but_the_password_is_shown(monkeypatch: pytest.MonkeyPatch, value: str, shown: str) -> None:
    use_settings(monkeypatch, database_url=value)

    assert row("BOTWIJZER_DATABASE_URL") == (shown, "environment")
