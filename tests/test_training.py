"""Training happens when something changed, and fails with a sentence; with a stand-in for Rasa's command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from botwijzer import training
from botwijzer.training import TrainingError, current_model, ensure_model, fingerprint

CONFIG = "pipeline:\n- name: Een\npolicies:\n- name: Twee\n"
TRAINS = """
import pathlib, sys
print("Finished training component 'Een'.")
out, name = (sys.argv[sys.argv.index(option) + 1] for option in ("--out", "--fixed-model-name"))
(pathlib.Path(out) / (name + ".tar.gz")).write_text("model")
"""
FAILS = r"""
import sys
print("Reading the data")
print("\x1b[31mInvalidDomain: intent 'x' is not known\x1b[0m")
print("see the manual")
sys.exit(1)
"""
NO_DISK = """
import sys
sys.exit("OSError: [Errno 28] No space left on device")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in which `python -m rasa` is a stand-in that trains."""
    monkeypatch.setattr(training, "ROOT", tmp_path)
    monkeypatch.setattr(training, "MODELS", tmp_path / "models")
    for name, text in {
        "config.yml": CONFIG,
        "domain.yml": "intents: []\n",
        "requirements.lock": "rasa==3.6.21\n",
        "data/nlu.yml": "nlu: []\n",
        "content/artikel.md": "tekst\n",
        "botwijzer/nlu/classifier.py": "x = 1\n",
        "README.md": "leesmij\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    rasa_command(tmp_path, TRAINS)
    return tmp_path


def rasa_command(project: Path, program: str) -> None:
    """Makes `python -m rasa` run this program in the project."""
    (project / "rasa").mkdir(exist_ok=True)
    (project / "rasa" / "__init__.py").touch()
    (project / "rasa" / "__main__.py").write_text(program, "utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "config.yml",
        "domain.yml",
        "requirements.lock",
        "data/nlu.yml",
        "content/artikel.md",
        "botwijzer/nlu/classifier.py",
    ],
)
def test_the_fingerprint_changes_with_what_the_model_is_made_of(project: Path, name: str) -> None:
    before = fingerprint()

    (project / name).write_text("anders\n", "utf-8")

    assert fingerprint() != before


def test_the_fingerprint_changes_with_a_new_file_of_data_and_with_a_renamed_one(project: Path) -> None:
    seen = {fingerprint()}

    (project / "data" / "faq").mkdir()
    new = project / "data" / "faq" / "meer.yml"
    new.write_text("nlu: []\n", "utf-8")
    seen.add(fingerprint())
    new.rename(new.with_name("anders.yml"))
    seen.add(fingerprint())

    assert len(seen) == 3


def test_the_fingerprint_changes_with_the_dutch_pipeline(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "spacy_model_version", lambda: "3.4.0")
    official = fingerprint()
    monkeypatch.setattr(training, "spacy_model_version", lambda: "3.4.0+botwijzer")

    assert fingerprint() != official


def test_the_fingerprint_stays_when_something_else_changes(project: Path) -> None:
    before = fingerprint()

    (project / "README.md").write_text("anders\n", "utf-8")
    os.utime(project / "config.yml", (0, 0))

    assert fingerprint() == before


def test_the_model_is_trained_when_it_is_not_there_and_only_then(project: Path) -> None:
    model = ensure_model()
    rasa_command(project, FAILS)

    assert model == current_model() == ensure_model()
    assert model.read_text("utf-8") == "model"
    assert [path.name for path in (project / "models").iterdir()] == [model.name]


def test_changed_content_means_a_new_model(project: Path) -> None:
    before = ensure_model()

    (project / "content" / "artikel.md").write_text("andere tekst\n", "utf-8")

    assert ensure_model() != before


def test_the_latest_models_are_kept(project: Path) -> None:
    models = []
    for age in range(training.KEEP + 2):
        (project / "content" / "artikel.md").write_text(f"versie {age}\n", "utf-8")
        models.append(ensure_model())
        os.utime(models[-1], (age + 1, age + 1))

    kept = sorted((project / "models").glob("*.tar.gz"))

    assert models[-1] in kept
    assert len(kept) == training.KEEP


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (FAILS, "training failed: InvalidDomain: intent 'x' is not known"),
        (NO_DISK, "training failed: OSError: [Errno 28] No space left on device"),
        ("print('klaar')", "training failed: klaar"),
        ("", "training failed: Rasa said nothing"),
    ],
    ids=["a wrong domain", "no disk", "no model", "silence"],
)
def test_a_failure_is_one_sentence_and_leaves_nothing_behind(project: Path, program: str, reason: str) -> None:
    rasa_command(project, program)

    with pytest.raises(TrainingError) as failure:
        ensure_model()

    assert str(failure.value) == reason
    assert list((project / "models").iterdir()) == []
