"""A question that the article answers."""

from __future__ import annotations

import pytest

from actions.action_answer import ActionAnswer
from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.rendering import plain_text
from tests.actions.conftest import RunAction


@pytest.mark.parametrize("passage_id", article().passages)
def test_every_passage_is_shown_as_one_message_with_its_structured_form(run_action: RunAction, passage_id: str) -> None:
    outcome = run_action(ActionAnswer(), ["faq_" + passage_id])

    answer = build_answer(article(), [passage_id])
    assert outcome.texts == [plain_text(answer)]
    assert outcome.customs == [answer.to_json()]
    assert outcome.buttons == [(f.title, f.payload) for f in answer.follow_ups]


def test_the_passage_is_remembered_behind_those_read_before(run_action: RunAction) -> None:
    outcome = run_action(ActionAnswer(), ["faq_calcium"], answered=["zwemmen"])

    assert outcome.slots == {"answered": ["zwemmen", "calcium"]}


def test_questions_answered_before_are_not_offered_again(run_action: RunAction) -> None:
    first, *others = article().passages["calcium"].related

    outcome = run_action(ActionAnswer(), ["faq_calcium"], answered=[first])

    assert outcome.payloads == ["/faq_" + name for name in others]


def test_a_question_asked_again_is_answered_again(run_action: RunAction) -> None:
    outcome = run_action(ActionAnswer(), ["faq_calcium"], answered=["calcium"])

    assert outcome.texts == [plain_text(build_answer(article(), ["calcium"]))]


def test_two_questions_get_both_passages_in_one_answer(run_action: RunAction) -> None:
    outcome = run_action(ActionAnswer(), ["faq_calcium"], also="faq_zwemmen")

    assert outcome.texts == [plain_text(build_answer(article(), ["calcium", "zwemmen"]))]
    assert outcome.slots == {"answered": ["calcium", "zwemmen"]}


@pytest.mark.parametrize("also", ["decline_dosage", "handoff"])
def test_a_second_question_that_the_article_lacks_gets_its_words_beneath(run_action: RunAction, also: str) -> None:
    outcome = run_action(ActionAnswer(), ["faq_calcium"], also=also)

    answer, beneath = outcome.texts
    assert answer == plain_text(build_answer(article(), ["calcium"]))
    assert "medewerker" in beneath
