"""'Dat begrijp ik niet': another passage on the same subject, for the article's words can't be put differently."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ANSWERED, DECLINE_PREFIX, URGENT_PREFIX, UTTER_REPHRASE
from actions.dispatching import utter, utter_passages
from actions.requesting import TurnAction
from botwijzer.article import article


class ActionExplain(TurnAction, Action):
    """Says that it has the article's words only, and shows the first related passage that was not read yet."""

    def name(self) -> str:
        return "action_explain"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        answered: list[str] = tracker.get_slot(ANSWERED) or []
        utter(dispatcher, UTTER_REPHRASE)
        if not answered or not _has_just_read(tracker.events):
            return []
        others = article().unread_after(answered).others
        return utter_passages(dispatcher, tracker, [others[0].id]) if others else []


def _has_just_read(events: list[dict[str, Any]]) -> bool:
    """Whether a passage was shown and nothing was declined or urgent since."""
    for event in reversed(events):
        if event["event"] == "slot" and event["name"] == ANSWERED:
            return True
        intent = (event.get("parse_data") or {}).get("intent", {}).get("name") or ""
        if event["event"] == "user" and intent.startswith((DECLINE_PREFIX, URGENT_PREFIX)):
            return False
    return False
