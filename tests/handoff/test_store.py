"""The store of requests, on both databases: what is kept together, who gets what, and what is gone afterwards."""

from __future__ import annotations

import concurrent.futures
import datetime
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from botwijzer.database import now, open_database
from botwijzer.handoff import outbox as outbox_module
from botwijzer.handoff import store as store_module
from botwijzer.handoff.outbox import DESK, LEASE_SECONDS, MAIL, MOST_PAUSE_SECONDS, Outbox
from botwijzer.handoff.request import Dispatch, Request, State
from botwijzer.handoff.store import Requests, Taking, Wanted, new_draft
from botwijzer.handoff.tables import outbox, requests

BOTH = (MAIL, DESK)
CHANNELS = ("web", "telegram", "mail", "desk")
VISITOR, OTHER = "web:abc", "web:def"


class Store(Requests, Outbox):
    """Requests and what is on its way, for both are in one database."""


@pytest.fixture
def store(database_url: str) -> Store:
    """A store with nothing in it."""
    return Store(database_url)


def wanted(conversation: str = VISITOR, **more: Any) -> Wanted:
    """A request of a visitor."""
    return Wanted(**{"draft": new_draft(), "conversation": conversation, "question": "Leveren jullie ook?", **more})


def taken(store: Store, conversation: str = VISITOR) -> Request:
    """A request that Anna has taken over, with nothing of it on its way any more."""
    request = store.submit(wanted(conversation), BOTH, live=True)
    assert store.take(request.id, "1", "Anna") is Taking.TAKEN
    drain(store)
    return request


def drain(store: Store, *ways: str) -> list[Dispatch]:
    """Delivers all that is on its way now, in the order in which it goes out."""
    found = []
    while claimed := store.claim(ways or CHANNELS):
        found.append(claimed[0])
        store.done(claimed[0].id)
    return found


def kinds(dispatches: list[Dispatch]) -> list[tuple[str, str]]:
    """Way and kind of each."""
    return [(dispatch.way, dispatch.kind) for dispatch in dispatches]


def make_older(url: str, **columns: datetime.timedelta) -> None:
    """Moves times of all requests into the past."""
    engine = open_database(url)
    with engine.begin() as connection:
        for name, ago in columns.items():
            connection.execute(requests.update().values({name: now() - ago}))
    engine.dispose()


def test_a_request_is_kept_with_what_goes_out_for_it(store: Store) -> None:
    request = store.submit(
        wanted(name="An", email="an@example.nl", earlier=("Wat is magnesium?",), passages=("mg_belang",)), BOTH, False
    )

    assert request.reference.startswith("BW-")
    assert len(request.reference) == 7
    assert (request.state, request.way, request.earlier) == (State.BOT, "an@example.nl", ("Wat is magnesium?",))
    assert store.find(request.reference.lower()) == request
    assert store.listed() == [request]
    assert store.undelivered() == {request.id: 2}
    assert sorted(kinds(drain(store))) == [("desk", "asked"), ("mail", "asked")]
    assert store.undelivered() == {}


def test_the_same_draft_again_is_the_same_request(store: Store) -> None:
    one = wanted(email="an@example.nl")

    assert store.submit(one, BOTH, False) == store.submit(one, BOTH, True)
    assert len(drain(store)) == 2


def test_a_draft_with_new_details_changes_the_request_and_tells_so(store: Store) -> None:
    one = wanted()
    first = store.submit(one, [MAIL], False)
    (sent,) = drain(store)

    second = store.submit(Wanted(**{**vars(one), "phone": "+31 6 12345678"}), [MAIL], False)

    assert (second.reference, second.phone) == (first.reference, "+31 6 12345678")
    (dispatch,) = drain(store)
    assert (dispatch.kind, dispatch.body["first"]) == ("changed", sent.id)


def test_many_at_once_each_get_a_reference_of_their_own(store: Store) -> None:
    drafts = [wanted(f"web:{number % 20}") for number in range(40)] * 2
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: store.submit(one, BOTH, True), drafts))

    assert len({request.reference for request in found}) == 40
    assert len(drain(store)) == 80


def test_references_that_are_taken_are_not_given_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "ALPHABET", "B")
    first = store.submit(wanted(), [], False)
    letters = iter("BBBBBBBBCCCC")
    monkeypatch.setattr("botwijzer.handoff.store.secrets.choice", lambda _: next(letters))

    assert (first.reference, store.submit(wanted(), [], False).reference) == ("BW-BBBB", "BW-CCCC")


