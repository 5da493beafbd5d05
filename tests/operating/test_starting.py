"""`botwijzer run` beside others: two at one port, one after a killed one, several that share a folder."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from botwijzer.settings import PREFIX
from botwijzer.supervised import STOP_SECONDS
from tests.conftest import free_ports, wait_until
from tests.handoff.smtp_server import MailServer
from tests.test_deploy_files import copied, stages
from tests.unit_helpers import ROOT

UP = " up"


class Run:
    """A `botwijzer run` in an installation of its own."""

    def __init__(
        self, tree: Path, port: int, *arguments: str, command: str = "run", typed: str = "", **settings: str
    ) -> None:
        """Starts it, or another command, with the umask of a shell."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        variables |= {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
        program = "from botwijzer.cli import main; main()"
        self.port = port
        self._output = tree.parent / f"output-{len(list(tree.parent.glob('output-*')))}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [str(tree / ".venv" / "bin" / "python"), "-c", program, command, *arguments],
                cwd=tree,
                env=variables | {f"{PREFIX}PORT": str(port), f"{PREFIX}REST": "true"},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                umask=0o022,
                preexec_fn=_obey_ctrl_c,
            )
        assert self.process.stdin
        with self.process.stdin as stdin:
            stdin.write(typed.encode())

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._output.read_text("utf-8")

    def is_settled(self) -> bool:
        """Whether it is up or over."""
        return UP in self.said or self.process.poll() is not None

    def answers(self) -> bool:
        """Whether a visitor gets an answer at its port."""
        address = f"http://127.0.0.1:{self.port}/webhooks/rest/webhook"
        body = {"sender": "visitor", "message": "wat is osteoporose?"}
        with suppress(httpx.HTTPError):
            return bool(httpx.post(address, json=body, trust_env=False, timeout=30).json())
        return False

    def children(self) -> list[psutil.Process]:
        """Its parts, and what these have started."""
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found


def _obey_ctrl_c() -> None:
    """A test run in the background ignores it, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def ended(*runs: Run) -> Iterator[None]:
    """Ends these runs whatever happens."""
    try:
        yield
    finally:
        for run in runs:
            run.process.terminate()
        for run in runs:
            try:
                run.process.wait(STOP_SECONDS * 2)
            except subprocess.TimeoutExpired:
                run.process.kill()
                run.process.wait()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An installation with the files of the image, whose packages and model are those of this one."""
    root = tmp_path / "app"
    for _, sources, target in copied(stages()[-1]):
        for source in sources:
            origin = ROOT / source.removeprefix("/app/")
            to = root / target / (origin.name if target.endswith("/") else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            if origin.name in {".venv", "models", "dist"}:
                to.symlink_to(origin)
            elif origin.is_dir():
                shutil.copytree(origin, to)
            else:
                shutil.copy(origin, to)
    (root / "var").mkdir()
    return root


def test_of_two_starts_at_one_port_one_runs_and_after_its_kill_the_next(tree: Path) -> None:
    (port,) = free_ports(1)
    both = [Run(tree, port), Run(tree, port)]
    with ended(*both):
        wait_until(lambda: all(run.is_settled() for run in both))
        first, refused = sorted(both, key=lambda run: run.process.poll() is not None)
        assert first.answers(), first.said
        assert refused.process.poll() == 1
        assert refused.said == (
            f"Botwijzer can't go on: process {first.process.pid} has already started rasa at port {port}; "
            "end it first, or set BOTWIJZER_PORT\n"
        )

        before = first.children()
        first.process.kill()
        third = Run(tree, port)
        with ended(third):
            wait_until(third.is_settled)
            assert third.answers(), third.said
            assert not any(process.is_running() for process in before)
            talk = Run(tree, port, typed="wat is osteoporose?\nstop\n", command="chat")
            assert talk.process.wait(60) == 0, talk.said
            assert "Starting" not in talk.said
            assert third.answers()
            third.process.send_signal(signal.SIGINT)
            assert third.process.wait(STOP_SECONDS * 3) == 0
            assert third.said.endswith("\nStopped.\n")


def test_instances_and_delivery_share_a_folder_that_is_closed_to_other_users(tree: Path) -> None:
    var = tree / "var"
    with sqlite3.connect(var / "botwijzer.db") as held:
        held.execute("PRAGMA journal_mode=WAL")
        held.execute("CREATE TABLE earlier (x)")
        held.commit()
        (var / "log").mkdir()
        for name in ("rasa.log", "rasa.log.1", "delivery.log"):
            (var / "log" / name).touch(0o644)
        for path in [var, *var.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        one, two = free_ports(2)
        with MailServer() as mail:
            by_mail = {"smtp_url": f"smtp://127.0.0.1:{mail.port}", "handoff_email": "hulp@winkel.example"}
            runs = [Run(tree, one, "--role", "chat"), Run(tree, two, "--role", "chat")]
            runs += [Run(tree, one, "--role", "delivery", **by_mail) for _ in range(2)]
            with ended(*runs):
                wait_until(lambda: all(run.is_settled() for run in runs))
                assert [run.process.poll() for run in runs] == [None] * 4, [run.said for run in runs]
                assert runs[0].answers()
                assert runs[1].answers()
                modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [var, *var.rglob("*")]}
    held.close()

    assert {"botwijzer.db", "botwijzer.db-wal", "botwijzer.db-shm", "rasa.log", f"rasa-{two}.lock"} <= {
        path.name for path in modes
    }
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
