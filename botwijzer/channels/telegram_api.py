"""The way to Telegram: the Bot API with its limits kept, its errors borne, and nothing sent twice."""

from __future__ import annotations

import datetime
import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import aiolimiter
import httpx
import tenacity
from telegram import (
    Bot,
    BotCommandScopeAllGroupChats,
    BotCommandScopeDefault,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
    User,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from botwijzer.channels.telegram_inbox import Outgoing, Unsent

logger = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold the address, and with it the token
logging.getLogger("telegram").setLevel(logging.CRITICAL)  # its lines hold what came in, and with it people's words

ALLOWED_UPDATES = ("message", "callback_query")
POLL_SECONDS = 30
READ_SECONDS = 20.0
MOST_WAIT_SECONDS = 60.0
GIVE_UP_SECONDS = 24 * 60 * 60.0
"""An answer that could not be sent for a day is of no use any more."""

EVERYWHERE, IN_A_CHAT, IN_A_GROUP = (10, 0.5), (3, 3.0), (7, 30.0)
"""So many messages in so many seconds, after a burst of as many. Telegram allows about 30 a second in all, one a
second in a chat beside short bursts, 20 a minute in a group (its FAQ for bots, 'My bot is hitting limits')."""

MOST_CHATS = 10_000
MOST_DELETED = 100
"""In one call (Bot API, deleteMessages)."""

PROBES, MOST_PROBES = 30, 300
"""Beyond the highest id that is known by now, a message is looked for so much further; never more in all."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_REFUSED = (BadRequest, Forbidden, RetryAfter, Conflict, InvalidToken, ChatMigrated)
_GONE = ("not found", "topic_id_invalid", "topic_not_modified", "topic_deleted")
_NOT_MODIFIED = "message is not modified"

Result = TypeVar("Result")


class TelegramApi:
    """One bot's account."""

    def __init__(self, token: str, api: str) -> None:
        """Opens nothing yet.

        Args:
            token: As BotFather gave it.
            api: Address of the Bot API server.
        """
        request = functools.partial(HTTPXRequest, connect_timeout=10, read_timeout=READ_SECONDS, pool_timeout=10)
        self._bot = Bot(
            token,
            base_url=f"{api.rstrip('/')}/bot",
            request=request(connection_pool_size=32),
            get_updates_request=request(connection_pool_size=1),
        )
        self._everywhere = aiolimiter.AsyncLimiter(*EVERYWHERE)
        self._of_chat = functools.lru_cache(maxsize=MOST_CHATS)(_limit)

    async def me(self) -> User:
        """The bot's own account; waits for as long as Telegram is away."""
        return await _until_it_works(self._bot.get_me, also_refused=True)

    async def describe(
        self, commands: Mapping[str, str], in_groups: Mapping[str, str], description: str, about: str
    ) -> None:
        """Tells Telegram what the bot is and which commands it has, where that is not known there yet."""
        await _until_it_works(functools.partial(self._describe, commands, in_groups, description, about))

    async def _describe(
        self, commands: Mapping[str, str], in_groups: Mapping[str, str], description: str, about: str
    ) -> None:
        scopes = ((commands, BotCommandScopeDefault()), (in_groups, BotCommandScopeAllGroupChats()))
        for wanted, scope in scopes:
            known = await self._bot.get_my_commands(scope)
            if {each.command: each.description for each in known} != wanted:
                await self._bot.set_my_commands(tuple(wanted.items()), scope)
        if (await self._bot.get_my_description()).description != description:
            await self._bot.set_my_description(description)
        if (await self._bot.get_my_short_description()).short_description != about:
            await self._bot.set_my_short_description(about)

    async def use_webhook(self, url: str, secret: str) -> None:
        """Lets Telegram bring the updates to this address."""
        setting = functools.partial(self._bot.set_webhook, url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        await _until_it_works(setting, also_refused=True)

    async def use_polling(self) -> None:
        """Lets Telegram keep the updates until they are fetched."""
        await _until_it_works(self._bot.delete_webhook, also_refused=True)

    async def updates(self, offset: int | None) -> list[dict[str, Any]]:
        """Waits for updates; those before `offset` are confirmed by that.

        They come as Telegram sent them: read as objects, one that can't be read would hold up all others.
        """
        wanted = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
        asking = functools.partial(
            self._bot.do_api_request,
            "getUpdates",
            api_kwargs={name: value for name, value in wanted.items() if value is not None},
            read_timeout=POLL_SECONDS + READ_SECONDS,
        )
        found = await _until_it_works(asking, also_refused=True)
        return list(found)

    async def confirm_press(self, query: str, alert: str = "") -> None:
        """Lets the pressed button come to rest; when it is too late for that, nothing happens."""
        try:
            await self._bot.answer_callback_query(query, text=alert or None, show_alert=bool(alert))
        except TelegramError as error:
            logger.info("a press was not confirmed: %s", type(error).__name__)

    async def typing(self, chat: int, thread: int | None) -> None:
        """Shows for some seconds that something is being worked on."""
        try:
            await self._bot.send_chat_action(chat, ChatAction.TYPING, message_thread_id=thread)
        except TelegramError as error:
            logger.info("no 'typing' was shown: %s", type(error).__name__)

    async def has_topics(self, group: int) -> bool:
        """Whether a group has topics."""
        chat = await _until_it_works(functools.partial(self._bot.get_chat, group))
        return bool(chat.is_forum)

    async def open_topic(self, group: int, name: str) -> int:
        """Opens a topic in a group; returns its id.

        Raises:
            BadRequest: The bot may not, or the group has no topics.
        """
        topic = await _until_it_works(functools.partial(self._bot.create_forum_topic, group, name))
        return int(topic.message_thread_id)

    async def close_topic(self, group: int, topic: int) -> None:
        """Closes a topic; one that is closed or gone already stays so."""
        await _unless_refused(functools.partial(self._bot.close_forum_topic, group, topic))

    async def delete_topic(self, group: int, topic: int) -> bool:
        """Deletes a topic with all that was said in it; whether it is gone now."""
        return await _unless_refused(functools.partial(self._bot.delete_forum_topic, group, topic))

    async def delete_messages(self, chat: int, messages: Sequence[int]) -> bool:
        """Deletes messages; whether they are gone now."""
        gone = True
        for start in range(0, len(messages), MOST_DELETED):
            some = list(messages[start : start + MOST_DELETED])
            gone &= await _unless_refused(functools.partial(self._bot.delete_messages, chat, some))
        return gone

    async def deliver(
        self,
        unsent: Unsent,
        starting: Callable[[], Awaitable[int]],
        own_messages: Callable[[], Awaitable[Collection[int]]],
    ) -> int | None:
        """Sends a message, once, however often that takes.

        The Bot API has no key that makes sending twice harmless. So when it is uncertain whether a message
        arrived (the answer got lost, the server died), it is looked for first: an edit that changes nothing
        is refused as such, and by that found to be there.

        Args:
            unsent: The message.
            starting: Called when it is about to be sent; returns the highest message id that is known by then.
            own_messages: The ids of ours that are known already; those are not it.

        Returns:
            Its id, or None when it can't be delivered: the bot was blocked, the chat is gone, a day has passed.
        """
        chat, message, uncertain, after = unsent.chat, unsent.message, unsent.uncertain, unsent.after

        async def attempt() -> int | None:
            nonlocal chat, message, uncertain, after
            try:
                if uncertain and (found := await self._find(message, chat, after, await own_messages())):
                    return found
                async with self._of_chat(chat), self._everywhere:
                    after = await starting()
                try:
                    return await self._send(message, chat)
                except Exception as error:
                    uncertain = not isinstance(error, _REFUSED) and not isinstance(error.__cause__, _NOT_SENT)
                    raise
            except ChatMigrated as error:  # what was answered has another id there
                chat, message, uncertain = error.new_chat_id, replace(message, reply_to=None), False
                return await attempt()

        try:
            return await _until_it_works(attempt, give_up=GIVE_UP_SECONDS)
        except Exception as error:
            logger.log(
                logging.INFO if isinstance(error, Forbidden) else logging.ERROR,
                "a message could not be delivered: %s",
                type(error).__name__,
            )
            return None

    async def _send(self, message: Outgoing, chat: int) -> int:
        replied = message.reply_to
        sent = await self._bot.send_message(
            chat,
            message.text,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=_keyboard(message),
            reply_parameters=ReplyParameters(replied, allow_sending_without_reply=True) if replied else None,
            message_thread_id=message.thread,
        )
        return sent.message_id

    async def _find(self, message: Outgoing, chat: int, after: int, not_it: Collection[int]) -> int | None:
        """The id of a message that may have been sent; None when it is not among those that came next."""
        if not after:
            return None
        last = min(max([after, *not_it]) + PROBES, after + MOST_PROBES)
        for candidate in (number for number in range(after + 1, last + 1) if number not in not_it):
            try:
                await self._bot.edit_message_text(
                    message.text,
                    chat,
                    candidate,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_markup=_keyboard(message),
                )
            except BadRequest as error:
                if _NOT_MODIFIED in str(error).lower():
                    return candidate
                continue
            return candidate  # ours, with other words: it has these now
        return None


def _limit(chat: int) -> aiolimiter.AsyncLimiter:
    return aiolimiter.AsyncLimiter(*(IN_A_CHAT if chat > 0 else IN_A_GROUP))


def _keyboard(message: Outgoing) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(b["text"], b.get("url"), b.get("callback_data"))] for b in message.buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def _is_passing(error: BaseException) -> bool:
    """Whether trying again may help; a wrong token may be mended at BotFather, a refused request may not."""
    return isinstance(error, Exception) and not isinstance(error, (BadRequest, Forbidden, ChatMigrated))


def _pause(state: tenacity.RetryCallState) -> float:
    """As long as Telegram asks for, else longer and longer, never the same for all."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RetryAfter):
        asked = error.retry_after
        return asked.total_seconds() if isinstance(asked, datetime.timedelta) else float(asked)
    return float(tenacity.wait_random_exponential(multiplier=0.5, max=MOST_WAIT_SECONDS)(state))


def _note(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    logger.error("Telegram can't be reached, or refuses: %s; trying again", type(error).__name__)


async def _unless_refused(call: Callable[[], Awaitable[Any]]) -> bool:
    """Calls until it works or Telegram refuses, which is logged; whether what was wanted is so now."""
    try:
        await _until_it_works(call)
    except (BadRequest, Forbidden) as error:
        if any(words in str(error).lower() for words in _GONE):
            return True
        logger.error("Telegram refuses something in the staff's group: %s", type(error).__name__)
        return False
    return True


async def _until_it_works(
    call: Callable[[], Awaitable[Result]], give_up: float | None = None, also_refused: bool = False
) -> Result:
    """Calls until it works.

    Args:
        call: What to call.
        give_up: Seconds after which it is of no use any more.
        also_refused: Calls again also when Telegram refuses: an address may not be there yet, a token be mended.

    Raises:
        TelegramError: It can't work, or did not in time.
    """
    trying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(Exception) if also_refused else tenacity.retry_if_exception(_is_passing),
        wait=_pause,
        stop=tenacity.stop_after_delay(give_up) if give_up else tenacity.stop_never,
        before_sleep=_note,
        reraise=True,
    )
    result: Result = await trying(call)
    return result
