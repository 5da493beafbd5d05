"""Updates on their way to a bot: kept until it fetches them, or brought to its webhook until it accepts them."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.telegram.bot_api_checks import Parameters, RefusalError
from tests.telegram.bot_api_methods import ONLY_ON_REQUEST, UPDATE_KINDS

PAUSE_SECONDS = 0.2
MOST_CONNECTIONS = 40
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"

_OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_WEBHOOK_SET = "Conflict: terminated by setWebhook request"


@dataclass(eq=False)
class _Waiting:
    """An update that was not accepted yet; `kept`: no offset confirms it before it was given out."""

    update_id: int
    body: Any
    kept: bool = False
    under_way: bool = False


class Updates:
    """What is to be told to the bot; all of it happens in the server's loop.

    Attributes:
        bodies: Every update by its id.
        deliveries: Every attempt at the webhook: the update and the HTTP status, 0 when there was no answer.
        deliver_to: Base address that stands for the host of the webhook's address.
        webhook: Parameters of the webhook that is set, or None.
    """

    def __init__(self, on_news: Callable[[], object], one_at_a_time: bool) -> None:
        """Nothing has happened yet.

        Args:
            on_news: Called when something was delivered.
            one_at_a_time: Whether an update waits for those before it in its chat.
        """
        self.bodies: dict[int, Any] = {}
        self.deliveries: list[tuple[int, int]] = []
        self.deliver_to = ""
        self.webhook: Parameters | None = None
        self._on_news = on_news
        self._one_at_a_time = one_at_a_time
        self._ids = itertools.count(random.randint(10**8, 9 * 10**8))
        self._queue: list[_Waiting] = []
        self._held = False
        self._allowed = _allowed([])
        self._error: dict[str, Any] = {}
        self._polls = 0
        self._stirred = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, kind: str, body: dict[str, Any]) -> int:
        """Something happened; goes on its way when the bot wants to know of this kind. Returns the update's id."""
        update_id = next(self._ids)
        self.bodies[update_id] = {"update_id": update_id, kind: body}
        if kind in self._allowed:
            self._put(_Waiting(update_id, self.bodies[update_id]))
        return update_id

    def send(self, update: dict[str, Any]) -> None:
        """Sends exactly this."""
        update_id = update.get("update_id")
        self._put(_Waiting(update_id if isinstance(update_id, int) else -1, update, kept=True))

    def repeat(self, update_id: int) -> None:
        """Sends an update once more."""
        self._put(_Waiting(update_id, self.bodies[update_id], kept=True))

    def hold(self) -> None:
        """Keeps back what is not at the bot yet, and all that follows."""
        self._held = True

    def release(self, order: Sequence[int]) -> None:
        """Lets go what was kept back, those named first and each after the one before was answered."""
        waiting = {each.update_id: each for each in self._queue}
        first = [waiting[update_id] for update_id in order]
        self._queue = first + [each for each in self._queue if each not in first]
        self._held = False
        for each in self._queue:
            each.kept = True
        if self.webhook is not None:
            idle = [each for each in self._queue if not each.under_way]
            for each in idle:
                each.under_way = True
            self._begin(self._deliver_in_turn([each for each in idle if each in first]))
            for each in idle:
                if each not in first:
                    self._begin(self._deliver(each))
        self._stir()

    async def get_updates(self, parameters: Parameters) -> list[Any]:
        """Confirms what comes before the offset, and gives what there is, or comes until the time is over."""
        if self.webhook is not None:
            raise RefusalError(_WEBHOOK, 409)
        self._polls += 1
        poll = self._polls
        self._stir()
        if "allowed_updates" in parameters:
            self._allowed = _allowed(parameters["allowed_updates"])
        self._confirm(parameters.get("offset", 0))
        end = time.monotonic() + parameters.get("timeout", 0)
        while True:
            batch = [] if self._held else self._queue[: parameters.get("limit", 100)]
            left = end - time.monotonic()
            if batch or left <= 0:
                break
            await _wait(self._stirred, left)
            if self.webhook is not None or poll != self._polls:
                raise RefusalError(_OTHER_POLL if self.webhook is None else _WEBHOOK_SET, 409)
        for each in batch:
            each.kept = False
        return [each.body for each in batch]

    def set_webhook(self, parameters: Parameters) -> bool:
        """Begins to bring the updates to an address."""
        if not parameters["url"]:
            return self.delete_webhook(parameters)
        self._drop(parameters)
        self.webhook = parameters
        if "allowed_updates" in parameters:
            self._allowed = _allowed(parameters["allowed_updates"])
        self._connections = asyncio.Semaphore(parameters.get("max_connections", MOST_CONNECTIONS))
        self._dispatch()
        return True

    def delete_webhook(self, parameters: Parameters) -> bool:
        """Ends that."""
        self._drop(parameters)
        self.webhook = None
        return True

    def get_webhook_info(self, _: Parameters) -> dict[str, Any]:
        """What is set, how much waits, and what went wrong last."""
        own = self.webhook or {}
        counts = {"has_custom_certificate": "certificate" in own, "pending_update_count": len(self._queue)}
        info: dict[str, Any] = {"url": own.get("url", ""), **counts, "allowed_updates": self._allowed}
        return {**info, "max_connections": own.get("max_connections", MOST_CONNECTIONS), **self._error}

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def _put(self, update: _Waiting) -> None:
        self._queue.append(update)
        self._dispatch()

    def _drop(self, parameters: Parameters) -> None:
        if parameters.get("drop_pending_updates"):
            self._queue.clear()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self._queue = self._queue[offset:]
        elif offset > 0:
            self._queue = [each for each in self._queue if each.update_id >= offset or each.kept]

    def _stir(self) -> None:
        """Wakes the polls that wait."""
        self._stirred.set()
        self._stirred = asyncio.Event()

    def _dispatch(self) -> None:
        """Sets out with everything that may go."""
        self._stir()
        if self.webhook is None or self._held:
            return
        for each in self._queue:
            if not each.under_way:
                each.under_way = True
                self._begin(self._deliver(each))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_in_turn(self, updates: Sequence[_Waiting]) -> None:
        for each in updates:
            if not await self._attempt(each):
                self._begin(self._deliver(each, PAUSE_SECONDS))

    async def _deliver(self, update: _Waiting, pause: float = 0) -> None:
        async with self._lines[_chat(update.body)] if self._one_at_a_time else asyncio.Lock():
            await asyncio.sleep(pause)
            while not await self._attempt(update):
                await asyncio.sleep(PAUSE_SECONDS)

    async def _attempt(self, update: _Waiting) -> bool:
        """One try; False: it needs another."""
        async with self._connections:
            if self.webhook is None or self._held or update not in self._queue:
                update.under_way = False
                return True
            status = await self._post(self.webhook, update.body)
        self.deliveries.append((update.update_id, status))
        accepted = 200 <= status < 300
        if accepted and update in self._queue:
            self._queue.remove(update)
        if not accepted:
            said = f"Wrong response from the webhook: {status}" if status else "Connection refused"
            self._error = {"last_error_date": int(time.time()), "last_error_message": said}
        self._on_news()
        return accepted

    async def _post(self, webhook: Parameters, body: Any) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        address = urlsplit(webhook["url"])
        target = self.deliver_to.rstrip("/") + (address.path or "/") + (f"?{address.query}" if address.query else "")
        headers = {"Content-Type": "application/json"}
        if secret := webhook.get("secret_token"):
            headers[SECRET_HEADER] = secret
        try:
            async with self._session.post(target, data=json.dumps(body), headers=headers) as response:
                return response.status
        except (TimeoutError, aiohttp.ClientError):
            return 0


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _allowed(wanted: list[str]) -> list[str]:
    return wanted or [kind for kind in UPDATE_KINDS if kind not in ONLY_ON_REQUEST]


def _chat(update: Any) -> str:
    """The chat of an update, or whom it is from; empty where it names neither."""
    for body in update.values():
        for part in (body.get("message"), body) if isinstance(body, dict) else ():
            chat = part.get("chat", part.get("from")) if isinstance(part, dict) else None
            if isinstance(chat, dict):
                return str(chat.get("id"))
    return ""
