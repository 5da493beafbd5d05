"""The plots of the comparison, side by side in one picture."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import matplotlib

from tools.benchmark.figures import OURS, STARTER, Measured, middle

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {OURS: "tab:blue", STARTER: "tab:orange"}
SMOOTHED = 9
"""Messages over which a conversation's line is a median."""


def draw_comparison(measured: Measured, path: Path) -> None:
    """Draws turns a second, the time of a turn, a long conversation and stored conversations."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 7))
    _load(axes[0][0], measured, "per_second", "turns a second")
    _load(axes[0][1], measured, "median", "a turn, median (ms)")
    _long_talks(axes[1][0], measured)
    _stored(axes[1][1], measured)
    for each in axes.flat:
        each.set_ylim(0, 1.1 * each.get_ylim()[1])
        each.grid(alpha=0.3)
        if each.get_legend_handles_labels()[1]:
            each.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _load(axes: Any, measured: Measured, what: str, label: str) -> None:
    for bot, of in measured.load.items():
        seen = {users: [getattr(load, what) for load in loads] for users, loads in sorted(of.items())}
        points = [(users, value) for users, values in seen.items() for value in values]
        axes.plot(list(seen), [statistics.median(values) for values in seen.values()], color=COLOURS[bot], label=bot)
        axes.plot(*zip(*points), ".", color=COLOURS[bot])
    axes.set(xlabel="conversations at once", ylabel=label)


def _long_talks(axes: Any, measured: Measured) -> None:
    for bot, talks in measured.message.items():
        line = [statistics.median(times) for times in zip(*talks)]
        places = range(1, len(line) - SMOOTHED + 2)
        smooth = [statistics.median(line[place - 1 : place - 1 + SMOOTHED]) for place in places]
        axes.plot([place + SMOOTHED // 2 for place in places], smooth, color=COLOURS[bot], label=bot)
    axes.set(xlabel="message of one conversation", ylabel="a turn, median (ms)")


def _stored(axes: Any, measured: Measured) -> None:
    for bot, of in measured.stored.items():
        sizes = sorted(of)
        axes.plot(sizes, [middle(of[size]) for size in sizes], "o-", color=COLOURS[bot], label=bot)
    axes.set(xlabel="stored conversations", ylabel="a turn, median (ms)", xscale="log")
