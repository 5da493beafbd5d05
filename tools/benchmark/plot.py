"""The plot of what people wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def draw(waits: Mapping[str, Sequence[float]], folder: Path) -> Path:
    """Draws for each series (milliseconds) which share of the answers was there after how long; returns the file."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, milliseconds in waits.items():
        shares = np.arange(1, len(milliseconds) + 1) / len(milliseconds)
        axes.step(sorted(milliseconds), 100 * shares, where="post", label=f"{name} ({len(milliseconds)})")
    axes.set(xlabel="milliseconds from question to answer", ylabel="answers that are there (%)", xlim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    path = folder / "channels.png"
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return path
