"""Holds the calls of a bot against what Telegram documents: names, types, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.telegram.bot_api_html import MOST_ENTITIES, Entity, parse, utf16
from tests.telegram.bot_api_methods import (
    BUTTON_ACTIONS,
    CHAT_ACTIONS,
    COMMAND_SCOPES,
    ICON_COLORS,
    METHODS,
    TYPES,
    UPDATE_KINDS,
)

Parameters = dict[str, Any]

_LIMITS = {
    ("getUpdates", "limit"): (1, 100, "wrong parameter limit in request"),
    ("getUpdates", "timeout"): (0, 50, "wrong parameter timeout in request"),
    ("setWebhook", "max_connections"): (1, 100, "wrong parameter max_connections in request"),
    ("answerCallbackQuery", "text"): (0, 200, "MESSAGE_TOO_LONG"),
    ("setMyDescription", "description"): (0, 512, "BOT_DESC_INVALID"),
    ("setMyShortDescription", "short_description"): (0, 120, "BOT_ABOUT_INVALID"),
    ("setMyCommands", "commands"): (1, 100, "BOT_COMMANDS_TOO_MUCH"),
    ("createForumTopic", "name"): (1, 128, "TOPIC_TITLE_INVALID"),
    ("editForumTopic", "name"): (0, 128, "TOPIC_TITLE_INVALID"),
    ("deleteMessages", "message_ids"): (1, 100, "wrong number of message identifiers specified"),
}
"""The least and the most that a number, or the length of anything else, may be, and what is said otherwise."""

_PLAIN: dict[str, type] = {"Integer": int, "String": str, "Boolean": bool, "Object": dict, "InputFile": bytes}
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "action": "wrong parameter action in request",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
}


class RefusalError(Exception):
    """What Telegram answers when it does not do what was asked."""

    def __init__(self, description: str, status: int = 400, **parameters: int) -> None:
        """Knows what will be answered.

        Args:
            description: As Telegram words it; "Bad Request" is put before it where it goes without saying.
            status: HTTP status, and the `error_code`.
            parameters: `retry_after`, `migrate_to_chat_id`.
        """
        self.description = f"Bad Request: {description}" if status == 400 else description
        self.status = status
        self.parameters = parameters
        super().__init__(self.description)

    def answer(self) -> dict[str, Any]:
        """The body."""
        more = {"parameters": self.parameters} if self.parameters else {}
        return {"ok": False, "error_code": self.status, "description": self.description, **more}


class FaultError(RefusalError):
    """A refusal of what is wrong whatever the state of the chat: the caller does not keep to the documentation."""


def decode(method: str, raw: Mapping[str, Any]) -> Parameters:
    """Makes values of what came as text in an address or a form; what can't be read stays as it is."""
    kinds = METHODS.get(method, {})
    return {name: _value(kinds.get(name, "String").rstrip("!"), value) for name, value in raw.items()}


def check(method: str, parameters: Parameters) -> None:
    """Holds a call against the documentation.

    Raises:
        FaultError: Something is unknown, missing, of a wrong type or beyond a limit.
    """
    _check_fields(method, METHODS[method], parameters)
    for name, value in parameters.items():
        if limit := _LIMITS.get((method, name)):
            least, most, words = limit
            if not least <= (value if isinstance(value, int) else len(value)) <= most:
                raise FaultError(words)
    if method in ("sendMessage", "editMessageText"):
        content(parameters)
    if method in ("editMessageText", "editMessageReplyMarkup") and not {"chat_id", "message_id"} <= parameters.keys():
        raise FaultError("message identifier is not specified")
    _check_names(parameters)
    _check_commands(parameters.get("commands", []))
    _check_keyboard(parameters.get("reply_markup", {}))
    if method == "setWebhook" and parameters["url"]:
        _check_webhook(parameters)


def content(parameters: Parameters) -> tuple[str, list[Entity]]:
    """The text of a message and its entities.

    Raises:
        FaultError: There is none, too much, or it can't be parsed.
    """
    text, entities = parameters["text"], parameters.get("entities", [])
    if mode := parameters.get("parse_mode"):
        if mode.upper() != "HTML":
            raise FaultError("unsupported parse_mode")
        try:
            text, entities = parse(text)
        except ValueError as error:
            raise FaultError(f"can't parse entities: {error}") from error
    if not text.strip():
        raise FaultError("text must be non-empty" if text else "message text is empty")
    if utf16(text) > 4096:
        raise FaultError("message is too long")
    if len(entities) > MOST_ENTITIES:
        raise FaultError(f"can't parse entities: more than {MOST_ENTITIES}")
    for entity in entities:
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if not 0 <= begin < end <= utf16(text):
            raise FaultError(f"entity beginning at UTF-16 offset {begin} ends after the end of the text at {end}")
    return text, entities


