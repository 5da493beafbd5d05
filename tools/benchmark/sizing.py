"""What a turn costs where the assistant runs with PostgreSQL, Redis and nginx, and how many there are in a second.

`make benchmark-sizing` starts one instance and then two, lets visitors of the widget talk without a pause, and writes
`var/benchmark/sizing.md` and `sizing.json`: the figures that docs/sizing.md counts with.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import typer
from tqdm import tqdm

from botwijzer.database import migrate
from botwijzer.settings import ROOT
from botwijzer.supervisor import Role, Supervisor, environment, parts
from botwijzer.training import ensure_model

sys.path.insert(0, str(ROOT))
from tests.channels.visitor import visiting
from tests.conftest import fresh_settings
from tests.databases import find_postgres, running_postgres
from tests.servers import running_nginx, running_redis
from tools.benchmark.bots import our_talks

WRITTEN = ROOT / "var" / "benchmark"
TURNS = 5
"""Of a conversation, after which the visitor leaves and somebody new comes."""

SERVERS = ("postgres", "redis-server", "nginx")
ASSISTANT = "assistant"


@dataclass
class Run:
    """What visitors saw and what it took.

    Attributes:
        instances: So many instances.
        visitors: So many talked at once.
        seconds: How long.
        milliseconds: From a question to the end of its turn, one each.
        core_seconds: Time of a core, by program; `assistant` is all instances together.
    """

    instances: int
    visitors: int
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    core_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def turns_a_second(self) -> float:
        """Turns that ended, by the time that all of it took."""
        return len(self.milliseconds) / self.seconds

    def core_milliseconds(self, program: str) -> float:
        """Time of a core that a turn took of a program."""
        return 1000 * self.core_seconds[program] / len(self.milliseconds)


def measured(instances: int, visitors: Sequence[int], seconds: float, progress: tqdm[None]) -> Iterator[Run]:
    """Starts so many instances, and lets so many visitors at a time talk to them."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        shared = {
            "database_url": running.enter_context(running_postgres(find_postgres())),
            "redis_url": running.enter_context(running_redis()).url,
            "trusted_proxies": "1",
        }
        migrate(shared["database_url"])
        model, ports, begun = ensure_model(), [], []
        for number in range(instances):
            settings, variables = fresh_settings(Path(folder) / str(number), **shared)
            of = parts(settings, model, Role.CHAT)
            begun.append(
                running.enter_context(Supervisor(of, environment(settings) | variables, Path(folder) / f"log{number}"))
            )
            ports.append(settings.port)
        for supervisor in begun:
            supervisor.wait_until_ready()
        url = running.enter_context(running_nginx(ports))
        pids = [pid for supervisor in begun for pid in supervisor.pids()]
        asyncio.run(_talked(url, Run(instances, max(visitors)), 2.0))  # warms up
        for count in visitors:
            run = Run(instances, count)
            before = _core_seconds(pids)
            asyncio.run(_talked(url, run, seconds))
            run.core_seconds = {name: taken - before[name] for name, taken in _core_seconds(pids).items()}
            progress.update()
            yield run


async def _talked(url: str, run: Run, seconds: float) -> None:
    talks = itertools.cycle(our_talks())
    begun = time.perf_counter()
    end = begun + seconds

    async def visitor(number: int) -> None:
        while time.perf_counter() < end:
            async with visiting(url, headers={"User-Agent": f"visitor {number}"}) as one:  # by which nginx chooses
                for text in next(talks)[:TURNS]:
                    asked = time.perf_counter()
                    await one.answered(text)
                    run.milliseconds.append(1000 * (time.perf_counter() - asked))

    await asyncio.gather(*(visitor(number) for number in range(run.visitors)))
    run.seconds = time.perf_counter() - begun


def _core_seconds(pids: Sequence[int]) -> dict[str, float]:
    """Time of a core that each program has taken so far, with that of its processes that are gone."""
    taken = dict.fromkeys((ASSISTANT, *SERVERS), 0.0)
    for pid in pids:
        one = psutil.Process(pid)
        taken[ASSISTANT] += sum(sum(each.cpu_times()[:2]) for each in (one, *one.children(recursive=True)))
    for process in psutil.process_iter(["name"]):
        if process.info["name"] in SERVERS:
            times = process.cpu_times()
            is_first = process.parent() is None or process.parent().name() != process.info["name"]
            taken[process.info["name"]] += sum(times[:4] if is_first else times[:2])
    return taken


def report(runs: Sequence[Run]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| instances | visitors at once | turns a second | a turn, median, p95 | time of a core a turn: assistant, "
        "PostgreSQL, Redis, nginx |",
        "|---|---|---|---|---|",
    ]
    for run in runs:
        p95 = statistics.quantiles(run.milliseconds, n=20)[-1]
        cores = ", ".join(f"{run.core_milliseconds(program):.1f}" for program in (ASSISTANT, *SERVERS))
        lines.append(
            f"| {run.instances} | {run.visitors} | {run.turns_a_second:.0f} | "
            f"{statistics.median(run.milliseconds):.0f}, {p95:.0f} ms | {cores} ms |"
        )
    return "\n".join(lines) + "\n"


def main(
    seconds: float = typer.Option(20.0, help="how long visitors talk in each case"),
    instances: str = typer.Option("1,2", help="so many instances, one case after the other"),
    visitors: str = typer.Option("1,8,24", help="so many visitors at once"),
) -> None:
    """Measure what a turn costs with PostgreSQL, Redis and nginx."""
    counts, crowds = ([int(each) for each in given.split(",")] for given in (instances, visitors))
    runs: list[Run] = []
    with tqdm(total=len(counts) * len(crowds), desc="Talking", unit="case") as progress:
        for count in counts:
            runs += measured(count, crowds, seconds, progress)
    WRITTEN.mkdir(parents=True, exist_ok=True)
    table = report(runs) + f"\n{os.cpu_count()} cores, on which the visitors run too.\n"
    (WRITTEN / "sizing.md").write_text(table, "utf-8")
    (WRITTEN / "sizing.json").write_text(json.dumps([vars(run) for run in runs], indent=1), "utf-8")
    typer.echo(table)


if __name__ == "__main__":
    typer.run(main)
