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
from botwijzer.channels import conversation_room, transcript_tables
from botwijzer.channels.conversation_room import MAX_CHARACTERS, MAX_MESSAGES, FullConversationError
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.tokens import new_session, session_of, sign
from botwijzer.channels.transcript import (
    BOT,
    HIGHEST_ID,
    PAGE_CHARACTERS,
    STAFF,
    VISITOR,
    Transcript,
    UnknownConversationError,
)
from botwijzer.channels.transcript_tables import PAGE_MESSAGES, SENDER_PREFIX
from botwijzer.handoff.store import Requests, Wanted

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
    rows = [str(row) for table in transcript_tables.metadata.tables.values() for row in rows_of(store, table)]
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


def converse(store: Transcript, session: str, turns: int, words: str = "x", seen: bool = True) -> list[int]:
    """Questions with their answers, each seen by the visitor; returns the ids of the questions."""
    asked: list[int] = []
    for number in range(turns):
        latest = store.newest([session])[session] if seen else 0
        question = store.add_question(
            session, f"{session}-{number}", {"text": words}, words, latest, {"text": "korter"}
        )
        assert question
        store.add_answers(question, session, [ANSWER])
        asked.append(question.id)
    return asked


def test_a_page_holds_the_newest_and_says_that_there_are_more(store: Transcript, session: str) -> None:
    converse(store, session, 30)
    everything = [entry.id for entry in store.after(session, 0)]

    newest = store.page(session)
    before = store.page(session, before=newest.entries[0].id)

    shown = [entry.id for page in (before, newest) for entry in page.entries]
    assert shown == everything[-len(shown) :]
    assert len(newest.entries) == PAGE_MESSAGES
    assert newest.has_earlier
    assert not before.has_earlier
    assert store.page(session, after=newest.entries[-3].id).entries == newest.entries[-2:]
    assert not store.page(session, after=newest.entries[-3].id).has_earlier


def test_a_page_is_not_large_however_large_its_messages_are(store: Transcript, session: str) -> None:
    for number in range(5):
        store.add(session, STAFF, {"text": "x" * (PAGE_CHARACTERS // 2)}, str(number))
    assert len(store.page(session).entries) == 1
    store.add(session, STAFF, {"text": "x" * (2 * PAGE_CHARACTERS)})
    assert len(store.page(session).entries) == 1


def test_a_conversation_that_gets_too_long_loses_its_oldest_messages_and_says_so_once(
    store: Transcript, session: str
) -> None:
    asked = converse(store, session, MAX_MESSAGES * 2 // 3)  # long enough to remove messages twice

    left = store.after(session, 0)

    assert len(left) <= MAX_MESSAGES + 1
    assert left[-2].id == asked[-1]
    assert [entry.body for entry in left].count({"text": "korter"}) == 1
    assert store.add_question(session, f"{session}-0", {"text": "x"}, "x") is None, "it was sent before"


def test_many_large_messages_count_as_many(store: Transcript, session: str) -> None:
    converse(store, session, 3 * MAX_CHARACTERS // 200_000, "x" * 200_000)
    assert sum(entry.size for entry in store.after(session, 0)) < MAX_CHARACTERS + 200_000


def test_what_the_visitor_has_not_got_or_nobody_has_answered_is_never_removed(store: Transcript, session: str) -> None:
    with pytest.raises(FullConversationError):
        converse(store, session, MAX_MESSAGES, seen=False)
    kept = store.after(session, 0)
    assert len(kept) >= MAX_MESSAGES
    assert store.add_question(session, f"{session}-0", {"text": "x"}, "x") is None, "it was sent before"

    other = new_session()
    store.begin(other, [])
    for number in range(MAX_MESSAGES):
        store.add_question(other, str(number), {"text": "x"}, "x", HIGHEST_ID)
    with pytest.raises(FullConversationError):
        store.add_question(other, "more", {"text": "x"}, "x", HIGHEST_ID)
    assert len(store.unanswered(other)) == MAX_MESSAGES


def test_what_was_said_since_an_open_request_is_never_removed(
    store: Transcript, session: str, database_url: str
) -> None:
    converse(store, session, 10)
    requests = Requests(database_url)
    made = requests.submit(Wanted("d" * 32, SENDER_PREFIX + session, "help"), (), live=False)
    since = store.newest([session])[session]

    for number in range(MAX_MESSAGES):
        store.add(session, STAFF, {"text": str(number)}, f"staff-{number}")
    with pytest.raises(FullConversationError):
        store.add_question(session, "more", {"text": "x"}, "x", HIGHEST_ID)
    assert len(store.after(session, since)) == MAX_MESSAGES

    requests.close(made.id)
    assert store.add_question(session, "more", {"text": "x"}, "x", HIGHEST_ID)


def test_the_ids_of_a_conversation_do_not_grow_without_end(
    store: Transcript, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_room, "MAX_IDS", 20)
    with pytest.raises(FullConversationError):
        converse(store, session, 20)
