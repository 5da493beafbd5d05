"""What to do with the probabilities: care first, decline as a decision, ask again when unsure."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA
from rasa.shared.nlu.training_data.message import Message

ANSWERED, DECLINED, URGENT = "faq_", "decline_", "urgent_"
HANDOFF = "handoff"

TWO_QUESTIONS = "two_questions"
"""Under this name a message carries the two intents that it may ask, and the probability that it does."""

ALSO_ASKED = "also_asked"
"""Under this name the chosen second intent stands in the parsed message."""

REQUESTING_KEY = "requesting"
"""Under this name a message's metadata says what was asked last of a visitor who wants a human; empty: nothing."""

IN_REQUEST = "request_detail"
"""The intent of every message that comes while a request for a human is being made."""

MEANT = "meant"
"""Under this name stands in the parsed message what it was understood as, then."""


@functools.lru_cache(maxsize=1_000)
def family(intent: str) -> str:
    """The group an intent belongs to: `faq_`, `decline_`, `urgent_`, or the intent itself."""
    return next((prefix for prefix in (ANSWERED, DECLINED, URGENT) if intent.startswith(prefix)), intent)


def decide(probabilities: Mapping[str, float], care: float, answer: float) -> str:
    """Chooses what to do with a message.

    A family is weighed as a whole: ten kinds of decline that are each a little likely are together a
    likely decline, which a single passage that is likeliest by itself must not hide.

    Args:
        probabilities: Of each intent, summing to 1.
        care: From this probability of all urgent intents together on, the message gets a care text.
        answer: Below this probability the likeliest intent is not acted upon.

    Returns:
        The chosen intent, or `nlu_fallback`.
    """
    totals: dict[str, float] = {}
    for intent, probability in probabilities.items():
        totals[family(intent)] = totals.get(family(intent), 0.0) + probability
    if totals.get(URGENT, 0.0) >= care:
        return _likeliest(probabilities, URGENT)
    best = _likeliest(probabilities, max(totals, key=totals.__getitem__))
    sure = probabilities[best] if family(best) == ANSWERED else totals[family(best)]
    return best if sure >= answer else DEFAULT_NLU_FALLBACK_INTENT_NAME


def decide_both(first: str, second: str) -> tuple[str, str] | None:
    """What to do with a message that asks two things.

    Args:
        first: Intent of its first part.
        second: Intent of its second part.

    Returns:
        The intents to act upon, a passage first; None when one of them speaks for the whole message: care
        goes before everything, and greetings and the like are no question.
    """
    kinds = (family(first), family(second))
    if first == second or URGENT in kinds:
        return None
    if kinds[0] == ANSWERED and kinds[1] in {ANSWERED, DECLINED, HANDOFF}:
        return first, second
    if kinds[1] == ANSWERED and kinds[0] in {DECLINED, HANDOFF}:
        return second, first
    return (first, second) if kinds == (DECLINED, DECLINED) else None


def _likeliest(probabilities: Mapping[str, float], of: str) -> str:
    return max((i for i in probabilities if family(i) == of), key=lambda i: probabilities[i])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Decision(GraphComponent, IntentClassifier):
    """Replaces the likeliest intent by the chosen one; takes the place of Rasa's FallbackClassifier."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._care = float(config["care"])
        self._answer = float(config["answer"])
        self._two = float(config["two"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Thresholds as probabilities: see `decide`; from `two` on a message asks two things."""
        return {"care": 0.5, "answer": 0.3, "two": 0.5}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Decision:
        """Makes the component (Rasa's graph calls it)."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent`; the ranking stays as the classifier gave it, with the chosen intent first."""
        for message in messages:
            ranking: Sequence[dict[str, Any]] = message.get(INTENT_RANKING_KEY) or []
            if not ranking:
                continue
            chosen = decide(dict(_pairs(ranking)), self._care, self._answer)
            both = self._both(message, chosen)
            if both:
                chosen = both[0]
                message.set(ALSO_ASKED, both[1], add_to_output=True)
            confidence = next((p for name, p in _pairs(ranking) if name == chosen), self._answer)
            first = {"name": chosen, "confidence": confidence}
            message.set(INTENT, first, add_to_output=True)
            rest = [entry for entry in ranking if entry["name"] != chosen]
            message.set(INTENT_RANKING_KEY, [first, *rest][: len(ranking)], add_to_output=True)
            if (message.get(METADATA) or {}).get(REQUESTING_KEY):
                message.set(MEANT, chosen, add_to_output=True)
                message.set(INTENT, {"name": IN_REQUEST, "confidence": 1.0}, add_to_output=True)
        return messages

    def _both(self, message: Message, chosen: str) -> tuple[str, str] | None:
        """The two intents to act upon, when the message asks two things and is not urgent as a whole."""
        intents, probability = message.get(TWO_QUESTIONS) or (("", ""), 0.0)
        return decide_both(*intents) if probability >= self._two and family(chosen) != URGENT else None


def _pairs(ranking: Iterable[dict[str, Any]]) -> Iterable[tuple[str, float]]:
    return ((str(entry["name"]), float(entry["confidence"])) for entry in ranking)
