"""Rasa's responses: their words are those on disk, said by this project's assistant and by Rasa's own agent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig, read_endpoint_config

from botwijzer.channels.turn import WholeMessages
from botwijzer.responses import Responses
from botwijzer.serving.generator import ResponseGenerator
from botwijzer.training import ensure_model
from tests.serving.in_process import assistant_in
from tests.unit_helpers import ROOT, use_responses, use_settings

NAME, PAYLOAD = "utter_urgent_acute", "/urgent_acute"
"""A response that a rule says without an action in between."""

CHANGED = {"text": "Bel nu. {human}", "buttons": [{"title": "{faq_calcium}", "payload": "/faq_calcium"}]}


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Responses:
    """The responses of this domain with other words in one."""
    return use_responses(monkeypatch, **{NAME: CHANGED})


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> EndpointConfig:
    """What `rasa run` and `rasa shell` read in endpoints.yml about responses."""
    monkeypatch.setenv("BOTWIJZER_DATABASE_URL", "sqlite://")
    monkeypatch.setenv("BOTWIJZER_ACTIONS_PORT", "5055")
    found = read_endpoint_config(str(ROOT / "endpoints.yml"), "nlg")
    assert found is not None
    return found


def said_by(agent: Agent) -> list[dict[str, Any]]:
    """What a new visitor gets to the payload."""
    output = WholeMessages()
    asyncio.run(agent.handle_message(UserMessage(PAYLOAD, output, "rest:anna")))
    return [message for message in output.messages if message["utter_action"] == NAME]


def test_the_assistant_says_the_words_on_disk_and_not_those_in_its_model(changed: Responses, tmp_path: Path) -> None:
    (message,) = said_by(assistant_in(tmp_path))

    assert message["text"] == changed.text(NAME)
    assert message["buttons"] == changed.message(NAME)["buttons"]


def test_so_does_an_agent_of_rasas_own_with_our_endpoints(changed: Responses, endpoint: EndpointConfig) -> None:
    agent = Agent(generator=endpoint)
    agent.load_model(ensure_model())
    said_by(agent)  # the session begins, which needs the action server

    (message,) = said_by(agent)

    assert message["text"] == changed.text(NAME)


def test_a_response_without_an_action_has_its_blanks_filled_in(
    changed: Responses, endpoint: EndpointConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(monkeypatch, contact_phone="0800 1234")
    nlg = NaturalLanguageGenerator.create(endpoint, None)
    tracker = DialogueStateTracker.from_events("anna", [])

    message = asyncio.run(nlg.generate(NAME, tracker, "rest"))

    assert isinstance(nlg, ResponseGenerator)
    assert message is not None
    assert message["text"].startswith("Bel nu. Zo bereik je een medewerker: bel 0800 1234.")
    assert asyncio.run(nlg.generate("utter_nergens", tracker, "rest")) is None


def test_what_a_conversation_keeps_of_a_response_is_what_was_said(changed: Responses, tmp_path: Path) -> None:
    """Not all that could have been filled in."""
    assistant = assistant_in(tmp_path)
    asyncio.run(assistant.handle_message(UserMessage("/greet", WholeMessages(), "rest:anna")))

    tracker = asyncio.run(assistant.tracker_store.retrieve("rest:anna"))

    assert tracker is not None
    kept = [set(event.metadata) - {"model_id", "assistant_id"} for event in tracker.events if event.type_name == "bot"]
    assert kept == [{"utter_action", "template"}] * 2