@pytest.mark.parametrize("count", [1, 3])
def test_several_workers_never_get_the_same(store: Store, database_url: str, count: int) -> None:
    for number in range(30):
        store.submit(wanted(f"web:{number}"), [MAIL], False)
    stores = [Store(database_url) for _ in range(count)]

    def work(own: Store) -> list[int]:
        return [dispatch.id for dispatch in drain(own, MAIL)]

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        seen = Counter(number for numbers in pool.map(work, stores) for number in numbers)

    assert len(seen) == 30
    assert set(seen.values()) == {1}


def test_what_is_claimed_is_nobody_elses_until_the_claim_runs_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.submit(wanted(), [MAIL], False)
    claimed = store.claim([MAIL])

    assert claimed
    assert store.claim([MAIL]) is None
    later = now() + datetime.timedelta(seconds=LEASE_SECONDS + 1)
    monkeypatch.setattr(outbox_module, "now", lambda: later)
    again = store.claim([MAIL])
    assert again
    assert again[0].id == claimed[0].id


def test_one_requests_dispatches_keep_their_order_and_hold_up_no_other(store: Store) -> None:
    request, other = taken(store), store.submit(wanted(OTHER), [DESK], True)
    for number in range(3):
        assert store.visitor_wrote(VISITOR, f"regel {number}", f"web:{number}")
    drain(store, "web")

    first, second = store.claim([DESK]), store.claim([DESK])

    assert first
    assert second
    assert {first[0].request, second[0].request} == {request.id, other.id}
    assert store.claim([DESK]) is None
    store.again(first[0].id, 0)
    store.again(second[0].id, 0)
    texts = [dispatch.body["text"] for dispatch in drain(store, DESK) if dispatch.kind == "line"]
    assert texts == ["regel 0", "regel 1", "regel 2"]


def test_what_could_not_arrive_waits_until_its_time_or_until_somebody_says_so(store: Store) -> None:
    store.submit(wanted(), BOTH, False)
    for _ in BOTH:
        claimed = store.claim(BOTH)
        assert claimed
        store.again(claimed[0].id, None if claimed[0].way == MAIL else MOST_PAUSE_SECONDS)

    assert store.claim(BOTH) is None
    assert store.retry() == 2
    dispatches = drain(store)
    assert len(dispatches) == 2
    assert {dispatch.tries for dispatch in dispatches} == {1}


def test_of_two_who_take_at_once_one_gets_it_and_the_other_sees_who(store: Store) -> None:
    request = store.submit(wanted(), [DESK], True)
    people = [("1", "Anna"), ("2", "Bram")] * 4
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda person: store.take(request.id, *person), people))

    assert came.count(Taking.TAKEN) == 1
    winner = people[came.index(Taking.TAKEN)]
    now_is = store.get(request.id)
    assert now_is
    assert (now_is.state, now_is.operator) == (State.HUMAN, winner[1])
    assert {result for person, result in zip(people, came) if person != winner} == {Taking.ANOTHERS}
    assert kinds(drain(store, "web")) == [("web", "say")]


def test_a_conversation_is_with_one_human_however_many_requests_it_has(store: Store) -> None:
    first, second = (store.submit(wanted(), [DESK], True) for _ in range(2))

    assert store.take(first.id, "1", "Anna") is Taking.TAKEN
    assert store.take(second.id, "2", "Bram") is Taking.ANOTHERS
    current = store.current(VISITOR)
    assert current
    assert current.id == first.id


def test_while_a_human_has_it_lines_go_both_ways_once(store: Store) -> None:
    request = taken(store)

    for _ in range(2):
        assert store.visitor_wrote(VISITOR, "Hallo?", "web:1")
        assert store.staff_wrote(request.id, "Ja, zeg het maar.", "telegram:1")

    assert [(d.way, d.kind, d.body["text"]) for d in drain(store)] == [
        ("desk", "line", "Hallo?"),
        ("web", "line", "Ja, zeg het maar."),
    ]
    assert not store.visitor_wrote(OTHER, "Hallo?", "web:2")


