"""Other users of the machine can't read or write what is kept of visitors."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from botwijzer.cli import app
from botwijzer.database import migrate, open_database
from botwijzer.private_files import is_read_by_all, make_private
from tests.unit_helpers import use_settings

ELSEWHERE = "postgresql://db.example/botwijzer"


@pytest.fixture(autouse=True)
def _umask_of_a_shell() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    """The rights on a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_all_that_is_in_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    var = tmp_path / "var"
    (var / "log").mkdir(parents=True)
    files = [var / "botwijzer.db", var / "botwijzer.db-wal", var / "log" / "rasa.log", var / "log" / "rasa.log.1"]
    for file in files:
        file.touch(0o666)
    (var / "script").touch(0o755)

    assert make_private(var, ELSEWHERE) == []

    assert {mode_of(file) for file in files} == {0o600}
    assert {mode_of(folder) for folder in (var, var / "log", var / "script")} == {0o700}


def test_the_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert make_private(tmp_path / "var", ELSEWHERE) == []

    assert mode_of(tmp_path / "var") == 0o700


def test_a_database_elsewhere_is_closed_to_others_but_its_folder_is_left(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    for name in ("x.db", "x.db-wal", "x.db-shm", "other"):
        (there / name).touch()
    link = tmp_path / "link.db"
    link.symlink_to(there / "x.db")

    assert make_private(tmp_path / "var", f"sqlite:///{link}") == []

    assert [mode_of(there / name) for name in ("x.db", "x.db-wal", "x.db-shm", "other")] == [0o600] * 3 + [0o644]
    assert mode_of(there) == 0o755


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "link").symlink_to(outside)

    assert make_private(tmp_path / "var", ELSEWHERE) == []

    assert (mode_of(outside), mode_of(outside / "file")) == (0o755, 0o644)


def test_files_of_another_user_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    var = tmp_path / "var"
    var.mkdir(0o700)
    for name in "abcde":
        (var / name).touch(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)

    (warning,) = make_private(var, ELSEWHERE)

    assert warning.startswith("other users of this machine can use ")
    assert sum(str(var / name) in warning for name in "abcde") == 3
    assert " and 2 more; " in warning


def test_a_file_that_has_just_gone_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(os, "walk", lambda folder: [(folder, [], ["gone"])])

    assert make_private(tmp_path / "var", ELSEWHERE) == []


def test_a_new_database_and_what_lies_beside_it_is_for_its_owner_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    migrate(url)

    with closing(open_database(url).connect()) as connection:
        connection.execute(sa.text("SELECT 1"))
        made = {path.name: mode_of(path) for path in tmp_path.iterdir()}
    assert made == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


@pytest.mark.parametrize(
    "command", [["requests", "list"], ["erase", "rest:niemand"], ["conversation-hash", "rest:niemand"], ["backup"]]
)
def test_every_command_makes_a_database_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    use_settings(monkeypatch, database_url=f"sqlite:///{tmp_path / 'new.db'}")

    CliRunner().invoke(app, command)

    assert {mode_of(path) for path in tmp_path.iterdir()} <= {0o600}
    (tmp_path / "after").touch()
    assert mode_of(tmp_path / "after") == 0o644, "the umask stays changed"


def test_a_file_that_all_can_read_is_seen(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert not is_read_by_all(file)
    file.touch(0o644)
    assert is_read_by_all(file)
    file.chmod(0o640)
    assert not is_read_by_all(file)
