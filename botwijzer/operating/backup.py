"""A copy of the database as it is at one moment, made while everything runs.

How to put it back stands in docs/operating.md.
"""

from __future__ import annotations

import datetime
import os
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from psycopg2.extensions import make_dsn  # type: ignore[import-untyped]
from sqlalchemy.engine import URL, make_url

from botwijzer.database import DAMAGED, RESTORING
from botwijzer.settings import ROOT

FOLDER = ROOT / "var" / "backup"
OWNER_ONLY_FILE, OWNER_ONLY_FOLDER = 0o600, 0o700

_FAULTS = (
    "server version mismatch",
    "connection refused",
    "timeout expired",
    "could not translate host name",
    "password authentication failed",
    "no password supplied",
    "does not exist",
    "permission denied",
    "no space left on device",
)
"""Faults as pg_dump words them; the rest of what it says may hold a part of a mistyped address."""


class BackupError(RuntimeError):
    """No copy was made; the message is one sentence for the site owner, without a password."""


def default_file(url: str) -> Path:
    """Where a copy goes that no file was named for: another one each second, by the time in UTC."""
    moment = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    return FOLDER / f"botwijzer-{moment}.{'db' if _is_sqlite(make_url(url)) else 'dump'}"


def back_up(url: str, file: Path) -> Path:
    """Copies the database at this address into a new file that only its owner can read.

    The file is there whole or not at all, also when the machine stops in between.

    Returns:
        The file.

    Raises:
        BackupError: The database can't be copied, or the file is there already.
        OSError: The file can't be written.
    """
    if file.exists():
        raise BackupError(f"{file} is there already")
    if not file.parent.exists():
        file.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True)
    with tempfile.TemporaryDirectory(prefix=".botwijzer-", dir=file.parent) as folder:
        copy = Path(folder) / "copy"
        copy.touch(OWNER_ONLY_FILE)
        address = make_url(url)
        if _is_sqlite(address):
            _copy_sqlite(Path(address.database or ""), copy)
        else:
            _dump_postgresql(address, copy)
        _sync(copy)
        copy.replace(file)
    _sync(file.parent)
    return file


def _is_sqlite(address: URL) -> bool:
    return bool(address.get_backend_name() == "sqlite")


def _copy_sqlite(database: Path, copy: Path) -> None:
    """Copies in one step, so that writers in between change nothing, and sees whether the copy is whole."""
    try:
        source = sqlite3.connect(f"file:{quote(str(database.absolute()))}?mode=rw", uri=True)  # rw: makes no new file
        target = sqlite3.connect(copy)
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # all of it in one file
            found = target.execute("PRAGMA integrity_check").fetchall()
        finally:
            target.close()
            source.close()
    except sqlite3.Error as error:
        hint = f"; {RESTORING}" * (str(error) in DAMAGED)
        raise BackupError(f"the database at {database} can't be copied: {error}{hint}") from error
    if found != [("ok",)]:
        raise BackupError(f"the database at {database} is damaged (PRAGMA integrity_check); {RESTORING}")


def _dump_postgresql(address: URL, copy: Path) -> None:
    options = address.get_dialect()().create_connect_args(address)[1]
    password = {"PGPASSWORD": options.pop("password")} if "password" in options else {}
    command = ["pg_dump", "--format=custom", "--no-password", f"--file={copy}", f"--dbname={make_dsn(**options)}"]
    try:
        done = subprocess.run(
            command, env={**os.environ, **password, "LC_ALL": "C"}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupError("pg_dump is not installed (Debian: apt install postgresql-client)") from error
    if done.returncode:
        said = done.stderr.lower()
        kind = next((fault for fault in _FAULTS if fault in said), f"pg_dump ended with {done.returncode}")
        raise BackupError(f"the database {address.database} can't be copied: {kind}")


def _sync(path: Path) -> None:
    """Waits until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
