"""The store of requests and of what is on its way: the one owner of whose a conversation is.

Every change and what must be sent because of it (`outbox.py`) are written in one transaction.
"""

from __future__ import annotations

import datetime
import enum
import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from botwijzer.database import now, open_database
from botwijzer.handoff.outbox import DESK, MAIL, add, request_of, to_visitor
from botwijzer.handoff.request import Request, State
from botwijzer.handoff.tables import outbox, requests
from botwijzer.write_ahead_log import empty_log

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""Of references: no letters and digits that are taken for each other, no vowels that make words."""

_WITH_A_HUMAN_OR_PASSED_ON = sa.select(
    sa.or_(
        sa.select(requests.c.id)
        .where(requests.c.conversation == sa.bindparam("of"), requests.c.state == State.HUMAN.value)
        .exists(),
        sa.select(outbox.c.id).where(outbox.c.key == sa.bindparam("mark")).exists(),
    )
)
"""Asked for each message of a visitor, so it is made once."""

MAX_OPEN = 3
"""Open requests of one conversation."""

OPEN = (State.BOT.value, State.WAITING.value, State.HUMAN.value)


@dataclass(frozen=True)
class Wanted:
    """What a visitor asks for; `draft` makes asking twice harmless.

    Attributes:
        draft: Key of its own, 32 hexadecimal digits.
        conversation: The conversation's key.
        question: See `Request`, as the others.
    """

    draft: str
    conversation: str
    question: str
    name: str = ""
    email: str = ""
    phone: str = ""
    earlier: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


class Taking(enum.Enum):
    """What came of an operator's wish to take a conversation over."""

    TAKEN = "taken"
    ALREADY_YOURS = "already yours"
    ANOTHERS = "another's"
    CLOSED = "closed"


class TooManyRequestsError(RuntimeError):
    """The conversation has `MAX_OPEN` open requests; nothing was kept."""


