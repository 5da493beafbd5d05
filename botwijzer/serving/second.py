"""A second process that understands messages while the first one does all the rest of other turns.

Python works on one thing at a time in a process, and half of a turn is understanding. The second process is forked
from the first when the model is loaded, so that both have it in the same memory. It ends with the first one, whose
end of the line between them then closes; when it ends by itself, the first one understands everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

logger = logging.getLogger(__name__)

MOST_WAITING = 4
"""So many messages wait for the second process or are being understood there; it is never idle then."""

MOST_SECONDS = 3.0
"""A second process that does not answer for so long is ended; the first one then still answers in time."""

Understand = Callable[[str, dict[str, Any]], Any]
"""Understands a text with its metadata; what it returns is sent over a line between processes."""


class SecondProcess:
    """The second process, as the first one sees it."""

    def __init__(self, understand: Understand) -> None:
        """Forks, so there must be neither threads nor an event loop yet.

        Args:
            understand: What the second process does, again and again.
        """
        context = multiprocessing.get_context("fork")
        self._line, theirs = context.Pipe()
        _return_free_memory()
        gc.freeze()  # what both have in memory is then left where it is
        self._process = context.Process(target=_work, args=(theirs, self._line, understand), daemon=True)
        self._process.start()
        theirs.close()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self._is_gone = False
        self._listens = False

    @property
    def is_there(self) -> bool:
        """Whether it understands messages, now or in a while."""
        return not self._is_gone

    @property
    def is_free(self) -> bool:
        """Whether it can take one more message soon."""
        return self.is_there and len(self._waiting) < MOST_WAITING

    async def understand(self, text: str, metadata: dict[str, Any]) -> Any:
        """What a text means; None when the second process could not say so, and the first one should."""
        if not self._listens:
            asyncio.get_running_loop().add_reader(self._line.fileno(), self._hear)
            self._listens = True
        self._asked += 1
        found = self._waiting[self._asked] = asyncio.get_running_loop().create_future()
        try:
            self._line.send((self._asked, text, metadata))
        except OSError:
            self._lose()
        try:
            return await asyncio.wait_for(found, MOST_SECONDS)
        except TimeoutError:
            self._process.kill()
            self._lose()
            return None

    def _hear(self) -> None:
        """Takes what the second process has said by now."""
        try:
            while self._line.poll():
                asked, meaning = self._line.recv()
                self._answer(asked, meaning)
        except (EOFError, OSError):
            self._lose()

    def _answer(self, asked: int, meaning: Any) -> None:
        found = self._waiting.pop(asked)
        if not found.done():  # the turn may have been given up
            found.set_result(meaning)

    def _lose(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            logger.error("the second process is gone; all messages are understood by the first one")
        for asked in list(self._waiting):
            self._answer(asked, None)


def _return_free_memory() -> None:
    """Gives the system back what loading the model left free, where the C library can (glibc)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _work(line: Connection, theirs: Connection, understand: Understand) -> None:
    """What the second process does until the first one is gone."""
    theirs.close()  # else it would never be seen to close
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to both
    try:
        while True:
            asked, text, metadata = line.recv()
            try:
                meaning = understand(text, metadata)
            except Exception as error:
                logger.error("a message could not be understood by the second process: %s", type(error).__name__)
                meaning = None
            line.send((asked, meaning))
    except (EOFError, OSError):
        return
