"""The environments that set-up makes, with stand-ins for Python and uv: what is installed when."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.tools.test_bootstrap import machine, program, python, tool

__all__ = ["machine"]

UV = """
echo "$@" >> {log}
case "$1" in
  --version) echo "uv 1.0" ;;
  venv) mkdir -p "$6/bin" && cp "$5" "$6/bin/python" ;;
esac
"""
"""Notes what it is asked; copies the Python that it is to make an environment with."""

ASKED = {"venv": "venv", "pip install --quiet --python": "pipeline", "pip install --quiet --no-deps": "project"}

FAILURES = [
    ("error: Failed to fetch\n  cause: Connection refused", "the network can't be reached (cause: Connection refused)"),
    ("cause: No space left on device (os error 28)", "the disk is full."),
]


@pytest.fixture
def project(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with lock files, on a machine with Pythons 3.10 and 3.11 and a uv that notes what it is asked."""
    root = machine / "project"
    (root / "wheels").mkdir(parents=True)
    (root / "stubs").mkdir()
    (root / "pyproject.toml").write_text("[project]\n", "utf-8")
    for name in ("", "-test", "-dev", "-build", "-pipeline"):
        (root / f"requirements{name}.lock").write_text("een==1\n", "utf-8")
    for version in ("3.10.14", "3.11.13"):
        python(machine / "pyenv" / "versions" / version / "bin" / "python", version)
    program(machine / "bin" / "uv", UV.format(log=machine / "uv.log"))
    monkeypatch.delenv(tool.PIPELINE_SHA256, raising=False)
    monkeypatch.setattr(tool, "ROOT", root)
    monkeypatch.setattr(tool, "ENVIRONMENT", root / ".venv")
    return root


def asked(project: Path) -> list[str]:
    """What uv was asked to do since the last time, in a word or two each."""
    log = project.parent / "uv.log"
    lines = [line for line in log.read_text("utf-8").splitlines() if line != "--version"] if log.is_file() else []
    log.unlink(missing_ok=True)
    return [short(line) for line in lines]


def short(line: str) -> str:
    """What one command of uv's does."""
    if line.startswith("pip sync"):
        words = [Path(word).name for word in line.split() if word.endswith(".lock")]
        lock_files = [word for word in words if word not in {"requirements-build.lock", tool.PIPELINE_LOCK}]
        return " ".join(["sync", *lock_files, *(["again"] if "--reinstall" in line else [])])
    return next(what for start, what in ASKED.items() if line.startswith(start))


def install(project: Path, with_tests: bool = False) -> list[str]:
    """Sets `.venv` up; returns what uv was asked to do for it."""
    asked(project)
    tool.install_project(with_tests)
    return asked(project)


def install_dev(project: Path) -> list[str]:
    """Sets `.venv-dev` up; returns what uv was asked to do for it."""
    asked(project)
    tool.install_locked(project / ".venv-dev", project / "requirements-dev.lock")
    return asked(project)


def stop(project: Path, when: str = "sync", said: str = "") -> None:
    """Makes uv fail at this command."""
    failing = f'[ "$2" = {when} ] && echo "{said}" >&2 && exit 2; exit 0'
    program(project.parent / "bin" / "uv", UV.format(log=project.parent / "uv.log") + failing)


def go_on(project: Path) -> None:
    """Makes uv work again."""
    program(project.parent / "bin" / "uv", UV.format(log=project.parent / "uv.log"))


def test_the_first_time_an_environment_is_made_and_filled_by_hash_from_the_lock_file(project: Path) -> None:
    tool.install_project(False)

    filled = next(line for line in (project.parent / "uv.log").read_text("utf-8").splitlines() if "sync" in line)
    assert filled.startswith(f"pip sync --quiet --python {project}/.venv/bin/python --require-hashes ")
    assert "--build-constraints requirements-build.lock" in filled
    assert asked(project) == ["venv", "pipeline", "sync requirements.lock", "project"]


def test_nothing_is_done_when_all_of_it_is_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(project)

    monkeypatch.setattr(tool, "find_uv", lambda: pytest.fail("there is nothing to install"))
    monkeypatch.setattr(tool, "run", lambda *_, **__: pytest.fail("there is nothing to run"))
    monkeypatch.setattr(tool.shutil, "disk_usage", lambda _: pytest.fail("no room is needed"))

    assert install(project) == []


