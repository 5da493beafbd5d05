"""Lines of the logs: JSON, and nothing in them that a visitor may have written."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from botwijzer.operating.logs import HASH_DIGITS, JsonLines, conversation, hash_of, use_key
from botwijzer.settings import SettingsError
from tests.unit_helpers import ROOT, use_settings

SECRET = "pijnlijkgeheim"

MISHAPS = {
    "a library's error": 'logging.getLogger("sanic.error").error("bad " + secret)',
    "a library's error with arguments": 'logging.getLogger("rasa.core").error("bad %s", secret)',
    "a library's error with an exception": """
try:
    raise ValueError(secret)
except ValueError:
    logging.getLogger("asyncio").exception(secret)""",
    "a library's critical line": 'logging.getLogger("rasa").critical(secret)',
    "Rasa's structured line": 'structlog.get_logger().error("event " + secret, text=secret)',
    "Rasa's structured exception": """
try:
    {}[secret]
except KeyError:
    structlog.get_logger().exception("event", text=secret)""",
    "a line that can't be formatted": 'logging.getLogger("botwijzer.x").error("%d", secret)',
    "a warning": 'logging.getLogger("py.warnings").setLevel("INFO"); import warnings; warnings.warn(secret)',
    "a logger that was turned up": 'logging.getLogger("rasa").setLevel(1); logging.getLogger("rasa.x").debug(secret)',
    "a thread that breaks": """
import threading
def fail(): raise RuntimeError(secret)
thread = threading.Thread(target=fail); thread.start(); thread.join()""",
    "what can't be raised": """
class Thing:
    def __del__(self): raise RuntimeError(secret)
Thing()""",
    "a task that nobody waits for": """
import asyncio, gc
async def fail(): raise RuntimeError(secret)
async def main(): asyncio.get_running_loop().create_task(fail()); await asyncio.sleep(0.01); gc.collect()
asyncio.run(main())""",
    "a socket's handler": """
import socketio
socketio.AsyncServer(async_mode="sanic", logger=False).logger.error(secret)""",
    "the end": "raise RuntimeError(secret) from KeyError(secret)",
}


def run(code: str, level: str = "INFO") -> subprocess.CompletedProcess[str]:
    """Runs code in a process of its own whose logs are set up."""
    begin = f"import logging, structlog; from botwijzer.operating.logs import set_up_logs; set_up_logs('{level}')"
    return subprocess.run(
        [sys.executable, "-c", f"{begin}\nsecret = {SECRET!r}\n{code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def lines(code: str, level: str = "INFO") -> list[dict[str, Any]]:
    """What it logs."""
    return [json.loads(line) for line in run(code, level).stderr.splitlines()]


@pytest.mark.parametrize("mishap", MISHAPS)
def test_whatever_goes_wrong_is_json_without_its_words(mishap: str) -> None:
    done = run(MISHAPS[mishap])

    assert SECRET not in done.stderr + done.stdout
    for line in done.stderr.splitlines():
        assert {"time", "level", "logger", "event"} <= set(json.loads(line))
    assert done.stderr or mishap == "a line that can't be formatted"


def test_of_an_error_its_type_its_causes_and_where_it_was_are_told() -> None:
    (line,) = lines(MISHAPS["the end"])

    assert line["level"] == "CRITICAL"
    assert line["error"] == "RuntimeError < KeyError"
    assert line["frames"] == ["<string>:3"]


def test_a_librarys_line_says_where_it_stands() -> None:
    (line,) = lines("from sanic.log import error_logger\nerror_logger.error(secret)")

    assert (line["logger"], line["event"]) == ("sanic.error", "a library's line")
    assert line["at"] == "<string>:4"


def test_the_level_is_of_our_own_lines_alone() -> None:
    code = "for name in ('botwijzer.x', 'rasa.x'): [logging.getLogger(name).log(n, 'line') for n in (10, 20, 30, 40)]"

    assert [(each["logger"], each["level"]) for each in lines(code, "DEBUG")] == [
        *(("botwijzer.x", level) for level in ("DEBUG", "INFO", "WARNING", "ERROR")),
        ("rasa.x", "ERROR"),
    ]
    assert [each["level"] for each in lines(code, "ERROR")] == ["ERROR", "ERROR"]


@pytest.mark.parametrize("level", ["TRACE", "info", "10", ""])
def test_a_level_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    with pytest.raises(SettingsError, match="BOTWIJZER_LOG_LEVEL"):
        use_settings(monkeypatch, log_level=level)


def formatted(error: BaseException | None = None, name: str = "botwijzer.x", **extra: object) -> dict[str, Any]:
    """A line as it is written."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, "it is %s", ("so",), exc_info)
    vars(record).update(extra)
    line: dict[str, Any] = json.loads(JsonLines().format(record))
    return line


def test_our_own_line_is_written_with_what_belongs_to_it() -> None:
    line = formatted(channel="rest", outcome="answered", ms=7, text=SECRET)

    assert line["event"] == "it is so"
    assert (line["channel"], line["outcome"], line["ms"]) == ("rest", "answered", 7)
    assert SECRET not in json.dumps(line)
    assert line["time"].endswith("Z")


def test_what_is_for_the_owner_is_told() -> None:
    assert formatted(SettingsError("BOTWIJZER_PORT: is no port"))["reason"] == "BOTWIJZER_PORT: is no port"
    full = formatted(OSError(28, SECRET))
    assert full["reason"] == "No space left on device"
    assert SECRET not in json.dumps(full)
    assert "reason" not in formatted(OSError(SECRET))


def test_causes_that_go_in_a_circle_are_told_once() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert formatted(first)["error"] == "ValueError < KeyError"


def test_a_conversation_is_known_by_a_hash_that_hangs_on_the_key() -> None:
    use_key("one")
    first = hash_of("web:1")
    token = conversation.set("web:1")
    try:
        line = formatted()
    finally:
        conversation.reset(token)

    assert line["conversation"] == first == hash_of("web:1") != hash_of("web:2")
    assert len(first) == HASH_DIGITS
    assert "conversation" not in formatted()
    assert hash_of("rest:\ud800")
    use_key("another")
    assert hash_of("web:1") != first


def sources() -> list[Path]:
    """The modules of ours that log."""
    return [path for folder in ("botwijzer", "actions") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_our_own_lines_are_fixed_sentences(path: Path) -> None:
    """An f-string, a text put together or an exception's message would carry words into the log."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "logger"):
            continue
        assert node.func.attr != "exception", f"{path}:{node.lineno}"
        sentence = node.args[1] if node.func.attr == "log" else node.args[0]
        assert isinstance(sentence, ast.Constant), f"{path}:{node.lineno} puts its sentence together"
        names = {each.id for argument in node.args for each in _bare_names(argument)}
        assert not names & {"error", "exc", "message", "text", "update", "request", "body"}, f"{path}:{node.lineno}"


def _bare_names(argument: ast.expr) -> list[ast.Name]:
    """Variables that are written as they are: not those of whose type or attribute something is told."""
    return [argument] if isinstance(argument, ast.Name) else []
