"""Starts the parts of the assistant, waits until they answer, and ends them together."""

from __future__ import annotations

import contextlib
import enum
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import httpx
import tenacity

from botwijzer.private_files import FILE_MODE, FOLDER_MODE, UMASK
from botwijzer.settings import PREFIX, ROOT, Settings
from botwijzer.supervised import RUN_ID, STOP_SECONDS

START_SECONDS = 120
POLL_SECONDS = 0.3
HEALTH_SECONDS = 5
LOG_BYTES = 20_000_000
"""A log that is larger is put aside, in place of the one that was put aside before."""

MOST_DEATHS = 3
"""So often a part may die without having answered in between."""

SETTLED_SECONDS = 5.0
"""A part that serves nobody has settled after so long."""


class PartError(RuntimeError):
    """A part can't start or has died for good; the message is one sentence for the site owner."""


@dataclass(frozen=True)
class Part:
    """A process of the assistant: what starts it, and the address that answers once it is up.

    One without address and port serves nobody: it is up when it runs.
    """

    name: str
    command: tuple[str, ...]
    health_url: str = ""
    port: int = 0


class Role(enum.StrEnum):
    """What one `botwijzer run` runs: everything, or one part where each has a machine or container of its own."""

    ALL = "all"
    CHAT = "chat"
    ACTIONS = "actions"
    DELIVERY = "delivery"


def parts(settings: Settings, model: Path, role: Role = Role.ALL) -> tuple[Part, ...]:
    """The processes of a role; all of them are what visitors reach, and what delivers by mail when that is set.

    Raises:
        PartError: The role is to deliver, and no way to do so is set.
    """
    python, port = sys.executable, settings.port
    delivers = bool(settings.smtp_url.get_secret_value() and settings.handoff_email)
    wanted: list[Part] = []
    if role is Role.DELIVERY and not delivers:
        raise PartError("there is nothing to deliver by: set BOTWIJZER_SMTP_URL and BOTWIJZER_HANDOFF_EMAIL")
    if role is Role.DELIVERY or (role is Role.ALL and delivers):
        wanted.append(Part("delivery", (python, "-m", "botwijzer.handoff")))
    if role is Role.ACTIONS:
        serving = (python, "-m", "botwijzer.operating.action_server", "--port", str(settings.actions_port))
        health = f"http://{reached_at(settings.actions_host)}:{settings.actions_port}/health"
        wanted.append(Part("actions", serving, health, settings.actions_port))
    if role in {Role.ALL, Role.CHAT}:
        chatting = (python, "-m", "botwijzer.serving", "--model", str(model))
        wanted.append(Part("rasa", chatting, f"http://{reached_at(settings.host)}:{port}/webhooks/rest/", port))
    return tuple(wanted)


def reached_at(host: str) -> str:
    """The address, as it stands in a URL, at which this machine reaches what listens on `host`."""
    if host in {"", "0.0.0.0"}:
        return "127.0.0.1"
    return f"[{'::1' if host == '::' else host}]" if ":" in host else host


def environment(settings: Settings) -> dict[str, str]:
    """What the parts find in their environment: these settings, what Rasa's own files name, and quiet logs.

    Rasa's lines at WARNING and DEBUG hold visitors' texts, so they are off.
    """
    return {
        **os.environ,
        PREFIX + "DATABASE_URL": settings.database_url,
        PREFIX + "ACTIONS_PORT": str(settings.actions_port),
        "SANIC_HOST": settings.actions_host,
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "ERROR",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
    }


def health(url: str) -> dict[str, Any]:
    """What answers at a health address: its JSON object, or an empty one when it is not well or not one of ours."""
    try:
        reply = httpx.get(url, timeout=HEALTH_SECONDS, trust_env=False)
        said = reply.json() if reply.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def port_variable(part: Part) -> str:
    """The environment variable that sets a part's port."""
    return PREFIX + ("PORT" if part.name == "rasa" else "ACTIONS_PORT")


