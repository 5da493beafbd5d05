"""What is in deploy/, read as Docker, compose and systemd would; the image is put together in a folder and started."""

from __future__ import annotations

import configparser
import importlib.metadata
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dotenv
import httpx
import pytest
import yaml

from botwijzer.article import article
from botwijzer.settings import PREFIX, Settings
from botwijzer.training import ensure_model
from tests.conftest import wait_until
from tests.tools.test_supply_chain import find_uv
from tests.unit_helpers import ROOT, free_port, load_tool, use_settings
from tools.supply_chain.locks import read_lock

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
VARIABLES = {PREFIX + name.upper() for name in Settings.__fields__}
EXACT_TAG = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*")
PATIENCE_SECONDS = 30


def compose() -> dict[str, Any]:
    """compose.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


def stages() -> list[list[list[str]]]:
    """The Dockerfile's instructions as words, by stage."""
    lines = (line for line in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#"))
    found: list[list[list[str]]] = []
    for instruction in "\n".join(lines).replace("\\\n", " ").splitlines():
        words = instruction.split()
        if words[:1] == ["FROM"]:
            found.append([])
        if words:
            found[-1].append(words)
    return found


def copied(stage: list[list[str]]) -> Iterator[tuple[str, list[str], str]]:
    """What a stage copies: from which stage ('': the build's folder), what, and where to."""
    for words in stage:
        if words[0] == "COPY":
            options = [word for word in words[1:] if word.startswith("--")]
            *sources, target = words[1 + len(options) :]
            yield "".join(option.removeprefix("--from=") for option in options), sources, target


def test_the_example_names_every_setting_and_its_values_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (DEPLOY / "example.env").read_text("utf-8").splitlines()
    settings = "\n".join(line.removeprefix("# ") for line in lines if re.match(r"(# )?[A-Z_]+=", line))

    named = dotenv.dotenv_values(stream=io.StringIO(settings))

    assert {name for name in named if name.startswith(PREFIX)} == VARIABLES
    use_settings(monkeypatch, **{name.removeprefix(PREFIX).lower(): str(named[name]) for name in VARIABLES})
    assert [line for line in lines if re.match(r"[A-Z_]+=", line)] == ["POSTGRES_PASSWORD="]


def test_compose_runs_nothing_as_root_and_gives_each_its_bounds() -> None:
    for name, service in compose()["services"].items():
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert EXACT_TAG.fullmatch(service["image"]), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == "unless-stopped", name
        assert service["mem_limit"], name


def test_compose_lets_nobody_in_but_through_nginx() -> None:
    loaded = compose()
    services = loaded["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert services["nginx"]["networks"] == ["outside"]
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["inside"]
    assert loaded["networks"]["inside"]["internal"] is True


def test_compose_nginx_and_the_settings_name_the_same_things() -> None:
    services = compose()["services"]
    instances = {name for name, service in services.items() if service.get("command") == ["run", "--role", "chat"]}
    port = Settings.__fields__["port"].default

    assert len(instances) >= 2
    assert set(
        re.findall(r"^\s*server ([\w-]+:\d+) ", (DEPLOY / "nginx" / "botwijzer.conf").read_text("utf-8"), re.MULTILINE)
    ) == {f"{name}:{port}" for name in instances}
    assert set(services["nginx"]["depends_on"]) == instances
    for service in services.values():
        assert {name for name in service.get("environment", {}) if name.startswith(PREFIX)} <= VARIABLES
        mounted = [volume.split(":")[0] for volume in service.get("volumes", []) if volume.startswith(".")]
        assert [path for path in mounted if not (DEPLOY / path).is_file()] == []
    for name in instances:
        assert services[name]["environment"][PREFIX + "REST"] == "false"
        assert services[name]["env_file"] == [".env"]


def test_the_image_is_built_with_the_same_tools_as_everything_else_from_exact_tags() -> None:
    bases = [stage[0][1] for stage in stages()]
    bootstrap = load_tool("bootstrap")
    (node,) = read_lock((ROOT / "requirements-node.lock").read_text("utf-8"))
    version = importlib.metadata.version("botwijzer")

    assert all(EXACT_TAG.fullmatch(base) for base in bases)
    assert bases[0].startswith(f"node:{node.version}-")
    assert bases[1] == bases[2]
    assert bases[1].startswith(f"python:{bootstrap.PYTHON}.")
    assert compose()["services"]["chat-1"]["image"] == f"botwijzer:{version}"


def test_the_image_takes_no_package_without_a_hash() -> None:
    commands = [" ".join(words) for words in stages()[1] if words[0] == "RUN"]
    installing = [part for each in commands for part in each.split(" && ") if re.search(r"pip (install|sync) ", part)]

    assert len(installing) == 3
    own = [part for part in installing if part.endswith("--no-deps --no-build-isolation --editable . ./stubs")]
    assert len(own) == 1
    assert [part for part in installing if "--require-hashes" not in part] == own


def test_everything_that_the_image_copies_is_there_and_nothing_else_is_sent_to_the_build() -> None:
    ignoring = [line for line in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines() if line]
    sent = {line[1:] for line in ignoring if line.startswith("!")}
    wanted = {"wheels"}  # mounted
    for stage in stages()[:2]:
        wanted |= {source for origin, sources, _ in copied(stage) for source in sources if not origin}

    assert "*" in ignoring
    assert [path for path in wanted if not (ROOT / path).exists()] == []
    assert {path if path in sent else path.partition("/")[0] for path in wanted} == sent


def test_the_image_that_runs_has_no_tools_in_it_and_no_root() -> None:
    last = stages()[-1]
    commands = " ".join(" ".join(words) for words in last if words[0] == "RUN")

    assert [words[1] for words in last if words[0] == "USER"] == ["10001:10001"]
    assert last.index(["USER", "10001:10001"]) > max(n for n, words in enumerate(last) if words[0] in {"RUN", "COPY"})
    assert not re.search(r"\b(apt|apt-get|pip|uv|npm|make|curl)\b", commands)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder /app of the image, made by the instructions of the Dockerfile's last two stages in their order.

    In advance it has a model of these files, so that nothing is trained, and the widget of the stage before.
    """
    app = tmp_path_factory.mktemp("image") / "app"
    shutil.copytree(ensure_model().parent, app / "models")
    shutil.copytree(ROOT / "wheels", app / "wheels")
    _, build, last = stages()
    for words in build:
        if words[0] == "COPY":
            copy(words[1:-1], ROOT, app, words[-1])
        elif words[0] == "RUN" and "requirements-installer.lock" not in words:
            run(" ".join(word for word in words[1:] if not word.startswith("--mount=")), app)
    built = app.rename(app.parent / "build")
    for origin, sources, target in copied(last):
        copy([source.removeprefix("/app/") for source in sources], ROOT if origin == "widget" else built, app, target)
    (app / "var").mkdir()
    return app


def copy(sources: list[str], origin: Path, app: Path, target: str) -> None:
    """Copies as Docker does: files into a folder, a folder's content to the target."""
    for source in sources:
        to = app / target / (Path(source).name if target.endswith("/") else "")
        to.parent.mkdir(parents=True, exist_ok=True)
        if (origin / source).is_dir():
            shutil.copytree(origin / source, to, symlinks=True, dirs_exist_ok=True, copy_function=os.link)
        else:
            shutil.copy(origin / source, to)


def run(command: str, app: Path) -> None:
    """Runs a command of the Dockerfile's build with the uv that set-up left, on this Python."""
    path = [str(Path(find_uv()).parent), f"{sys.base_prefix}/bin", os.environ["PATH"]]
    variables = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "UV_PYTHON"))}
    variables |= {"PATH": ":".join(path), "VIRTUAL_ENV": str(app / ".venv")}  # so that uv installs nowhere else
    done = subprocess.run(["sh", "-ec", command], cwd=app, env=variables, capture_output=True, text=True, check=False)
    if done.returncode and re.search(r"network|connect|dns|Failed to fetch", done.stderr, re.IGNORECASE):
        pytest.skip("the package index can't be reached")
    assert done.returncode == 0, done.stderr


