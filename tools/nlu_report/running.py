"""What needs Rasa's graph: the time of each stage of a message, and Rasa's own starter pipeline as a baseline."""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import spacy
import typer
import yaml

from botwijzer.nlu.classifier import LinearIntentClassifier
from botwijzer.nlu.concepts import load_concepts
from botwijzer.nlu.lemmas import SPACY_MODEL
from botwijzer.nlu.machine import Machine
from botwijzer.nlu.understanding import Understanding
from botwijzer.nlu.views import seen_as
from botwijzer.settings import ROOT
from botwijzer.training import current_model
from tools.nlu_report.scoring import Share, ask_blind

WARM_UP = 10


def starter_pipeline(epochs: int) -> list[dict[str, Any]]:
    """The pipeline that `rasa init` of Rasa 3.6 writes, without the parts that these data have nothing for."""
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "entity_recognition": False},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


def ask_starter(epochs: int) -> dict[str, Share]:
    """Trains Rasa's starter pipeline in a process of its own, which shows its progress, and asks it."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "found.json"
        command = [sys.executable, "-W", "ignore", "-m", "tools.nlu_report.running", str(epochs), str(written)]
        subprocess.run(command, cwd=ROOT, check=True)
        return {file: Share(**share) for file, share in json.loads(written.read_text("utf-8")).items()}


def main(epochs: int, written: Path) -> None:
    """Train Rasa's starter pipeline on data/nlu.yml, ask it the blind questions and write what came of it."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        pipeline = starter_pipeline(epochs)
        content = {"recipe": "default.v1", "language": "nl", "assistant_id": "starter", "pipeline": pipeline}
        config.write_text(yaml.safe_dump(content), "utf-8")
        model = train_nlu(str(config), str(ROOT / "data" / "nlu.yml"), folder, domain=str(ROOT / "domain.yml"))
        agent = Agent.load(model)
    found = ask_blind(lambda text: str(asyncio.run(agent.parse_message(text))["intent"]["name"]))
    written.write_text(json.dumps({file: vars(share) for file, share in found.items()}), "utf-8")


def stage_times(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Median milliseconds of each stage of understanding a message, and of all together inside Rasa's graph.

    The stages are timed one by one; what is left to the total is Rasa's graph and the decision.
    """
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # writing a line for each message would be timed too
    agent = Agent.load(str(current_model()))
    language = spacy.load(SPACY_MODEL, disable=["parser"])
    concepts = load_concepts()
    understanding = _understanding_of(agent)
    machine: Machine = understanding.messages
    lemmas = [" ".join(token.lemma_ for token in language(text.lower())) for text in texts]
    seen = [seen_as(text, lemma, concepts) for text, lemma in zip(texts, lemmas)]
    whole = [understanding.probabilities(text, lemma, "", concepts) for text, lemma in zip(texts, lemmas)]
    places = range(len(texts))
    return [
        ("spaCy: tokens and lemmas", _median_ms(lambda i: language(texts[i].lower()), places)),
        ("views and concepts", _median_ms(lambda i: seen_as(texts[i], lemmas[i], concepts), places)),
        ("machine for messages", _median_ms(lambda i: machine.probabilities(seen[i]), places)),
        (
            "with a question before: machine for follow-ups",
            _median_ms(lambda i: understanding.probabilities(texts[i], lemmas[i], "faq_beweging", concepts), places),
        ),
        ("two questions", _median_ms(lambda i: understanding.two_questions(texts[i], whole[i], "", concepts), places)),
        ("all, in Rasa's graph", _median_ms(lambda i: asyncio.run(agent.parse_message(texts[i])), places)),
    ]


def _median_ms(stage: Callable[[int], Any], places: range) -> float:
    times = []
    for place in places:
        began = time.perf_counter()
        stage(place)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times[WARM_UP:])


def _understanding_of(agent: Any) -> Understanding:
    """What the classifier inside the loaded model has learnt."""
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    component = next(n._component for n in nodes if isinstance(n._component, LinearIntentClassifier))
    assert component._understanding is not None
    return component._understanding


if __name__ == "__main__":
    typer.run(main)
