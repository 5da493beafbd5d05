"""The actions of `actions/`, run within the assistant's own process: no second one, nothing over a wire."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

from rasa.core.actions import action as action_module
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from botwijzer.serving.context import REQUEST

PACKAGE = "actions"

QUICK = frozenset(
    {
        "action_answer",
        "action_explain",
        "action_more",
        "action_rephrase",
        "action_reply",
        "action_session_start",
    }
)
"""Actions that look at nothing but the conversation, as long as no request for a human is being made."""

Run = Callable[[CollectingDispatcher, Tracker, dict[str, Any]], list[dict[str, Any]]]


def run_actions_here() -> None:
    """Makes Rasa run this project's actions in its own process wherever no action server is configured."""
    actions, find = load_actions(), action_module.action_for_name_or_text

    def find_action(name: str, domain: Domain, endpoint: EndpointConfig | None) -> Action:
        if endpoint is None and name in actions:
            return LocalAction(name, actions[name])
        found: Action = find(name, domain, endpoint)
        return found

    if find.__module__ != __name__:  # not done before
        action_module.action_for_name_or_text = find_action


def load_actions() -> dict[str, Run]:
    """The actions of this project by name."""
    executor = ActionExecutor()
    executor.register_package(PACKAGE)
    return dict(executor.actions)


class LocalAction(Action):
    """One of them, as Rasa sees it."""

    def __init__(self, name: str, run: Run) -> None:
        self._name = name
        self._run = run

    def name(self) -> str:
        """Its name in domain.yml."""
        return self._name

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        """Runs it, in a thread when it may wait for the database; gives what it says and what it remembers."""
        dispatcher = CollectingDispatcher()
        if self._name in QUICK and not tracker.get_slot(REQUEST):
            remembered = self._run(dispatcher, as_sdk_tracker(tracker), {})
        else:
            remembered = await asyncio.to_thread(self._run, dispatcher, as_sdk_tracker(tracker), {})
        said = await RemoteAction._utter_responses(dispatcher.messages, output_channel, nlg, tracker)
        return [*said, *map(_event, remembered or [])]


def as_sdk_tracker(tracker: DialogueStateTracker) -> Tracker:
    """A conversation as the actions know it; its events are made when one is looked at."""
    said = tracker.latest_message
    latest = {**said.parse_data, "metadata": said.metadata} if said else {}
    return Tracker(
        sender_id=tracker.sender_id,
        slots=copy.deepcopy(tracker.current_slot_values()),
        latest_message=latest,
        events=_Events(list(tracker.events)),
        paused=tracker.is_paused(),
        followup_action=tracker.followup_action,
        active_loop={},
        latest_action_name=tracker.latest_action_name,
    )


def _event(given: dict[str, Any]) -> Event:
    """An event that an action returned; nearly all set a slot, and Rasa's own way looks at all kinds for each."""
    if given["event"] == SlotSet.type_name:
        return SlotSet(given["name"], given.get("value"), given.get("timestamp"))
    found: Event = Event.from_parameters(given)
    return found


class _Events(Sequence[dict[str, Any]]):
    """Events as JSON, each made when it is looked at."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, place: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(place, slice):
            return [event.as_dict() for event in self._events[place]]
        found: dict[str, Any] = self._events[place].as_dict()
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (event.as_dict() for event in self._events)
