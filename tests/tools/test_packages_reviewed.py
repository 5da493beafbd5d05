"""Every package in use was looked up for advisories at its version; `review` keeps the list of them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.supply_chain import __main__ as program
from tools.supply_chain import reviews
from tools.supply_chain.locks import Locked, SupplyChainError

TODAY = datetime.date.today()
COMMENT = "# What was looked up.\n"


def lookup(**packages: str) -> reviews.Lookup:
    """Packages that were looked up on one day."""
    return reviews.Lookup(date=datetime.date(2026, 11, 29), source="a database", result="none", packages=packages)


def test_a_package_in_neither_list_is_named() -> None:
    reviewed = reviews.Reviewed(lookups=[lookup(old="1.0")])
    used = {"old": "1.0", "concerned": "2.0"}

    assert reviews.check_reviews(reviewed, {"concerned": "2.0"}, used) == []
    assert reviews.check_reviews(reviewed, {"concerned": "2.0"}, {**used, "new": "3.0"}) == [
        "new 3.0 is in use, nobody looked it up: see 'Updating' in docs/supply-chain.md"
    ]


def test_a_package_at_another_version_than_the_one_looked_up_is_named() -> None:
    reviewed = reviews.Reviewed(lookups=[lookup(old="1.0")])

    assert reviews.check_reviews(reviewed, {"concerned": "2.0"}, {"old": "1.1", "concerned": "2.1"}) == [
        "concerned 2.1 is in use, 2.0 was looked up: see 'Updating' in docs/supply-chain.md",
        "old 1.1 is in use, 1.0 was looked up: see 'Updating' in docs/supply-chain.md",
    ]


def test_a_package_that_is_gone_or_listed_twice_is_named() -> None:
    reviewed = reviews.Reviewed(lookups=[lookup(old="1.0"), lookup(old="1.0", gone="1.0")])

    assert reviews.check_reviews(reviewed, {}, {"old": "1.0"}) == [
        "old is listed twice in packages-reviewed.yml",
        "gone was looked up and is not in use any more",
    ]


def test_another_dutch_pipeline_than_the_reviewed_one_is_named_unless_it_was_asked_for() -> None:
    assert reviews.check_pipeline("3.4.0+botwijzer", "3.4.0+botwijzer", official=False) == []
    assert reviews.check_pipeline("3.4.0", "3.4.0+botwijzer", official=True) == []
    assert reviews.check_pipeline("3.4.0", "3.4.0+botwijzer", official=False) == [
        "nl-core-news-sm 3.4.0 is installed, reviewed was 3.4.0+botwijzer: make setup"
    ]


def test_a_package_that_no_lock_file_names_is_named() -> None:
    locked = [Locked("pytest", "8.4.2"), Locked("not-installed", "1.0")]

    assert reviews.check_installed({"pytest": "8.4.2", "rasa-stubs": "1.0.0"}, locked) == []
    assert reviews.check_installed({"pytest": "9.0.3", "mine": "1.0"}, locked) == [
        "mine 1.0 is installed and in no lock file: make setup",
        "pytest 9.0.3 is installed and in no lock file: make setup",
    ]


def test_what_only_tests_need_is_not_looked_up() -> None:
    assert "pytest" not in program.used_packages()
    assert "sanic" in program.used_packages()


def test_what_is_installed_is_read_from_the_environment_itself() -> None:
    installed = reviews.installed_packages()

    assert installed["pytest"] == pytest.__version__
    assert set(installed) >= reviews.OWN


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The packages in use; the list of reviews knows an older 'old' and one that is gone."""
    packages = {"old": "1.1", "new-one": "3.0", "@a/b": "4.0"}
    monkeypatch.setattr(program, "used_packages", lambda: packages)
    monkeypatch.setattr(reviews, "REVIEWED", tmp_path / "packages-reviewed.yml")
    reviews.REVIEWED.write_text(COMMENT + "lookups: []\n", "utf-8")
    reviews.write_reviews(reviews.Reviewed(lookups=[lookup(old="1.0", gone="1.0")]))
    return packages


def review(*arguments: str) -> tuple[int, list[str]]:
    """Runs `review`; its exit code and what it prints."""
    said = CliRunner().invoke(program.app, ["review", *arguments])
    return said.exit_code, said.output.splitlines()


@pytest.mark.usefixtures("used")
def test_review_drops_what_is_no_longer_in_use_and_prints_what_is_to_be_looked_up() -> None:
    code, said = review()

    assert code == 0
    assert [line.split(" is in use")[0] for line in said] == ["@a/b 4.0", "new-one 3.0", "old 1.1"]
    assert reviews.present_reviews().lookups == []
    assert reviews.REVIEWED.read_text("utf-8").startswith(COMMENT)


@pytest.mark.usefixtures("used")
def test_review_records_what_somebody_looked_up_and_where() -> None:
    assert review("New_One", "@a/b", "old", "--source", "GitHub") == (0, ["everything was looked up"])

    (recorded,) = reviews.present_reviews().lookups
    assert (recorded.date, recorded.source) == (TODAY, "GitHub")
    assert recorded.packages == {"@a/b": "4.0", "new-one": "3.0", "old": "1.1"}


@pytest.mark.usefixtures("used")
def test_review_says_in_one_sentence_what_it_cannot_record() -> None:
    assert review("old") == (1, ["say with --source where you looked them up"])
    assert review("nothing", "--source", "GitHub") == (1, ["nothing is not in use"])


@pytest.mark.usefixtures("used")
def test_review_records_a_report_of_pip_audit_and_prints_findings_that_are_not_listed(tmp_path: Path) -> None:
    report = tmp_path / "audit.json"
    listed = {"id": "PYSEC-1", "aliases": ["CVE-2024-10096"], "fix_versions": []}
    audited = [
        {"name": "New_One", "version": "3.0", "vulns": []},
        {"name": "old", "version": "1.0", "vulns": []},  # not the version in use
        {"name": "x", "version": "1", "vulns": [listed, {"id": "CVE-9999-1", "aliases": [], "fix_versions": ["2"]}]},
        {"name": "skipped", "skip_reason": "it is editable"},
    ]
    report.write_text(json.dumps({"dependencies": audited, "fixes": []}), "utf-8")

    code, said = review("--report", str(report))

    assert (code, said[0]) == (0, "x 1 has CVE-9999-1, which docs/advisories.yml does not list")
    assert [(it.source, it.packages) for it in reviews.present_reviews().lookups] == [("pip-audit", {"new-one": "3.0"})]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"dependencies": [{"name": "x"}]}'])
def test_another_report_is_one_sentence(text: str) -> None:
    with pytest.raises(SupplyChainError, match="the report is not one of 'pip-audit --format json'"):
        reviews.read_report(text, ())
