"""The widget in Debian's Firefox, which Playwright can't drive as it comes; Puppeteer can."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from botwijzer.article import article
from tests.browser.conftest import DEMO
from tests.conftest import Stack
from tests.unit_helpers import ROOT, load_tool


def test_a_conversation_in_firefox(site: Stack) -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if not program and os.environ.get("CI") != "true":
        pytest.skip("there is no Firefox")
    assert program
    node, _ = load_tool("bootstrap").find_node()
    command = [node, "tests/firefox.mjs", site.url + DEMO, program]
    done = subprocess.run(command, cwd=ROOT / "widget", capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["version"].lower().startswith("firefox/")
    assert seen["focused"] is True
    assert article().passages["zwemmen"].lines[0] in seen["text"]
    assert article().disclaimer in seen["text"]
    assert all(source.title in seen["text"] for source in article().sources)
    assert seen["back"] == "launcher"
    assert (seen["errors"], seen["violations"]) == ([], [])
