"""The staff's desk in a Telegram group: a topic for each request, or a chain of replies where there are no topics."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from telegram import User
from telegram.error import BadRequest

from botwijzer.channels.telegram_api import TelegramApi
from botwijzer.channels.telegram_inbox import Inbox, Outgoing, Received
from botwijzer.channels.telegram_reading import ATTACHMENTS
from botwijzer.channels.telegram_rendering import for_telegram
from botwijzer.handoff.delivery import NotYetError
from botwijzer.handoff.operators import BUTTONS, CLOSE, TAKE, answer_to_taking, post_of
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.handoff.store import Requests
from botwijzer.responses import responses

logger = logging.getLogger(__name__)

CLOSING = "klaar"
CHAIN = "chain:"
"""Before the id of the dispatch that began a chain of replies, it is the thread of a request."""


class TelegramDesk:
    """The way to the staff (`botwijzer.handoff.delivery.Way`), and what they do there."""

    def __init__(
        self, group: int, api: TelegramApi, inbox: Inbox, requests: Requests, wake: Callable[[int], None]
    ) -> None:
        """`wake` sends what is kept for a chat."""
        self.group = group
        self._api = api
        self._inbox = inbox
        self._requests = requests
        self._wake = wake
        self._has_topics: bool | None = None

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Keeps a post for the group under the dispatch's id, so that it is there once."""
        if dispatch.kind == "erased":
            await self._erase(dispatch)
        elif request:
            thread = request.thread or await self._open(dispatch, request)
            if not await asyncio.to_thread(self._requests.get, request.id):  # erased while the thread was opened
                await self._delete(thread, [])
                return
            post = post_of(dispatch, request)
            topic, reply_to = await self._place(thread, dispatch)
            buttons = tuple({"text": BUTTONS[b], "callback_data": f"{b}:{request.id}"} for b in post.buttons)
            joins = dispatch.kind == "line"
            text = post.text if topic or dispatch.kind == "asked" else f"{request.reference}\n{post.text}"
            pages = [page for page, _ in for_telegram([{"text": text}])]
            messages = [
                Outgoing(page, buttons if number == len(pages) else (), reply_to, topic, joins)
                for number, page in enumerate(pages, 1)
            ]
            await asyncio.to_thread(self._inbox.say, dispatch.id, self.group, messages)
            self._wake(self.group)
            if dispatch.kind == "closed" and topic:
                await self._api.close_topic(self.group, topic)
            if dispatch.kind == "asked":
                await self._see_arrive(dispatch)

    async def _see_arrive(self, dispatch: Dispatch) -> None:
        """Waits until a post is in the group: until then the request has reached nobody.

        Raises:
            NotYetError: It is still on its way.
            ConnectionRefusedError: Telegram refused it; it is said anew at the next try.
        """
        if await asyncio.to_thread(self._inbox.is_waiting, dispatch.id):
            raise NotYetError
        if not await asyncio.to_thread(self._inbox.messages_of, dispatch.id):
            await asyncio.to_thread(self._inbox.forget, dispatch.id)
            logger.error("the staff's group takes no posts; see BOTWIJZER_TELEGRAM_OPERATORS")
            raise ConnectionRefusedError

    async def take_in(self, received: Received, me: User) -> list[Outgoing]:
        """Does what somebody of the staff wants; returns what is said to that in the group."""
        query = received.body.get("callback_query")
        if isinstance(query, Mapping):
            await self._pressed(query)
            return []
        message = received.body.get("message")
        if isinstance(message, Mapping) and message.get("migrate_to_chat_id"):
            logger.error("the staff's group is %s now: BOTWIJZER_TELEGRAM_OPERATORS", message["migrate_to_chat_id"])
        if not isinstance(message, Mapping) or not _is_staff(message, self.group):
            return []
        request = await self._request_of(message, me)
        if request is None:
            return []
        said = await self._said(message, request, f"telegram:{received.id}", me)
        if not said:
            return []
        topic = message.get("message_thread_id") if message.get("is_topic_message") else None
        return [
            Outgoing(page, (), int(message["message_id"]), topic)
            for page, _ in for_telegram([responses().message(said)])
        ]

    async def _said(self, message: Mapping[str, Any], request: Request, key: str, me: User) -> str:
        """Passes on what somebody wrote in a request's thread; returns the response to that, empty for none."""
        text = message.get("text")
        if not isinstance(text, str):
            return "desk_text_only" if ATTACHMENTS & message.keys() else ""
        if text.startswith("/"):
            command, _, to = text[1:].split()[0].partition("@") if text[1:].split() else ("", "", "")
            if command.casefold() == CLOSING and to.casefold() in {"", str(me.username).casefold()}:
                closed = await asyncio.to_thread(self._requests.close, request.id)
                return "" if closed else "desk_closed_already"
            return ""
        passed = await asyncio.to_thread(self._requests.staff_wrote, request.id, text, key)
        return "" if passed else "desk_not_taken"

    async def _pressed(self, query: Mapping[str, Any]) -> None:
        action, _, number = str(query.get("data") or "").partition(":")
        alert = ""
        if number.isascii() and number.isdecimal() and len(number) < 10:
            request = int(number)
            if action == TAKE:
                person = query["from"]
                name = " ".join(str(person.get(part) or "") for part in ("first_name", "last_name")).strip()
                came = await asyncio.to_thread(self._requests.take, request, str(person["id"]), name)
                alert = answer_to_taking(came, await asyncio.to_thread(self._requests.get, request))
            elif action == CLOSE and not await asyncio.to_thread(self._requests.close, request):
                alert = responses().text("desk_closed_already")
        await self._api.confirm_press(str(query.get("id")), alert)

    async def _request_of(self, message: Mapping[str, Any], me: User) -> Request | None:
        """The request in whose thread a message stands."""
        if message.get("is_topic_message"):
            return await asyncio.to_thread(self._requests.of_thread, str(message.get("message_thread_id")))
        replied = message.get("reply_to_message")
        if not isinstance(replied, Mapping) or (replied.get("from") or {}).get("id") != me.id:
            return None
        dispatch = await asyncio.to_thread(self._inbox.dispatch_of, self.group, int(replied["message_id"]))
        return await asyncio.to_thread(self._requests.of_dispatch, dispatch) if dispatch else None

    async def _open(self, dispatch: Dispatch, request: Request) -> str:
        """Opens a thread for a request."""
        thread = ""
        if await self._topics():
            try:
                thread = str(await self._api.open_topic(self.group, request.reference))
            except BadRequest as error:
                logger.error("no topic can be opened in the staff's group: %s", type(error).__name__)
        thread = thread or f"{CHAIN}{dispatch.id}"
        await asyncio.to_thread(self._requests.set_thread, request.id, thread)
        return thread

    async def _topics(self) -> bool:
        if self._has_topics is None:
            self._has_topics = await self._api.has_topics(self.group)
        return self._has_topics

    async def _place(self, thread: str, dispatch: Dispatch) -> tuple[int | None, int | None]:
        """Topic, or the message to reply to, of a thread."""
        if not thread.startswith(CHAIN):
            return int(thread), None
        first = int(thread.removeprefix(CHAIN))
        if first == dispatch.id:
            return None, None
        if await asyncio.to_thread(self._inbox.is_waiting, first):
            raise NotYetError
        return None, next(iter(await asyncio.to_thread(self._inbox.messages_of, first)), None)

    async def _erase(self, dispatch: Dispatch) -> None:
        """Takes a request's thread out of the group: what the visitor said must be gone there too."""
        posts = [int(post) for post in dispatch.body["posts"]]
        if any([await asyncio.to_thread(self._inbox.is_waiting, post) for post in posts]):
            raise NotYetError
        found = [await asyncio.to_thread(self._inbox.messages_of, post) for post in posts]
        gone = await self._delete(str(dispatch.body["thread"]), [message for some in found for message in some])
        name = "desk_erased" if gone else "desk_not_erased"
        told = responses().text(name, request_reference=str(dispatch.body["reference"]))
        await asyncio.to_thread(self._inbox.say, dispatch.id, self.group, [Outgoing(told)])
        self._wake(self.group)

    async def _delete(self, thread: str, messages: list[int]) -> bool:
        """Deletes a topic, or the messages of a chain; whether they are gone."""
        if thread and not thread.startswith(CHAIN):
            return await self._api.delete_topic(self.group, int(thread))
        return await self._api.delete_messages(self.group, messages)


def _is_staff(message: Mapping[str, Any], group: int) -> bool:
    """Whether a person wrote it; who writes in the group's own name is one."""
    as_group = (message.get("sender_chat") or {}).get("id") == group
    person = message.get("from") or {}
    return bool(as_group or (person and not person.get("is_bot") and not message.get("sender_chat")))
