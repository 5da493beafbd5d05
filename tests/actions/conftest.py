"""Runs an action as Rasa would, and shows what a visitor gets to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import action_affirm, action_handoff, requesting
from botwijzer.database import migrate
from botwijzer.handoff.store import Requests
from botwijzer.responses import responses
from tests.unit_helpers import domain, use_settings


@dataclass(frozen=True)
class Outcome:
    """What an action did.

    Attributes:
        texts: The messages as visitors read them.
        buttons: Titles and payloads of all buttons, in their order.
        customs: The structured forms of the messages that have one.
        slots: The slots that were set, with their values.
        events: All events.
    """

    texts: list[str]
    buttons: list[tuple[str, str]]
    customs: list[dict[str, Any]]
    slots: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def payloads(self) -> list[str]:
        """What pressing the buttons sends."""
        return [payload for _, payload in self.buttons]


RunAction = Callable[..., Outcome]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Requests:
    """The store of requests that the actions use."""
    url = f"sqlite:///{tmp_path / 'requests.db'}"
    migrate(url)
    use_settings(monkeypatch, database_url=url)
    store = Requests(url)
    monkeypatch.setattr(requesting, "store", lambda: store)
    for module in (action_affirm, action_handoff):
        monkeypatch.setattr(module, "store", lambda: store)
    return store


@pytest.fixture
def run_action(requests: Requests) -> RunAction:
    """`run_action(ActionMore(), intents=["more"], answered=[...])`: runs it in a conversation with these slots.

    Args of the call: the action, `intents` (the ranking of the message's intents, likeliest first), `also`
    (the intent of a second question), `before` (what happened until then), `text` (the message), `sender` (the
    conversation's key), `metadata` (of the message) and slots by name; those that are not given are as the domain
    starts them.
    """
    return _run


def _run(
    action: Action,
    intents: Sequence[str] = (),
    also: str = "",
    before: Sequence[dict[str, Any]] = (),
    text: str = "",
    sender: str = "rest:test",
    metadata: dict[str, Any] | None = None,
    **slots: Any,
) -> Outcome:
    dispatcher = CollectingDispatcher()
    tracker = _tracker(sender, text, intents, also, list(before), slots)
    tracker.latest_message["metadata"] = metadata or {}
    events: list[dict[str, Any]] = action.run(dispatcher, tracker, domain())
    said = [_filled_in(message) for message in dispatcher.messages]
    return Outcome(
        texts=[text for text, _ in said],
        buttons=[button for _, buttons in said for button in buttons],
        customs=[message["custom"] for message in dispatcher.messages if message["custom"]],
        slots={event["name"]: event["value"] for event in events if event["event"] == "slot"},
        events=events,
    )


def said(text: str, intent: str) -> dict[str, Any]:
    """What a visitor said before, as Rasa keeps it."""
    return {"event": "user", "text": text, "parse_data": {"intent": {"name": intent}}}


def _tracker(
    sender: str, text: str, intents: Sequence[str], also: str, before: list[dict[str, Any]], slots: dict[str, Any]
) -> Tracker:
    ranking = [{"name": name, "confidence": 1 / (place + 2)} for place, name in enumerate(intents)]
    latest = {"intent": ranking[0], "intent_ranking": ranking} if ranking else {}
    latest |= {"text": text, **({"also_asked": also} if also else {})}
    before = [*before, {"event": "user", "text": text, "parse_data": latest}]
    started = {name: slot.get("initial_value") for name, slot in domain()["slots"].items()}
    return Tracker(sender, {**started, **slots}, latest, before, False, None, {}, None)


def _filled_in(message: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """Text and buttons of a message, those of its response included, with the blanks filled in."""
    name = message["response"]
    response = responses().message(name, **message) if name else {"text": message["text"]}
    buttons = [*response.get("buttons", ()), *message["buttons"]]
    return str(response["text"]), [(str(button["title"]), str(button["payload"])) for button in buttons]
