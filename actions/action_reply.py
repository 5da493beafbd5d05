"""Everything that is said in fixed words: the response that is named as the intent."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ALSO_ASKED, DECLINE_PREFIX, OFFER, OFFER_HANDOFF, UTTER_REQUEST_STAYS
from actions.dispatching import meant, utter
from actions.requesting import TurnAction, kept_draft, last_intent_before
from botwijzer.handoff.form import Draft
from botwijzer.responses import request_blanks

JUST_SENT = frozenset({"affirm", "share", "request_detail"})


class ActionReply(TurnAction, Action):
    """Sends `utter_<intent>`; a decline ends with the offer of a human, which 'ja' then takes up."""

    def name(self) -> str:
        return "action_reply"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        intent = meant(tracker)
        also: str = tracker.latest_message.get(ALSO_ASKED) or ""
        if sent := _sent(intent, tracker):
            utter(dispatcher, UTTER_REQUEST_STAYS, more=request_blanks(sent))
            return []
        for asked in [intent, *([also] if also else [])]:
            utter(dispatcher, f"utter_{asked}")
        return [SlotSet(OFFER, OFFER_HANDOFF)] if intent.startswith(DECLINE_PREFIX) else []


def _sent(intent: str, tracker: Tracker) -> Draft | None:
    """The request that was sent before and that somebody seems to take back: nobody must think that it is gone."""
    draft = kept_draft(tracker)
    takes_back = intent == "cancel" or (intent == "deny" and last_intent_before(tracker) in JUST_SENT)
    return draft if draft and draft.reference and takes_back else None
