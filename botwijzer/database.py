"""The database that conversations are kept in, opened the same way for everything that keeps something there."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.pool import QueuePool

LOCK_SECONDS = 5.0
"""How long a write waits for another one."""


def open_database(url: str, tables: sa.MetaData) -> Engine:
    """Opens the database at this address and makes the tables that it lacks.

    An SQLite file is read and written side by side (WAL; Rasa's own writes gain too). Errors never hold
    what was to be written, since that may be a visitor's words.
    """
    if url.startswith("sqlite"):
        waiting = {"check_same_thread": False, "timeout": LOCK_SECONDS}
        engine = sa.create_engine(url, poolclass=QueuePool, connect_args=waiting, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare)
    else:
        engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    tables.create_all(engine)
    return engine


def empty_log(engine: Engine) -> None:
    """Empties SQLite's write-ahead log, in which erased words would stand for a while yet."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))


def now() -> datetime.datetime:
    """The time to keep with a row: UTC, without a zone, as both databases keep it."""
    return datetime.datetime.utcnow()


def _prepare(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")
