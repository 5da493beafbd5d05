"""Follow-ups of half a sentence ('waarom?', 'en te veel?'), read together with what was shown last.

A channel gives the question of the last passage along as metadata; a message that has no subject of its
own is classified as that question and the message together. A new full question always stands for itself.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from botwijzer.nlu.concepts import Concepts, load_concepts, tokenize

CONTEXT_KEY = "last_question"
"""Key of the metadata in which a channel gives the question of the passage that was shown last."""

IN_CONTEXT = "text_in_context"
MOST_WORDS = 6


def in_context(text: str, last_question: str, concepts: Concepts) -> str:
    """The text to classify: with the last question before it when it leans on that, else as it is.

    Args:
        text: What the visitor typed.
        last_question: The question of the passage shown last; empty when there is none.
        concepts: Say which words bring a subject of their own.
    """
    leans = len(tokenize(text)) <= MOST_WORDS and not set(concepts.find(text)) - concepts.leaning
    return f"{last_question} {text}" if last_question and leans else text


# Of the kinds that the recipe knows, a featurizer is what runs before the classifier without training.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class FollowUp(GraphComponent):
    """Sets `text_in_context` of each message that leans on the question before it."""

    def __init__(self) -> None:
        self._concepts = load_concepts()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FollowUp:
        """Makes the component (Rasa's graph calls it)."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Looks at each message's metadata; training messages have none."""
        for message in messages:
            last_question = (message.get("metadata") or {}).get(CONTEXT_KEY) or ""
            text = str(message.get(TEXT) or "")
            read = in_context(text, str(last_question), self._concepts)
            if read != text:
                message.set(IN_CONTEXT, read)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leaves training data as it is."""
        return training_data
