"""The visitor wants a human: says which ways there are and what happens next."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import OFFER, UTTER_HANDOFF
from actions.dispatching import utter


class ActionHandoff(Action):
    """Shows the ways to a human from the settings."""

    def name(self) -> str:
        return "action_handoff"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        utter(dispatcher, UTTER_HANDOFF)
        return [SlotSet(OFFER, None)]
