"""Bringing dispatches where they go: order, tries, claims, and what it does when something fails."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from botwijzer.database import now
from botwijzer.handoff import delivery as delivery_module
from botwijzer.handoff.delivery import Delivery, NeverError, NotYetError, pause_after
from botwijzer.handoff.outbox import MAIL, MOST_PAUSE_SECONDS, NEVER
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.handoff.tables import outbox
from tests.handoff.test_store import VISITOR, Store, taken, wanted


class Way:
    """Notes what is brought, after whatever `meets` does."""

    def __init__(self, meets: Callable[[Dispatch], Awaitable[None]] | None = None) -> None:
        self.brought: list[Dispatch] = []
        self._meets = meets

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Brings it, or raises."""
        if self._meets:
            await self._meets(dispatch)
        self.brought.append(dispatch)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(delivery_module, "FIRST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def store(database_url: str) -> Store:
    """A store with nothing in it."""
    return Store(database_url)


def deliver(store: Store, way: Way, until: Callable[[], bool], *names: str) -> None:
    """Delivers until the condition holds."""

    async def work() -> None:
        delivery = Delivery(store, dict.fromkeys(names or (MAIL,), way))
        running = asyncio.get_running_loop().create_task(delivery.run())
        while not until():
            await asyncio.sleep(0.01)
        running.cancel()
        await delivery.stop()

    asyncio.run(asyncio.wait_for(work(), 30))


def test_what_fails_is_tried_until_it_arrives(store: Store) -> None:
    failures = iter([OSError(), NotYetError(), ValueError()])

    async def fail(dispatch: Dispatch) -> None:
        for failure in failures:
            raise failure

    way = Way(fail)
    store.submit(wanted(), [MAIL], False)

    deliver(store, way, lambda: store.undelivered() == {})

    (dispatch,) = way.brought
    assert dispatch.tries == 2  # "not yet" is no failure


def waits_for_somebody(store: Store) -> bool:
    """Whether it was noted that a dispatch can't arrive."""
    with store._engine.connect() as connection:
        return bool(connection.scalar(sa.select(outbox.c.id).where(outbox.c.due == NEVER)))


def test_what_can_not_arrive_waits_for_somebody_to_say_so(store: Store) -> None:
    refused: list[int] = []

    async def refuse(dispatch: Dispatch) -> None:
        refused.append(dispatch.id)
        raise NeverError

    request = store.submit(wanted(), [MAIL], False)

    deliver(store, Way(refuse), lambda: bool(refused) and waits_for_somebody(store))

    assert len(refused) == 1
    assert store.undelivered() == {request.id: 1}
    assert store.retry() == 1
    way = Way()
    deliver(store, way, lambda: bool(way.brought))


def test_lines_keep_their_order_though_the_first_one_fails(store: Store) -> None:
    failed: list[int] = []

    async def fail_once(dispatch: Dispatch) -> None:
        if not failed:
            failed.append(dispatch.id)
            raise OSError

    request = taken(store)
    for number in range(5):
        store.staff_wrote(request.id, f"regel {number}", f"telegram:{number}")
    way = Way(fail_once)

    deliver(store, way, lambda: len(way.brought) == 5, "web")

    assert [dispatch.body["text"] for dispatch in way.brought] == [f"regel {number}" for number in range(5)]
    assert failed


def test_a_slow_one_holds_up_no_other_and_stays_its_workers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "LEASE_SECONDS", 0.03)  # so that the claim is renewed
    slow = asyncio.Event()
    began: list[int] = []
    first = store.submit(wanted(VISITOR), [MAIL], False)
    other = store.submit(wanted("web:other"), [MAIL], False)

    async def wait(dispatch: Dispatch) -> None:
        began.append(dispatch.request)
        if dispatch.request == first.id:
            await slow.wait()

    way = Way(wait)
    deliver(store, way, lambda: [dispatch.request for dispatch in way.brought] == [other.id])

    assert sorted(began) == [first.id, other.id]


def test_pauses_grow_and_end_somewhere() -> None:
    for tries in range(200):
        longest = min(MOST_PAUSE_SECONDS, delivery_module.FIRST_PAUSE_SECONDS * 2.0**tries)
        assert longest / 2 <= pause_after(tries) <= longest


@pytest.mark.parametrize("left", ["due", "claimed_until"])
def test_a_clock_that_was_set_back_holds_up_nothing(store: Store, left: str) -> None:
    in_a_year = now() + datetime.timedelta(days=365)
    store.submit(wanted(), [MAIL], False)
    with store._engine.begin() as connection:
        connection.execute(outbox.update().values({left: in_a_year}))

    assert store.claim([MAIL])
    assert not store.claim([MAIL])  # it is somebody's now


def test_what_waits_for_somebody_is_not_taken_for_the_work_of_a_clock(store: Store) -> None:
    store.submit(wanted(), [MAIL], False)
    claimed = store.claim([MAIL])
    assert claimed
    store.again(claimed[0].id, None)
    assert not store.claim([MAIL])

    store.again(claimed[0].id, MOST_PAUSE_SECONDS)
    assert not store.claim([MAIL])
