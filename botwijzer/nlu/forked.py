"""Training uses a second core: a function call in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ForkedCallError(RuntimeError):
    """The process ended without a result."""


class ForkedCall(Generic[T]):
    """Calls a function in a forked process, which starts at once and ends with this one.

    The arguments are not copied. The result and any exception are pickled.
    """

    def __init__(self, function: Callable[..., T], *arguments: Any) -> None:
        context = multiprocessing.get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_call, args=(sender, function, arguments))
        self._process.start()
        sender.close()  # only the process holds it now, so `recv` ends when the process does

    def result(self) -> T:
        """Waits for what the function returns, or raises what it raised.

        Raises:
            ForkedCallError: The process was killed.
        """
        try:
            result: T | Exception = self._receiver.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            raise ForkedCallError(f"a training process ended with exit code {code}; is there enough memory?") from None
        self._process.join()
        if isinstance(result, Exception):
            raise result
        return result


def _call(sender: Connection, function: Callable[..., T], arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        result: T | Exception = function(*arguments)
    except Exception as error:
        result = error
    sender.send(result)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
