"""A bot's account at Telegram: its profile, what it says, and the presses that it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.telegram.bot_api_chats import Message
from tests.telegram.bot_api_checks import Parameters, RefusalError, content
from tests.telegram.bot_api_forum import Forum
from tests.telegram.bot_api_html import Entity

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


class Account(Forum):
    """What Telegram keeps; the methods that bear a name of Telegram's carry that one out.

    Attributes:
        sent: The bot's messages by chat and id, also those that were deleted.
        sent_to: Their keys by chat.
        presses: Ids of the presses that were not answered yet.
        answered: Parameters of the calls that answered a press.
        commands: What is set, by scope.
        profile: `description` and `short_description`, by language.
    """

    def __init__(self, bot_id: int, username: str, tell: Callable[[str, dict[str, Any]], int]) -> None:
        """An account that nobody has written to."""
        super().__init__(bot_id, username, tell)
        self.sent: dict[tuple[int, int], Sent] = {}
        self.sent_to: dict[int, list[tuple[int, int]]] = {}
        self.presses: set[str] = set()
        self.answered: list[Parameters] = []
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.profile: dict[tuple[str, str], str] = {}

    def get_me(self, _: Parameters) -> dict[str, Any]:
        """The bot, with what it may do."""
        rights = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**self.me, **rights, "can_connect_to_business": False, "has_main_web_app": False}

    def send_chat_action(self, parameters: Parameters) -> bool:
        """Shows that something is being worked on."""
        chat, thread = self._open(parameters), parameters.get("message_thread_id")
        if thread is not None:
            self._thread(chat, thread)
        return True

    def send_message(self, parameters: Parameters) -> Message:
        """Says something."""
        chat = self._open(parameters)
        text, entities = content(parameters)
        replied = self._replied(chat, parameters.get("reply_parameters"))
        topic = self._topic(chat, parameters.get("message_thread_id"), replied)
        if topic is not None and self._thread(chat, topic).closed and chat in self.forbidden:
            raise RefusalError("TOPIC_CLOSED")
        markup = parameters.get("reply_markup")
        shown = {
            "text": text,
            "entities": entities,
            "reply_markup": markup if markup and "inline_keyboard" in markup else None,
            "link_preview_options": parameters.get("link_preview_options"),
        }
        message = self._add(chat, self.me, {name: value for name, value in shown.items() if value}, topic, replied)
        answered = replied["message_id"] if replied else None
        html, now, key = parameters["text"], time.monotonic(), (chat, message["message_id"])
        self.sent[key] = Sent(chat, message["message_id"], text, html, entities, markup, answered, topic, now)
        self.sent_to.setdefault(chat, []).append(key)
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

    def about(self, what: str, language: str = "") -> str:
        """`description` or `short_description` in a language, else the one for all."""
        return self.profile.get((what, language)) or self.profile.get((what, ""), "")

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
        if sent := self.sent.get((chat, number)):
            html = sent.html if html is None else html
            self.sent[chat, number] = replace(sent, text=text, html=html, entities=entities, reply_markup=markup)
        return new


def _scope(parameters: Parameters) -> str:
    scope = parameters.get("scope", {"type": "default"})
    language = parameters.get("language_code", "")
    return ":".join(str(value) for value in scope.values()) + (f"/{language}" if language else "")
