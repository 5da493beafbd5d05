"""A long live conversation with a restart in the middle: everything once and in its order, on both sides."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from botwijzer.responses import responses
from tests.channels.visitor import PATIENCE_SECONDS, Visitor, visiting
from tests.handoff.conftest import Desk, ask_in_telegram, ask_in_widget, running_desk
from tests.telegram.bot_api_account import Sent

WAIT_SECONDS = 300


@pytest.fixture(scope="module")
def own_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk of this module's own, whose server is killed."""
    with running_desk(tmp_path_factory.mktemp("long"), mode="webhook") as running:
        running.bot.api.wait_for(lambda: running.bot.api.webhook)
        yield running


@pytest.fixture(scope="module")
def lines(request: pytest.FixtureRequest) -> int:
    """How many lines each side writes."""
    return int(request.config.getoption("--lines"))


def visitors(count: int) -> list[str]:
    """What the visitor writes."""
    return [f"vraag {number}" for number in range(count)]


def staffs(count: int) -> list[str]:
    """What the staff writes."""
    return [f"antwoord {number}" for number in range(count)]


def restart(desk: Desk) -> None:
    """Kills the server, and starts it again."""
    os.kill(desk.bot.stack.supervisor.pid("rasa"), signal.SIGKILL)
    while True:
        desk.bot.stack.supervisor.look()
        try:
            desk.bot.stack.supervisor.wait_until_ready()
        except Exception:  # it is still to be found dead
            continue
        return


def in_thread_of(desk: Desk, post: Sent) -> list[str]:
    """The visitor's lines in a request's thread."""
    return [
        line.removeprefix("Bezoeker: ")
        for sent in desk.bot.api.sent(desk.group, post.thread)
        for line in sent.text.split("\n")
        if line.startswith("Bezoeker: ")
    ]


@pytest.mark.slow
def test_in_telegram(own_desk: Desk, person: int, lines: int) -> None:
    desk, api = own_desk, own_desk.bot.api
    ask_in_telegram(desk, person, "ik wil graag iets weten over verzenden")
    post = desk.post("verzenden")
    desk.press(post, "take")
    api.wait_for(lambda: [sent for sent in api.sent(person) if "neemt het gesprek over" in sent.text])

    for number, (line, answer) in enumerate(zip(visitors(lines), staffs(lines))):
        api.text(person, line)
        desk.write(post, answer)
        if number == lines // 2:
            restart(desk)

    def heard() -> list[str]:
        texts = [line for sent in api.sent(person) for line in sent.text.split("\n")]
        return [line for line in texts if line.startswith("antwoord")]

    api.wait_for(lambda: len(in_thread_of(desk, post)) >= lines and len(heard()) >= lines, WAIT_SECONDS)
    assert in_thread_of(desk, post) == visitors(lines)
    assert heard() == staffs(lines)


@pytest.mark.slow
def test_in_the_widget(own_desk: Desk, lines: int) -> None:
    desk, api = own_desk, own_desk.bot.api

    def said(visitor: Visitor) -> list[str]:
        return [str(m["body"]["text"]) for m in visitor.messages if m["author"] == "staff"]

    async def talk() -> None:
        begin, end = visitors(lines)[: lines // 2], visitors(lines)[lines // 2 :]
        async with visiting(desk.bot.stack.url) as visitor:
            await ask_in_widget(visitor, "ik wil graag iets weten over retourneren")
            post = await asyncio.to_thread(desk.post, "retourneren")
            await asyncio.to_thread(desk.press, post, "take")
            await visitor.until(lambda: responses().text("utter_human_here") in visitor.texts)
            for line, answer in zip(begin, staffs(lines)):
                await ask_in_time(visitor, line)
                await asyncio.to_thread(desk.write, post, answer)
            token, last, messages = visitor.token, visitor.last, list(visitor.messages)  # more may come
            await asyncio.to_thread(restart, desk)
        async with visiting(desk.bot.stack.url, {"token": token, "last": last}) as visitor:
            visitor.messages[:0] = messages
            for line, answer in zip(end, staffs(lines)[lines // 2 :]):
                await ask_in_time(visitor, line)
                await asyncio.to_thread(desk.write, post, answer)
            for _ in range(WAIT_SECONDS // PATIENCE_SECONDS):
                try:
                    await visitor.until(lambda: len(said(visitor)) >= lines)
                    break
                except TimeoutError:
                    continue
            assert said(visitor) == staffs(lines)
        await asyncio.to_thread(api.wait_for, lambda: len(in_thread_of(desk, post)) >= lines, WAIT_SECONDS)
        assert in_thread_of(desk, post) == visitors(lines)

    asyncio.run(talk())


async def ask_in_time(visitor: Visitor, line: str) -> None:
    """Sends a line as the widget does: again when the server says that it is too fast."""
    while not (await visitor.ask(line))["ok"]:
        await asyncio.sleep(0.5)
