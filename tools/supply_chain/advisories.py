"""docs/advisories.yml: what is known to be wrong with what is used, and whether it matters here."""

from __future__ import annotations

import datetime
import re
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import yaml
from packaging.version import Version
from pydantic import BaseModel, Extra

from tools.supply_chain.locks import ROOT, SupplyChainError

ADVISORIES = ROOT / "docs" / "advisories.yml"

CODE = ("botwijzer/**/*.py", "actions/**/*.py", "config.yml", "endpoints.yml", "credentials.yml")
"""Where the reasons in docs/advisories.yml are held against the code."""


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
    holds_with: str = ""
    holds_without: str = ""
    advisories: list[Advisory]


class Supported(BaseModel, extra=Extra.forbid):
    """Until when its makers mend what is found in it."""

    what: str
    version: str
    until: datetime.date


class Advisories(BaseModel, extra=Extra.forbid):
    """docs/advisories.yml."""

    as_of: datetime.date
    supported: list[Supported]
    packages: list[Concerned]


def present_advisories() -> Advisories:
    """docs/advisories.yml as it is.

    Raises:
        SupplyChainError: It is not of its form.
    """
    try:
        return Advisories.parse_obj(yaml.safe_load(ADVISORIES.read_text("utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SupplyChainError(f"{ADVISORIES.name} is not of its form: {error}") from error


def present_code() -> dict[str, str]:
    """The files that the reasons are about, by path."""
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for each in CODE for path in sorted(ROOT.glob(each))}


def running_python() -> str:
    """The version of Python that this runs on, without the last number."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def check_advisories(known: Advisories, pinned: Mapping[str, str], code: Mapping[str, str]) -> list[str]:
    """The list is of the pinned versions, and its reasons hold for the code (given by path)."""
    problems = []
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


def check_supported(supported: list[Supported], used: Mapping[str, str], today: datetime.date) -> list[str]:
    """What is listed is in use, and is supported on this day."""
    problems = []
    for it in supported:
        version = used.get(it.what, "none")
        if version != it.version and not version.startswith(f"{it.version}."):
            problems.append(f"{it.what} {version} is in use: put into 'supported' until when, instead of {it.version}")
        elif today > it.until:
            problems.append(f"{it.what} {it.version} has had no security fixes since {it.until}: take a newer one")
    return problems


def _unfounded(it: Concerned, code: Mapping[str, str]) -> list[str]:
    """Where the reasons that this package's advisories lean on do not hold for the code."""
    problems = []
    if it.holds_with and not any(re.search(it.holds_with, text) for text in code.values()):
        problems.append(f"{it.package}: nothing in the code is like '{it.holds_with}' any more: look again")
    if it.holds_without:
        places = [path for path, text in code.items() if re.search(it.holds_without, text)]
        problems += [f"{it.package}: {path} has what its reasons say is not there: look again" for path in places]
    return problems
