"""Answers a question with the passage that its intent names, and a second one in the same message."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ALSO_ASKED
from actions.dispatching import meant, utter, utter_passages
from actions.requesting import TurnAction
from botwijzer.article import INTENT_PREFIX, article


class ActionAnswer(TurnAction, Action):
    """Shows the passages, with disclaimer, sources and follow-up questions; a second question may be declined."""

    def name(self) -> str:
        return "action_answer"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        intent = meant(tracker)
        also: str = tracker.latest_message.get(ALSO_ASKED) or ""
        second = article().passage_of_intent(also)
        shown = [intent.removeprefix(INTENT_PREFIX), *([second.id] if second else [])]
        events = utter_passages(dispatcher, tracker, shown)
        if also and not second:
            utter(dispatcher, f"utter_{also}")
        return events
