"""Two delivery workers on one database, which both have much to do: each dispatch goes out once, and in its order."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.outbox import DESK, Outbox
from botwijzer.handoff.request import Dispatch, Request
from tests.handoff.test_store import Store, wanted

REQUESTS, LINES = 12, 5
PATIENCE_SECONDS = 120


class Way:
    """Notes for each request who brought which lines."""

    def __init__(self, name: str, brought: defaultdict[int, list[tuple[str, str]]]) -> None:
        self._name = name
        self._brought = brought

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Brings it, while others may try too."""
        await asyncio.sleep(0.01)
        if dispatch.kind == "line":
            self._brought[dispatch.request].append((self._name, str(dispatch.body["text"])))


def test_two_workers_bring_each_line_once_and_in_its_order(database_url: str) -> None:
    store = Store(database_url)
    requests = [store.submit(wanted(f"web:{number}"), [], True).id for number in range(REQUESTS)]
    for request in requests:
        store.take(request, "1", "Anna")
        for line in range(LINES):
            store.staff_wrote(request, f"regel {line}", f"telegram:{request}:{line}")
    brought: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)

    async def work() -> None:
        ways = [dict.fromkeys(("web", DESK), Way(name, brought)) for name in ("one", "two")]
        workers = [Delivery(Outbox(database_url), way) for way in ways]
        running = [asyncio.get_running_loop().create_task(worker.run()) for worker in workers]
        while await asyncio.to_thread(store.undelivered):
            await asyncio.sleep(0.05)
        for task in running:
            task.cancel()
        for worker in workers:
            await worker.stop()

    asyncio.run(asyncio.wait_for(work(), PATIENCE_SECONDS))

    assert {request: [line for _, line in lines] for request, lines in brought.items()} == {
        request: [f"regel {line}" for line in range(LINES)] for request in requests
    }
    assert {name for lines in brought.values() for name, _ in lines} == {"one", "two"}
