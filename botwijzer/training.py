"""Trains the Rasa model when something that it is made of has changed, and only then."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from tqdm import tqdm

from botwijzer.nlu.lemmas import spacy_model_version
from botwijzer.settings import ROOT

MODELS = ROOT / "models"
KEEP = 3
_INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data/**/*.yml",
    "content/*.md",
    "botwijzer/nlu/*.py",
)
_TRAINED = re.compile(r"Finished training component '(\w[\w.]*)'|Restored component '(\w[\w.]*)' from cache")


class TrainingError(RuntimeError):
    """Training failed; the message says why in one sentence."""


def fingerprint() -> str:
    """Twelve hex digits that change with anything that the model is made of."""
    digest = hashlib.sha256(str(spacy_model_version()).encode())
    for path in sorted(set(_inputs())):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def current_model() -> Path:
    """Where the model for the files as they are now is, or will be."""
    return MODELS / f"botwijzer-{fingerprint()}.tar.gz"


def ensure_model() -> Path:
    """Returns the model for the files as they are now; trains it first when it is not there.

    Raises:
        TrainingError: Rasa can't train on these files.
    """
    model = current_model()
    if not model.is_file():
        _train(model)
        for old in sorted(MODELS.glob("botwijzer-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-KEEP]:
            old.unlink()
    return model


def _inputs() -> Iterator[Path]:
    for pattern in _INPUTS:
        yield from ROOT.glob(pattern)


def _train(model: Path) -> None:
    MODELS.mkdir(exist_ok=True)
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "RASA_MAX_CACHE_SIZE": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
    env |= {"LOG_LEVEL": "INFO", "PYTHONWARNINGS": "ignore", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    with tempfile.TemporaryDirectory(dir=MODELS) as folder:
        command = [
            sys.executable,
            "-m",
            "rasa",
            "train",
            "--data",
            "data",
            "--out",
            folder,
            "--fixed-model-name",
            "model",
        ]
        total = len(config["pipeline"]) + len(config["policies"])
        said = _follow(command, env, total)
        made = Path(folder) / "model.tar.gz"
        if not made.is_file():
            raise TrainingError(f"training failed: {_reason(said)}")
        made.replace(model)


def _follow(command: list[str], env: dict[str, str], total: int) -> list[str]:
    """Runs Rasa's training with a progress bar; returns what it said."""
    said: list[str] = []
    with (
        subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
        tqdm(total=total, desc="Training the model", unit="part") as bar,
    ):
        for line in process.stdout or ():
            said.append(line.strip())
            if _TRAINED.search(line):
                bar.update()
        bar.update(bar.total - bar.n if process.wait() == 0 else 0)
    return said


def _reason(said: list[str]) -> str:
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in said if line]
    telling = [line for line in lines if re.search(r"Error|Exception|No space left|not valid|[Ii]nvalid", line)]
    return (telling or lines or ["Rasa said nothing"])[-1]
