"""A conversation in the terminal: how a reply is laid out, and what is sent."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.rendering import plain_text
from botwijzer.terminal import MOST_COLUMNS, converse, layout

BUTTONS = [{"title": "Waarom?", "payload": "/faq_calcium"}, {"title": "Hoe?", "payload": "/faq_beweging"}]


def test_a_long_line_is_wrapped_between_words() -> None:
    drawn = layout([{"text": "een twee drie vier vijf zes"}], columns=10)

    assert drawn.splitlines() == ["een twee", "drie vier", "vijf zes"]


def test_a_list_item_is_indented_beneath_its_bullet() -> None:
    drawn = layout([{"text": "Lijst:\n- een twee drie\n- vier"}], columns=10)

    assert drawn.splitlines() == ["Lijst:", "- een twee", "  drie", "- vier"]


def test_an_address_is_never_broken() -> None:
    address = "https://shop.example/een-heel-lang-adres"

    assert address in layout([{"text": f"Zie {address} voor meer"}], columns=10).splitlines()


def test_blank_lines_within_an_answer_and_between_messages_stay() -> None:
    assert layout([{"text": "een\n\ntwee"}, {"text": "drie"}], columns=80) == "een\n\ntwee\n\ndrie"


def test_the_buttons_of_all_messages_are_numbered_through_at_the_end() -> None:
    drawn = layout([{"text": "een", "buttons": BUTTONS[:1]}, {"text": "twee", "buttons": BUTTONS[1:]}], columns=80)

    assert drawn == "een\n\ntwee\n\n  [1] Waarom?\n  [2] Hoe?"


def test_a_wide_terminal_is_not_filled() -> None:
    drawn = layout([{"text": "woord " * 100}], columns=500)

    assert max(map(len, drawn.splitlines())) <= MOST_COLUMNS


@pytest.mark.parametrize("passage_id", article().passages)
def test_an_answer_loses_no_word(passage_id: str) -> None:
    text = plain_text(build_answer(article(), [passage_id]))

    assert layout([{"text": text}], columns=60).split() == text.split()


def test_nothing_said_is_nothing_drawn() -> None:
    assert layout([], columns=80) == ""


class Conversation:
    """What a terminal conversation sends to an assistant that always says the same."""

    def __init__(self, reply: httpx.Response) -> None:
        self.reply = reply
        self.sent: list[dict[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Takes one message."""
        self.sent.append(json.loads(request.content))
        return self.reply


def talk(monkeypatch: pytest.MonkeyPatch, *lines: str, reply: httpx.Response | None = None) -> list[dict[str, Any]]:
    """Types these lines and then Ctrl-D; returns what was sent."""
    typed: Iterator[str] = iter(lines)

    def read(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    conversation = Conversation(reply or httpx.Response(200, json=[{"text": "Hallo!", "buttons": BUTTONS}]))
    transport = httpx.MockTransport(conversation.answer)
    monkeypatch.setattr("builtins.input", read)
    monkeypatch.setattr("botwijzer.terminal.httpx.Client", functools.partial(httpx.Client, transport=transport))
    converse("http://botwijzer/webhooks/rest/webhook")
    return conversation.sent


def test_what_is_typed_is_sent_in_one_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = talk(monkeypatch, "hallo", "Wat is osteoporose?")

    assert [message["message"] for message in sent] == ["hallo", "Wat is osteoporose?"]
    assert len({message["sender"] for message in sent}) == 1


def test_a_number_presses_a_button(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = talk(monkeypatch, "hallo", "2")

    assert sent[-1]["message"] == "/faq_beweging"


@pytest.mark.parametrize("typed", ["0", "3", "²", "-1", "1.5"])
def test_a_number_without_a_button_is_text(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert talk(monkeypatch, "hallo", typed)[-1]["message"] == typed


def test_stop_ends_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [message["message"] for message in talk(monkeypatch, "hallo", "Stop", "nog iets")] == ["hallo"]


def test_a_failure_is_told_and_the_conversation_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = talk(monkeypatch, "hallo", "ben je er nog?", reply=httpx.Response(503))

    assert len(sent) == 2
    assert capsys.readouterr().out.count("(geen antwoord") == 2
