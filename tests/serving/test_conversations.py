"""Conversations as they are kept: nothing is lost, and only the end is read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.channels.events import Events
from botwijzer.database import migrate, open_database
from botwijzer.serving.conversations import MOST_AT_HAND, MOST_EVENTS, MOST_RANKED, Conversations, OvertakenError
from tests.attack.faults import locked
from tests.unit_helpers import domain

ANNA = "rest:anna"


def conversations(url: str) -> Conversations:
    """A process of its own, as far as the database can tell."""
    found = Conversations(url)
    found.domain = Domain.from_dict(dict(domain()))
    return found


def turn(of: Conversations, text: str, conversation: str = ANNA, **slots: object) -> DialogueStateTracker:
    """One turn in which a visitor says something and slots are set."""

    async def taken() -> DialogueStateTracker:
        tracker = await of.get_or_create_tracker(conversation, append_action_listen=False)
        if not tracker.events:
            tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], of.domain)
        ranking = [{"name": f"faq_{n}", "confidence": 0.01} for n in range(60)]
        said = UserUttered(text, intent={"name": "greet"}, parse_data={"intent_ranking": ranking})
        done = [ActionExecuted("action_listen"), said, ActionExecuted("action_reply"), BotUttered(f"op {text}")]
        tracker.update_with_events([*done, *(SlotSet(name, value) for name, value in slots.items())], of.domain)
        await of.save(tracker)
        return tracker

    return asyncio.run(taken())


def read(of: Conversations, conversation: str = ANNA) -> DialogueStateTracker | None:
    """The conversation as a turn would find it."""
    return asyncio.run(of.retrieve(conversation))


def said(tracker: DialogueStateTracker | None) -> list[str]:
    """What the visitor said, as far as it was read."""
    return [str(event.text) for event in tracker.events if isinstance(event, UserUttered)] if tracker else []


def rows(url: str) -> list[tuple[str, str]]:
    """What the database holds: whose event, and of which kind."""
    of = SQLTrackerStore.SQLEvent
    engine = open_database(url)
    with engine.connect() as connection:
        found = connection.execute(sa.select(of.sender_id, of.type_name).order_by(of.id)).all()
    engine.dispose()
    return [(row.sender_id, row.type_name) for row in found]


@pytest.fixture(params=["the same process", "another process"])
def reader(request: pytest.FixtureRequest, database_url: str) -> tuple[Conversations, Conversations]:
    """Who takes the turns, and who reads them afterwards."""
    first = conversations(database_url)
    return first, first if request.param == "the same process" else conversations(database_url)


def test_a_conversation_is_read_as_it_was_left(reader: tuple[Conversations, Conversations]) -> None:
    writing, reading = reader
    turn(writing, "hallo", answered=["zwemmen"])
    turn(writing, "waarom?", offer="handoff")

    found = read(reading)

    assert said(found) == ["hallo", "waarom?"]
    assert found
    assert (found.get_slot("answered"), found.get_slot("offer")) == (["zwemmen"], "handoff")
    assert read(reading, "rest:bert") is None


def test_slots_of_long_ago_are_kept_though_only_the_end_is_read(reader: tuple[Conversations, Conversations]) -> None:
    writing, reading = reader
    turn(writing, "hallo", answered=["zwemmen"])
    for n in range(40):
        turn(writing, f"vraag {n}")

    found = read(reading)

    assert said(found)[-3:] == ["vraag 37", "vraag 38", "vraag 39"]
    assert found
    assert found.get_slot("answered") == ["zwemmen"]
    assert len(found.events) <= 2 * MOST_EVENTS + len(found.slots)
    assert found.copy().get_slot("answered") == ["zwemmen"]


def test_of_an_earlier_session_nothing_is_read(reader: tuple[Conversations, Conversations]) -> None:
    writing, reading = reader
    turn(writing, "hallo", answered=["zwemmen"])
    tracker = asyncio.run(writing.get_or_create_tracker(ANNA))
    tracker.update_with_events([SessionStarted(), ActionExecuted("action_listen")], writing.domain)
    asyncio.run(writing.save(tracker))
    turn(writing, "daar ben ik weer")

    found = read(reading)

    assert said(found) == ["daar ben ik weer"]
    assert found
    assert found.get_slot("answered") is None


def test_all_of_a_conversation_stays_in_the_database(database_url: str) -> None:
    of = conversations(database_url)
    for n in range(60):
        turn(of, f"vraag {n}")
    turn(conversations(database_url), "uit een ander proces")

    kept = [kind for _, kind in rows(database_url)]

    assert kept.count("user") == 61
    assert len(kept) == 2 + 61 * 4


def test_processes_that_take_turns_see_each_others(database_url: str) -> None:
    one, other = conversations(database_url), conversations(database_url)
    for n in range(6):
        turn(one if n % 2 else other, f"vraag {n}", misunderstood=n)

    for of in (one, other):
        found = read(of)
        assert said(found) == [f"vraag {n}" for n in range(6)]
        assert found
        assert found.get_slot("misunderstood") == 5


def test_a_turn_that_failed_leaves_nothing_behind(database_url: str) -> None:
    of = conversations(database_url)
    turn(of, "hallo", offer="handoff")
    spoilt = read(of)
    assert spoilt
    spoilt.update_with_events([UserUttered("nooit bewaard"), SlotSet("offer", "erase")], of.domain)

    found = read(of)

    assert said(found) == ["hallo"]
    assert found
    assert found.get_slot("offer") == "handoff"


def test_of_two_turns_from_the_same_state_one_counts(database_url: str) -> None:
    one, other = conversations(database_url), conversations(database_url)
    turn(one, "hallo", misunderstood=1)
    late = read(other)
    assert late
    turn(one, "vraag", misunderstood=2)
    late.update_with_events([UserUttered("te laat"), SlotSet("misunderstood", 7)], other.domain)

    with pytest.raises(OvertakenError, match="changed or erased"):
        asyncio.run(other.save(late))

    for of in (one, other):
        found = read(of)
        assert said(found) == ["hallo", "vraag"]
        assert found
        assert found.get_slot("misunderstood") == 2


def test_a_turn_does_not_bring_back_what_was_erased_meanwhile(database_url: str) -> None:
    of = conversations(database_url)
    turn(of, "hallo", offer="handoff")
    late = read(of)
    assert late
    Events(database_url).erase(ANNA)
    late.update_with_events([UserUttered("te laat")], of.domain)

    with pytest.raises(OvertakenError):
        asyncio.run(of.save(late))

    assert read(of) is None
    assert rows(database_url) == []


def test_a_turn_that_nobody_waits_for_any_more_is_not_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate(url)
    of = conversations(url)
    turn(of, "hallo")
    late = read(of)
    assert late
    late.update_with_events([UserUttered("te laat")], of.domain)

    async def give_up() -> None:
        with locked(tmp_path / "test.db"), pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(of.save(late), 0.3)
        await asyncio.get_running_loop().shutdown_default_executor()  # the thread has got the database by then

    asyncio.run(give_up())

    assert said(read(of)) == ["hallo"]
    assert "te laat" not in (tmp_path / "test.db").read_bytes().decode("latin-1")


def test_what_the_database_does_not_take_is_an_error_and_not_a_secret(database_url: str) -> None:
    of = conversations(database_url)
    turn(of, "hallo")
    engine = open_database(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE dialogue_states"))
    engine.dispose()

    with pytest.raises(SQLAlchemyError):
        turn(of, "waarom?")
    assert [kind for _, kind in rows(database_url)].count("user") == 1


def test_a_conversation_of_an_earlier_version_is_read_whole(database_url: str) -> None:
    turn(conversations(database_url), "hallo", answered=["zwemmen"])
    engine = open_database(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM dialogue_states"))
    engine.dispose()
    of = conversations(database_url)

    turn(of, "waarom?")

    found = read(conversations(database_url))
    assert said(found) == ["hallo", "waarom?"]
    assert found
    assert found.get_slot("answered") == ["zwemmen"]


def test_what_was_erased_is_gone_for_every_process(database_url: str) -> None:
    of = conversations(database_url)
    turn(of, "hallo", answered=["zwemmen"])
    turn(of, "hallo", "rest:bert")

    Events(database_url).erase(ANNA)

    assert read(of) is None
    assert {conversation for conversation, _ in rows(database_url)} == {"rest:bert"}
    turn(of, "ben ik weer", ANNA)
    found = read(of)
    assert said(found) == ["ben ik weer"]
    assert found
    assert found.get_slot("answered") is None


def test_what_was_erased_does_not_come_back_from_the_memory_of_another_process(database_url: str) -> None:
    one, other = conversations(database_url), conversations(database_url)
    turn(one, "geheim")
    Events(database_url).erase(ANNA)
    turn(other, "hallo")

    assert said(read(one)) == ["hallo"]


def test_of_the_ranking_no_more_is_kept_than_is_of_use(database_url: str) -> None:
    tracker = turn(conversations(database_url), "hallo")

    assert tracker.latest_message
    assert len(tracker.latest_message.parse_data["intent_ranking"]) == MOST_RANKED


def test_not_every_conversation_stays_in_memory(database_url: str) -> None:
    of = conversations(database_url)
    for n in range(MOST_AT_HAND + 5):
        turn(of, "hallo", f"rest:{n}")

    assert len(of._at_hand) == MOST_AT_HAND
    assert said(read(of, "rest:0")) == ["hallo"]
