"""The bot that `rasa init` makes, as it comes: what this assistant is compared with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml

from botwijzer.settings import ROOT
from tests.conftest import free_ports
from tools.benchmark.bots import QUIET, Bot, BotError, Launch

PARTS = ("DIETClassifier", "ResponseSelector", "TEDPolicy", "UnexpecTEDIntentPolicy")
"""What its configuration leaves to Rasa, which then fills in these, and others, by itself."""

TALKS = (
    ("hello", "I am great", "are you a bot?", "bye", "hey", "I am sad", "yes", "goodbye"),
    ("hi", "super sad", "no", "good morning", "so perfect", "am I talking to a human?", "see you later", "hello"),
    ("hey there", "not very good", "of course", "bye bye", "hello there", "amazing", "are you a human?", "good night"),
    ("good evening", "I don't feel very well", "not really", "hi", "wonderful", "see you around", "moin", "so sad"),
)
"""Ways through its stories, in the words of its own examples."""

_RASA = (str(ROOT / ".venv-starter" / "bin" / "python"), "-m", "rasa")
"""On the packages and the Python that Rasa's makers support, as `tools/bootstrap.py --starter` installs them."""


def make_starter(folder: Path) -> Bot:
    """Makes the bot in a folder and trains it, as `rasa init --no-prompt` does; nothing when it is there already.

    Raises:
        BotError: Rasa can't, or one of `PARTS` was not trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "init.log"
    if not list((folder / "models").glob("*.tar.gz")):
        with said.open("wb") as log:
            command = (*_RASA, "init", "--no-prompt", "--init-dir", str(folder))
            variables = {**os.environ, **QUIET, "LOG_LEVEL": "INFO"}
            subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if missing := [part for part in PARTS if f"Finished training component '{part}'" not in said.read_text("utf-8")]:
        raise BotError(f"rasa init did not train {', '.join(missing)}; see {said}")
    return Bot(
        "starter", TALKS, "", "/webhooks/rest/", lambda kept, stored: _launch(folder, kept, stored), _training(folder)
    )


def _launch(project: Path, folder: Path, stored: bool) -> Launch:
    """`rasa run` with the REST channel; conversations are in memory, as they come, or in SQLite."""
    (port,) = free_ports(1)
    credentials, endpoints, database = folder / "credentials.yml", folder / "endpoints.yml", folder / "conversations.db"
    credentials.write_text("rest:\n", "utf-8")
    store = {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(database)}} if stored else {}
    endpoints.write_text(yaml.safe_dump(store), "utf-8")
    options = {"--port": port, "--interface": "127.0.0.1", "--credentials": credentials, "--endpoints": endpoints}
    command = (*_RASA, "run", *(str(word) for option in options.items() for word in option))
    return Launch(command, project, QUIET, f"http://127.0.0.1:{port}", f"sqlite:///{database}" if stored else "")


def _training(project: Path) -> Callable[[Path], Launch]:
    def training(folder: Path) -> Launch:
        command = (*_RASA, "train", "--force", "--out", str(folder))
        return Launch(command, project, {**QUIET, "RASA_MAX_CACHE_SIZE": "0"})

    return training
