"""How long a conversation of the website may get, and what goes when it is longer."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from botwijzer.channels import transcript_tables as tables
from botwijzer.handoff.store import OPEN
from botwijzer.handoff.tables import requests

MAX_MESSAGES, MAX_CHARACTERS = 400, 1_000_000
"""Of one conversation: beyond that its oldest messages are removed."""

MAX_IDS = 5_000
"""Of one conversation, with those of removed messages, which are kept so that sending one twice stays harmless."""

ROOM_KEPT_FREE = 0.25
"""Of the maximum, once messages are removed: so that it is not done again for each message that follows."""


class FullConversationError(RuntimeError):
    """The conversation is as long as one may be, and nothing in it may be removed yet."""


def make_room(connection: Connection, session: str) -> bool:
    """Removes the oldest messages when there are too many; whether it did.

    What is unanswered, not seen or of the time of an open request for a human stays; so does the id of each
    message that goes.
    """
    ids, messages, characters = connection.execute(tables.SIZE, {"of": session}).one()
    if ids >= MAX_IDS:
        raise FullConversationError
    if messages < MAX_MESSAGES and characters < MAX_CHARACTERS:
        return False
    open_since = (
        sa.select(sa.func.min(requests.c.asked_at))
        .where(requests.c.conversation == tables.SENDER_PREFIX + session, requests.c.state.in_(OPEN))
        .scalar_subquery()
    )
    seen = sa.select(tables.sessions.c.seen).where(tables.sessions.c.id == session).scalar_subquery()
    removable = (
        sa.select(tables.messages.c.id, sa.func.length(tables.messages.c.body).label("characters"))
        .where(tables.messages.c.session == session, tables.messages.c.body != tables.REMOVED)
        .where(tables.messages.c.answered.is_(True), tables.messages.c.id <= seen)
        .where(sa.or_(open_since.is_(None), tables.messages.c.at < open_since))
        .order_by(tables.messages.c.id)
    )
    gone: list[int] = []
    for row in connection.execute(removable).all():
        if messages < (1 - ROOM_KEPT_FREE) * MAX_MESSAGES and characters < (1 - ROOM_KEPT_FREE) * MAX_CHARACTERS:
            break
        gone.append(row.id)
        messages, characters = messages - 1, characters - row.characters
    if messages >= MAX_MESSAGES or characters >= MAX_CHARACTERS:
        raise FullConversationError
    connection.execute(
        tables.messages.update().where(tables.messages.c.id.in_(gone)).values(body=tables.REMOVED, for_rasa="")
    )
    return True
