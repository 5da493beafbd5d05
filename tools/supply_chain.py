"""Proves what can be proven about the packages that this project is made of, and writes down their licences.

`check` looks at the lock files and at docs/advisories.yml (docs/supply-chain.md says what for); it asks nothing of
any server. `licences` writes docs/licences.md. Each check is a function that returns a list of problems, one
sentence each.
"""

from __future__ import annotations

import datetime
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
from typing import Any, Literal

import typer
import yaml
from packaging.version import Version
from pydantic import BaseModel, Extra

from botwijzer.serving.absent import NEVER_USED

ROOT = Path(__file__).resolve().parent.parent
ADVISORIES = ROOT / "docs" / "advisories.yml"
LICENCES = ROOT / "docs" / "licences.md"
LOCKS = ("requirements.lock", "requirements-dev.lock")
WISHES = ("requirements.in", "requirements-dev.in")
NPM_LOCK = ROOT / "widget" / "package-lock.json"
PIPELINE = "nl_core_news_sm-*.whl"

OWN = {"tensorflow": "Apache-2.0"}
"""Packages in wheels/ that are this project's, with their licence."""

CODE = ("botwijzer/**/*.py", "actions/**/*.py", "config.yml", "endpoints.yml", "credentials.yml")
"""Where the reasons in docs/advisories.yml are held against the code."""

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


class SupplyChainError(Exception):
    """Something that this looks at is not there or not of its form; the message is one sentence."""


class Advisory(BaseModel, extra=Extra.forbid):
    """What is known to be wrong with a package, and whether it matters here."""

    id: str
    what: str
    fixed: str | None
    applies: bool
    because: str = ""
    done: str = ""
    seen: Literal["database", "scanner report", "from memory, unchecked"]


class Concerned(BaseModel, extra=Extra.forbid):
    """A package with its advisories; docs/advisories.yml says what its fields mean."""

    package: str
    pinned: str
    held_by: str
    because: str = ""
    left_out: str = ""
    holds_with: str = ""
    holds_without: str = ""
    advisories: list[Advisory]


class Advisories(BaseModel, extra=Extra.forbid):
    """docs/advisories.yml."""

    as_of: datetime.date
    packages: list[Concerned]
    looked_up: dict[Literal["python", "widget"], list[str]]


@dataclass(frozen=True)
class Locked:
    """A package in a lock file, and how many hashes the lock knows of its files."""

    name: str
    version: str
    hashes: int


@dataclass(frozen=True)
class Package:
    """A package as docs/licences.md lists it; `licence` is empty when it can't be told."""

    name: str
    version: str
    licence: str


def read_lock(text: str) -> list[Locked]:
    """The packages of a compiled requirements file, in its order."""
    found: list[Locked] = []
    for line in text.splitlines():
        if line.lstrip().startswith("--hash=") and found:
            found[-1] = Locked(found[-1].name, found[-1].version, found[-1].hashes + 1)
        elif line[:1].strip() and not line.startswith("#"):
            match = re.match(r"([\w.-]+)==([\w.+!-]+)", line) or re.match(r"\./wheels/(\w+)-([\w.+]+)-", line)
            if not match:
                raise SupplyChainError(f"'{line.strip()}' in a lock file names no package with its version")
            found.append(Locked(normal(match[1]), match[2], 0))
    return found


def read_npm_lock(text: str) -> dict[str, dict[str, Any]]:
    """What npm installs to build the widget, by folder; of a package that depends on the machine, only the choice."""
    packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    return {folder: it for folder, it in packages.items() if folder and not it.get("dev") and not it.get("optional")}


