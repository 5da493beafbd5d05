"""Answers a question with the passage that its intent names."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dispatching import utter_passages
from botwijzer.article import INTENT_PREFIX


class ActionAnswer(Action):
    """Shows the passage of the intent, with disclaimer, sources and follow-up questions."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        intent: str = tracker.get_intent_of_latest_message() or ""
        return utter_passages(dispatcher, tracker, [intent.removeprefix(INTENT_PREFIX)])
