"""What to do with the probabilities: care first, decline as a decision, ask again when unsure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

ANSWERED, DECLINED, URGENT = "faq_", "decline_", "urgent_"


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


def _likeliest(probabilities: Mapping[str, float], of: str) -> str:
    return max((i for i in probabilities if family(i) == of), key=lambda i: probabilities[i])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Decision(GraphComponent, IntentClassifier):
    """Replaces the likeliest intent by the chosen one; takes the place of Rasa's FallbackClassifier."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._care = float(config["care"])
        self._answer = float(config["answer"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Both thresholds as probabilities; see `decide`."""
        return {"care": 0.5, "answer": 0.3}

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
            confidence = next((p for name, p in _pairs(ranking) if name == chosen), self._answer)
            first = {"name": chosen, "confidence": confidence}
            message.set(INTENT, first, add_to_output=True)
            rest = [entry for entry in ranking if entry["name"] != chosen]
            message.set(INTENT_RANKING_KEY, [first, *rest][: len(ranking)], add_to_output=True)
        return messages


def _pairs(ranking: Iterable[dict[str, Any]]) -> Iterable[tuple[str, float]]:
    return ((str(entry["name"]), float(entry["confidence"])) for entry in ranking)
