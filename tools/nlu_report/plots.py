"""The plots of the report, each as SVG text to stand inside the page."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")  # no screen is needed
import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from tools.nlu_report.scoring import Names, Numbers, Share


def confusion(gold: Names, found: Names, labels: Sequence[str]) -> str:
    """Confusion matrix, each row (true intent) adding up to 1."""
    figure, axes = plt.subplots(figsize=(17, 17))
    ConfusionMatrixDisplay.from_predictions(
        gold, found, labels=labels, normalize="true", include_values=False, cmap="Blues", ax=axes, colorbar=False
    )
    axes.tick_params(axis="x", labelrotation=90, labelsize=7)
    axes.tick_params(axis="y", labelsize=7)
    return _svg(figure)


def scope(curve: Numbers, chosen: float) -> str:
    """Wrong answers against wrong declines by threshold, with the chosen one marked."""
    figure, axes = plt.subplots(figsize=(6, 4.5))
    axes.plot(100 * curve[:, 1], 100 * curve[:, 2], marker=".")
    for threshold, declined, answered in curve:
        if round(threshold * 100) % 10 == 0:
            axes.annotate(f"{threshold:.1f}", (100 * declined, 100 * answered), fontsize=8)
    here = curve[abs(curve[:, 0] - chosen).argmin()]
    axes.plot(100 * here[1], 100 * here[2], "o", color="crimson", label=f"config.yml: {chosen}")
    axes.set(xlabel="wrongly not answered, % of what the article answers", ylabel="wrongly answered, % of all else")
    axes.legend()
    return _svg(figure)


def reliability(table: Numbers) -> str:
    """Share right against confidence; on the diagonal the confidence can be believed."""
    figure, axes = plt.subplots(figsize=(5, 4.5))
    axes.plot([0, 1], [0, 1], "--", color="grey")
    axes.plot(table[:, 0], table[:, 1], marker="o")
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    return _svg(figure)


def learning(points: Numbers) -> str:
    """Share of exact intents against messages learnt, on a logarithmic scale."""
    figure, axes = plt.subplots(figsize=(6, 4.5))
    axes.plot(points[:, 0], 100 * points[:, 1], marker="o")
    axes.set(xscale="log", xlabel="messages learnt", ylabel="exact intent, % of messages by hands left out")
    axes.grid(visible=True, which="both", alpha=0.3)
    return _svg(figure)


def bars(shares: dict[str, Share], title: str) -> str:
    """Shares with their intervals, one bar each."""
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(shares) + 1))
    values = [100 * share.value for share in shares.values()]
    errors = [
        [100 * (share.value - share.low) for share in shares.values()],
        [100 * (share.high - share.value) for share in shares.values()],
    ]
    axes.barh(list(shares), values, xerr=errors, color="steelblue", capsize=3)
    axes.invert_yaxis()
    axes.set(title=title, xlabel="%")
    return _svg(figure)


def times(stages: Sequence[tuple[str, float]]) -> str:
    """Milliseconds of each stage."""
    figure, axes = plt.subplots(figsize=(8, 3))
    axes.barh([name for name, _ in stages], [ms for _, ms in stages], color="steelblue")
    axes.invert_yaxis()
    axes.set(xlabel="median milliseconds a message")
    return _svg(figure)


def _svg(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    text = written.getvalue()
    return text[text.index("<svg") :]
