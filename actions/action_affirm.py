"""'Ja': takes up what was offered last; a yes to nothing in particular asks what the visitor wants."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions.action_handoff import ActionHandoff
from actions.constants import OFFER, OFFER_ERASE, OFFER_HANDOFF, URGENT_PREFIX, UTTER_AFFIRM, UTTER_ERASED
from actions.dispatching import utter
from actions.requesting import TurnAction, kept_draft, last_intent_before, say_sent, store
from botwijzer.channels.erasing import ERASE
from botwijzer.handoff.reach import reach_of
from botwijzer.handoff.request import Request
from botwijzer.settings import settings

AGREEING = frozenset({"affirm", "share", "request_detail"})


class ActionAffirm(TurnAction, Action):
    """Goes on to a human, or erases everything, when that was offered."""

    def name(self) -> str:
        return "action_affirm"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        offer = tracker.get_slot(OFFER)
        if offer == OFFER_HANDOFF:
            return ActionHandoff().reply(dispatcher, tracker)
        if offer == OFFER_ERASE:
            utter(dispatcher, UTTER_ERASED, more={"json_message": ERASE})
            return []  # still on offer, should the channel die before it has erased
        if (before := last_intent_before(tracker)).startswith(URGENT_PREFIX):
            utter(dispatcher, f"utter_{before}")
        elif request := _just_sent(tracker):
            say_sent(request, reach_of(tracker.sender_id, settings()), dispatcher)
        else:
            utter(dispatcher, UTTER_AFFIRM)
        return [SlotSet(OFFER, None)]


def _just_sent(tracker: Tracker) -> Request | None:
    """The request that the message before this one sent: the yes came twice, or its answer never arrived."""
    draft = kept_draft(tracker)
    if not draft or not draft.reference or last_intent_before(tracker) not in AGREEING:
        return None
    try:
        return store().find(draft.reference)
    except SQLAlchemyError:
        return None
