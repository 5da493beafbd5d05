"""Fresh databases for tests: SQLite files, and databases of a PostgreSQL that is started for the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from botwijzer.database import migrate
from tests.unit_helpers import free_port

DEBIANS = Path("/usr/lib/postgresql")
"""Where Debian keeps PostgreSQL's programs by version, which are on nobody's path."""

SERVER_USER = "postgres"
"""Runs the server where tests run as root, as whom it refuses to; Debian's package makes this user."""

SETTINGS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"
PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL that only these tests use."""
    with running_postgres(find_postgres()) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server = str(request.getfixturevalue("postgres"))
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(empty_database: str) -> str:
    """The address of a fresh database with all tables, of either kind."""
    migrate(empty_database)
    return empty_database


def find_postgres() -> Path:
    """The folder of PostgreSQL's programs; without them the test is skipped, or fails where all must run."""
    versions = sorted(DEBIANS.glob("*/bin/initdb"), key=lambda program: float(program.parts[-3]))
    found = versions[-1] if versions else shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    missing = "PostgreSQL is not installed (Debian: apt install postgresql)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Starts a PostgreSQL with a data folder of its own and ends it; gives its address."""
    folder = Path(tempfile.mkdtemp(prefix="botwijzer-postgres-"))
    data, port = folder / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, SERVER_USER)
    try:
        _run(folder, f"{programs}/initdb -D {data} -U postgres -A trust -E UTF8 --no-locale -N")
        _run(folder, f"{programs}/pg_ctl -D {data} -l {folder}/log -w start -o", f"-p {port} {SETTINGS}")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(folder, f"{programs}/pg_ctl -D {data} -m immediate stop")
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, command: str, *last: str) -> None:
    """Runs a program as a user who may; its output goes to a file, for the server that it starts keeps it open."""
    root = os.geteuid() == 0
    group = pwd.getpwnam(SERVER_USER).pw_gid if root else None
    with (folder / "output").open("w+b") as output:
        done = subprocess.run(
            [*command.split(), *last],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=SERVER_USER if root else None,
            group=group,
            extra_groups=[] if root else None,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.returncode == 0, (folder / "output").read_text("utf-8", "replace")


def _execute(server: str, statement: str) -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
