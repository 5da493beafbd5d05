"""What several actions do to say something: an answer, or a response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.constants import ANSWERED, MEANT
from botwijzer.answer import build_answer, follow_up
from botwijzer.article import Passage, article
from botwijzer.channels.rendering import plain_text


def meant(tracker: Tracker) -> str:
    """What the latest message was understood as; while a request is being made its intent is `request_detail`."""
    return str(tracker.latest_message.get(MEANT) or tracker.get_intent_of_latest_message() or "")


def utter_passages(dispatcher: CollectingDispatcher, tracker: Tracker, passage_ids: list[str]) -> list[Any]:
    """Sends the answer that shows these passages; returns the event that remembers them."""
    answered = [*(tracker.get_slot(ANSWERED) or []), *passage_ids]
    answer = build_answer(article(), passage_ids, answered)
    buttons = [{"title": f.title, "payload": f.payload} for f in answer.follow_ups]
    dispatcher.utter_message(text=plain_text(answer), buttons=buttons, json_message=answer.to_json())
    return [SlotSet(ANSWERED, answered)]


def utter(
    dispatcher: CollectingDispatcher,
    response: str,
    offered: Sequence[Passage] = (),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Sends a response of the domain, with the questions of `offered` as further buttons.

    Args:
        dispatcher: Takes what is said.
        response: The response's name.
        offered: Passages whose questions stand on buttons.
        more: Values of blanks that only the caller knows (`GIVEN_BLANKS`), or `json_message`.
    """
    pressed = [follow_up(passage) for passage in offered]
    buttons = [{"title": f.title, "payload": f.payload} for f in pressed]
    dispatcher.utter_message(response=response, buttons=buttons, **more)
