"""Telegram beside REST: how long an answer takes, and whether a start waits for a Telegram that is away."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from botwijzer.article import article
from tests.conftest import running_stack
from tests.telegram.bot_api import BotApi
from tests.telegram.conftest import TOKEN, running_bot

FIRST_CHAT = 10_000
PAUSE_SECONDS = 1.0
"""Between two questions: a chat gets one message a second."""


@dataclass
class Waits:
    """What came of it, in milliseconds, question by question the same.

    Attributes:
        telegram: From the update to the call of sendMessage.
        rest: A turn over REST.
    """

    telegram: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)


def beside_rest(questions: int) -> Waits:
    """Asks the same questions in Telegram, by webhook, and over REST, in turns."""
    waits = Waits()
    asked = [passage.question for passage in article().passages.values()]
    with tempfile.TemporaryDirectory() as folder, running_bot(Path(folder), "webhook") as bot:
        bot.api.wait_for(lambda: bot.api.webhook)
        bot.asked(FIRST_CHAT, "/start")
        bot.stack.say("hallo", "benchmark")
        for number in tqdm(range(questions), desc="Telegram beside REST", unit="question"):
            question = asked[number % len(asked)]
            start = time.monotonic()
            waits.telegram.append((bot.asked(FIRST_CHAT, question).at - start) * 1000)
            start = time.monotonic()
            bot.stack.say(question, "benchmark")
            waits.rest.append((time.monotonic() - start) * 1000)
            time.sleep(PAUSE_SECONDS)
    return waits


def start_seconds(times: int) -> dict[str, float]:
    """Median seconds until the assistant is ready: without Telegram, with it, and with a Telegram that is away."""
    seen: dict[str, list[float]] = {"without Telegram": [], "Telegram is there": [], "Telegram is away": []}
    with BotApi(TOKEN) as there, BotApi(TOKEN) as away:
        away.stop()
        settings = {
            "without Telegram": {},
            "Telegram is there": {"telegram_token": TOKEN, "telegram_api": there.url},
            "Telegram is away": {"telegram_token": TOKEN, "telegram_api": away.url},
        }
        for _ in tqdm(range(times), desc="Starting", unit="round"):
            for name, changed in settings.items():
                seen[name].append(_ready_after(changed))
    return {name: statistics.median(seconds) for name, seconds in seen.items()}


def _ready_after(changed: dict[str, str]) -> float:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), **changed) as stack:
        stack.say("hallo")
        return time.monotonic() - start
