"""New words are said after the next start, and nothing is trained for them."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import httpx

from botwijzer.article import article
from botwijzer.settings import ROOT
from botwijzer.training import ensure_model
from tests.conftest import PATIENCE_SECONDS, fresh_settings
from tests.test_faults import botwijzer, refusal
from tests.test_training import change_article, replace

COPIED = (
    *("actions", "botwijzer", "content", "data", "widget/dist"),
    *("config.yml", "credentials.yml", "domain.yml", "endpoints.yml", "requirements.lock", "widget/demo.html"),
)
"""What the assistant is made of and reads while it runs."""

RESPONSE, SENTENCE = ("Graag gedaan.", "Heel graag gedaan."), ("Zwemmen is gezond", "Zwemmen is heel gezond")


def copy_of_project(folder: Path) -> Path:
    """A copy of this project with its model, in a folder."""
    model = ensure_model()
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    (folder / "models").mkdir()
    os.link(model, folder / "models" / model.name)
    return folder


def test_changed_words_are_said_after_the_next_start_without_training(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "project")
    settings, variables = fresh_settings(tmp_path)
    variables |= {"PYTHONPATH": str(project)}
    address = f"http://127.0.0.1:{settings.port}/webhooks/rest/webhook"

    replace(project / "domain.yml", *RESPONSE)
    change_article(project, *SENTENCE)
    with botwijzer(tmp_path, variables, "train") as command:
        assert command.end() == 0, command.err
        assert command.out == f"Model: {ensure_model().relative_to(ROOT)}\n"
        assert command.err == ""
    with botwijzer(tmp_path, variables, "run") as command:
        command.wait_for("Botwijzer is up: ")
        said = [
            httpx.post(address, json={"sender": "anna", "message": text}, timeout=PATIENCE_SECONDS, trust_env=False)
            for text in ("dankjewel", "/faq_zwemmen")
        ]
        command.process.send_signal(signal.SIGINT)
        assert command.end() == 0

    assert len(list((project / "models").iterdir())) == 1
    assert said[0].json()[-1]["text"].startswith(RESPONSE[1])
    (answer,) = said[1].json()
    expected = [line.replace(*SENTENCE) for line in article().passages["zwemmen"].lines]
    assert answer["custom"]["passages"][0]["lines"] == expected
    assert SENTENCE[1] in expected[0]


def test_a_response_that_can_not_be_said_is_named_before_the_start(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("botwijzer", "content"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "domain.yml", project / "domain.yml")
    replace(project / "domain.yml", "Een medewerker kan je ook helpen. {human}", "{mens}")
    _, variables = fresh_settings(tmp_path)

    said = refusal(tmp_path, variables | {"PYTHONPATH": str(project)})

    assert said == ("Botwijzer can't go on: domain.yml: utter_trouble has the blank {mens}, which nothing fills in\n")
