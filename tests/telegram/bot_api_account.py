"""A bot's account at Telegram: its profile, its chats, and what is said in them."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.telegram.bot_api_checks import Parameters, RefusalError, content
from tests.telegram.bot_api_html import Entity, spotted

SUPERGROUPS = -(10**12)
"""Ids below it are supergroups and channels."""

GROUP_MEMBER = 4242
"""Who writes in a group when the test names nobody."""

Message = dict[str, Any]

_TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
_ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_CHANNEL = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
"""Who Telegram says a message is from when it is not from a user."""

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


@dataclass(frozen=True)
class Sent:
    """A message of the bot's as it stands in the chat, edits included.

    Attributes:
        chat: Where.
        message_id: Its id there.
        text: What a reader sees.
        html: What the bot sent.
        entities: How parts of the text are shown.
        reply_markup: Its buttons, or None.
        reply_to: Id of the message that it answers, or None.
        thread: Id of the topic, or None.
        at: When it was sent, by `time.monotonic`.
    """

    chat: int
    message_id: int
    text: str
    html: str
    entities: list[Entity]
    reply_markup: dict[str, Any] | None
    reply_to: int | None
    thread: int | None
    at: float


class Account:
    """What Telegram keeps; the methods that bear a name of Telegram's carry that one out.

    Attributes:
        me: The bot as a user.
        sent: The bot's messages.
        messages: All messages, by chat and id.
        presses: Ids of the presses that were not answered yet.
        answered: Parameters of the calls that answered a press.
        blocked: Chats whose user has blocked the bot.
        commands: What is set, by scope.
        profile: `description` and `short_description`, by language.
    """

    def __init__(self, bot_id: int, username: str) -> None:
        """An account that nobody has written to."""
        self.me = {"id": bot_id, "is_bot": True, "first_name": "Botwijzer", "username": username}
        self.sent: list[Sent] = []
        self.messages: dict[tuple[int, int], Message] = {}
        self.presses: set[str] = set()
        self.answered: list[Parameters] = []
        self.blocked: set[int] = set()
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self._chats: dict[int, dict[str, Any]] = {}
        self._topics: dict[tuple[int, int], bool] = {}
        self._ids: defaultdict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))

    def written(
        self,
        chat: int,
        text: str,
        user: int | None,
        reply_to: int | None,
        entities: Sequence[Entity] | None,
        more: Mapping[str, Any],
    ) -> Message:
        """Somebody writes; returns the message."""
        message: Message = {
            "message_id": self._next_id(chat),
            "date": int(time.time()),
            "chat": self._chats.get(chat, _chat(chat)),
        }
        if more.get("is_automatic_forward"):
            message["from"] = _TELEGRAM
        elif sender := more.get("sender_chat"):
            message["from"] = _ANONYMOUS if sender["id"] == chat else _CHANNEL
        else:
            message["from"] = self.user(chat, user)
        if text:
            message["text"] = text
            if marks := spotted(text) if entities is None else list(entities):
                message["entities"] = marks
        if reply_to is not None:
            message["reply_to_message"] = _shallow(self.messages[chat, reply_to])
        message.update(more)
        self.blocked.discard(chat)
        self.learn(message)
        return message

    def user(self, chat: int, user: int | None) -> dict[str, Any]:
        """A user as an update shows one."""
        number = user or (chat if chat > 0 else GROUP_MEMBER)
        return {"id": number, "is_bot": False, "first_name": f"Gebruiker {number}", "language_code": "nl"}

    def shown(self, chat: int, message_id: int) -> Message:
        """A message as a press on one of its buttons shows it."""
        gone = {"chat": self._chats.get(chat, _chat(chat)), "message_id": message_id, "date": 0}
        return self.messages.get((chat, message_id), gone)

    def learn(self, body: Mapping[str, Any]) -> None:
        """Gets to know the chat, and the message, of an update."""
        inner = body.get("message", body)
        if chat := inner.get("chat"):
            self._chats[chat["id"]] = dict(chat)
            if "message_id" in body:
                self.messages[chat["id"], body["message_id"]] = dict(body)

    def get_me(self, _: Parameters) -> dict[str, Any]:
        """The bot, with what it may do."""
        rights = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**self.me, **rights, "can_connect_to_business": False, "has_main_web_app": False}

    def get_chat(self, parameters: Parameters) -> dict[str, Any]:
        """A chat in full."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        accepted = {"accepted_gift_types": dict.fromkeys(gifts, True)}
        return {**self._chats[self._known(parameters)], "accent_color_id": 0, "max_reaction_count": 11, **accepted}

    def send_chat_action(self, parameters: Parameters) -> bool:
        """Shows that something is being worked on."""
        self._thread(self._open(parameters), parameters)
        return True

    def send_message(self, parameters: Parameters) -> Message:
        """Says something."""
        chat = self._open(parameters)
        text, entities = content(parameters)
        replied = self._replied(chat, parameters.get("reply_parameters"))
        thread = self._thread(chat, parameters) or (replied or {}).get("message_thread_id")
        message: Message = {
            "message_id": self._next_id(chat),
            "from": self.me,
            "chat": self._chats[chat],
            "date": int(time.time()),
            "text": text,
        }
        markup = parameters.get("reply_markup")
        shown = {
            "entities": entities,
            "reply_markup": markup if markup and "inline_keyboard" in markup else None,
            "reply_to_message": _shallow(replied) if replied else None,
            "message_thread_id": thread,
            "is_topic_message": (chat, thread) in self._topics,
            "link_preview_options": parameters.get("link_preview_options"),
        }
        message.update({name: value for name, value in shown.items() if value})
        self.messages[chat, message["message_id"]] = message
        answered = replied["message_id"] if replied else None
        html, now = parameters["text"], time.monotonic()
        self.sent.append(Sent(chat, message["message_id"], text, html, entities, markup, answered, thread, now))
        return message

    def edit_message_text(self, parameters: Parameters) -> Message:
        """Says something else in a message, and without buttons where none are given."""
        text, entities = content(parameters)
        return self._edit(parameters, text, entities, parameters["text"])

    def edit_message_reply_markup(self, parameters: Parameters) -> Message:
        """Gives a message other buttons, or none."""
        old = self._own(parameters)
        return self._edit(parameters, old["text"], old.get("entities", []), None)

    def answer_callback_query(self, parameters: Parameters) -> bool:
        """Lets a pressed button come to rest."""
        if parameters["callback_query_id"] not in self.presses:
            raise RefusalError("query is too old and response timeout expired or query ID is invalid")
        self.presses.discard(parameters["callback_query_id"])
        self.answered.append(parameters)
        return True

    def set_my_commands(self, parameters: Parameters) -> bool:
        """Sets the commands of a scope and language."""
        self.commands[_scope(parameters)] = parameters["commands"]
        return True

    def get_my_commands(self, parameters: Parameters) -> list[dict[str, str]]:
        """The commands of a scope and language."""
        return self.commands.get(_scope(parameters), [])

    def set_my_description(self, parameters: Parameters) -> bool:
        """Sets what an empty chat shows."""
        self.profile["description", parameters.get("language_code", "")] = parameters.get("description", "")
        return True

    def get_my_description(self, parameters: Parameters) -> dict[str, str]:
        """What an empty chat shows."""
        return {"description": self.about("description", parameters.get("language_code", ""))}

    def set_my_short_description(self, parameters: Parameters) -> bool:
        """Sets what the profile page shows."""
        self.profile["short_description", parameters.get("language_code", "")] = parameters.get("short_description", "")
        return True

    def get_my_short_description(self, parameters: Parameters) -> dict[str, str]:
        """What the profile page shows."""
        return {"short_description": self.about("short_description", parameters.get("language_code", ""))}

    def create_forum_topic(self, parameters: Parameters) -> dict[str, Any]:
        """Opens a topic; its id is that of the message that says so."""
        chat = self._open(parameters)
        if not self._chats[chat].get("is_forum"):
            raise RefusalError("the chat is not a forum")
        thread = self._next_id(chat)
        self._topics[chat, thread] = True
        color = parameters.get("icon_color", 7322096)
        return {"message_thread_id": thread, "name": parameters["name"], "icon_color": color}

    def close_forum_topic(self, parameters: Parameters) -> bool:
        """Closes a topic."""
        topic = self._open(parameters), parameters["message_thread_id"]
        if not self._topics.get(topic):
            raise RefusalError("TOPIC_NOT_MODIFIED" if topic in self._topics else "message thread not found")
        self._topics[topic] = False
        self._next_id(topic[0])
        return True

    def about(self, what: str, language: str = "") -> str:
        """`description` or `short_description` in a language, else the one for all."""
        return self.profile.get((what, language)) or self.profile.get((what, ""), "")

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

    def _thread(self, chat: int, parameters: Parameters) -> int | None:
        thread: int | None = parameters.get("message_thread_id")
        if thread is None or (chat, thread) in self._topics:
            return thread
        if any(at[0] == chat and each.get("message_thread_id") == thread for at, each in self.messages.items()):
            return thread
        raise RefusalError("message thread not found")

    def _replied(self, chat: int, wanted: Mapping[str, Any] | None) -> Message | None:
        if wanted is None:
            return None
        message = self.messages.get((wanted.get("chat_id", chat), wanted["message_id"]))
        if message is None and not wanted.get("allow_sending_without_reply"):
            raise RefusalError("message to be replied not found")
        return message

    def _own(self, parameters: Parameters) -> Message:
        message = self.messages.get((self._open(parameters), parameters["message_id"]))
        if message is None:
            raise RefusalError("message to edit not found")
        if message.get("from", {}).get("id") != self.me["id"]:
            raise RefusalError("message can't be edited")
        return message

    def _edit(self, parameters: Parameters, text: str, entities: list[Entity], html: str | None) -> Message:
        old, markup = self._own(parameters), parameters.get("reply_markup")
        if (text, entities, markup) == (old["text"], old.get("entities", []), old.get("reply_markup")):
            raise RefusalError(_NOT_MODIFIED)
        kept = {name: value for name, value in old.items() if name not in ("entities", "reply_markup")}
        shown = {"entities": entities, "reply_markup": markup}
        new = {**kept, "text": text, "edit_date": int(time.time()), **{k: v for k, v in shown.items() if v}}
        chat, number = new["chat"]["id"], new["message_id"]
        self.messages[chat, number] = new
        for at, sent in enumerate(self.sent):
            if (sent.chat, sent.message_id) == (chat, number):
                self.sent[at] = replace(
                    sent, text=text, html=sent.html if html is None else html, entities=entities, reply_markup=markup
                )
        return new


def _chat(chat: int) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": f"Gebruiker {chat}"}
    return {"id": chat, "type": "supergroup", "title": f"Groep {chat}", "is_forum": True}


def _shallow(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def _scope(parameters: Parameters) -> str:
    scope = parameters.get("scope", {"type": "default"})
    language = parameters.get("language_code", "")
    return ":".join(str(value) for value in scope.values()) + (f"/{language}" if language else "")
