"""All settings, read in one place from the environment or from a file `.env`.

Their names and meaning are in the README; a wrong one raises `SettingsError`, which names it.
"""

from __future__ import annotations

import difflib
import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dotenv
import email_validator
from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
ENV_FILE = ROOT / ".env"
PREFIX = "BOTWIJZER_"

_PASSWORD_IN_URL = re.compile(r"(?<=://)([^:/@\s]*):.*@|(?<=[?&]password=)[^&\s]*")
_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_SECRET = re.compile(r"[\w-]{0,256}", re.ASCII)
_MAIL_SERVER = re.compile(r"smtps?://([^\s/@]+@)?[^\s/@:]+(:\d{1,5})?/?")
_ORIGIN = re.compile(r"(https?)://(\[[\da-fA-F:.]+\]|[^/\s,?#@:\[\]]+)(?::(\d{1,5}))?", re.ASCII)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_REST_VALUES = {
    "local": "local",
    **dict.fromkeys(("true", "on", "1", "yes", "y", "t"), "true"),
    **dict.fromkeys(("false", "off", "0", "no", "n", "f"), "false"),
}

OTHER_VARIABLES = frozenset({"BOTWIJZER_ATTACKS", "BOTWIJZER_PIPELINE_SHA256", "BOTWIJZER_PYTHON"})
"""Not settings of the assistant: tools and tests read them."""

MIN_LIKENESS = 0.85
"""Of a variable to a setting that was probably meant, from 0 to 1, where even the prefix is misspelt."""


class SettingsError(ValueError):
    """A setting can't be used; the message names it and says why."""


