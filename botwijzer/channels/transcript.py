"""What was said in the widget, kept so that a visitor finds all of it again: after a reload, a lost
connection, a restart of the server. One table of messages in the order of their ids; what a visitor sent
is kept before it is answered, and an answer is kept together with the mark that it was given.
"""

from __future__ import annotations

import datetime
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from botwijzer.channels.events import erase_events, erase_events_before, old_conversations
from botwijzer.database import now, open_database
from botwijzer.write_ahead_log import empty_log

VISITOR, BOT, STAFF = "visitor", "bot", "staff"
SENDER_PREFIX = "web:"
"""Before a session's id it is the conversation's key in Rasa."""

_SIGNING = "web_signing_key"
_HEALTH = "health"

_tables = sa.MetaData()
_sessions = sa.Table(
    "web_sessions",
    _tables,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("active", sa.DateTime, nullable=False, index=True),
)
_messages = sa.Table(
    "web_messages",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(32), nullable=False, index=True),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("client_id", sa.String(64)),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("for_rasa", sa.Text, nullable=False, server_default=""),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("session", "client_id"),
    sqlite_autoincrement=True,
)
_feedback = sa.Table(
    "web_feedback",
    _tables,
    sa.Column("message", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("session", sa.String(32), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("passages", sa.Text, nullable=False),
    sa.Column("useful", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
_values = sa.Table(
    "web_values",
    _tables,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

_entries = (
    sa.select([*_messages.c, _feedback.c.useful])
    .select_from(_messages.outerjoin(_feedback, _feedback.c.message == _messages.c.id))
    .order_by(_messages.c.id)
)

# what each turn asks of the database; made once, for that takes longer than the question itself
_OF = _messages.c.session == sa.bindparam("of")
_AFTER = _entries.where(_OF, _messages.c.id > sa.bindparam("last"))
_UNANSWERED = _entries.where(_OF, _messages.c.answered.is_(False))
_KNOWN = sa.select(_sessions.c.id).where(_sessions.c.id == sa.bindparam("of"))
_TOUCH = _sessions.update().where(_sessions.c.id == sa.bindparam("of")).values(active=sa.bindparam("moment"))
_DONE = (
    _messages.update()
    .where(_messages.c.id == sa.bindparam("question"), _messages.c.answered.is_(False))
    .values(answered=True)
)
_ADD = _messages.insert()


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
    """

    id: int
    author: str
    body: dict[str, Any]
    useful: bool | None = None
    for_rasa: str = ""
    client_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The message as the widget gets it."""
        public = {"id": self.id, "author": self.author, "body": self.body}
        extra = {"client_id": self.client_id if self.author == VISITOR else None, "useful": self.useful}
        return public | {name: value for name, value in extra.items() if value is not None}


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
                connection.execute(_values.insert().values(name=_SIGNING, value=secrets.token_hex(32)))
        except IntegrityError:
            pass  # another instance was first
        return self.signing_key()

    def begin(self, session: str, welcome: Sequence[dict[str, Any]]) -> None:
        """Begins a conversation with these messages of the assistant."""
        with self._engine.begin() as connection:
            connection.execute(_sessions.insert().values(id=session, active=now()))
            for body in welcome:
                _insert(connection, session, BOT, body)

    def knows(self, session: str) -> bool:
        """Whether this conversation was begun and not erased."""
        with self._engine.begin() as connection:
            return bool(connection.scalar(_KNOWN, {"of": session}))

    def add_question(self, session: str, client_id: str, body: dict[str, Any], for_rasa: str) -> Entry | None:
        """Keeps what a visitor sent, to be answered; None when it is here already.

        Raises:
            UnknownConversationError: There is nothing to add it to.
        """
        try:
            with self._engine.begin() as connection:
                if not _touch(connection, session):
                    raise UnknownConversationError
                return _insert(connection, session, VISITOR, body, client_id, for_rasa, answered=False)
        except IntegrityError:
            return None

    def add_answers(self, question: Entry, session: str, bodies: Sequence[dict[str, Any]]) -> list[Entry]:
        """Keeps the answers to a question, once; nothing when it has them already or was erased."""
        with self._engine.begin() as connection:
            _touch(connection, session)
            if not connection.execute(_DONE, {"question": question.id}).rowcount:
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
        """Whether the conversation has a message under this key."""
        return bool(self._read(_entries.where(_OF, _messages.c.client_id == key), of=session))

    def after(self, session: str, last: int) -> list[Entry]:
        """All messages with an id above `last`, oldest first."""
        return self._read(_AFTER, of=session, last=last)

    def newest(self, sessions: Sequence[str]) -> dict[str, int]:
        """The highest id of a message in each of these conversations; those that were erased are left out."""
        highest = sa.select(_messages.c.session, sa.func.max(_messages.c.id)).group_by(_messages.c.session)
        with self._engine.begin() as connection:
            return dict(connection.execute(highest.where(_messages.c.session.in_(sessions))).all())

    def unanswered(self, session: str) -> list[Entry]:
        """What the visitor sent and nobody has answered yet, oldest first."""
        return self._read(_UNANSWERED, of=session)

    def keep_feedback(self, session: str, message: int, useful: bool) -> bool:
        """Keeps whether an answer was useful, with its question and its passages; the last word counts.

        Returns:
            Whether the message is an answer of this conversation.
        """
        shown = self._read(_entries.where(_OF, _messages.c.id <= message), of=session)
        if not shown or shown[-1].id != message or not (passages := _passages(shown[-1])):
            return False
        question = next((e.body["text"] for e in reversed(shown) if e.author == VISITOR), "")
        with self._engine.begin() as connection:
            if not _touch(connection, session):  # erased meanwhile
                return False
            connection.execute(_feedback.delete().where(_feedback.c.message == message))
            values = {"message": message, "session": session, "question": question, "at": now()}
            connection.execute(_feedback.insert().values(**values, passages=" ".join(passages), useful=useful))
        return True

    def feedback(self) -> list[tuple[str, str, bool]]:
        """Question, passages and whether they were useful, latest first."""
        columns = (_feedback.c.question, _feedback.c.passages, _feedback.c.useful)
        with self._engine.begin() as connection:
            found = connection.execute(sa.select(columns).order_by(_feedback.c.at.desc()))
            return [(str(row.question), str(row.passages), bool(row.useful)) for row in found]

    def erase(self, session: str) -> None:
        """Erases a conversation here and in Rasa's own store."""
        with self._engine.begin() as connection:
            connection.execute(_sessions.delete().where(_sessions.c.id == session))  # first: nothing is added then
            _erase_rest(connection, session)
        empty_log(self._engine)

    def erase_before(self, before: datetime.datetime) -> list[str]:
        """Erases the conversations in which nothing happened since a moment; returns which."""
        is_old = _sessions.c.active < before
        with self._engine.begin() as connection:
            old = connection.scalars(sa.select(_sessions.c.id).where(is_old)).all()
        erased = []
        for session in old:
            with self._engine.begin() as connection:
                if connection.execute(_sessions.delete().where(_sessions.c.id == session, is_old)).rowcount:
                    _erase_rest(connection, session)
                    erased.append(str(session))
        with self._engine.begin() as connection:  # what a turn has written while its conversation was erased
            for conversation in connection.scalars(old_conversations(before)).all():
                is_ours = str(conversation).startswith(SENDER_PREFIX)
                if is_ours and not connection.scalar(_KNOWN, {"of": conversation.removeprefix(SENDER_PREFIX)}):
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
            if not connection.execute(_values.update().where(_values.c.name == _HEALTH).values(value=written)).rowcount:
                connection.execute(_values.insert().values(name=_HEALTH, value=written))

    def _read(self, query: Any, **values: Any) -> list[Entry]:
        with self._engine.begin() as connection:
            return [
                Entry(row.id, row.author, json.loads(row.body), row.useful, row.for_rasa, row.client_id)
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
    (number,) = connection.execute(_ADD, values).inserted_primary_key
    return Entry(number, author, body, None, for_rasa, client_id)


def _erase_rest(connection: Connection, session: str) -> None:
    """Erases what belongs to a session that is erased in the same transaction."""
    for table in (_messages, _feedback):
        connection.execute(table.delete().where(table.c.session == session))
    erase_events(connection, SENDER_PREFIX + session)


def _touch(connection: Connection, session: str) -> bool:
    """Notes that something happens in a conversation; whether there is one.

    Whoever else adds to it waits until this transaction ends, so that who sees a message sees all with lower ids.
    """
    return bool(connection.execute(_TOUCH, {"of": session, "moment": now()}).rowcount)


def _value(connection: Connection, name: str) -> str | None:
    found = connection.scalar(sa.select(_values.c.value).where(_values.c.name == name))
    return None if found is None else str(found)


def _passages(entry: Entry) -> list[str]:
    return [str(passage["id"]) for passage in entry.body.get("passages", [])]
