"""Supergroups with topics: who opens, closes and deletes topics, and what the bot may do there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.telegram.bot_api_chats import Chats, Topic
from tests.telegram.bot_api_checks import Parameters, RefusalError
from tests.telegram.bot_api_methods import ICON_COLORS


class Forum(Chats):
    """What can be done with topics; the methods that bear a name of Telegram's carry that one out.

    As with Telegram, the bot is told of topics that are opened, changed, closed and opened again, also when it did
    that itself; of topics that are deleted nobody is told.

    Attributes:
        forbidden: Chats in which the bot may not manage the topics of others, nor open one.
    """

    def __init__(self, bot_id: int, username: str, tell: Callable[[str, dict[str, Any]], int]) -> None:
        """No topics yet."""
        super().__init__(bot_id, username, tell)
        self.forbidden: set[int] = set()

    def open_topic(self, chat: int, name: str, by: Mapping[str, Any], icon: Mapping[str, Any] | None = None) -> int:
        """Somebody opens a topic; returns its id."""
        if chat not in self.forums:
            raise RefusalError("the chat is not a forum")
        thread = self._next_id(chat)
        self.topics[chat, thread] = Topic(chat, thread, name, by["id"])
        created = {"forum_topic_created": {"name": name, **(icon or {"icon_color": ICON_COLORS[0]})}}
        self._tell("message", self._add(chat, by, created, thread, number=thread))
        return thread

    def set_topic(self, chat: int, thread: int, closed: bool, by: Mapping[str, Any]) -> int:
        """Somebody closes a topic, or opens it again; returns the update's id."""
        topic = self._existing(chat, thread)
        if topic.closed == closed:
            raise RefusalError("TOPIC_NOT_MODIFIED")
        self.topics[chat, thread] = replace(topic, closed=closed)
        return self.happened(chat, by, {"forum_topic_closed" if closed else "forum_topic_reopened": {}}, thread)

    def remove_topic(self, chat: int, thread: int) -> None:
        """Somebody deletes a topic."""
        self.topics[chat, thread] = replace(self._existing(chat, thread), deleted=True)
        for place, message in list(self.messages.items()):
            if place[0] == chat and message.get("is_topic_message") and message["message_thread_id"] == thread:
                del self.messages[place]

    def create_forum_topic(self, parameters: Parameters) -> dict[str, Any]:
        """Opens a topic; its id is that of the message that says so."""
        chat = self._open(parameters)
        if chat in self.forums and chat in self.forbidden:
            raise RefusalError("not enough rights to create a topic")
        icon = {"icon_color": parameters.get("icon_color", ICON_COLORS[0])}
        if emoji := parameters.get("icon_custom_emoji_id"):
            icon["icon_custom_emoji_id"] = emoji
        thread = self.open_topic(chat, parameters["name"], self.me, icon)
        return {"message_thread_id": thread, "name": parameters["name"], **icon}

    def edit_forum_topic(self, parameters: Parameters) -> bool:
        """Gives a topic another name or icon."""
        topic = self._managed(parameters)
        wanted = {name: parameters[name] for name in ("name", "icon_custom_emoji_id") if parameters.get(name)}
        if wanted == {"name": topic.name}:
            raise RefusalError("TOPIC_NOT_MODIFIED")
        if wanted:
            self.topics[topic.chat, topic.thread] = replace(topic, name=wanted.get("name", topic.name))
            self.happened(topic.chat, self.me, {"forum_topic_edited": wanted}, topic.thread)
        return True

    def close_forum_topic(self, parameters: Parameters) -> bool:
        """Closes a topic."""
        topic = self._managed(parameters)
        return bool(self.set_topic(topic.chat, topic.thread, True, self.me))

    def reopen_forum_topic(self, parameters: Parameters) -> bool:
        """Opens a closed topic again."""
        topic = self._managed(parameters)
        return bool(self.set_topic(topic.chat, topic.thread, False, self.me))

    def delete_forum_topic(self, parameters: Parameters) -> bool:
        """Deletes a topic with all its messages."""
        self.remove_topic(self._open(parameters), parameters["message_thread_id"])
        return True

    def _existing(self, chat: int, thread: int) -> Topic:
        if chat not in self.forums:
            raise RefusalError("the chat is not a forum")
        topic = self.topics.get((chat, thread))
        if topic is None or topic.deleted:
            raise RefusalError("TOPIC_ID_INVALID")
        return topic

    def _managed(self, parameters: Parameters) -> Topic:
        """A topic that the bot may change: any with the right to that, its own without."""
        topic = self._existing(self._open(parameters), parameters["message_thread_id"])
        if topic.chat in self.forbidden and topic.by != self.me["id"]:
            raise RefusalError("not enough rights to edit the topic")
        return topic
