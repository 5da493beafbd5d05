"""What people do at Telegram, and what the bot hears of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tests.telegram.bot_api_account import Account
from tests.telegram.bot_api_html import Entity, spotted
from tests.telegram.bot_api_loop import Loop, in_loop
from tests.telegram.bot_api_updates import Updates

_FILE = {"file_id": "AgACAgQAAx", "file_unique_id": "AQADwL0x"}
ATTACHMENTS: dict[str, Any] = {
    "photo": [{**_FILE, "width": 90, "height": 67}, {**_FILE, "width": 1280, "height": 960}],
    "voice": {**_FILE, "duration": 3, "mime_type": "audio/ogg"},
    "sticker": {
        **_FILE,
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "👍",
    },
    "document": {**_FILE, "file_name": "advies.pdf", "mime_type": "application/pdf"},
    "video": {**_FILE, "width": 640, "height": 480, "duration": 3, "mime_type": "video/mp4"},
}


class People(Loop):
    """Those who write to the bot, and run the groups that it is in.

    Who does something is `user`, an id: whoever a private chat is with, and in a group some member or other, where it
    is None. A `name` (first and last) is kept until that user gets another.
    """

    def __init__(self, bot_id: int, username: str, one_at_a_time: bool) -> None:
        """Nobody has done anything yet."""
        super().__init__()
        self._updates = Updates(self._notify, one_at_a_time)
        self._account = Account(bot_id, username, self._updates.add)

    @in_loop
    def make_group(self, chat: int, title: str = "") -> None:
        """The bot is made an administrator of a supergroup, one without topics."""
        self._account.make_group(chat, title, is_forum=False)

    @in_loop
    def make_forum(self, chat: int, title: str = "") -> None:
        """The bot is made an administrator of a supergroup with topics; one that it is in already gets topics."""
        self._account.make_group(chat, title, is_forum=True)

    @in_loop
    def forbid_topics(self, chat: int) -> None:
        """Takes the right to manage topics away from the bot."""
        self._account.forbidden.add(chat)

    @in_loop
    def allow_topics(self, chat: int) -> None:
        """Gives the bot that right again."""
        self._account.forbidden.discard(chat)

    @in_loop
    def text(
        self,
        /,
        chat: int,
        text: str,
        user: int | None = None,
        reply_to: int | None = None,
        entities: Sequence[Entity] | None = None,
        thread: int | None = None,
        name: str = "",
        **more: Any,
    ) -> int:
        """Somebody writes.

        Args:
            chat: Above 0 a private chat with the user of that id; below 0 a supergroup.
            text: Left out of the message when it is empty.
            user: Who writes in a group.
            reply_to: Id of the message that it answers; in a topic, it comes into that topic.
            entities: None: the commands and mentions that are in the text.
            thread: Id of a topic.
            name: What the user is called from now on.
            more: Other fields of the message.

        Returns:
            The update's id.

        Raises:
            RefusalError: There is no such topic, or none any more.
        """
        sender = self._account.user(chat, user, name)
        return self._updates.add("message", self._account.written(chat, text, sender, entities, reply_to, thread, more))

    @in_loop
    def attach(
        self,
        /,
        chat: int,
        kind: str,
        caption: str = "",
        user: int | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        name: str = "",
        **more: Any,
    ) -> int:
        """Somebody sends something else than text: one of `ATTACHMENTS`. Returns the update's id."""
        sender, sent = self._account.user(chat, user, name), {kind: ATTACHMENTS[kind]}
        if caption:
            marks = spotted(caption)
            sent |= {"caption": caption, **({"caption_entities": marks} if marks else {})}
        message = self._account.written(chat, "", sender, None, reply_to, thread, {**sent, **more})
        return self._updates.add("message", message)

    @in_loop
    def press(self, message_id: int, chat: int, data: str, user: int | None = None, name: str = "") -> int:
        """Somebody presses a button, also one that is not there; returns the update's id."""
        query = str(random.getrandbits(62))
        self._account.presses.add(query)
        pressed = {"id": query, "from": self._account.user(chat, user, name), "chat_instance": str(chat), "data": data}
        return self._updates.add("callback_query", {**pressed, "message": self._account.shown(chat, message_id)})

    @in_loop
    def join(self, chat: int, user: int, name: str = "") -> int:
        """Somebody comes into a group; returns the update's id."""
        member = self._account.user(chat, user, name)
        return self._account.happened(chat, member, {"new_chat_members": [member]})

    @in_loop
    def pin(self, chat: int, message_id: int, user: int | None = None) -> int:
        """Somebody pins a message; returns the update's id."""
        return self._account.pin(chat, message_id, self._account.user(chat, user))

    @in_loop
    def open_topic(self, chat: int, title: str, user: int | None = None) -> int:
        """Somebody opens a topic; returns its id."""
        return self._account.open_topic(chat, title, self._account.user(chat, user))

    @in_loop
    def close_topic(self, chat: int, thread: int, user: int | None = None) -> int:
        """Somebody closes a topic; returns the update's id."""
        return self._account.set_topic(chat, thread, True, self._account.user(chat, user))

    @in_loop
    def reopen_topic(self, chat: int, thread: int, user: int | None = None) -> int:
        """Somebody opens a closed topic again; returns the update's id."""
        return self._account.set_topic(chat, thread, False, self._account.user(chat, user))

    @in_loop
    def delete_topic(self, chat: int, thread: int) -> None:
        """Somebody deletes a topic with all its messages; the bot is not told."""
        self._account.remove_topic(chat, thread)

    @in_loop
    def delete(self, chat: int, message_id: int) -> None:
        """Somebody deletes a message, the bot's or another; the bot is not told."""
        del self._account.messages[chat, message_id]

    @in_loop
    def age(self, chat: int, message_id: int, hours: float) -> None:
        """From now on, a message was sent so many hours earlier than it was."""
        self._account.age(chat, message_id, hours)

    @in_loop
    def update(self, kind: str, body: dict[str, Any]) -> int:
        """Anything else happens; from then on the chat it happens in is known. Returns the update's id."""
        self._account.learn(body)
        if kind == "callback_query":
            self._account.presses.add(body["id"])
        return self._updates.add(kind, body)

    @in_loop
    def block(self, chat: int) -> None:
        """The user blocks the bot, until they write again."""
        self._account.blocked.add(chat)