def test_nothing_passes_before_it_is_taken_and_after_it_is_closed(store: Store) -> None:
    request = store.submit(wanted(), [DESK], True)

    assert store.state_of(VISITOR) is State.WAITING
    assert not store.visitor_wrote(VISITOR, "Hallo?", "web:1")
    assert not store.staff_wrote(request.id, "Hallo!", "telegram:1")
    assert store.take(request.id, "1", "Anna") is Taking.TAKEN
    assert store.take(request.id, "1", "Anna") is Taking.ALREADY_YOURS
    assert store.state_of(VISITOR) is State.HUMAN
    assert store.close(request.id)
    assert not store.close(request.id)
    assert store.take(request.id, "1", "Anna") is Taking.CLOSED
    assert store.state_of(VISITOR) is State.BOT
    assert not store.visitor_wrote(VISITOR, "Hallo?", "web:2")
    assert not store.staff_wrote(request.id, "Hallo!", "telegram:2")
    said = [d.body["response"] for d in drain(store, "web") if d.kind == "say"]
    assert said == ["utter_human_here", "utter_human_gone"]


def test_a_line_that_came_before_the_end_is_still_the_humans_when_it_comes_again(store: Store) -> None:
    request = taken(store)
    store.visitor_wrote(VISITOR, "Dank!", "web:1")
    store.close(request.id)

    assert store.visitor_wrote(VISITOR, "Dank!", "web:1")


def test_nobody_in_time_and_a_silent_human_give_the_conversation_back(store: Store, database_url: str) -> None:
    waiting = store.submit(wanted(), [DESK], True)
    silent = taken(store, OTHER)
    drain(store)
    store.visitor_wrote(OTHER, "Hallo?", "web:1")

    assert store.give_back(60, 60) == []
    make_older(database_url, since=datetime.timedelta(seconds=61), unanswered_since=datetime.timedelta(seconds=61))
    assert store.give_back(60, 60) == [waiting.id, silent.id]
    assert store.give_back(0, 0) == []

    assert (store.state_of(VISITOR), store.state_of(OTHER)) == (State.BOT, State.BOT)
    payloads = [d.body["payload"] for d in drain(store, "web") if d.kind == "turn"]
    assert payloads == ["/handoff_nobody", "/handoff_silent"]
    notes = [d.body["response"] for d in drain(store, DESK) if d.kind == "note"]
    assert notes == ["desk_nobody", "desk_silent"]
    assert store.take(waiting.id, "2", "Bram") is Taking.TAKEN


def test_a_human_who_waits_for_the_visitor_is_not_silent(store: Store, database_url: str) -> None:
    request = taken(store)
    store.visitor_wrote(VISITOR, "Hallo?", "web:1")
    store.staff_wrote(request.id, "Dag!", "telegram:1")

    assert store.give_back(0, 0) == []


def test_a_caller_over_rest_is_told_nothing_for_nothing_could_reach_it(store: Store) -> None:
    request = store.submit(wanted("rest:x"), [MAIL], False)
    store.take(request.id, "1", "Anna")
    store.close(request.id)

    assert {way for way, _ in kinds(drain(store, *CHANNELS, "rest"))} == {MAIL, DESK}


def test_erasing_leaves_no_word_and_tells_where_it_was_sent(store: Store, database_url: str) -> None:
    secret = "Zevenslaper"
    request = store.submit(wanted(name=secret, question=secret, email=f"{secret}@example.nl"), BOTH, True)
    store.set_thread(request.id, "77")
    store.take(request.id, "1", "Anna")
    store.visitor_wrote(VISITOR, secret, "web:1")
    other = store.submit(wanted(OTHER), [MAIL], True)

    assert store.erase(VISITOR) == [request.reference]

    engine = open_database(database_url)
    with engine.begin() as connection:
        for table in (requests, outbox):
            assert secret not in str(connection.execute(sa.select(table)).all())
    engine.dispose()
    assert [found.id for found in store.listed(closed=True)] == [other.id]
    gone = [d for d in drain(store) if d.kind == "erased"]
    assert sorted(kinds(gone)) == [("desk", "erased"), ("mail", "erased")]
    assert all(d.body["reference"] == request.reference for d in gone)
    assert next(d.body["thread"] for d in gone if d.way == DESK) == "77"
    assert store.erase(VISITOR) == []


def test_who_begins_another_conversation_keeps_only_what_can_be_answered_elsewhere(store: Store) -> None:
    reachable = store.submit(wanted(email="an@example.nl"), BOTH, True)
    live = taken(store)
    for request in (reachable, live):
        store.set_thread(request.id, str(request.id))
    drain(store)

    store.leave(VISITOR)

    states = [request.state for request in store.listed(closed=True)]
    assert states == [State.BOT, State.CLOSED]
    assert [dispatch.body["response"] for dispatch in drain(store)] == ["desk_left"] * 2
    assert not store.visitor_wrote(VISITOR, "Hallo?", "web:9")


