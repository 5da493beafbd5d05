"""The shapes that the database has had, one revision each; `botwijzer.database.migrate` brings it to the last.

After a change of the tables in the code, a new revision is drafted by comparing them with a migrated database:

    from alembic import command
    from botwijzer.database import migrations
    from botwijzer.migrations import comparing

    command.revision(comparing(migrations(url)), "what changes", autogenerate=True, rev_id="0005")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from alembic.config import Config

NOT_OURS = frozenset({"events", "sqlite_sequence"})
"""Tables that Rasa and SQLite make and change by themselves."""


def declared() -> list[sa.MetaData]:
    """The tables that the code of today works with."""
    from botwijzer import leases
    from botwijzer.channels import (
        events,
        telegram_inbox,
        transcript_tables,
    )  # here, for these import Rasa, which takes seconds
    from botwijzer.handoff import tables

    return [events.tables, transcript_tables.metadata, telegram_inbox._tables, tables.metadata, leases.tables]


def comparing(config: Config) -> Config:
    """The same for commands that compare the database with the tables of the code."""
    config.attributes["declared"] = declared()
    return config


def is_ours(item: Any, name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
    """Whether a comparison looks at this part of the database; Alembic's `include_object`."""
    return not (kind == "table" and name in NOT_OURS)
