"""A message that was not understood."""

from __future__ import annotations

import pytest

from actions.action_rephrase import ActionRephrase
from botwijzer.article import article
from tests.actions.conftest import RunAction

UNSURE = ["nlu_fallback", "faq_zwemmen", "decline_sun", "faq_calcium", "greet", "faq_voeding", "faq_op_wie"]


def test_the_first_time_the_three_likeliest_questions_are_offered(run_action: RunAction) -> None:
    outcome = run_action(ActionRephrase(), UNSURE)

    (text,) = outcome.texts
    assert "Kun je hem anders stellen" in text
    assert "medewerker" in text
    assert outcome.buttons == [
        (article().passages[name].question, "/faq_" + name) for name in ("zwemmen", "calcium", "voeding")
    ]
    assert outcome.slots == {"misunderstood": 1}


def test_without_a_likely_question_none_is_offered(run_action: RunAction) -> None:
    outcome = run_action(ActionRephrase())

    assert len(outcome.texts) == 1
    assert outcome.buttons == []


@pytest.mark.parametrize("before", [1, 2, 7])
def test_from_the_second_time_on_a_human_is_offered(run_action: RunAction, before: int) -> None:
    outcome = run_action(ActionRephrase(), UNSURE, misunderstood=before)

    (text,) = outcome.texts
    assert "Zal ik je in contact brengen met een medewerker?" in text
    assert outcome.payloads == ["/affirm", "/deny"]
    assert outcome.slots == {"misunderstood": before + 1, "offer": "handoff"}
