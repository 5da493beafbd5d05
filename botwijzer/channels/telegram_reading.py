"""What an update from Telegram means to the assistant; what it can't mean anything is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Message, MessageEntity, User
from telegram.constants import ChatType

from botwijzer.channels.telegram_inbox import SENDER_PREFIX

QUESTION = "vraag"
"""The command that puts a question to the assistant in a group."""

COMMANDS = frozenset({"start", "help", "contact", "bronnen", "privacy", "stop", QUESTION})
ATTACHMENTS = frozenset((
    "animation", "audio", "checklist", "contact", "dice", "document", "game", "gift", "invoice", "location",
    "paid_media", "photo", "poll", "sticker", "story", "venue", "video", "video_note", "voice",
))  # fmt: skip
"""Fields of a message that a person has sent instead of a text."""

_READ = frozenset((
    "message_id", "date", "chat", "from", "sender_chat", "text", "entities", "caption", "caption_entities",
    "reply_to_message", "reply_markup", "media_group_id", "message_thread_id", "is_topic_message",
    "is_automatic_forward",
))  # fmt: skip
"""Fields of a message that are read; others may be of a form that nobody knows yet."""

GROUPS = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})


@dataclass(frozen=True)
class Text:
    """Somebody wrote something."""

    words: str


@dataclass(frozen=True)
class Command:
    """Somebody gave one of `COMMANDS`, with what stands behind it."""

    name: str
    words: str


@dataclass(frozen=True)
class Press:
    """Somebody pressed a button; `title` is empty when Telegram no longer knows its message."""

    payload: str
    title: str


@dataclass(frozen=True)
class NoText:
    """Somebody sent a picture, a voice message or another thing that is no text."""


@dataclass(frozen=True)
class Incoming:
    """An update that somebody expects something of.

    Attributes:
        said: What it is.
        chat: The chat's id; negative for groups.
        conversation: The key of this person's conversation; in a group each person has one.
        message: The id of the message that it is, or whose button was pressed; 0 when there is none.
        in_group: Others read along.
        thread: The topic of the group that it is in.
        query: What Telegram wants confirmed when a button was pressed.
        album: Pictures sent together share it.
    """

    said: Text | Command | Press | NoText
    chat: int
    conversation: str
    message: int
    in_group: bool
    thread: int | None = None
    query: str | None = None
    album: str | None = None


def read(data: Mapping[str, Any], me: User) -> Incoming | None:
    """What an update means; None when nobody expects anything of it.

    Edited messages, channel posts, posts that Telegram copies into the group, other bots, reactions and what
    is said in a group to somebody else are nothing.

    Args:
        data: Any update, as Telegram sent it.
        me: The bot's own account.

    Raises:
        Exception: It is not of Telegram's form; of what kind depends on what is wrong.
    """
    query = data.get("callback_query")
    if query:
        pressed_in = {"message": _essence(query["message"])} if query.get("message") else {}
        return _pressed(CallbackQuery.de_json({**query, **pressed_in}, None))
    if not data.get("message"):
        return None
    message = Message.de_json(_essence(data["message"]), None)
    if message.is_automatic_forward or not (person := _person(message)):
        return None
    in_group = message.chat.type in GROUPS
    said = _said(message, me, in_group, bool(ATTACHMENTS & data["message"].keys()))
    if said is None:
        return None
    return Incoming(
        said,
        message.chat.id,
        _conversation(message.chat.id, person, in_group),
        message.message_id,
        in_group,
        thread=message.message_thread_id if message.is_topic_message else None,
        album=message.media_group_id,
    )


def fits(part: object) -> bool:
    """Whether all numbers in a part of an update are ones that a database can keep; Telegram's ids have 52 bits."""
    if isinstance(part, Mapping):
        return all(fits(inner) for inner in part.values())
    if isinstance(part, list):
        return all(fits(inner) for inner in part)
    return not isinstance(part, int) or abs(part) < 2**63


