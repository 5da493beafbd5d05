"""The database fails while visitors ask: they get a kind reply while it does, and their answers as soon as it works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import socketio.exceptions

from tests.attack.faults import full, locked, no_file_may_grow, not_to_be_written
from tests.attack.making import IS_LONG
from tests.attack.target import PASSAGE, QUESTION, Target, check_no_leak, new_person
from tests.channels.visitor import Visitor, visiting
from tests.conftest import STATEMENT, Reply, fresh_settings, is_response, new_sender, wait_until
from tests.test_faults import botwijzer

TROUBLE = "utter_trouble"
CROWD = 40 if IS_LONG else 12
LOCKED_SECONDS = 10
Fault = Callable[[Target], AbstractContextManager[None]]


def database_of(target: Target) -> Path:
    """The database's file."""
    return Path(target.stack.settings.database_url.removeprefix("sqlite:///"))


def files_of(target: Target) -> list[Path]:
    """The files that SQLite writes to."""
    return [
        path
        for path in database_of(target).parent.glob(f"{database_of(target).name}*")
        if not path.name.endswith("-shm")
    ]


def lock(target: Target) -> AbstractContextManager[None]:
    """Another program holds the lock for writing."""
    return locked(database_of(target))


def no_growth(target: Target) -> AbstractContextManager[None]:
    """Nothing that the assistant writes fits."""
    return no_file_may_grow(target.stack.supervisor.pids())


def full_disk(target: Target) -> AbstractContextManager[None]:
    """The disk on which the database is has no room."""
    return full(database_of(target).parent)


def read_only(target: Target) -> AbstractContextManager[None]:
    """The database's files can't be written to."""
    return not_to_be_written(files_of(target))


@pytest.fixture(params=[lock, no_growth, read_only, full_disk])
def fault(request: pytest.FixtureRequest) -> Fault:
    """What happens to the database."""
    found: Fault = request.param
    return found


@pytest.fixture
def struck(request: pytest.FixtureRequest, fault: Fault) -> Target:
    """The assistant that it happens to."""
    found: Target = request.getfixturevalue("shop" if fault is full_disk else "target")
    return found


def kind_of(reply: Reply) -> str:
    """What a visitor got last; an answer that came all the same is one too."""
    assert reply.text.strip()
    check_no_leak(reply.text)
    return reply.said[-1]


def test_over_rest_visitors_get_a_kind_reply_and_then_their_answers(struck: Target, fault: Fault) -> None:
    say, known, new = struck.stack.say, [new_sender() for _ in range(CROWD)], [new_sender() for _ in range(CROWD)]
    for sender in known:
        assert say("hallo", sender).said[-1] == "utter_greet"
    with ThreadPoolExecutor(2 * CROWD) as pool:
        with struck.tally.attack(f"database: {fault.__name__}", 2 * CROWD), fault(struck):
            start = time.monotonic()
            replies = list(pool.map(lambda sender: say(QUESTION, sender), [*known, *new]))  # while it lasts
            waited = time.monotonic() - start
            assert {kind_of(reply) for reply in replies} <= {TROUBLE, "answer"}
            assert all(STATEMENT in reply.said for reply in replies[CROWD:])
            if fault is lock:
                time.sleep(max(0.0, LOCKED_SECONDS - waited))
        struck.tally.measured[f"last reply to {2 * CROWD} at once, seconds, database: {fault.__name__}"] = round(
            waited, 1
        )
        wait_until(lambda: kind_of(say(QUESTION, known[0])) == "answer")  # a connection of before may be let go first
        again = pool.map(lambda sender: say("Is wandelen goed voor je botten?", sender), [*known, *new])
        assert {kind_of(reply) for reply in again} == {"answer"}


def test_in_the_widget_visitors_are_told_and_then_answered(struck: Target, fault: Fault) -> None:
    async def visit() -> None:
        async with visiting(struck.url) as visitor:
            with fault(struck):
                receipt = await visitor.ask(QUESTION)
                assert receipt["ok"] or is_response(TROUBLE, receipt["text"])
                await check_new(struck.url)
            await visitor.answered("bedankt")
            if receipt["ok"]:
                await visitor.until(lambda: visitor.answers or is_told(visitor))
            (answer,) = await visitor.answered(QUESTION)
            assert [passage["id"] for passage in answer["body"]["passages"]] == [PASSAGE]

    with struck.tally.attack(f"database: {fault.__name__}"):
        asyncio.run(visit())


async def check_new(url: str) -> None:
    """Who opens the widget now either can begin, or is told that it is not possible, and the browser tries again."""
    try:
        async with visiting(url) as visitor:
            assert visitor.messages
    except (TimeoutError, socketio.exceptions.ConnectionError):
        return


def is_told(visitor: Visitor) -> bool:
    """Whether a visitor has read that something went wrong."""
    return any(is_response(TROUBLE, text) for text in visitor.texts)


def test_in_telegram_nothing_that_was_asked_gets_lost(struck: Target, fault: Fault) -> None:
    person = new_person()
    with struck.tally.attack(f"database: {fault.__name__}"):
        with fault(struck):
            update = struck.api.text(person, QUESTION)
            struck.api.wait_for(lambda: [status for each, status in struck.api.deliveries if each == update])
        struck.api.wait_for(lambda: (update, 200) in struck.api.deliveries, 60)
        struck.api.wait_for(lambda: struck.api.sent(person), 60)


def test_health_says_it_is_the_database(struck: Target, fault: Fault) -> None:
    def health() -> tuple[int, list[str]]:
        answer = httpx.get(f"{struck.url}/webhooks/web/health", timeout=30, trust_env=False)
        return answer.status_code, answer.json()["faults"]

    with struck.tally.attack(f"database: {fault.__name__}"):
        with fault(struck):
            assert health() in ((503, ["database"]), *([(200, [])] if fault is full_disk else []))  # a write may fit
        wait_until(lambda: health() == (200, []))


def test_who_starts_it_on_a_database_that_can_not_be_written_is_told_so(tmp_path: Path) -> None:
    settings, variables = fresh_settings(tmp_path)
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    database.touch()
    with not_to_be_written([database]), botwijzer(tmp_path, variables, "run") as command:
        assert command.end() == 1
        assert len(command.err.strip().splitlines()) == 1, command.err
        assert "readonly database" in command.err
