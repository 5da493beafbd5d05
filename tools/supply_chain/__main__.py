"""The command line: `python -m tools.supply_chain check`, `review` or `licences`."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import typer

from tools.bootstrap import PIPELINE_SHA256
from tools.supply_chain import advisories, licences, locks, reviews
from tools.supply_chain.locks import NPM_LOCK, SupplyChainError

NOTHING_FOUND = "no advisory found that covers this version"
AUDIT = "pip-audit"

NAMES = typer.Argument(None, help="packages that you looked up and found no advisory for")
SOURCE = typer.Option("", help="where you looked them up")
REPORT = typer.Option(None, help="instead: what 'pip-audit --format json' wrote")

app = typer.Typer(help="The packages that this project is made of.", add_completion=False)


def used_packages() -> dict[str, str]:
    """The Python packages that serve and train and what the widget is made of, with versions; not what tests need."""
    npm = licences.widget_packages(locks.read_npm_lock(NPM_LOCK.read_text("utf-8")))
    python = locks.installed_anywhere(locks.RUNTIME)
    return {it.name: it.version for it in python} | {it.name: it.version for it in npm}


def problems(today: datetime.date) -> list[str]:
    """Everything that is wrong with the supply chain of this checkout, as of this day.

    Raises:
        SupplyChainError: A file is missing, or not of its form.
    """
    known, groups, used = advisories.present_advisories(), licences.present_groups(), used_packages()
    installed = reviews.installed_packages()
    pinned = {it.name: it.version for packages in groups.values() for it in packages}
    (pipeline,) = locks.read_lock(locks.read(locks.PIPELINE))
    found = locks.check_locks(NPM_LOCK.read_text("utf-8"))
    found += advisories.check_advisories(known, pinned, advisories.present_code())
    found += advisories.check_supported(known.supported, {**used, "Python": advisories.running_python()}, today)
    concerned = {it.package: it.pinned for it in known.packages}
    found += reviews.check_reviews(reviews.present_reviews(), concerned, used)
    found += reviews.check_installed(installed, locks.installed_anywhere(locks.TESTS))
    official = bool(os.environ.get(PIPELINE_SHA256))
    found += reviews.check_pipeline(installed.get(reviews.PIPELINE, "none"), pipeline.version, official)
    found += licences.check_licences(it for packages in groups.values() for it in packages)
    if not licences.LICENCES.is_file() or licences.LICENCES.read_text("utf-8") != licences.render(groups):
        found.append(f"{licences.LICENCES.name} is not of the present lock files: make licences")
    return found


@app.command()
def check() -> None:
    """Print every problem, or that there is none."""
    try:
        found = problems(datetime.date.today())
    except (SupplyChainError, OSError) as error:
        found = [str(error)]
    typer.echo(
        "\n".join(found) or f"the supply chain is sound; advisories as of {advisories.present_advisories().as_of}"
    )
    raise typer.Exit(1 if found else 0)


@app.command()
def review(
    names: list[str] = NAMES,
    source: str = SOURCE,
    report: Path = REPORT,
) -> None:
    """Record in docs/packages-reviewed.yml what was looked up; drop what is not in use at that version any more.

    Prints what is still to be looked up, and what a report found.
    """
    today = datetime.date.today()
    findings: list[str] = []
    found: reviews.Lookup | None = None
    try:
        used, known = used_packages(), advisories.present_advisories().packages
        if report:
            listed = {advisory.id for it in known for advisory in it.advisories}
            clean, findings = reviews.read_report(report.read_text("utf-8"), listed)
            there = {name: version for name, version in clean.items() if used.get(name) == version}
            found = reviews.Lookup(date=today, source=AUDIT, result=NOTHING_FOUND, packages=there)
        elif names:
            if not source:
                raise SupplyChainError("say with --source where you looked them up")
            looked_up = reviews.chosen(names, used)
            found = reviews.Lookup(date=today, source=source, result=NOTHING_FOUND, packages=looked_up)
        reviewed = reviews.refreshed(reviews.present_reviews(), used, found)
        reviews.write_reviews(reviewed)
        concerned = {it.package: it.pinned for it in known}
    except (SupplyChainError, OSError) as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error
    typer.echo("\n".join([*findings, *reviews.check_reviews(reviewed, concerned, used)]) or "everything was looked up")


@app.command(name="licences")
def write_licences() -> None:
    """Write docs/licences.md."""
    try:
        licences.LICENCES.write_text(licences.render(licences.present_groups()), "utf-8")
    except (SupplyChainError, OSError) as error:
        typer.echo(str(error))
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
