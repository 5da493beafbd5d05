"""Set-up, with stand-ins for Python and uv: what it finds, and what it says when something fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit_helpers import load_tool

tool = load_tool("bootstrap")


def program(path: Path, script: str) -> Path:
    """A program that runs this shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def python(path: Path, version: str) -> Path:
    """A program that says it is this version of Python."""
    return program(path, f'echo "Python {version}"')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Python 3.11: only shims that fail, in `bin/`, and no pyenv versions."""
    shim = program(tmp_path / "bin" / "python3.11", "echo 'pyenv: python3.11: command not found' >&2; exit 127")
    monkeypatch.delenv("BOTWIJZER_PYTHON", raising=False)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", f"{shim.parent}:/usr/bin:/bin")
    monkeypatch.setattr(tool.sys, "executable", str(shim))
    return tmp_path


@pytest.fixture
def no_uv(tmp_path: Path) -> str:
    """An installer that can do nothing."""
    return str(program(tmp_path / "no-uv", "exit 1"))


def test_a_shim_that_fails_is_passed_over_for_the_newest_pyenv_version(machine: Path, no_uv: str) -> None:
    for version in ("3.11.2", "3.11.13", "3.12.1", "3.10.14"):
        python(machine / "pyenv" / "versions" / version / "bin" / "python", version)

    assert tool.find_python(no_uv) == str(machine / "pyenv/versions/3.11.13/bin/python")


def test_a_python_that_is_named_goes_first(machine: Path, no_uv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    python(machine / "pyenv/versions/3.11.13/bin/python", "3.11.13")
    named = python(machine / "mijn-python", "3.11.1")
    monkeypatch.setenv("BOTWIJZER_PYTHON", str(named))

    assert tool.find_python(no_uv) == str(named)


def test_a_named_python_of_another_version_is_passed_over(
    machine: Path, no_uv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = python(machine / "pyenv/versions/3.11.13/bin/python", "3.11.13")
    monkeypatch.setenv("BOTWIJZER_PYTHON", str(python(machine / "mijn-python", "3.111.1")))

    assert tool.find_python(no_uv) == str(found)


def test_the_one_on_the_path_is_taken_when_it_runs(machine: Path, no_uv: str) -> None:
    found = python(machine / "bin" / "python3.11", "3.11.13")

    assert tool.find_python(no_uv) == str(found)


@pytest.mark.parametrize("versions", [[], ["3.10.14"], ["3.12.1"], ["3.10.14", "3.12.1"]])
def test_uv_fetches_python_where_there_is_none_or_another_version_only(
    machine: Path, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in versions:
        found = python(machine / "pyenv" / "versions" / version / "bin" / "python", version)
        monkeypatch.setattr(tool.sys, "executable", str(found))
    fetched = python(machine / "uv-python", "3.11.14")
    uv = program(machine / "uv", f'[ "$2" = find ] && echo {fetched}; exit 0')

    assert tool.find_python(str(uv)) == str(fetched)


@pytest.mark.parametrize("versions", [[], ["3.10.14"], ["3.12.1"]])
def test_where_none_can_be_fetched_one_sentence_says_what_to_do(machine: Path, no_uv: str, versions: list[str]) -> None:
    for version in versions:
        python(machine / "pyenv" / "versions" / version / "bin" / "python", version)

    with pytest.raises(tool.SetupError, match=r"^Python 3\.11 was not found and could not be fetched; install it "):
        tool.find_python(no_uv)


@pytest.mark.parametrize(
    "script", ["exit 1", "kill -9 $$", "echo Python 3.12.1", "echo Python 3.10.14", "echo Python 2.7.18 >&2"]
)
def test_a_program_that_does_not_start_or_is_another_version_does_not_run(tmp_path: Path, script: str) -> None:
    assert not tool.runs(program(tmp_path / "x", script), "3.11")


def test_a_program_that_is_not_there_or_no_program_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "tekst").write_text("tekst", "utf-8")

    assert not tool.runs(tmp_path / "nergens")
    assert not tool.runs(tmp_path / "tekst")
    assert tool.runs(sys.executable)


def test_the_machines_own_uv_is_taken(machine: Path) -> None:
    uv = program(machine / "bin" / "uv", "echo uv 1.0")

    assert tool.find_uv() == str(uv)


@pytest.fixture
def own_uv(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without uv, with a lock file for one and a Python whose pip notes what it is asked and installs it."""
    monkeypatch.setattr(tool, "ROOT", machine)
    monkeypatch.setattr(tool.shutil, "which", lambda _: None)
    (machine / "requirements-installer.lock").write_text("uv==1 --hash=sha256:aa\n", "utf-8")
    uv = machine / ".uv" / "bin" / "uv"
    making = f"mkdir -p {uv.parent} && printf '#!/bin/sh\\necho uv 1.0\\n' > {uv} && chmod 755 {uv}"
    pip = program(machine / "pip", f'echo "$@" >> {machine}/pip.log; {making}')
    own = f"mkdir -p {uv.parent} && cp {pip} {uv.parent}/python"
    monkeypatch.setattr(tool.sys, "executable", str(program(machine / "python", own)))
    return machine


