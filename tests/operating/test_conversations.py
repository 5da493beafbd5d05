"""What whoever runs the assistant does with one conversation: finding it in the logs, erasing it."""

from __future__ import annotations

import datetime
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from botwijzer import cli
from botwijzer.channels import transcript_tables
from botwijzer.channels.transcript import Transcript
from botwijzer.cli import app
from botwijzer.database import DatabaseError, migrate, now, open_database
from botwijzer.handoff.outbox import MAIL
from botwijzer.handoff.store import Requests
from botwijzer.operating.conversations import STILL_THERE, erase_conversation, hash_of_conversation
from botwijzer.operating.logs import hash_of, use_key
from tests.conftest import Stack, fresh_settings, new_sender
from tests.handoff.test_store import wanted
from tests.readers import files_with, reading
from tests.serving.test_conversations import conversations, read, turn
from tests.test_faults import botwijzer
from tests.unit_helpers import use_settings


def test_a_conversation_is_found_by_its_key_and_by_the_reference_of_its_request(database_url: str) -> None:
    use_key(Transcript(database_url).signing_key())
    expected = hash_of("web:abc")
    reference = Requests(database_url).submit(wanted("web:abc"), [MAIL], live=False).reference

    assert hash_of_conversation(database_url, "web:abc") == expected
    assert hash_of_conversation(database_url, reference.lower()) == expected


def test_a_reference_that_nobody_has_is_said(database_url: str) -> None:
    with pytest.raises(DatabaseError, match="there is no request BW-XXXX"):
        hash_of_conversation(database_url, "BW-XXXX")


def test_without_a_key_nothing_is_made_up(empty_database: str) -> None:
    migrate(empty_database)

    with pytest.raises(DatabaseError, match="has not run"):
        hash_of_conversation(empty_database, "rest:anna")


@pytest.mark.parametrize("by_reference", [True, False])
@pytest.mark.parametrize("conversation", ["web:abc", "telegram:12", "rest:anna"])
def test_a_conversation_is_erased_with_its_requests_and_no_other(
    database_url: str, conversation: str, by_reference: bool
) -> None:
    store, requests = Transcript(database_url), Requests(database_url)
    for session in ("abc", "other"):
        store.begin(session, [{"kind": "text", "text": "welkom"}])
    for key in (conversation, "rest:other"):
        turn(conversations(database_url), "hallo", key)
    reference = requests.submit(wanted(conversation), [MAIL], live=False).reference
    other = requests.submit(wanted("rest:other"), [MAIL], live=False).reference

    erased = erase_conversation(database_url, reference if by_reference else conversation)

    assert erased == [reference]
    assert requests.find(reference) is None
    assert requests.find(other)
    assert read(conversations(database_url), conversation) is None
    assert read(conversations(database_url), "rest:other")
    assert store.knows("abc") == (conversation != "web:abc")
    assert store.knows("other")


def test_an_erased_conversation_begins_anew(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = new_sender()
    begun = stack.say("/faq_op_definitie", visitor).said
    use_settings(monkeypatch, database_url=stack.settings.database_url)

    done = CliRunner().invoke(app, ["erase", f"rest:{visitor}"])

    assert (done.exit_code, done.output) == (0, "The conversation was erased.\n")
    assert stack.say("/faq_op_definitie", visitor).said == begun


def test_what_can_not_be_found_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, database_url=f"sqlite:///{tmp_path / 'test.db'}")

    for command in ("erase", "conversation-hash"):
        done = CliRunner().invoke(app, [command, "BW-XXXX"])
        assert (done.exit_code, done.output) == (1, "Botwijzer can't go on: there is no request BW-XXXX\n")


def overdue_shop(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Transcript:
    """A database in which 2 of 3 conversations are too old."""
    store = Transcript(database_url)
    for session in ("old", "older", "new"):
        store.begin(session, [])
    with store._engine.begin() as connection:
        moment = now() - datetime.timedelta(days=31)
        sessions = transcript_tables.sessions
        connection.execute(sessions.update().where(sessions.c.id != "new").values(active=moment))
    use_settings(monkeypatch, database_url=database_url)
    return store


HELD_TEXT = (
    "2 of 3 conversations\n0 of 0 requests\n"
    "The assistant does not erase them by itself: 2 of 3 conversations and requests would be erased at once.\n"
)


def test_what_is_held_is_erased_by_the_command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = overdue_shop(database_url, monkeypatch)

    done = CliRunner().invoke(app, ["erase", "--overdue"])

    first, _, rest = done.output.partition("\n")
    assert re.fullmatch(r"Older than 30 days at \d{4}-\d\d-\d\d \d\d:\d\d UTC, by the clock of this machine:", first)
    assert rest == HELD_TEXT + "Erased: 2 conversations, 0 requests.\n"
    assert done.exit_code == 0
    assert [session for session in ("old", "older", "new") if store.knows(session)] == ["new"]
    with open_database(database_url).connect() as connection:
        assert connection.scalar(sa.text("SELECT value FROM web_values WHERE name = 'last_erasure'"))


@pytest.mark.parametrize(("options", "answer", "left"), [([], "n", 3), ([], "y", 1), ([], "", 3), (["--yes"], "", 1)])
def test_at_a_terminal_it_asks_first(
    database_url: str, monkeypatch: pytest.MonkeyPatch, options: list[str], answer: str, left: int
) -> None:
    store = overdue_shop(database_url, monkeypatch)
    monkeypatch.setattr(cli, "_at_a_terminal", lambda: True)

    done = CliRunner().invoke(app, ["erase", "--overdue", *options], input=f"{answer}\n")

    assert done.exit_code == 0
    assert ("Erase them? [y/N]" in done.output) is not bool(options)
    assert ("Nothing was erased." in done.output) == (left == 3)
    assert sum(store.knows(session) for session in ("old", "older", "new")) == left


@pytest.mark.parametrize("arguments", [[], ["rest:anna", "--overdue"]])
def test_the_command_wants_one_conversation_or_all_that_is_overdue(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["erase", *arguments])

    assert done.exit_code == 2
    assert "name a conversation, or give --overdue" in done.output


def test_the_command_waits_while_another_program_reads(tmp_path: Path) -> None:
    settings, variables = fresh_settings(tmp_path)
    file = tmp_path / "conversations.db"
    migrate(settings.database_url)
    turn(conversations(settings.database_url), "Zevenslaper", "rest:anna")
    with ExitStack() as reader:
        reader.enter_context(reading(file))
        with botwijzer(tmp_path, variables, "erase", "rest:anna") as command:
            command.wait_for(STILL_THERE)
            assert files_with("Zevenslaper", file)
            assert "was erased" not in command.out
            reader.close()
            assert command.end() == 0
            assert command.out == f"{STILL_THERE}\nThe conversation was erased.\n"
    assert files_with("Zevenslaper", file) == []
