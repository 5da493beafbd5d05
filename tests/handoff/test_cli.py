"""What the staff does at the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from botwijzer.cli import app
from botwijzer.database import migrate
from botwijzer.handoff.outbox import MAIL, Outbox
from botwijzer.handoff.request import Request
from botwijzer.handoff.store import Requests
from botwijzer.settings import PREFIX, Settings
from tests.handoff.smtp_server import MailServer
from tests.handoff.test_store import wanted


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that the commands use."""
    address = f"sqlite:///{tmp_path / 'requests.db'}"
    monkeypatch.setattr(Settings.__config__, "env_file", None)
    monkeypatch.setenv(PREFIX + "DATABASE_URL", address)
    migrate(address)
    return address


@pytest.fixture
def request_made(url: str) -> Request:
    """A request."""
    return Requests(url).submit(
        wanted(question="=HYPERLINK(1)", name="An", email="an@example.nl", earlier=("Hoe?", "Wat?")), [MAIL], False
    )


def botwijzer(*words: str) -> tuple[int, str]:
    """Exit code and what is printed."""
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_the_list_holds_no_personal_data(request_made: Request) -> None:
    code, printed = botwijzer("requests", "list")

    assert code == 0
    assert request_made.reference in printed
    assert "1 on the way" in printed
    assert "An" not in printed
    assert "HYPERLINK" not in printed


def test_one_is_shown_whole_and_closed_once(request_made: Request) -> None:
    assert "an@example.nl" in botwijzer("requests", "show", request_made.reference.lower())[1]
    assert botwijzer("requests", "close", request_made.reference)[0] == 0
    assert botwijzer("requests", "close", request_made.reference)[0] == 1
    assert request_made.reference not in botwijzer("requests", "list")[1]
    assert request_made.reference in botwijzer("requests", "list", "--all")[1]


def test_what_is_not_there_is_said_in_a_sentence(url: str) -> None:
    code, printed = botwijzer("requests", "show", "BW-ZZZZ")

    assert code == 1
    assert "there is no request BW-ZZZZ" in printed


def test_they_are_exported_as_json_and_for_a_spreadsheet(request_made: Request) -> None:
    (row,) = json.loads(botwijzer("requests", "export")[1])
    (cells,) = csv.DictReader(io.StringIO(botwijzer("requests", "export", "--as", "csv")[1]))

    assert row["question"] == "=HYPERLINK(1)"
    assert row["earlier"] == "Hoe? | Wat?"
    assert cells["question"] == "'=HYPERLINK(1)"  # no formula
    assert cells["email"] == "an@example.nl"


def test_nothing_is_exported_as_nothing(url: str) -> None:
    assert botwijzer("requests", "export", "--as", "csv") == (0, "")
    assert json.loads(botwijzer("requests", "export")[1]) == []


def test_what_has_not_arrived_is_tried_again(request_made: Request, url: str) -> None:
    outbox = Outbox(url)
    claimed = outbox.claim([MAIL])
    assert claimed
    outbox.again(claimed[0].id, None)

    assert botwijzer("requests", "retry") == (0, "1 to be tried again\n")
    assert outbox.claim([MAIL])


def test_a_test_mail_is_sent(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert botwijzer("mail-test")[0] == 1
    with MailServer() as server:
        monkeypatch.setenv(PREFIX + "SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        monkeypatch.setenv(PREFIX + "HANDOFF_EMAIL", "hulp@shop.example")
        assert botwijzer("mail-test") == (0, "A test mail was sent to hulp@shop.example.\n")
        server.wait_for(messages=1)
        server.stop_listening()
        code, printed = botwijzer("mail-test")

    assert code == 1
    assert "Botwijzer can't go on" in printed
