"""'Ja'."""

from __future__ import annotations

import pytest

from actions.action_affirm import ActionAffirm
from actions.action_handoff import ActionHandoff
from botwijzer.channels.erasing import ERASE
from botwijzer.handoff.store import Requests, Wanted
from tests.actions.conftest import RunAction, said

SENT = {"id": "d" * 32, "step": "sent"}


def test_a_yes_to_the_offer_of_a_human_leads_to_one(run_action: RunAction) -> None:
    outcome = run_action(ActionAffirm(), ["affirm"], offer="handoff")

    assert outcome.texts == run_action(ActionHandoff(), ["handoff"]).texts
    assert outcome.slots["offer"] is None
    assert outcome.slots["request"]["step"] == "contact"


@pytest.mark.parametrize("offer", [None, "none"])
def test_a_yes_to_nothing_in_particular_is_met_with_questions_to_choose_from(
    run_action: RunAction, offer: str | None
) -> None:
    outcome = run_action(ActionAffirm(), ["affirm"], offer=offer)

    assert len(outcome.texts) == 1
    assert outcome.texts[0].endswith("?")
    assert all(payload.startswith("/faq_") for payload in outcome.payloads)
    assert len(outcome.payloads) == 3


def test_a_yes_to_erasing_asks_the_channel_to_do_so(run_action: RunAction) -> None:
    outcome = run_action(ActionAffirm(), ["affirm"], offer="erase")

    assert outcome.customs == [ERASE]
    assert outcome.slots == {}  # so that the same 'ja' does it again when the channel could not


def test_a_yes_that_comes_twice_tells_again_what_was_sent(run_action: RunAction, requests: Requests) -> None:
    request = requests.submit(Wanted("d" * 32, "rest:test", "Wat?", email="an@example.nl"), [], False)
    kept = {**SENT, "reference": request.reference}

    again = run_action(ActionAffirm(), ["affirm"], request=kept, before=[said("ja", "request_detail")])
    later = run_action(ActionAffirm(), ["affirm"], request=kept, before=[said("zwemmen?", "faq_zwemmen")])

    assert request.reference in again.texts[0]
    assert request.reference not in later.texts[0]
