"""The logs of the running assistant, whatever fails: JSON, and nothing in them that a visitor said or left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from botwijzer.operating.conversations import hash_of_conversation
from botwijzer.settings import ROOT
from tests.channels.visitor import visiting
from tests.conftest import STATEMENT, new_sender, wait_until
from tests.operating.conftest import PASSWORD, Watched, locked
from tests.unit_helpers import free_port

ACTIONS, RASA, DELIVERY = "actions", "rasa", "delivery"
JSON = (ACTIONS, RASA, DELIVERY)
"""Parts, all of which log JSON."""

WORD = f"kwartelpijn{uuid.uuid4().hex[:6]}"
NAME, EMAIL, PHONE = "Zebulon Kwartelmans", "zebulon.kwartelmans@voorbeeld.nl", "0612345678"
REQUEST = f"mijn {WORD} gaat niet over. Ik heet {NAME}, {EMAIL} of bel {PHONE}"
PERSONAL = (WORD, "Zebulon", "Kwartelmans", "zebulon", "voorbeeld.nl", PHONE, PHONE[1:], "612345678", PASSWORD)


def log_lines(watched: Watched, part: str = RASA) -> list[dict[str, Any]]:
    """What a part has logged; each line must be JSON."""
    return [json.loads(line) for line in watched.log(part).splitlines()]


def assert_clean(watched: Watched, *more: str) -> None:
    """No log holds anything of a visitor, and ours are JSON."""
    logs = {log.stem: log.read_text("utf-8") for log in watched.stack.logs.glob("*.log")}
    assert set(logs) == {*JSON}
    assert not [(name, word) for name, text in logs.items() for word in (*PERSONAL, *more) if word in text]
    for name in JSON:
        assert all({"time", "level", "logger", "event"} <= set(line) for line in log_lines(watched, name))


def ask_for_a_human(watched: Watched, visitor: str) -> list[str]:
    """A visitor who leaves a name, an address and a number; what is said at the end."""
    watched.stack.say("ik wil een medewerker spreken", visitor)
    watched.stack.say(REQUEST, visitor)
    return watched.stack.say("/affirm", visitor).said


@contextmanager
def without_actions(watched: Watched) -> Iterator[None]:
    """The action server is killed; afterwards there is another."""
    pid = watched.stack.supervisor.pid(ACTIONS)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_open(watched.stack.settings.actions_port))
    yield
    watched.stack.supervisor.look()
    watched.stack.supervisor.wait_until_ready()


def is_open(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_turn_leaves_one_line_without_its_words(watched: Watched) -> None:
    visitor = f"{WORD}-{new_sender()}"
    before = len(log_lines(watched))

    assert watched.stack.say(f"wat is osteoporose en wat doet {WORD}?", visitor).said[0] == STATEMENT

    (line,) = log_lines(watched)[before:]
    assert (line["level"], line["event"], line["channel"]) == ("INFO", "a turn", "rest")
    assert line["outcome"]
    assert line["ms"] > 0
    assert line["conversation"] == hash_of_conversation(watched.stack.settings.database_url, f"rest:{visitor}")
    assert_clean(watched)


def test_a_request_for_a_human_leaves_nothing_of_who_asked(watched: Watched) -> None:
    visitor = new_sender()

    assert any(name.startswith("utter_request_sent") for name in ask_for_a_human(watched, visitor))

    wait_until(lambda: "botwijzer.handoff" in watched.log(DELIVERY))
    assert_clean(watched, visitor)


def test_an_action_server_that_is_gone_leaves_nothing_of_what_was_asked(watched: Watched) -> None:
    visitor = new_sender()
    watched.stack.say("hallo", visitor)
    before = len(log_lines(watched))

    with without_actions(watched):
        watched.stack.say(f"wat is osteoporose? {WORD}", visitor)
        ask_for_a_human(watched, visitor)

    assert {line["level"] for line in log_lines(watched)[before:]} >= {"ERROR", "INFO"}
    assert_clean(watched, visitor)


def test_a_database_that_is_locked_leaves_nothing_of_what_was_asked(watched: Watched) -> None:
    known, new = new_sender(), new_sender()
    watched.stack.say("ik wil een medewerker spreken", known)
    watched.stack.say(REQUEST, known)
    before = len(log_lines(watched))

    with locked(watched.stack):
        watched.stack.say("/affirm", known)
        watched.stack.say(f"{WORD} {EMAIL}", new)

    errors = [line for line in log_lines(watched)[before:] if line["level"] == "ERROR"]
    assert errors
    assert all(len(line["conversation"]) == 12 for line in errors if line["logger"] == "botwijzer.channels.turn")
    assert_clean(watched, known, new)


def test_a_table_that_is_gone_leaves_nothing_of_what_was_asked(watched: Watched) -> None:
    visitor = new_sender()
    rename = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('ALTER TABLE events RENAME TO ' + sys.argv[2])"
    file = watched.stack.settings.database_url.removeprefix("sqlite:///")
    subprocess.run([sys.executable, "-c", rename, file, "elsewhere"], check=True)
    try:
        watched.stack.say(f"{WORD} {EMAIL}", visitor)
    finally:
        subprocess.run([sys.executable, "-c", rename.replace("events", "elsewhere"), file, "events"], check=True)

    assert watched.stack.say("hallo", visitor).said
    assert_clean(watched, visitor)


def test_what_is_no_message_leaves_nothing(watched: Watched) -> None:
    for body in (f"{WORD} is geen JSON".encode(), {"sender": WORD, "message": 7}, {"sender": 7, "message": WORD}):
        watched.stack.post(body)
    for path in (f"/webhooks/rest/{WORD}", f"/webhooks/web/assets/{WORD}", f"/webhooks/web/socket/?{WORD}=%ff"):
        httpx.get(watched.stack.url + path, trust_env=False)

    assert_clean(watched)


def test_the_widget_leaves_nothing(watched: Watched) -> None:
    async def visit() -> list[str]:
        async with visiting(watched.stack.url) as visitor:
            await visitor.answered(f"wat is osteoporose? {WORD}")
            for wrong in ({"id": WORD, "text": 7}, {"id": [WORD], "text": WORD}, WORD, None, [WORD]):
                await visitor.say("ask", wrong)
                await visitor.say("feedback", wrong)
            await visitor.client.emit(WORD, {WORD: WORD})
            await visitor.say("erase", {WORD: WORD})
            return [visitor.token, visitor.token.split(".")[1]]

    tokens = asyncio.run(visit())

    assert any(line.get("channel") == "web" for line in log_lines(watched))
    assert_clean(watched, *tokens)


def test_the_action_server_by_itself_leaves_nothing() -> None:
    port = free_port()
    command = [sys.executable, "-m", "botwijzer.operating.action_server", "--port", str(port)]
    env = {**os.environ, "SANIC_HOST": "127.0.0.1"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            wait_until(lambda: is_open(port))
            broken = {"next_action": "action_answer", "tracker": {"latest_message": {"text": WORD}}, "version": WORD}
            answer = httpx.post(f"http://127.0.0.1:{port}/webhook", json=broken, trust_env=False)
        finally:
            server.terminate()
            said = server.communicate(timeout=60)[0].decode()

    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    lines = [json.loads(line) for line in said.splitlines()]
    assert "KeyError" in {line.get("error") for line in lines}
    assert WORD not in said
