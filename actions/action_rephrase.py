"""Not understood: ask to rephrase with the likeliest questions once, then offer a human."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import MISUNDERSTOOD, OFFER, OFFER_HANDOFF, UTTER_ASK_REPHRASE, UTTER_OFFER_HUMAN
from actions.dispatching import utter
from actions.requesting import TurnAction
from botwijzer.answer import MOST_FOLLOW_UPS
from botwijzer.article import article


class ActionRephrase(TurnAction, Action):
    """Counts the messages in a row that were not understood and says what helps next."""

    def name(self) -> str:
        return "action_rephrase"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        times = 1 + (tracker.get_slot(MISUNDERSTOOD) or 0)
        if times > 1:
            utter(dispatcher, UTTER_OFFER_HUMAN)
            return [SlotSet(MISUNDERSTOOD, times), SlotSet(OFFER, OFFER_HANDOFF)]
        ranking = tracker.latest_message.get("intent_ranking") or []
        passages = [p for p in (article().passage_of_intent(i["name"]) for i in ranking) if p]
        utter(dispatcher, UTTER_ASK_REPHRASE, offered=passages[:MOST_FOLLOW_UPS])
        return [SlotSet(MISUNDERSTOOD, times)]
