"""What is kept of conversations: Rasa's table of events, and the slots as they are now; for erasing both."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.engine import Connection

from botwijzer.database import open_database
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

    def erase_before(self, before: datetime.datetime, outside: str) -> int:
        """Erases the conversations in which nothing happened since a moment.

        Args:
            before: The moment.
            outside: Conversations whose keys begin with this stay.

        Returns:
            How many were erased.
        """
        with self._engine.begin() as connection:
            found = connection.scalars(old_conversations(before).where(~_events.sender_id.like(f"{outside}%"))).all()
        count = 0
        for conversation in found:
            with self._engine.begin() as connection:  # short ones, since others wait for each
                count += erase_events_before(connection, str(conversation), before)
        empty_log(self._engine)
        return count


def erase_events(connection: Connection, conversation: str) -> None:
    """Erases a conversation, within a transaction."""
    connection.execute(sa.delete(_events).where(_events.sender_id == conversation))
    connection.execute(sa.delete(states).where(states.c.conversation == conversation))


def erase_events_before(connection: Connection, conversation: str, before: datetime.datetime) -> bool:
    """Erases a conversation unless something has happened in it since a moment; returns whether it did."""
    table = _events.__table__
    others = table.alias()
    is_alive = sa.exists().where(others.c.sender_id == conversation, others.c.timestamp >= stamp(before))
    if not connection.execute(table.delete().where(table.c.sender_id == conversation, ~is_alive)).rowcount:
        return False
    connection.execute(sa.delete(states).where(states.c.conversation == conversation))
    return True


def last_moments(outside: str) -> sa.sql.Select:
    """When something last happened in each conversation (`at`, a time stamp), without those whose keys begin so."""
    last = sa.select(sa.func.max(_events.timestamp).label("at")).group_by(_events.sender_id)
    return last.where(~_events.sender_id.like(f"{outside}%"))


def old_conversations(before: datetime.datetime) -> sa.sql.Select:
    """Asks for the conversations in which nothing has happened since a moment."""
    return (
        sa.select(_events.sender_id).group_by(_events.sender_id).having(sa.func.max(_events.timestamp) < stamp(before))
    )


def stamp(moment: datetime.datetime) -> float:
    """A moment as Rasa keeps it with an event; `moment` is in UTC, without a zone."""
    return moment.replace(tzinfo=datetime.UTC).timestamp()
