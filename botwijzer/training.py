"""Trains the Rasa model when something that it is made of has changed, and only then."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from botwijzer.article import ARTICLE_PATH, load_article
from botwijzer.nlu.lemmas import spacy_model_version
from botwijzer.responses import DomainError, read_domain
from botwijzer.settings import ROOT
from botwijzer.supervised import RUN_ID

MODELS = ROOT / "models"
PROGRAM = "botwijzer.nlu.train"
KEEP = 3
UNFINISHED = "training-"
"""How the folders begin in which models are made."""

BLOCK_BYTES = 1 << 20
FILE_MODE, FOLDER_MODE, UMASK = 0o644, 0o755, 0o022
"""Models are often trained by root and read by the user that serves them."""

_INPUTS = ("config.yml", "requirements.lock", "data/**/*.yml", "botwijzer/nlu/*.py")
"""Files of which every byte counts; of domain.yml and the article a part does, see `_learnt`."""

_TRAINED = re.compile(r"Finished training component '(\w[\w.]*)'|Restored component '(\w[\w.]*)' from cache")


class TrainingError(RuntimeError):
    """Training failed; the message says why in one sentence."""


def fingerprint() -> str:
    """Twelve hex digits that change with anything that the model learns from, and not with what is only said.

    Raises:
        TrainingError: domain.yml can't be read.
        ArticleError: The article can't be used.
    """
    digest = hashlib.sha256(str(spacy_model_version()).encode())
    for path in sorted(set(_inputs())):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    digest.update(json.dumps(_learnt(), default=str).encode())
    return digest.hexdigest()[:12]


def _learnt() -> list[Any]:
    """The domain with only the names of its responses, and the questions of the article's passages."""
    try:
        domain = read_domain(ROOT / "domain.yml")
    except DomainError as error:
        raise TrainingError(str(error)) from error
    passages = load_article(ROOT / "content" / ARTICLE_PATH.name).passages.values()
    names = sorted(domain.get("responses") or ())
    return [{**domain, "responses": names}, sorted((passage.id, passage.question) for passage in passages)]


def current_model() -> Path:
    """Where the model for the files as they are now is, or will be."""
    return MODELS / f"botwijzer-{fingerprint()}.tar.gz"


def ensure_model() -> Path:
    """Returns the model for the files as they are now; trains it first when it is missing or damaged.

    Raises:
        TrainingError: Rasa can't train on these files.
        OSError: The model can't be read or written.
    """
    model = current_model()
    if not is_whole(model):
        MODELS.mkdir(exist_ok=True)
        with _alone():
            _train_unless_whole(model)
    _make_readable(MODELS, FOLDER_MODE)
    _make_readable(model, FILE_MODE)
    return model


def _train_unless_whole(model: Path) -> None:
    if is_whole(model):  # another start has just trained it
        return
    if model.exists():
        print(f"The model {model.name} is damaged; training it again ...", flush=True)
    for unfinished in MODELS.glob(f"{UNFINISHED}*"):  # of a training that was killed
        shutil.rmtree(unfinished)
    _train(model)
    for old in sorted(MODELS.glob("botwijzer-*.tar.gz"), key=lambda p: p.stat().st_mtime)[:-KEEP]:
        old.unlink()


def _make_readable(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:
        with contextlib.suppress(OSError):  # it is another user's
            path.chmod(mode)


def is_whole(model: Path) -> bool:
    """Whether a model's file is there from its first byte to its last: gzip's checksum stands at the end.

    Raises:
        OSError: The file can't be read.
    """
    size = 0
    try:
        with gzip.open(model) as archive:
            while block := archive.read(BLOCK_BYTES):
                size += len(block)
    except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error):
        return False
    return size > 0


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Waits while another process trains. The lock is on the folder, and ends with the process that has it."""
    descriptor = os.open(MODELS, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another process that is training the model ...", flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _inputs() -> Iterator[Path]:
    for pattern in _INPUTS:
        yield from ROOT.glob(pattern)


def _train(model: Path) -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))
    env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "RASA_MAX_CACHE_SIZE": "0"}
    env |= {"PYTHONWARNINGS": "ignore", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=MODELS) as folder:
        env |= {RUN_ID: "training", "TMPDIR": folder}
        command = [sys.executable, "-m", PROGRAM, folder]
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
            command,
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=UMASK,
        ) as process,
        tqdm(total=total, desc="Training the model", unit="part") as bar,
    ):
        try:
            for line in process.stdout or ():
                said.append(line.strip())
                if _TRAINED.search(line):
                    bar.update()
            code = process.wait()
            bar.update(bar.total - bar.n if code == 0 else 0)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if code < 0:
        raise TrainingError(f"training failed: its process was killed by signal {-code}; is there enough memory?")
    return said


def _reason(said: list[str]) -> str:
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in said if line]
    telling = [line for line in lines if re.search(r"Error|Exception|No space left|not valid|[Ii]nvalid", line)]
    return (telling or lines or ["Rasa said nothing"])[-1]
