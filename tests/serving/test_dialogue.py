"""A turn does what Rasa's own would do."""

from __future__ import annotations

import asyncio
import random

import pytest
from rasa.core.actions.action import Action
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.channels.turn import WholeMessages
from botwijzer.serving.acting import as_sdk_tracker
from botwijzer.serving.dialogue import Assistant, Dialogue
from tests.serving.in_process import assistant_in
from tests.unit_helpers import domain

SEED = 7
INTENTS = [next(iter(each)) if isinstance(each, dict) else str(each) for each in domain()["intents"]]
NAMED = domain()["actions"] + list(domain()["responses"])


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant with its model, in this process."""
    return assistant_in(tmp_path_factory.mktemp("dialogue"))


@pytest.fixture
def dialogue(assistant: Assistant) -> Dialogue:
    """What takes its turns."""
    assert isinstance(assistant.processor, Dialogue)
    return assistant.processor


def pressed(assistant: Assistant, payload: str, conversation: str) -> list[str]:
    """What is said to a button."""
    output = WholeMessages()
    asyncio.run(assistant.handle_message(UserMessage(payload, output, conversation)))
    return [str(message.get("text")) for message in output.messages]


def heard(intent: str) -> Event:
    """A message with this intent."""
    return UserUttered("tekst", intent={"name": intent})


def test_the_rules_say_the_same_as_with_the_whole_conversation(dialogue: Dialogue) -> None:
    choose = random.Random(SEED)
    compared = 0
    for _ in range(40):
        tracker = DialogueStateTracker.from_events(
            "anna", [ActionExecuted("action_session_start")], dialogue.domain.slots
        )
        for intent in choose.sample(INTENTS, 5):
            tracker.update_with_events([ActionExecuted("action_listen"), heard(intent)], dialogue.domain)
            for _ in range(2):
                ours = dialogue._predict_next_with_tracker(tracker)
                rasas = MessageProcessor._predict_next_with_tracker(dialogue, tracker)
                assert ours.max_confidence_index == rasas.max_confidence_index
                assert ours.events == rasas.events
                tracker.update(ActionExecuted(dialogue.domain.action_names_or_texts[ours.max_confidence_index]))
                tracker.update(SlotSet("answered", ["zwemmen"]))
                compared += 1
    assert compared == 400


def test_a_prediction_is_no_ones_but_the_turns_own(dialogue: Dialogue) -> None:
    tracker = DialogueStateTracker.from_events("anna", [ActionExecuted("action_listen"), heard("greet")])

    first, second = dialogue._predict_next_with_tracker(tracker), dialogue._predict_next_with_tracker(tracker)

    assert first.events
    assert not {id(event) for event in first.events} & {id(event) for event in second.events}


def test_every_action_of_the_domain_can_be_run(dialogue: Dialogue) -> None:
    assert all(dialogue._get_action(name) for name in NAMED)


def test_a_conversation_goes_on_and_each_has_its_own(assistant: Assistant) -> None:
    assert len(pressed(assistant, "/faq_zwemmen", "rest:anna")) == 2  # the statement and the answer
    assert pressed(assistant, "/rephrase", "rest:anna") != pressed(assistant, "/rephrase", "rest:bert")[1:]


def test_a_message_that_waits_is_answered_when_its_turn_comes(assistant: Assistant) -> None:
    outputs = [WholeMessages() for _ in range(5)]

    async def all_at_once() -> None:
        messages = [UserMessage("/faq_calcium", output, "rest:haast") for output in outputs]
        await asyncio.gather(*(assistant.handle_message(message) for message in messages))

    asyncio.run(all_at_once())

    assert [len(output.messages) for output in outputs] == [2, 1, 1, 1, 1]


def test_an_action_that_fails_says_nothing_and_the_conversation_goes_on(
    assistant: Assistant, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(Action):
        def name(self) -> str:
            return "action_answer"

        async def run(
            self, o: OutputChannel, n: NaturalLanguageGenerator, t: DialogueStateTracker, d: Domain
        ) -> list[Event]:
            raise RuntimeError("geheim")

    pressed(assistant, "/greet", "rest:pech")
    get = dialogue._get_action
    with monkeypatch.context() as patch:
        patch.setattr(dialogue, "_get_action", lambda name: Failing() if name == "action_answer" else get(name))
        assert pressed(assistant, "/faq_calcium", "rest:pech") == []

    assert len(pressed(assistant, "/faq_calcium", "rest:pech")) == 1


def test_a_turn_that_cannot_be_kept_fails(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed(assistant, "/faq_zwemmen", "rest:vol")

    async def full(_: DialogueStateTracker) -> None:
        raise SQLAlchemyError("vol")

    with monkeypatch.context() as patch:
        patch.setattr(assistant.tracker_store, "save", full)
        with pytest.raises(SQLAlchemyError):
            pressed(assistant, "/faq_calcium", "rest:vol")

    tracker = asyncio.run(assistant.tracker_store.retrieve("rest:vol"))
    assert tracker
    assert tracker.get_slot("answered") == ["zwemmen"]


def test_the_actions_see_the_conversation_as_over_a_wire() -> None:
    events: list[Event] = [
        ActionExecuted("action_listen"),
        heard("greet"),
        SlotSet("offer", {"a": [1]}),
        BotUttered("dag"),
    ]
    tracker = DialogueStateTracker.from_events("anna", events, Domain.from_dict(dict(domain())).slots)

    seen = as_sdk_tracker(tracker)

    assert [event["event"] for event in seen.events] == ["action", "user", "slot", "bot"]
    assert seen.events[-1]["text"] == "dag"
    assert [event["event"] for event in seen.events[1:3]] == ["user", "slot"]
    assert (len(seen.events), seen.sender_id) == (4, "anna")
    seen.slots["offer"]["a"].append(2)
    assert tracker.get_slot("offer") == {"a": [1]}
