"""The supervisor, with parts that are a line of Python each."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from botwijzer import supervisor as supervisor_module
from botwijzer.supervised import RUN_ID
from botwijzer.supervisor import Part, PartError, Supervisor
from tests.conftest import wait_until
from tests.unit_helpers import free_port

SERVER = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Up(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        run_id = "somebody else's" if "other" in sys.argv else os.environ["SUPERVISED_RUN_ID"]
        self.wfile.write(json.dumps({"run_id": run_id}).encode() if "plain" not in sys.argv else b"<p>Hallo</p>")

server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Up)
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server.serve_forever()
"""
ENDS_AT_ONCE = "print('adieu')"
NEVER_ANSWERS = "import signal; signal.pause()"
IGNORES_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); [signal.pause() for _ in iter(int, 1)]"
ENDS_WITH_SUPERVISOR = """
from botwijzer import supervised
supervised.STOP_SECONDS = 0.1
supervised.end_with_supervisor()
print("ready", flush=True)
"""
SUPERVISES = """
import os, pathlib, sys
from botwijzer.supervisor import Part, Supervisor
with Supervisor((Part("delivery", tuple(sys.argv[2:])),), dict(os.environ), pathlib.Path(sys.argv[1])) as running:
    print(running.pid("delivery"), flush=True)
    running.watch()
"""


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "POLL_SECONDS", 0.01)


def part(program: str, name: str = "rasa", *arguments: str) -> Part:
    """A part that runs this program with a free port as its first argument."""
    port = free_port()
    return Part(name, (sys.executable, "-c", program, str(port), *arguments), f"http://127.0.0.1:{port}/", port)


def supervise(logs: Path, *of: Part) -> Supervisor:
    """A supervisor of these parts."""
    return Supervisor(of, dict(os.environ), logs)


def look_for_a_while(running: Supervisor) -> None:
    """What `watch` does, with an end."""
    for _ in range(3000):
        running.look()
        time.sleep(0.01)


@contextmanager
def answering(folder: Path, mode: str) -> Iterator[int]:
    """Somebody else's server at the port that this gives."""
    other = part(SERVER, "somebody", mode)
    with Supervisor((other,), dict(os.environ), folder):
        wait_until(lambda: _answers(other.port))
        yield other.port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mode_of(path: Path) -> int:
    """The rights on a file."""
    return stat.S_IMODE(path.stat().st_mode)


def state_of(pid: int) -> str:
    """The state of a process as the kernel calls it; empty when it is gone, Z when nobody has asked for its end."""
    try:
        return str(psutil.Process(pid).status()).replace(psutil.STATUS_ZOMBIE, "Z")
    except psutil.NoSuchProcess:
        return ""


