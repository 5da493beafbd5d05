"""docs/operating.md and docs/alerts.yml name what there is."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from alembic.runtime.migration import MigrationContext
from prometheus_client import REGISTRY
from prometheus_client.core import Metric
from typer.main import get_command

from botwijzer.cli import app
from botwijzer.database import open_database
from botwijzer.operating import turns
from botwijzer.operating.database_figures import DatabaseFigures
from botwijzer.settings import PREFIX, Settings
from tests.unit_helpers import ROOT

RUNBOOK = (ROOT / "docs" / "operating.md").read_text("utf-8")
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
OF_PROMETHEUS = {"up"}
"""What Prometheus adds by itself."""


@pytest.fixture
def metrics(database_url: str) -> dict[str, Metric]:
    """All that a monitor reads, by the names of their samples."""
    found = [*REGISTRY.collect(), *DatabaseFigures(database_url).collect()]
    names = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "info": ("_info",)}
    return {f"{metric.name}{end}": metric for metric in found for end in names.get(metric.type, ("",))}


def test_every_alert_asks_for_metrics_that_there_are(metrics: dict[str, Metric]) -> None:
    for rule in RULES:
        asked = set(re.findall(r"\b(?:botwijzer|process)_\w+|\bup\b", rule["expr"]))
        assert asked, rule["alert"]
        assert asked - OF_PROMETHEUS <= set(metrics), rule["alert"]


def test_every_alert_asks_for_outcomes_and_states_that_there_are() -> None:
    outcomes = {outcome.value for outcome in turns.Outcome}
    for rule in RULES:
        for named in re.findall(r'outcome=~?"([^"]+)"', rule["expr"]):
            assert set(named.split("|")) <= outcomes


def test_every_alert_has_a_paragraph() -> None:
    names = [rule["alert"] for rule in RULES]

    assert len(names) == len(set(names))
    assert set(re.findall(r"\*\*(Botwijzer\w+)\*\*", RUNBOOK)) == set(names)
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "ticket"}


def test_every_metric_of_ours_is_explained(metrics: dict[str, Metric]) -> None:
    explained = set(re.findall(r"`(botwijzer_\w+)", RUNBOOK))

    for name, metric in metrics.items():
        if name.startswith("botwijzer_"):
            assert name in explained or metric.name in explained, name
    assert explained - {"botwijzer_restored"} <= set(metrics) | {metric.name for metric in metrics.values()}


def test_every_outcome_is_explained() -> None:
    assert all(f"| `{outcome.value}` |" in RUNBOOK for outcome in turns.Outcome)


def test_it_names_commands_and_settings_that_there_are() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"\.venv/bin/botwijzer ([a-z-]+)", RUNBOOK)) <= commands
    settings = {PREFIX + name.upper() for name in Settings.__fields__}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", RUNBOOK)) - {f"{PREFIX}METRICS_HOST:PORT"} <= settings


def test_the_way_back_takes_the_tables_of_later_versions_away(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r'`\.venv/bin/python -c "(.*?)"`', RUNBOOK)
    monkeypatch.setattr("botwijzer.settings.settings", lambda: Settings.construct(database_url=database_url))

    exec(code)

    engine = open_database(database_url)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0003"
    engine.dispose()