def test_the_image_answers_a_question_and_writes_in_var_only(image: Path, tmp_path: Path) -> None:
    before = files_of(image)
    port = free_port()
    variables = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTHON"))}
    variables |= {"BOTWIJZER_PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(tmp_path / "nowhere")}
    (entry,) = (json.loads(" ".join(words[1:])) for words in stages()[-1] if words[0] == "ENTRYPOINT")
    (check,) = (words for words in stages()[-1] if words[0] == "HEALTHCHECK")
    program, healthy = (
        [part.replace("/app", str(image)) for part in parts]
        for parts in (entry, json.loads(" ".join(check).partition(" CMD ")[2]))
    )

    with (tmp_path / "output").open("w+b") as output:
        running = subprocess.Popen([*program, "run", "--role", "chat"], cwd=image, env=variables, stdout=output)
    try:
        wait_until(lambda: running.poll() is not None or b" is up: " in (tmp_path / "output").read_bytes())
        assert running.poll() is None, (tmp_path / "output").read_text("utf-8")
        asked = subprocess.run(healthy, env=variables, check=False)
        question = {"sender": "a-visitor", "message": "Wat is osteoporose?"}
        url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
        answer = httpx.post(url, json=question, trust_env=False, timeout=PATIENCE_SECONDS)
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_SECONDS) == 0

    assert asked.returncode == 0
    assert any(article().disclaimer in message["text"] for message in answer.json())
    assert subprocess.run(healthy, env=variables, check=False).returncode == 1
    assert files_of(image) == before
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "part",
    ["botwijzer.handoff.__main__", "rasa_sdk.__main__", "botwijzer.operating.action_server", "actions.action_answer"],
)
def test_the_other_parts_need_nothing_that_is_not_in_the_image(part: str, image: Path) -> None:
    subprocess.run([str(image / ".venv" / "bin" / "python"), "-c", f"import {part}"], cwd=image, check=True)


