"""What came of a turn, told by what was said in it."""

from __future__ import annotations

import asyncio
import logging

import pytest
from prometheus_client import REGISTRY
from rasa.core.channels.channel import UserMessage

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.erasing import ERASE
from botwijzer.channels.turn import STATEMENT, WholeMessages
from botwijzer.operating.logs import conversation
from botwijzer.operating.turns import Outcome, counted, outcome_of
from tests.unit_helpers import domain, use_responses

ANSWER = {"text": "...", "custom": build_answer(article(), ["calcium"]).to_json()}


def said(*names: str) -> list[dict[str, object]]:
    """Messages that are these responses of the domain."""
    assert set(names) <= set(domain()["responses"])
    return [{"text": "...", "utter_action": name} for name in names]


@pytest.mark.parametrize(
    ("messages", "outcome"),
    [
        ([ANSWER], Outcome.ANSWERED),
        ([*said(STATEMENT), ANSWER], Outcome.ANSWERED),
        ([ANSWER, *said("utter_decline_dosage")], Outcome.ANSWERED),
        ([ANSWER, *said("utter_request_confirm")], Outcome.ANSWERED),
        ([*said("utter_rephrase"), ANSWER], Outcome.ANSWERED),
        (said(STATEMENT, "utter_decline_dosage"), Outcome.DECLINED),
        (said("utter_decline_medicines", "utter_request_ask_contact"), Outcome.DECLINED),
        (said("utter_out_of_scope"), Outcome.DECLINED),
        (said("utter_other_language_en"), Outcome.DECLINED),
        (said("utter_ask_rephrase"), Outcome.FALLBACK),
        (said("utter_offer_human"), Outcome.FALLBACK),
        (said("utter_urgent_acute"), Outcome.URGENT),
        (said("utter_urgent_acute", "utter_handoff", "utter_request_ask_contact"), Outcome.URGENT),
        (said("utter_handoff", "utter_request_ask_contact"), Outcome.HANDOFF),
        (said("utter_request_summary"), Outcome.HANDOFF),
        (said("utter_request_nobody"), Outcome.HANDOFF),
        (said("utter_request_sent"), Outcome.REQUEST_SENT),
        (said("utter_request_sent_live"), Outcome.REQUEST_SENT),
        (said(STATEMENT, "utter_trouble"), Outcome.TROUBLE),
        (said("utter_request_not_kept"), Outcome.TROUBLE),
        ([], Outcome.TROUBLE),
        (said(STATEMENT, "utter_greet"), Outcome.SMALL_TALK),
        ([{"text": "...", "custom": ERASE, "utter_action": "utter_erased"}], Outcome.SMALL_TALK),
        ([{"text": "...", "custom": None}], Outcome.SMALL_TALK),
    ],
    ids=lambda value: value.value if isinstance(value, Outcome) else None,
)
def test_an_outcome_is_told_by_what_was_said(messages: list[dict[str, object]], outcome: Outcome) -> None:
    assert outcome_of(messages) is outcome


def test_every_care_text_and_every_decline_counts_as_one() -> None:
    for name in domain()["responses"]:
        assert (outcome_of(said(name)) is Outcome.URGENT) == name.startswith("utter_urgent_")
        if name.startswith("utter_decline_"):
            assert outcome_of(said(name)) is Outcome.DECLINED


@pytest.mark.parametrize(
    ("meaning", "outcome"),
    [
        ("care", Outcome.URGENT),
        ("trouble", Outcome.TROUBLE),
        (["trouble", "request"], Outcome.TROUBLE),
        ("request_sent", Outcome.REQUEST_SENT),
        (["declined", "private"], Outcome.DECLINED),
        ("handoff", Outcome.HANDOFF),
        ("request", Outcome.HANDOFF),
        ("fallback", Outcome.FALLBACK),
        ("private", Outcome.SMALL_TALK),
        ([], Outcome.SMALL_TALK),
    ],
)
def test_a_response_counts_by_its_meaning_whatever_its_name(
    monkeypatch: pytest.MonkeyPatch, meaning: object, outcome: Outcome
) -> None:
    use_responses(monkeypatch, utter_urgent_x={"text": "...", "metadata": {"meaning": meaning}})

    assert outcome_of([{"text": "...", "utter_action": "utter_urgent_x"}]) is outcome


def count(outcome: Outcome) -> float:
    """How many turns over REST came out so."""
    found = REGISTRY.get_sample_value("botwijzer_turns_total", {"channel": "rest", "outcome": outcome.value})
    assert found is not None
    return found


def message(output: WholeMessages) -> UserMessage:
    """Somebody's message."""
    return UserMessage("waar is mijn geheim", output, "rest:anna", input_channel="rest")


def test_a_turn_is_counted_and_logged_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "botwijzer")
    output, before = WholeMessages(), count(Outcome.ANSWERED)

    with counted(message(output), output):
        assert conversation.get() == "rest:anna"
        output.messages.append(ANSWER)

    assert conversation.get() == ""
    assert count(Outcome.ANSWERED) == before + 1
    (line,) = caplog.records
    assert (vars(line)["channel"], vars(line)["outcome"]) == ("rest", "answered")
    assert vars(line)["ms"] >= 0
    assert "geheim" not in repr(vars(line))


def test_a_turn_that_its_caller_breaks_off_is_not_counted() -> None:
    output, before = WholeMessages(), [count(outcome) for outcome in Outcome]

    with pytest.raises(asyncio.CancelledError), counted(message(output), output):
        raise asyncio.CancelledError

    assert [count(outcome) for outcome in Outcome] == before
    assert conversation.get() == ""
