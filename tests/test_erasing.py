"""What the running assistant promises of erasing: erased means gone, and nothing is erased by mistake."""

from __future__ import annotations

import asyncio
import datetime
from contextlib import ExitStack
from pathlib import Path

import httpx
import sqlalchemy as sa

from botwijzer.channels import transcript_tables
from botwijzer.channels.transcript import Transcript
from botwijzer.database import migrate, now, open_database
from tests.channels.visitor import visiting
from tests.conftest import Stack, fresh_settings, new_sender, running_stack, wait_until
from tests.operating.conftest import Watched
from tests.readers import files_with, reading
from tests.test_faults import kill
from tests.unit_helpers import free_port

WORD = "zevenslaperkoek"
HELD_TEXT = "erasing is held: 3 of 3 conversations and requests would be erased at once"


def erase_over_rest(stack: Stack) -> None:
    """A visitor says a word, and then erases the conversation."""
    visitor = new_sender()
    stack.say(f"is {WORD} gezond?", visitor)
    stack.say("verwijder mijn gegevens", visitor)
    assert stack.say("ja", visitor).said == ["utter_erased"]


async def erase_in_the_widget(stack: Stack) -> None:
    """The same in the widget."""
    async with visiting(stack.url) as visitor:
        await visitor.answered(f"is {WORD} gezond?")
        assert await visitor.say("erase", {}) == {"ok": True}


def test_what_is_erased_during_a_backup_is_gone_after_it(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        file = tmp_path / "conversations.db"
        with reading(file):
            asyncio.run(erase_in_the_widget(stack))
            erase_over_rest(stack)
            assert stack.say("wat is osteoporose?").passages  # nobody waits for the reader

        wait_until(lambda: not files_with(WORD, file))


def test_what_a_killed_server_could_not_erase_from_the_files_is_erased_at_its_next_start(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack, ExitStack() as reader:
        file = tmp_path / "conversations.db"
        reader.enter_context(reading(file))
        erase_over_rest(stack)
        kill(stack, "rasa")
        stack.supervisor._running["rasa"].wait()  # its last thread has ended too
        reader.close()
        assert files_with(WORD, file)

        stack.supervisor.look()

        wait_until(lambda: not files_with(WORD, file))


def test_a_clock_that_is_wrong_at_the_start_erases_nothing_and_that_is_told(tmp_path: Path) -> None:
    settings, _ = fresh_settings(tmp_path)
    migrate(settings.database_url)
    store, sessions = Transcript(settings.database_url), ("a", "b", "c")
    for session in sessions:
        store.begin(session, [])
    engine = open_database(settings.database_url)
    with engine.begin() as connection:
        two_months_ago = now() - datetime.timedelta(days=60)
        connection.execute(transcript_tables.sessions.update().values(active=two_months_ago))
    with running_stack(tmp_path, metrics_port=str(free_port())) as stack:
        watched = Watched(stack)

        def health() -> httpx.Response:
            return httpx.get(f"{stack.url}/webhooks/web/health", trust_env=False, timeout=30)

        wait_until(lambda: health().json()["warnings"])
        assert health().json() == {"status": "ok", "faults": [], "warnings": [HELD_TEXT]}
        assert health().status_code == httpx.codes.OK
        assert watched.figures()["botwijzer_erasure_held"] == 3
        assert watched.log("rasa").count(HELD_TEXT) == 1
    assert all(store.knows(session) for session in sessions)
    with engine.connect() as connection:
        assert not connection.scalar(sa.text("SELECT count(*) FROM web_values WHERE name = 'last_erasure'"))
