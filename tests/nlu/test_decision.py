"""What is done with the probabilities of a message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from botwijzer.nlu.decision import ALSO_ASKED, TWO_QUESTIONS, Decision, decide, decide_both, family
from tests.unit_helpers import domain, unhurried

CARE, ANSWER = 0.4, 0.3
FALLBACK = "nlu_fallback"


@pytest.mark.parametrize(
    ("probabilities", "chosen"),
    [
        pytest.param({"faq_calcium": 0.9, "greet": 0.1}, "faq_calcium", id="a sure question is answered"),
        pytest.param({"greet": 0.9, "faq_calcium": 0.1}, "greet", id="a sure greeting is returned"),
        pytest.param({"faq_calcium": 0.6, "urgent_acute": 0.4}, "urgent_acute", id="care goes first, likeliest or not"),
        pytest.param(
            {"faq_calcium": 0.5, "urgent_acute": 0.2, "urgent_despair": 0.25},
            "urgent_despair",
            id="kinds of urgent are weighed together, the likeliest of them is taken",
        ),
        pytest.param({"faq_calcium": 0.65, "urgent_acute": 0.35}, "faq_calcium", id="a little urgent is not urgent"),
        pytest.param(
            {"faq_calcium": 0.35, "decline_sun": 0.2, "decline_dosage": 0.25, "decline_other": 0.2},
            "decline_dosage",
            id="little declines are together a likely decline that one passage does not hide",
        ),
        pytest.param(
            {"faq_calcium": 0.35, "decline_sun": 0.1, "decline_dosage": 0.2, "greet": 0.35},
            "faq_calcium",
            id="fewer declines do not outweigh a passage",
        ),
        pytest.param(
            {"faq_calcium": 0.25, "faq_verhouding": 0.25, "faq_zwemmen": 0.25, "decline_sun": 0.25},
            FALLBACK,
            id="a passage must be likely by itself",
        ),
        pytest.param(
            {"faq_calcium": 0.31, "faq_verhouding": 0.3, "decline_sun": 0.39},
            "faq_calcium",
            id="passages are weighed together against declines",
        ),
        pytest.param({"greet": 0.25, "thank": 0.25, "deny": 0.25, "more": 0.25}, FALLBACK, id="nobody knows"),
        pytest.param({"faq_calcium": 0.3, "greet": 0.25, "thank": 0.25, "more": 0.2}, "faq_calcium", id="just enough"),
        pytest.param({"handoff": 1.0}, "handoff", id="there is only one intent"),
    ],
)
def test_the_choice(probabilities: dict[str, float], chosen: str) -> None:
    assert decide(probabilities, CARE, ANSWER) == chosen


@unhurried
@given(st.lists(st.floats(0.001, 1), min_size=len(domain()["intents"]), max_size=len(domain()["intents"])))
def test_the_choice_is_an_intent_of_the_domain_and_never_a_passage_beside_likely_urgency(weights: list[float]) -> None:
    probabilities = {name: weight / sum(weights) for name, weight in zip(domain()["intents"], weights)}

    chosen = decide(probabilities, CARE, ANSWER)

    urgent = sum(p for name, p in probabilities.items() if name.startswith("urgent_"))
    assert chosen in domain()["intents"]
    assert chosen.startswith("urgent_") or urgent < CARE


@pytest.mark.parametrize(
    ("intent", "group"),
    [("faq_calcium", "faq_"), ("decline_sun", "decline_"), ("urgent_acute", "urgent_"), ("greet", "greet")],
)
def test_an_intent_belongs_to(intent: str, group: str) -> None:
    assert family(intent) == group


def decided(**probabilities: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Intent and ranking of a message after the component saw these probabilities, likeliest first."""
    ranking = [{"name": name, "confidence": p} for name, p in probabilities.items()]
    message = Message({TEXT: "tekst", INTENT: ranking[0], INTENT_RANKING_KEY: ranking})
    (processed,) = Decision({"care": CARE, "answer": ANSWER, "two": 0.5}).process([message])
    return processed.get(INTENT), processed.get(INTENT_RANKING_KEY)


def test_the_chosen_intent_comes_first_with_its_own_probability_and_the_others_keep_their_order() -> None:
    intent, ranking = decided(faq_calcium=0.5, urgent_acute=0.45, greet=0.05)

    assert intent == {"name": "urgent_acute", "confidence": 0.45}
    assert [entry["name"] for entry in ranking] == ["urgent_acute", "faq_calcium", "greet"]


def test_a_message_that_is_not_understood_keeps_its_likeliest_questions_behind_the_fallback() -> None:
    intent, ranking = decided(faq_calcium=0.29, faq_zwemmen=0.28, greet=0.22, thank=0.21)

    assert intent["name"] == FALLBACK
    assert [entry["name"] for entry in ranking] == [FALLBACK, "faq_calcium", "faq_zwemmen", "greet"]


def test_a_message_without_probabilities_is_left_alone() -> None:
    message = Message({TEXT: "tekst"})

    Decision(Decision.get_default_config()).process([message])

    assert message.get(INTENT) is None


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("faq_calcium", "faq_zwemmen", ("faq_calcium", "faq_zwemmen")),
        ("faq_calcium", "decline_sun", ("faq_calcium", "decline_sun")),
        ("decline_sun", "faq_calcium", ("faq_calcium", "decline_sun")),
        ("handoff", "faq_calcium", ("faq_calcium", "handoff")),
        ("decline_sun", "decline_dosage", ("decline_sun", "decline_dosage")),
        ("faq_calcium", "faq_calcium", None),
        ("faq_calcium", "urgent_acute", None),
        ("urgent_acute", "decline_sun", None),
        ("greet", "faq_calcium", None),
        ("faq_calcium", "thank", None),
        ("handoff", "decline_sun", None),
        ("", "", None),
    ],
)
def test_two_questions_are_both_acted_upon_when_both_are_questions(
    first: str, second: str, both: tuple[str, str] | None
) -> None:
    assert decide_both(first, second) == both


@pytest.mark.parametrize(
    ("probability", "urgent", "chosen", "also"),
    [
        (0.5, 0.0, "faq_zwemmen", "faq_calcium"),
        (0.49, 0.0, "faq_calcium", None),
        (0.9, 0.5, "urgent_acute", None),
    ],
)
def test_a_likely_second_question_is_chosen_beside_the_first(
    probability: float, urgent: float, chosen: str, also: str | None
) -> None:
    ranking = [{"name": "faq_calcium", "confidence": 1 - urgent}, {"name": "urgent_acute", "confidence": urgent}]
    message = Message({TEXT: "tekst", INTENT: ranking[0], INTENT_RANKING_KEY: ranking})
    message.set(TWO_QUESTIONS, (("faq_zwemmen", "faq_calcium"), probability))

    Decision({"care": CARE, "answer": ANSWER, "two": 0.5}).process([message])

    assert message.get(INTENT)["name"] == chosen
    assert message.get(ALSO_ASKED) == also
