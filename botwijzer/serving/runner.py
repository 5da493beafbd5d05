"""Runs the graph of a model: the nodes that a result needs, one after the other, each timed.

Rasa's own runner hands the graph to Dask anew for each message, which takes as long as a small component.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage

from botwijzer.operating.metrics import stage_seconds

PROVIDES = "provide_"
"""What the name of a node begins with whose result is for others."""


class InOrderRunner(GraphRunner):
    """Knows for each result which nodes it needs, in which order."""

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._schema = graph_schema
        self._nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        self._orders: dict[str, tuple[str, ...]] = {}
        self.observe: Callable[[str, float], None] = observe
        """Gets the name of each component and the seconds that it took."""

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> InOrderRunner:
        """Makes the runner (Rasa calls it)."""
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Runs what the targets need; see the parent class."""
        found = dict(inputs or {})
        wanted = targets or self._schema.target_names
        for target in wanted:
            for name in self._order(target):
                if name not in found:
                    needs = self._schema.nodes[name].needs.values()
                    begun = time.perf_counter()
                    _, found[name] = self._nodes[name](*((need, found[need]) for need in needs))
                    if not name.startswith(PROVIDES):  # which takes no time, and would count a component twice
                        self.observe(_component(name), time.perf_counter() - begun)
        return {target: found[target] for target in wanted}

    def provided(self, component: str) -> Any:
        """What a component provides for others, as `SpacyNLP` its pipeline; None where there is none of this name."""
        name = next((name for name in self._nodes if name.startswith(PROVIDES + component)), None)
        return name and self.run(targets=[name])[name]

    def _order(self, target: str) -> tuple[str, ...]:
        if target not in self._orders:
            order: dict[str, None] = {}
            self._visit(target, order)
            self._orders[target] = tuple(order)
        return self._orders[target]

    def _visit(self, name: str, order: dict[str, None]) -> None:
        if name in self._schema.nodes and name not in order:
            for need in self._schema.nodes[name].needs.values():
                self._visit(need, order)
            order[name] = None


def observe(stage: str, seconds: float) -> None:
    """Counts the time of a stage."""
    stage_seconds.labels(stage).observe(seconds)


@functools.lru_cache(maxsize=100)
def _component(node: str) -> str:
    """The name of a component without its place and its job: `run_SpacyNLP0` is `SpacyNLP`."""
    return node.removeprefix("run_").rstrip("0123456789").rpartition(".")[2]
