"""Copies of the database: whole, for their owner alone, and good to go on with."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from botwijzer.cli import app
from botwijzer.database import migrate
from botwijzer.handoff.outbox import MAIL
from botwijzer.handoff.store import Requests
from botwijzer.operating import backup as backup_module
from botwijzer.operating.backup import BackupError, back_up, default_file
from tests.conftest import Stack, new_sender, running_stack
from tests.databases import find_postgres
from tests.handoff.test_store import wanted
from tests.serving.test_conversations import conversations, read, said, turn
from tests.unit_helpers import use_settings

SECRET = "geheim/wachtwoord"


@pytest.fixture
def postgres_programs(monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostgreSQL's programs, of the server's version, on the path."""
    folder = find_postgres()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> str:
    """A database of either kind with what copies it."""
    if database_url.startswith("postgresql"):
        request.getfixturevalue("postgres_programs")
    return database_url


def restored(copy: Path, like: str, folder: Path) -> str:
    """Puts a copy back as docs/operating.md says; returns the address of the new database."""
    if like.startswith("sqlite"):
        shutil.copy(copy, folder / "restored.db")
        return f"sqlite:///{folder / 'restored.db'}"
    address = make_url(like).set(database=f"{make_url(like).database}_restored")
    server = sa.create_engine(like, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {address.database}"))
    subprocess.run(["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={address}", str(copy)], check=True)
    return str(address)


def test_what_was_kept_is_in_the_copy(database: str, tmp_path: Path) -> None:
    turn(conversations(database), "wat is osteoporose?", "rest:anna", answered=["op_definitie"])
    reference = Requests(database).submit(wanted("rest:anna"), [MAIL], live=False).reference

    url = restored(back_up(database, tmp_path / "copy"), database, tmp_path)

    migrate(url)  # as a start does
    tracker = read(conversations(url), "rest:anna")
    assert said(tracker) == ["wat is osteoporose?"]
    assert tracker
    assert tracker.get_slot("answered") == ["op_definitie"]
    found = Requests(url).find(reference)
    assert found
    assert found.conversation == "rest:anna"


def test_a_running_assistant_is_copied_and_its_conversations_go_on_from_there(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = new_sender()
    stack.say("/faq_op_definitie", visitor)
    use_settings(monkeypatch, database_url=stack.settings.database_url)

    done = CliRunner().invoke(app, ["backup", str(tmp_path / "copy.db")])

    assert done.exit_code == 0, done.output
    assert done.output == f"Backup: {tmp_path / 'copy.db'}\n"
    with running_stack(tmp_path / "other", database_url=f"sqlite:///{tmp_path / 'copy.db'}") as other:
        assert other.say("/more", visitor).passages == ["op_botmassa"]


def test_a_copy_in_the_middle_of_writing_holds_whole_transactions(tmp_path: Path) -> None:
    file = tmp_path / "busy.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pairs (value TEXT)")
    over = threading.Event()

    def write() -> None:
        writer = sqlite3.connect(file)
        while not over.is_set():
            with writer:
                for _ in range(2):
                    writer.execute("INSERT INTO pairs VALUES (hex(randomblob(2000)))")
        writer.close()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        copies = [back_up(f"sqlite:///{file}", tmp_path / f"copy-{number}") for number in range(5)]
    finally:
        over.set()
        writing.join()

    counts = [sqlite3.connect(copy).execute("SELECT count(*) FROM pairs").fetchone()[0] for copy in copies]
    assert all(count % 2 == 0 for count in counts)
    assert counts == sorted(counts)


def test_a_copy_is_its_owners_alone_and_one_file(database: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        copy = back_up(database, tmp_path / "new" / "copy")
    finally:
        os.umask(before)

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert list(copy.parent.iterdir()) == [copy]


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate(url)

    with pytest.raises(BackupError, match="is there already"):
        back_up(url, tmp_path / "test.db")


def test_a_database_that_is_not_there_is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="unable to open database file"):
        back_up(f"sqlite:///{tmp_path / 'gone.db'}", tmp_path / "copy")

    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_said_and_leaves_no_copy(tmp_path: Path) -> None:
    file = tmp_path / "damaged.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE words (value TEXT UNIQUE)")
        connection.executemany("INSERT INTO words VALUES (?)", [(f"{n:>500}",) for n in range(200)])
    connection.close()
    content = bytearray(file.read_bytes())
    content[-8192:-4096] = b"\xff" * 4096
    file.write_bytes(content)

    with pytest.raises(BackupError, match=r"(damaged|malformed).*; docs/operating.md says under 'Restoring'"):
        back_up(f"sqlite:///{file}", tmp_path / "copy")

    assert list(tmp_path.iterdir()) == [file]


def test_a_name_is_found_for_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup_module, "FOLDER", tmp_path / "var" / "backup")
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate(url)
    use_settings(monkeypatch, database_url=url)

    done = CliRunner().invoke(app, ["backup"])

    assert done.exit_code == 0, done.output
    (copy,) = (tmp_path / "var" / "backup").iterdir()
    assert copy.match("botwijzer-2*T*Z.db")
    assert default_file("postgresql://db/x").suffix == ".dump"


# PostgreSQL


def fake_pg_dump(folder: Path, monkeypatch: pytest.MonkeyPatch, ends: str) -> Path:
    """A pg_dump that notes how it was called; returns where."""
    notes = folder / "notes"
    program = folder / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {notes}\necho "password=$PGPASSWORD" >> {notes}\n{ends}\n', "utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return notes


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:geheim%2Fwachtwoord@db.example:5433/botwijzer?sslmode=require",
        "postgresql+psycopg2://db.example:5433/botwijzer?user=anna&password=geheim%2Fwachtwoord&sslmode=require",
    ],
)
def test_the_password_is_not_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    notes = fake_pg_dump(tmp_path, monkeypatch, "exit 0")

    back_up(url, tmp_path / "copy")

    called, password = notes.read_text("utf-8").splitlines()
    assert password == f"password={SECRET}"
    assert "geheim" not in called
    for part in ("--format=custom", "host=db.example", "port=5433", "user=anna", "dbname=botwijzer", "sslmode=require"):
        assert part in called


def test_what_pg_dump_says_is_told_in_one_sentence_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pg_dump(tmp_path, monkeypatch, f'echo "FATAL: Connection refused {SECRET}" >&2; exit 1')
    use_settings(monkeypatch, database_url="postgresql://anna:geheim%2Fwachtwoord@db.example/botwijzer")

    done = CliRunner().invoke(app, ["backup", str(tmp_path / "copy")])

    assert done.exit_code == 1
    assert done.output == "Botwijzer can't go on: the database botwijzer can't be copied: connection refused\n"
    assert not (tmp_path / "copy").exists()


def test_a_machine_without_pg_dump_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupError, match="apt install postgresql-client"):
        back_up("postgresql://db.example/botwijzer", tmp_path / "copy")


def test_a_server_that_is_away_is_said(postgres_programs: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="connection refused"):
        back_up("postgresql://anna@127.0.0.1:1/botwijzer", tmp_path / "copy")