def test_uv_is_fetched_by_the_hashes_in_its_lock_file_and_then_stays(own_uv: Path) -> None:
    assert tool.find_uv() == str(own_uv / ".uv" / "bin" / "uv")
    assert tool.find_uv() == str(own_uv / ".uv" / "bin" / "uv")

    (asked,) = (own_uv / "pip.log").read_text("utf-8").splitlines()
    assert "--only-binary :all: --require-hashes" in asked
    assert asked.endswith(f"--requirement {own_uv / 'requirements-installer.lock'}")


def test_a_uv_from_an_earlier_set_up_is_replaced(own_uv: Path) -> None:
    program(own_uv / ".uv" / "bin" / "uv", "echo uv 0.9")

    tool.find_uv()
    (own_uv / "requirements-installer.lock").write_text("uv==2 --hash=sha256:bb\n", "utf-8")
    tool.find_uv()

    assert len((own_uv / "pip.log").read_text("utf-8").splitlines()) == 2


def test_a_python_without_venv_is_named_when_uv_must_be_fetched(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "ROOT", machine)
    monkeypatch.setenv("PATH", str(machine / "bin"))

    with pytest.raises(tool.SetupError, match="this Python has no 'venv'; install it"):
        tool.find_uv()


def failing(script: str) -> str:
    """The sentence for a command that fails like this."""
    with pytest.raises(tool.SetupError) as failure:
        tool.run(["sh", "-c", script])
    return str(failure.value)


@pytest.mark.parametrize(
    "said",
    [
        "error: Request failed after 3 retries\n  Caused by: dns error: Name or service not known",
        "error: Failed to fetch: some file\n  cause: tcp connect error",
        "Err:1 bookworm InRelease\n  Temporary failure resolving a host",
        "connection refused",
        "operation timed out",
    ],
)
def test_without_a_network_one_sentence_says_so(said: str) -> None:
    sentence = failing(f"echo '{said}' >&2; exit 2")

    assert sentence == f"the network can't be reached ({said.splitlines()[-1].strip()})"


def test_a_full_disk_is_named_when_a_command_fails_of_it() -> None:
    assert failing("echo 'error: No space left on device (os error 28)' >&2; exit 2") == "the disk is full."


def test_any_other_failure_names_the_command_and_its_last_line_below_all_that_it_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert failing("echo eerst >&2; echo 'kapot wiel' >&2; echo >&2; exit 2").endswith("failed: kapot wiel")
    assert capfd.readouterr().err == "eerst\nkapot wiel\n\n"


def test_a_command_that_succeeds_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    tool.run(["sh", "-c", "echo waarschuwing >&2"])

    assert capfd.readouterr().err == ""


def test_ctrl_c_stops_set_up_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tool, "install_project", interrupted)
    monkeypatch.setattr(tool.sys, "argv", ["bootstrap.py"])

    assert tool.main() == 130
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_script_starts_on_the_machines_own_python() -> None:
    done = subprocess.run([sys.executable, str(tool.__file__), "--help"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "--dev" in done.stdout
