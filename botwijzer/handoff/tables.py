"""The tables of requests and of what is on its way; made by the migrations in botwijzer/migrations."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

requests = sa.Table(
    "handoff_requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reference", sa.String(12), nullable=False, unique=True),
    sa.Column("draft", sa.String(32), nullable=False, unique=True),
    sa.Column("conversation", sa.String(255), nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("earlier", sa.Text, nullable=False),
    sa.Column("passages", sa.Text, nullable=False),
    sa.Column("thread", sa.String(64), nullable=False, server_default=""),
    sa.Column("operator", sa.Text, nullable=False, server_default=""),
    sa.Column("operator_id", sa.String(64), nullable=False, server_default=""),
    sa.Column("asked_at", sa.DateTime, nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
    sa.Column("unanswered_since", sa.DateTime),
    sa.Index(
        "handoff_requests_with_human",
        "conversation",
        unique=True,
        sqlite_where=sa.text("state = 'human'"),
        postgresql_where=sa.text("state = 'human'"),
    ),
    sqlite_autoincrement=True,
)

outbox = sa.Table(
    "handoff_outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("request", sa.Integer, nullable=False, index=True),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("key", sa.String(100), unique=True),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", sa.DateTime, nullable=False),
    sa.Column("claimed_until", sa.DateTime),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Index("handoff_outbox_waiting", "done", "way", "due"),
    sqlite_autoincrement=True,
)
