"""The logs of our processes: one JSON object a line on stderr, without anything that a visitor said or left.

Our own lines are fixed sentences with the names of errors. A library's line may hold a visitor's words, and so may
an error's message: of these only where it was, and of which type, is written.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import logging
import os
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from botwijzer.article import ArticleError
from botwijzer.database import DatabaseError
from botwijzer.operating.metrics import errors
from botwijzer.settings import ROOT, SettingsError

OURS = ("botwijzer", "actions")
"""Loggers with these names, and those below them, write fixed sentences."""

LIBRARY = "a library's line"
"""Stands for the words of all others."""

FIELDS = ("channel", "outcome", "ms")
"""What a line of ours may say beside its sentence (`extra`)."""

FOR_THE_OWNER = (SettingsError, ArticleError, DatabaseError)
"""Errors whose message is a sentence for the site owner."""

MOST_FRAMES = 5
HASH_DIGITS = 12
PLAIN_HANDLERS = ("socketio.server", "engineio.server")
"""Loggers that would get a handler of their own for plain text if they had no level."""

conversation: ContextVar[str] = ContextVar("conversation", default="")
"""The key of the conversation that is worked on; empty outside of a turn."""

_key = secrets.token_bytes(32)


def set_up_logs(level: str) -> None:
    """From now on all that this process logs, and what ends it, goes to stderr as JSON lines.

    Args:
        level: Of our own lines; those of libraries stay at ERROR.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.ERROR, handlers=[handler, _Counting(logging.ERROR)], force=True)
    logging.raiseExceptions = False  # else a line that can't be formatted is printed with its words
    logging.captureWarnings(True)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in PLAIN_HANDLERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[_as_library],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _log_end
    threading.excepthook = lambda end: _log_end(end.exc_type, end.exc_value, end.exc_traceback)
    sys.unraisablehook = lambda end: _log_end(end.exc_type, end.exc_value, end.exc_traceback)


def use_key(key: str) -> None:
    """Hashes conversations with this key from now on; without one they are hashed differently in each process."""
    global _key
    _key = key.encode()


def hash_of(of: str) -> str:
    """How the logs name a conversation, by its key in Rasa."""
    return hmac.new(_key, f"log {of}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:HASH_DIGITS]


class JsonLines(logging.Formatter):
    """Writes a line of a log as JSON, and nothing in it that a visitor may have written."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
        }
        if _is_ours(record.name):
            line["event"] = record.getMessage()
            line |= {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        else:
            line |= {"event": LIBRARY, "at": place(record.pathname, record.lineno)}
        if current := conversation.get():
            line["conversation"] = hash_of(current)
        if record.exc_info and record.exc_info[1]:
            line |= _of_error(record.exc_info[1])
        return json.dumps(line)


def place(file: str, line: int | None) -> str:
    """A place in the code without the folders of this machine: `botwijzer/cli.py:12`, `sanic/app.py:34`."""
    path = Path(file)
    if "site-packages" in path.parts:
        path = Path(*path.parts[path.parts.index("site-packages") + 1 :])
    elif path.is_relative_to(ROOT):
        path = path.relative_to(ROOT)
    else:
        path = Path(*path.parts[-2:])
    return f"{path}:{line}"


class _Counting(logging.Handler):
    """Counts errors by the part that wrote them."""

    def emit(self, record: logging.LogRecord) -> None:
        errors.labels(record.name.removeprefix("botwijzer.") if _is_ours(record.name) else "library").inc()


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _of_error(error: BaseException) -> dict[str, Any]:
    """Of an error its type and those of its causes, and where it was raised; its message only when it is ours."""
    names = [type(each).__name__ for each in _with_causes(error)]
    frames = [place(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    found = {"error": " < ".join(names), "frames": frames[-MOST_FRAMES:]}
    if isinstance(error, FOR_THE_OWNER):
        return {**found, "reason": str(error)}
    if isinstance(error, OSError) and error.errno:
        return {**found, "reason": os.strerror(error.errno)}
    return found


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        yield current
        seen.add(id(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _as_library(_: object, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A line of structlog's (all of them are Rasa's) for a logger of the standard library."""
    return {"msg": LIBRARY, "exc_info": event.get("exc_info")}


def _log_end(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger("botwijzer").critical(
            "an error that nobody expected", exc_info=(kind, error or kind(), trace)
        )
