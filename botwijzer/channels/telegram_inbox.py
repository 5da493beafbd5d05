"""What came from Telegram and what goes there, kept so that each update is answered once, also after a crash.

An update is kept before Telegram is told that it arrived. Its answers are kept together with the mark that it
was answered, and sent from here. Words are gone as soon as they are of no more use; the ids stay for as long
as Telegram may send an update again.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import tenacity
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from botwijzer.channels.events import erase_events
from botwijzer.database import now, open_database
from botwijzer.write_ahead_log import empty_log

logger = logging.getLogger(__name__)

SUPERGROUPS = -(10**12)
"""Ids below it are supergroups and channels, whose messages are counted apart; all other chats share one count."""

SENDER_PREFIX = "telegram:"
"""Before the chat's id it is the conversation's key in Rasa."""

MOST_CHARACTERS = 4_096
"""Of one message, in UTF-16 units (Bot API, sendMessage)."""

LATEST = 100
"""Among so many of our latest messages is the one with the highest id: they are sent in nearly their order."""

RECEIVED, ANSWERED = "received", "answered"
WAITING, SENDING, SENT, DROPPED = "waiting", "sending", "sent", "dropped"

REMEMBERED_DAYS = 3
"""Telegram keeps an update that it could not deliver for 24 hours (Bot API, 'Getting updates')."""

DISPATCHES_DAYS = 400
"""So long a request may stay open and still be found by the messages about it."""

_tables = sa.MetaData()
_updates = sa.Table(
    "telegram_updates",
    _tables,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("chat", sa.BigInteger, nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
_outbox = sa.Table(
    "telegram_outbox",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("update", sa.BigInteger, nullable=False, index=True),
    sa.Column("chat", sa.BigInteger, nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("after", sa.BigInteger, nullable=False),
    sa.Column("message", sa.BigInteger),
    sa.Column("at", sa.DateTime, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Outgoing:
    """A message to send: one message in Telegram.

    Attributes:
        text: Telegram's HTML, at most 4,096 characters when shown.
        buttons: One button a row, as Telegram's own JSON.
        reply_to: The message that it answers; None in a private chat.
        thread: The topic of a group that has topics.
        joins: Whether it may become one message with those before and after it that join too.
    """

    text: str
    buttons: tuple[dict[str, str], ...] = ()
    reply_to: int | None = None
    thread: int | None = None
    joins: bool = False


@dataclass(frozen=True)
class Received:
    """An update that nobody has answered yet."""

    id: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Unsent:
    """An answer that Telegram has not confirmed.

    Attributes:
        id: Of the row.
        chat: Where it goes.
        message: What it is.
        after: The highest message id known when it was last about to be sent; its own will be higher.
        uncertain: It was being sent when the server died: it may be there.
    """

    id: int
    chat: int
    message: Outgoing
    after: int
    uncertain: bool


class Inbox:
    """The store. Its methods wait for the database: call them in a thread of their own."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url)

    def add(self, update: int, chat: int, body: dict[str, Any]) -> bool:
        """Keeps an update; False when it was here before, answered or not."""
        values = {"id": update, "chat": chat, "state": RECEIVED, "body": json.dumps(body), "at": now()}
        try:
            with self._engine.begin() as connection:
                connection.execute(_updates.insert().values(values))
        except IntegrityError:
            return False
        return True

    def unfinished(self) -> set[int]:
        """The chats in which something waits to be answered or sent."""
        with self._engine.begin() as connection:
            received = connection.scalars(sa.select(_updates.c.chat).where(_updates.c.state == RECEIVED)).all()
            unsent = connection.scalars(sa.select(_outbox.c.chat).where(_outbox.c.state.in_((WAITING, SENDING)))).all()
        return {*received, *unsent}

    def is_received(self, chat: int) -> bool:
        """Whether there is something in a chat that nobody has answered yet."""
        mine = (_updates.c.chat == chat, _updates.c.state == RECEIVED)
        with self._engine.begin() as connection:
            return bool(connection.scalar(sa.select(sa.func.count()).where(*mine)))

    def is_unsent(self, chat: int) -> bool:
        """Whether there are answers that still go to a chat."""
        mine = (_outbox.c.chat == chat, _outbox.c.state.in_((WAITING, SENDING)))
        with self._engine.begin() as connection:
            return bool(connection.scalar(sa.select(sa.func.count()).where(*mine)))

    def received(self, chat: int) -> list[Received]:
        """What nobody has answered yet in a chat, in Telegram's order."""
        mine = (_updates.c.chat == chat, _updates.c.state == RECEIVED)
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(_updates).where(*mine).order_by(_updates.c.id))
            return [Received(row.id, json.loads(row.body)) for row in rows]

    def answer(self, update: int, chat: int, messages: Iterable[Outgoing], after: int = 0) -> None:
        """Keeps the answers to an update, once, and forgets its words.

        Args:
            update: The update.
            chat: Where the answers go.
            messages: The answers, in their order; none when it needs no answer.
            after: The id of the message that is answered; 0 when there is none.
        """
        done = _updates.update().where(_updates.c.id == update, _updates.c.state == RECEIVED)
        with self._engine.begin() as connection:
            if not connection.execute(done.values(state=ANSWERED, body="")).rowcount:
                return
            values = {"update": update, "chat": chat, "state": WAITING, "after": after, "at": now()}
            for message in messages:
                connection.execute(_outbox.insert().values(**values, body=json.dumps(vars(message))))

    def say(self, dispatch: int, chat: int, messages: Iterable[Outgoing]) -> None:
        """Keeps messages that answer no update, once.

        Args:
            dispatch: What they are (`botwijzer.handoff`); kept as an update with its id below zero.
            chat: Where they go.
            messages: In their order.
        """
        try:
            with self._engine.begin() as connection:
                values = {"id": -dispatch, "chat": chat, "state": ANSWERED, "body": "", "at": now()}
                connection.execute(_updates.insert().values(values))
                row = {"update": -dispatch, "chat": chat, "state": WAITING, "after": 0, "at": now()}
                for message in messages:
                    connection.execute(_outbox.insert().values(**row, body=json.dumps(vars(message))))
        except IntegrityError:
            pass  # they are here already

    def messages_of(self, dispatch: int) -> list[int]:
        """The ids that Telegram gave the messages of a dispatch, as far as they are sent, in their order."""
        mine = (_outbox.c["update"] == -dispatch, _outbox.c.message.is_not(None))
        with self._engine.begin() as connection:
            return list(connection.scalars(sa.select(_outbox.c.message).where(*mine).order_by(_outbox.c.id)).all())

    def forget(self, dispatch: int) -> None:
        """Forgets a dispatch that Telegram refused, so that it can be said again."""
        with self._engine.begin() as connection:
            connection.execute(_outbox.delete().where(_outbox.c["update"] == -dispatch))
            connection.execute(_updates.delete().where(_updates.c.id == -dispatch))

    def is_waiting(self, dispatch: int) -> bool:
        """Whether messages of a dispatch are still on their way."""
        mine = (_outbox.c["update"] == -dispatch, _outbox.c.state.in_((WAITING, SENDING)))
        with self._engine.begin() as connection:
            return bool(connection.scalar(sa.select(_outbox.c.id).where(*mine).limit(1)))

    def dispatch_of(self, chat: int, message: int) -> int | None:
        """The dispatch that a message of ours in a chat belongs to."""
        mine = (_outbox.c.chat == chat, _outbox.c.message == message, _outbox.c["update"] < 0)
        with self._engine.begin() as connection:
            found = connection.scalar(sa.select(_outbox.c["update"]).where(*mine).limit(1))
        return -int(found) if found else None

    def join(self, chat: int) -> None:
        """Makes one message of those that wait for a chat one after the other and may be one.

        Telegram takes 20 messages a minute in a group (its FAQ for bots); people write faster.
        """
        mine = (_outbox.c.chat == chat, _outbox.c.state.in_((WAITING, SENDING)))
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(_outbox).where(*mine).order_by(_outbox.c.id)).all()
            first: tuple[int, Outgoing] | None = None
            for row in rows:
                message = _outgoing(row.body)
                if first and row.state == WAITING and (joined := _joined(first[1], message)):
                    first = (first[0], joined)
                    _update(connection, first[0], {"body": json.dumps(vars(joined))})
                    _update(connection, row.id, {"state": SENT, "body": ""})
                else:
                    first = (row.id, message) if row.state == WAITING else None

    def unsent(self, chat: int) -> list[Unsent]:
        """The answers that still go to a chat, in their order."""
        mine = (_outbox.c.chat == chat, _outbox.c.state.in_((WAITING, SENDING)))
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(_outbox).where(*mine).order_by(_outbox.c.id)).all()
        return [Unsent(row.id, row.chat, _outgoing(row.body), row.after, row.state == SENDING) for row in rows]

    def sending(self, row: int, after: int) -> None:
        """Notes that an answer is about to be sent, and the highest message id that is known by now."""
        self._set(row, {"state": SENDING, "after": after})

    def sent(self, row: int, message: int | None) -> None:
        """Notes the id that Telegram gave an answer, or None: it can't be delivered; its words are forgotten."""
        self._set(row, {"state": SENT if message else DROPPED, "message": message, "body": ""})

    def own_messages(self, chat: int) -> set[int]:
        """The ids of the messages of ours that are counted together with those of a chat."""
        counted_with = _outbox.c.chat == chat if chat < SUPERGROUPS else _outbox.c.chat > SUPERGROUPS
        with self._engine.begin() as connection:
            query = sa.select(_outbox.c.message).where(counted_with, _outbox.c.message.is_not(None))
            return set(connection.scalars(query).all())

    def highest_message(self, chat: int = 0) -> int:
        """The highest id among our latest messages in a supergroup, or in the chats that share one count."""
        where = _outbox.c.chat == chat if chat < SUPERGROUPS else _outbox.c.chat > SUPERGROUPS
        latest = sa.select(_outbox.c.message).where(where, _outbox.c.message.is_not(None))
        some = latest.order_by(_outbox.c.id.desc()).limit(LATEST).subquery()
        with self._engine.begin() as connection:
            return int(connection.scalar(sa.select(sa.func.max(some.c.message))) or 0)

    def erase(self, conversation: str) -> None:
        """Erases what Rasa has kept of a conversation; here no words are left once it was answered."""
        with self._engine.begin() as connection:
            erase_events(connection, conversation)
        empty_log(self._engine)

    def forget_before(self, updates: datetime.datetime, dispatches: datetime.datetime) -> None:
        """Forgets old ids.

        Args:
            updates: Those of updates before this moment.
            dispatches: Those of what the staff was told before this moment; until then it can be deleted there.
        """
        with self._engine.begin() as connection:
            connection.execute(_updates.delete().where(_updates.c.at < updates, _updates.c.id >= 0))
            connection.execute(_outbox.delete().where(_outbox.c.at < updates, _outbox.c["update"] >= 0))
            connection.execute(_updates.delete().where(_updates.c.at < dispatches))
            connection.execute(_outbox.delete().where(_outbox.c.at < dispatches))
        empty_log(self._engine)

    def _set(self, row: int, values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            _update(connection, row, values)


async def kept(call: Callable[..., Any], *arguments: Any) -> Any:
    """Asks the database in a thread, again and again while it fails: what came in must not get lost."""
    return await until_kept(asyncio.to_thread, call, *arguments)


async def until_kept(call: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """Calls what needs the database, again and again while that fails."""
    trying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(SQLAlchemyError),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=30),
        before_sleep=lambda _: logger.error("the database takes nothing; trying again"),
    )
    return await trying(call, *arguments)


def _update(connection: Connection, row: int, values: dict[str, Any]) -> None:
    connection.execute(_outbox.update().where(_outbox.c.id == row).values(values))


def _joined(one: Outgoing, next_one: Outgoing) -> Outgoing | None:
    """Two messages as one; None when they can't be."""
    alike = (one.reply_to, one.thread) == (next_one.reply_to, next_one.thread)
    text = f"{one.text}\n{next_one.text}"
    fits = len(text.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
    plain = not one.buttons and not next_one.buttons
    return replace(one, text=text) if one.joins and next_one.joins and alike and plain and fits else None


def _outgoing(body: str) -> Outgoing:
    values = json.loads(body)
    return Outgoing(**{**values, "buttons": tuple(values["buttons"])})
