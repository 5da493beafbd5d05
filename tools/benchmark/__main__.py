"""Measures the channels and writes a table and a plot; what `make benchmark-channels` runs.

Everything is measured in one run against assistants that are started for it, and written to
`var/benchmark/`: `channels.md`, `channels.json` and `channels.png`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import typer

from botwijzer.settings import ROOT

sys.path.insert(0, str(ROOT))
from tests.conftest import running_stack
from tools.benchmark.load import Load, under_load
from tools.benchmark.page import in_browser, sizes
from tools.benchmark.plot import draw
from tools.benchmark.telegram import Waits, beside_rest, start_seconds

WRITTEN = ROOT / "var" / "benchmark"


def main(
    questions: int = typer.Option(50, help="questions in the browser, one after the other"),
    widgets: int = typer.Option(300, help="widgets that are open at once"),
    a_second: float = typer.Option(10, help="messages a second, all of them together"),
    seconds: float = typer.Option(60, help="how long"),
    starts: int = typer.Option(3, help="how often the assistant is started in each way"),
) -> None:
    """Measure the channels."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        page = in_browser(stack.url, questions)
        load = under_load(stack.url, widgets, a_second, seconds)
    waits = beside_rest(questions)
    ready = start_seconds(starts)
    WRITTEN.mkdir(parents=True, exist_ok=True)
    table = report(sizes(), page, load, f"{widgets} open widgets, {a_second:g} messages a second")
    table += telegram_rows(waits, ready)
    (WRITTEN / "channels.md").write_text(table, "utf-8")
    measured = {"page": page, "load": vars(load), "telegram": vars(waits), "ready": ready}
    (WRITTEN / "channels.json").write_text(json.dumps(measured, indent=1), "utf-8")
    series = {
        "widget, on the screen": page["milliseconds"],
        "widgets under load": load.milliseconds,
        "Telegram, update to sendMessage": waits.telegram,
        "REST": waits.rest,
    }
    draw(series, WRITTEN)
    typer.echo(table + f"\nWritten to {WRITTEN.relative_to(ROOT)}/")


def report(weight: dict[str, int], page: dict[str, Any], load: Load, what: str) -> str:
    """The figures as a Markdown table."""
    before, opening = page["before_opening"], page["by_opening"]
    rows = [
        ("launcher, gzip", f"{weight['launcher']:,} bytes"),
        ("everything, gzip", f"{weight['all']:,} bytes"),
        ("a page before opening", f"{before['requests']} request, {before['bytes']:,} bytes"),
        ("the launcher's own time on the page", f"{page['script_ms']:.1f} ms, layout shift {page['layout_shift']:g}"),
        ("opening", f"{opening['requests']} request, {opening['bytes']:,} bytes"),
        (f"Verstuur to answer on the screen, {len(page['milliseconds'])} times", spread(page["milliseconds"])),
        (f"{what}: {len(load.milliseconds)} answers", f"{spread(load.milliseconds)}, errors {len(load.errors)}"),
    ]
    return "| what | measured |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


def telegram_rows(waits: Waits, ready: dict[str, float]) -> str:
    """The figures on Telegram as rows of the same table."""
    rows = [
        (f"Telegram, update to sendMessage, {len(waits.telegram)} times", spread(waits.telegram)),
        ("the same questions over REST, in turns", spread(waits.rest)),
        *((f"ready: {name}", f"{seconds:.1f} s") for name, seconds in ready.items()),
    ]
    return "".join(f"| {name} | {value} |\n" for name, value in rows)


def spread(milliseconds: list[float]) -> str:
    """Median and 95th percentile as text."""
    if len(milliseconds) < 2:
        return "nothing measured"
    return f"median {statistics.median(milliseconds):.0f} ms, p95 {statistics.quantiles(milliseconds, n=20)[-1]:.0f} ms"


if __name__ == "__main__":
    typer.run(main)
