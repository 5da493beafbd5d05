"""The visitor did not understand the answer."""

from __future__ import annotations

from typing import Any

import pytest

from actions.action_explain import ActionExplain
from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.rendering import plain_text
from tests.actions.conftest import RunAction

SHOWN = {"event": "slot", "name": "answered", "value": ["calcium"]}


def asked(intent: str) -> dict[str, Any]:
    """The event of a message with this intent."""
    return {"event": "user", "parse_data": {"intent": {"name": intent}}}


def test_another_passage_on_the_same_subject_is_shown(run_action: RunAction) -> None:
    outcome = run_action(ActionExplain(), before=[asked("faq_calcium"), SHOWN, asked("rephrase")], answered=["calcium"])

    said, answer = outcome.texts
    related = article().passages["calcium"].related[0]
    assert "medewerker" in said
    assert answer == plain_text(build_answer(article(), [related], ["calcium", related]))


@pytest.mark.parametrize("intent", ["decline_sun", "urgent_acute"])
def test_no_passage_follows_what_was_declined_or_urgent(run_action: RunAction, intent: str) -> None:
    outcome = run_action(ActionExplain(), before=[SHOWN, asked(intent), asked("rephrase")], answered=["calcium"])

    assert len(outcome.texts) == 1
    assert outcome.events == []


def test_before_anything_was_read_there_is_nothing_to_show(run_action: RunAction) -> None:
    assert len(run_action(ActionExplain(), before=[asked("rephrase")]).texts) == 1


def test_a_visitor_who_has_read_everything_is_pointed_to_a_human(run_action: RunAction) -> None:
    outcome = run_action(ActionExplain(), before=[SHOWN], answered=list(article().passages))

    (text,) = outcome.texts
    assert "medewerker" in text
