"""The assistant with Telegram's Bot API before it, by long polling and by webhook."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Stack, action_server, running_stack
from tests.telegram.bot_api import BotApi
from tests.telegram.bot_api_account import Sent

TOKEN = "4242424242:AA-test_token"
PUBLIC_URL = "https://bot.example.nl"
MODES = {"polling": "", "webhook": PUBLIC_URL}


@dataclass
class Bot:
    """The assistant's bot and the people who talk to it.

    Attributes:
        api: Telegram.
        stack: The assistant.
    """

    api: BotApi
    stack: Stack

    def says(self, chat: int, count: int = 1) -> Sequence[Sent]:
        """The bot's messages in a chat once there are so many."""
        return self.api.wait_for(lambda: len(self.api.sent(chat)) >= count and self.api.sent(chat))

    def asked(self, chat: int, text: str, **more: Any) -> Sent:
        """Somebody writes; returns the next message of the bot in that chat."""
        before = len(self.api.sent(chat))
        self.api.text(chat, text, **more)
        return self.says(chat, before + 1)[before]

    def quiet(self, chat: int) -> list[str]:
        """What the bot said in a chat until it has answered something that came later, in another chat."""
        self.settle(chat)
        return [sent.text for sent in self.api.sent(chat)]

    def settle(self, chat: int) -> None:
        """Waits until all that was said in a chat before is dealt with: a question in the same chat is answered."""
        question = "/vraag@botwijzer_bot bedankt" if chat < 0 else "bedankt"
        before = len([sent for sent in self.api.sent(chat) if "Graag gedaan" in sent.text])
        self.api.text(chat, question)
        self.api.wait_for(lambda: len([sent for sent in self.api.sent(chat) if "Graag gedaan" in sent.text]) > before)

    def log(self) -> str:
        """What Rasa has logged."""
        return (self.stack.logs / "rasa.log").read_text("utf-8")


@contextmanager
def running_bot(folder: Path, mode: str, **settings: str) -> Iterator[Bot]:
    """Telegram and the assistant, known to each other."""
    with BotApi(TOKEN, one_at_a_time=True) as api:
        wanted = {"telegram_token": TOKEN, "telegram_api": api.url, "public_url": MODES[mode]}
        with running_stack(folder, **(wanted | action_server() | settings)) as stack:
            api.deliver_to = stack.url
            yield Bot(api, stack)


@pytest.fixture(scope="package", params=MODES)
def bot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """The assistant that the tests of this package share."""
    with running_bot(tmp_path_factory.mktemp("telegram"), request.param) as running:
        yield running
    assert running.api.faults == []


@pytest.fixture
def person() -> int:
    """The chat with somebody who was never here before."""
    return random.randrange(10**6, 2**52)


@pytest.fixture
def group() -> int:
    """A group in which the bot was never before."""
    return -1_000_000_000_000 - random.randrange(10**6, 10**11)


def rows(sent: Sent) -> list[dict[str, Any]]:
    """The buttons of a message; one a row."""
    keyboard = (sent.reply_markup or {}).get("inline_keyboard", [])
    assert all(len(row) == 1 for row in keyboard)
    return [row[0] for row in keyboard]
