"""The benchmark's table and plot on figures that are known."""

from __future__ import annotations

from pathlib import Path

from tools.benchmark.__main__ import report, spread, telegram_rows
from tools.benchmark.load import Load
from tools.benchmark.page import sizes
from tools.benchmark.plot import draw
from tools.benchmark.telegram import Waits

PAGE = {
    "before_opening": {"requests": 1, "bytes": 3000},
    "by_opening": {"requests": 1, "bytes": 25000},
    "script_ms": 1.234,
    "layout_shift": 0,
    "milliseconds": [10.0, 20.0, 30.0],
}


def test_the_table_has_every_figure() -> None:
    table = report({"launcher": 3000, "all": 28000}, PAGE, Load([40.0, 60.0], ["TimeoutError"]), "2 widgets")
    for words in ("3,000 bytes", "28,000 bytes", "1 request, 25,000 bytes", "1.2 ms", "median 20 ms", "errors 1"):
        assert words in table
    assert "median 50 ms" in table


def test_telegram_stands_beside_rest() -> None:
    rows = telegram_rows(Waits([50.0, 60.0], [40.0, 44.0]), {"without Telegram": 12.34})
    assert "median 55 ms" in rows
    assert "median 42 ms" in rows
    assert "| ready: without Telegram | 12.3 s |" in rows


def test_a_spread_of_too_little_is_none() -> None:
    assert spread([1.0]) == "nothing measured"


def test_the_plot_is_written(tmp_path: Path) -> None:
    assert draw({"one": [1.0, 2.0], "under load": []}, tmp_path).stat().st_size > 10_000


def test_sizes_are_those_of_the_built_files() -> None:
    assert 1_000 < sizes()["launcher"] < sizes()["all"]
