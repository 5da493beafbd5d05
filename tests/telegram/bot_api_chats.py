"""The chats of a bot's account at Telegram: who is in them, what was said, and where in a chat it stands."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.telegram.bot_api_checks import Parameters, RefusalError
from tests.telegram.bot_api_html import Entity, spotted

SUPERGROUPS = -(10**12)
"""Ids below it are supergroups and channels."""

GROUP_MEMBER = 4242
"""Who writes in a group when the test names nobody."""

DELETABLE_SECONDS = 48 * 60 * 60
"""So long after it was sent a bot can delete a message (Bot API, deleteMessage)."""

Message = dict[str, Any]

_TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
_ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
"""Who Telegram says a message is from when it is not from a user."""


@dataclass(frozen=True)
class Topic:
    """A topic of a forum, as it is now.

    Attributes:
        chat: The forum.
        thread: Its id, which is that of the message that says that it was made.
        name: Empty where a message showed that there is such a topic, and nothing else is known of it.
        by: Who made it, or 0.
        closed: Whether only who may manage topics can write in it.
        deleted: Whether it is gone, with all its messages.
    """

    chat: int
    thread: int
    name: str
    by: int
    closed: bool = False
    deleted: bool = False


class Chats:
    """What there is in the chats; the methods that bear a name of Telegram's carry that one out.

    Attributes:
        me: The bot as a user.
        messages: All messages that were not deleted, by chat and id.
        blocked: Chats whose user has blocked the bot.
        forums: Supergroups with topics.
        topics: All topics, in the order in which they came, by chat and id.
    """

    def __init__(self, bot_id: int, username: str, tell: Callable[[str, dict[str, Any]], int]) -> None:
        """An account that nobody has written to.

        Args:
            bot_id: The bot's user id.
            username: The bot's.
            tell: Brings the bot an update of a kind; returns the update's id.
        """
        self.me = {"id": bot_id, "is_bot": True, "first_name": "Botwijzer", "username": username}
        self.messages: dict[tuple[int, int], Message] = {}
        self.blocked: set[int] = set()
        self.forums: set[int] = set()
        self.topics: dict[tuple[int, int], Topic] = {}
        self._tell = tell
        self._chats: dict[int, dict[str, Any]] = {}
        self._names: dict[int, dict[str, str]] = {}
        self._ids: defaultdict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))

    def make_group(self, chat: int, title: str, is_forum: bool) -> None:
        """The bot is in a supergroup from now on, when it was not; the first message says that the group was made."""
        if chat >= SUPERGROUPS:
            raise ValueError(f"{chat} is no supergroup")
        if chat not in self._chats:
            self._chats[chat] = _chat(chat)
            self._next_id(chat)
        if title:
            self._chats[chat]["title"] = title
        if is_forum:
            self.forums.add(chat)

    def written(
        self,
        chat: int,
        text: str,
        sender: Mapping[str, Any],
        entities: Sequence[Entity] | None,
        reply_to: int | None,
        thread: int | None,
        more: Mapping[str, Any],
    ) -> Message:
        """Somebody writes; returns the message."""
        said: Message = {}
        if text:
            said["text"] = text
            if marks := spotted(text) if entities is None else list(entities):
                said["entities"] = marks
        if more.get("is_automatic_forward"):
            sender = _TELEGRAM
        elif on_behalf_of := more.get("sender_chat"):
            sender = _ANONYMOUS if on_behalf_of["id"] == chat else _CHANNEL
        if thread is not None:
            self._thread(chat, thread)
        replied = self.messages[chat, reply_to] if reply_to is not None else None
        message = self._add(chat, sender, {**said, **more}, thread, replied)
        self.blocked.discard(chat)
        self.learn(message)
        return message

    def user(self, chat: int, user: int | None, name: str = "") -> dict[str, Any]:
        """A user as an update shows one; a name stays until another is given."""
        number = user or (chat if chat > 0 else GROUP_MEMBER)
        if name:
            first, _, last = name.partition(" ")
            self._names[number] = {"first_name": first, **({"last_name": last} if last else {})}
        named = self._names.get(number, {"first_name": f"Gebruiker {number}"})
        return {"id": number, "is_bot": False, **named, "language_code": "nl"}

    def chat(self, chat: int) -> dict[str, Any]:
        """A chat as a message shows it."""
        named = self._names.get(chat, {}) if chat > 0 else {}
        return {**self._chats.get(chat, _chat(chat)), **named, **({"is_forum": True} if chat in self.forums else {})}

    def shown(self, chat: int, message_id: int) -> Message:
        """A message as a press on one of its buttons shows it."""
        return self.messages.get((chat, message_id), {"chat": self.chat(chat), "message_id": message_id, "date": 0})

    def learn(self, body: Mapping[str, Any]) -> None:
        """Gets to know the chat, the topic and the message of an update."""
        inner = body.get("message", body)
        if chat := inner.get("chat"):
            number = chat["id"]
            self._chats[number] = {name: value for name, value in chat.items() if name != "is_forum"}
            if chat.get("is_forum") or inner.get("is_topic_message"):
                self.forums.add(number)
            if inner.get("is_topic_message"):
                thread = inner["message_thread_id"]
                self.topics.setdefault((number, thread), Topic(number, thread, "", 0))
            if "message_id" in body:
                self.messages[number, body["message_id"]] = dict(body)

    def happened(self, chat: int, sender: Mapping[str, Any], what: Message, thread: int | None = None) -> int:
        """A service message says what happened in a chat; returns the update's id."""
        return self._tell("message", self._add(chat, sender, what, thread))

    def pin(self, chat: int, message_id: int, by: Mapping[str, Any]) -> int:
        """Somebody pins a message; returns the update's id."""
        pinned = self.messages[chat, message_id]
        return self.happened(chat, by, {"pinned_message": _shallow(pinned)}, self._topic(chat, None, pinned))

    def age(self, chat: int, message_id: int, hours: float) -> None:
        """A message was sent so many hours earlier than it was."""
        message = self.messages[chat, message_id]
        self.messages[chat, message_id] = {**message, "date": message["date"] - int(hours * 3600)}

    def get_chat(self, parameters: Parameters) -> dict[str, Any]:
        """A chat in full."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        accepted = {"accepted_gift_types": dict.fromkeys(gifts, True)}
        return {**self.chat(self._known(parameters)), "accent_color_id": 0, "max_reaction_count": 11, **accepted}

    def delete_message(self, parameters: Parameters) -> bool:
        """Deletes a message."""
        chat = self._open(parameters)
        if (chat, parameters["message_id"]) not in self.messages:
            raise RefusalError("message to delete not found")
        return self._delete(chat, [parameters["message_id"]])

    def delete_messages(self, parameters: Parameters) -> bool:
        """Deletes those messages that there are, or none of them when there is one that can't be deleted."""
        chat = self._open(parameters)
        return self._delete(chat, [each for each in parameters["message_ids"] if (chat, each) in self.messages])

    def _next_id(self, chat: int) -> int:
        return next(self._ids[chat if chat < SUPERGROUPS else 0])  # all other chats share one count

    def _known(self, parameters: Parameters) -> int:
        chat = parameters["chat_id"]
        if chat not in self._chats:
            raise RefusalError("chat not found")
        return int(chat)

    def _open(self, parameters: Parameters) -> int:
        chat = self._known(parameters)
        if chat in self.blocked:
            raise RefusalError("Forbidden: bot was blocked by the user", 403)
        return chat

    def _thread(self, chat: int, thread: int) -> Topic:
        topic = self.topics.get((chat, thread))
        if topic is None or topic.deleted:
            raise RefusalError("message thread not found")
        return topic

    def _add(
        self,
        chat: int,
        sender: Mapping[str, Any],
        said: Message,
        thread: int | None = None,
        replied: Message | None = None,
        number: int | None = None,
    ) -> Message:
        message: Message = {
            "message_id": self._next_id(chat) if number is None else number,
            "from": dict(sender),
            "chat": self.chat(chat),
            "date": int(time.time()),
            **self._place(chat, thread, replied),
            **said,
        }
        self.messages[chat, message["message_id"]] = message
        return message

    def _topic(self, chat: int, thread: int | None, replied: Message | None) -> int | None:
        """The topic that a message comes into: the one that is named, else that of the message that it answers."""
        if thread is not None or replied is None or replied["chat"]["id"] != chat:
            return thread
        return replied["message_thread_id"] if replied.get("is_topic_message") else None

    def _place(self, chat: int, thread: int | None, replied: Message | None) -> Message:
        """The fields of a message that say where in the chat it stands.

        In a topic, what answers nothing answers the message that says that the topic was made. Outside of topics,
        the answers in a supergroup have a thread too: the message that their chain began with.
        """
        place: Message = {}
        if (topic := self._topic(chat, thread, replied)) is not None:
            place = {"message_thread_id": topic, "is_topic_message": True}
            replied = replied or self.messages.get((chat, topic))
        elif replied and replied["chat"]["id"] == chat and replied["chat"]["type"] == "supergroup":
            place = {"message_thread_id": replied.get("message_thread_id", replied["message_id"])}
        if replied:
            place["reply_to_message"] = _shallow(replied)
        return place

    def _delete(self, chat: int, messages: Sequence[int]) -> bool:
        for each in messages:
            message = self.messages[chat, each]
            if "forum_topic_created" in message or time.time() - message["date"] >= DELETABLE_SECONDS:
                raise RefusalError("message can't be deleted for everyone")
        for each in messages:
            self.messages.pop((chat, each), None)
        return True


def _shallow(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def _chat(chat: int) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": f"Gebruiker {chat}"}
    return {"id": chat, "type": "supergroup", "title": f"Groep {chat}"}
