"""A conversation begins: the first thing said is that this is a chatbot."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import UTTER_STATEMENT
from actions.dispatching import utter


class ActionSessionStart(Action):
    """Opens a session with the statement of EU AI Act article 50(1), before any answer."""

    def name(self) -> str:
        return "action_session_start"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        utter(dispatcher, UTTER_STATEMENT)
        return [SessionStarted(), ActionExecuted("action_listen")]