def normal(name: str) -> str:
    """A package's name as lock files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


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


def check_addresses(name: str, text: str) -> list[str]:
    """A compiled requirements file names no server: neither an index nor where a file lies."""
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


def check_advisories(known: Advisories, pinned: Mapping[str, str], code: Mapping[str, str]) -> list[str]:
    """The list is of the pinned versions, and its reasons hold for the code (given by path)."""
    gone = (name for names in known.looked_up.values() for name in names if name not in pinned)
    problems = [f"{name} was looked up and is not pinned any more" for name in gone]
    for it in known.packages:
        version = pinned.get(it.package)
        if version != it.pinned:
            problems.append(f"{it.package} {it.pinned} has advisories, pinned is {version or 'none'}: look again")
        problems += _unfounded(it, code)
        for advisory in it.advisories:
            if advisory.fixed and Version(advisory.fixed) <= Version(it.pinned):
                problems.append(f"{advisory.id} is fixed in {it.package} {advisory.fixed}: it need not be listed")
            if not advisory.because and not it.because:
                problems.append(f"{advisory.id} of {it.package} does not say why it applies or not")
            if advisory.applies and not advisory.done:
                problems.append(f"{advisory.id} of {it.package} applies and does not say what is done")
    counts = Counter(advisory.id for it in known.packages for advisory in it.advisories)
    return problems + [f"{name} is listed {count} times" for name, count in counts.items() if count > 1]


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
            raise SupplyChainError(f"{it.name} is not installed: make setup") from error
        if metadata["Version"] != it.version:
            raise SupplyChainError(
                f"{it.name} is pinned to {it.version}, {metadata['Version']} is installed: make setup"
            )
        found.append(Package(it.name, it.version, OWN.get(it.name) or licence_of(metadata)))  # type: ignore[arg-type]
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


def pipeline_package(wheels: Path = ROOT / "wheels") -> Package:
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
        "the tests fail when it is not of the present lock files. What only checks the code is not listed: it is",
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
        "Python, installed by `make run`": python_packages(read_lock(_read(LOCKS[0]))),
        "npm, in the widget or building it": widget_packages(read_npm_lock(NPM_LOCK.read_text("utf-8"))),
        "The Dutch pipeline in wheels/": [pipeline_package()],
    }


def present_advisories() -> Advisories:
    """docs/advisories.yml as it is.

    Raises:
        SupplyChainError: It is not of its form.
    """
    try:
        return Advisories.parse_obj(yaml.safe_load(ADVISORIES.read_text("utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SupplyChainError(f"{ADVISORIES.name} is not of its form: {error}") from error


def problems() -> list[str]:
    """Everything that is wrong with the supply chain of this checkout."""
    locked, npm_lock = {name: read_lock(_read(name)) for name in LOCKS}, NPM_LOCK.read_text("utf-8")
    pinned = {it.name: it.version for it in locked[LOCKS[0]]}
    groups = present_groups()
    pinned |= {it.name: it.version for it in groups["npm, in the widget or building it"]}
    code = {str(path.relative_to(ROOT)): path.read_text("utf-8") for each in CODE for path in sorted(ROOT.glob(each))}
    found = [problem for each in locked.values() for problem in check_hashes(each)] + check_npm_lock(npm_lock)
    found += [problem for name in LOCKS for problem in check_addresses(name, _read(name))]
    found += [problem for name in WISHES for problem in check_reasons(name, _read(name))]
    found += check_advisories(present_advisories(), pinned, code)
    found += check_licences(it for packages in groups.values() for it in packages)
    if not LICENCES.is_file() or LICENCES.read_text("utf-8") != render(groups):
        found.append(f"{LICENCES.name} is not of the present lock files: make licences")
    return found


app = typer.Typer(help="The packages that this project is made of.", add_completion=False)


@app.command()
def check() -> None:
    """Print every problem, or that there is none."""
    try:
        found = problems()
    except (SupplyChainError, OSError) as error:
        found = [str(error)]
    typer.echo("\n".join(found) or f"the supply chain is sound; advisories as of {present_advisories().as_of}")
    raise typer.Exit(1 if found else 0)


@app.command()
def licences() -> None:
    """Write docs/licences.md."""
    try:
        LICENCES.write_text(render(present_groups()), "utf-8")
    except (SupplyChainError, OSError) as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _one(text: str) -> str:
    return next((name for pattern, name in _LICENCES if re.fullmatch(pattern, text.strip(), re.IGNORECASE)), "")


def _kinds(package: Package) -> str:
    """What the copyleft of a package means here; empty when it has none."""
    return "; ".join(meaning for kind, meaning in COPYLEFT.items() if kind in package.licence)


def _unfounded(it: Concerned, code: Mapping[str, str]) -> list[str]:
    """Where the reasons that this package's advisories lean on do not hold for the code."""
    problems = []
    if it.left_out and it.left_out not in NEVER_USED:
        problems.append(f"{it.package}: {it.left_out} is not left out of the serving process any more: look again")
    if it.holds_with and not any(re.search(it.holds_with, text) for text in code.values()):
        problems.append(f"{it.package}: nothing in the code is like '{it.holds_with}' any more: look again")
    if it.holds_without:
        places = [path for path, text in code.items() if re.search(it.holds_without, text)]
        problems += [f"{it.package}: {path} has what its reasons say is not there: look again" for path in places]
    return problems


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


if __name__ == "__main__":
    app()
