"""Empties SQLite's write-ahead log after an erasure, until the erased words are in none of the database's files.

Erased words stay in the file and its log until the log has been written back completely. SQLite can't do that while
somebody reads an earlier state of the database: a backup, a forgotten prompt. Then it is tried again in a thread.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import Engine

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 0.1
"""How long one try may hold up writers."""

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.1, 1.0
REPORT_AFTER_SECONDS = 60.0


def empty_log(engine: Engine) -> None:
    """Empties the log of an SQLite database; goes on in the background while a reader holds that up.

    Call it after the transaction that erases. PostgreSQL has no such log.
    """
    if emptier := _emptier_of(engine):
        emptier.empty()


def wait_until_log_is_empty(engine: Engine, seconds: float | None = None) -> bool:
    """Waits for what `empty_log` does in the background; without `seconds` as long as it takes.

    Returns:
        Whether the erased words are gone.
    """
    emptier = _emptier_of(engine)
    return emptier is None or emptier.wait(seconds)


def log_held_up_seconds(engine: Engine) -> float:
    """How long a reader has kept erased words in the files of the database; 0 when there are none."""
    emptier = _emptier_of(engine)
    return emptier.held_up_seconds() if emptier else 0.0


class _Emptier:
    """Empties the log of one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._repeating: threading.Thread | None = None
        self._since = 0.0

    def empty(self) -> None:
        with self._lock:  # a thread that is repeating looks again after this
            if self._repeating is None and not _is_emptied(self._file):
                self._since = time.monotonic()
                self._repeating = threading.Thread(target=self._repeat, name="empty-log", daemon=True)
                self._repeating.start()

    def wait(self, seconds: float | None) -> bool:
        if thread := self._repeating:
            thread.join(seconds)
        return self._repeating is None

    def held_up_seconds(self) -> float:
        return time.monotonic() - self._since if self._repeating else 0.0

    def _repeat(self) -> None:
        pause, is_reported = FIRST_PAUSE_SECONDS, False
        while True:
            time.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
            with self._lock:
                if _is_emptied(self._file):
                    if is_reported:
                        logger.info("erased words are gone from the database's files")
                    self._repeating = None
                    return
            if not is_reported and self.held_up_seconds() > REPORT_AFTER_SECONDS:
                is_reported = True
                logger.error("erased words are still in the database's files: another program keeps reading them")


_emptiers: dict[str, _Emptier] = {}


def _emptier_of(engine: Engine) -> _Emptier | None:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    file = str(Path(engine.url.database).absolute())
    return _emptiers.setdefault(file, _Emptier(file))


def _is_emptied(file: str) -> bool:
    """Tries once to write the log back and to empty it; whether nothing is left in it."""
    if not Path(file).exists():
        return True
    try:
        address = f"file:{quote(file)}?mode=rw"  # rw: makes no new file
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_SECONDS)) as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:  # the disk is full, or the file can't be written to now
        return False
    return not busy
