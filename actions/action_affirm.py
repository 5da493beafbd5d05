"""'Ja': takes up what was offered last; a yes to nothing in particular asks what the visitor wants."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import OFFER, OFFER_HANDOFF, UTTER_AFFIRM, UTTER_HANDOFF
from actions.dispatching import utter


class ActionAffirm(Action):
    """Goes on to a human when that was offered."""

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        utter(dispatcher, UTTER_HANDOFF if tracker.get_slot(OFFER) == OFFER_HANDOFF else UTTER_AFFIRM)
        return [SlotSet(OFFER, None)]
