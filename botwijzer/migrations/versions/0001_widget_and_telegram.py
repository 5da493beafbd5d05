"""The tables of the widget and of Telegram; earlier versions of the program made them without a revision."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes those that are not there yet."""
    _make(
        "web_sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("active", sa.DateTime, nullable=False, index=True),
    )
    _make(
        "web_messages",
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
    _make(
        "web_feedback",
        sa.Column("message", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("session", sa.String(32), nullable=False, index=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("passages", sa.Text, nullable=False),
        sa.Column("useful", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    _make(
        "web_values",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    _make(
        "telegram_updates",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chat", sa.BigInteger, nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    _make(
        "telegram_outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("update", sa.BigInteger, nullable=False, index=True),
        sa.Column("chat", sa.BigInteger, nullable=False, index=True),
        sa.Column("state", sa.String(10), nullable=False, index=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drops them with all that is in them."""
    for name in (
        "telegram_outbox",
        "telegram_updates",
        "web_values",
        "web_feedback",
        "web_messages",
        "web_sessions",
    ):
        op.drop_table(name)


def _make(name: str, *columns: Any, **options: Any) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *columns, **options)
