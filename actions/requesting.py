"""Asking for a human, within the actions: each replies to its message, and the talk on the request goes on after it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions.constants import (
    ANSWERED,
    DECLINE_PREFIX,
    FALLBACK_INTENT,
    MEANT,
    REQUEST,
    URGENT_PREFIX,
    UTTER_REQUEST_ENOUGH,
    UTTER_REQUEST_LIMIT,
    UTTER_REQUEST_NOT_KEPT,
    UTTER_REQUEST_SENT,
    UTTER_REQUEST_SENT_CHAT,
    UTTER_REQUEST_SENT_LIVE,
)
from actions.dispatching import meant, utter
from botwijzer.article import INTENT_PREFIX, article
from botwijzer.handoff.form import CONFIRM, SENT, Draft, Outcome, advance
from botwijzer.handoff.reach import Reach, reach_of
from botwijzer.handoff.request import NO_REQUESTS_KEY, Request
from botwijzer.handoff.store import Requests, TooManyRequestsError, Wanted
from botwijzer.responses import request_blanks
from botwijzer.settings import settings

MOST_EARLIER, MOST_PASSAGES = 5, 10
OUT_OF_SCOPE = "out_of_scope"
ENDINGS, CERTAIN = frozenset({"cancel", "erase", "goodbye"}), 0.8
QUESTIONS = (INTENT_PREFIX, DECLINE_PREFIX, URGENT_PREFIX, FALLBACK_INTENT, OUT_OF_SCOPE)
UNANSWERED = (DECLINE_PREFIX, FALLBACK_INTENT, OUT_OF_SCOPE)


class TurnAction:
    """Replies to a message; while a request for a human is being made, that decides what becomes of the message.

    For classes that are an `Action` too: rasa_sdk registers every class that is one.
    """

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        draft = open_draft(tracker)
        return go_on(draft, dispatcher, tracker, self) if draft else self.reply(dispatcher, tracker)

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
        """Says what there is to say; returns what is to be remembered."""
        raise NotImplementedError


def kept_draft(tracker: Tracker) -> Draft | None:
    """The request that is being made, or was made last in this session."""
    kept = tracker.get_slot(REQUEST)
    return Draft.from_json(kept) if kept else None


def open_draft(tracker: Tracker) -> Draft | None:
    """The request that is being made, if any."""
    draft = kept_draft(tracker)
    return draft if draft and draft.asks else None


def go_on(draft: Draft, dispatcher: CollectingDispatcher, tracker: Tracker, action: TurnAction) -> list[Any]:
    """Takes up the message for the request; `action` replies to it where it is about something else."""
    outcome = advance(draft, typed(tracker.latest_message), _surely_meant(tracker))
    events = action.reply(dispatcher, tracker) if outcome.answers else []
    if outcome.draft:  # what else was offered is not what 'ja' means now
        events = [event for event in events if event.get("name") == ANSWERED]
    if outcome.sends and outcome.draft:
        return [*events, *send(outcome.draft, dispatcher, tracker)]
    return [*events, *tell(outcome, draft, dispatcher)]


def _surely_meant(tracker: Tracker) -> str:
    """What a message was understood as; what would end the talk must be certain."""
    intent, ranking = meant(tracker), tracker.latest_message.get("intent_ranking") or []
    confidence = next((float(each["confidence"]) for each in ranking if each["name"] == intent), 1.0)
    return FALLBACK_INTENT if intent in ENDINGS and confidence < CERTAIN else intent


def tell(outcome: Outcome, before: Draft, dispatcher: CollectingDispatcher) -> list[Any]:
    """Says what comes of a message, and remembers the draft."""
    known = outcome.draft or before
    for name in outcome.says:
        utter(dispatcher, name, more={**request_blanks(known), "request_doubtful": known.doubtful})
    return [SlotSet(REQUEST, outcome.draft.to_json() if outcome.draft else None)]


def send(draft: Draft, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Any]:
    """Keeps the request before the visitor is told; when that fails, says so, and a 'ja' tries again."""
    if not draft.reference and is_limited(tracker):
        utter(dispatcher, UTTER_REQUEST_LIMIT)
        return [SlotSet(REQUEST, {**draft.to_json(), "step": CONFIRM})]
    reach = reach_of(tracker.sender_id, settings())
    wanted = Wanted(
        draft=draft.id,
        conversation=tracker.sender_id,
        question=draft.question,
        name=draft.name,
        email=draft.email,
        phone=draft.phone,
        earlier=draft.earlier if draft.share else (),
        passages=tuple((tracker.get_slot(ANSWERED) or [])[-MOST_PASSAGES:]),
    )
    try:
        request = store().submit(wanted, reach.ways, reach.live)
    except TooManyRequestsError:
        utter(dispatcher, UTTER_REQUEST_ENOUGH)
        return [SlotSet(REQUEST, None)]
    except SQLAlchemyError:
        utter(dispatcher, UTTER_REQUEST_NOT_KEPT)
        return [SlotSet(REQUEST, {**draft.to_json(), "step": CONFIRM})]
    say_sent(request, reach, dispatcher)
    return [SlotSet(REQUEST, {"id": draft.id, "step": SENT, "reference": request.reference})]


def is_limited(tracker: Tracker) -> bool:
    """Whether the visitor's network has used up its requests for now."""
    return bool((tracker.latest_message.get("metadata") or {}).get(NO_REQUESTS_KEY))


def say_sent(request: Request, reach: Reach, dispatcher: CollectingDispatcher) -> None:
    """Tells the visitor that the request was sent, and where the answer comes."""
    in_conversation = UTTER_REQUEST_SENT_LIVE if reach.live else UTTER_REQUEST_SENT_CHAT
    utter(dispatcher, UTTER_REQUEST_SENT if request.way else in_conversation, more=request_blanks(request))


def questions_before(tracker: Tracker) -> tuple[list[str], str]:
    """The questions of this session before the latest message, and the one just before it that was not answered."""
    found: list[str] = []
    unanswered = ""
    for message in list(_messages(tracker))[:-1]:
        intent = str(message.get(MEANT) or (message.get("intent") or {}).get("name") or "")
        passage = article().passage_of_intent(intent)
        text = typed(message) or (passage.question if passage else "")
        is_question = bool(text) and intent.startswith(QUESTIONS)
        unanswered = text if is_question and intent.startswith(UNANSWERED) else ""
        if is_question:
            found.append(text)
    return found, unanswered


def last_intent_before(tracker: Tracker) -> str:
    """What the message before the latest one was understood as."""
    before = list(_messages(tracker))[:-1]
    return str((before[-1].get("intent") or {}).get("name") or "") if before else ""


def typed(message: dict[str, Any]) -> str:
    """What the visitor typed; empty for a button."""
    text = str(message.get("text") or "")
    return "" if text.startswith("/") else text


@functools.lru_cache(maxsize=1)
def store() -> Requests:
    """The store of requests."""
    return Requests(settings().database_url)


def _messages(tracker: Tracker) -> Iterator[dict[str, Any]]:
    """What the visitor sent in this session, oldest first; the latest message is the last."""
    events = tracker.events
    begun = max((n for n, event in enumerate(events) if event["event"] == "session_started"), default=0)
    for event in events[begun:]:
        if event["event"] == "user":
            yield {"text": event.get("text"), **(event.get("parse_data") or {})}