def chat_of(data: Mapping[str, Any]) -> int:
    """The chat that an update of any kind is about; 0 when it names none."""
    for part in data.values():
        if not isinstance(part, Mapping):
            continue
        for holder in (part, part.get("message")):
            chat = holder.get("chat") if isinstance(holder, Mapping) else None
            if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
                return int(chat["id"])
        person = part.get("from")
        if isinstance(person, Mapping) and isinstance(person.get("id"), int):
            return int(person["id"])
    return 0


def message_of(data: Mapping[str, Any]) -> int:
    """The id of the message that an update from the staff's group is, or whose button was pressed; 0 without one."""
    holder = data.get("message") or (data.get("callback_query") or {}).get("message") or {}
    return int(holder.get("message_id") or 0)


def _essence(message: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name in _READ}
    if kept.get("reply_to_message"):
        kept["reply_to_message"] = _essence({**kept["reply_to_message"], "reply_to_message": None})
    return kept


def _pressed(query: CallbackQuery) -> Incoming:
    person, message = query.from_user.id, query.message
    if message is None:  # so old that Telegram does not say where it was
        return Incoming(Press("", ""), person, _conversation(person, person, False), 0, False, query=query.id)
    in_group = message.chat.type in GROUPS
    keyboard = message.reply_markup.inline_keyboard if isinstance(message, Message) and message.reply_markup else ()
    titles = [button.text for row in keyboard for button in row if button.callback_data == query.data]
    return Incoming(
        Press(query.data or "", titles[0] if titles else ""),
        message.chat.id,
        _conversation(message.chat.id, person, in_group),
        message.message_id,
        in_group,
        thread=message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None,
        query=query.id,
    )


def _said(message: Message, me: User, in_group: bool, has_attachment: bool) -> Text | Command | NoText | None:
    if not in_group and message.chat.type != ChatType.PRIVATE:
        return None
    addressed = not in_group or _is_addressed(message, me)
    if message.text is None:
        return NoText() if addressed and has_attachment else None
    command, to, words = _command(message)
    anothers = bool(to) and to.casefold() != str(me.username).casefold()
    if anothers and in_group:
        return None
    ours = addressed or to or command == QUESTION
    if ours and not anothers and command in COMMANDS and not (command == QUESTION and words and not in_group):
        return Command(command, words)
    if not addressed and not to:
        return None
    return Text(words if command == QUESTION else _without_mention(message, me).lstrip("/ "))


def _command(message: Message) -> tuple[str, str, str]:
    """Name, addressed bot and the words behind a command at the beginning; empty without one."""
    for entity, text in message.parse_entities([MessageEntity.BOT_COMMAND]).items():
        if entity.offset == 0:
            name, _, to = text[1:].partition("@")
            return name.casefold(), to, (message.text or "")[len(text) :].strip()
    return "", "", ""


def _is_addressed(message: Message, me: User) -> bool:
    """Whether what is said in a group is said to the assistant."""
    replied = message.reply_to_message
    if replied and replied.from_user and replied.from_user.id == me.id:
        return True
    return any(_mentions(entity, text, me) for entity, text in _mentioned(message).items())


def _without_mention(message: Message, me: User) -> str:
    text = message.text or ""
    for entity, words in _mentioned(message).items():
        if entity.type == MessageEntity.MENTION and _mentions(entity, words, me):
            text = text.replace(words, " ")
    return text.strip()


def _mentioned(message: Message) -> dict[MessageEntity, str]:
    kinds: list[str | None] = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION]
    return message.parse_entities(kinds) if message.text else message.parse_caption_entities(kinds)


def _mentions(entity: MessageEntity, words: str, me: User) -> bool:
    if entity.user:
        return entity.user.id == me.id
    return words.casefold() == f"@{me.username}".casefold()


def _person(message: Message) -> int | None:
    """Who wrote a message: a person, or who writes as a group or a channel; None for other bots."""
    if message.sender_chat:
        return message.sender_chat.id
    return message.from_user.id if message.from_user and not message.from_user.is_bot else None


def _conversation(chat: int, person: int, in_group: bool) -> str:
    return f"{SENDER_PREFIX}{chat}:{person}" if in_group else f"{SENDER_PREFIX}{chat}"
