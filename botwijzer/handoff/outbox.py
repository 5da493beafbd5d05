"""What is on its way to the staff and to visitors, kept until it has arrived.

A `Dispatch` is of one of these kinds:

- to `mail`: `asked`, `changed` (a way to answer was added), `erased` (body: reference), `test`;
- to `desk`: `asked`, `changed`, `line` (body: text; the visitor wrote), `note` (body: text and buttons),
  `closed`, `erased` (body: reference, thread, posts);
- to the visitor's channel: `line` (body: text; the staff wrote), `say` (body: a response of domain.yml),
  `turn` (body: a payload for Rasa, whose answer the visitor gets).

The dispatches of one request on one way go out in the order of their ids.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from botwijzer.database import now, open_database
from botwijzer.handoff.request import Dispatch, Request, State
from botwijzer.handoff.tables import outbox, requests

MAIL, DESK = "mail", "desk"
LIVE_CHANNELS = frozenset({"web", "telegram"})
"""Where a visitor can be reached at any time."""

LEASE_SECONDS = 15
"""So long a dispatch is one worker's unless renewed; then that worker is taken for dead."""

MOST_PAUSE_SECONDS = 15 * 60.0
"""What has not arrived is tried again after so long at most."""

NEVER = datetime.datetime(9999, 1, 1)


class Outbox:
    """The store of what is on its way. Its methods wait for the database: call them in a thread of their own."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url, one_by_one=True)

    def claim(self, ways: Collection[str]) -> tuple[Dispatch, Request | None] | None:
        """The next dispatch on one of these ways, which is the caller's until `LEASE_SECONDS` from now.

        Several workers may ask at once: none gets what another has.
        """
        before = outbox.alias()
        same = (before.c.request == outbox.c.request, before.c.way == outbox.c.way, before.c.done.is_(False))
        first = ~sa.exists(sa.select(before.c.id).where(*same, before.c.id < outbox.c.id))
        free = _free()
        due = (outbox.c.done.is_(False), outbox.c.way.in_(ways), _is_due(), free)
        query = sa.select(outbox).where(*due, first).order_by(outbox.c.id).limit(1)
        with self._engine.connect() as connection:  # an empty look must not take SQLite's one lock for writing
            if not connection.execute(query).first():
                return None
        with self._engine.begin() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            until = now() + datetime.timedelta(seconds=LEASE_SECONDS)
            mine = outbox.update().where(outbox.c.id == row.id, free, outbox.c.done.is_(False))
            if not connection.execute(mine.values(claimed_until=until)).rowcount:
                return None
            dispatch = Dispatch(row.id, row.request, row.way, row.kind, json.loads(row.body), row.tries)
            found = connection.execute(sa.select(requests).where(requests.c.id == row.request)).first()
            return dispatch, request_of(found) if found else None

    def renew(self, dispatch: int) -> None:
        """Keeps a claimed dispatch the caller's."""
        self._set(dispatch, {"claimed_until": now() + datetime.timedelta(seconds=LEASE_SECONDS)})

    def done(self, dispatch: int) -> None:
        """Notes that a dispatch has arrived, and forgets its words."""
        self._set(dispatch, {"done": True, "body": "{}", "claimed_until": None})

    def again(self, dispatch: int, seconds: float | None, failed: bool = True) -> None:
        """Notes that a dispatch has not arrived and is tried again so much later; None: only when somebody says so."""
        due = NEVER if seconds is None else now() + datetime.timedelta(seconds=seconds)
        self._set(dispatch, {"due": due, "claimed_until": None, "tries": outbox.c.tries + int(failed)})

    def retry(self) -> int:
        """Lets all that is still on its way be tried again now; returns how many."""
        with self._engine.begin() as connection:
            waiting = outbox.update().where(outbox.c.done.is_(False), _free())
            return int(connection.execute(waiting.values(due=now(), claimed_until=None)).rowcount)

    def undelivered(self) -> dict[int, int]:
        """How many dispatches of each request are still on their way."""
        query = sa.select(outbox.c.request, sa.func.count()).where(outbox.c.done.is_(False))
        with self._engine.begin() as connection:
            return dict(connection.execute(query.group_by(outbox.c.request)).all())

    def _set(self, dispatch: int, values: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(outbox.update().where(outbox.c.id == dispatch).values(values))


def _free() -> Any:
    """Whether nobody has claimed it; a claim for longer than claims are is of a clock that was set back."""
    until = outbox.c.claimed_until
    return sa.or_(until.is_(None), until < now(), until > now() + datetime.timedelta(seconds=2 * LEASE_SECONDS))


def _is_due() -> Any:
    """Whether it is to be tried now; one that waits for longer than any does is of a clock that was set back."""
    late = now() + datetime.timedelta(seconds=2 * MOST_PAUSE_SECONDS)
    return sa.or_(outbox.c.due <= now(), sa.and_(outbox.c.due > late, outbox.c.due < NEVER))


def to_visitor(
    connection: Connection, request: int, conversation: str, kind: str, body: dict[str, Any], key: str | None = None
) -> None:
    channel = conversation.partition(":")[0]
    if channel in LIVE_CHANNELS:
        add(connection, request, channel, kind, {**body, "conversation": conversation}, key)


def add(
    connection: Connection, request: int, way: str, kind: str, body: dict[str, Any], key: str | None = None
) -> None:
    values = {"request": request, "way": way, "kind": kind, "body": json.dumps(body, ensure_ascii=False), "key": key}
    connection.execute(outbox.insert().values(**values, done=False, tries=0, due=now(), at=now()))


def request_of(row: Any) -> Request:
    """The request that a row of its table is."""
    return Request(
        id=row.id,
        reference=row.reference,
        conversation=row.conversation,
        state=State(row.state),
        question=row.question,
        name=row.name,
        email=row.email,
        phone=row.phone,
        earlier=tuple(json.loads(row.earlier)),
        passages=tuple(json.loads(row.passages)),
        asked_at=row.asked_at,
        operator=row.operator,
        thread=row.thread,
        draft=row.draft,
    )
