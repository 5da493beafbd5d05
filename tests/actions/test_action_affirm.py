"""'Ja'."""

from __future__ import annotations

import pytest

from actions.action_affirm import ActionAffirm
from actions.action_handoff import ActionHandoff
from tests.actions.conftest import RunAction


def test_a_yes_to_the_offer_of_a_human_leads_to_one(run_action: RunAction) -> None:
    outcome = run_action(ActionAffirm(), ["affirm"], offer="handoff")

    assert outcome.texts == run_action(ActionHandoff(), ["handoff"]).texts


@pytest.mark.parametrize("offer", [None, "none"])
def test_a_yes_to_nothing_in_particular_is_met_with_questions_to_choose_from(
    run_action: RunAction, offer: str | None
) -> None:
    outcome = run_action(ActionAffirm(), ["affirm"], offer=offer)

    assert len(outcome.texts) == 1
    assert outcome.texts[0].endswith("?")
    assert all(payload.startswith("/faq_") for payload in outcome.payloads)
    assert len(outcome.payloads) == 3


def test_an_offer_is_taken_up_once(run_action: RunAction) -> None:
    assert run_action(ActionAffirm(), ["affirm"], offer="handoff").slots == {"offer": None}
