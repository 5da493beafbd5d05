"""The database that conversations are kept in, opened the same way for everything that keeps something there."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from botwijzer.private_files import create_database

if TYPE_CHECKING:
    from alembic.config import Config

LOCK_SECONDS = 5.0
"""How long a write waits for another one."""

_MIGRATING = 7_203_451_886
"""PostgreSQL's advisory lock of whoever migrates; any number that nothing else in the database takes."""

DAMAGED = ("file is not a database", "database disk image is malformed")
"""What SQLite says of a file that is damaged."""

RESTORING = "docs/operating.md says under 'Restoring' how to put a copy back"

_PASSWORD = re.compile(r"(?<=://)[^:/@\s]*:.*(?=@)|(?<=[?&]password=)[^&\s]*")
_KINDS = (
    "connection refused",
    "timeout expired",
    "could not translate host name",
    "password authentication failed",
    "no password supplied",
    "does not exist",
    "permission denied",
    "unable to open database file",
    *DAMAGED,
    "database is locked",
    "disk is full",
    "readonly database",
)
"""Faults as both databases word them; the rest of their messages may hold a part of a mistyped password."""


class DatabaseError(SQLAlchemyError):
    """The database can't be used; the message is one sentence for the site owner, without a password."""


_SEEN_TO_BE_GONE = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5_000,  # milliseconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""libpq's options by which a PostgreSQL whose machine has vanished is seen to be gone within seconds, not a quarter of
an hour: until then a call holds one of the few threads that there are."""


def open_database(url: str, one_by_one: bool = False, wait: float = LOCK_SECONDS) -> Engine:
    """Opens the database at this address, which has been migrated.

    Args:
        url: Its address.
        one_by_one: Transactions (`begin`) come one after the other, so that what one has read stays true until it
            ends; on PostgreSQL that is what row locks are for.
        wait: So many seconds an SQLite file is waited for while another one writes to it.

    An SQLite file is read and written side by side (WAL; Rasa's own writes gain too). Errors never hold
    what was to be written, since that may be a visitor's words.
    """
    if url.startswith("sqlite"):
        waiting = {"check_same_thread": False, "timeout": wait}
        engine = sa.create_engine(url, poolclass=QueuePool, connect_args=waiting, hide_parameters=True)
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "handle_error", _let_go)
        if one_by_one:
            sa.event.listen(engine, "connect", _leave_beginning_to_us)
            sa.event.listen(engine, "begin", _begin_to_write)
    else:
        engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=_SEEN_TO_BE_GONE)
    return engine


def migrate(url: str) -> None:
    """Gives the database at this address the tables of this version of the program; nothing when it has them.

    Raises:
        DatabaseError: It can't be used.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of each step, from its import on
    from alembic import command  # here, for importing it takes as long as all the rest
    from alembic.util import CommandError

    try:
        create_database(url)
        command.upgrade(migrations(url), "head")
    except CommandError as error:
        raise _unusable(url, "it was made by a later version of Botwijzer") from error
    except OSError as error:
        raise _unusable(url, error.strerror or type(error).__name__) from error
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(url, _kind(error)) from error


def check(url: str) -> None:
    """Looks whether an SQLite file is damaged: it may be in the middle, where nothing is read for days.

    Reading all of it takes 0.06 seconds for 127 MB, 1.5 where it has to come from a slow disk.

    Raises:
        DatabaseError: It is.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or not Path(address.database or "").is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(address.database, timeout=LOCK_SECONDS)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError:
        return  # it can't be opened or read now, of which `migrate` tells
    except sqlite3.DatabaseError as error:
        raise _unusable(url, _kind(error)) from error
    if found != [("ok",)]:
        raise _unusable(url, DAMAGED[1])


def migrations(url: str) -> Config:
    """What Alembic's commands need for the database at this address."""
    from alembic.config import Config

    config = Config(attributes={"url": url})  # an option of its own would read a % in it as its own
    config.set_main_option("script_location", "botwijzer:migrations")
    return config


@contextlib.contextmanager
def alone(url: str) -> Iterator[Connection]:
    """One transaction, while whoever else asks for one of these waits."""
    engine = open_database(url)
    try:
        if engine.dialect.name == "sqlite":
            with _locked(Path(engine.url.database or "").absolute().parent), engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
        else:
            with engine.begin() as connection:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
                yield connection
    finally:
        engine.dispose()


def now() -> datetime.datetime:
    """The time to keep with a row: UTC, without a zone, as both databases keep it."""
    return datetime.datetime.utcnow()


def _prepare(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA secure_delete=ON")


def _let_go(context: ExceptionContext) -> None:
    """Gives up connections to a file that could not be written to: they stay so when the file can be again."""
    if "readonly" in str(context.original_exception):
        context.is_disconnect = True


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds a folder's lock, for SQLite's own does not wait when a new file gets its write-ahead log."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _kind(error: Exception) -> str:
    said = str(error).lower()
    return next((kind for kind in _KINDS if kind in said), type(error).__name__)


def _unusable(url: str, kind: str) -> DatabaseError:
    sentence = f"the database at {_PASSWORD.sub('***', url)} can't be used: {kind}"
    return DatabaseError(f"{sentence}; {RESTORING}" if kind in DAMAGED else sentence)


def _leave_beginning_to_us(connection: Any, _: object) -> None:
    """Python's sqlite3 begins a transaction at its first write only, after whatever was read before."""
    connection.isolation_level = None


def _begin_to_write(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
