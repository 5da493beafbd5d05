"""What is kept of conversations: Rasa's table of events, and the slots as they are now; for erasing both."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.engine import Connection

from botwijzer.database import now, open_database
from botwijzer.write_ahead_log import empty_log

_events = SQLTrackerStore.SQLEvent

tables = sa.MetaData()

states = sa.Table(
    "dialogue_states",
    tables,
    sa.Column("conversation", sa.String(255), primary_key=True),
    sa.Column("slots", sa.Text, nullable=False),
    sa.Column("saves", sa.Integer, nullable=False),
)
"""Each conversation as its last turn left it: its slots as JSON, so that a turn need not read it from the beginning,
and how often it was saved, so that a process sees whether another one has gone on with it."""


class Events:
    """Rasa's own record. Its methods wait for the database: call them in a thread of their own."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url)

    def erase(self, conversation: str) -> None:
        """Erases a conversation."""
        with self._engine.begin() as connection:
            erase_events(connection, conversation)
        empty_log(self._engine)

    def erase_older_than(self, prefix: str, days: int) -> int:
        """Erases the conversations of a channel in which nothing happened for so many days; returns how many."""
        with self._engine.begin() as connection:
            found = old_conversations(connection, prefix, days)
            for conversation in found:
                erase_events(connection, conversation)
        empty_log(self._engine)
        return len(found)


def erase_events(connection: Connection, conversation: str) -> None:
    """Erases a conversation, within a transaction."""
    connection.execute(sa.delete(_events).where(_events.sender_id == conversation))
    connection.execute(sa.delete(states).where(states.c.conversation == conversation))


def old_conversations(connection: Connection, prefix: str, days: int) -> list[str]:
    """The conversations whose keys begin so, in which nothing happened for so many days."""
    before = now() - datetime.timedelta(days=days)
    stamp = before.replace(tzinfo=datetime.timezone.utc).timestamp()
    talks = sa.select(_events.sender_id).where(_events.sender_id.like(f"{prefix}%"))
    old = talks.group_by(_events.sender_id).having(sa.func.max(_events.timestamp) < stamp)
    return [str(conversation) for conversation in connection.scalars(old).all()]
