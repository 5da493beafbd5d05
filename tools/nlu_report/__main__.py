"""Writes the report: `var/nlu-report/index.html` for people, `figures.json` for programs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import typer
import yaml
from markupsafe import Markup
from sklearn.metrics import classification_report

from botwijzer.nlu.classifier import LinearIntentClassifier
from botwijzer.nlu.concepts import load_concepts
from botwijzer.nlu.decision import decide
from botwijzer.nlu.follow_up import load_follow_ups
from botwijzer.nlu.understanding import ALONE
from botwijzer.nlu.views import LEMMAS, seen_as
from botwijzer.settings import ROOT
from tools.nlu_report import learning, plots, running, scoring
from tools.nlu_report.scoring import Predictions, Share

FOLDER = ROOT / "var" / "nlu-report"
BLIND_REPLIES = ROOT / "var" / "blind.json"
WORST = 50
TIMED = 200


def worst_errors(predictions: Predictions) -> list[dict[str, Any]]:
    """The messages that are wrong with most confidence."""
    found, sure = predictions.likeliest, predictions.probabilities.max(1)
    wrong = [int(i) for i in np.argsort(-sure) if found[i] != predictions.gold[i]][:WORST]
    return [
        {
            "text": predictions.texts[i],
            "hand": int(predictions.hands[i]),
            "gold": predictions.gold[i],
            "found": found[i],
            "confidence": float(sure[i]),
        }
        for i in wrong
    ]


def thresholds() -> tuple[float, float]:
    """`care` and `answer` of config.yml."""
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
    decision = next(part for part in pipeline if part["name"].endswith("Decision"))
    return decision["care"], decision["answer"]


def compare(
    found: dict[str, Predictions], examples: learning.Examples, starter_epochs: int, care: float, answer: float
) -> list[dict[str, Any]]:
    """Rows of the table of pipelines and baselines; `cells` in the order of the page's columns."""
    concepts, penalty = load_concepts(), LinearIntentClassifier.get_default_config()["penalty"]
    rows: list[dict[str, Any]] = []
    for name, views in learning.pipelines().items():
        crossed = scoring.measures(found[name], found[name].chosen(care, answer))
        machine = learning.fitted(examples, views, concepts, penalty)

        def intent_of(text: str, machine: Any = machine, views: Any = views) -> str:
            if text.startswith("/"):
                return text.removeprefix("/")
            lemmas = next(learning.lemmas_of_texts([text])) if LEMMAS in views else ""
            return decide(
                dict(zip(machine.labels, machine.probabilities(seen_as(text, lemmas, concepts, views)))), care, answer
            )

        wanted = ("exact", "right passage", "shown a passage, of what is declined", "care text, of what is urgent")
        cells = [next(share for key, share in crossed.items() if key.startswith(start)) for start in wanted]
        rows.append({"name": name, "cells": [*cells, *scoring.ask_blind(intent_of).values()]})
    search = learning.Search().choose_threshold(examples)
    empty: list[Share | None] = [None] * 4
    rows.append({"name": "search over the passages", "cells": [*empty, *scoring.ask_blind(search.intent_of).values()]})
    if starter_epochs:
        asked = running.ask_starter(starter_epochs)
        rows.append({"name": "Rasa's starter (rasa init)", "cells": [*empty, *asked.values()]})
    return rows


def main(
    folds: int = typer.Option(4, help="folds of the cross-validation; whole hands are left out"),
    starter_epochs: int = typer.Option(0, help="also train Rasa's starter pipeline (it has 100; takes hours)"),
) -> None:
    """Measure how well the assistant understands and write the report."""
    began = time.monotonic()
    concepts, penalty = load_concepts(), LinearIntentClassifier.get_default_config()["penalty"]
    care, answer = thresholds()
    examples = learning.load_examples()
    found = learning.cross_validate(examples, learning.pipelines(), penalty, folds)
    own = found["own"]
    compared = compare(found, examples, starter_epochs, care, answer)
    alone = learning.fitted(examples, LinearIntentClassifier.get_default_config()["views"], concepts, penalty)
    blind = json.loads(BLIND_REPLIES.read_text("utf-8")) if BLIND_REPLIES.exists() else {}
    table, error = scoring.reliability(own)
    stages = running.stage_times(examples.texts[:: max(1, len(examples.texts) // TIMED)])
    curve = scoring.scope_curve(own, care, np.linspace(0, 1, 21).tolist())
    points = learning.learning_curve(examples, penalty, 2)
    content = {
        "examples": len(examples.texts),
        "hands": len(set(examples.hands.tolist())),
        "folds": folds,
        "own": scoring.measures(own, own.chosen(care, answer)),
        "blind": scoring.blind_table(blind),
        "unasked": scoring.unasked_shown(blind),
        "follow_ups": learning.follow_ups_left_out(load_follow_ups(), examples, alone, concepts, penalty, ALONE),
        "compared": compared,
        "starter_epochs": starter_epochs,
        "calibration_error": error,
        "slowest": max(stages[:-1], key=lambda stage: stage[1]),
        "stages": stages,
        "scope": curve.tolist(),
        "learning": points.tolist(),
        "intents": sorted(
            (name, row)
            for name, row in classification_report(own.gold, own.likeliest, output_dict=True, zero_division=0).items()
            if name in own.labels
        ),
        "worst": worst_errors(own),
    }
    drawn = {
        "ablation": plots.bars({row["name"]: row["cells"][0] for row in compared if row["cells"][0]}, "exact intent"),
        "scope": plots.scope(curve, answer),
        "reliability": plots.reliability(table),
        "learning": plots.learning(points),
        "times": plots.times(stages),
        "confusion": plots.confusion(own.gold, own.likeliest, own.labels),
    }
    write(FOLDER, content, drawn)
    typer.echo(f"{(FOLDER / 'index.html').relative_to(ROOT)} written in {(time.monotonic() - began) / 60:.0f} minutes")


def write(folder: Path, content: dict[str, Any], drawn: dict[str, str]) -> None:
    """Writes the page and the figures.

    Args:
        folder: Where to; made when missing.
        content: Everything that the template shows.
        drawn: The plots, as SVG, by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("page.html.j2")
    shown = {name: Markup(svg) for name, svg in drawn.items()}
    (folder / "index.html").write_text(page.render(**content, plots=shown), "utf-8")
    figures = json.dumps(content, ensure_ascii=False, indent=1, default=_plain)
    (folder / "figures.json").write_text(figures, "utf-8")


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


if __name__ == "__main__":
    typer.run(main)
