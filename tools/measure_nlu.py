"""Trains pipelines side by side inside Rasa's graph and asks each the blind questions.

`python tools/measure_nlu.py` prints the table of the README: accuracy scored as `tests/blind/ask.py` does
(what the reply to the chosen intent shows), training time, time a message and memory. Each pipeline runs in
a process of its own. DIET takes long; `--only NAME` runs one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
import yaml
from tqdm import tqdm

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.intake import to_message
from botwijzer.channels.rendering import plain_text
from botwijzer.nlu.classifier import LinearIntentClassifier
from botwijzer.replies import blanks
from botwijzer.settings import ROOT

BLIND = ROOT / "tests" / "blind"
FILES = ("dev", "dev_wild")
WARM_UP = 5

WHITESPACE = {"name": "WhitespaceTokenizer"}
STOCK_FEATURES: list[dict[str, Any]] = [
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
FALLBACK = {"name": "FallbackClassifier", "threshold": 0.3}


def pipelines() -> dict[str, list[dict[str, Any]]]:
    """The pipelines to compare: the project's own, without parts of it, and Rasa's stock ones."""
    own: list[dict[str, Any]] = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
    classifier = next(part for part in own if part["name"].endswith("LinearIntentClassifier"))
    decision = own[-1]
    views = LinearIntentClassifier.get_default_config()["views"]

    def with_views(*views: str) -> dict[str, Any]:
        return {**classifier, "views": list(views)}

    return {
        "own": own,
        "own, no spaCy": [WHITESPACE, with_views(*(v for v in views if v != "lemmas")), decision],
        "own, words and letters only": [WHITESPACE, with_views("words", "letters"), decision],
        "Rasa: CountVectors, logistic regression": [
            WHITESPACE,
            *STOCK_FEATURES,
            {"name": "LogisticRegressionClassifier", "max_iter": 100},
            FALLBACK,
        ],
        "Rasa: CountVectors, DIET 20 epochs": [
            WHITESPACE,
            *STOCK_FEATURES,
            {"name": "DIETClassifier", "epochs": 20, "random_seed": 0},
            FALLBACK,
        ],
    }


def ask_module() -> ModuleType:
    """The measure: tests/blind/ask.py as a module."""
    spec = importlib.util.spec_from_file_location("ask", BLIND / "ask.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(BLIND / "ask.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reply_to(intent: str) -> list[dict[str, Any]]:
    """What a new visitor would read after this intent: the opening statement and the reply."""
    responses = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"]

    def said(name: str) -> dict[str, Any]:
        return {"text": responses[name][0]["text"].format_map(blanks())}

    passage = article().passage_of_intent(intent)
    if passage:
        answer = build_answer(article(), [passage.id])
        return [said("utter_statement"), {"text": plain_text(answer), "custom": answer.to_json()}]
    name = "utter_ask_rephrase" if intent == "nlu_fallback" else f"utter_{intent}"
    return [said("utter_statement"), *([said(name)] if name in responses else [])]


def measure(name: str) -> dict[str, Any]:
    """Trains one pipeline in this process and asks it all blind questions."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    ask = ask_module()
    row: dict[str, Any] = {"name": name}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        content = {"recipe": "default.v1", "language": "nl", "assistant_id": "measure", "pipeline": pipelines()[name]}
        config.write_text(yaml.safe_dump(content), "utf-8")
        began = time.perf_counter()
        model = train_nlu(str(config), str(ROOT / "data" / "nlu.yml"), folder, domain=str(ROOT / "domain.yml"))
        row["training_s"] = round(time.perf_counter() - began)
        agent = Agent.load(model)
        row["model_mb"] = round(Path(str(model)).stat().st_size / 1e6)
    times: list[float] = []
    for file in FILES:
        passed = []
        for case in ask.load(BLIND / f"{file}.jsonl"):
            text = to_message(case["text"])
            began = time.perf_counter()
            parsed = asyncio.run(agent.parse_message(text))
            times.append(time.perf_counter() - began)
            messages = reply_to(parsed["intent"]["name"] or "nlu_fallback")
            passed.append(not ask.judge(case, ask.read(messages)))
        row[file] = round(100 * statistics.mean(passed), 1)
    row["message_ms"] = round(1000 * statistics.median(times[WARM_UP:]), 1)
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return row


def main(only: str = typer.Option("", help="one pipeline"), inside: bool = typer.Option(False, hidden=True)) -> None:
    """Compare pipelines on the blind questions."""
    if inside:
        print(json.dumps(measure(only)))
        return
    names = [only] if only else list(pipelines())
    rows = []
    for name in tqdm(names, desc="Pipelines", unit="pipeline"):
        command = [sys.executable, "-W", "ignore", __file__, "--only", name, "--inside"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "nlu.json").write_text(json.dumps(rows, indent=1), "utf-8")
    print("| pipeline | dev | wild | training | a message | model | peak memory |\n|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['name']} | {row['dev']} % | {row['dev_wild']} % | {row['training_s']} s "
            f"| {row['message_ms']} ms | {row['model_mb']} MB | {row['peak_mb']} MB |"
        )


if __name__ == "__main__":
    typer.run(main)
