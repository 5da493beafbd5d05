"""No compiler is needed: every locked package has a wheel for each platform, or is pure Python."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.tools.test_supply_chain import find_uv
from tests.unit_helpers import ROOT
from tools.supply_chain import locks

PLATFORMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")
"""As docs/supply-chain.md says."""

FROM_SOURCES = {"docopt", "randomname"}
"""They come as sources only, and have nothing to compile; requirements-build.lock builds them."""


def dry_run(platform: str, requirements: Path) -> subprocess.CompletedProcess[str]:
    """Has uv choose a wheel with one of the locked hashes for each package, and install nothing."""
    chosen = ["--only-binary", ":all:", "--no-deps", "--require-hashes", "--python-platform", platform]
    place = ["--python-version", "3.11", "--target", str(requirements.parent / "target")]
    command = [find_uv(), "pip", "install", "--dry-run", *chosen, *place, "--requirement", str(requirements)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", [locks.TESTS, "requirements-installer.lock", "requirements-node.lock"])
def test_every_package_has_a_wheel_for_each_platform(name: str, platform: str, tmp_path: Path) -> None:
    wanted = [it for it in locks.read_lock(locks.read(name)) if it.name not in FROM_SOURCES]
    (tmp_path / "requirements.txt").write_text("".join(map(line, wanted)), "utf-8")

    done = dry_run(platform, tmp_path / "requirements.txt")

    if done.returncode and re.search(r"network|connect|dns|Failed to fetch", done.stderr, re.IGNORECASE):
        pytest.skip("the package index can't be reached")
    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr


def line(it: locks.Locked) -> str:
    """A package as a lock file has it, in one line."""
    marker = f" ; {it.marker}" if it.marker else ""
    return " ".join([f"{it.name}=={it.version}{marker}", *(f"--hash={digest}" for digest in it.hashes)]) + "\n"
