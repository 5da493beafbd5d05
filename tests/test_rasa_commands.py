"""Rasa's own commands, as a Rasa developer types them: with a trained model, nothing set, and nothing beside them."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from botwijzer.article import article
from botwijzer.settings import ROOT
from botwijzer.training import ensure_model
from tests.conftest import free_ports, fresh_settings, new_sender, wait_until

RASA = str(Path(sys.executable).with_name("rasa"))
FIRST, FOLLOW_UP = "Wat is osteoporose?", "en wie krijgt dat?"
PATIENCE_SECONDS = 120
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
ASKS_FOR_CURSOR, CURSOR = b"\x1b[6n", b"\x1b[1;1R"
"""What the shell asks of a terminal, and what one answers."""


def rasa(folder: Path, *words: str) -> str:
    """Runs a command to its end; returns what it printed."""
    _, variables = fresh_settings(folder)
    done = subprocess.run(
        [RASA, *words], cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_data_validate_has_nothing_to_warn_of(tmp_path: Path) -> None:
    said = rasa(tmp_path, "data", "validate", "--fail-on-warnings")

    assert "Warning" not in said
    assert "No story structure conflicts found" in said


def test_the_dialogues_and_the_stories_pass_in_its_own_test(tmp_path: Path) -> None:
    options = ("--model", str(ensure_model()), "--no-plot", "--fail-on-prediction-errors", "--out", str(tmp_path))

    for stories in (["tests/test_stories.yml", "--e2e"], ["data/stories.yml"]):
        said = rasa(tmp_path, "test", "core", *options, "--stories", *stories)
        assert re.search(r"Correct: +(\d+) / \1\n", said), said


def test_its_test_of_understanding_runs_on_its_own_format(tmp_path: Path) -> None:
    examples = [{"intent": "faq_op_definitie", "examples": "".join(f"- {FIRST[:-1]}{'?' * n}\n" for n in range(5))}]
    examples += [{"intent": "handoff", "examples": "".join(f"- medewerker{'!' * n}\n" for n in range(5))}]
    (tmp_path / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": examples}), "utf-8")

    options = ("--model", str(ensure_model()), "--nlu", str(tmp_path / "nlu.yml"), "--out", str(tmp_path))
    rasa(tmp_path, "test", "nlu", *options)

    report = json.loads((tmp_path / "intent_report.json").read_text("utf-8"))
    assert report["faq_op_definitie"]["recall"] == 1.0


def test_the_stories_can_be_drawn(tmp_path: Path) -> None:
    page = tmp_path / "stories.html"

    rasa(tmp_path, "visualize", "--out", str(page))

    assert "action_answer" in page.read_text("utf-8")


def test_its_server_answers_follow_ups_and_runs_the_actions(tmp_path: Path) -> None:
    _, variables = fresh_settings(tmp_path)
    (port,) = free_ports(1)
    command = [RASA, "run", "--model", str(ensure_model()), "--port", str(port)]
    url, sender = f"http://127.0.0.1:{port}/webhooks/rest/webhook", new_sender()
    with (tmp_path / "log").open("wb") as log, running(command, variables, log.fileno()) as process:
        wait_until(lambda: process.poll() is not None or _is_ready(url), PATIENCE_SECONDS)
        assert process.poll() is None, (tmp_path / "log").read_text("utf-8")
        answers = [
            httpx.post(url, json={"sender": sender, "message": text}, timeout=30).json() for text in (FIRST, FOLLOW_UP)
        ]

    shown = ["".join(message["text"] for message in answer) for answer in answers]
    for passage, text in zip(("op_definitie", "op_wie"), shown):
        assert article().passages[passage].lines[0] in text
        assert article().disclaimer in text


def test_its_shell_answers_follow_ups(tmp_path: Path) -> None:
    (port,) = free_ports(1)

    said = in_terminal(tmp_path, ["shell", "--model", str(ensure_model()), "--port", str(port)], FIRST, FOLLOW_UP)

    assert article().passages["op_definitie"].lines[0] in said
    assert article().passages["op_wie"].lines[0] in said
    assert "Traceback" not in said


def test_its_shell_for_understanding_says_the_intent(tmp_path: Path) -> None:
    said = in_terminal(tmp_path, ["shell", "nlu", "--model", str(ensure_model())], FIRST)

    assert '"faq_op_definitie"' in said
    assert "Traceback" not in said


@contextmanager
def running(command: list[str], variables: dict[str, str], output: int) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on until the block ends."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def in_terminal(folder: Path, words: list[str], *messages: str) -> str:
    """What a command shows in a terminal to somebody who types these messages, one after each prompt, and leaves."""
    _, variables = fresh_settings(folder)
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        [RASA, *words],
        cwd=ROOT,
        env={**os.environ, **variables, "TERM": "dumb", "COLUMNS": "500"},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    shown, typed = "", 0
    to_type, end = [*messages, "/stop"], time.monotonic() + PATIENCE_SECONDS
    try:
        while time.monotonic() < end and (read := _read(keyboard)) is not None:
            if ASKS_FOR_CURSOR in read:
                os.write(keyboard, CURSOR)
            shown += read.decode("utf-8", "replace")
            if not read and typed < len(to_type) and _waits(shown):
                os.write(keyboard, to_type[typed].encode() + b"\r")
                typed += 1
        assert typed == len(to_type), shown
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
    return " ".join(_CONTROL.sub("", shown).split())


def _read(keyboard: int) -> bytes | None:
    """What was shown since; nothing when that was nothing for a second; None when the command has ended."""
    ready, _, _ = select.select([keyboard], [], [], 1)
    try:
        return (os.read(keyboard, 65_536) or None) if ready else b""
    except OSError:  # the other end is closed
        return None


def _waits(shown: str) -> bool:
    """Whether the last thing shown is a prompt."""
    last = _CONTROL.sub("", shown).strip().splitlines()[-1:]
    return bool(last) and last[0].strip().endswith(("Your input ->", "Next message:"))


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url.removesuffix("webhook"), timeout=5).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
