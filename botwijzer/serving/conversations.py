"""Where conversations are kept: all of each in Rasa's table of events, and of what a turn needs only the end is read.

Rasa's own store reads a conversation from its beginning for every message, and counts it again to find out
what is new, so that each message costs more than the one before. It also keeps a turn in memory, and says
that it was saved, when the database does not take it; here that is an error.
"""

from __future__ import annotations

import asyncio
import functools
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from botwijzer.channels.events import erase_events, states
from botwijzer.database import open_database
from botwijzer.operating.metrics import stage_seconds
from botwijzer.settings import settings

MOST_EVENTS = 64
"""So many of the last events are read for a turn; it makes six to nine itself."""

QUICK_SECONDS = 0.02
"""So long a turn may wait for a database file while all others wait for the turn."""

MOST_AT_HAND = 100
"""So many conversations are also kept in memory, those that went on last."""

MOST_RANKED = 10
"""So many of the likeliest intents are kept with a message; the rest is of no use later."""

FIRST_SAVE = 2**30

T = TypeVar("T")
R = TypeVar("R")

_events = SQLTrackerStore.SQLEvent.__table__

# made once, for to make a statement takes as long as to execute it
_STATE = sa.select(states.c.slots, states.c.saves).where(states.c.conversation == sa.bindparam("of"))
_ADD = sa.insert(_events)
_CHANGE = (
    sa.update(states)
    .where(states.c.conversation == sa.bindparam("of"), states.c.saves == sa.bindparam("before"))
    .values(slots=sa.bindparam("slots"), saves=sa.bindparam("saves"))
)
_BEGIN = sa.insert(states)


class OvertakenError(RuntimeError):
    """A turn came too late: what it began with is not what the conversation is now."""


@dataclass(frozen=True)
class _AtHand:
    """A conversation in memory: how often it had been saved then, and itself."""

    saves: int
    tracker: DialogueStateTracker


