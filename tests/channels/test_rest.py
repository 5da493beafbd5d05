"""The REST channel, spoken to over HTTP with a stand-in for Rasa behind it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from botwijzer.channels.rest import LONGEST_SENDER, MAX_BYTES, RestChannel
from botwijzer.channels.turn import STATEMENT, TROUBLE, Turn
from botwijzer.responses import blanks
from botwijzer.serving.context import ANSWERED
from tests.unit_helpers import domain, use_responses, use_settings

WEBHOOK = "/webhooks/rest/webhook"


class Rasa:
    """Takes the messages that the channel passes on, and says the same to each of them."""

    def __init__(self, *says: dict[str, Any]) -> None:
        self.says = says
        self.heard: list[UserMessage] = []

    async def __call__(self, message: UserMessage) -> None:
        self.heard.append(message)
        for said in self.says:
            await message.output_channel.send_response(message.sender_id, said)


class FailingRasa(Rasa):
    """Says something or nothing, and then fails."""

    async def __call__(self, message: UserMessage) -> None:
        await super().__call__(message)
        raise RuntimeError("geheim van de server")


class HangingRasa(Rasa):
    """Says something or nothing, and then never comes back."""

    async def __call__(self, message: UserMessage) -> None:
        await super().__call__(message)
        await asyncio.Event().wait()


@pytest.fixture(autouse=True)
def _many_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets several Sanic apps start in one process."""
    monkeypatch.setattr(Sanic, "test_mode", True)


@pytest.fixture(autouse=True)
def _default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch)
    monkeypatch.setattr("botwijzer.channels.rest.settings", lambda: current)


def ask(turn: Turn, body: bytes | dict[str, Any], begun: bool = True, shown: Sequence[str] = ()) -> httpx.Response:
    """Sends one request of a program on this machine to a REST channel with this Rasa behind it.

    Args:
        turn: Stands for Rasa.
        body: What is posted.
        begun: Whether the assistant has said something in this conversation before.
        shown: Passages that this conversation has shown.
    """
    (answer,) = send(turn, Sent(body), begun=begun, shown=shown)
    return answer


@dataclass(frozen=True)
class Sent:
    """A request: its body, the address it comes from, and headers."""

    body: bytes | dict[str, Any] = field(default_factory=lambda: {"sender": "anna", "message": "hallo"})
    address: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)


def send(turn: Turn, *requests: Sent, begun: bool = True, shown: Sequence[str] = ()) -> list[httpx.Response]:
    """Sends requests, one after the other, to a REST channel with this Rasa behind it."""

    async def retrieve(conversation: str) -> DialogueStateTracker:
        slots = [AnySlot(ANSWERED, mappings=[{}])]
        events = [SlotSet(ANSWERED, list(shown)), BotUttered("Hallo!")] if begun else []
        return DialogueStateTracker.from_events(conversation, events, slots)

    async def exchange() -> list[httpx.Response]:
        app = Sanic(f"rest-{uuid.uuid4().hex}")
        app.ctx.agent = SimpleNamespace(
            domain=SimpleNamespace(
                responses=domain()["responses"], session_config=SimpleNamespace(session_expiration_time=60)
            ),
            tracker_store=SimpleNamespace(retrieve=retrieve),
        )
        app.blueprint(RestChannel().blueprint(turn), url_prefix="/webhooks/rest")
        app.asgi = True
        await app._startup()  # type: ignore[no-untyped-call]
        return [await _sent(app, each) for each in requests]

    return asyncio.run(exchange())


