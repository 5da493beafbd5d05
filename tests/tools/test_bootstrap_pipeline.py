"""The Dutch pipeline that set-up installs is the reviewed one; with the real uv, in an environment of its own."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit_helpers import ROOT, free_port, load_tool

tool = load_tool("bootstrap")

SHIPPED = "3.4.0+botwijzer"
OFFICIAL = "3.4.0"


@pytest.fixture(scope="module")
def uv() -> str:
    """uv as set-up left it; a test does not fetch it."""
    for candidate in (shutil.which("uv"), str(ROOT / ".uv" / "bin" / "uv")):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    pytest.skip("uv is not here; 'make setup' fetches it")


def pack(folder: Path, version: str, content: str = "") -> Path:
    """A wheel that calls itself this version of the Dutch pipeline."""
    folder.mkdir(exist_ok=True)
    path = folder / f"nl_core_news_sm-{version}-py3-none-any.whl"
    info = f"nl_core_news_sm-{version}.dist-info"
    files = {
        "nl_core_news_sm/__init__.py": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: nl_core_news_sm\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Place:
    """A project with one wheel and its lock file, and an environment to install it into."""

    def __init__(self, uv: str, folder: Path) -> None:
        self.uv, self.root, self.environment = uv, folder, folder / "environment"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(self.environment)], check=True)
        self.inside = ["--python", str(self.environment / "bin" / "python")]
        self.wheel = pack(folder / "wheels", SHIPPED, "shipped = True")
        self.pin(sha256(self.wheel))

    def pin(self, digest: str) -> None:
        """Writes the lock file."""
        text = f"./wheels/{self.wheel.name} \\\n    --hash=sha256:{digest}\n"
        (self.root / tool.PIPELINE_LOCK).write_text(text, "utf-8")

    def install(self, official: str = "") -> None:
        """Installs the pipeline as set-up does."""
        folder = self.root / "temporary"
        folder.mkdir(exist_ok=True)
        tool.install_pipeline(self.uv, self.inside, official, folder)

    def installed(self) -> str:
        """The installed version and what its module says."""
        (info,) = self.environment.glob("lib/python*/site-packages/nl_core_news_sm-*.dist-info")
        module = info.parent / "nl_core_news_sm" / "__init__.py"
        return f"{info.name.split('-')[1].removesuffix('.dist')} {module.read_text('utf-8')}"


@pytest.fixture
def place(uv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A project whose uv keeps nothing between tests and asks no index."""
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    for name, value in {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_NO_INDEX": "1", "UV_HTTP_RETRIES": "0"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return Place(uv, tmp_path)


@pytest.fixture
def official(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheel that is served where set-up looks for spaCy's own."""
    wheel = pack(place.root / "served", OFFICIAL, "official = True")
    handler = partial(SimpleHTTPRequestHandler, directory=str(wheel.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(tool, "OFFICIAL_PIPELINE", f"http://127.0.0.1:{server.server_port}/{wheel.name}")
    yield wheel
    server.shutdown()
    server.server_close()


def refused(place: Place, official: str = "") -> str:
    """The sentence with which set-up refuses."""
    with pytest.raises(tool.SetupError) as failure:
        place.install(official)
    return str(failure.value)


def test_the_wheel_in_the_repository_has_the_hash_that_was_reviewed() -> None:
    (wheel,) = (ROOT / "wheels").glob("nl_core_news_sm-*.whl")
    locked = (ROOT / tool.PIPELINE_LOCK).read_text("utf-8")

    assert f"./wheels/{wheel.name} \\\n    --hash=sha256:{sha256(wheel)}\n" in locked


def test_the_shipped_pipeline_is_installed_and_the_official_one_is_not_asked_for(place: Place, official: Path) -> None:
    place.install()

    assert place.installed() == f"{SHIPPED} shipped = True"


def test_a_shipped_wheel_with_other_contents_is_refused(place: Place) -> None:
    place.install()
    pack(place.root / "wheels", SHIPPED, "tampered = True")

    said = refused(place)

    assert said == (
        "the Dutch pipeline in wheels/ does not have the SHA-256 in requirements-pipeline.lock; nothing was installed."
    )
    assert place.installed() == f"{SHIPPED} shipped = True"


def test_a_pipeline_of_an_earlier_set_up_that_was_known_by_its_version_only_is_replaced(
    place: Place, official: Path
) -> None:
    by_version = [place.uv, "pip", "install", "--quiet", "--no-deps", *place.inside, str(official)]
    subprocess.run(by_version, check=True)
    assert place.installed() == f"{OFFICIAL} official = True"

    place.install()

    assert place.installed() == f"{SHIPPED} shipped = True"


def test_the_official_pipeline_is_installed_when_its_hash_is_named_and_right(place: Place, official: Path) -> None:
    place.install()
    place.install(sha256(official))

    assert place.installed() == f"{OFFICIAL} official = True"


def test_an_official_pipeline_with_another_hash_is_refused_even_when_it_is_installed(
    place: Place, official: Path
) -> None:
    place.install(sha256(official))

    said = refused(place, "0" * 64)

    assert said == (
        "the official Dutch pipeline does not have the SHA-256 in BOTWIJZER_PIPELINE_SHA256; nothing was installed."
    )
    assert place.installed() == f"{OFFICIAL} official = True"


def test_an_official_pipeline_that_cannot_be_fetched_stops_set_up_and_nothing_else_is_taken(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/nl_core_news_sm-{OFFICIAL}-py3-none-any.whl"
    monkeypatch.setattr(tool, "OFFICIAL_PIPELINE", nobody)

    assert refused(place, "0" * 64).startswith("the official Dutch pipeline could not be installed (")
    assert not list(place.environment.glob("lib/python*/site-packages/nl_core_news_sm*"))


@pytest.mark.parametrize("digest", ["abc", "A" * 64, "0" * 65, "sha256:" + "0" * 57])
def test_a_hash_of_another_form_is_one_sentence(place: Place, digest: str) -> None:
    assert refused(place, digest) == "BOTWIJZER_PIPELINE_SHA256 must be 64 hexadecimal digits in lower case."


def test_the_pipeline_is_installed_again_when_another_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("requirements.lock", tool.PIPELINE_LOCK, "pyproject.toml"):
        (tmp_path / name).touch()
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    asked: list[str] = []
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "find_uv", lambda: "uv")
    monkeypatch.setattr(tool, "ENVIRONMENT", environment)
    monkeypatch.setattr(tool, "run", lambda *_, **__: None)
    monkeypatch.setattr(tool, "install_pipeline", lambda _uv, _options, official, _folder: asked.append(official))

    for digest in ("", "", "a" * 64, "a" * 64, ""):
        monkeypatch.setenv(tool.PIPELINE_SHA256, digest)
        tool.install_project(with_tests=False)

    assert asked == ["", "a" * 64, ""]
