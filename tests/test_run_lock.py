"""One run of a part at a port at a time, and none that is kept out by a dead one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from botwijzer import run_lock
from botwijzer.run_lock import RunLock
from botwijzer.supervisor import Part, PartError

RASA = Part("rasa", (), "", 5005)
HOLDS = """
import pathlib, sys, time
from botwijzer.run_lock import RunLock
from botwijzer.supervisor import Part
with RunLock(Part("rasa", (), "", 5005), pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_which_process_has_the_port(tmp_path: Path) -> None:
    with RunLock(RASA, tmp_path), pytest.raises(PartError) as refusal:
        RunLock(RASA, tmp_path).__enter__()

    assert str(refusal.value) == (
        f"process {os.getpid()} has already started rasa at port 5005; end it first, or set BOTWIJZER_PORT"
    )


def test_the_first_start_of_all_makes_its_folders(tmp_path: Path) -> None:
    with RunLock(RASA, tmp_path / "var" / "run"):
        assert (tmp_path / "var" / "run" / "rasa-5005.lock").exists()


@pytest.mark.parametrize("other", [Part("rasa", (), "", 5006), Part("actions", (), "", 5005)])
def test_other_ports_and_parts_run_beside_it(tmp_path: Path, other: Part) -> None:
    with RunLock(RASA, tmp_path), RunLock(other, tmp_path):
        pass


def test_a_run_that_is_ending_is_waited_for(tmp_path: Path) -> None:
    first = RunLock(RASA, tmp_path).__enter__()
    first.mark_ending()
    threading.Timer(0.3, first.__exit__, (None, None, None)).start()

    with RunLock(RASA, tmp_path) as second:
        assert second.port_seconds == 0


def test_a_run_that_does_not_come_to_its_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "WAIT_SECONDS", 0.1)

    with RunLock(RASA, tmp_path) as first:
        first.mark_ending()
        with pytest.raises(PartError, match=rf"^process {os.getpid()} has already started"):
            RunLock(RASA, tmp_path).__enter__()


def test_after_a_run_that_ended_nothing_is_waited_for(tmp_path: Path) -> None:
    with RunLock(RASA, tmp_path):
        pass

    with RunLock(RASA, tmp_path) as again:
        assert again.port_seconds == 0


def test_after_a_run_that_was_killed_its_port_is_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.kill()

    with RunLock(RASA, tmp_path) as again:
        assert again.port_seconds > 0


def test_what_a_run_has_started_does_not_hold_its_lock(tmp_path: Path) -> None:
    with RunLock(RASA, tmp_path):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        with RunLock(RASA, tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_a_full_disk_does_not_keep_a_run_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)

    with RunLock(RASA, tmp_path) as lock:
        lock.mark_ending()
