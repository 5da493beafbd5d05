"""Everything that is said in fixed words."""

from __future__ import annotations

import pytest

from actions.action_reply import ActionReply
from botwijzer.article import article
from tests.actions.conftest import RunAction
from tests.unit_helpers import domain, single_turns

REPLIED = [intent for intent, action in single_turns().items() if action == "action_reply"]
DECLINED = [intent for intent in domain()["intents"] if intent.startswith("decline_")]


@pytest.mark.parametrize("intent", REPLIED)
def test_every_intent_with_fixed_words_has_them_with_all_blanks_filled_in(run_action: RunAction, intent: str) -> None:
    outcome = run_action(ActionReply(), [intent])

    (text,) = outcome.texts
    assert text.strip()
    assert not {"{", "}"} & set("".join([text, *(title for title, _ in outcome.buttons)]))


@pytest.mark.parametrize("intent", DECLINED)
def test_a_decline_names_the_article_or_its_limits_and_offers_a_human(run_action: RunAction, intent: str) -> None:
    outcome = run_action(ActionReply(), [intent])

    (text,) = outcome.texts
    assert article().advice in text
    assert "Wil je het met een medewerker bespreken?" in text
    assert "/handoff" in outcome.payloads
    assert outcome.slots == {"offer": "handoff"}


@pytest.mark.parametrize("intent", sorted(set(REPLIED) - set(DECLINED)))
def test_nothing_else_is_an_offer(run_action: RunAction, intent: str) -> None:
    assert run_action(ActionReply(), [intent]).events == []


@pytest.mark.parametrize("intent", REPLIED)
def test_fixed_words_quote_no_passage(run_action: RunAction, intent: str) -> None:
    (text,) = run_action(ActionReply(), [intent]).texts

    lines = [line for passage in article().passages.values() for line in passage.sentences if len(line.split()) > 4]
    assert not [line for line in lines if line in text]


@pytest.mark.parametrize("intent", ["sources", "disclaimer"])
def test_sources_and_disclaimer_are_complete(run_action: RunAction, intent: str) -> None:
    (text,) = run_action(ActionReply(), [intent]).texts

    assert article().disclaimer in text
    assert all(source.title in text and source.url in text for source in article().sources)
    assert article().url in text


def test_two_questions_that_the_article_lacks_get_both_their_words(run_action: RunAction) -> None:
    outcome = run_action(ActionReply(), ["decline_sun"], also="decline_dosage")

    alone = [text for intent in ("decline_sun", "decline_dosage") for text in run_action(ActionReply(), [intent]).texts]
    assert outcome.texts == alone
