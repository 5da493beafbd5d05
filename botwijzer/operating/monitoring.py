"""Lets a monitor read the metrics: on a port of their own, never on the one that visitors reach."""

from __future__ import annotations

import logging
from importlib.metadata import version
from pathlib import Path

import prometheus_client

from botwijzer.operating.database_figures import DatabaseFigures
from botwijzer.operating.metrics import model_info
from botwijzer.settings import PREFIX, Settings

logger = logging.getLogger(__name__)

DELIVERY_AFTER = 1
"""The process that delivers by mail serves its metrics on the port after the one that is set."""


def serve_metrics(settings: Settings, after: int = 0) -> None:
    """Serves the metrics of this process in a thread of its own, when that is set.

    A port that can't be used is said in the log; the assistant goes on without.

    Args:
        settings: Of this installation.
        after: So many ports after the one that is set, where several processes run on one machine.
    """
    if not settings.metrics_port:
        return
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
    port = settings.metrics_port + after
    try:
        prometheus_client.start_http_server(port, settings.metrics_host)
    except OSError as error:
        logger.error("metrics can't be served on port %d: %s; see %sMETRICS_PORT", port, error.strerror, PREFIX)


def add_database_figures(settings: Settings) -> None:
    """Adds what is counted in the database, each time anew when the metrics are read."""
    prometheus_client.REGISTRY.register(DatabaseFigures(settings.database_url))


def tell_model(model: Path) -> None:
    """Tells which model answers."""
    model_info.info({"model": model.name.partition(".")[0], "version": version("botwijzer")})