async def _sent(app: Sanic[Any, Any], sent: Sent) -> httpx.Response:
    content = sent.body if isinstance(sent.body, bytes) else json.dumps(sent.body).encode()
    transport = httpx.ASGITransport(app=app, client=(sent.address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:5005") as client:
        return await client.post(WEBHOOK, content=content, headers={"Content-Type": "application/json", **sent.headers})


def say(turn: Turn, message: str) -> list[dict[str, Any]]:
    """What comes back for a message of the visitor 'anna'."""
    answer = ask(turn, {"sender": "anna", "message": message})
    assert answer.status_code == httpx.codes.OK
    said: list[dict[str, Any]] = answer.json()
    return said


def trouble() -> str:
    """What a visitor reads when something went wrong."""
    return str(domain()["responses"][TROUBLE][0]["text"]).format_map(blanks())


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "must be an object"),
        (b"hallo", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b"\xff\xfe", 400, "no JSON"),
        (b"[" * 100_000, 400, "no JSON"),
        (b"null", 400, "must be an object"),
        (b'"hallo"', 400, "must be an object"),
        (b'[{"sender": "anna", "message": "hallo"}]', 400, "must be an object"),
        (b'{"message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": null, "message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": "", "message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": 7, "message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": ["anna"], "message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": "anna\\n", "message": "hallo"}', 400, "'sender' must be"),
        (b'{"sender": "\\ud800", "message": "hallo"}', 400, "'sender' must be"),
        ({"sender": "a" * (LONGEST_SENDER + 1), "message": "hallo"}, 400, "'sender' must be"),
        ({"sender": "a" * 10_000, "message": "hallo"}, 400, "'sender' must be"),
        (b'{"sender": "anna"}', 400, "'message' must be"),
        (b'{"sender": "anna", "message": null}', 400, "'message' must be"),
        (b'{"sender": "anna", "message": {"text": "hallo"}}', 400, "'message' must be"),
        (b'{"sender": "anna", "message": "' + b"a" * MAX_BYTES + b'"}', 413, "larger than"),
    ],
    ids=lambda value: repr(value)[:50] if isinstance(value, (bytes, dict)) else None,
)  # fmt: skip
def test_what_is_no_message_is_refused_with_a_reason(body: bytes | dict[str, Any], status: int, reason: str) -> None:
    rasa = Rasa({"text": "Hallo!"})

    answer = ask(rasa, body)

    assert answer.status_code == status
    assert reason in answer.json()["error"]
    assert rasa.heard == []


def test_a_channel_that_is_off_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch, rest="off")
    monkeypatch.setattr("botwijzer.channels.rest.settings", lambda: current)

    answer = ask(Rasa({"text": "Hallo!"}), {"sender": "anna", "message": "hallo"})

    assert answer.status_code == httpx.codes.NOT_FOUND
    assert "off" in answer.json()["error"]


def test_an_answer_is_one_message_with_text_buttons_and_structured_form() -> None:
    text = "Een alinea.\n\nNog een alinea.\n\nBronnen"
    buttons = [{"title": "Waarom?", "payload": "/faq_calcium"}]
    custom = {"kind": "answer", "passages": []}
    more = {"utter_action": "x", "human": "x", "metadata": {"meaning": "care"}}

    said = say(Rasa({"text": text, "buttons": buttons, "custom": custom, **more}), "hallo")

    assert said == [{"recipient_id": "anna", "text": text, "buttons": buttons, "custom": custom}]


def test_the_opening_statement_stands_before_the_answer() -> None:
    said = say(Rasa({"text": "Ik ben een chatbot.", "utter_action": STATEMENT}, {"text": "Antwoord."}), "hallo")

    assert [message["text"] for message in said] == ["Ik ben een chatbot.", "Antwoord."]


def test_the_conversation_is_kept_under_the_name_of_the_channel() -> None:
    rasa = Rasa({"text": "Hallo!"})

    say(rasa, "hallo")

    assert (rasa.heard[0].sender_id, rasa.heard[0].input_channel) == ("rest:anna", "rest")


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ("Wat is osteoporose?", "Wat is osteoporose?"),
        ("/faq_calcium", "/faq_calcium"),
        ("/restart", "restart"),
        (" /restart", "restart"),
        ('/handoff{"email": "x@y.nl"}', "/out_of_scope"),
        ("", "/empty_message"),
        ("\ud800", "/empty_message"),
        ("bot " * 25_000, "/too_long_message"),
    ],
    ids=lambda text: ascii(text)[:50],
)
def test_rasa_hears_words_or_a_known_payload(sent: str, heard: str) -> None:
    rasa = Rasa({"text": "Hallo!"})

    say(rasa, sent)

    assert [message.text for message in rasa.heard] == [heard]


