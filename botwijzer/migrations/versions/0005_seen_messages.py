"""Up to which message a browser has a conversation of the website."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the column; what an open page has is known again with its next question."""
    op.add_column("web_sessions", sa.Column("seen", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Takes it away, and what was removed of long conversations, which the code before cannot read."""
    op.execute("DELETE FROM web_messages WHERE body = ''")
    with op.batch_alter_table("web_sessions") as table:
        table.drop_column("seen")
