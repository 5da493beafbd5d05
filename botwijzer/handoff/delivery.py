"""Brings what is on its way where it goes: one try after another, longer and longer apart, until it has arrived.

A `Way` is where it goes: mail, the staff's desk, a visitor's channel. A dispatch is marked as done after it has
arrived, so that a worker that dies leaves it to be sent again: each arrives at least once, under the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from botwijzer.background import Background
from botwijzer.handoff.outbox import LEASE_SECONDS, MOST_PAUSE_SECONDS, Outbox
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.operating.metrics import dispatches

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
"""So often the store is asked for news that nobody told of."""

FIRST_PAUSE_SECONDS = 1.0
AT_ONCE = 8


class NeverError(Exception):
    """A dispatch can't arrive as it is: it is tried again only when somebody says so."""


class NotYetError(Exception):
    """A dispatch can't go out yet, through nobody's fault: it is tried again in a moment."""


class Way(Protocol):
    """Where dispatches go."""

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Brings a dispatch there; whatever it raises, it is tried again later.

        Args:
            dispatch: May have been there before, when whoever brought it died.
            request: None when it was erased.

        Raises:
            NeverError: It can't arrive as it is.
            NotYetError: Not yet.
        """


class Delivery:
    """Brings what is due on some ways, several side by side; one request's dispatches on one way keep their order."""

    def __init__(self, outbox: Outbox, ways: Mapping[str, Way], at_once: int = AT_ONCE) -> None:
        """`ways` by their names in the store."""
        self._outbox = outbox
        self._ways = dict(ways)
        self._places = asyncio.Semaphore(at_once)
        self._news = asyncio.Event()
        self._background = Background("the delivery")

    def wake(self) -> None:
        """Tells that there may be something to bring."""
        self._news.set()

    async def run(self) -> None:
        """Works for ever."""
        while True:
            await self._places.acquire()
            try:
                claimed = await asyncio.to_thread(self._outbox.claim, tuple(self._ways))
            except Exception as error:
                logger.error("the store of requests can't be read: %s", type(error).__name__)
                claimed = None
            if claimed:
                self._background.begin(self._in_its_place(*claimed))
            else:
                self._places.release()
                await self._rest()

    async def stop(self) -> None:
        """Ends what is under way; it is taken up again when its claim has run out."""
        await self._background.stop()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), IDLE_SECONDS)
        except TimeoutError:
            return
        self._news.clear()

    async def _in_its_place(self, dispatch: Dispatch, request: Request | None) -> None:
        renewing = asyncio.get_running_loop().create_task(self._renew(dispatch))
        try:
            await self._bring(dispatch, request)
        finally:
            renewing.cancel()
            self._places.release()
            self._news.set()  # what came after it may go now

    async def _renew(self, dispatch: Dispatch) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            await self._keep(self._outbox.renew, dispatch.id)

    async def _bring(self, dispatch: Dispatch, request: Request | None) -> None:
        pause: float | None
        try:
            await self._ways[dispatch.way].deliver(dispatch, request)
        except NotYetError:
            await self._keep(self._outbox.again, dispatch.id, IDLE_SECONDS, False)
            return
        except NeverError as error:
            logger.error("a dispatch to %s can't arrive: %s", dispatch.way, type(error.__cause__ or error).__name__)
            dispatches.labels(dispatch.way, "given_up").inc()
            pause = None
        except Exception as error:
            logger.error("a dispatch to %s has to wait: %s", dispatch.way, type(error).__name__)
            dispatches.labels(dispatch.way, "waits").inc()
            pause = pause_after(dispatch.tries)
        else:
            dispatches.labels(dispatch.way, "delivered").inc()
            await self._keep(self._outbox.done, dispatch.id)
            return
        await self._keep(self._outbox.again, dispatch.id, pause)

    async def _keep(self, call: object, *arguments: object) -> None:
        """Writes what came of it; when that fails, the claim runs out and it is tried again."""
        try:
            await asyncio.to_thread(call, *arguments)  # type: ignore[arg-type]
        except SQLAlchemyError as error:
            logger.error("what came of a dispatch can't be kept: %s", type(error).__name__)


def pause_after(tries: int) -> float:
    """Seconds until the next try: twice as long each time, never the same for all."""
    longest = min(MOST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 20))
    return longest * random.uniform(0.5, 1.0)
