"""An assistant that is watched: with metrics, with its logs, and with parts that fail."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from botwijzer.operating.monitoring import DELIVERY_AFTER
from tests.conftest import Stack, action_server, running_stack
from tests.unit_helpers import free_port

PASSWORD = "wachtwoord-van-de-post"

Figures = dict[str, float]
"""Figures by name and labels, as `name{label="value"}`."""


@dataclass(frozen=True)
class Watched:
    """A running assistant whose metrics are on."""

    stack: Stack

    def figures(self, after: int = 0) -> Figures:
        """The metrics as a monitor reads them; `after` as for `serve_metrics`."""
        url = f"http://127.0.0.1:{self.stack.settings.metrics_port + after}/metrics"
        text = httpx.get(url, timeout=30, trust_env=False).raise_for_status().text
        return {
            name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}") * bool(labels): value
            for family in text_string_to_metric_families(text)
            for name, labels, value, *_ in family.samples
        }

    def log(self, part: str) -> str:
        """What a part has logged so far."""
        return (self.stack.logs / f"{part}.log").read_text("utf-8")


@contextmanager
def locked(stack: Stack) -> Iterator[None]:
    """Somebody else writes to the database and does not come to an end."""
    other = sqlite3.connect(stack.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@pytest.fixture(scope="package")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """An assistant whose actions have a server, and whose mail server is away."""
    settings = {
        "metrics_port": str(_two_free_ports()),
        "smtp_url": f"smtp://bot:{PASSWORD}@127.0.0.1:{free_port()}",
        "handoff_email": "hulp@winkel.example",
    }
    with running_stack(tmp_path_factory.mktemp("watched"), **settings, **action_server()) as stack:
        yield Watched(stack)


def _two_free_ports() -> int:
    """The first of two free ports in a row, as far as can be told."""
    while True:
        port = free_port()
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.bind(("127.0.0.1", port + DELIVERY_AFTER))
            return port
