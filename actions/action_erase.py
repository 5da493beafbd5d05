"""'Verwijder mijn gegevens': asks first; the channel erases once the turn is over (botwijzer/channels/erasing.py)."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import OFFER, OFFER_ERASE, UTTER_ASK_ERASE
from actions.dispatching import utter
from actions.requesting import TurnAction


class ActionErase(TurnAction, Action):
    """Asks whether everything of this visitor is to be erased."""

    def name(self) -> str:
        return "action_erase"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        utter(dispatcher, UTTER_ASK_ERASE)
        return [SlotSet(OFFER, OFFER_ERASE)]