class Conversations(TrackerStore):
    """The store that the dialogue reads from and writes to."""

    def __init__(self, host: str | None = None, domain: Domain | None = None, event_broker: object = None) -> None:
        """Opens a database, which has been migrated. Rasa calls this when endpoints.yml names the class.

        Args:
            host: Address of the database; None: as the settings say.
            domain: Of the model.
            event_broker: Not used: nothing is sent to a broker.
        """
        url = host or settings().database_url
        self._engine = open_database(url)
        self._quick = open_database(url, wait=QUICK_SECONDS) if self._engine.dialect.name == "sqlite" else None
        self._at_hand: OrderedDict[str, _AtHand] = OrderedDict()
        super().__init__(domain=domain or Domain.empty())

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The end of a conversation with its slots; None when there is none.

        Raises:
            SQLAlchemyError: The database can't be read.
        """
        with stage_seconds.labels("read").time():
            return await self._done(self._read, sender_id)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A new conversation; it is kept with its first turn."""
        return self.init_tracker(sender_id)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same: nothing here needs more."""
        return await self.retrieve(conversation_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Adds what is new in a conversation.

        Raises:
            SQLAlchemyError: The database can't be written to; nothing was kept.
            OvertakenError: Somebody else has gone on with the conversation, or erased it; nothing was kept.
        """
        given_up = threading.Event()
        try:
            with stage_seconds.labels("save").time():
                await self._done(functools.partial(self._write, given_up=given_up), tracker)
        except asyncio.CancelledError:
            given_up.set()  # the thread goes on waiting for the database
            raise

    async def keys(self) -> Iterable[str]:
        """All conversations."""
        with self._engine.connect() as connection:
            return list(connection.scalars(sa.select(_events.c.sender_id).distinct()))

    async def delete(self, sender_id: str) -> None:
        """Erases a conversation."""
        with self._engine.begin() as connection:
            erase_events(connection, sender_id)

    async def _done(self, work: Callable[[Engine, T], R], of: T) -> R:
        """Does it here where the database is a file and free, for a thread takes longer to wake up than that takes.

        Else in a thread, which may wait, while others are answered.
        """
        if self._quick:
            try:
                return work(self._quick, of)
            except OperationalError:
                pass  # locked, most likely; what is worse shows when it is tried again
        return await asyncio.to_thread(work, self._engine, of)

    def _read(self, engine: Engine, conversation: str) -> DialogueStateTracker | None:
        with engine.connect() as connection:
            kept = connection.execute(_STATE, {"of": conversation}).one_or_none()
            at_hand = self._at_hand.pop(conversation, None)  # a turn that fails leaves it spoilt, so it is taken out
            if kept and at_hand and at_hand.saves == kept.saves:
                return at_hand.tracker
            found = _end(connection, conversation, MOST_EVENTS if kept else None)
        if not found:
            return None
        slots = json.loads(kept.slots) if kept else {}
        tracker = self._tracker(conversation, slots, found)
        _remember(tracker, kept.saves if kept else 0)
        return tracker

    def _write(self, engine: Engine, tracker: DialogueStateTracker, given_up: threading.Event) -> None:
        conversation, (kept, before) = tracker.sender_id, _remembered(tracker)
        saves = before or secrets.randbelow(FIRST_SAVE)  # else one that was erased could be taken for its successor
        new = list(tracker.events)[kept:]
        rows = [_row(conversation, event) for event in new]
        slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
        values = {"slots": json.dumps(slots), "saves": saves + 1}
        with engine.begin() as connection:
            if rows:
                connection.execute(_ADD, rows)
            if not before:
                connection.execute(_BEGIN, {"conversation": conversation, **values})
            elif not connection.execute(_CHANGE, {"of": conversation, "before": before, **values}).rowcount:
                raise OvertakenError("the conversation was changed or erased meanwhile")
            if given_up.is_set():
                raise OvertakenError("nobody waits for this turn any more")
        begins_again = kept and any(isinstance(event, SessionStarted) for event in new)
        if begins_again or len(tracker.events) > 2 * MOST_EVENTS:
            tracker = self._tracker(conversation, slots, _of_session(list(tracker.events)[-MOST_EVENTS:]))
        _remember(tracker, saves + 1)
        self._at_hand[conversation] = _AtHand(saves + 1, tracker)
        while len(self._at_hand) > MOST_AT_HAND:
            self._at_hand.popitem(last=False)

    def _tracker(self, conversation: str, slots: dict[str, Any], end: list[Event]) -> DialogueStateTracker:
        """A conversation from its end; slots that were set before that are set first."""
        set_before: list[Event] = [SlotSet(name, value, end[0].timestamp) for name, value in slots.items()]
        return DialogueStateTracker.from_events(conversation, [*set_before, *end], self.domain.slots)


def _end(connection: Connection, conversation: str, most: int | None) -> list[Event]:
    """The last events of a conversation, oldest first, none of an earlier session."""
    last = (
        sa.select(_events.c.data).where(_events.c.sender_id == conversation).order_by(_events.c.id.desc()).limit(most)
    )
    found: list[Event] = deserialise_events([json.loads(data) for data in reversed(connection.scalars(last).all())])
    return _of_session(found)


def _of_session(events: list[Event]) -> list[Event]:
    """Those of the latest session."""
    begun = max((place for place, event in enumerate(events) if isinstance(event, SessionStarted)), default=0)
    return events[begun:]


def _row(conversation: str, event: Event) -> dict[str, Any]:
    if isinstance(event, UserUttered) and (ranking := event.parse_data.get("intent_ranking")):
        event.parse_data["intent_ranking"] = ranking[:MOST_RANKED]
    data = event.as_dict()
    return {
        "sender_id": conversation,
        "type_name": data["event"],
        "timestamp": data.get("timestamp"),
        "intent_name": ((data.get("parse_data") or {}).get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def _remembered(tracker: DialogueStateTracker) -> tuple[int, int]:
    """How many of a tracker's events are kept already, or were put in front for their slots; how often it was saved."""
    events, saves = getattr(tracker, "kept", (0, 0))
    return events, saves


def _remember(tracker: DialogueStateTracker, saves: int) -> None:
    setattr(tracker, "kept", (len(tracker.events), saves))  # noqa: B010  # an attribute that Rasa's class lacks
