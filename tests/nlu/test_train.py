"""The program that trains makes what `rasa train` makes, and reads the examples once."""

from __future__ import annotations

import tarfile
from pathlib import Path
from unittest.mock import Mock

import pytest
import spacy
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.importers import utils
from rasa.shared.importers.importer import TrainingDataImporter

from botwijzer import training
from botwijzer.article import ARTICLE_PATH
from botwijzer.nlu.lemmas import SPACY_MODEL, joined_lemmas
from botwijzer.nlu.train import importer_that_reads_once, load_lemmatizer
from botwijzer.training import TrainingError, ensure_model
from tests.nlu.test_lemmas import sentences
from tests.unit_helpers import ROOT

FILES = {
    "content/osteoporose.md": ARTICLE_PATH.read_text("utf-8"),
    "config.yml": """
recipe: default.v1
language: nl
assistant_id: toy
pipeline:
- name: SpacyNLP
  model: nl_core_news_sm
- name: botwijzer.nlu.classifier.LinearIntentClassifier
  follow_ups: false
  two_questions: false
policies:
- name: RulePolicy
""",
    "domain.yml": """
version: "3.1"
intents: [greet, goodbye]
actions: [action_reply]
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hallo
    - goedemorgen
    - dag hallo
    - hallo allemaal
    - goedemorgen hallo
- intent: goodbye
  examples: |
    - tot ziens
    - doei
    - doei tot later
    - tot later
    - tot ziens en doei
""",
    "data/rules.yml": """
version: "3.1"
rules:
- rule: greet
  steps:
  - intent: greet
  - action: action_reply
""",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project that Rasa itself trains on."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(training, "ROOT", tmp_path)
    monkeypatch.setattr(training, "MODELS", tmp_path / "models")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_are_read_once_however_often_rasa_asks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = TrainingDataImporter.load_from_config("config.yml", "domain.yml", ["data"])
    read = Mock(wraps=utils.training_data_from_paths)
    monkeypatch.setattr(utils, "training_data_from_paths", read)

    ours = importer_that_reads_once()
    intents = ours.get_domain().intents
    examples = [ours.get_nlu_data(*language).training_examples for language in ((), ("en",), ("nl",))]

    read.assert_called_once()
    assert intents == theirs.get_domain().intents
    typed = [message for message in theirs.get_nlu_data().training_examples if message.get("text")]
    assert examples == [typed] * 3, "what Rasa adds for the steps of stories has no text to learn from"


@pytest.mark.parametrize("count", [0, 1, 2, 1_000])
def test_two_processes_find_the_lemmas_that_one_finds(count: int) -> None:
    texts = sentences()[:count]

    found = load_lemmatizer(SpacyNLP.load_model, SPACY_MODEL).model.pipe(texts, batch_size=50)

    assert [joined_lemmas(doc) for doc in found] == [joined_lemmas(doc) for doc in spacy.load(SPACY_MODEL).pipe(texts)]


def test_rasa_trains_a_whole_model_and_each_component_moves_the_progress_bar(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    follow = training._follow

    def follow_and_keep(command: list[str], env: dict[str, str], total: int) -> list[str]:
        said.extend(follow(command, env, total))
        return said

    monkeypatch.setattr(training, "_follow", follow_and_keep)

    with tarfile.open(ensure_model()) as model:
        names = [Path(name).name for name in model.getnames()]

    assert {"understanding.pickle.gz", "metadata.json"} <= set(names)
    trained = [found.group(1) for line in said if (found := training._TRAINED.search(line))]
    assert sorted(trained) == ["LinearIntentClassifier", "RulePolicy"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("data/rules.yml", "rules: [", "training failed: YamlSyntaxException: Failed to read"),
        ("data/rules.yml", FILES["data/rules.yml"].replace("action_reply", "no_such"), "no_such"),
        (
            "config.yml",
            FILES["config.yml"].replace("two_questions", "views: [no_such]\n  two_questions"),
            "KeyError: 'no_such'",
        ),
    ],
    ids=["rules that are not YAML", "an unknown action", "a component that fails"],
)
def test_files_that_rasa_refuses_are_a_sentence(project: Path, name: str, text: str, reason: str) -> None:
    (project / name).write_text(text, "utf-8")

    with pytest.raises(TrainingError, match=reason):
        ensure_model()
