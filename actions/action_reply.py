"""Everything that is said in fixed words: the response that is named as the intent."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ALSO_ASKED, DECLINE_PREFIX, OFFER, OFFER_HANDOFF
from actions.dispatching import meant, utter
from actions.requesting import TurnAction


class ActionReply(TurnAction, Action):
    """Sends `utter_<intent>`; a decline ends with the offer of a human, which 'ja' then takes up."""

    def name(self) -> str:
        return "action_reply"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        intent = meant(tracker)
        also: str = tracker.latest_message.get(ALSO_ASKED) or ""
        for asked in [intent, *([also] if also else [])]:
            utter(dispatcher, f"utter_{asked}")
        return [SlotSet(OFFER, OFFER_HANDOFF)] if intent.startswith(DECLINE_PREFIX) else []
