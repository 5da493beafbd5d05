"""Lock files and the wheels in the repository: each package has a hash, no file names a server."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "wheels"
NPM_LOCK = ROOT / "widget" / "package-lock.json"
RUNTIME = "requirements.lock"
BUILD = "requirements-build.lock"
TESTS = "requirements-test.lock"
COMPILED = (
    RUNTIME,
    TESTS,
    "requirements-dev.lock",
    BUILD,
    "requirements-installer.lock",
    "requirements-node.lock",
    "tools/benchmark/starter.lock",
)
PIPELINE = "requirements-pipeline.lock"
LOCKS = (*COMPILED, PIPELINE)
WISHES = tuple(name.replace(".lock", ".in") for name in COMPILED)


_PLATFORMS = [
    {
        "sys_platform": platform,
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_full_version": "3.11.0",
    }
    for platform in ("linux", "darwin")
]
"""Where this project runs; the oldest Python, which needs the most packages."""


class SupplyChainError(Exception):
    """A file is missing, or not of its form; the message is one sentence."""


@dataclass(frozen=True)
class Locked:
    """A package in a lock file, the machines that it is for (a PEP 508 marker), and the hashes of its files."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    marker: str = ""


def read(name: str) -> str:
    """The text of a file in the top folder."""
    return (ROOT / name).read_text("utf-8")


def normal(name: str) -> str:
    """A package's name as lock files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> list[Locked]:
    """The packages of a lock file, in its order."""
    found: list[Locked] = []
    for line in text.splitlines():
        if line.lstrip().startswith("--hash=") and found:
            digest = line.strip(" \\").removeprefix("--hash=")
            found[-1] = replace(found[-1], hashes=(*found[-1].hashes, digest))
        elif line[:1].strip() and not line.startswith("#"):
            pinned, _, marker = line.strip(" \\").partition(" ; ")
            match = re.match(r"([\w.-]+)==([\w.+!-]+)", pinned) or re.match(r"\./wheels/(\w+)-([\w.+]+)-", pinned)
            if not match:
                raise SupplyChainError(f"'{line.strip()}' in a lock file names no package with its version")
            found.append(Locked(normal(match[1]), match[2], marker=marker))
    return found


def installed_anywhere(name: str) -> list[Locked]:
    """The packages of a lock file that some machine with Linux or macOS installs: the same list on each machine."""
    return [
        it
        for it in read_lock(read(name))
        if not it.marker or any(Marker(it.marker).evaluate(platform) for platform in _PLATFORMS)
    ]


def read_npm_lock(text: str) -> dict[str, dict[str, Any]]:
    """What npm installs to build the widget, by folder; of a package that depends on the machine, only the choice."""
    packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    return {folder: it for folder, it in packages.items() if folder and not it.get("dev") and not it.get("optional")}


def check_hashes(locked: Iterable[Locked]) -> list[str]:
    """Every package comes with at least one hash."""
    return [f"{it.name} {it.version} has no hash in the lock: make lock" for it in locked if not it.hashes]


def check_npm_lock(text: str) -> list[str]:
    """npm's lock has a hash of every package, also of those that only check the widget, and no place to fetch it."""
    problems = []
    for folder, it in json.loads(text)["packages"].items():
        if folder and not it.get("integrity"):
            problems.append(f"{folder} has no integrity in package-lock.json")
        if "resolved" in it:
            problems.append(f"{folder} names an address in package-lock.json: see widget/.npmrc")
    return problems


def check_wheels(wheels: Path, locked: Iterable[Locked]) -> list[str]:
    """Every wheel in the repository is the one whose hash is in a lock file."""
    known = {digest for it in locked for digest in it.hashes}
    digests = {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in sorted(wheels.glob("*.whl"))}
    return [
        f"{name} has a SHA-256 that is in no lock file" for name, it in digests.items() if f"sha256:{it}" not in known
    ]


def check_build(build: Iterable[Locked], runtime: Iterable[Locked]) -> list[str]:
    """What builds packages from sources is what is installed as well."""
    pinned = {it.name: it.version for it in runtime}
    return [
        f"{it.name} {it.version} builds packages, {pinned.get(it.name)} is installed: make both the same"
        for it in build
        if pinned.get(it.name) != it.version
    ]


def check_addresses(name: str, text: str) -> list[str]:
    """A lock file names no server: neither an index nor where a file lies."""
    address = re.compile(r"\w+://|--(extra-)?index-url|--find-links")
    return [
        f"{name} line {number} names an address: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        if address.search(line)
    ]


def check_reasons(name: str, text: str) -> list[str]:
    """Every wish says beside it what it is wished for."""
    wishes = (line.partition("#") for line in text.splitlines())
    bare = (wish.strip() for wish, _, reason in wishes if wish.strip() and len(reason.split()) < 2)
    return [f"{name}: '{wish}' has no reason beside it" for wish in bare]


def check_locks(npm_lock: str) -> list[str]:
    """Runs all checks of this module on this checkout."""
    locked = {name: read_lock(read(name)) for name in LOCKS}
    found = [problem for each in locked.values() for problem in check_hashes(each)] + check_npm_lock(npm_lock)
    found += check_wheels(WHEELS, (it for each in locked.values() for it in each))
    found += check_build(locked[BUILD], locked[RUNTIME])
    found += [problem for name in LOCKS for problem in check_addresses(name, read(name))]
    return found + [problem for name in WISHES for problem in check_reasons(name, read(name))]
