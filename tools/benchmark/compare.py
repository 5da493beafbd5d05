"""Measures this assistant beside the bot that `rasa init` makes; what `make benchmark` runs.

One run on one machine, which should have nothing else to do. It writes to `var/benchmark/`: `starter.md`,
`starter.json` and `starter.png`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import typer
from tqdm import tqdm

from botwijzer.settings import ROOT

sys.path.insert(0, str(ROOT))
from botwijzer.training import ensure_model
from tools.benchmark import measuring
from tools.benchmark.bots import Bot, BotError, ours, started, temporary_folder
from tools.benchmark.figures import AROUND, MESSAGES, Measured, table
from tools.benchmark.panels import draw_comparison
from tools.benchmark.starter import make_starter

WRITTEN = ROOT / "var" / "benchmark"
USERS = (1, 4, 16)
OUR_MESSAGES = MESSAGES[-1] + AROUND
"""Of a long conversation."""

OUR_TALKS = 4
"""So many of them for each one with the starter."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        starts: Starts of each bot.
        repeats: Repeats under load, for each number of conversations at once.
        seconds: Of each of them.
        talks: Long conversations with the starter; with ours, whose turns are short, there are more.
        most_stored: Stored conversations, from 100 on tenfold.
        rounds: Conversations with each filled database.
        starter_messages: Of the starter's long conversations.
        starter_stored: Stored conversations of the starter; 0: it is not measured with any.
    """

    starts: int = 5
    repeats: int = 7
    seconds: int = 15
    talks: int = 4
    most_stored: int = 100_000
    rounds: int = 24
    starter_messages: int = OUR_MESSAGES
    starter_stored: int = 100_000


FULL = Plan()
QUICK = Plan(starts=1, repeats=1, seconds=4, talks=1, rounds=4, starter_messages=102, starter_stored=0)


def main(
    quick: bool = typer.Option(False, help="a look in four minutes; the figures are no result"),
    train: bool = typer.Option(False, help="measure training too (four minutes more)"),
    starts: int = typer.Option(0, help=f"starts of each; 0: {FULL.starts}, quick {QUICK.starts}"),
    repeats: int = typer.Option(0, help=f"repeats under load; 0: {FULL.repeats}, quick {QUICK.repeats}"),
    seconds: int = typer.Option(0, help=f"of each of them; 0: {FULL.seconds}, quick {QUICK.seconds}"),
    talks: int = typer.Option(0, help=f"long conversations with the starter; 0: {FULL.talks}, quick {QUICK.talks}"),
    most_stored: int = typer.Option(0, help=f"stored conversations, from 100 on tenfold; 0: {FULL.most_stored}"),
    starter: str = typer.Option("", help="folder of a starter that is kept, made when it is empty"),
    metrics_port: int = typer.Option(0, help="where ours tells the stages of a turn; 0: they are left out"),
) -> None:
    """Measure this assistant beside Rasa's starter."""
    given = {name: value for name, value in locals().items() if name in Plan.__dataclass_fields__ and value}
    began, plan = time.monotonic(), dataclasses.replace(QUICK if quick else FULL, **given)
    measured = Measured(machine())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended then too
    try:
        with ExitStack() as ends:
            ensure_model()
            typer.echo("Making the starter (rasa init) ...")
            bots = (ours(), make_starter(Path(starter or ends.enter_context(temporary_folder())).absolute()))
            ends.callback(write, measured, WRITTEN)  # whatever happens from here on
            measure(bots, plan, train, measured)
            if metrics_port:
                measuring.stages_of(ours(metrics_port), metrics_port, measured)
    except BotError as error:
        typer.echo(f"The comparison can't go on: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(table(measured))
    typer.echo(f"Written to {WRITTEN.relative_to(ROOT)}/ after {(time.monotonic() - began) / 60:.0f} minutes")


def measure(bots: tuple[Bot, Bot], plan: Plan, train: bool, measured: Measured) -> None:
    """Takes all measures, the bots in turns.

    Raises:
        BotError: One does not start or does not answer.
    """
    measuring.starts(bots, plan.starts, measured)
    if train:
        measuring.training(bots, measured)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(temporary_folder()))
        running = [ends.enter_context(started(bot, folder / bot.name)) for bot in bots]
        for each in running:
            measuring.warm(each)
        measuring.under_load(running, USERS, plan.repeats, plan.seconds, measured)
        for _ in tqdm(range(plan.talks), desc="Long conversations", unit="round"):
            for each, messages, talks in zip(running, (OUR_MESSAGES, plan.starter_messages), (OUR_TALKS, 1)):
                measuring.long_talks(each, messages, talks, measured)
    for bot, most in zip(bots, (plan.most_stored, min(plan.most_stored, plan.starter_stored))):
        sizes = [10**power for power in range(2, len(str(most)))]
        measuring.stored(bot, sizes, plan.rounds, measured)


def machine() -> str:
    """What this is measured on, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = time.strftime("%Y-%m-%d")
    software = f"Python {sys.version.split()[0]}, Rasa {version('rasa')}"
    return f"{day}, {os.cpu_count()} cores, {memory:.0f} GB, {software}; load before: {os.getloadavg()[0]:.1f}"


def write(measured: Measured, folder: Path) -> None:
    """Writes the table, all figures and the plots; the folder is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "starter.md").write_text(table(measured), "utf-8")
    (folder / "starter.json").write_text(json.dumps(dataclasses.asdict(measured), indent=1), "utf-8")
    draw_comparison(measured, folder / "starter.png")


if __name__ == "__main__":
    typer.run(main)
