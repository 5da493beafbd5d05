"""Many open widgets at once: how long an answer takes, and whether anything fails."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from socketio.exceptions import SocketIOError
from tqdm import tqdm

from botwijzer.article import article
from tests.channels.visitor import Visitor, visiting

SEED = 7


@dataclass
class Load:
    """What came of it.

    Attributes:
        milliseconds: From sending a question to its answer, one each.
        errors: By the name of what went wrong.
    """

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def under_load(url: str, widgets: int, a_second: float, seconds: float) -> Load:
    """Opens widgets and asks from one after the other, at an even pace whatever the answers take."""
    return asyncio.run(_under_load(url, widgets, a_second, seconds))


async def _under_load(url: str, widgets: int, a_second: float, seconds: float) -> Load:
    load = Load()
    choose = random.Random(SEED)
    questions = [passage.question for passage in article().passages.values()]
    async with AsyncExitStack() as doors:
        visitors = []
        for _ in tqdm(range(widgets), desc="Opening widgets", unit="widget"):
            visitors.append(await doors.enter_async_context(visiting(url)))
        choose.shuffle(visitors)
        turns = itertools.islice(itertools.cycle(visitors), int(a_second * seconds))
        begin, asked = time.perf_counter(), []
        for number, visitor in enumerate(tqdm(list(turns), desc="Asking", unit="question")):
            await asyncio.sleep(max(0.0, begin + number / a_second - time.perf_counter()))
            asked.append(asyncio.create_task(_ask(visitor, choose.choice(questions), load)))
        await asyncio.gather(*asked)
    return load


async def _ask(visitor: Visitor, question: str, load: Load) -> None:
    start, answers = time.perf_counter(), len(visitor.answers)
    try:
        receipt = await visitor.ask(question)
        if not receipt["ok"]:
            load.errors.append(str(receipt["error"]))
            return
        await visitor.until(lambda: len(visitor.answers) > answers)
        load.milliseconds.append((time.perf_counter() - start) * 1000)
    except (TimeoutError, SocketIOError) as error:
        load.errors.append(type(error).__name__)
