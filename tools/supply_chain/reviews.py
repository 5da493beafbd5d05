"""docs/packages-reviewed.yml: which packages were looked up at which version, when and where."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
from collections.abc import Container, Iterable, Mapping
from typing import Any

import yaml
from pydantic import BaseModel, Extra

from tools.supply_chain.locks import ROOT, Locked, SupplyChainError, normal

REVIEWED = ROOT / "docs" / "packages-reviewed.yml"
PIPELINE = "nl-core-news-sm"
OWN = frozenset({"botwijzer", "rasa-stubs", PIPELINE})
"""Made by this project."""


class Lookup(BaseModel, extra=Extra.forbid):
    """Packages that were looked up on one day in one place, with their versions."""

    date: datetime.date
    source: str
    result: str
    packages: dict[str, str]


class Reviewed(BaseModel, extra=Extra.forbid):
    """docs/packages-reviewed.yml."""

    lookups: list[Lookup]


def present_reviews() -> Reviewed:
    """docs/packages-reviewed.yml as it is.

    Raises:
        SupplyChainError: It is not of its form.
    """
    try:
        return Reviewed.parse_obj(yaml.safe_load(REVIEWED.read_text("utf-8")))
    except (ValueError, yaml.YAMLError) as error:
        raise SupplyChainError(f"{REVIEWED.name} is not of its form: {error}") from error


def installed_packages() -> dict[str, str]:
    """What is installed beside this interpreter, with versions."""
    return {normal(it.metadata["Name"]): it.version for it in importlib.metadata.distributions()}


def check_reviews(reviewed: Reviewed, concerned: Mapping[str, str], used: Mapping[str, str]) -> list[str]:
    """Every package in use was looked up at its version, or has advisories that are listed (`concerned`).

    `used` holds the Python packages that serve and train, and what the widget is built with.
    """
    seen: dict[str, str] = {}
    problems = []
    for lookup in reviewed.lookups:
        problems += [f"{name} is listed twice in {REVIEWED.name}" for name in lookup.packages if name in seen]
        seen |= lookup.packages
    for name, version in sorted(used.items()):
        if version in (concerned.get(name), seen.get(name)):
            continue
        looked_up = seen.get(name) or concerned.get(name)
        what = f"{looked_up} was looked up" if looked_up else "nobody looked it up"
        problems.append(f"{name} {version} is in use, {what}: see 'Updating' in docs/supply-chain.md")
    return problems + [f"{name} was looked up and is not in use any more" for name in sorted(set(seen) - set(used))]


def check_installed(installed: Mapping[str, str], locked: Iterable[Locked]) -> list[str]:
    """Nothing is installed but what the lock files name, and this project's own packages."""
    pinned = {it.name: it.version for it in locked}
    return [
        f"{name} {version} is installed and in no lock file: make setup"
        for name, version in sorted(installed.items())
        if name not in OWN and pinned.get(name) != version
    ]


def check_pipeline(installed: str, reviewed: str, official: bool) -> list[str]:
    """The Dutch pipeline is the reviewed one, unless spaCy's own was asked for by its hash."""
    if official or installed == reviewed:
        return []
    return [f"{PIPELINE} {installed} is installed, reviewed was {reviewed}: make setup"]


def refreshed(reviewed: Reviewed, used: Mapping[str, str], found: Lookup | None) -> Reviewed:
    """The list, with new findings added and unused versions dropped."""
    fresh = found.packages if found else {}
    kept = [
        it.copy(
            update={
                "packages": {name: v for name, v in it.packages.items() if used.get(name) == v and name not in fresh}
            }
        )
        for it in reviewed.lookups
    ]
    return Reviewed(lookups=[it for it in [*kept, *([found] if found else [])] if it.packages])


def read_report(text: str, listed: Container[str]) -> tuple[dict[str, str], list[str]]:
    """The packages without a finding in a `pip-audit --format json` report, and a line for each unlisted finding.

    Packages that pip-audit skipped are in neither. `listed` are the advisories in docs/advisories.yml.

    Raises:
        SupplyChainError: It is another report.
    """
    try:
        audited: list[dict[str, Any]] = [it for it in json.loads(text)["dependencies"] if "skip_reason" not in it]
        clean = {normal(it["name"]): str(it["version"]) for it in audited if not it["vulns"]}
        findings = [
            f"{normal(it['name'])} {it['version']} has {vuln['id']}, which docs/advisories.yml does not list"
            for it in audited
            for vuln in it["vulns"]
            if not any(name in listed for name in (vuln["id"], *vuln.get("aliases", [])))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise SupplyChainError(f"the report is not one of 'pip-audit --format json' ({error!r})") from error
    return clean, findings


def write_reviews(reviewed: Reviewed) -> None:
    """Writes docs/packages-reviewed.yml, keeping the comment at its top."""
    comment = [line for line in REVIEWED.read_text("utf-8").splitlines() if line.startswith("#")]
    lookups = [{**it.dict(), "packages": dict(sorted(it.packages.items()))} for it in reviewed.lookups]
    body = yaml.safe_dump({"lookups": lookups}, sort_keys=False, width=120, allow_unicode=True)
    REVIEWED.write_text("\n".join(comment) + "\n" + body, "utf-8")


def chosen(names: Iterable[str], used: Mapping[str, str]) -> dict[str, str]:
    """These packages with the versions that are in use.

    Raises:
        SupplyChainError: One of them is not in use.
    """
    wanted = [name if name in used else normal(name) for name in names]
    if unknown := [name for name in wanted if name not in used]:
        raise SupplyChainError(f"{', '.join(unknown)} is not in use")
    return {name: used[name] for name in wanted}
