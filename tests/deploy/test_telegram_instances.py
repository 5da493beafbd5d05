"""Several instances of the Telegram channel on one database: one fetches, and each update is answered once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from botwijzer.supervisor import environment
from tests.conftest import fresh_settings
from tests.telegram.bot_api import BotApi
from tests.telegram.conftest import TOKEN
from tests.unit_helpers import ROOT

CHATS, LINES = range(701, 707), 2
PATIENCE_SECONDS = 90

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Telegram."""
    with BotApi(TOKEN) as running:
        yield running
    assert running.faults == []


@pytest.fixture
def start(api: BotApi, database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts one more instance."""
    settings, variables = fresh_settings(
        tmp_path, database_url=database_url, telegram_token=TOKEN, telegram_api=api.url
    )
    with ExitStack() as running:

        def begin() -> subprocess.Popen[bytes]:
            return running.enter_context(instance(environment(settings) | variables))

        yield begin


@contextmanager
def instance(variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """An instance until the end of the test, if it lives so long."""
    process = subprocess.Popen([sys.executable, "-m", "tests.deploy.telegram_instance"], cwd=ROOT, env=variables)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def write(api: BotApi, begin: int) -> None:
    """Everybody writes some lines."""
    for number in range(begin, begin + LINES):
        for chat in CHATS:
            api.text(chat, f"regel {number}")


def heard(api: BotApi) -> dict[int, list[str]]:
    """What everybody got."""
    return {chat: [sent.text for sent in api.sent(chat)] for chat in CHATS}


def count(api: BotApi) -> int:
    """How many answers everybody together got."""
    return sum(len(texts) for texts in heard(api).values())


def called(api: BotApi, method: str) -> int:
    """How often a method was called."""
    return sum(call.method == method for call in list(api.calls))


def test_when_the_instance_that_fetches_dies_another_does_and_each_update_is_answered_once(
    api: BotApi, start: Start
) -> None:
    fetches = start()
    api.wait_for(lambda: called(api, "getUpdates"), PATIENCE_SECONDS)
    start()
    api.wait_for(lambda: called(api, "getMe") == 2, PATIENCE_SECONDS)

    write(api, 0)
    api.wait_for(lambda: count(api) >= len(CHATS), PATIENCE_SECONDS)
    fetches.kill()
    write(api, LINES)
    api.wait_for(lambda: count(api) >= len(CHATS) * 2 * LINES, PATIENCE_SECONDS)
    for chat in CHATS:
        api.text(chat, "klaar")
    api.wait_for(lambda: all(texts[-1] == "klaar" for texts in heard(api).values()), PATIENCE_SECONDS)

    expected = [*(f"regel {number}" for number in range(2 * LINES)), "klaar"]
    assert heard(api) == dict.fromkeys(CHATS, expected)
    refused = [call for call in list(api.calls) if call.method == "getUpdates" and not call.accepted]
    assert len(refused) <= 2  # the one of the instance that was killed, and the one that waits now
