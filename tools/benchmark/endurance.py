"""How the assistant bears up: memory over many turns, and answers while its processes are killed at random.

`make benchmark-endurance` runs both and writes `var/benchmark/endurance.md` and `endurance.json`.
"""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import json
import os
import random
import signal
import statistics
import string
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import typer
from tqdm import tqdm

from botwijzer.article import article
from botwijzer.settings import ROOT

sys.path.insert(0, str(ROOT))
from tests.conftest import ANSWER, STATEMENT, Stack, action_server, new_sender, running_stack
from tools.benchmark.handoff import revived

WRITTEN = ROOT / "var" / "benchmark"
SEED = 11
EIGHT = 8
"""So many turns has a conversation."""

TROUBLES = frozenset({"utter_trouble"})
PROCESSES = ("rasa", "actions")
REFUSED, RIGHT = "refused", "right"


@dataclass
class Survival:
    """What visitors saw while processes were killed.

    Attributes:
        seconds: How long it went on.
        kills: How often each process was killed.
        turns: Questions that got a reply.
        right: Of them with the passage that belongs to the question.
        trouble: Of them with the sentence for trouble and the way to a human.
        wrong: Of them with another passage, or an answer that lacks disclaimer or links.
        refused: Questions that found nobody at home, and were asked again.
        recovery_seconds: From each kill to the next right answer.
    """

    seconds: float
    kills: Counter[str] = field(default_factory=Counter)
    turns: int = 0
    right: int = 0
    trouble: int = 0
    wrong: int = 0
    refused: int = 0
    recovery_seconds: list[float] = field(default_factory=list)


def memory(turns: tuple[int, int], at_once: int) -> dict[int, float]:
    """Megabytes of all processes together after so many turns of ever new conversations."""
    questions = [passage.question for passage in article().passages.values()]
    found: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:

        def converse(_: int) -> None:
            sender = new_sender()
            for question in random.sample(questions, EIGHT):
                stack.say(f"{question} {_new_word()} {_new_word()}", sender)

        with tqdm(total=turns[1], desc="Turns", unit="turn") as progress:
            done = 0
            for stop in turns:
                with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
                    for _ in pool.map(converse, range((stop - done) // EIGHT)):
                        progress.update(EIGHT)
                done = stop
                found[stop] = _megabytes(stack)
    return found


def _new_word() -> str:
    """A word that nobody has written yet, as slips of the pen are."""
    return "".join(random.choices(string.ascii_lowercase, k=9))


def survival(seconds: float, visitors: int, between: tuple[float, float]) -> Survival:
    """Visitors ask while a process that is up is killed every now and then.

    Args:
        seconds: How long.
        visitors: So many of them at once.
        between: At least and at most so many seconds between two kills.
    """
    result, lock, over = Survival(seconds), threading.Lock(), threading.Event()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), **action_server()) as stack,
        revived(stack),
        concurrent.futures.ThreadPoolExecutor(visitors) as pool,
    ):
        killed_at: list[float] = []
        take = functools.partial(_take, result, lock, killed_at)
        talks = [pool.submit(_ask_on, stack, over, take) for _ in range(visitors)]
        try:
            _kill(stack, result, seconds, between, killed_at, lock)
        finally:
            over.set()
        for talk in talks:
            talk.result()
    return result


def _kill(
    stack: Stack,
    result: Survival,
    seconds: float,
    between: tuple[float, float],
    killed_at: list[float],
    lock: threading.Lock,
) -> None:
    choose, end = random.Random(SEED), time.monotonic() + seconds
    with tqdm(total=round(seconds), desc="Killing at random", unit="s") as progress:
        while (left := end - time.monotonic()) > 0:
            pause = choose.uniform(*between)
            time.sleep(min(pause, left))
            progress.update(round(min(pause, left)))
            if pause > left:
                return
            stack.supervisor.wait_until_ready()  # who is killed while starting, again and again, is not started again
            name = choose.choice(PROCESSES)
            with lock:
                killed_at.append(time.monotonic())
                result.kills[name] += 1
            os.kill(stack.supervisor.pid(name), signal.SIGKILL)


