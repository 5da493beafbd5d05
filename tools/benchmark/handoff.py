"""Requests for a human while everything dies: how many are stored, told to the visitor, delivered, doubled, lost.

`make benchmark-handoff` does it with a thousand and writes `var/benchmark/handoff.md` and `handoff.json`.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import random
import signal
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import tenacity
import typer
from tqdm import tqdm

from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.store import Requests
from botwijzer.settings import ROOT

sys.path.insert(0, str(ROOT))
from tests.conftest import Stack, action_server, running_stack
from tests.handoff.smtp_server import MailServer

WRITTEN = ROOT / "var" / "benchmark"
SEED = 6
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 600
TOLD = "onder nummer "
QUESTION = "ik wil graag weten wat verzenden kost naar huisnummer"


@dataclass(frozen=True)
class Fate:
    """What became of the requests.

    Attributes:
        asked: Visitors who asked for a human until they were told that it was passed on.
        stored: Requests in the store.
        told: References that visitors were told.
        delivered: Requests of which the mail arrived.
        doubled: Mails beyond the first of a request.
        lost: Requests that a visitor was told of, and that are not stored or did not arrive.
        killed: How often each process was killed.
    """

    asked: int
    stored: int
    told: int
    delivered: int
    doubled: int
    lost: int
    killed: dict[str, int]


def while_everything_dies(requests: int, at_once: int, kills: int) -> Fate:
    """Lets visitors ask for a human over REST while each process is killed and the mail server is down half the time.

    Args:
        requests: How many visitors.
        at_once: So many of them talk at the same time.
        kills: How often each process is killed.
    """
    with tempfile.TemporaryDirectory() as folder, MailServer() as mail:
        settings = {"smtp_url": f"smtp://127.0.0.1:{mail.port}", "handoff_email": "hulp@shop.example"}
        with running_stack(Path(folder), **settings, **action_server()) as stack:
            told = _ask_all(stack, mail, requests, at_once, kills)
            mail.listen()
            _arrived(stack)
            stored = {request.reference for request in Requests(stack.settings.database_url).listed()}
            mails = Counter(str(each.message["X-Botwijzer-Reference"]) for each in mail.received)
    return Fate(
        asked=requests,
        stored=len(stored),
        told=len(told),
        delivered=len(mails),
        doubled=sum(mails.values()) - len(mails),
        lost=len([reference for reference in told if reference not in stored or reference not in mails]),
        killed=dict.fromkeys(("actions", "rasa", "delivery"), kills),
    )


def _ask_all(stack: Stack, mail: MailServer, requests: int, at_once: int, kills: int) -> set[str]:
    """The references that the visitors were told, each after as many tries as it took."""
    choose = random.Random(SEED)
    names = [name for name in ("actions", "rasa", "delivery") for _ in range(kills)]
    choose.shuffle(names)
    told: set[str] = set()
    with (
        concurrent.futures.ThreadPoolExecutor(at_once) as pool,
        revived(stack),
        tqdm(total=requests, desc="Requests for a human", unit="request") as progress,
    ):
        talks = [pool.submit(_ask, stack, number) for number in range(requests)]
        for done, talk in enumerate(concurrent.futures.as_completed(talks), 1):
            told.add(talk.result())
            progress.update()
            if names and done >= requests * (3 * kills + 1 - len(names)) // (3 * kills + 2):
                os.kill(stack.supervisor.pid(name := names.pop()), signal.SIGKILL)
                progress.set_postfix(killed=name)
            (mail.stop_listening if (done * 8 // requests) % 2 else mail.listen)()
    return told


@contextmanager
def revived(stack: Stack) -> Iterator[None]:
    """Starts what dies again, as `botwijzer run` does."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            stack.supervisor.look()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
        stack.supervisor.look()
        stack.supervisor.wait_until_ready()


def _ask(stack: Stack, number: int) -> str:
    """One visitor: asks, tells everything in one message, says yes, and again whatever got no answer."""
    sender = uuid.uuid4().hex
    _said(stack, sender, "ik wil een medewerker spreken", "")
    _said(stack, sender, f"{QUESTION} {number}, mijn mail is bezoeker{number}@example.nl", "sturen?")
    text = _said(stack, sender, "ja", TOLD)
    return text.partition(TOLD)[2][:7]


def _said(stack: Stack, sender: str, text: str, wanted: str) -> str:
    """Says something until the reply holds what is wanted."""
    trying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(PATIENCE_SECONDS),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=3),
        retry=tenacity.retry_if_exception_type((httpx.HTTPError, _NotYetError)),
        reraise=True,
    )

    def say() -> str:
        reply = stack.say(text, sender)
        if wanted not in reply.text or "gaat nu iets mis" in reply.text:
            raise _NotYetError
        return reply.text

    result: str = trying(say)
    return result


class _NotYetError(Exception):
    """The reply was not the one that ends a step."""


def _arrived(stack: Stack) -> None:
    """Waits until nothing is on its way any more."""
    outbox = Outbox(stack.settings.database_url)
    outbox.retry()
    waiting = tenacity.Retrying(
        stop=tenacity.stop_after_delay(PATIENCE_SECONDS),
        wait=tenacity.wait_fixed(0.5),
        retry=tenacity.retry_if_result(bool),
    )
    waiting(outbox.undelivered)


def main(
    requests: int = typer.Option(1_000, help="visitors who ask for a human"),
    at_once: int = typer.Option(20, help="so many of them talk at the same time"),
    kills: int = typer.Option(5, help="how often each process is killed"),
) -> None:
    """Lose nothing, whatever dies."""
    fate = vars(while_everything_dies(requests, at_once, kills))
    WRITTEN.mkdir(parents=True, exist_ok=True)
    table = "| what | measured |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in fate.items())
    (WRITTEN / "handoff.md").write_text(table, "utf-8")
    (WRITTEN / "handoff.json").write_text(json.dumps(fate, indent=1), "utf-8")
    typer.echo(table)


if __name__ == "__main__":
    typer.run(main)
