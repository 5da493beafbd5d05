"""Keeps what serving never uses out of the process: four fifths of its memory and of its time to start.

Rasa imports TensorFlow, and a client of each messaging service that it knows, whether a model or a channel
needs them or not. `leave_out` lets such an import succeed and give names of which nothing can be made, so
that whatever would use one after all ends with an error that says so, and never with a wrong answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NEVER_USED = (
    # what trains and runs neural networks
    "tensorflow", "tensorflow_addons", "tensorflow_hub", "keras", "tensorboard", "jax",
    # clients of messaging services
    "aiogram", "slack_sdk", "webexteamssdk", "google", "mattermostwrapper", "rocketchat_API", "twilio", "fbmessenger",
    # stores and brokers that no setting names
    "pymongo", "boto3", "botocore", "aio_pika", "aiormq", "pamqp", "confluent_kafka", "kafka",
    # the command line and the reports of Rasa
    "questionary", "prompt_toolkit", "matplotlib", "pandas", "networkx",
)  # fmt: skip


class AbsentError(ImportError):
    """Something was used that is left out of this process."""


class _Absent(type):
    """Of a name in a module that is left out: it can be named, inherited from and looked into, but never made."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(f"{cls.__qualname__}.{name}")

    def __call__(cls, *_: object, **__: object) -> Any:
        raise AbsentError(f"{cls.__qualname__} is left out of this process (botwijzer/serving/absent.py)")


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = _absent(f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self._names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


def leave_out(names: Iterable[str] = NEVER_USED) -> None:
    """From now on these packages import as empty ones; call it before anything of Rasa is imported."""
    sys.meta_path.insert(0, _Finder(names))


def _absent(qualname: str) -> Any:
    return _Absent(qualname.rpartition(".")[2], (), {"__qualname__": qualname})