class Supervisor:
    """Runs parts side by side, as a context: they start on entering and are gone after leaving.

    A part that dies is started again; when it dies so often before it answers, everything ends with `PartError`.
    A part counts as up only when that very process answers. When the supervisor is killed, its parts end by
    themselves: it holds the other end of their standard input.
    """

    def __init__(
        self, of: tuple[Part, ...], env: dict[str, str], logs: Path = ROOT / "var" / "log", port_seconds: float = 0
    ) -> None:
        """Starts nothing yet.

        Args:
            of: The parts.
            env: Their environment.
            logs: The folder of their logs.
            port_seconds: How long to wait for a port that is in use.
        """
        self._parts = of
        self._env = env
        self._logs = logs
        self._port_seconds = port_seconds
        self._run_ids: dict[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, int] = {}
        self._started: dict[str, float] = {}
        self._over = False

    def __enter__(self) -> Supervisor:
        for part in self._parts:
            _wait_for_port(part, self._port_seconds)
        self._logs.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        try:
            for part in self._parts:
                self._start(part)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pid(self, name: str) -> int:
        """Process id of a part."""
        return self._running[name].pid

    def pids(self) -> list[int]:
        """Process ids of all parts."""
        return [process.pid for process in self._running.values()]

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Waits until every part answers.

        Raises:
            PartError: One has ended, or does not answer in time.
        """
        for part in self._parts:
            waiting = tenacity.Retrying(
                stop=tenacity.stop_after_delay(seconds),
                wait=tenacity.wait_fixed(POLL_SECONDS),
                retry=tenacity.retry_if_result(lambda up: not up),
            )
            try:
                waiting(self._answers, part)
            except tenacity.RetryError as error:
                raise PartError(
                    f"{part.name} does not answer after {seconds:.0f} seconds; see {self._log(part)}"
                ) from error

    def watch(self) -> None:
        """Stays until a part has died for good, or all are stopped.

        Raises:
            PartError: That has happened.
        """
        while not self._over:
            self.look()
            time.sleep(POLL_SECONDS)

    def look(self) -> None:
        """Starts the parts again that have died since the last look.

        Raises:
            PartError: One of them has died for good.
        """
        for part in self._parts:
            if self._over:
                return
            self._make_room(part)
            if self._running[part.name].poll() is not None:
                self._revive(part)
            elif self._deaths.get(part.name) and self._has_settled(part):
                self._deaths[part.name] = 0

    def stop(self) -> None:
        """Ends all parts, kindly first."""
        self._over = True
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close_stdin(process)
        self._running.clear()

    def _start(self, part: Part) -> None:
        self._started[part.name] = time.monotonic()
        self._run_ids[part.name] = secrets.token_hex(8)
        if part.name in self._running:
            _close_stdin(self._running[part.name])
        with self._open_log(part) as log:
            self._running[part.name] = subprocess.Popen(
                part.command,
                cwd=ROOT,
                env={**self._env, RUN_ID: self._run_ids[part.name]},
                stdout=log,
                stderr=log,
                stdin=subprocess.PIPE,
                start_new_session=True,
                umask=UMASK,
            )

    def _revive(self, part: Part) -> None:
        deaths = self._deaths[part.name] = self._deaths.get(part.name, 0) + 1
        if deaths >= MOST_DEATHS:
            raise PartError(f"{part.name} ended {deaths} times in a row; see {self._log(part)}")
        print(f"{part.name} ended; starting it again ...", flush=True)
        self._start(part)

    def _answers(self, part: Part) -> bool:
        if self._running[part.name].poll() is not None:
            raise PartError(f"{part.name} ended while starting; see {self._log(part)}")
        return self._is_up(part)

    def _is_up(self, part: Part) -> bool:
        return not part.health_url or health(part.health_url).get("run_id") == self._run_ids[part.name]

    def _has_settled(self, part: Part) -> bool:
        if not part.health_url:
            return time.monotonic() - self._started[part.name] > SETTLED_SECONDS
        return self._is_up(part)

    def _log(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"

    def _open_log(self, part: Part) -> IO[bytes]:
        self._make_room(part)
        self._log(part).touch(FILE_MODE)
        return self._log(part).open("ab")

    def _make_room(self, part: Part) -> None:
        """Puts a large log aside; the part writes on in the same file, for it holds it open."""
        path = self._log(part)
        with contextlib.suppress(OSError):  # there is none yet, or the disk is full, of which there is an alarm
            if path.stat().st_size <= LOG_BYTES:
                return
            with path.open("r+b") as log:
                fcntl.flock(log, fcntl.LOCK_EX)  # two instances on one machine write to the same file
                if os.fstat(log.fileno()).st_size > LOG_BYTES:
                    aside = path.with_suffix(".log.1")
                    aside.touch(FILE_MODE)
                    shutil.copyfile(path, aside)
                    log.truncate(0)


def _close_stdin(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()


def _wait_for_port(part: Part, seconds: float) -> None:
    waiting = tenacity.Retrying(
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_fixed(POLL_SECONDS),
        retry=tenacity.retry_if_exception_type(PartError),
        reraise=True,
    )
    if part.port:
        waiting(_check_port, part)


def _check_port(part: Part) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", part.port))
        except OSError as error:
            raise PartError(
                f"port {part.port} can't be used ({error.strerror}); free it or set {port_variable(part)}"
            ) from error