def is_gone(pid: int) -> bool:
    """Whether no process has this id any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_parts_answer_once_they_are_ready_and_are_gone_after_leaving(tmp_path: Path) -> None:
    with supervise(tmp_path, part(SERVER), part(SERVER, "actions")) as running:
        running.wait_until_ready()
        pids = [running.pid("rasa"), running.pid("actions")]

        assert not any(is_gone(pid) for pid in pids)

    assert all(is_gone(pid) for pid in pids)


def test_an_error_inside_ends_all_parts_too(tmp_path: Path) -> None:
    pids: list[int] = []

    def is_interrupted() -> None:
        with supervise(tmp_path, part(SERVER)) as running:
            running.wait_until_ready()
            pids.append(running.pid("rasa"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        is_interrupted()

    assert is_gone(pids[0])


def test_a_part_that_does_not_listen_to_reason_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "STOP_SECONDS", 0.1)

    with supervise(tmp_path, part(SERVER, "rasa", "stubborn")) as running:
        running.wait_until_ready()
        pid = running.pid("rasa")

    assert is_gone(pid)


def test_a_part_that_can_not_be_started_ends_those_started_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    popen = subprocess.Popen

    def recorded(*args: object, **kwargs: object) -> object:
        process = popen(*args, **kwargs)  # type: ignore[call-overload]
        started.append(process.pid)
        return process

    monkeypatch.setattr("botwijzer.supervisor.subprocess.Popen", recorded)
    absent = Part("actions", (str(tmp_path / "nergens"),), "http://127.0.0.1/", free_port())

    with pytest.raises(FileNotFoundError), supervise(tmp_path, part(SERVER), absent):
        pass

    assert [is_gone(pid) for pid in started] == [True]


@pytest.mark.parametrize(("name", "variable"), [("rasa", "BOTWIJZER_PORT"), ("actions", "BOTWIJZER_ACTIONS_PORT")])
def test_a_port_in_use_is_named_with_the_setting_that_changes_it(tmp_path: Path, name: str, variable: str) -> None:
    wanted = part(SERVER, name)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", wanted.port))
        taken.listen()
        with pytest.raises(PartError, match=rf"port {wanted.port} can't be used .* set {variable}$"):
            supervise(tmp_path, wanted).__enter__()


def test_a_part_that_ends_while_starting_is_named_with_its_log(tmp_path: Path) -> None:
    with (
        supervise(tmp_path, part(ENDS_AT_ONCE, "actions")) as running,
        pytest.raises(PartError, match=r"^actions ended while starting; see .*actions\.log$"),
    ):
        running.wait_until_ready()

    assert (tmp_path / "actions.log").read_text("utf-8") == "adieu\n"


def test_a_part_that_never_answers_is_named_with_its_log(tmp_path: Path) -> None:
    with (
        supervise(tmp_path, part(NEVER_ANSWERS)) as running,
        pytest.raises(PartError, match=r"^rasa does not answer after \d+ seconds; see .*rasa\.log$"),
    ):
        running.wait_until_ready(seconds=0.1)


def test_a_part_that_dies_is_started_again_however_often_once_it_has_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class StartedAgainError(Exception):
        """Ends the watch once the part answers again."""

    with supervise(tmp_path, part(SERVER), part(SERVER, "actions")) as running:
        running.wait_until_ready()
        other = running.pid("actions")
        for _ in range(supervisor_module.MOST_DEATHS + 1):
            before = running.pid("rasa")
            looks = 0

            def look(seconds: float, before: int = before) -> None:
                nonlocal looks
                time.sleep(seconds)
                if running.pid("rasa") != before:
                    running.wait_until_ready()
                    looks += 1
                    if looks > 1:  # the watch has seen it answer
                        raise StartedAgainError

            os.kill(before, signal.SIGKILL)
            with monkeypatch.context() as patched:
                patched.setattr(supervisor_module, "time", SimpleNamespace(sleep=look, monotonic=time.monotonic))
                with pytest.raises(StartedAgainError):
                    running.watch()

        assert running.pid("actions") == other

    assert capsys.readouterr().out == "rasa ended; starting it again ...\n" * (supervisor_module.MOST_DEATHS + 1)


@pytest.mark.parametrize("mode", ["other", "plain"])
def test_a_part_is_not_up_when_somebody_else_answers_at_its_port(tmp_path: Path, mode: str) -> None:
    with answering(tmp_path, mode) as port:
        silent = Part("rasa", (sys.executable, "-c", NEVER_ANSWERS), f"http://127.0.0.1:{port}/")
        with supervise(tmp_path, silent) as running, pytest.raises(PartError, match=r"^rasa does not answer"):
            running.wait_until_ready(seconds=0.1)


def test_a_part_that_keeps_dying_ends_all_when_somebody_else_answers_at_its_port(tmp_path: Path) -> None:
    with answering(tmp_path, "other") as port:
        dies = Part("rasa", (sys.executable, "-c", ENDS_AT_ONCE), f"http://127.0.0.1:{port}/")

        with supervise(tmp_path, dies) as running, pytest.raises(PartError, match=r"^rasa ended 3 times in a row"):
            look_for_a_while(running)


def test_a_port_that_is_about_to_be_free_is_waited_for(tmp_path: Path) -> None:
    wanted = part(SERVER)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", wanted.port))
        taken.listen()
        threading.Timer(0.2, taken.close).start()

        with Supervisor((wanted,), dict(os.environ), tmp_path, port_seconds=30) as running:
            running.wait_until_ready()


@pytest.mark.parametrize("program", [NEVER_ANSWERS, IGNORES_SIGTERM], ids=["kind", "stubborn"])
def test_a_part_ends_when_its_supervisor_is_killed(tmp_path: Path, program: str) -> None:
    part_of_it = Part("delivery", (sys.executable, "-c", ENDS_WITH_SUPERVISOR + program))
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISES, str(tmp_path), *part_of_it.command], stdout=subprocess.PIPE, text=True
    ) as supervising:
        assert supervising.stdout
        pid = int(supervising.stdout.readline())
        wait_until(lambda: "ready" in (tmp_path / "delivery.log").read_text("utf-8"))
        assert not is_gone(pid)
        supervising.kill()

    wait_until(lambda: state_of(pid) in {"", "Z"})


def test_a_process_that_no_supervisor_has_started_takes_no_notice_of_its_input() -> None:
    environment = {name: value for name, value in os.environ.items() if name != RUN_ID}
    program = "from botwijzer.supervised import *; end_with_supervisor(); import time; time.sleep(0.2); print(health())"

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "{'status': 'ok'}\n"


def test_what_a_part_writes_is_for_its_owner_only(tmp_path: Path) -> None:
    writes = Part("delivery", (sys.executable, "-c", f"open({str(tmp_path / 'made')!r}, 'w')\n{NEVER_ANSWERS}"))

    with supervise(tmp_path / "log", writes):
        wait_until((tmp_path / "made").exists)

    assert [mode_of(tmp_path / name) for name in ("made", "log/delivery.log")] == [0o600, 0o600]
    assert mode_of(tmp_path / "log") == 0o700


def test_a_part_that_never_stays_up_ends_all(tmp_path: Path) -> None:
    with supervise(tmp_path, part(ENDS_AT_ONCE), part(SERVER, "actions")) as running:
        other = running.pid("actions")

        with pytest.raises(PartError, match=r"^rasa ended 3 times in a row; see .*rasa\.log$"):
            running.watch()

    assert is_gone(other)


def test_a_part_without_an_address_is_up_when_it_runs(tmp_path: Path) -> None:
    delivery = Part("delivery", (sys.executable, "-c", NEVER_ANSWERS))

    with supervise(tmp_path, delivery) as running:
        running.wait_until_ready()

        assert not is_gone(running.pid("delivery"))


def test_a_log_that_has_grown_large_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "LOG_BYTES", 10)
    (tmp_path / "rasa.log").write_text("elf letters", "utf-8")

    with supervise(tmp_path, part(SERVER)) as running:
        running.wait_until_ready()

    assert (tmp_path / "rasa.log.1").read_text("utf-8") == "elf letters"
    assert mode_of(tmp_path / "rasa.log.1") == 0o600
    assert "elf letters" not in (tmp_path / "rasa.log").read_text("utf-8")


def test_a_log_that_grows_large_meanwhile_makes_room_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "LOG_BYTES", 10)
    writes = "print('first line', flush=True)"
    log = tmp_path / "actions.log"

    with supervise(tmp_path, Part("actions", (sys.executable, "-c", f"{writes}\n{NEVER_ANSWERS}"))) as running:
        wait_until(lambda: log.exists() and log.stat().st_size > 10)
        running.look()
        assert (log.read_text("utf-8"), log.with_suffix(".log.1").read_text("utf-8")) == ("", "first line\n")
        running.look()
        assert log.with_suffix(".log.1").read_text("utf-8") == "first line\n"


def test_a_full_disk_does_not_end_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(supervisor_module, "LOG_BYTES", 10)
    monkeypatch.setattr("shutil.copyfile", full)
    (tmp_path / "rasa.log").write_text("elf letters", "utf-8")

    with supervise(tmp_path, part(SERVER)) as running:
        running.wait_until_ready()

    assert (tmp_path / "rasa.log").read_text("utf-8").startswith("elf letters")
