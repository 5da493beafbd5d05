"""The assistant with a staff that sits in a Telegram group, and what they do there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.store import Requests
from tests.channels.visitor import Visitor
from tests.telegram.bot_api_account import Sent
from tests.telegram.conftest import Bot, running_bot

ANNA, BRAM = 501, 502
NAMES = {ANNA: "Anna de Vries", BRAM: "Bram"}


class Store(Requests, Outbox):
    """Requests and what is on its way, for both are in one database."""


@dataclass
class Desk:
    """The staff's group.

    Attributes:
        bot: The assistant in Telegram.
        group: Chat id of the group.
        has_topics: Whether it is a forum.
    """

    bot: Bot
    group: int
    has_topics: bool

    @property
    def store(self) -> Store:
        """The assistant's own store."""
        return Store(self.bot.stack.settings.database_url)

    def posts(self) -> list[Sent]:
        """All that the assistant said in the group."""
        return list(self.bot.api.sent(self.group))

    def post(self, words: str, count: int = 1) -> Sent:
        """The last post with these words, once there are so many."""

        def found() -> list[Sent]:
            return [sent for sent in self.posts() if words in sent.text]

        self.bot.api.wait_for(lambda: len(found()) >= count)
        return found()[-1]

    def press(self, post: Sent, action: str, user: int = ANNA) -> str:
        """Somebody of the staff presses a button of a post; returns what pops up."""
        buttons = [button for row in (post.reply_markup or {})["inline_keyboard"] for button in row]
        data = next(b["callback_data"] for b in buttons if b["callback_data"].startswith(action))
        update = self.bot.api.press(post.message_id, self.group, data, user=user, name=NAMES[user])
        answer = self.bot.api.wait_for(lambda: self.bot.api.answer_to(update))
        return str((answer or {}).get("text") or "")

    def write(self, post: Sent, text: str, user: int = ANNA) -> None:
        """Somebody of the staff writes in the thread of a post."""
        if post.thread:
            self.bot.api.text(self.group, text, user=user, thread=post.thread, name=NAMES[user])
        else:
            self.bot.api.text(self.group, text, user=user, reply_to=post.message_id, name=NAMES[user])

    def lines(self) -> list[str]:
        """What visitors wrote, as the group reads it, in its order; several may stand in one message."""
        return [
            line.removeprefix("Bezoeker: ")
            for sent in self.posts()
            for line in sent.text.split("\n")
            if line.startswith("Bezoeker: ")
        ]


@contextmanager
def running_desk(folder: Path, has_topics: bool = True, mode: str = "polling", **settings: str) -> Iterator[Desk]:
    """The assistant and a staff's group."""
    group = -1_000_000_000_000 - random.randrange(10**6, 10**11)
    with running_bot(folder, mode, telegram_operators=str(group), **settings) as bot:
        (bot.api.make_forum if has_topics else bot.api.make_group)(group, "Klantenservice")
        yield Desk(bot, group, has_topics)


@pytest.fixture(scope="package", params=[True, False], ids=["topics", "replies"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A staff with topics in its group, and one without."""
    with running_desk(tmp_path_factory.mktemp("desk"), request.param) as running:
        yield running
    assert running.bot.api.faults == []


@pytest.fixture
def person() -> int:
    """The chat with somebody who was never here before."""
    return random.randrange(10**6, 2**52)


def ask_in_telegram(desk: Desk, person: int, question: str) -> None:
    """Somebody in Telegram asks the staff something, up to the yes."""
    bot = desk.bot
    bot.asked(person, "ik wil een medewerker spreken")
    assert "Dit stuur ik" in bot.asked(person, question).text
    assert "BW-" in bot.asked(person, "ja").text


async def ask_in_widget(visitor: Visitor, question: str) -> None:
    """Somebody on the website asks the staff something, up to the yes."""
    await visitor.answered("ik wil een medewerker spreken")
    await visitor.answered(question)
    said = await visitor.answered("ja", payload="/affirm")
    assert "BW-" in said[-1]["body"]["text"]


async def staff_says(visitor: Visitor, text: str) -> None:
    """Waits until a human's words are in the widget."""
    await visitor.until(lambda: any(m["author"] == "staff" and m["body"]["text"] == text for m in visitor.messages))
