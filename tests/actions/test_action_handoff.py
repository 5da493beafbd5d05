"""The visitor wants a human."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from actions.action_handoff import ActionHandoff
from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.request import NO_REQUESTS_KEY, State
from botwijzer.handoff.store import MAX_OPEN, Requests, Wanted
from botwijzer.responses import responses
from tests.actions.conftest import Outcome, RunAction, said
from tests.unit_helpers import use_settings

DESK = {"telegram_operators": "-100123", "telegram_token": "1:a"}
READY = {
    "id": "d" * 32,
    "needs_contact": True,
    "step": "confirm",
    "email": "an@example.nl",
    "question": "Wat kost het?",
}


def opened(run_action: RunAction, *before: dict[str, Any], **more: Any) -> Outcome:
    """What is said to somebody who wants a human."""
    return run_action(ActionHandoff(), ["handoff"], text="ik wil een mens", before=before, **more)


def test_what_happens_and_what_for_is_told_before_anything_is_asked(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch, requests: Requests
) -> None:
    use_settings(monkeypatch, contact_phone="0800 1234", contact_hours="elke werkdag")

    outcome = opened(run_action)

    telling, asking = outcome.texts
    assert "bel 0800 1234" in telling
    assert "elke werkdag" in telling
    assert "alleen om je te antwoorden" in telling
    assert "huisarts" in telling
    assert asking.endswith("?")
    assert requests.listed() == []


def test_a_question_that_was_not_answered_is_the_one_to_pass_on(run_action: RunAction) -> None:
    before = [said("wat is magnesium?", "faq_mg_belang"), said("is het vegan?", "decline_brand_price")]

    outcome = opened(run_action, *before)

    assert outcome.slots["request"]["question"] == "is het vegan?"
    assert outcome.slots["request"]["earlier"] == ("wat is magnesium?",)


def test_a_question_that_was_answered_is_not(run_action: RunAction) -> None:
    outcome = opened(run_action, said("is het vegan?", "decline_brand_price"), said("wat is calcium?", "faq_calcium"))

    assert "question" not in outcome.slots["request"]
    assert outcome.slots["request"]["before"] == "wat is calcium?"


@pytest.mark.parametrize(
    ("sender", "hours", "first", "second"),
    [
        ("rest:x", "", "utter_handoff", "utter_request_ask_contact"),
        ("web:x", "", "utter_handoff_live", "utter_request_ask_question"),
        ("telegram:1", "", "utter_handoff_live", "utter_request_ask_question"),
        ("web:x", "ma 0.00-0.01", "utter_handoff_closed", "utter_request_ask_contact"),
        ("web:x", "elke avond", "utter_handoff_closed", "utter_request_ask_contact"),
        ("telegram:1", "ma 0.00-0.01", "utter_handoff_live", "utter_request_ask_question"),
    ],
)
def test_an_address_is_asked_for_where_the_conversation_itself_is_not_answered(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch, sender: str, hours: str, first: str, second: str
) -> None:
    use_settings(monkeypatch, **DESK, contact_hours=hours)

    assert opened(run_action, sender=sender).texts == [responses().text(first), responses().text(second)]


def test_in_a_group_nobody_is_asked_for_anything(run_action: RunAction) -> None:
    outcome = opened(run_action, sender="telegram:-1001:5")

    assert outcome.texts == [responses().text("utter_handoff_in_group")]
    assert "request" not in outcome.slots


@pytest.mark.parametrize("repeats", [1, 2])
def test_a_yes_keeps_the_request_once_before_the_visitor_is_told(
    run_action: RunAction, requests: Requests, repeats: int
) -> None:
    for _ in range(repeats):
        outcome = run_action(ActionHandoff(), ["affirm"], text="ja", request=READY, answered=["zwemmen"])

    (request,) = requests.listed()
    assert (request.question, request.email, request.passages) == ("Wat kost het?", "an@example.nl", ("zwemmen",))
    assert outcome.slots["request"] == {"id": "d" * 32, "step": "sent", "reference": request.reference}
    assert request.reference in outcome.texts[0]
    assert "an@example.nl" in outcome.texts[0]


def test_a_request_that_can_not_be_kept_is_told_so_and_a_yes_tries_again(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch, requests: Requests
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patched:
        patched.setattr(Requests, "submit", full)
        outcome = run_action(ActionHandoff(), ["affirm"], text="ja", request=READY)

    assert outcome.texts == [responses().text("utter_request_not_kept")]
    kept = outcome.slots["request"]
    assert run_action(ActionHandoff(), ["affirm"], text="ja", request=kept).slots["request"]["step"] == "sent"
    assert len(requests.listed()) == 1


def test_who_waits_for_a_human_already_is_told_so(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch, requests: Requests
) -> None:
    request = requests.submit(Wanted("d" * 32, "web:x", "Wat?"), [], live=True)

    outcome = opened(run_action, sender="web:x")

    assert request.reference in outcome.texts[0]
    assert "request" not in outcome.slots


@pytest.mark.parametrize("intent", ["handoff_nobody", "handoff_silent"])
def test_when_nobody_was_there_another_way_is_asked_for_and_added(
    run_action: RunAction, requests: Requests, intent: str
) -> None:
    request = requests.submit(Wanted("d" * 32, "web:x", "Wat?"), ["desk"], live=True)

    asked = run_action(ActionHandoff(), [intent], text=f"/{intent}", sender="web:x")
    given = run_action(
        ActionHandoff(), ["nlu_fallback"], text="an@example.nl", sender="web:x", request=asked.slots["request"]
    )
    outcome = run_action(ActionHandoff(), ["affirm"], text="ja", sender="web:x", request=given.slots["request"])

    assert request.reference in asked.texts[0]
    found = requests.find(request.reference)
    assert found
    assert found.email == "an@example.nl"
    assert outcome.slots["request"]["step"] == "sent"
    assert Outbox(str(requests._engine.url)).undelivered() == {request.id: 1}


@pytest.mark.parametrize("intent", ["handoff_nobody", "handoff_silent"])
def test_when_nobody_was_there_and_the_way_is_known_nothing_is_asked(
    run_action: RunAction, requests: Requests, intent: str
) -> None:
    requests.submit(Wanted("d" * 32, "web:x", "Wat?", phone="+31 6 12345678"), [], live=True)

    outcome = run_action(ActionHandoff(), [intent], text=f"/{intent}", sender="web:x")

    assert "+31 6 12345678" in outcome.texts[0]
    assert outcome.slots == {}


def test_a_closed_request_leaves_the_conversation_to_the_assistant(run_action: RunAction, requests: Requests) -> None:
    request = requests.submit(Wanted("d" * 32, "web:x", "Wat?"), [], live=True)
    requests.close(request.id)

    assert requests.state_of("web:x") is State.BOT
    assert opened(run_action, sender="web:x").slots["request"]["step"] == "contact"


def test_where_too_many_requests_came_from_nothing_is_asked_and_the_other_ways_are_named(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch, requests: Requests
) -> None:
    use_settings(monkeypatch, contact_phone="0800 1234")

    outcome = opened(run_action, metadata={NO_REQUESTS_KEY: True})

    assert outcome.texts == [responses().text("utter_request_limit")]
    assert "bel 0800 1234" in outcome.texts[0]
    assert "request" not in outcome.slots
    assert requests.listed() == []


def test_a_request_that_came_to_the_limit_is_kept_as_a_draft_and_sent_with_a_later_yes(
    run_action: RunAction, requests: Requests
) -> None:
    refused = run_action(ActionHandoff(), ["affirm"], text="ja", request=READY, metadata={NO_REQUESTS_KEY: True})
    assert refused.texts == [responses().text("utter_request_limit")]
    assert requests.listed() == []

    run_action(ActionHandoff(), ["affirm"], text="ja", request=refused.slots["request"])

    assert [request.question for request in requests.listed()] == [READY["question"]]


def test_a_fourth_open_request_is_not_begun_nor_sent(run_action: RunAction, requests: Requests) -> None:
    for number in range(MAX_OPEN):
        requests.submit(Wanted(str(number) * 32, "rest:test", "Wat kost het?"), (), live=False)
    enough = [responses().text("utter_request_enough")]

    assert opened(run_action).texts == enough
    assert run_action(ActionHandoff(), ["affirm"], text="ja", request=READY).texts == enough
    assert len(requests.listed()) == MAX_OPEN
