"""The tables of the widget's conversations, and the queries that each turn asks of them."""

from __future__ import annotations

import sqlalchemy as sa

SENDER_PREFIX = "web:"
"""Before a session's id it is the conversation's key in Rasa."""

PAGE_MESSAGES = 40
"""Of a conversation, in one piece."""

metadata = sa.MetaData()
sessions = sa.Table(
    "web_sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("active", sa.DateTime, nullable=False, index=True),
    sa.Column("seen", sa.Integer, nullable=False, server_default="0"),
)
messages = sa.Table(
    "web_messages",
    metadata,
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
feedback = sa.Table(
    "web_feedback",
    metadata,
    sa.Column("message", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("session", sa.String(32), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("passages", sa.Text, nullable=False),
    sa.Column("useful", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
values = sa.Table(
    "web_values",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

REMOVED = ""
"""The body of a message that was removed."""

ENTRIES = (
    sa.select([*messages.c, feedback.c.useful])
    .select_from(messages.outerjoin(feedback, feedback.c.message == messages.c.id))
    .where(messages.c.body != REMOVED)
)

# what each turn asks of the database; built once, because that takes longer than the query itself
OF_SESSION = messages.c.session == sa.bindparam("of")
AFTER = ENTRIES.where(OF_SESSION, messages.c.id > sa.bindparam("last")).order_by(messages.c.id)
NEWEST = (
    ENTRIES.where(OF_SESSION, messages.c.id > sa.bindparam("after"), messages.c.id < sa.bindparam("before"))
    .order_by(messages.c.id.desc())
    .limit(PAGE_MESSAGES + 1)
)
UNANSWERED = ENTRIES.where(OF_SESSION, messages.c.answered.is_(False)).order_by(messages.c.id)
KNOWN = sa.select(sessions.c.id).where(sessions.c.id == sa.bindparam("of"))
_SEEN = sa.bindparam("seen", type_=sa.Integer)
TOUCH = (
    sessions.update()
    .where(sessions.c.id == sa.bindparam("of"))
    .values(
        active=sa.bindparam("moment"),
        seen=sa.case((sessions.c.seen < _SEEN, _SEEN), else_=sessions.c.seen),
    )
)
MARK_ANSWERED = (
    messages.update()
    .where(messages.c.id == sa.bindparam("question"), messages.c.answered.is_(False))
    .values(answered=True)
)
ADD = messages.insert()
SIZE = sa.select(
    sa.func.count(),
    sa.func.count(sa.func.nullif(messages.c.body, REMOVED)),
    sa.func.coalesce(sa.func.sum(sa.func.length(messages.c.body)), 0),
).where(OF_SESSION)
