"""From an update to its answers: each once, those of one chat in their order, different chats side by side."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiolimiter
from sqlalchemy.exc import SQLAlchemyError
from telegram import User

from botwijzer.article import article
from botwijzer.background import Background
from botwijzer.channels.erasing import asks_to_erase, erased
from botwijzer.channels.intake import pressable, to_shown, typed_message
from botwijzer.channels.telegram_api import TelegramApi
from botwijzer.channels.telegram_chats import Chats
from botwijzer.channels.telegram_desk import TelegramDesk
from botwijzer.channels.telegram_inbox import SUPERGROUPS, Inbox, Outgoing, Received, Unsent, kept, until_kept
from botwijzer.channels.telegram_reading import (
    QUESTION,
    Command,
    Incoming,
    NoText,
    Press,
    Text,
    chat_of,
    fits,
    message_of,
    read,
)
from botwijzer.channels.telegram_rendering import HANDOFF_PAYLOAD, for_telegram
from botwijzer.channels.telegram_staff import TelegramVisitors
from botwijzer.channels.turn import STATEMENT
from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.outbox import DESK, Outbox
from botwijzer.handoff.request import State
from botwijzer.handoff.store import Requests
from botwijzer.leases import Leases
from botwijzer.responses import Meaning, responses

logger = logging.getLogger(__name__)

TYPING_AFTER_SECONDS, TYPING_SECONDS = 1.0, 5.0
MOST_ALBUMS = 1_000
MOST_PEOPLE = 10_000
SHARED = 0
CHANNEL = "telegram"

GREETING, PRIVACY, HELP, STOPPED = "utter_greet", "utter_telegram_privacy", "utter_telegram_help", "utter_telegram_stop"
TEXT_ONLY, LISTENS = "utter_human_reads_text_only", "utter_human_listens"
NO_TEXT, OLD_BUTTON, NO_QUESTION = "utter_no_text", "utter_old_button", "utter_telegram_no_question"
GREETED, SOURCES = "/greet", "/sources"
MOST_IN_A_GROUP, IN_SECONDS = 5, 60.0
"""So many questions of one person a group hears answers to; it is not one person's."""

ANSWERING, SENDING, POLLING = "telegram", "telegram-out", "telegram-poll"
"""What one instance at a time does: in a chat, to the staff's group, at Telegram."""

LOOK_SECONDS = 2.0
"""So often is looked for what an instance that died has left."""

Said = Sequence[Mapping[str, Any]]
TakeTurn = Callable[[str, str], Awaitable[Said]]
"""Gives a message (of which conversation, what) to Rasa; returns what was said."""


