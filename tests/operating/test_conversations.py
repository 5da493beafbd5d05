"""What whoever runs the assistant does with one conversation: finding it in the logs, erasing it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from botwijzer.channels.transcript import Transcript
from botwijzer.cli import app
from botwijzer.database import DatabaseError, migrate
from botwijzer.handoff.outbox import MAIL
from botwijzer.handoff.store import Requests
from botwijzer.operating.conversations import erase_conversation, hash_of_conversation
from botwijzer.operating.logs import hash_of, use_key
from tests.conftest import Stack, new_sender
from tests.handoff.test_store import wanted
from tests.serving.test_conversations import conversations, read, turn
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
    transcript, requests = Transcript(database_url), Requests(database_url)
    for session in ("abc", "other"):
        transcript.begin(session, [{"kind": "text", "text": "welkom"}])
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
    assert transcript.knows("abc") == (conversation != "web:abc")
    assert transcript.knows("other")


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
