"""'Vertel meer'."""

from __future__ import annotations

from actions.action_more import ActionMore
from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.rendering import plain_text
from tests.actions.conftest import RunAction


def test_the_next_passage_of_the_section_is_shown_and_remembered(run_action: RunAction) -> None:
    outcome = run_action(ActionMore(), ["more"], answered=["op_definitie"])

    assert outcome.texts == [plain_text(build_answer(article(), ["op_botmassa"]))]
    assert outcome.slots == {"answered": ["op_definitie", "op_botmassa"]}


def test_at_the_end_of_the_section_other_questions_are_offered(run_action: RunAction) -> None:
    outcome = run_action(ActionMore(), ["more"], answered=["op_definitie", "op_botmassa", "op_wie", "op_risico"])

    (text,) = outcome.texts
    assert text.startswith("Meer staat hier niet over in het artikel.")
    assert outcome.payloads == ["/faq_op_voorkomen", "/faq_beweging", "/faq_voeding"]
    assert outcome.customs == []
    assert outcome.events == []


def test_who_has_read_nothing_is_offered_where_to_begin(run_action: RunAction) -> None:
    outcome = run_action(ActionMore(), ["more"])

    assert outcome.payloads == ["/" + p.intent for p in article().passages.values()][:3]


def test_who_has_read_everything_is_told_so_without_buttons(run_action: RunAction) -> None:
    outcome = run_action(ActionMore(), ["more"], answered=list(article().passages))

    assert len(outcome.texts) == 1
    assert outcome.buttons == []


def test_passages_that_the_article_no_longer_has_do_no_harm(run_action: RunAction) -> None:
    outcome = run_action(ActionMore(), ["more"], answered=["op_definitie", "afgeschaft"])

    assert outcome.texts == [plain_text(build_answer(article(), ["op_botmassa"]))]
