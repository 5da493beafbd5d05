"""Everything that is said in fixed words: the response that is named as the intent."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ALSO_ASKED, DECLINE_PREFIX, OFFER, OFFER_HANDOFF
from actions.dispatching import utter


class ActionReply(Action):
    """Sends `utter_<intent>`; a decline ends with the offer of a human, which 'ja' then takes up."""

    def name(self) -> str:
        return "action_reply"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        intent: str = tracker.get_intent_of_latest_message() or ""
        also: str = tracker.latest_message.get(ALSO_ASKED) or ""
        for asked in [intent, *([also] if also else [])]:
            utter(dispatcher, f"utter_{asked}")
        return [SlotSet(OFFER, OFFER_HANDOFF)] if intent.startswith(DECLINE_PREFIX) else []