@pytest.mark.parametrize("rasa", [Rasa(), FailingRasa(), HangingRasa()], ids=["is silent", "fails", "hangs"])
def test_a_turn_without_a_word_ends_with_an_apology_and_a_way_to_a_human(
    monkeypatch: pytest.MonkeyPatch, rasa: Rasa
) -> None:
    monkeypatch.setattr("botwijzer.channels.turn.MOST_SECONDS", 0.05)

    said = say(rasa, "hallo")

    assert said == [{"recipient_id": "anna", "text": trouble()}]
    assert "medewerker" in trouble()
    assert "{" not in trouble()


def test_who_is_new_is_told_that_this_is_a_chatbot_even_when_something_goes_wrong() -> None:
    said = ask(FailingRasa(), {"sender": "anna", "message": "hallo"}, begun=False).json()

    opening = str(domain()["responses"][STATEMENT][0]["text"])
    assert [message["text"] for message in said] == [opening, trouble()]


def test_a_turn_that_is_not_remembered_asks_nothing_that_needs_to_be() -> None:
    asked = {"text": "Waar mag het antwoord heen?", "utter_action": "utter_request_ask_contact"}

    said = say(FailingRasa({"text": "Ik help je.", "utter_action": "utter_handoff"}, asked), "ik wil een mens")

    assert said == [{"recipient_id": "anna", "text": trouble()}]


@pytest.mark.parametrize(("meaning", "is_kept"), [("request", False), ("handoff", False), ("request_sent", True)])
def test_whether_a_failed_turn_keeps_what_it_said_is_told_by_its_meaning(
    monkeypatch: pytest.MonkeyPatch, meaning: str, is_kept: bool
) -> None:
    use_responses(monkeypatch, utter_nieuw={"text": "...", "metadata": {"meaning": meaning}})

    said = say(FailingRasa({"text": "Nieuw.", "utter_action": "utter_nieuw"}), "ja")

    assert said == [{"recipient_id": "anna", "text": "Nieuw." if is_kept else trouble()}]


@pytest.mark.parametrize("name", ["utter_request_sent", "utter_request_sent_live", None])
def test_what_a_failed_turn_said_stays_said_where_nothing_has_to_be_remembered(name: str | None) -> None:
    said = say(FailingRasa({"text": "Verstuurd.", "utter_action": name}), "ja")

    assert said == [{"recipient_id": "anna", "text": "Verstuurd."}]


def test_a_conversation_that_cannot_be_read_still_gets_its_answer() -> None:
    rasa = Rasa({"text": "Hallo!"})

    answer = ask(rasa, {"sender": "anna", "message": "hallo"}, shown=["no_such_passage"])

    assert [message["text"] for message in answer.json()] == ["Hallo!"]


@pytest.mark.parametrize("kind", [Rasa, FailingRasa, HangingRasa])
def test_the_opening_statement_alone_is_no_reply(monkeypatch: pytest.MonkeyPatch, kind: type[Rasa]) -> None:
    monkeypatch.setattr("botwijzer.channels.turn.MOST_SECONDS", 0.05)

    said = say(kind({"text": "Ik ben een chatbot.", "utter_action": STATEMENT}), "hallo")

    assert [message["text"] for message in said] == ["Ik ben een chatbot.", trouble()]


@pytest.mark.parametrize("kind", [FailingRasa, HangingRasa])
def test_what_was_said_before_a_turn_failed_is_enough(monkeypatch: pytest.MonkeyPatch, kind: type[Rasa]) -> None:
    monkeypatch.setattr("botwijzer.channels.turn.MOST_SECONDS", 0.05)

    said = say(kind({"text": "Antwoord."}), "hallo")

    assert [message["text"] for message in said] == ["Antwoord."]


@pytest.mark.parametrize("rasa", [FailingRasa(), HangingRasa()], ids=["fails", "hangs"])
def test_the_log_of_a_failed_turn_holds_neither_the_question_nor_the_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, rasa: Rasa
) -> None:
    monkeypatch.setattr("botwijzer.channels.turn.MOST_SECONDS", 0.05)

    say(rasa, "mijn heup is gebroken")

    assert "a turn" in caplog.text
    assert "heup" not in caplog.text
    assert "geheim" not in caplog.text
    assert "anna" not in caplog.text
