"""docs/licences.md: under which licences everything is that is installed or shipped."""

from __future__ import annotations

import importlib.metadata
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from tools.supply_chain.locks import (
    NPM_LOCK,
    ROOT,
    RUNTIME,
    WHEELS,
    Locked,
    SupplyChainError,
    installed_anywhere,
    read_npm_lock,
)

LICENCES = ROOT / "docs" / "licences.md"
PIPELINE = "nl_core_news_sm-*.whl"

NOT_EVERYWHERE = {"async-timeout": "Apache-2.0"}
"""The licences of packages that not every machine installs (this one: Python up to 3.11.2, as Debian 12 has)."""

NOT_TAKEN = re.compile(r"\bA?GPL\b")
COPYLEFT = {
    "LGPL": "is installed as it is, in a package of its own that can be replaced, so nothing of this project comes "
    "under it; who passes on a copy (an image, say) passes on this licence and where the source is",
    "MPL": "binds file by file: only who changes files of this package and passes them on must publish those files",
    "CC-BY-SA": "binds this wheel and pipelines trained on from it: name the makers, keep the licence; it binds "
    "neither the code that runs it nor what the assistant says",
}
"""What each kind of copyleft in use means here."""

_LICENCES = (
    (r"mit( license)?", "MIT"),
    (r"apache( software)?( license)?[ ,-]*(version )?(2(\.0)?)?", "Apache-2.0"),
    (r"new bsd|bsd[ -]3-clause( license)?|3-clause bsd license", "BSD-3-Clause"),
    (r"bsd-2-clause", "BSD-2-Clause"),
    (r"bsd( license)?", "BSD"),
    (r"psf|psf-2\.0|python software foundation license", "PSF-2.0"),
    (r"isc( license.*)?", "ISC"),
    (r"mpl[ -]2\.0|mozilla public license 2\.0.*", "MPL-2.0"),
    (r"(the )?unlicense.*", "Unlicense"),
    (r"cc[ -]by-sa[ -]4\.0", "CC-BY-SA-4.0"),
    (r"lgpl with exceptions", "LGPL with exceptions"),
    (r"gnu (library or )?lesser general public license.*", "LGPL"),
    (r"gnu affero general public license.*", "AGPL"),
    (r"gnu general public license.*", "GPL"),
)


@dataclass(frozen=True)
class Package:
    """A package as docs/licences.md lists it; `licence` is empty when it can't be told."""

    name: str
    version: str
    licence: str


def check_licences(packages: Iterable[Package]) -> list[str]:
    """Every licence is known, and none is taken that the whole assistant would come under."""
    problems = []
    for it in packages:
        if not it.licence:
            problems.append(f"the licence of {it.name} {it.version} can't be told from its metadata")
        elif all(NOT_TAKEN.search(choice) for choice in it.licence.split(" OR ")):
            problems.append(f"{it.name} {it.version} is under {it.licence}, which this project does not take")
    return problems


def licence_of(metadata: Message) -> str:
    """The licence that a Python package's metadata tell, by its SPDX name where that can be told; else empty."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    if spoken := spdx(str(metadata.get("License") or "")):
        return spoken
    classifiers = [str(it).rpartition(" :: ")[2] for it in metadata.get_all("Classifier") or [] if "License" in it]
    return " OR ".join(filter(None, map(spdx, classifiers)))


def spdx(text: str) -> str:
    """The SPDX name of a licence, or of several joined by 'and' or 'or'; empty when one of them is not known."""
    words = re.split(r"\s+(and|or)\s+", text.strip(), flags=re.IGNORECASE)
    names = [word.upper() if word.lower() in {"and", "or"} else _one(word) for word in words]
    return " ".join(names) if all(names) else ""


def python_packages(locked: Iterable[Locked]) -> list[Package]:
    """What requirements.lock installs, with the licences that are installed with it.

    Raises:
        SupplyChainError: One of them is not installed, or in another version.
    """
    found = []
    for it in locked:
        try:
            metadata = importlib.metadata.metadata(it.name)
        except importlib.metadata.PackageNotFoundError as error:
            if licence := NOT_EVERYWHERE.get(it.name):
                found.append(Package(it.name, it.version, licence))
                continue
            raise SupplyChainError(f"{it.name} is not installed: make setup") from error
        if metadata["Version"] != it.version:
            raise SupplyChainError(
                f"{it.name} is pinned to {it.version}, {metadata['Version']} is installed: make setup"
            )
        found.append(Package(it.name, it.version, licence_of(metadata)))  # type: ignore[arg-type]
    return found


def widget_packages(lock: Mapping[str, Mapping[str, Any]], widget: Path = NPM_LOCK.parent) -> list[Package]:
    """What npm installs to build the widget, with the licences of its lock, else of the installed packages."""
    found = []
    for folder, it in lock.items():
        licence = it.get("license")
        manifest = widget / folder / "package.json"
        if not licence and manifest.is_file():
            told = json.loads(manifest.read_text("utf-8"))
            licence = told.get("license") or " OR ".join(each["type"] for each in told.get("licenses", []))
        found.append(Package(folder.removeprefix("node_modules/"), str(it["version"]), str(licence or "")))
    return found


def pipeline_package(wheels: Path = WHEELS) -> Package:
    """The Dutch pipeline that is in the repository."""
    (wheel,) = wheels.glob(PIPELINE)
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(path).decode("utf-8"))
    return Package(metadata["Name"], metadata["Version"], licence_of(metadata))


def render(groups: Mapping[str, Sequence[Package]]) -> str:
    """docs/licences.md; the same packages give the same text."""
    everything = {it for packages in groups.values() for it in packages}
    tally = Counter(it.licence for it in everything).most_common()
    by_number = sorted(tally, key=lambda pair: (-pair[1], pair[0]))
    bound = sorted((it for it in everything if _kinds(it)), key=lambda it: it.name)
    lines = [
        "# Licences",
        "What is shipped or installed, and under which licence, as its own metadata say. Written by `make licences`;",
        "the tests fail when it is not of the present lock files. What only tests or checks it is not listed: it is",
        "neither shipped nor needed. Wheels with compiled code hold libraries of others too (a BLAS, libpq, OpenSSL);",
        "their licences are in the installed packages.",
        "",
        f"{len(everything)} packages: " + ", ".join(f"{licence} {count}" for licence, count in by_number) + ".",
        "",
        "## Copyleft",
        *_table(("package", "licence", "what it means here"), ((it.name, it.licence, _kinds(it)) for it in bound)),
    ]
    for title, packages in groups.items():
        rows = sorted((it.name, it.version, it.licence) for it in packages)
        lines += ["", f"## {title}", *_table(("package", "version", "licence"), rows)]
    return "\n".join(lines) + "\n"


def present_groups() -> dict[str, list[Package]]:
    """What the lock files and wheels/ of this checkout stand for, by group."""
    return {
        "Python, installed by `make run`": python_packages(installed_anywhere(RUNTIME)),
        "npm, in the widget or building it": widget_packages(read_npm_lock(NPM_LOCK.read_text("utf-8"))),
        "The Dutch pipeline in wheels/": [pipeline_package()],
    }


def _one(text: str) -> str:
    return next((name for pattern, name in _LICENCES if re.fullmatch(pattern, text.strip(), re.IGNORECASE)), "")


def _kinds(package: Package) -> str:
    """What the copyleft of a package means here; empty when it has none."""
    return "; ".join(meaning for kind, meaning in COPYLEFT.items() if kind in package.licence)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
