"""The visitor wants a human."""

from __future__ import annotations

import pytest

from actions.action_handoff import ActionHandoff
from tests.actions.conftest import RunAction
from tests.unit_helpers import use_settings


def test_the_ways_to_a_human_are_shown_and_what_happens_next(
    run_action: RunAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(monkeypatch, contact_phone="0800 1234", contact_hours="elke werkdag")

    outcome = run_action(ActionHandoff(), ["handoff"])

    (text,) = outcome.texts
    assert "bel 0800 1234" in text
    assert "elke werkdag" in text
    assert "denkt iemand met je mee" in text
    assert "huisarts" in text


def test_a_human_is_not_on_offer_any_more(run_action: RunAction) -> None:
    outcome = run_action(ActionHandoff(), ["affirm"], offer="handoff")

    assert outcome.slots == {"offer": None}
