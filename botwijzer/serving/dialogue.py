"""A turn of Rasa's, with no work done twice: the actions in this process, the rules asked once for each case."""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import LockStore
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.core.constants import ACTION_EXTRACT_SLOTS, ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, Restarted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from botwijzer.nlu.pipeline import Renewing
from botwijzer.nlu.understanding import is_long
from botwijzer.operating.metrics import stage_seconds
from botwijzer.serving.acting import run_actions_here
from botwijzer.serving.context import context_of
from botwijzer.serving.generator import ResponseGenerator
from botwijzer.serving.runner import InOrderRunner, observe
from botwijzer.serving.second import SecondProcess

logger = logging.getLogger(__name__)


class Dialogue(MessageProcessor):
    """Rasa's processor of messages, for a bot of rules and actions."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._predicted: dict[tuple[str, ...], PolicyPrediction] = {}
        assert isinstance(self.graph_runner, InOrderRunner)
        pipeline = self.graph_runner.provided(SpacyNLP.__name__)
        self._pipeline = Renewing(pipeline) if pipeline else None
        self._extracting = self._get_action(ACTION_EXTRACT_SLOTS)
        self._second: SecondProcess | None = None
        self._turns = 0

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                metadata, runner = load_predict_graph_runner(
                    Path(folder), Path(model_path), LocalModelStorage, InOrderRunner
                )
            except tarfile.ReadError as error:
                raise RasaException(f"{Path(model_path).name} is no model") from error
        return Path(model_path).name, metadata, runner

    def fork(self) -> None:
        """Begins the second process; there must be neither threads nor an event loop yet."""
        self._second = SecondProcess(self._understand)

    def _understand(self, text: str, metadata: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, float]]]:
        """In the second process: what a text means, and the seconds of each component."""
        took: list[tuple[str, float]] = []
        assert isinstance(self.graph_runner, InOrderRunner)
        self.graph_runner.observe = lambda stage, seconds: took.append((stage, seconds))
        message = UserMessage(text, metadata=metadata)
        return self._parse_message_with_graph(message, DialogueStateTracker.from_events("", [])), took

    async def handle_message(self, message: UserMessage) -> list[dict[str, Any]] | None:
        """A turn; see the parent class."""
        self._turns += 1
        try:
            await asyncio.sleep(0)  # so that those that came at the same time are seen
            said: list[dict[str, Any]] | None = await super().handle_message(message)
            return said
        finally:
            self._turns -= 1

    async def parse_message(
        self, message: UserMessage, tracker: DialogueStateTracker | None = None, only_output_properties: bool = True
    ) -> dict[str, Any]:
        """What a message means; from the second process when there is more to do meanwhile, or it takes long."""
        is_text = bool(message.text) and not message.text.startswith("/")
        if is_text and only_output_properties and self._second and self._wants_second(message.text, self._second):
            context = context_of(tracker) if tracker else {}  # the second process has no conversations
            found = await self._second.understand(message.text, {**(message.metadata or {}), **context})
            if found:
                meaning, took = found
                for stage, seconds in took:
                    observe(stage, seconds)
                return dict(meaning)
        parsed: dict[str, Any] = await super().parse_message(message, tracker, only_output_properties)
        return parsed

    def _wants_second(self, text: str, second: SecondProcess) -> bool:
        return second.is_there if is_long(text) else self._turns > 1 and second.is_free

    def _parse_message_with_graph(self, *given: Any, **named: Any) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._parse_message_with_graph(*given, **named)
        if self._pipeline:
            self._pipeline.look()
        return parsed

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Sets the slots that follow from the message's intent; see the parent class, which makes the action anew."""
        assert self._extracting
        events = await self._extracting.run(output_channel, self.nlg, tracker, self.domain)
        tracker.update_with_events(events, self.domain)
        return tracker

    async def _update_tracker_session(
        self, tracker: DialogueStateTracker, output_channel: OutputChannel, metadata: dict[str, Any] | None = None
    ) -> None:
        """Begins a session where there is none or it is over; the parent class reads all events to find that out."""
        latest = tracker.events[-1] if tracker.events else None
        if latest is None or isinstance(latest, (Restarted, SessionStarted)) or self._has_session_expired(tracker):
            await super()._update_tracker_session(tracker, output_channel, metadata)

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        minutes = self.domain.session_config.session_expiration_time
        said = tracker.latest_message
        return bool(minutes and said and said.text is not None and time.time() - said.timestamp > minutes * 60)

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Nothing to warn of: training fails when an intent is not in the domain."""

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        """The next action; see the parent class."""
        _, prediction = super().predict_next_with_tracker_if_should(tracker)
        action = self._get_action(self.domain.action_names_or_texts[prediction.max_confidence_index])
        assert action
        return action, prediction

    def _predict_next_with_tracker(self, tracker: DialogueStateTracker) -> PolicyPrediction:
        """What the rules say; they look at the latest message and at what was done since, so each case is asked once.

        No slot of the domain has influence on the rules, no rule is longer than a turn, and there are no forms.
        """
        if tracker.followup_action:
            return super()._predict_next_with_tracker(tracker)
        since = _since_message(tracker)
        case = tuple(_named(event) for event in since if isinstance(event, (UserUttered, ActionExecuted)))
        if case not in self._predicted:
            with stage_seconds.labels("policy").time():
                short = DialogueStateTracker.from_events(tracker.sender_id, list(since), self.domain.slots)
                self._predicted[case] = super()._predict_next_with_tracker(short)
        prediction = copy.copy(self._predicted[case])
        prediction.events = [copy.copy(event) for event in prediction.events]  # each gets a time of its own
        return prediction

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """Runs an action; what it says is said after it has done what it does, as in the parent class."""
        try:
            with stage_seconds.labels("action").time():
                events = await action.run(output_channel, nlg, tracker, self.domain) or []
        except ActionExecutionRejection:
            raise
        except Exception as error:  # nothing is said then, and the channel says so
            logger.error("%s failed: %s", action.name(), type(error).__name__)
            events = []
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        with stage_seconds.labels("say").time():
            await self.execute_side_effects(events, tracker, output_channel)
        return bool(self.should_predict_another_action(action.name()))


class Assistant(Agent):
    """Rasa's agent with this dialogue, and stores that say when they fail."""

    def __init__(
        self,
        tracker_store: TrackerStore,
        lock_store: LockStore,
        action_endpoint: EndpointConfig | None = None,
        generator: EndpointConfig | None = None,
    ) -> None:
        """Without a model yet.

        Args:
            tracker_store: Where conversations are kept; it raises when they are not.
            lock_store: Sees to it that a conversation has one turn at a time.
            action_endpoint: An action server; None: the actions run in this process.
            generator: What gives the responses their words; None: the one of this project.
        """
        super().__init__(
            generator=generator or ResponseGenerator(), lock_store=lock_store, action_endpoint=action_endpoint
        )
        self.tracker_store = tracker_store  # given to the parent it would be wrapped in one that hides failures
        run_actions_here()

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Loads a model; see the parent class."""
        self.processor = Dialogue(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain

    def fork(self) -> None:
        """Begins a second process that understands messages, where there is a core for it."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if cores > 1 and isinstance(self.processor, Dialogue):
            self.processor.fork()


def _since_message(tracker: DialogueStateTracker) -> list[Event]:
    """The events from the listening before the latest message on; all of them when there was no message."""
    events = list(tracker.events)
    said = next((place for place in range(len(events) - 1, -1, -1) if isinstance(events[place], UserUttered)), 0)
    heard = (place for place in range(said, -1, -1) if _named(events[place]) == ACTION_LISTEN_NAME)
    return events[next(heard, 0) :]


def _named(event: Event) -> str:
    if isinstance(event, UserUttered):
        return f"/{event.intent_name}"
    return str(event.action_name) if isinstance(event, ActionExecuted) else ""