class TelegramService:
    """What works beside the server for as long as it runs."""

    def __init__(
        self,
        api: TelegramApi,
        inbox: Inbox,
        take_turn: TakeTurn,
        requests: Requests,
        outbox: Outbox,
        leases: Leases,
        operators: int | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            api: The bot's account.
            inbox: What came and what goes.
            take_turn: Gives Rasa a message.
            requests: Requests for a human.
            outbox: What is on its way for them.
            leases: What this instance alone does.
            operators: The staff's group, if there is one.
        """
        self._api = api
        self._inbox = inbox
        self._take_turn = take_turn
        self._requests = requests
        self._desk = TelegramDesk(operators, api, inbox, requests, self._wake) if operators else None
        visitors = TelegramVisitors(inbox, take_turn, self._wake)
        self._delivery = Delivery(outbox, {CHANNEL: visitors, **({DESK: self._desk} if self._desk else {})})
        self._me: asyncio.Future[User] = asyncio.get_running_loop().create_future()
        self._background = Background("the Telegram channel")
        self._leases = leases
        self._answering = Chats(ANSWERING, leases, self._background, self._is_waiting, self._work)
        self._sending = Chats(SENDING, leases, self._background, self._is_unsent, self._send)
        self._albums: dict[str, None] = {}
        self._highest: dict[int, int] = {}
        self._of_person = functools.lru_cache(maxsize=MOST_PEOPLE)(
            lambda conversation: aiolimiter.AsyncLimiter(MOST_IN_A_GROUP, IN_SECONDS)
        )

    async def start(self, me: User) -> None:
        """Begins to answer, also what instances that died have left."""
        self._note(SHARED, await kept(self._inbox.highest_message))
        if self._desk:
            self._note(self._desk.group, await kept(self._inbox.highest_message, self._desk.group))
        self._me.set_result(me)
        self._background.begin(self._delivery.run())
        self._background.begin(self._look_for_left())

    async def take_in(self, data: object) -> None:
        """Keeps an update and answers it in its turn; one that was here before is nothing new.

        Raises:
            SQLAlchemyError: It could not be kept, so Telegram must not be told that it arrived.
        """
        update = data.get("update_id") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(update, int) or update < 0 or not fits(data):
            return
        chat = chat_of(data)
        if await asyncio.to_thread(self._inbox.add, update, chat, data):
            self._wake(chat)
            if isinstance(query := data.get("callback_query"), dict) and not self._is_desk(chat):
                self._background.begin(self._confirm(str(query.get("id")), query.get("data")))

    async def poll(self) -> None:
        """Fetches updates for ever, while no other instance does; they are confirmed when they are kept."""
        while True:
            try:
                await self._leases.while_held(POLLING, self._fetch)
            except Exception as error:
                logger.error("updates could not be fetched: %s", type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def _fetch(self) -> None:
        offset = None
        while True:
            for data in await self._api.updates(offset):
                await until_kept(self.take_in, data)
                offset = int(data["update_id"]) + 1

    async def stop(self) -> None:
        """Ends what is under way; it is taken up again at the next start."""
        await self._background.stop()
        await self._delivery.stop()

    def _is_desk(self, chat: int) -> bool:
        return self._desk is not None and chat == self._desk.group

    def _wake(self, chat: int) -> None:
        self._answering.wake(chat)
        if self._is_desk(chat):
            self._sending.wake(chat)

    async def _look_for_left(self) -> None:
        """Takes up what waits in chats that no instance is at work on, for ever."""
        while True:
            held = await kept(self._leases.held)
            for chat in await kept(self._inbox.unfinished):
                self._answering.wake_if_idle(chat, held)
                if self._is_desk(chat):
                    self._sending.wake_if_idle(chat, held)
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_waiting(self, chat: int) -> bool:
        await asyncio.shield(self._me)
        is_received: bool = await asyncio.to_thread(self._inbox.is_received, chat)
        return is_received or (not self._is_desk(chat) and await self._is_unsent(chat))

    async def _is_unsent(self, chat: int) -> bool:
        return await asyncio.to_thread(self._inbox.is_unsent, chat)

    async def _work(self, chat: int) -> None:
        """Answers everything in a chat."""
        await self._send_or_wake(chat)
        for received in await kept(self._inbox.received, chat):
            await self._answer(received, chat, self._me.result())
            await self._send_or_wake(chat)

    async def _answer(self, received: Received, chat: int, me: User) -> None:
        """Works out the answers to an update; what breaks in it must not hold up what comes after."""
        messages: list[Outgoing] = []
        after = 0
        try:
            if self._desk and self._is_desk(chat):
                messages, after = await self._desk.take_in(received, me), message_of(received.body)
                self._note(chat, after)
                self._delivery.wake()
            elif incoming := read(received.body, me):
                chat, after = incoming.chat, incoming.message
                self._note(chat, after)
                messages = await self._messages(incoming, me, received.id)
        except SQLAlchemyError:
            raise  # what the staff or a visitor wrote must not get lost: again later
        except Exception as error:
            logger.error("an update could not be answered: %s", type(error).__name__)
        await kept(self._inbox.answer, received.id, chat, messages, after)

    async def _send_or_wake(self, chat: int) -> None:
        """Sends what waits for a chat; in the staff's group beside what they do, for Telegram takes little there."""
        if self._is_desk(chat):
            self._sending.wake(chat)
        else:
            await self._send(chat)

    async def _send(self, chat: int) -> None:
        await kept(self._inbox.join, chat)
        for unsent in await kept(self._inbox.unsent, chat):

            async def starting(this: Unsent = unsent) -> int:
                others: int = await kept(self._inbox.highest_message, chat)  # another instance may have sent since
                highest = max(this.after, self._highest.get(_count_of(chat), 0), others)
                await kept(self._inbox.sending, this.id, highest)
                return highest

            own = functools.partial(kept, self._inbox.own_messages, chat)
            message = await self._api.deliver(unsent, starting, own)
            if message is None and self._is_desk(chat) and unsent.message.thread:  # somebody deleted the topic
                in_general = replace(unsent, message=replace(unsent.message, thread=None), uncertain=False)
                message = await self._api.deliver(in_general, starting, own)
            self._note(chat, message or 0)
            await kept(self._inbox.sent, unsent.id, message)

    async def _messages(self, incoming: Incoming, me: User, update: int) -> list[Outgoing]:
        if incoming.in_group and not await self._allows_one_more(incoming.conversation):
            return []
        async with self._typing(incoming):
            said, heading = await self._reply(incoming, update)
            if asks_to_erase(said):
                said = [erased(await self._erase(incoming.conversation))]
        reply_to = incoming.message if incoming.in_group else None
        private = f"https://t.me/{me.username}" if incoming.in_group else ""
        pages = for_telegram(said, heading, *private_links(said, private))
        return [
            Outgoing(text, buttons, reply_to if number == 0 else None, incoming.thread)
            for number, (text, buttons) in enumerate(pages)
        ]

    async def _reply(self, incoming: Incoming, update: int) -> tuple[Said, str]:
        """What is said to it, and the question to show above it."""
        said = incoming.said
        if not incoming.in_group and (silent := await self._with_human(incoming, update)) is not None:
            return silent, ""
        if isinstance(said, Text):
            return await self._take_turn(incoming.conversation, typed_message(said.words)), ""
        if isinstance(said, Command):
            return await self._obey(said, incoming.conversation), ""
        if isinstance(said, Press):
            return await self._press(said, incoming)
        if incoming.album and not self._is_new(incoming.album):
            return [], ""
        return [responses().message(NO_TEXT)], ""

    async def _with_human(self, incoming: Incoming, update: int) -> Said | None:
        """What is said while somebody of the staff has the conversation; None when nobody has."""
        said, conversation = incoming.said, incoming.conversation
        if isinstance(said, (Text, Press)):
            words = to_shown(said.words) if isinstance(said, Text) else said.title
            if words and await kept(self._requests.visitor_wrote, conversation, words, f"{CHANNEL}:{update}"):
                self._delivery.wake()
                return []
            if words:
                return None
        if await kept(self._requests.state_of, conversation) is not State.HUMAN:
            return None
        if isinstance(said, (Text, Press)):
            return []  # nothing to read in it
        if isinstance(said, NoText):
            return [responses().message(TEXT_ONLY)] if not incoming.album or self._is_new(incoming.album) else []
        return None if said.name in {"stop", "privacy"} else [responses().message(LISTENS)]

    async def _erase(self, conversation: str) -> list[str]:
        """Erases a conversation and its requests for a human; returns their references."""
        references: list[str] = await kept(self._requests.erase, conversation)
        await kept(self._inbox.erase, conversation)
        return references

    async def _press(self, press: Press, incoming: Incoming) -> tuple[Said, str]:
        if press.payload not in pressable():
            return [], ""
        passage = article().passage_of_intent(press.payload[1:])
        title = passage.question if passage else press.title
        return await self._take_turn(incoming.conversation, press.payload), title

    async def _obey(self, command: Command, conversation: str) -> Said:
        if command.name == "start":
            return await self._welcome(command.words, conversation)
        if command.name == "contact":
            return await self._take_turn(conversation, HANDOFF_PAYLOAD)
        if command.name == "bronnen":
            return await self._take_turn(conversation, SOURCES)
        if command.name == "stop":
            await self._erase(conversation)
            return [responses().message(STOPPED)]
        if command.name == QUESTION:
            words = typed_message(command.words)
            return await self._take_turn(conversation, words) if command.words else [responses().message(NO_QUESTION)]
        return [responses().message({"help": HELP, "privacy": PRIVACY}[command.name])]

    async def _welcome(self, words: str, conversation: str) -> Said:
        """What this is and what is kept, before anything else; then what a link to the bot asks for."""
        await self._take_turn(conversation, GREETED)  # Rasa's session begins with the statement, which is said here
        said = [responses().message(STATEMENT), responses().message(PRIVACY)]
        if not words:
            return [*said, responses().message(GREETING)]
        passage = article().passages.get(words)
        payload = f"/{passage.intent if passage else words}"
        asked = payload if payload in pressable() else typed_message(words.replace("_", " ").replace("-", " "))
        return [*said, *await self._take_turn(conversation, asked)]

    async def _confirm(self, query: str, payload: object) -> None:
        """Lets a pressed button come to rest at once, whatever the chat still waits for."""
        await self._api.confirm_press(query, "" if payload in pressable() else responses().text(OLD_BUTTON))

    async def _allows_one_more(self, conversation: str) -> bool:
        limiter = self._of_person(conversation)
        if not limiter.has_capacity():
            return False
        await limiter.acquire()
        return True

    def _note(self, chat: int, message: int) -> None:
        """Notes that a message with this id is there."""
        self._highest[_count_of(chat)] = max(message, self._highest.get(_count_of(chat), 0))

    def _is_new(self, album: str) -> bool:
        """Whether this is the first picture of those that were sent together."""
        if album in self._albums:
            return False
        self._albums[album] = None
        if len(self._albums) > MOST_ALBUMS:
            self._albums.pop(next(iter(self._albums)))
        return True

    @asynccontextmanager
    async def _typing(self, incoming: Incoming) -> AsyncIterator[None]:
        """Shows 'typing' while something takes longer than a moment."""

        async def show() -> None:
            await asyncio.sleep(TYPING_AFTER_SECONDS)
            while True:
                await self._api.typing(incoming.chat, incoming.thread)
                await asyncio.sleep(TYPING_SECONDS)

        showing = asyncio.get_running_loop().create_task(show())
        try:
            yield
        finally:
            showing.cancel()


def _count_of(chat: int) -> int:
    """Whose count the ids of a chat's messages are of: a supergroup has its own, all other chats share one."""
    return chat if chat < SUPERGROUPS else SHARED


def private_links(said: Said, private: str) -> tuple[str, str]:
    """In a group, where a human is asked for, and where something personal goes on; both empty elsewhere."""
    found = frozenset[Meaning]().union(*map(responses().meanings, said))
    human = f"{private}?start={HANDOFF_PAYLOAD[1:]}" if private else ""
    if Meaning.CARE in found:
        return human, private  # to no shop's staff
    return human, human if Meaning.PRIVATE in found else ""
