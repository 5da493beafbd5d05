"""One assistant with all its channels for all attacks, and the table of what it survived.

`BOTWIJZER_ATTACKS=10000` makes so many attacks of each kind, new ones each time, with more connections and longer
floods, and keeps count in var/attack; `make attacks` does that on all cores and prints the table. Without it there
are 300 of each kind, the same each time.
"""

from __future__ import annotations

import os
import random
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attack.faults import small_disk
from tests.attack.target import Tally, Target
from tests.attack.wire import connected
from tests.conftest import running_stack
from tests.handoff.smtp_server import HOST, MailServer
from tests.telegram.bot_api import BotApi
from tests.telegram.conftest import PUBLIC_URL, TOKEN
from tools.attacks import TALLIES

FILES_OF_A_SHELL = 1_024
"""So many files a process may have open where nobody has changed the limit."""

STAFF, SHOP = "klantenservice@winkel.nl", "https://www.winkel.example"


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    """What was tried and survived."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "all")
    counts = Tally(TALLIES / f"{worker}.json" if "BOTWIJZER_ATTACKS" in os.environ else None)
    yield counts
    counts.write()


@pytest.fixture(scope="session")
def shared_target(tmp_path_factory: pytest.TempPathFactory, tally: Tally) -> Iterator[Target]:
    """The assistant that all attacks share."""
    with running_target(tmp_path_factory.mktemp("attack"), tally) as running:
        yield running


@pytest.fixture
def target(shared_target: Target) -> Iterator[Target]:
    """The assistant that all attacks share, which must be unharmed after each test."""
    yield shared_target
    shared_target.check_unharmed()


@pytest.fixture(scope="session", autouse=True)
def unfinished(shared_target: Target) -> Iterator[socket.socket]:
    """A request that never ends; it begins before all tests here, so that none waits a minute for its end."""
    with (
        shared_target.tally.attack("weight: requests that never end"),
        connected(shared_target.url, patience=200) as line,
    ):
        line.sendall(b"GET /webhooks/web/ HTTP/1.1\r\nHost: x\r\nX: ")
        yield line


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, tally: Tally) -> Iterator[Target]:
    """An assistant whose staff is reached by mail alone, and whose database is on a small disk where that can be."""
    folder = tmp_path_factory.mktemp("shop")
    with small_disk(folder), running_target(folder, tally, has_desk=False) as running:
        yield running
        running.check_unharmed()


@contextmanager
def running_target(folder: Path, tally: Tally, has_desk: bool = True) -> Iterator[Target]:
    """An assistant with all its channels, a mail server and, if it `has_desk`, a staff's group in Telegram."""
    group = -1_000_000_000_000 - random.SystemRandom().randrange(10**6, 10**11)
    with BotApi(TOKEN, one_at_a_time=True) as api, MailServer() as mail:
        api.make_forum(group, "Klantenservice")
        telegram = {
            "telegram_token": TOKEN,
            "telegram_api": api.url,
            "telegram_operators": str(group) if has_desk else "",
        }
        posting = {"smtp_url": f"smtp://{HOST}:{mail.port}", "handoff_email": STAFF}
        places = {"public_url": PUBLIC_URL, "allowed_origins": SHOP}
        with _files_of_a_shell(), running_stack(folder, **telegram, **posting, **places) as stack:
            api.deliver_to = stack.url
            api.wait_for(lambda: api.webhook)
            yield Target(stack, api, group, mail, tally)


@contextmanager
def _files_of_a_shell() -> Iterator[None]:
    """The assistant is started as from an ordinary shell; this process itself gets as many files as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_OF_A_SHELL, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