class Requests:
    """The store. Its methods wait for the database: call them in a thread of their own."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url, one_by_one=True)

    def submit(self, wanted: Wanted, ways: Collection[str], live: bool) -> Request:
        """Keeps a request, and what goes out because of it; the same draft again changes its details only.

        Args:
            wanted: What the visitor asks for.
            ways: Where it goes: `MAIL`, `DESK`, both or none (then it waits in the list of requests).
            live: Whether the staff may take the conversation over any moment now.

        Raises:
            TooManyRequestsError: The conversation has too many open requests for a further one.
        """
        try:
            with self._engine.begin() as connection:
                return _insert(connection, wanted, ways, live)
        except IntegrityError:
            with self._engine.begin() as connection:
                if not connection.scalar(sa.select(requests.c.id).where(requests.c.draft == wanted.draft)):
                    raise  # neither the draft nor a reference
                return _change(connection, wanted, ways)

    def find(self, reference: str) -> Request | None:
        """The request with this reference, in whatever case it is typed."""
        return self._first(requests.c.reference == reference.strip().upper())

    def get(self, request: int) -> Request | None:
        """The request with this id."""
        return self._first(requests.c.id == request)

    def of_thread(self, thread: str) -> Request | None:
        """The request that the staff talks about in this thread."""
        return self._first(requests.c.thread == thread)

    def of_dispatch(self, dispatch: int) -> Request | None:
        """The request that a dispatch belongs to."""
        return self._first(requests.c.id.in_(sa.select(outbox.c.request).where(outbox.c.id == dispatch)))

    def current(self, conversation: str) -> Request | None:
        """The open request that says whose a conversation is: with a human first, then waiting, then the latest."""
        order = sa.case({State.HUMAN.value: 0, State.WAITING.value: 1}, value=requests.c.state, else_=2)
        mine = (requests.c.conversation == conversation, requests.c.state.in_(OPEN))
        return self._first(*mine, order=(order, requests.c.id.desc()))

    def state_of(self, conversation: str) -> State:
        """Whose a conversation is."""
        found = self.current(conversation)
        return found.state if found else State.BOT

    def has_room(self, conversation: str) -> bool:
        """Whether a further request may be made in a conversation."""
        with self._engine.connect() as connection:
            return _open_requests(connection, conversation) < MAX_OPEN

    def listed(self, closed: bool = False) -> list[Request]:
        """All open requests, or all, oldest first."""
        query = sa.select(requests).order_by(requests.c.id)
        with self._engine.begin() as connection:
            rows = connection.execute(query if closed else query.where(requests.c.state.in_(OPEN)))
            return [request_of(row) for row in rows]

    def visitor_wrote(self, conversation: str, text: str, key: str) -> bool:
        """Passes on what a visitor wrote to whoever of the staff has the conversation.

        Args:
            conversation: The conversation's key.
            text: What the visitor wrote.
            key: Of this message; the same again is nothing new.

        Returns:
            Whether a human has the conversation, so that the assistant is silent.
        """
        with self._engine.connect() as connection:  # mostly nobody has it, and then nothing is locked
            if not connection.scalar(_WITH_A_HUMAN_OR_PASSED_ON, {"of": conversation, "mark": key}):
                return False
        mine = (requests.c.conversation == conversation, requests.c.state == State.HUMAN.value)
        with self._engine.begin() as connection:
            request = connection.scalar(sa.select(requests.c.id).where(*mine).with_for_update())
            if not request:
                return bool(connection.scalar(sa.select(outbox.c.id).where(outbox.c.key == key)))
            if not connection.scalar(sa.select(outbox.c.id).where(outbox.c.key == key)):
                add(connection, request, DESK, "line", {"text": text}, key)
                waiting = (requests.c.id == request, requests.c.unanswered_since.is_(None))
                connection.execute(requests.update().where(*waiting).values(unanswered_since=now()))
            return True

    def take(self, request: int, operator_id: str, operator: str) -> Taking:
        """Gives a conversation to one of the staff; of two at once one gets it.

        Args:
            request: Id of the request.
            operator_id: Who takes it, as the desk knows this person.
            operator: The name, for the staff.
        """
        try:
            with self._engine.begin() as connection:
                return self._take(connection, request, operator_id, operator)
        except IntegrityError:  # one human a conversation: the database sees to it
            return Taking.ANOTHERS

    def _take(self, connection: Connection, request: int, operator_id: str, operator: str) -> Taking:
        conversation = sa.select(requests.c.conversation).where(requests.c.id == request).scalar_subquery()
        all_of_it = sa.select(requests).where(requests.c.conversation == conversation).order_by(requests.c.id)
        rows = {row.id: row for row in connection.execute(all_of_it.with_for_update())}
        row = rows.get(request)
        if row is None or row.state == State.CLOSED.value:
            return Taking.CLOSED
        if row.state == State.HUMAN.value:
            return Taking.ALREADY_YOURS if row.operator_id == operator_id else Taking.ANOTHERS
        if any(other.state == State.HUMAN.value for other in rows.values()):
            return Taking.ANOTHERS
        who = {"operator": operator, "operator_id": operator_id}
        values = {"state": State.HUMAN.value, "since": now(), "unanswered_since": now(), **who}
        connection.execute(requests.update().where(requests.c.id == request).values(values))
        waits_too = (requests.c.conversation == row.conversation, requests.c.state == State.WAITING.value)
        connection.execute(requests.update().where(*waits_too).values(state=State.BOT.value, since=now()))
        to_visitor(connection, request, row.conversation, "say", {"response": "utter_human_here"})
        note = {"response": "desk_taken", "operator": operator, "buttons": ["close"]}
        add(connection, request, DESK, "note", note)
        return Taking.TAKEN

    def staff_wrote(self, request: int, text: str, key: str) -> bool:
        """Passes on what the staff wrote to the visitor; False when nobody has taken the conversation.

        Args:
            request: Id of the request.
            text: What to say to the visitor.
            key: Of this message; the same again is nothing new.
        """
        with self._engine.begin() as connection:
            if connection.scalar(sa.select(outbox.c.id).where(outbox.c.key == key)):
                return True
            query = sa.select(requests).where(requests.c.id == request).with_for_update()
            row = connection.execute(query).first()
            if row is None or row.state != State.HUMAN.value:
                return False
            to_visitor(connection, request, row.conversation, "line", {"text": text}, key)
            connection.execute(requests.update().where(requests.c.id == request).values(unanswered_since=None))
            return True

    def close(self, request: int) -> bool:
        """Ends a request and gives the conversation back; False when it was closed before."""
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(requests).where(requests.c.id == request).with_for_update()).first()
            if row is None or row.state == State.CLOSED.value:
                return False
            values = {"state": State.CLOSED.value, "since": now(), "unanswered_since": None}
            connection.execute(requests.update().where(requests.c.id == request).values(values))
            others = (requests.c.conversation == row.conversation, requests.c.state == State.HUMAN.value)
            if row.state != State.BOT.value and not connection.scalar(sa.select(requests.c.id).where(*others)):
                gone = "utter_human_gone" if row.state == State.HUMAN.value else "utter_request_handled"
                to_visitor(connection, request, row.conversation, "say", {"response": gone})
            if row.thread:
                add(connection, request, DESK, "closed", {})
            return True

    def leave(self, conversation: str) -> None:
        """Lets a visitor go who begins another conversation: what can be answered elsewhere stays, the rest ends."""
        mine = (requests.c.conversation == conversation, requests.c.state.in_(OPEN))
        with self._engine.begin() as connection:
            for row in connection.execute(sa.select(requests).where(*mine).with_for_update()).all():
                state = State.BOT if row.email or row.phone else State.CLOSED
                values = {"state": state.value, "since": now(), "unanswered_since": None}
                connection.execute(requests.update().where(requests.c.id == row.id).values(values))
                if row.thread:
                    add(connection, row.id, DESK, "note", {"response": "desk_left", "buttons": ["close"]})

    def give_back(self, wait_seconds: float, silence_seconds: float) -> list[int]:
        """Gives conversations back to the assistant that nobody took, or whose human is silent.

        Args:
            wait_seconds: So long somebody may wait for a human.
            silence_seconds: So long a human may leave a visitor without an answer.

        Returns:
            The requests concerned; their visitors are told, and so is the staff.
        """
        given = []
        overdue = (
            (State.WAITING, requests.c.since, wait_seconds, "/handoff_nobody", "desk_nobody"),
            (State.HUMAN, requests.c.unanswered_since, silence_seconds, "/handoff_silent", "desk_silent"),
        )
        for state, since, seconds, payload, note in overdue:
            late = (requests.c.state == state.value, since < now() - datetime.timedelta(seconds=seconds))
            with self._engine.begin() as connection:
                for row in connection.execute(sa.select(requests).where(*late)).all():
                    values = {"state": State.BOT.value, "since": now(), "unanswered_since": None}
                    still = requests.update().where(requests.c.id == row.id, *late)
                    if connection.execute(still.values(values)).rowcount:
                        to_visitor(connection, row.id, row.conversation, "turn", {"payload": payload})
                        add(connection, row.id, DESK, "note", {"response": note, "buttons": ["take", "close"]})
                        given.append(int(row.id))
        return given

    def set_thread(self, request: int, thread: str) -> None:
        """Notes where the staff talks about a request."""
        with self._engine.begin() as connection:
            connection.execute(requests.update().where(requests.c.id == request).values(thread=thread))

    def erase(self, conversation: str) -> list[str]:
        """Erases the requests of a conversation, here and where they were sent; returns their references."""
        return self._erase(requests.c.conversation == conversation)

    def erase_before(self, before: datetime.datetime) -> list[str]:
        """Erases requests that were handled before a moment; returns their references."""
        erased = self._erase(requests.c.state == State.CLOSED.value, requests.c.since < before)
        with self._engine.begin() as connection:
            old = (outbox.c.done.is_(True), outbox.c.at < before)
            kept = sa.select(requests.c.id)
            connection.execute(outbox.delete().where(*old, outbox.c.request.not_in(kept)))
        return erased

    def _erase(self, *which: Any) -> list[str]:
        with self._engine.begin() as connection:
            found = connection.execute(sa.select(requests).where(*which).with_for_update()).all()
            for row in found:
                sent = sa.select(outbox.c.id, outbox.c.way).where(outbox.c.request == row.id)
                went = connection.execute(sent).all()
                connection.execute(requests.delete().where(requests.c.id == row.id))
                under_way = sa.and_(outbox.c.done.is_(False), outbox.c.claimed_until >= now())
                mine = outbox.c.request == row.id
                connection.execute(outbox.delete().where(mine, sa.not_(sa.func.coalesce(under_way, sa.false()))))
                connection.execute(outbox.update().where(mine).values(body="{}"))  # 'erased' goes out after these
                posts = [dispatch.id for dispatch in went if dispatch.way == DESK]
                if posts:
                    body = {"reference": row.reference, "thread": row.thread, "posts": posts}
                    add(connection, row.id, DESK, "erased", body)
                if any(dispatch.way == MAIL for dispatch in went):
                    add(connection, row.id, MAIL, "erased", {"reference": row.reference})
        empty_log(self._engine)
        return [str(row.reference) for row in found]

    def _first(self, *conditions: Any, order: Sequence[Any] = ()) -> Request | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(requests).where(*conditions).order_by(*order).limit(1)).first()
        return request_of(row) if row else None


def new_draft() -> str:
    """The key of a request that is about to be made."""
    return secrets.token_hex(16)


def _insert(connection: Connection, wanted: Wanted, ways: Collection[str], live: bool) -> Request:
    if connection.scalar(sa.select(requests.c.id).where(requests.c.draft == wanted.draft)):
        return _change(connection, wanted, ways)
    if _open_requests(connection, wanted.conversation) >= MAX_OPEN:
        raise TooManyRequestsError
    reference = _free_reference(connection)
    state = State.WAITING if live else State.BOT
    values = {**_columns(wanted), "reference": reference, "state": state.value, "asked_at": now(), "since": now()}
    (request,) = connection.execute(requests.insert().values(values)).inserted_primary_key
    for way in sorted(ways):
        add(connection, request, way, "asked", {})
    return request_of(connection.execute(sa.select(requests).where(requests.c.id == request)).one())


def _change(connection: Connection, wanted: Wanted, ways: Collection[str]) -> Request:
    mine = requests.c.draft == wanted.draft
    before = connection.execute(sa.select(requests).where(mine).with_for_update()).one()
    values = _columns(wanted)
    if any(before[name] != value for name, value in values.items()):
        if before.state == State.CLOSED.value:  # there is something to answer again
            values |= {"state": State.BOT.value, "since": now()}
        connection.execute(requests.update().where(mine).values(values))
        for way in sorted(ways):
            first = connection.scalar(
                sa.select(sa.func.min(outbox.c.id)).where(outbox.c.request == before.id, outbox.c.way == way)
            )
            add(connection, before.id, way, "changed" if first else "asked", {"first": first})
    return request_of(connection.execute(sa.select(requests).where(mine)).one())


def _open_requests(connection: Connection, conversation: str) -> int:
    mine = (requests.c.conversation == conversation, requests.c.state.in_(OPEN))
    return int(connection.scalar(sa.select(sa.func.count()).select_from(requests).where(*mine)) or 0)


def _columns(wanted: Wanted) -> dict[str, Any]:
    lists = {"earlier": _listed(wanted.earlier), "passages": _listed(wanted.passages)}
    return {**vars(wanted), **lists}


def _listed(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _free_reference(connection: Connection) -> str:
    while True:
        reference = "BW-" + "".join(secrets.choice(ALPHABET) for _ in range(4))
        if not connection.scalar(sa.select(requests.c.id).where(requests.c.reference == reference)):
            return reference
