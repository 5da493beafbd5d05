"""What was said in the widget, kept so that a visitor finds all of it again: after a reload, a lost
connection, a restart of the server. One table of messages in the order of their ids; what a visitor sent
is kept before it is answered, and an answer is kept together with the mark that it was given.
"""

from __future__ import annotations

import datetime
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from botwijzer.channels import transcript_tables as tables
from botwijzer.channels.conversation_room import make_room
from botwijzer.channels.events import erase_events, erase_events_before, old_conversations
from botwijzer.database import now, open_database
from botwijzer.write_ahead_log import empty_log

VISITOR, BOT, STAFF = "visitor", "bot", "staff"
HIGHEST_ID = 2**31 - 1
"""Of a message, in both databases."""

_SIGNING = "web_signing_key"
_HEALTH = "health"

PAGE_CHARACTERS = 100_000
"""Of a conversation, in one piece; a message that is larger comes alone."""

_SHORTENED = "shortened"
"""The key of the message that says that messages were removed."""


class UnknownConversationError(LookupError):
    """There is no such conversation: it was erased, or never begun."""


@dataclass(frozen=True)
class Entry:
    """A message of the conversation.

    Attributes:
        id: Grows with time; also over different conversations.
        author: `VISITOR`, `BOT` or `STAFF`.
        body: What to draw: `rendering.for_widget`.
        useful: What the visitor pressed at 'Was dit nuttig?'; None when nothing.
        for_rasa: What Rasa gets to read; empty but for what a visitor sent.
        client_id: The id that the visitor's browser gave it.
        size: Characters of the body as it is kept.
    """

    id: int
    author: str
    body: dict[str, Any]
    useful: bool | None = None
    for_rasa: str = ""
    client_id: str | None = None
    size: int = field(default=0, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The message as the widget gets it."""
        public = {"id": self.id, "author": self.author, "body": self.body}
        extra = {"client_id": self.client_id if self.author == VISITOR else None, "useful": self.useful}
        return public | {name: value for name, value in extra.items() if value is not None}


@dataclass(frozen=True)
class Page:
    """A piece of a conversation.

    Attributes:
        entries: Its messages, oldest first.
        has_earlier: Whether there are messages before these that were asked for and do not fit.
    """

    entries: tuple[Entry, ...]
    has_earlier: bool

    def to_json(self) -> dict[str, Any]:
        """The piece as the widget gets it."""
        return {"messages": [entry.to_json() for entry in self.entries], "earlier": self.has_earlier}


class Transcript:
    """The store. Its methods wait for the database: call them in a thread of their own."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url)

    def signing_key(self) -> str:
        """The secret that tokens are signed with; made once, the same for all that use this database."""
        with self._engine.begin() as connection:
            found = _value(connection, _SIGNING)
        if found:
            return found
        try:
            with self._engine.begin() as connection:
                connection.execute(tables.values.insert().values(name=_SIGNING, value=secrets.token_hex(32)))
        except IntegrityError:
            pass  # another instance was first
        return self.signing_key()

    def begin(self, session: str, welcome: Sequence[dict[str, Any]]) -> None:
        """Begins a conversation with these messages of the assistant."""
        with self._engine.begin() as connection:
            connection.execute(tables.sessions.insert().values(id=session, active=now()))
            for body in welcome:
                _insert(connection, session, BOT, body)

    def knows(self, session: str) -> bool:
        """Whether this conversation was begun and not erased."""
        with self._engine.begin() as connection:
            return bool(connection.scalar(tables.KNOWN, {"of": session}))

    def add_question(
        self,
        session: str,
        client_id: str,
        body: dict[str, Any],
        for_rasa: str,
        seen: int = 0,
        shortened: dict[str, Any] | None = None,
    ) -> Entry | None:
        """Keeps what a visitor sent, to be answered; None when it is here already.

        A conversation that gets too long loses its oldest messages (see `_make_room`).

        Args:
            session: The conversation.
            client_id: The id that the visitor's browser gave it.
            body: What to draw.
            for_rasa: What Rasa gets to read.
            seen: The id of the newest message that the browser has.
            shortened: Added, once, as the assistant's message when messages are removed.

        Raises:
            UnknownConversationError: There is nothing to add it to.
            FullConversationError: There is no room for it; it was not kept.
        """
        try:
            with self._engine.begin() as connection:
                if not _touch(connection, session, seen):
                    raise UnknownConversationError
                if _has(connection, session, client_id):
                    return None
                if make_room(connection, session) and shortened and not _has(connection, session, _SHORTENED):
                    _insert(connection, session, BOT, shortened, _SHORTENED)
                return _insert(connection, session, VISITOR, body, client_id, for_rasa, answered=False)
        except IntegrityError:
            return None

    def add_answers(self, question: Entry, session: str, bodies: Sequence[dict[str, Any]]) -> list[Entry]:
        """Keeps the answers to a question, once; nothing when it has them already or was erased."""
        with self._engine.begin() as connection:
            _touch(connection, session)
            if not connection.execute(tables.MARK_ANSWERED, {"question": question.id}).rowcount:
                return []
            return [_insert(connection, session, BOT, body) for body in bodies]

    def add(self, session: str, author: str, body: dict[str, Any], key: str | None = None) -> Entry | None:
        """Keeps a message that nobody asked for.

        Args:
            session: The conversation.
            author: `BOT` or `STAFF`.
            body: What to draw.
            key: Makes keeping it twice harmless.

        Returns:
            None when there is no such conversation, or it has the message already.
        """
        try:
            with self._engine.begin() as connection:
                return _insert(connection, session, author, body, key) if _touch(connection, session) else None
        except IntegrityError:
            return None

    def has(self, session: str, key: str) -> bool:
        """Whether the conversation has, or had, a message under this key."""
        with self._engine.begin() as connection:
            return _has(connection, session, key)

    def after(self, session: str, last: int) -> list[Entry]:
        """All messages with an id above `last`, oldest first."""
        return self._read(tables.AFTER, of=session, last=last)

    def page(self, session: str, after: int = 0, before: int = HIGHEST_ID) -> Page:
        """The newest messages whose ids are between these two, as far as they fit on a page."""
        found = self._read(tables.NEWEST, of=session, after=after, before=before)
        shown: list[Entry] = []
        size = 0
        for entry in found[: tables.PAGE_MESSAGES]:
            size += entry.size
            if shown and size > PAGE_CHARACTERS:
                break
            shown.insert(0, entry)
        return Page(tuple(shown), len(shown) < len(found))

    def newest(self, sessions: Sequence[str]) -> dict[str, int]:
        """The highest id of a message in each of these conversations; those that were erased are left out."""
        highest = sa.select(tables.messages.c.session, sa.func.max(tables.messages.c.id)).group_by(
            tables.messages.c.session
        )
        with self._engine.begin() as connection:
            return dict(connection.execute(highest.where(tables.messages.c.session.in_(sessions))).all())

    def unanswered(self, session: str) -> list[Entry]:
        """What the visitor sent and nobody has answered yet, oldest first."""
        return self._read(tables.UNANSWERED, of=session)

    def keep_feedback(self, session: str, message: int, useful: bool) -> bool:
        """Keeps whether an answer was useful, with its question and its passages; the last word counts.

        Returns:
            Whether the message is an answer of this conversation.
        """
        shown = self._read(tables.ENTRIES.where(tables.OF_SESSION, tables.messages.c.id == message), of=session)
        if not shown or not (passages := _passages(shown[0])):
            return False
        asked = tables.ENTRIES.where(
            tables.OF_SESSION, tables.messages.c.id < message, tables.messages.c.author == VISITOR
        )
        before = self._read(asked.order_by(tables.messages.c.id.desc()).limit(1), of=session)
        question = before[0].body["text"] if before else ""
        with self._engine.begin() as connection:
            if not _touch(connection, session):  # erased meanwhile
                return False
            connection.execute(tables.feedback.delete().where(tables.feedback.c.message == message))
            values = {"message": message, "session": session, "question": question, "at": now()}
            connection.execute(tables.feedback.insert().values(**values, passages=" ".join(passages), useful=useful))
        return True

    def feedback(self) -> list[tuple[str, str, bool]]:
        """Question, passages and whether they were useful, latest first."""
        columns = (tables.feedback.c.question, tables.feedback.c.passages, tables.feedback.c.useful)
        with self._engine.begin() as connection:
            found = connection.execute(sa.select(columns).order_by(tables.feedback.c.at.desc()))
            return [(str(row.question), str(row.passages), bool(row.useful)) for row in found]

    def erase(self, session: str) -> None:
        """Erases a conversation here and in Rasa's own store."""
        with self._engine.begin() as connection:
            connection.execute(
                tables.sessions.delete().where(tables.sessions.c.id == session)
            )  # first: nothing is added then
            _erase_rest(connection, session)
        empty_log(self._engine)

    def erase_before(self, before: datetime.datetime) -> list[str]:
        """Erases the conversations in which nothing happened since a moment; returns which."""
        is_old = tables.sessions.c.active < before
        with self._engine.begin() as connection:
            old = connection.scalars(sa.select(tables.sessions.c.id).where(is_old)).all()
        erased = []
        for session in old:
            with self._engine.begin() as connection:
                if connection.execute(tables.sessions.delete().where(tables.sessions.c.id == session, is_old)).rowcount:
                    _erase_rest(connection, session)
                    erased.append(str(session))
        with self._engine.begin() as connection:  # what a turn has written while its conversation was erased
            for conversation in connection.scalars(old_conversations(before)).all():
                is_ours = str(conversation).startswith(tables.SENDER_PREFIX)
                if is_ours and not connection.scalar(
                    tables.KNOWN, {"of": conversation.removeprefix(tables.SENDER_PREFIX)}
                ):
                    erase_events_before(connection, str(conversation), before)
        empty_log(self._engine)
        return erased

    def try_to_write(self) -> None:
        """Writes something.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database takes no write.
        """
        written = now().isoformat()
        with self._engine.begin() as connection:
            if not connection.execute(
                tables.values.update().where(tables.values.c.name == _HEALTH).values(value=written)
            ).rowcount:
                connection.execute(tables.values.insert().values(name=_HEALTH, value=written))

    def _read(self, query: Any, **values: Any) -> list[Entry]:
        with self._engine.begin() as connection:
            return [
                Entry(row.id, row.author, json.loads(row.body), row.useful, row.for_rasa, row.client_id, len(row.body))
                for row in connection.execute(query, values)
            ]


def _insert(
    connection: Connection,
    session: str,
    author: str,
    body: dict[str, Any],
    client_id: str | None = None,
    for_rasa: str = "",
    answered: bool = True,
) -> Entry:
    values: dict[str, Any] = {
        "session": session,
        "author": author,
        "client_id": client_id,
        "for_rasa": for_rasa,
        "answered": answered,
    }
    values |= {"body": json.dumps(body, ensure_ascii=False), "at": now()}
    (number,) = connection.execute(tables.ADD, values).inserted_primary_key
    return Entry(number, author, body, None, for_rasa, client_id)


def _erase_rest(connection: Connection, session: str) -> None:
    """Erases what belongs to a session that is erased in the same transaction."""
    for table in (tables.messages, tables.feedback):
        connection.execute(table.delete().where(table.c.session == session))
    erase_events(connection, tables.SENDER_PREFIX + session)


def _has(connection: Connection, session: str, client_id: str) -> bool:
    mine = (tables.messages.c.session == session, tables.messages.c.client_id == client_id)
    return connection.scalar(sa.select(tables.messages.c.id).where(*mine)) is not None


def _touch(connection: Connection, session: str, seen: int = 0) -> bool:
    """Notes that something happens in a conversation, and what was seen of it; whether there is one.

    Others who add to it wait until this transaction ends, so that a reader who sees a message sees all with lower ids.
    """
    return bool(connection.execute(tables.TOUCH, {"of": session, "moment": now(), "seen": seen}).rowcount)


def _value(connection: Connection, name: str) -> str | None:
    found = connection.scalar(sa.select(tables.values.c.value).where(tables.values.c.name == name))
    return None if found is None else str(found)


def _passages(entry: Entry) -> list[str]:
    return [str(passage["id"]) for passage in entry.body.get("passages", [])]
