"""Training happens when something changed, and fails with a sentence; with a stand-in for the program that trains."""

from __future__ import annotations

import gzip
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from botwijzer import training
from botwijzer.article import ARTICLE_PATH, ArticleError, load_article
from botwijzer.training import TrainingError, current_model, ensure_model, fingerprint
from tests.conftest import wait_until
from tests.unit_helpers import ROOT

DOMAIN = """
intents: [greet]
slots:
  offer: {type: any, mappings: [{type: custom}]}
actions: [action_reply]
responses:
  utter_greet:
  - text: Hallo!
    buttons: [{title: Dag, payload: /greet}]
"""
STAND_IN = "stand_in"
CONFIG = "pipeline:\n- name: Een\npolicies:\n- name: Twee\n"
TRAINS = """
import gzip, pathlib, sys, time
from botwijzer.supervised import end_with_supervisor
end_with_supervisor()
print("Finished training component 'Een'.", flush=True)
model = pathlib.Path(sys.argv[1]) / "model.tar.gz"
model.write_bytes(gzip.compress(b"model")[:12])
with pathlib.Path("trained").open("a") as notes:
    print("once", file=notes)
while pathlib.Path("slowly").exists():
    time.sleep(0.01)
model.write_bytes(gzip.compress(b"model"))
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
KILLED = """
import os, signal
print("Starting to train component 'Een'.", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with a stand-in for the program that trains."""
    monkeypatch.setattr(training, "ROOT", tmp_path)
    monkeypatch.setattr(training, "MODELS", tmp_path / "models")
    monkeypatch.setattr(training, "PROGRAM", STAND_IN)
    for name, text in {
        "config.yml": CONFIG,
        "domain.yml": DOMAIN,
        "requirements.lock": "rasa==3.6.21\n",
        "data/nlu.yml": "nlu: []\n",
        "content/osteoporose.md": ARTICLE_PATH.read_text("utf-8"),
        "botwijzer/nlu/classifier.py": "x = 1\n",
        "README.md": "leesmij\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    stand_in(tmp_path, TRAINS)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the project's own folder `botwijzer` is not the package
    return tmp_path


COMMAND = f"""
import pathlib, sys
from botwijzer import cli, training
cli.ROOT = training.ROOT = pathlib.Path(sys.argv[1])
training.MODELS, training.PROGRAM = training.ROOT / "models", "{STAND_IN}"
cli.app(["train"])
"""
"""`botwijzer train` in the project of a test."""


@contextmanager
def training_command(project: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs the command; leaves no process behind."""
    command = [sys.executable, "-c", COMMAND, str(project)]
    (project / "output").touch()
    with (project / "output").open("a") as output:
        process = subprocess.Popen(
            command, text=True, stdout=output, stderr=output, preexec_fn=_obey_signals, start_new_session=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _obey_signals() -> None:
    """A test run in the background ignores them, and what it starts would too."""
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def begun(project: Path, process: subprocess.Popen[str]) -> psutil.Process:
    """Waits until the stand-in trains; returns its process."""
    wait_until(lambda: (project / "trained").exists() or process.poll() is not None)
    (rasa,) = psutil.Process(process.pid).children()
    return rasa


def trainings(project: Path) -> int:
    """How often the stand-in has begun to train."""
    return len((project / "trained").read_text("utf-8").split())


def names_in(folder: Path) -> list[str]:
    """What is in a folder."""
    return [path.name for path in folder.iterdir()]


def stand_in(project: Path, program: str) -> None:
    """Replaces the program that trains."""
    (project / f"{STAND_IN}.py").write_text(program, "utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "config.yml",
        "requirements.lock",
        "data/nlu.yml",
        "botwijzer/nlu/classifier.py",
    ],
)
def test_the_fingerprint_changes_with_what_the_model_is_made_of(project: Path, name: str) -> None:
    before = fingerprint()

    (project / name).write_text("anders\n", "utf-8")

    assert fingerprint() != before


def replace(path: Path, old: str, new: str) -> None:
    """Changes a text in a file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def change_article(project: Path, old: str, new: str) -> None:
    """Changes a text of the article, as somebody does who means it."""
    path = project / "content" / ARTICLE_PATH.name
    before = load_article(path).checksum()
    replace(path, old, new)
    with pytest.raises(ArticleError) as refusal:
        load_article(path)
    replace(path, before, str(refusal.value).split()[-1])


@pytest.mark.parametrize(
    ("old", "new", "is_learnt"),
    [
        pytest.param("[greet]", "[greet, thank]", True, id="an intent"),
        pytest.param("offer:", "offered:", True, id="a slot"),
        pytest.param("[action_reply]", "[action_reply, action_more]", True, id="an action"),
        pytest.param("utter_greet:", "utter_hello:", True, id="the name of a response"),
        pytest.param("Hallo!", "Dag!", False, id="a text"),
        pytest.param("title: Dag", "title: Hoi", False, id="a button"),
        pytest.param("buttons: [{title: Dag, payload: /greet}]", "metadata: {meaning: care}", False, id="a meaning"),
        pytest.param("intents:", "# wat bezoekers willen\nintents:", False, id="a comment"),
    ],
)
def test_only_what_is_learnt_of_the_domain_changes_the_fingerprint(
    project: Path, old: str, new: str, is_learnt: bool
) -> None:
    before = fingerprint()

    replace(project / "domain.yml", old, new)

    assert (fingerprint() != before) is is_learnt


def test_the_fingerprint_stays_when_only_the_words_of_the_article_change(project: Path) -> None:
    before = fingerprint()

    change_article(project, "Zwemmen is gezond", "Zwemmen is heel gezond")
    change_article(project, "altijd een specialist", "altijd je huisarts")
    change_article(project, "(2004)", "(2005)")
    replace(project / "content" / ARTICLE_PATH.name, "related: [mg_westers, samenwerking,", "related: [samenwerking,")

    assert fingerprint() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [("Wat is osteoporose?\n    related", "Wat is botontkalking?\n    related"), ("zwemmen", "baden")],
    ids=["a question", "an id"],
)
def test_the_fingerprint_changes_with_what_is_learnt_of_the_article(project: Path, old: str, new: str) -> None:
    before = fingerprint()

    path = project / "content" / ARTICLE_PATH.name
    text = path.read_text("utf-8")
    front, body = text.split("---\n", 2)[1:]
    path.write_text(f"---\n{front.replace(old, new)}---\n{body.replace(f'<!-- {old} -->', f'<!-- {new} -->')}", "utf-8")

    assert fingerprint() != before


def test_a_domain_that_can_not_be_read_ends_training_with_a_sentence(project: Path) -> None:
    (project / "domain.yml").write_text("responses: [", "utf-8")

    with pytest.raises(TrainingError, match=r"^domain\.yml is not valid YAML"):
        ensure_model()


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
    stand_in(project, FAILS)

    assert model == current_model() == ensure_model()
    assert gzip.decompress(model.read_bytes()) == b"model"
    assert [path.name for path in (project / "models").iterdir()] == [model.name]


def test_changed_data_means_a_new_model(project: Path) -> None:
    before = ensure_model()

    (project / "data" / "nlu.yml").write_text("nlu: [anders]\n", "utf-8")

    assert ensure_model() != before


def test_the_latest_models_are_kept(project: Path) -> None:
    models = []
    for age in range(training.KEEP + 2):
        (project / "data" / "nlu.yml").write_text(f"versie {age}\n", "utf-8")
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
        (KILLED, "training failed: its process was killed by signal 9; is there enough memory?"),
    ],
    ids=["a wrong domain", "no disk", "no model", "silence", "killed"],
)
def test_a_failure_is_one_sentence_and_leaves_nothing_behind(project: Path, program: str, reason: str) -> None:
    stand_in(project, program)

    with pytest.raises(TrainingError) as failure:
        ensure_model()

    assert str(failure.value) == reason
    assert list((project / "models").iterdir()) == []


def test_a_model_that_was_cut_off_anywhere_is_trained_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ensure_model()
    whole = model.read_bytes()

    cut_off = [size for size in range(len(whole)) if training.is_whole(shortened(model, whole[:size]))]

    assert cut_off == []
    assert ensure_model().read_bytes()[-8:] == whole[-8:]
    assert f"The model {model.name} is damaged; training it again" in capsys.readouterr().out


def shortened(model: Path, content: bytes) -> Path:
    """The model with this content."""
    model.write_bytes(content)
    return model


def test_a_model_that_can_not_be_read_is_not_trained_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_model()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gzip.open", refuse)

    with pytest.raises(PermissionError):
        ensure_model()


def test_others_can_read_the_model_whatever_the_umask_is(project: Path) -> None:
    before = os.umask(0o077)
    try:
        model = ensure_model()
        made = [stat.S_IMODE(path.stat().st_mode) for path in (model.parent, model)]
        model.chmod(0o600)  # as an earlier version left it
        ensure_model()
    finally:
        os.umask(before)

    assert made == [0o755, 0o644]
    assert stat.S_IMODE(model.stat().st_mode) == 0o644


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_training_that_is_broken_off_leaves_nothing_behind(project: Path, ending: signal.Signals) -> None:
    (project / "slowly").touch()
    with training_command(project) as process:
        rasa = begun(project, process)
        process.send_signal(ending)

        assert process.wait(60) == 130

    assert not rasa.is_running() or rasa.status() == psutil.STATUS_ZOMBIE
    assert names_in(project / "models") == []
    assert (project / "output").read_text("utf-8").endswith("Stopped before it was done.\n")


def test_what_a_killed_training_leaves_is_cleared_by_the_next(project: Path) -> None:
    (project / "slowly").touch()
    with training_command(project) as process:
        rasa = begun(project, process)
        process.kill()
        process.wait()

    wait_until(lambda: not rasa.is_running() or rasa.status() == psutil.STATUS_ZOMBIE)
    assert names_in(project / "models") != []
    (project / "slowly").unlink()
    model = ensure_model()
    assert names_in(project / "models") == [model.name]


def test_of_two_starts_that_need_a_model_one_trains_it(project: Path) -> None:
    (project / "slowly").touch()
    with training_command(project) as first:
        begun(project, first)
        with training_command(project) as second:
            wait_until(lambda: "Waiting for another process" in (project / "output").read_text("utf-8"))
            (project / "slowly").unlink()

            assert (first.wait(60), second.wait(60)) == (0, 0)

    assert trainings(project) == 1
