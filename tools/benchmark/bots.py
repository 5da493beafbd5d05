"""The assistants that are compared: each is started as its owner starts it, talked to over REST, and ended."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import yaml

from botwijzer.settings import ROOT
from tests.conftest import fresh_settings
from tests.unit_helpers import domain

WEBHOOK = "/webhooks/rest/webhook"
TALK_MESSAGES = 8
"""So many messages a visitor sends before the next one comes."""

START_SECONDS = 300
END_SECONDS = 20
POLL_SECONDS = 0.05
KEPT_SECONDS = 2
"""A connection that is idle for longer is made anew, before the server ends it (Rasa's does after five seconds)."""

MEGABYTE = 1_000_000
METRICS_PORT = "BOTWIJZER_METRICS_PORT"

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "LOG_LEVEL": "ERROR",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}

_SEED = 11
_TALKS = 400
_LONGEST = 120


class BotError(RuntimeError):
    """An assistant ended, did not start in time or did not answer; the message says so in one sentence."""


@dataclass(frozen=True)
class Launch:
    """How a process is started.

    Attributes:
        command: Program and arguments.
        folder: Where it runs.
        variables: Environment variables beside this process's own.
        url: Its address, without a path; empty when it serves nobody.
        database_url: Where it keeps conversations; empty: in memory.
    """

    command: tuple[str, ...]
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    url: str = ""
    database_url: str = ""


@dataclass(frozen=True)
class Bot:
    """An assistant that can be started any number of times.

    Attributes:
        name: What the tables call it.
        talks: What its visitors say, conversation by conversation.
        trouble: What it says when it could not answer; empty when it has no words for that.
        health: The path that answers 200 as soon as it can talk.
        launch: How it is started, given a folder for what it keeps and whether conversations go to SQLite.
        training: How it is trained from nothing, given an empty folder for the model.
    """

    name: str
    talks: Sequence[Sequence[str]]
    trouble: str
    health: str
    launch: Callable[[Path, bool], Launch]
    training: Callable[[Path], Launch]


@dataclass(frozen=True)
class Running:
    """An assistant that answers.

    Attributes:
        bot: Which one.
        url: Its address, without a path.
        database_url: Where it keeps conversations; empty: in memory.
        ready_seconds: From the start of its process until its health path answered 200.
        process: The process that was started; the others are below it.
        client: The connection to it, which is kept.
    """

    bot: Bot
    url: str
    database_url: str
    ready_seconds: float
    process: psutil.Process
    client: httpx.Client

    def say(self, text: str, sender: str) -> float:
        """Sends a message and returns the milliseconds until the whole reply is there.

        Raises:
            BotError: It is no reply.
        """
        body = {"sender": sender, "message": text}
        start = time.perf_counter()
        reply = self.client.post(self.url + WEBHOOK, json=body)
        milliseconds = (time.perf_counter() - start) * 1000
        trouble = self.bot.trouble and self.bot.trouble in reply.text
        if reply.status_code != httpx.codes.OK or not reply.json() or trouble:
            raise BotError(f"{self.bot.name} did not answer {text!r}: {reply.status_code} {reply.text[:200]}")
        return milliseconds

    def talk(self, number: int) -> list[float]:
        """Holds one of its conversations as a new visitor; milliseconds of each message."""
        sender = new_sender()
        return [self.say(text, sender) for text in self.bot.talks[number % len(self.bot.talks)]]

    def megabytes(self) -> float:
        """Memory of all its processes, pages that they share counted once (PSS; where there is none, their own)."""
        found = [each.memory_full_info() for each in (self.process, *self.process.children(recursive=True))]
        return sum(float(getattr(info, "pss", info.uss)) for info in found) / MEGABYTE


@contextmanager
def started(bot: Bot, folder: Path, stored: bool = False) -> Iterator[Running]:
    """Starts an assistant and ends it with all its processes, whatever happens.

    Args:
        bot: Which one.
        folder: Where its conversations and its output go; made when missing.
        stored: Whether conversations are to be kept in an SQLite database.

    Raises:
        BotError: It ends or does not answer in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    how = bot.launch(folder, stored)
    kept = httpx.Limits(keepalive_expiry=KEPT_SECONDS)
    with (folder / "output.log").open("wb") as log, httpx.Client(trust_env=False, timeout=60, limits=kept) as client:
        start = time.perf_counter()
        process = psutil.Popen(
            how.command,
            cwd=how.folder,
            env={**os.environ, **how.variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            while not _answers(client, how.url + bot.health):
                if process.poll() is not None or time.perf_counter() - start > START_SECONDS:
                    raise BotError(f"{bot.name} does not start: {(folder / 'output.log').read_text()[-500:]}")
                time.sleep(POLL_SECONDS)
            ready_seconds = time.perf_counter() - start
            yield Running(bot, how.url, how.database_url, ready_seconds, process, client)
        finally:
            _end(process)


def ours(metrics_port: int = 0) -> Bot:
    """This assistant, started with `botwijzer run`, so that what starts and watches its parts counts too.

    Args:
        metrics_port: Where it tells its metrics; 0: nowhere.
    """

    def launch(folder: Path, _: bool) -> Launch:
        settings, variables = fresh_settings(folder)
        command = (str(Path(sys.executable).with_name("botwijzer")), "run")
        variables = {**variables, METRICS_PORT: str(metrics_port)}
        return Launch(command, ROOT, variables, f"http://127.0.0.1:{settings.port}", settings.database_url)

    def training(folder: Path) -> Launch:
        program = (
            f"from pathlib import Path; from botwijzer import training; training.MODELS = Path({str(folder)!r}); "
            "training.ensure_model()"
        )
        return Launch((sys.executable, "-c", program), ROOT, QUIET)

    trouble = str(domain()["responses"]["utter_trouble"][0]["text"]).partition("{")[0].strip()
    return Bot("botwijzer", our_talks(), trouble, "/webhooks/web/health", launch, training)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for a while, on a disk: databases of gigabytes are too much for one that is held in memory."""
    (ROOT / "var").mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="benchmark-")


def new_sender() -> str:
    """The id of a visitor who was never here before."""
    return uuid.uuid4().hex


def our_talks() -> list[list[str]]:
    """Conversations of questions to the article, by many hands."""
    blocks = yaml.load((ROOT / "data" / "nlu.yml").read_text("utf-8"), yaml.CSafeLoader)["nlu"]
    lines = [line[2:] for each in blocks if each["intent"].startswith("faq_") for line in each["examples"].splitlines()]
    short = [line for line in lines if len(line) <= _LONGEST]
    choose = random.Random(_SEED)
    return [choose.sample(short, TALK_MESSAGES) for _ in range(_TALKS)]


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _end(process: psutil.Popen) -> None:
    """Ends a process and those below it, kindly first."""
    if process.poll() is not None:
        return
    below = process.children(recursive=True)
    process.terminate()
    _, left = psutil.wait_procs([process, *below], timeout=END_SECONDS)
    for each in left:
        each.kill()
    psutil.wait_procs(left)
