"""Rasa's table of events, which several instances must not make at once, and the slots of each conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes them; the table of events as Rasa 3.6 does, where it has not done so yet."""
    if not sa.inspect(op.get_bind()).has_table("events"):
        op.create_table(
            "events",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
            sa.Column("sender_id", sa.String(255), nullable=False, index=True),
            sa.Column("type_name", sa.String(255), nullable=False),
            sa.Column("timestamp", sa.Float),
            sa.Column("intent_name", sa.String(255)),
            sa.Column("action_name", sa.String(255)),
            sa.Column("data", sa.Text),
        )
    op.create_index("events_of_conversation", "events", ["sender_id", "id"])
    op.create_table(
        "dialogue_states",
        sa.Column("conversation", sa.String(255), primary_key=True),
        sa.Column("slots", sa.Text, nullable=False),
        sa.Column("saves", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drops the slots; the events are Rasa's."""
    op.drop_table("dialogue_states")
    op.drop_index("events_of_conversation", "events")