def test_what_was_never_sent_anywhere_is_erased_without_telling(store: Store) -> None:
    store.submit(wanted(), [], False)

    assert len(store.erase(VISITOR)) == 1
    assert drain(store) == []


def test_handled_requests_are_erased_in_time_and_open_ones_never(store: Store, database_url: str) -> None:
    handled, fresh, still_open = (store.submit(wanted(), [MAIL], False) for _ in range(3))
    store.close(handled.id)
    drain(store)
    make_older(database_url, since=datetime.timedelta(days=31))
    store.close(fresh.id)

    assert store.erase_before(now() - datetime.timedelta(days=30)) == [handled.reference]
    assert [request.id for request in store.listed(closed=True)] == [fresh.id, still_open.id]


def test_what_has_arrived_is_forgotten_word_by_word(store: Store, database_url: str) -> None:
    taken(store)
    store.visitor_wrote(VISITOR, "Zevenslaper", "web:1")
    drain(store)

    engine = open_database(database_url)
    with engine.begin() as connection:
        assert "Zevenslaper" not in str(connection.execute(sa.select(outbox)).all())
    engine.dispose()


def at_once(calls: int, call: Any) -> list[Any]:
    """What comes of calling it so often at the same time, with the numbers from 0 on."""
    with concurrent.futures.ThreadPoolExecutor(calls) as pool:
        return list(pool.map(call, range(calls)))


def test_two_requests_of_one_conversation_are_never_taken_by_two(store: Store) -> None:
    for number in range(10):
        conversation = f"web:{number}"
        two = [store.submit(wanted(conversation), [], True) for _ in range(2)]
        came = at_once(2, lambda one: store.take(two[one].id, str(one), "Anna"))  # noqa: B023

        assert sorted(result.value for result in came) == ["another's", "taken"]
        states = [found.state for request in two if (found := store.get(request.id))]
        assert sorted(states) == [State.BOT, State.HUMAN]  # nobody waits beside a human
        assert store.give_back(0, 3600) == []


def test_closing_at_once_tells_the_visitor_once(store: Store) -> None:
    for number in range(10):
        request = taken(store, f"web:{number}")

        assert sorted(at_once(3, lambda _: store.close(request.id))) == [False, False, True]  # noqa: B023
        assert [dispatch.body["response"] for dispatch in drain(store, "web")] == ["utter_human_gone"]


def test_a_line_and_the_end_at_once_leave_no_line_to_nobody(store: Store) -> None:
    for number in range(10):
        request = taken(store, f"web:{number}")

        def act(what: int, number: int = number, request: Request = request) -> bool:
            if what:
                return store.visitor_wrote(f"web:{number}", "Nog iets", f"web:{number}")
            return store.close(request.id)

        _, passed = at_once(2, act)
        lines = [dispatch for dispatch in drain(store, DESK) if dispatch.kind == "line"]
        assert len(lines) == int(passed)


def test_closing_one_request_says_nothing_while_a_human_has_the_other(store: Store) -> None:
    waiting = store.submit(wanted(), [DESK], True)
    other = store.submit(wanted(), [DESK], True)
    store.take(other.id, "1", "Anna")
    drain(store)

    store.close(waiting.id)

    assert drain(store, "web") == []
    assert store.state_of(VISITOR) is State.HUMAN


def test_an_address_that_is_given_after_the_end_opens_the_request_again(store: Store) -> None:
    one = wanted()
    request = store.submit(one, [MAIL], True)
    store.close(request.id)

    again = store.submit(Wanted(**{**vars(one), "email": "an@example.nl"}), [MAIL], True)

    assert (again.state, [found.id for found in store.listed()]) == (State.BOT, [request.id])


def test_what_is_under_way_while_everything_is_erased_goes_before_the_word_of_that(store: Store) -> None:
    store.submit(wanted(question="Zevenslaper"), [DESK], True)
    claimed = store.claim([DESK])
    assert claimed

    store.erase(VISITOR)

    assert store.claim([DESK]) is None
    store.done(claimed[0].id)
    assert kinds(drain(store, DESK)) == [("desk", "erased")]
