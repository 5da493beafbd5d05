"""The loop in a thread of its own that the Bot API server of these tests lives in."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
L = TypeVar("L", bound="Loop")


class Loop:
    """Something whose state changes in one loop only, and that can be waited for from any thread."""

    def __init__(self) -> None:
        """Runs nothing yet."""
        self._news = threading.Condition()
        self._changes = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def _begin_loop(self) -> None:
        self._thread.start()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _notify(self) -> None:
        with self._news:
            self._changes += 1
            self._news.notify_all()

    def _wait_for_news(self, seen: int, seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self._changes != seen, seconds)


def in_loop(method: Callable[Concatenate[L, P], T]) -> Callable[Concatenate[L, P], T]:
    """Carries a method out in the loop."""

    @functools.wraps(method)
    def run(self: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        async def there() -> T:
            result = method(self, *args, **kwargs)
            self._notify()
            return result

        return self._run(there())

    return run
