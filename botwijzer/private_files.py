"""Keeps other users of this machine away from what visitors said: all of var/, and an SQLite database elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

UMASK = 0o077
FILE_MODE, FOLDER_MODE = 0o600, 0o700
OTHERS = 0o077
"""The rights of the group and of all others."""

SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")
MAX_NAMED = 3


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """What is made meanwhile belongs to its owner alone."""
    before = os.umask(UMASK)
    try:
        yield
    finally:
        os.umask(before)


def make_private(folder: Path, database_url: str) -> list[str]:
    """Makes a folder with all in it, and the files of an SQLite database, readable and writable by their owner only.

    Returns:
        Sentences that name what stays open to others because another user owns it.
    """
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    left = [path for path in [*_database_files(database_url), *_all_in(folder.resolve())] if not _closes(path)]
    if not left:
        return []
    more = f" and {len(left) - MAX_NAMED} more" if len(left) > MAX_NAMED else ""
    named = ", ".join(map(str, left[:MAX_NAMED]))
    return [f"other users of this machine can use {named}{more}; the owner can change that with chmod go="]


def create_database(url: str) -> None:
    """Creates the file of an SQLite database that does not exist yet, for its owner only.

    SQLite gives the files that it puts beside it the same mode.
    """
    if path := _database_file(url):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))


def is_read_by_all(path: Path) -> bool:
    """Whether a file exists that every user of this machine can read."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _database_file(url: str) -> Path | None:
    address = make_url(url)
    name = address.database or ""
    if address.get_backend_name() != "sqlite" or name.startswith(("file:", ":")) or not name:
        return None
    return Path(name)


def _database_files(url: str) -> Iterable[Path]:
    path = _database_file(url)
    return [Path(f"{path.resolve()}{suffix}") for suffix in SQLITE_SUFFIXES] if path else []


def _all_in(folder: Path) -> Iterator[Path]:
    yield folder
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)


def _closes(path: Path) -> bool:
    """Takes a file from all but its owner; whether it is theirs only now."""
    try:
        mode = path.lstat().st_mode
        if mode & OTHERS and not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:  # SQLite removes its files when the last connection closes
        return True
    except OSError:
        return False
    return True