def test_the_image_holds_what_serves_and_nothing_that_tests_need(image: Path) -> None:
    installed = {path.name.partition("-")[0].lower() for path in image.glob(".venv/lib/*/site-packages/*.dist-info")}

    assert {"rasa", "sanic", "rasa_stubs", "nl_core_news_sm"} <= installed
    assert installed & {"pytest", "playwright", "hypothesis", "aiosmtpd", "tensorflow", "tensorflow_cpu"} == set()


def files_of(tree: Path) -> dict[str, int]:
    """All that is in the folder but for var/, with the time of its last change."""
    names = (path for path in tree.rglob("*") if path.relative_to(tree).parts[0] != "var")
    return {str(path.relative_to(tree)): path.lstat().st_mtime_ns for path in names}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_comes_back_and_may_do_little(unit: Path) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read(unit, "utf-8")
    service = dict(parser["Service"])

    assert service["User"] == "botwijzer"
    assert service["Restart"] == "always"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == "/opt/botwijzer/var"
    assert service["NoNewPrivileges"] == service["PrivateTmp"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["MemoryMax"]
    assert set(re.findall(rf"{PREFIX}\w+", unit.read_text("utf-8"))) <= VARIABLES


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_takes_a_unit_and_finds_it_safe(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    program = str(Path(sys.executable).parent / "botwijzer")
    here.write_text(unit.read_text("utf-8").replace("/opt/botwijzer/.venv/bin/botwijzer", program), "utf-8")
    for wanted in (["verify"], ["security", "--no-pager", "--offline=true", "--threshold=20"]):
        done = subprocess.run(["systemd-analyze", *wanted, str(here)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
