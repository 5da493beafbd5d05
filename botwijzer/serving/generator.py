"""How Rasa gets the words of its responses: from domain.yml on disk, instead of from the copy within the model."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from botwijzer.responses import blanks, responses


class ResponseGenerator(NaturalLanguageGenerator):
    """Says the responses of domain.yml with their blanks filled in; endpoints.yml names it for Rasa's own commands.

    Not a subclass of Rasa's generator, because an agent gives that one the responses of its model.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        """Reads the responses; Rasa gives both arguments, and neither is needed."""
        self._templates = TemplatedNaturalLanguageGenerator(responses().variations)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """A response as a message, or None when there is none of this name; `kwargs` fill further blanks."""
        values = {**blanks(), **kwargs}
        said: dict[str, Any] | None = await self._templates.generate(utter_action, tracker, output_channel, **values)
        return said
