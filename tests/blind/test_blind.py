"""The blind questions, asked of the running assistant and scored by `ask.py`; its tables are printed."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import Stack

FLOORS = {"dev": 0.97, "dev_wild": 0.85, "dev_dialogues": 0.83}
"""The least share of messages that must pass, just under what was reached; raised with it, never lowered."""

FOLDER = Path(__file__).parent

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def ask() -> ModuleType:
    """`ask.py`, which is a script that nothing here may change."""
    spec = importlib.util.spec_from_file_location("blind_ask", FOLDER / "ask.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(
    stack: Stack, ask: ModuleType, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Rows:
    """For each file, every message with the reply to it and what is wrong with that."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")
    assert capturing is not None
    asked = {}
    for name in FLOORS:
        written = tmp_path_factory.mktemp("blind") / f"{name}.json"
        kind = "--dialogues" if "dialogues" in name else "--cases"
        arguments = [kind, str(FOLDER / f"{name}.jsonl"), "--url", stack.url, "--json", str(written)]
        with pytest.MonkeyPatch.context() as patch, capturing.global_and_fixture_disabled():
            patch.setattr(sys, "argv", ["ask.py", *arguments])
            print(f"\n== {name}")
            ask.main()
        asked[name] = json.loads(written.read_text("utf-8"))
    return asked


@pytest.mark.parametrize("name", FLOORS)
def test_the_score_is_not_below_its_floor(rows: Rows, name: str) -> None:
    passed = [not row["why"] for row in rows[name]]

    assert sum(passed) / len(passed) >= FLOORS[name]


@pytest.mark.parametrize("name", FLOORS)
def test_every_message_got_a_reply(rows: Rows, name: str) -> None:
    assert [row["id"] for row in rows[name] if row["seconds"] is None or not row["reply"]] == []


@pytest.mark.parametrize("name", FLOORS)
def test_no_answer_lacks_its_disclaimer_or_a_link(rows: Rows, ask: ModuleType, name: str) -> None:
    def is_whole(reply: str) -> bool:
        links = set(re.findall(r"https?://[^\s)]+", reply))
        return all(sentence in reply for sentence in ask.DISCLAIMER) and len(links) >= ask.SOURCES

    answers = [row for row in rows[name] if row["found"]]
    assert answers
    assert [row["id"] for row in answers if not is_whole(row["reply"])] == []
