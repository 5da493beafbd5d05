"""Ten thousand attacks of each kind on the running assistant, and the table of how many it survived.

`make attacks` runs the tests in tests/attack with all cores: those with generated attacks side by side, each with an
assistant of its own, and then, with nothing beside them, those that weigh, flood and measure. It writes
`var/attack.md` and `var/attack.json`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
import typer
from tqdm import tqdm

from botwijzer.settings import ROOT

TALLIES = ROOT / "var" / "attack"
"""Where each test process keeps its count as it grows."""

ATTACKS = ROOT / "tests" / "attack"
ALONE = ("test_weight.py", "test_database_faults.py", "test_clock.py")
"""What measures, or makes the machine itself misbehave."""

SHOWN_EVERY_SECONDS = 2.0

Counts = Mapping[str, Mapping[str, int]]
"""By kind of attack: how many were tried and survived."""


def tallies(folder: Path = TALLIES) -> tuple[dict[str, dict[str, int]], dict[str, Any]]:
    """The counts that the test processes have kept so far, together, and what they have measured."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    measured: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            kept = json.loads(path.read_text("utf-8"))
        except ValueError:
            continue  # being written just now
        for kind, counts in kept["attacks"].items():
            tried[kind] += counts["tried"]
            survived[kind] += counts["survived"]
        measured |= kept["measured"]
    return {kind: {"tried": tried[kind], "survived": survived[kind]} for kind in sorted(tried)}, measured


def table(counts: Counts, measured: Mapping[str, Any]) -> str:
    """The counts as a Markdown table, and below it what was measured."""
    rows = [
        (kind, f"{each['tried']:,}", f"{each['survived']:,}", f"{each['tried'] - each['survived']:,}")
        for kind, each in counts.items()
    ]
    lines = ["| attack | tried | survived | lost |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    lines += ["", *(f"- {name}: {json.dumps(value)}" for name, value in sorted(measured.items()))]
    return "\n".join(lines).rstrip() + "\n"


def run(tests: Iterable[str], attacks: int, at_once: int, progress: tqdm[Any], folder: Path) -> int:
    """Runs tests, and shows meanwhile how many attacks there were.

    Args:
        tests: Options and paths for pytest.
        attacks: Of each kind.
        at_once: So many assistants; 0: one, in the order of the tests.
        progress: Shows the number.
        folder: Where the tests' output goes.

    Returns:
        What pytest returned.
    """
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "-q", "-n", str(at_once), "--dist", "worksteal", *tests]
    environment = {**os.environ, "BOTWIJZER_ATTACKS": str(attacks)}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may have had it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the tests end too, and their servers with them
    with (folder / "pytest.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                time.sleep(SHOWN_EVERY_SECONDS)
                progress.update(sum(each["tried"] for each in tallies()[0].values()) - progress.n)
        finally:
            _end(process)
    return int(process.returncode)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the tests and what they have begun, where they did not end by themselves."""
    if process.poll() is None:
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        process.wait()
        for each in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


def main(
    attacks: int = typer.Option(10_000, help="of each generated kind"),
    at_once: int = typer.Option(os.cpu_count() or 1, help="assistants that are attacked side by side"),
    only: str = typer.Option("", help="names of tests, as for pytest -k"),
) -> None:
    """Attack the assistant and print the table."""
    TALLIES.mkdir(parents=True, exist_ok=True)
    for old in TALLIES.iterdir():
        old.unlink()
    chosen = ["-k", only] if only else []
    alone = [str(ATTACKS / name) for name in ALONE]
    with tqdm(desc="Attacking", unit="attack") as progress:
        results = [
            run([*chosen, str(ATTACKS), *(f"--ignore={path}" for path in alone)], attacks, at_once, progress, TALLIES),
            run([*chosen, *alone], attacks, 0, progress, TALLIES),
        ]
    counts, measured = tallies()
    written = table(counts, measured)
    (TALLIES.parent / "attack.md").write_text(written, "utf-8")
    kept = json.dumps({"attacks": counts, "measured": measured}, indent=2) + "\n"
    (TALLIES.parent / "attack.json").write_text(kept, "utf-8")
    typer.echo(written)
    if not counts:
        raise typer.BadParameter(f"no attack is called '{only}'", param_hint="--only")
    if any(result not in (0, 5) for result in results):  # 5: no test has such a name
        typer.echo(f"something was not survived; see {(TALLIES / 'pytest.log').relative_to(ROOT)}", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