def test_tests_add_to_what_serves_and_serving_leaves_that_alone(project: Path) -> None:
    install(project)

    assert install(project, with_tests=True) == ["pipeline", "sync requirements-test.lock", "project"]
    assert install(project) == []
    assert install(project, with_tests=True) == []


@pytest.mark.parametrize(
    "name",
    [
        "requirements.lock",
        "requirements-build.lock",
        "requirements-pipeline.lock",
        "pyproject.toml",
        "stubs/rasa_stubs.pth",
        "wheels/nieuw.whl",
    ],
)
def test_packages_are_installed_again_when_an_input_changed(project: Path, name: str) -> None:
    install(project)

    (project / name).write_text("twee==2\n", "utf-8")

    assert install(project) == ["pipeline", "sync requirements.lock", "project"]
    assert install(project) == []


def test_an_environment_whose_python_is_gone_is_made_anew(project: Path) -> None:
    install(project)

    (project / ".venv" / "bin" / "python").unlink()

    assert install(project) == ["venv", "pipeline", "sync requirements.lock", "project"]


def test_an_environment_of_an_older_python_is_made_anew(project: Path) -> None:
    for environment, installing in ((".venv", install), (".venv-dev", install_dev)):
        installing(project)
        shutil.copy(project.parent / "pyenv/versions/3.10.14/bin/python", project / environment / "bin" / "python")

        assert installing(project)[0] == "venv"
        assert tool.runs(project / environment / "bin" / "python", "3.11")
        assert installing(project) == []


def test_tools_of_another_lock_file_are_replaced(project: Path) -> None:
    assert install_dev(project) == ["venv", "sync requirements-dev.lock"]

    (project / "requirements-dev.lock").write_text("twee==2\n", "utf-8")

    assert install_dev(project) == ["sync requirements-dev.lock"]
    assert install_dev(project) == []


def test_what_an_interrupted_installation_left_is_installed_again(project: Path) -> None:
    # uv, when killed, leaves packages of which files are missing, and takes them for whole afterwards
    stop(project)
    with pytest.raises(tool.SetupError):
        install(project)
    go_on(project)
    assert install(project) == ["pipeline", "sync requirements.lock again", "project"]
    assert install(project) == []

    stop(project)
    with pytest.raises(tool.SetupError):
        install(project, with_tests=True)
    go_on(project)
    assert install(project) == ["pipeline", "sync requirements.lock again", "project"]


def test_an_installation_that_ended_before_the_project_was_in_it_goes_on(project: Path) -> None:
    stop(project, "install", "kapot")
    with pytest.raises(tool.SetupError):
        install(project)
    go_on(project)

    assert install(project)[-1] == "project"


@pytest.mark.parametrize(("said", "sentence"), FAILURES)
def test_what_keeps_packages_away_is_one_sentence(
    project: Path, said: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(project, said=said)
    monkeypatch.setattr(tool.sys, "argv", ["bootstrap.py"])

    assert tool.main() == 1
    assert capsys.readouterr().err == f"Set-up stopped: {sentence}\n"


@pytest.mark.parametrize(
    ("options", "free", "needed"), [([], 1_200_000_000, 2), (["--dev", "--starter"], 3_200_000_000, 4)]
)
def test_a_disk_without_room_stops_set_up_with_one_sentence(
    project: Path,
    options: list[str],
    free: int,
    needed: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tool.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    monkeypatch.setattr(tool, "DEV_ENVIRONMENT", project / ".venv-dev")
    monkeypatch.setattr(tool, "STARTER_ENVIRONMENT", project / ".venv-starter")
    monkeypatch.setattr(tool, "install_test_programs", lambda: None)
    monkeypatch.setattr(tool, "STARTER", "requirements-dev")
    monkeypatch.setattr(tool.sys, "argv", ["bootstrap.py", *options])

    assert tool.main() == 1
    said = f"Set-up stopped: {needed} GB of disk are needed, {free / 1e9:.1f} GB are free.\n"
    assert capsys.readouterr().err == said
