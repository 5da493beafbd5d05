"""Measures the widget and its channel and writes a table and a plot; what `make benchmark` runs.

Everything is measured in one run against an assistant that is started for it, and written to
`var/benchmark/`: `widget.md`, `widget.json` and `widget.png`.
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

WRITTEN = ROOT / "var" / "benchmark"


def main(
    questions: int = typer.Option(50, help="questions in the browser, one after the other"),
    widgets: int = typer.Option(300, help="widgets that are open at once"),
    a_second: float = typer.Option(10, help="messages a second, all of them together"),
    seconds: float = typer.Option(60, help="how long"),
) -> None:
    """Measure the widget."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        page = in_browser(stack.url, questions)
        load = under_load(stack.url, widgets, a_second, seconds)
    WRITTEN.mkdir(parents=True, exist_ok=True)
    table = report(sizes(), page, load, f"{widgets} open widgets, {a_second:g} messages a second")
    (WRITTEN / "widget.md").write_text(table, "utf-8")
    (WRITTEN / "widget.json").write_text(json.dumps({"page": page, "load": vars(load)}, indent=1), "utf-8")
    draw({"one widget, until it is on the screen": page["milliseconds"], "under load": load.milliseconds}, WRITTEN)
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


def spread(milliseconds: list[float]) -> str:
    """Median and 95th percentile as text."""
    if len(milliseconds) < 2:
        return "nothing measured"
    return f"median {statistics.median(milliseconds):.0f} ms, p95 {statistics.quantiles(milliseconds, n=20)[-1]:.0f} ms"


if __name__ == "__main__":
    typer.run(main)
