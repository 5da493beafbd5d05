"""The beginning of a conversation."""

from __future__ import annotations

from actions.action_session_start import ActionSessionStart
from tests.actions.conftest import RunAction


def test_the_first_thing_said_is_that_this_is_a_chatbot_without_medical_advice(run_action: RunAction) -> None:
    outcome = run_action(ActionSessionStart())

    (text,) = outcome.texts
    assert "een chatbot" in text
    assert "één artikel" in text
    assert "geen medisch advies" in text
    assert "medewerker" in text


def test_the_session_is_open_and_waits_for_the_visitor(run_action: RunAction) -> None:
    outcome = run_action(ActionSessionStart())

    assert [event["event"] for event in outcome.events] == ["session_started", "action"]
    assert outcome.events[-1]["name"] == "action_listen"
