"""The measures of the comparison; each runs the bots itself and takes them in turns."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from tqdm import tqdm

from botwijzer.settings import ROOT
from botwijzer.write_ahead_log import empty_log
from tools.benchmark.bots import Bot, BotError, Running, new_sender, started, temporary_folder
from tools.benchmark.figures import AROUND, MESSAGES, Load, Measured, read_load

LOCUST = ROOT / ".venv-dev" / "bin" / "locust"
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
STAGES = "botwijzer_stage_seconds"
BATCH = 1_000
WARM_TALKS = 5
STAGE_TALKS = 30
SHORT_TALK = 2
"""Messages of the conversation of which copies are stored."""


def starts(bots: Sequence[Bot], times: int, measured: Measured) -> None:
    """Time to ready and memory when warmed up: one bot at a time, so that none shares pages with another."""
    with tqdm(total=times * len(bots), desc="Starting", unit="start") as progress:
        for _ in range(times):
            for bot in bots:
                with temporary_folder() as folder, started(bot, Path(folder)) as running:
                    warm(running)
                    measured.ready_seconds.setdefault(bot.name, []).append(running.ready_seconds)
                    measured.megabytes.setdefault(bot.name, []).append(running.megabytes())
                progress.update()


def warm(running: Running) -> None:
    """Holds some conversations, after which a turn takes what it always takes."""
    for number in range(WARM_TALKS):
        running.talk(number)


def training(bots: Sequence[Bot], measured: Measured) -> None:
    """How long each takes to train from nothing.

    Raises:
        BotError: One can't.
    """
    for bot in tqdm(bots, desc="Training", unit="bot"):
        with temporary_folder() as folder:
            how = bot.training(Path(folder))
            start = time.perf_counter()
            done = subprocess.run(
                how.command, cwd=how.folder, env={**os.environ, **how.variables}, capture_output=True, check=False
            )
            seconds = time.perf_counter() - start
            if not list(Path(folder).glob("*.tar.gz")):
                raise BotError(f"{bot.name} can't be trained: {done.stderr[-500:].decode(errors='replace')}")
        measured.training_seconds.setdefault(bot.name, []).append(seconds)


def under_load(
    running: Sequence[Running], users: Sequence[int], repeats: int, seconds: int, measured: Measured
) -> None:
    """Conversations at once, without a pause; the bots are up side by side and loaded in turns.

    Raises:
        BotError: Locust is missing or can't go on.
    """
    if not LOCUST.exists():
        raise BotError(f"{LOCUST.relative_to(ROOT)} is missing; `make check` installs it")
    with tqdm(total=repeats * len(users) * len(running), desc="Under load", unit="run") as progress:
        for _ in range(repeats):
            for count in users:
                for each in running:
                    seen = measured.load.setdefault(each.bot.name, {}).setdefault(count, [])
                    seen.append(_locust(each, count, seconds))
                    progress.update()


def long_talks(running: Running, messages: int, talks: int, measured: Measured) -> None:
    """Conversations of so many messages, one after the other."""
    for _ in range(talks):
        sender, places = new_sender(), tqdm(range(1, messages + 1), desc=running.bot.name, unit="message", leave=False)
        seen = [running.say(message_at(running.bot.talks, place), sender) for place in places]
        measured.message.setdefault(running.bot.name, []).append(seen)


def message_at(talks: Sequence[Sequence[str]], place: int) -> str:
    """What is said at a place of a long conversation: around each of `MESSAGES` the same, so that they compare."""
    for middle in MESSAGES:
        if abs(place - middle) <= AROUND:
            return talks[0][place - middle + AROUND]
    talk = talks[place // len(talks[0]) % len(talks)]
    return talk[place % len(talk)]


def stored(bot: Bot, sizes: Sequence[int], rounds: int, measured: Measured) -> None:
    """A turn with so many conversations in the database: one process for each size, asked in turns."""
    if not sizes:
        return
    with temporary_folder() as folder, ExitStack() as ends:
        running = {}
        for size in tqdm(sizes, desc=f"Filling databases ({bot.name})", unit="database"):
            running[size] = each = ends.enter_context(started(bot, Path(folder) / str(size), stored=True))
            sender = new_sender()
            for text in bot.talks[0][:SHORT_TALK]:
                each.say(text, sender)
            fill(each.database_url, sender, size)
            warm(each)
        os.sync()  # what is still to be written would be written during the turns
        seen = measured.stored.setdefault(bot.name, {})
        for number in tqdm(range(rounds), desc=f"Turns beside stored conversations ({bot.name})", unit="round"):
            for size in sizes if number % 2 else reversed(sizes):
                seen.setdefault(size, []).extend(running[size].talk(number))


def fill(database_url: str, sender: str, copies: int) -> int:
    """Stores a conversation again and again under other senders, in whatever tables hold it; returns its rows.

    Args:
        database_url: The database.
        sender: Whose conversation; it stands in all rows of it, with or without something around it.
        copies: How often.
    """
    engine, tables = sa.create_engine(database_url), sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = {table: _rows_of(connection, table, sender) for table in tables.sorted_tables}
    for first in tqdm(range(0, copies, BATCH), desc="Copies", unit=f"x {BATCH}", leave=False):
        others = [new_sender() for _ in range(first, min(first + BATCH, copies))]
        with engine.begin() as connection:
            for table, found in rows.items():
                copied = [_renamed(row, sender, other) for other in others for row in found]
                if copied:
                    connection.execute(sa.insert(table), copied)
    empty_log(engine)
    engine.dispose()
    return sum(map(len, rows.values()))


def stages(url: str) -> dict[str, float]:
    """Mean milliseconds of each stage of a turn, from the metrics at this address."""
    return stage_means(httpx.get(url, timeout=10, trust_env=False).raise_for_status().text)


def stage_means(text: str) -> dict[str, float]:
    """Mean milliseconds by stage in a text of Prometheus."""
    sums: dict[str, float] = {}
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"{STAGES}_sum":
                sums[sample.labels["stage"]] = sample.value
            elif sample.name == f"{STAGES}_count":
                counts[sample.labels["stage"]] = sample.value
    return {stage: 1000 * sums[stage] / count for stage, count in counts.items() if count}


def stages_of(bot: Bot, metrics_port: int, measured: Measured) -> None:
    """What each stage of a turn takes, one conversation at a time."""
    with temporary_folder() as folder, started(bot, Path(folder)) as running:
        for number in tqdm(range(STAGE_TALKS), desc="Stages of a turn", unit="conversation"):
            running.talk(number)
        measured.stages = stages(f"http://127.0.0.1:{metrics_port}/metrics")


def _locust(running: Running, users: int, seconds: int) -> Load:
    with temporary_folder() as folder:
        talks, written = Path(folder) / "talks.json", Path(folder) / "written.json"
        talks.write_text(json.dumps({"talks": running.bot.talks, "trouble": running.bot.trouble}), "utf-8")
        options: dict[str, Any] = {"-f": LOCUSTFILE, "-H": running.url, "-u": users, "-r": users, "-t": f"{seconds}s"}
        options |= {"-L": "ERROR", "--exit-code-on-error": 0, "--talks": talks, "--written": written}
        command = [
            str(LOCUST),
            "--headless",
            "--only-summary",
            *(str(word) for pair in options.items() for word in pair),
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        if not written.exists():
            raise BotError(f"Locust can't go on: {done.stderr[-500:].decode(errors='replace')}")
        return read_load(json.loads(written.read_text("utf-8")))


def _rows_of(connection: sa.engine.Connection, table: sa.Table, sender: str) -> list[dict[str, Any]]:
    """The rows that name a sender, without numbers that the database gives itself."""
    texts = [column for column in table.columns if isinstance(column.type, sa.String)]
    given = [c for c in table.columns if not (c.primary_key and isinstance(c.type, sa.Integer))]
    if not texts:
        return []
    naming = sa.select(*given).where(sa.or_(*(column.contains(sender) for column in texts)))
    return [dict(row) for row in connection.execute(naming).mappings()]


def _renamed(row: dict[str, Any], sender: str, other: str) -> dict[str, Any]:
    return {name: value.replace(sender, other) if isinstance(value, str) else value for name, value in row.items()}