class Settings(BaseSettings):
    """The settings of one installation; field `x` is the variable `BOTWIJZER_X`."""

    port: int = Field(5005, ge=1, le=65535, description="HTTP port for all that visitors reach")
    actions_port: int = Field(
        0, ge=0, le=65535, description="port of the action server, this machine only; 0: port + 50"
    )
    host: str = Field("0.0.0.0", description="address of this machine that visitors' requests come in at")
    actions_host: str = Field("127.0.0.1", description="address that an action server of its own listens on")
    actions_url: str = Field(
        "", regex=r"^(https?://\S+)?$", description="of an action server; empty: the actions run within the assistant"
    )
    database_url: str = Field("", description="conversations; empty: an SQLite file under var/")
    redis_url: str = Field(
        "", regex=r"^((rediss?|unix)://\S+)?$", description="locks and push to the widget when several instances run"
    )
    trusted_proxies: int = Field(
        0, ge=0, le=9, description="proxies before it that name the visitor's address in X-Forwarded-For"
    )
    public_url: str = Field("", regex=r"^(https://\S+)?$", description="https address from outside")
    allowed_origins: str = Field("", description="sites that may embed the widget, comma-separated")
    rest: str = Field(
        "local", description="REST channel at /webhooks/rest/webhook: local (programs on this machine), true or false"
    )
    rest_pace: int = Field(
        120, ge=0, description="messages a minute that one address may send over REST; 0: no limit, also of senders"
    )
    telegram_token: SecretStr = Field(SecretStr(""), description="empty: Telegram is off")
    telegram_api: str = Field("https://api.telegram.org", regex=r"^https?://\S+$", description="Bot API server")
    telegram_secret: SecretStr = Field(SecretStr(""), description="secret token of the webhook; empty: made at start")
    telegram_operators: str = Field("", regex=r"^(-?\d+)?$", description="chat id of the operators' group")
    smtp_url: SecretStr = Field(SecretStr(""), description="smtp://user:password@host:587, or smtps://")
    handoff_email: str = Field("", description="where handoff requests are mailed")
    contact_email: str = Field("", description="shown to visitors who want a human")
    contact_phone: str = Field("", description="shown to visitors who want a human")
    contact_url: str = Field("", regex=r"^(https?://\S+)?$", description="shown to visitors who want a human")
    contact_hours: str = Field("", description="when somebody answers, as visitors should read it")
    requests_per_hour: int = Field(
        10, ge=0, description="requests for a human from one address in an hour; 0: no limit"
    )
    operator_wait_seconds: int = Field(300, ge=1, description="after this a visitor whom nobody took over is told so")
    operator_silence_seconds: int = Field(
        600, ge=1, description="after this a visitor whose human is silent is told so"
    )
    metrics_port: int = Field(0, ge=0, le=65534, description="port that a monitor reads metrics at; 0: none")
    metrics_host: str = Field("127.0.0.1", description="address of this machine that a monitor reads metrics at")
    log_level: str = Field(
        "INFO", regex=r"^(DEBUG|INFO|WARNING|ERROR)$", description="how much Botwijzer itself logs; Rasa: errors only"
    )
    retention_days: int = Field(30, ge=1, description="older conversations and handled requests are erased")

    class Config:
        env_prefix = PREFIX
        env_file = ENV_FILE
        env_file_encoding = "utf-8"

    @validator("rest", pre=True)
    def _is_rest(cls, value: object) -> str:
        try:
            return _REST_VALUES[str(value).strip().lower()]
        except KeyError:
            raise ValueError("must be local, true or false") from None

    @validator("handoff_email", "contact_email")
    def _is_address(cls, value: str) -> str:
        try:
            if value:
                email_validator.validate_email(
                    value, check_deliverability=False, test_environment=True, allow_smtputf8=False
                )
        except email_validator.EmailNotValidError:
            raise ValueError("is no e-mail address") from None
        return value

    @validator("smtp_url")
    def _is_mail_server(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _MAIL_SERVER.fullmatch(value.get_secret_value()):
            raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host")
        return value

    @validator("redis_url")
    def _is_redis(cls, value: str) -> str:
        try:
            urlsplit(value).port  # noqa: B018  # reads it
        except ValueError:
            raise ValueError("must be redis://:password@host:6379/0 or rediss://") from None
        return value

    @validator("public_url")
    def _is_public(cls, value: str) -> str:
        try:
            origin = as_browsers_write("://".join(urlsplit(value)[:2]))
        except ValueError:  # brackets that do not match
            origin = ""
        if value and not origin:
            raise ValueError("must be an https address such as https://bot.example.nl")
        return value

    @validator("allowed_origins")
    def _are_origins(cls, value: str) -> str:
        for origin in _listed(value):
            if not as_browsers_write(origin):
                raise ValueError(f"'{origin}' is no origin such as https://www.example.nl, without a path")
        return value

    @validator("telegram_token")
    def _is_token(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("is no token as BotFather gives it (digits, a colon, letters)")
        return value

    @validator("telegram_secret")
    def _is_secret(cls, value: SecretStr) -> SecretStr:
        if not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 1 to 256 letters, digits, _ and -")  # Bot API, setWebhook
        return value

    @validator("database_url", always=True)
    def _is_database(cls, value: str) -> str:
        try:
            scheme = make_url(value).get_backend_name() if value else "sqlite"
        except (ArgumentError, ValueError):  # whose own text may hold a part of the password
            scheme = ""
        if scheme not in {"sqlite", "postgresql"}:
            raise ValueError("must be an address that begins with sqlite:// or postgresql://")
        return value or f"sqlite:///{ROOT / 'var' / 'botwijzer.db'}"

    @validator("actions_port", always=True)
    def _near_port(cls, value: int, values: dict[str, Any]) -> int:
        return value or (values.get("port", 5005) + 50) % 65536 or 65535

    def origins(self) -> frozenset[str]:
        """The sites beside the server's own that may embed the widget."""
        return frozenset(map(as_browsers_write, _listed(self.allowed_origins)))

    def public_origin(self) -> str:
        """The origin of the address from outside, as browsers write it; empty when none is set."""
        return as_browsers_write("://".join(urlsplit(self.public_url)[:2]))


def load_settings() -> Settings:
    """Reads the settings anew.

    Raises:
        SettingsError: One of them can't be used, or `.env` can't be read.
    """
    try:
        return Settings.parse_obj({})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{ENV_FILE.name} can't be read: {error}") from error


@functools.lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def unknown_variables() -> dict[str, str]:
    """Variables that look like settings and are not, with the setting that was probably meant ('' if none)."""
    known = {PREFIX + name.upper(): name.upper() for name in Settings.__fields__}
    found = {}
    for name in {each.upper() for each in (*os.environ, *_variables_of_file())} - {*known, *OTHER_VARIABLES}:
        if name.startswith(PREFIX):  # which all have alike, so only the rest is compared
            nearest = difflib.get_close_matches(name.removeprefix(PREFIX), known.values(), n=1)
            found[name] = PREFIX + nearest[0] if nearest else ""
        elif nearest := difflib.get_close_matches(name, known, n=1, cutoff=MIN_LIKENESS):
            found[name] = nearest[0]
    return dict(sorted(found.items()))


def as_browsers_write(origin: str) -> str:
    """An origin in lower case, with its international name encoded and no default port; empty if it is not one."""
    parts = _ORIGIN.fullmatch(origin)
    try:
        name = parts[2].encode("idna").decode().lower() if parts else ""
    except UnicodeError:
        name = ""
    if not parts or not name:
        return ""
    port = f":{parts[3]}" if parts[3] and parts[3] != _DEFAULT_PORTS[parts[1]] else ""
    return f"{parts[1]}://{name}{port}"


def settings_table(current: Settings) -> list[tuple[str, str, str, str]]:
    """Rows of (variable, value, where it comes from, meaning); secrets and passwords in URLs are not shown."""
    from_file = _variables_of_file()
    rows = []
    for name, field in Settings.__fields__.items():
        variable = PREFIX + name.upper()
        source = "environment" if variable in os.environ else ".env" if variable in from_file else "default"
        value = _PASSWORD_IN_URL.sub(_masked, str(getattr(current, name)))
        rows.append((variable, value, source, str(field.field_info.description)))
    return rows


def _variables_of_file() -> Mapping[str, str | None]:
    return dotenv.dotenv_values(ENV_FILE) if ENV_FILE.exists() else {}


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _masked(password: re.Match[str]) -> str:
    return "***" if password[1] is None else f"{password[1]}:***@"