def _ask_on(stack: Stack, over: threading.Event, take: Callable[[str, float], None]) -> None:
    """One visitor after the other, until it is over."""
    passages = list(article().passages.values())
    choose = random.Random()
    while not over.is_set():
        sender = new_sender()
        for passage in itertools.islice(choose.sample(passages, len(passages)), EIGHT):
            while not over.is_set():
                asked_at = time.monotonic()
                seen = _asked(stack, sender, f"/faq_{passage.id}", passage.id)
                take(seen, asked_at)
                if seen == REFUSED:
                    over.wait(0.2)
                else:
                    break


def _asked(stack: Stack, sender: str, message: str, passage: str) -> str:
    """What came of a question: refused, trouble, right or wrong."""
    try:
        reply = stack.say(message, sender)
    except httpx.HTTPError:
        return REFUSED
    try:
        said = [name for name in reply.said if name != STATEMENT]
    except AssertionError:
        return "wrong"
    if said and set(said) <= TROUBLES:
        return "trouble"
    return RIGHT if said == [ANSWER] and reply.passages == [passage] else "wrong"


def _take(result: Survival, lock: threading.Lock, killed_at: list[float], seen: str, asked_at: float) -> None:
    """Counts a reply; a right one to a question that was asked after a kill says how long that one was felt."""
    with lock:
        if seen == REFUSED:
            result.refused += 1
            return
        result.turns += 1
        setattr(result, seen, getattr(result, seen) + 1)
        if seen == RIGHT:
            result.recovery_seconds += [time.monotonic() - at for at in killed_at if at < asked_at]
            killed_at[:] = [at for at in killed_at if at >= asked_at]


def _megabytes(stack: Stack) -> float:
    """Memory of the assistant's processes; what they share is counted once (PSS)."""
    begun = [psutil.Process(pid) for pid in stack.supervisor.pids()]
    every = [each for one in begun for each in (one, *one.children(recursive=True))]
    return float(sum(each.memory_full_info().pss for each in every)) / 1e6


def report(megabytes: dict[int, float], survived: Survival) -> str:
    """Both as a Markdown table."""
    (few, before), (many, after) = sorted(megabytes.items())
    recovery = survived.recovery_seconds or [0.0]
    rows = [
        (f"memory after {few:,} turns", f"{before:.0f} MB"),
        (f"memory after {many:,} turns", f"{after:.0f} MB, {after / before:.2f} times that (mark: 1.2)"),
        (f"kills in {survived.seconds:.0f} s", ", ".join(f"{name} {count}" for name, count in survived.kills.items())),
        ("turns in that time", f"{survived.turns:,}"),
        ("the right answer, with disclaimer and links", f"{survived.right:,}"),
        ("the sentence for trouble", f"{survived.trouble:,}"),
        ("a wrong answer, or one that lacks something", f"{survived.wrong:,}"),
        ("nobody at home, asked again", f"{survived.refused:,}"),
        (
            "from a kill to the next right answer",
            f"median {statistics.median(recovery):.1f} s, at most {max(recovery):.1f} s",
        ),
    ]
    return "| what | measured |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in rows)


def main(
    few: int = typer.Option(2_000, help="turns before memory is measured first"),
    many: int = typer.Option(20_000, help="turns before it is measured again"),
    seconds: float = typer.Option(600, help="how long processes are killed"),
    visitors: int = typer.Option(4, help="who ask meanwhile"),
) -> None:
    """Measure how the assistant bears up."""
    megabytes = memory((few, many), at_once=4)
    survived = survival(seconds, visitors, between=(5, 25))
    WRITTEN.mkdir(parents=True, exist_ok=True)
    table = report(megabytes, survived)
    (WRITTEN / "endurance.md").write_text(table, "utf-8")
    (WRITTEN / "endurance.json").write_text(
        json.dumps({"megabytes": megabytes, "survival": vars(survived)}, indent=1), "utf-8"
    )
    typer.echo(table)


if __name__ == "__main__":
    typer.run(main)