def _value(kind: str, value: Any) -> Any:
    if not isinstance(value, str) or kind == "String":
        return value
    if kind == "Integer|String":
        return int(value) if re.fullmatch(r"-?\d+", value) else value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check_fields(owner: str, fields: Mapping[str, str], values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in fields:
            raise FaultError(f"{owner} has no {name}")
    for name, kind in fields.items():
        if name in values:
            _check_type(kind.rstrip("!"), name, values[name])
        elif kind.endswith("!"):
            words = _MISSING.get(name) if owner in METHODS else None
            raise FaultError(words or f'can\'t find field "{name}"')


def _check_type(kind: str, name: str, value: Any) -> None:
    wrong = FaultError(f'field "{name}" must be of type {kind}')
    if kind.startswith("["):
        if not isinstance(value, list):
            raise wrong
        for item in value:
            _check_type(kind[1:-1], name, item)
    elif "|" in kind:
        options = kind.split("|")
        plain = [each for each in options if each in _PLAIN]
        if plain and type(value) not in [_PLAIN[each] for each in plain]:
            raise wrong
        if not plain:
            fitting = [each for each in options if isinstance(value, dict) and next(iter(TYPES[each])) in value]
            _check_type((fitting or options)[0], name, value)
    elif kind in TYPES:
        if not isinstance(value, dict):
            raise wrong
        _check_fields(kind, TYPES[kind], value)
    elif type(value) is not _PLAIN[kind]:
        raise wrong


def _check_names(parameters: Parameters) -> None:
    if unknown := set(parameters.get("allowed_updates", [])) - set(UPDATE_KINDS):
        raise FaultError(f"there are no updates of kind {min(unknown)}")
    if parameters.get("action", "typing") not in CHAT_ACTIONS:
        raise FaultError("wrong parameter action in request")
    if parameters.get("scope", {}).get("type", "default") not in COMMAND_SCOPES:
        raise FaultError("can't parse BotCommandScope: Unsupported type specified")
    if not re.fullmatch(r"([a-z]{2})?", parameters.get("language_code", "")):
        raise FaultError("invalid language_code specified")
    if parameters.get("icon_color", ICON_COLORS[0]) not in ICON_COLORS:
        raise FaultError("invalid icon color specified")


def _check_commands(commands: list[dict[str, str]]) -> None:
    for command in commands:
        if not command["command"]:
            raise FaultError("command must be non-empty")
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise FaultError("BOT_COMMAND_INVALID")
        if not command["description"]:
            raise FaultError("command description must be non-empty")
        if len(command["description"]) > 256:
            raise FaultError("BOT_COMMAND_DESCRIPTION_INVALID")


def _check_keyboard(markup: Mapping[str, Any]) -> None:
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    if len(buttons) > 100:
        raise FaultError("reply markup is too long")
    for button in buttons:
        action = BUTTON_ACTIONS.keys() & button.keys()
        if not button["text"]:
            raise FaultError("can't parse inline keyboard button: Text must be non-empty")
        if len(action) > 1:
            raise FaultError("can't parse inline keyboard button: Exactly one of the optional fields must be used")
        if not action or button.get("callback_data") == "":
            raise FaultError("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if len(button.get("callback_data", "").encode()) > 64:
            raise FaultError("BUTTON_DATA_INVALID")
        if not re.match(r"https?://[^/\s.]+[^/\s]|tg://.", button.get("url", "tg://user")):
            raise FaultError(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _check_webhook(parameters: Parameters) -> None:
    address = re.fullmatch(r"https://[^/\s:@]+(?::(\d+))?(?:/\S*)?", parameters["url"])
    if not address:
        raise FaultError("bad webhook: An HTTPS URL must be provided for webhook")
    if address.group(1) not in (None, "443", "80", "88", "8443"):
        raise FaultError("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", parameters.get("secret_token", "_")):
        raise FaultError("secret token contains unallowed characters")
