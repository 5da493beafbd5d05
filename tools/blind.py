"""Asks the blind questions of tests/blind/ and prints how many get the right reply; what `make blind` runs.

Starts the assistant for it on free ports, or asks a running one (`--url`). All replies and verdicts are
written to `var/blind.json`, by the name of their file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import typer

from botwijzer.settings import ROOT
from botwijzer.supervisor import PartError
from botwijzer.training import TrainingError

sys.path.insert(0, str(ROOT))
from tests.conftest import running_stack

BLIND = ROOT / "tests" / "blind"
WRITTEN = ROOT / "var" / "blind.json"
FILES = {"dev": "--cases", "dev_wild": "--cases", "dev_dialogues": "--dialogues"}
"""The questions, and how `ask.py` is told of what kind they are."""


def ask(url: str, name: str, folder: Path, failures: int) -> list[dict[str, Any]]:
    """Asks the questions of one file and prints the tables; returns each with its reply and what is wrong with it."""
    typer.echo(f"\n== {name}")
    written = folder / f"{name}.json"
    questions = [FILES[name], str(BLIND / f"{name}.jsonl")]
    options = ["--url", url, "--json", str(written), "--failures", str(failures)]
    subprocess.run([sys.executable, str(BLIND / "ask.py"), *questions, *options], check=True)
    rows: list[dict[str, Any]] = json.loads(written.read_text("utf-8"))
    return rows


def ask_all(url: str, failures: int) -> None:
    """Asks all files and writes down what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        asked = {name: ask(url, name, Path(folder), failures) for name in FILES}
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(json.dumps(asked, ensure_ascii=False, indent=1), "utf-8")
    typer.echo(f"\nAll replies: {WRITTEN.relative_to(ROOT)}")


def main(
    url: str = typer.Option("", help="a running assistant, with BOTWIJZER_REST_PACE=0; none: one is started for this"),
    failures: int = typer.Option(25, help="how many failures to print of each file"),
) -> None:
    """Ask the blind questions and print the scores."""
    try:
        if url:
            httpx.get(url, timeout=10, trust_env=False)
            ask_all(url, failures)
            return
        with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
            ask_all(stack.url, failures)
    except (PartError, TrainingError, httpx.HTTPError, subprocess.CalledProcessError) as error:
        typer.echo(f"The blind questions could not be asked: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
