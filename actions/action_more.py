"""'Vertel meer': the next passage of the section that the visitor read last."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ANSWERED, UTTER_NO_MORE
from actions.dispatching import utter, utter_passages
from actions.requesting import TurnAction
from botwijzer.article import article


class ActionMore(TurnAction, Action):
    """Shows what follows the last passage; at the end of the section, what else could be asked."""

    def name(self) -> str:
        return "action_more"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        answered: list[str] = tracker.get_slot(ANSWERED) or []
        upcoming = article().unread_after(answered)
        if upcoming.next:
            return utter_passages(dispatcher, tracker, [upcoming.next.id])
        utter(dispatcher, UTTER_NO_MORE, offered=upcoming.others)
        return []
