"""A thousand updates in disorder with repeats, while the server is killed three times: each is answered once."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from botwijzer.article import article
from botwijzer.supervisor import Supervisor, environment, parts
from botwijzer.training import ensure_model
from tests.telegram.conftest import Bot, running_bot

SEED = 11
UPDATES, REPEATS, KILLS = 1_000, 200, 3
FIRST_CHAT, CHATS = 1_000, 100
PATIENCE_SECONDS = 400


@pytest.mark.slow
def test_each_update_is_answered_once_whatever_dies(tmp_path: Path) -> None:
    choose = random.Random(SEED)
    with running_bot(tmp_path, "webhook") as bot, ExitStack() as again:
        bot.api.wait_for(lambda: bot.api.webhook)
        bot.api.hold()
        passages = list(article().passages.values())
        updates = [
            bot.api.text(FIRST_CHAT + number % CHATS, choose.choice(passages).question) for number in range(UPDATES)
        ]
        choose.shuffle(updates)
        bot.api.release(updates)
        repeated = choose.sample(updates, REPEATS)

        pid = bot.stack.supervisor.pid("rasa")
        for kill in range(1, KILLS + 1):
            bot.api.wait_for(lambda: len(bot.api.sent()) >= UPDATES * kill // (KILLS + 1), PATIENCE_SECONDS)  # noqa: B023
            pid = killed_and_back(bot, pid, again)
            for update in repeated[REPEATS * (kill - 1) // KILLS : REPEATS * kill // KILLS]:
                bot.api.repeat(update)

        ask_once_more(bot)
        answers = Counter(sent.chat for sent in bot.api.sent())
        odd = {chat: count for chat, count in answers.items() if count != UPDATES // CHATS + 1}
        assert odd == {}, f"{len(answers)} chats"
        assert len(answers) == CHATS
        assert all("Disclaimer" in sent.text or "Graag gedaan" in sent.text for sent in bot.api.sent())
        assert bot.api.faults == []


def ask_once_more(bot: Bot) -> None:
    """Waits until all is answered: what is asked last in each chat is answered last."""
    chats = range(FIRST_CHAT, FIRST_CHAT + CHATS)
    for chat in chats:
        bot.api.text(chat, "bedankt")
    bot.api.wait_for(
        lambda: len({sent.chat for sent in bot.api.sent() if "Graag gedaan" in sent.text}) == CHATS, PATIENCE_SECONDS
    )


def killed_and_back(bot: Bot, pid: int, again: ExitStack) -> int:
    """Kills Rasa in the middle of what it does, and starts it again; returns its new process id."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    (rasa,) = parts(bot.stack.settings, ensure_model())
    variables = environment(bot.stack.settings) | bot.stack.variables
    supervisor = again.enter_context(Supervisor((rasa,), variables, bot.stack.logs))
    supervisor.wait_until_ready()
    return supervisor.pid("rasa")
