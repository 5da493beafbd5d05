"""Stubs of packages that Rasa imports and that are not installed here: TensorFlow, and clients of unused services.

Rasa imports TensorFlow and a client of each messaging service that it knows, whether a model or a channel uses them or
not. With a stub the import succeeds. The names in it can be used in annotations and as base classes, but nothing can be
made of them: using one raises `StubError`, so that it can't lead to a wrong answer.

`rasa_stubs.pth` installs the stubs whenever this environment's Python starts. A package that is really installed is
imported as usual.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NOT_INSTALLED = (
    # neural networks
    "tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras", "transformers",
    # clients of messaging services
    "aiogram", "cachecontrol", "fbmessenger", "google", "mattermostwrapper", "rocketchat_API", "slack_sdk", "twilio",
    "webexteamssdk",
    # stores and brokers
    "aio_pika", "aiormq", "azure", "boto3", "botocore", "confluent_kafka", "pymongo",
    # classifiers and extractors of Rasa's that config.yml does not use
    "jieba", "mitie", "skops", "sklearn_crfsuite",
)  # fmt: skip
"""Top-level modules."""


class StubError(ImportError):
    """Something was used of a package that is not installed."""


class _StubMeta(type):
    """The type of each name in a stub: it has attributes, which are stubs too, but no instances."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stub(f"{cls.__qualname__}.{name}")

    def __call__(cls, *_: object, **__: object) -> Any:
        raise StubError(f"{cls.__qualname__} is a stub: its package is not installed or not loaded here (rasa_stubs)")


class _StubModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = _stub(f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in self._names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stub has no content."""


def install() -> None:
    """Stubs `NOT_INSTALLED`, in this process."""
    sys.meta_path.append(_Finder(NOT_INSTALLED))


def leave_out(names: Iterable[str]) -> None:
    """Stubs packages in this process even if they are installed, to save memory and time.

    Args:
        names: Top-level modules, none of which has been imported yet.
    """
    sys.meta_path.insert(0, _Finder(names))


def _stub(qualname: str) -> Any:
    return _StubMeta(qualname.rpartition(".")[2], (), {"__qualname__": qualname})
