"""What Alembic runs for each of its commands: see `botwijzer.database.migrations`."""

from __future__ import annotations

from alembic import context

from botwijzer.database import alone
from botwijzer.migrations import is_ours

_given = context.config.attributes

with alone(_given["url"]) as connection:
    context.configure(connection=connection, target_metadata=_given.get("declared"), include_object=is_ours)
    with context.begin_transaction():
        context.run_migrations()
