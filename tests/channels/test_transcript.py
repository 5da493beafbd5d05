"""What was said in the widget, in a real database of either kind."""

from __future__ import annotations

import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels import transcript as transcript_module
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.tokens import new_session, session_of, sign
from botwijzer.channels.transcript import BOT, SENDER_PREFIX, STAFF, VISITOR, Transcript, UnknownConversationError

ANSWER = for_widget({"custom": build_answer(article(), ["calcium"]).to_json()})


@pytest.fixture
def store(database_url: str) -> Transcript:
    """An empty store."""
    return Transcript(database_url)


@pytest.fixture
def session(store: Transcript) -> str:
    """A conversation that has just begun."""
    begun = new_session()
    store.begin(begun, [for_widget({"text": "hallo"})])
    return begun


def test_messages_come_back_in_their_order_and_only_the_later_ones(store: Transcript, session: str) -> None:
    question = store.add_question(session, "a", {"text": "waarom?"}, "waarom?")
    assert question
    store.add_answers(question, session, [ANSWER])
    pushed = store.add(session, STAFF, {"text": "ik help"})
    assert pushed

    everything = store.after(session, 0)

    assert [entry.author for entry in everything] == [BOT, VISITOR, BOT, STAFF]
    assert [entry.id for entry in everything] == sorted(entry.id for entry in everything)
    assert store.after(session, question.id) == everything[2:]
    assert everything[1].to_json() == {
        "id": question.id,
        "author": VISITOR,
        "body": {"text": "waarom?"},
        "client_id": "a",
    }


def test_a_question_counts_once_and_is_answered_once(store: Transcript, session: str) -> None:
    question = store.add_question(session, "a", {"text": "x"}, "x")
    assert question
    assert store.add_question(session, "a", {"text": "x"}, "x") is None
    assert store.unanswered(session) == [question]
    assert len(store.add_answers(question, session, [ANSWER])) == 1
    assert store.add_answers(question, session, [ANSWER]) == []
    assert store.unanswered(session) == []


def test_there_is_nothing_to_add_to_a_conversation_that_is_not(store: Transcript) -> None:
    nobody = new_session()
    assert not store.knows(nobody)
    with pytest.raises(UnknownConversationError):
        store.add_question(nobody, "a", {"text": "x"}, "x")
    assert store.add(nobody, STAFF, {"text": "x"}) is None
    assert store.after(nobody, 0) == []


def test_one_signing_key_for_all_that_ask_at_once(database_url: str) -> None:
    stores = [Transcript(database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda store: store.signing_key(), stores))
    assert len(keys) == 1


def test_conversations_in_which_nothing_happened_for_long_are_erased(store: Transcript, session: str) -> None:
    between = datetime.datetime.utcnow()
    recent = new_session()
    store.begin(recent, [])

    assert store.erase_before(between) == [session]
    assert (store.knows(session), store.knows(recent)) == (False, True)
    assert store.after(session, 0) == []


def test_what_a_turn_wrote_after_its_conversation_was_erased_goes_too(
    store: Transcript, session: str, database_url: str
) -> None:
    gone, old = new_session(), datetime.datetime(2020, 1, 1).timestamp()
    events = SQLTrackerStore.SQLEvent.__table__
    with store._engine.begin() as connection:
        for of, moment in ((gone, old), (session, old), (new_session(), time.time())):
            row = {"sender_id": SENDER_PREFIX + of, "type_name": "user", "timestamp": moment, "data": "{}"}
            connection.execute(events.insert().values(row))

    assert store.erase_before(datetime.datetime(2021, 1, 1)) == []

    left = [row.sender_id for row in rows_of(store, events)]
    assert SENDER_PREFIX + session in left  # which is still open
    assert SENDER_PREFIX + gone not in left
    assert len(left) == 2


def test_erased_words_are_nowhere_any_more(store: Transcript, session: str, tmp_path: Path) -> None:
    for number in range(50):
        store.add_question(session, str(number), {"text": "geheim-woord"}, "geheim-woord")
    assert holds(store, tmp_path, "geheim-woord")

    store.erase(session)

    assert not holds(store, tmp_path, "geheim-woord")
    assert not store.keep_feedback(session, 1, True)


def holds(store: Transcript, folder: Path, word: str) -> bool:
    """Whether a word is in a row of the database, or in a file of it when its files are in this folder."""
    rows = [str(row) for table in transcript_module._tables.tables.values() for row in rows_of(store, table)]
    return any(word in row for row in rows) or any(word.encode() in path.read_bytes() for path in folder.iterdir())


def rows_of(store: Transcript, table: sa.Table) -> list[sa.engine.Row]:
    """All that a table holds."""
    with store._engine.connect() as connection:
        return list(connection.execute(sa.select(table)))


def test_a_database_that_takes_no_write_is_noticed(database_url: str) -> None:
    Transcript(database_url).try_to_write()
    unwritable = Transcript(database_url)
    read_only = "PRAGMA query_only=1" if database_url.startswith("sqlite") else "SET TRANSACTION READ ONLY"
    sa.event.listen(unwritable._engine, "begin", lambda connection: connection.exec_driver_sql(read_only))
    with pytest.raises(sa.exc.SQLAlchemyError):
        unwritable.try_to_write()


def test_a_token_proves_its_session_and_no_other_key_does() -> None:
    session = new_session()
    ours, other = "k" * 64, "o" * 64
    assert session_of(sign(session, ours), ours) == session
    assert session_of(sign(session, ours), other) is None
    assert len({new_session() for _ in range(100)}) == 100
