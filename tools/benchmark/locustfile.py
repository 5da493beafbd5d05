"""Visitors who talk without a pause, for Locust; `tools.benchmark.measuring` starts it, apart from Rasa's environment.

It knows neither assistant. `--talks` names a JSON file: `talks`, lists of messages, and `trouble`, words that
no answer holds. To `--written` go `began` (seconds) and `turns`: start, milliseconds, error or null.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from pathlib import Path
from typing import Any

from locust import FastHttpUser, events, task

WEBHOOK = "/webhooks/rest/webhook"

_turns: list[tuple[float, float, str | None]] = []
_began: list[float] = []


@events.init_command_line_parser.add_listener
def _add_options(parser: Any) -> None:
    parser.add_argument("--talks", help="JSON file with what is said")
    parser.add_argument("--written", help="JSON file for the turns")


@events.test_start.add_listener
def _read(environment: Any, **_: object) -> None:
    given = json.loads(Path(environment.parsed_options.talks).read_text("utf-8"))
    Visitor.talks, Visitor.trouble = given["talks"], given["trouble"]


@events.spawning_complete.add_listener
def _note_begin(user_count: int, **_: object) -> None:
    _began.append(time.time())


@events.request.add_listener
def _note_turn(start_time: float, response_time: float, exception: object, **_: object) -> None:
    _turns.append((start_time, response_time, None if exception is None else str(exception)))


@events.test_stop.add_listener
def _write(environment: Any, **_: object) -> None:
    written = {"began": _began[0] if _began else time.time(), "turns": _turns}
    Path(environment.parsed_options.written).write_text(json.dumps(written), "utf-8")


class Visitor(FastHttpUser):
    """One connection, which is kept, and one conversation after the other on it."""

    concurrency = 1
    talks: list[list[str]] = []
    trouble = ""

    @task
    def talk(self) -> None:
        """Holds a conversation as somebody new."""
        sender = uuid.uuid4().hex
        for message in random.choice(self.talks):
            body = {"sender": sender, "message": message}
            with self.client.post(WEBHOOK, json=body, catch_response=True) as reply:
                text = reply.text or ""
                if reply.status_code == 200 and (text in {"", "[]"} or (self.trouble and self.trouble in text)):
                    reply.failure("no answer")
