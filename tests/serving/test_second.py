"""A second process understands messages as the first one does, and nothing is lost when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import pytest
from rasa.core.channels.channel import UserMessage

from botwijzer.channels.turn import WholeMessages
from botwijzer.serving import second as second_module
from botwijzer.serving.dialogue import Assistant, Dialogue
from botwijzer.serving.second import MOST_WAITING, SecondProcess
from tests.serving.in_process import assistant_in

PATIENCE_SECONDS = 20
QUESTIONS = (
    "wat is osteoporose",
    "helpt wandelen tegen botontkalking",
    "hoeveel calcium zit er in melk",
    "werkt magnesium door de huid",
    "is zwemmen goed voor je botten en moet ik dan ook calcium slikken?",
    "ik wil graag een medewerker spreken",
    "asdf qwer",
    "waar staan de bronnen",
)


def understand(text: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """What the second process of these tests does: it answers, fails, hangs or dies."""
    if text == "fail":
        raise ValueError(text)
    if text == "hang":
        threading.Event().wait()
    if text == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"text": text, "process": os.getpid(), **metadata}


@pytest.fixture
def second() -> Iterator[SecondProcess]:
    """A second process, ended afterwards."""
    started = SecondProcess(understand)
    yield started
    started._process.kill()
    started._process.join(PATIENCE_SECONDS)


async def asked(second: SecondProcess, *texts: str) -> list[Any]:
    """What comes of texts that are sent at once."""
    waiting = asyncio.gather(*(second.understand(text, {"after": "greet"}) for text in texts))
    return list(await asyncio.wait_for(waiting, PATIENCE_SECONDS))


def test_it_understands_in_a_process_of_its_own(second: SecondProcess) -> None:
    found = asyncio.run(asked(second, "een", "twee"))

    assert [(each["text"], each["after"]) for each in found] == [("een", "greet"), ("twee", "greet")]
    assert {each["process"] for each in found} == {second._process.pid} != {os.getpid()}


def test_what_it_can_not_understand_is_left_to_the_first(second: SecondProcess) -> None:
    found = asyncio.run(asked(second, "fail", "een"))

    assert found[0] is None
    assert found[1]["text"] == "een"


def test_it_takes_so_many_and_no_more(second: SecondProcess) -> None:
    async def ask_all() -> list[bool]:
        free = []
        for _ in range(MOST_WAITING):
            free.append(second.is_free)
            asyncio.get_running_loop().create_task(second.understand("hang", {}))
            await asyncio.sleep(0)
        return [*free, second.is_free]

    assert asyncio.run(ask_all()) == [True] * MOST_WAITING + [False]


def test_when_it_dies_all_is_left_to_the_first(second: SecondProcess, caplog: pytest.LogCaptureFixture) -> None:
    async def ask_all() -> list[Any]:
        before = await asked(second, "een", "die", "twee")
        return [*before, second.is_free, *await asked(second, "drie")]

    found = asyncio.run(ask_all())

    assert found[0]["text"] == "een"
    assert found[1:] == [None, None, False, None]
    assert len(caplog.messages) == 1


def test_when_it_hangs_it_is_ended_and_all_is_left_to_the_first(
    second: SecondProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_module, "MOST_SECONDS", 0.2)

    async def ask_all() -> list[Any]:
        return [*await asked(second, "hang", "een"), second.is_free]

    assert asyncio.run(ask_all()) == [None, None, False]
    second._process.join(PATIENCE_SECONDS)
    assert not second._process.is_alive()


def test_a_turn_that_was_given_up_is_no_trouble(second: SecondProcess) -> None:
    async def give_up() -> list[Any]:
        hasty = asyncio.get_running_loop().create_task(second.understand("een", {}))
        await asyncio.sleep(0)
        hasty.cancel()
        return await asked(second, "twee")

    assert asyncio.run(give_up())[0]["text"] == "twee"


def test_it_ends_with_the_first(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    child = os.fork()
    if child == 0:  # a first process, which dies without a word
        try:
            noted.write_text(str(SecondProcess(understand)._process.pid), "utf-8")
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        orphan = psutil.Process(int(noted.read_text("utf-8")))
        psutil.wait_procs([orphan], PATIENCE_SECONDS)
    except psutil.NoSuchProcess:
        return
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_signal_from_the_terminal_does_not_end_it(second: SecondProcess) -> None:
    assert asyncio.run(asked(second, "een"))
    os.kill(int(second._process.pid or 0), signal.SIGINT)

    assert second._process.is_alive()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The assistant with a second process, also where there is one core only."""
    found = assistant_in(tmp_path_factory.mktemp("second"))
    assert isinstance(found.processor, Dialogue)
    found.processor.fork()
    yield found
    assert found.processor._second
    found.processor._second._process.kill()


def test_turns_at_once_are_answered_as_one_by_one(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    send = Connection.send

    def note(line: Connection, what: Any) -> None:
        sent.append(what)
        send(line, what)

    monkeypatch.setattr(Connection, "send", note)

    async def answer(name: str, text: str) -> list[str]:
        output = WholeMessages()
        await assistant.handle_message(UserMessage(text, output, f"rest:{name}"))
        return [str(message.get("text")) for message in output.messages]

    async def compare() -> tuple[list[list[str]], list[list[str]]]:
        alone = [await answer(f"alone{number}", text) for number, text in enumerate(QUESTIONS)]
        assert not sent  # a message by itself is understood here
        return alone, list(
            await asyncio.gather(*(answer(f"once{number}", text) for number, text in enumerate(QUESTIONS)))
        )

    alone, at_once = asyncio.run(compare())

    assert alone == at_once
    assert 0 < len(sent) < len(QUESTIONS) + 1
