"""Erased words leave the database's files also when somebody reads them meanwhile."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from botwijzer import retention, write_ahead_log
from botwijzer.channels.events import Events
from botwijzer.channels.telegram_inbox import Inbox
from botwijzer.channels.transcript import Transcript
from botwijzer.database import migrate, open_database
from botwijzer.handoff.outbox import MAIL
from botwijzer.handoff.store import Requests
from botwijzer.retention import Retention
from botwijzer.write_ahead_log import empty_log, log_held_up_seconds, wait_until_log_is_empty
from tests.conftest import wait_until
from tests.handoff.test_store import wanted
from tests.readers import files_with, reading
from tests.serving.test_conversations import conversations, turn
from tests.unit_helpers import ROOT

SECRET = "Zevenslaper"
WEB, TELEGRAM, REST = "web:abc", "telegram:12", "rest:anna"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An SQLite database with words of visitors in all channels."""
    found = tmp_path / "test.db"
    url = f"sqlite:///{found}"
    migrate(url)
    transcript = Transcript(url)
    transcript.begin("abc", [])
    transcript.add_question("abc", "1", {"text": SECRET}, SECRET)
    for conversation in (TELEGRAM, REST):
        turn(conversations(url), SECRET, conversation)
    Requests(url).submit(wanted(WEB, question=SECRET), [MAIL], live=False)
    return found


def erase_all(url: str) -> None:
    """Erases what the fixture has kept."""
    Requests(url).erase(WEB)
    Transcript(url).erase("abc")
    Inbox(url).erase(TELEGRAM)
    Events(url).erase(REST)


ERASERS: dict[str, Callable[[str], object]] = {
    "request": lambda url: Requests(url).erase(WEB),
    "transcript": lambda url: Transcript(url).erase("abc"),
    "telegram": lambda url: Inbox(url).erase(TELEGRAM),
    "events": lambda url: Events(url).erase(REST),
}


@pytest.mark.parametrize("last", ERASERS)
def test_words_are_gone_soon_after_a_reader_has_ended(file: Path, last: str) -> None:
    url = f"sqlite:///{file}"
    for name, erase in ERASERS.items():
        if name != last:
            erase(url)
    assert files_with(SECRET, file)

    with reading(file):
        ERASERS[last](url)
        assert files_with(SECRET, file)
        assert log_held_up_seconds(open_database(url)) > 0

    assert wait_until_log_is_empty(open_database(url), 30)
    assert files_with(SECRET, file) == []
    assert log_held_up_seconds(open_database(url)) == 0


def test_without_a_reader_words_are_gone_at_once(file: Path) -> None:
    erase_all(f"sqlite:///{file}")

    assert files_with(SECRET, file) == []


def test_what_is_erased_while_an_earlier_erasure_waits_goes_with_it(file: Path) -> None:
    url = f"sqlite:///{file}"
    with reading(file):
        Transcript(url).erase("abc")
        erase_all(url)

    assert wait_until_log_is_empty(open_database(url), 30)
    assert files_with(SECRET, file) == []


def test_an_erasure_that_a_crash_interrupted_is_completed_at_the_next_try(file: Path) -> None:
    erasing = "import sys, os; from tests.test_write_ahead_log import erase_all; erase_all(sys.argv[1]); os._exit(9)"
    with reading(file):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", erasing, f"sqlite:///{file}"], cwd=ROOT)
        assert done.returncode == 9
    assert files_with(SECRET, file)

    empty_log(open_database(f"sqlite:///{file}"))

    assert files_with(SECRET, file) == []


def test_a_try_hardly_holds_up_writers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    connect = sqlite3.connect

    def noting(*arguments: object, **more: Any) -> sqlite3.Connection:
        waits.append(more["timeout"])
        return connect(*arguments, **more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", noting)
    with reading(file):
        Transcript(f"sqlite:///{file}").erase("abc")
        wait_until(lambda: len(waits) > 3)

    assert wait_until_log_is_empty(open_database(f"sqlite:///{file}"), 30)
    assert max(waits) <= 0.1


def test_a_file_that_can_not_be_written_is_tried_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [sqlite3.OperationalError("disk I/O error")] * 2
    connect = sqlite3.connect

    def failing(*arguments: object, **more: object) -> sqlite3.Connection:
        if outcomes:
            raise outcomes.pop()
        return connect(*arguments, **more)  # type: ignore[call-overload, no-any-return]

    engine = open_database(f"sqlite:///{file}")
    with engine.begin() as connection:
        for table in ("web_messages", "events", "handoff_requests", "dialogue_states"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    monkeypatch.setattr(sqlite3, "connect", failing)
    empty_log(engine)

    assert wait_until_log_is_empty(engine, 30)
    assert files_with(SECRET, file) == []


def test_a_file_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'gone.db'}")

    empty_log(engine)

    assert wait_until_log_is_empty(engine, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_stays_is_told_of_in_the_log(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(write_ahead_log, "REPORT_AFTER_SECONDS", 0.0)
    caplog.set_level("INFO", "botwijzer")
    with reading(file):
        Transcript(f"sqlite:///{file}").erase("abc")
        wait_until(lambda: caplog.records)

    assert wait_until_log_is_empty(open_database(f"sqlite:///{file}"), 30)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_postgresql_has_no_such_log(database_url: str) -> None:
    engine = open_database(database_url)

    empty_log(engine)

    assert wait_until_log_is_empty(engine, 0)


def test_the_end_of_the_process_waits_a_little_for_a_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url, file = f"sqlite:///{tmp_path / 'test.db'}", tmp_path / "test.db"
    migrate(url)
    Transcript(url).begin("abc", [{"text": "Zevenslaper"}])
    job = Retention(url, 30)
    monkeypatch.setattr(retention, "STOP_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(retention, "REPORT_AFTER_SECONDS", 0.0)
    with reading(file):
        Transcript(url).erase("abc")
        assert job.warnings() == [retention.STILL_IN_FILES]
        job.finish()
        assert caplog.messages == [f"{retention.STILL_IN_FILES}; the next start tries again"]
    monkeypatch.setattr(retention, "STOP_TIMEOUT_SECONDS", 30)

    job.finish()

    assert files_with("Zevenslaper", file) == []
    assert job.warnings() == []
    assert len(caplog.messages) == 1
