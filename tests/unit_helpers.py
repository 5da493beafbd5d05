"""What several unit tests share."""

from __future__ import annotations

import functools
import importlib.util
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
import yaml

from botwijzer.responses import Responses
from botwijzer.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent

unhurried = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
"""Decorates property tests: a busy machine is no failure."""


@functools.lru_cache(maxsize=1)
def domain() -> dict[str, Any]:
    """The assistant's domain.yml; not to be changed."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    return loaded


@functools.lru_cache(maxsize=1)
def single_turns() -> dict[str, str]:
    """The action that data/rules.yml names for each intent; where the slots decide, the last one named."""
    rules = yaml.safe_load((ROOT / "data" / "rules.yml").read_text("utf-8"))["rules"]
    return {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in rules}


def load_tool(name: str) -> ModuleType:
    """Imports `tools/<name>.py`, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def strings(value: Any) -> Iterator[str]:
    """All strings within a JSON value, in its order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def use_settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    """Makes these the only settings that are not at their default, whatever this machine has set.

    Args:
        monkeypatch: Undoes it at the end of the test.
        values: Settings by the name of their field, as an environment would give them.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(PREFIX + name.upper(), value)
    monkeypatch.setattr(Settings.__config__, "env_file", None)
    current = load_settings()
    for module in _ours_with("settings", besides="botwijzer.settings"):
        monkeypatch.setattr(module, "settings", lambda: current)
    return current


def use_responses(monkeypatch: pytest.MonkeyPatch, **variations: dict[str, Any]) -> Responses:
    """Adds responses to those of the domain, one variation each, in the place of others of the same name.

    Args:
        monkeypatch: Undoes it at the end of the test.
        variations: By the name of their response, as in domain.yml.
    """
    current = Responses({**domain()["responses"], **{name: [each] for name, each in variations.items()}})
    for module in _ours_with("responses"):
        monkeypatch.setattr(module, "responses", lambda: current)
    return current


def _ours_with(attribute: str, besides: str = "") -> Iterator[ModuleType]:
    """The modules of this project that are loaded and have an attribute."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("botwijzer.", "actions.")) and name != besides and hasattr(module, attribute):
            yield module
