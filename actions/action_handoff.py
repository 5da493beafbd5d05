"""The visitor wants a human: a request is made, one question at a time, and each message of that talk comes here."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions.action_answer import ActionAnswer
from actions.action_erase import ActionErase
from actions.action_explain import ActionExplain
from actions.action_more import ActionMore
from actions.action_rephrase import ActionRephrase
from actions.action_reply import ActionReply
from actions.constants import (
    FALLBACK_INTENT,
    HANDOFF_NOBODY,
    HANDOFF_SILENT,
    OFFER,
    UTTER_HANDOFF,
    UTTER_HANDOFF_CLOSED,
    UTTER_HANDOFF_IN_GROUP,
    UTTER_HANDOFF_LIVE,
    UTTER_REQUEST_ENOUGH,
    UTTER_REQUEST_LIMIT,
    UTTER_REQUEST_NOBODY,
    UTTER_REQUEST_NOBODY_KNOWN,
    UTTER_REQUEST_SILENT,
    UTTER_REQUEST_SILENT_KNOWN,
    UTTER_REQUEST_WAITS,
)
from actions.dispatching import meant, utter
from actions.requesting import (
    MOST_EARLIER,
    TurnAction,
    go_on,
    is_limited,
    open_draft,
    questions_before,
    store,
    tell,
    typed,
)
from botwijzer.article import INTENT_PREFIX
from botwijzer.handoff.form import CONTACT, Draft, Outcome, begin
from botwijzer.handoff.reach import Reach, reach_of
from botwijzer.handoff.request import Request, State
from botwijzer.handoff.store import new_draft
from botwijzer.responses import request_blanks
from botwijzer.settings import settings

HANDOFF = "handoff"
OTHERS: dict[str, type[TurnAction]] = {
    "more": ActionMore,
    "rephrase": ActionExplain,
    "erase": ActionErase,
    FALLBACK_INTENT: ActionRephrase,
}


class ActionHandoff(TurnAction, Action):
    """Opens the talk on a request, goes on with it, and comes back to it when nobody of the staff was there."""

    def name(self) -> str:
        return "action_handoff"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        intent = meant(tracker)
        if intent in {HANDOFF_NOBODY, HANDOFF_SILENT}:
            return self._come_back(intent == HANDOFF_SILENT, dispatcher, tracker)
        if draft := open_draft(tracker):
            return go_on(draft, dispatcher, tracker, _answers(intent))
        if intent == HANDOFF:
            return self.reply(dispatcher, tracker)
        return _answers(intent).reply(dispatcher, tracker)  # the request ended while the message was on its way

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        """Says what will happen and why it asks, and asks."""
        reach = reach_of(tracker.sender_id, settings())
        if reach.in_group:
            utter(dispatcher, UTTER_HANDOFF_IN_GROUP)
            return [SlotSet(OFFER, None)]
        request = _current(tracker)
        if request and request.state is State.WAITING:
            utter(dispatcher, UTTER_REQUEST_WAITS, more=request_blanks(request))
            return [SlotSet(OFFER, None)]
        if refusal := _refusal(tracker):
            utter(dispatcher, refusal)
            return [SlotSet(OFFER, None)]
        utter(dispatcher, _opening(reach))
        asked, unanswered = questions_before(tracker)
        earlier = [question for question in asked if question != unanswered]
        draft = Draft(
            id=new_draft(),
            needs_contact=not reach.in_conversation,
            question=unanswered,
            before=asked[-1] if asked else "",
            earlier=tuple(earlier[-MOST_EARLIER:]),
        )
        said = typed(tracker.latest_message) if meant(tracker) == HANDOFF else ""
        return [SlotSet(OFFER, None), *tell(begin(draft, said), draft, dispatcher)]

    def _come_back(self, silent: bool, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        """Tells that nobody was there; asks for another way to answer when there is none."""
        request = _current(tracker)
        if request is None:
            utter(dispatcher, "utter_cancel")
            return []
        if request.way:
            known = UTTER_REQUEST_SILENT_KNOWN if silent else UTTER_REQUEST_NOBODY_KNOWN
            utter(dispatcher, known, more=request_blanks(request))
            return []
        says = (UTTER_REQUEST_SILENT if silent else UTTER_REQUEST_NOBODY,)
        draft = Draft(
            id=request.draft,
            needs_contact=True,
            step=CONTACT,
            question=request.question,
            name=request.name,
            reference=request.reference,
            earlier=request.earlier,
            share=bool(request.earlier),
        )
        return tell(Outcome(draft, says), draft, dispatcher)


def _answers(intent: str) -> TurnAction:
    """Which action replies to a message that has nothing to do with the request."""
    return ActionAnswer() if intent.startswith(INTENT_PREFIX) else OTHERS.get(intent, ActionReply)()


def _opening(reach: Reach) -> str:
    if reach.in_conversation:
        return UTTER_HANDOFF_LIVE
    return UTTER_HANDOFF_CLOSED if reach.closed else UTTER_HANDOFF


def _refusal(tracker: Tracker) -> str:
    """Why no request can be made now, as a response; empty when one can. Said before anything is asked."""
    if is_limited(tracker):
        return UTTER_REQUEST_LIMIT
    try:
        return "" if store().has_room(tracker.sender_id) else UTTER_REQUEST_ENOUGH
    except SQLAlchemyError:
        return ""


def _current(tracker: Tracker) -> Request | None:
    try:
        return store().current(tracker.sender_id)
    except SQLAlchemyError:
        return None
