"""The assistant under attack: all its channels, its staff and its mail, and what must hold whatever was done to it."""

from __future__ import annotations

import asyncio
import functools
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from botwijzer.answer import ANSWER_KIND
from botwijzer.article import article
from botwijzer.channels.web import NEW_SESSIONS_IN_ALL
from botwijzer.responses import blanks, ways_to_human
from botwijzer.settings import Settings
from tests.channels.visitor import visiting
from tests.conftest import Stack
from tests.handoff.smtp_server import MailServer
from tests.telegram.bot_api import BotApi
from tests.test_hostile import LEAK
from tests.unit_helpers import domain

QUESTION, PASSAGE = "Is zwemmen goed voor je botten?", "zwemmen"
A_SECOND = NEW_SESSIONS_IN_ALL.events / NEW_SESSIONS_IN_ALL.seconds
SECONDS_BETWEEN = 2.0
_BLANK = re.compile(r"{[^{}\n]+}")


@dataclass
class Tally:
    """How often each kind of attack was tried and survived, and what was measured meanwhile.

    Attributes:
        written: The file that it is kept in as it grows, if any.
    """

    written: Path | None = None
    tried: Counter[str] = field(default_factory=Counter)
    survived: Counter[str] = field(default_factory=Counter)
    measured: dict[str, Any] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    @contextmanager
    def attack(self, kind: str, times: int = 1) -> Iterator[None]:
        """Counts what is done within it; it is survived when nothing is raised."""
        self.tried[kind] += times
        yield
        self.survived[kind] += times
        if time.monotonic() - self._last > SECONDS_BETWEEN:
            self.write()

    def write(self) -> None:
        """Writes the count as it is now."""
        self._last = time.monotonic()
        if self.written:
            counts = {kind: {"tried": tried, "survived": self.survived[kind]} for kind, tried in self.tried.items()}
            self.written.parent.mkdir(parents=True, exist_ok=True)
            self.written.write_text(json.dumps({"attacks": counts, "measured": self.measured}), "utf-8")


class Target:
    """The assistant under attack; no dataclass, for Hypothesis would print all of it with each attack.

    Attributes:
        stack: Its processes.
        api: Telegram, which brings its updates to the webhook.
        group: Chat id of the staff's group.
        mail: The staff's mail server.
        tally: The count.
    """

    def __init__(self, stack: Stack, api: BotApi, group: int, mail: MailServer, tally: Tally) -> None:
        self.stack, self.api, self.group, self.mail, self.tally = stack, api, group, mail, tally
        self._came, self._last = 0.0, time.monotonic()

    def __repr__(self) -> str:
        return f"the assistant at {self.url}"

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return self.stack.url

    @property
    def secret(self) -> str:
        """What Telegram shows at the webhook."""
        return str((self.api.webhook or {})["secret_token"])

    def expect(self, visitors: int = 1) -> None:
        """Waits until so many more visitors of the website may begin a conversation, of whom some come in vain."""
        now = time.monotonic()
        self._came = max(0.0, self._came - (now - self._last) * A_SECOND) + visitors
        self._last = now
        time.sleep(max(0.0, (self._came - NEW_SESSIONS_IN_ALL.events / 2) / A_SECOND))

    def memory(self) -> int:
        """Bytes that all its processes hold."""
        return sum(psutil.Process(pid).memory_info().rss for pid in self.stack.supervisor.pids())

    def log(self) -> str:
        """All that it has logged."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self.stack.logs.glob("*.log")))

    def telegram_answers(self, chat: int, seconds: float = 60) -> None:
        """Somebody asks an ordinary question in Telegram.

        Raises:
            TimeoutError: There is no answer.
        """
        lines = article().passages[PASSAGE].lines
        self.api.text(chat, QUESTION)
        self.api.wait_for(lambda: any(lines[0] in sent.text for sent in self.api.sent(chat)), seconds)

    def check_unharmed(self) -> None:
        """Visitors who come now get their answers, in every channel.

        Raises:
            AssertionError: One of them does not, or a process is gone.
        """
        for pid in self.stack.supervisor.pids():
            assert psutil.Process(pid).status() != psutil.STATUS_ZOMBIE, "a process has died"
        assert self.stack.say(QUESTION).passages == [PASSAGE]
        asyncio.run(widget_answers(self.url))
        self.telegram_answers(new_person())
        assert self.api.faults == []


async def widget_answers(url: str) -> None:
    """A visitor of the website asks an ordinary question and gets its answer."""
    async with visiting(url) as visitor:
        (answer,) = await visitor.answered(QUESTION)
        assert [passage["id"] for passage in answer["body"]["passages"]] == [PASSAGE]


def new_person() -> int:
    """The chat with somebody who was never here before."""
    return random.SystemRandom().randrange(10**6, 2**52)


def check_refusal(answer: httpx.Response, sent: str = "") -> None:
    """An answer over HTTP is no failure of the server and tells nothing of how it is made.

    Args:
        answer: What came back.
        sent: What was sent, which some refusals repeat.
    """
    assert answer.status_code < 500, answer.text
    check_no_leak(answer.text.replace(sent, "") if sent else answer.text)


def check_no_leak(text: str) -> None:
    """A text that somebody outside reads tells nothing of how the assistant is made."""
    found = LEAK.search(text)
    assert not found, (found, text[:500])


def check_said(bodies: Iterable[Mapping[str, Any]], current: Settings) -> None:
    """What the widget shows of the assistant is an answer, whole and word for word, or a response of the domain."""
    for body in bodies:
        if body["kind"] == ANSWER_KIND:
            _check_answer(body)
        else:
            assert is_ours(str(body["text"]), current), body
        check_no_leak(json.dumps(body, ensure_ascii=False))


def is_ours(text: str, current: Settings) -> bool:
    """Whether each line of a text is the article's, or one of a response to visitors, with its blanks filled in."""
    filled = [*blanks().values(), ways_to_human(current, article())]
    known = {_bare(line) for value in filled for line in value.splitlines()}
    fixed, patterns = _lines()
    return all(
        not line or line in fixed | known or any(pattern.fullmatch(line) for pattern in patterns)
        for line in (_bare(part) for part in _without_answer(text).splitlines())
    )


def _check_answer(body: Mapping[str, Any]) -> None:
    of = article()
    assert body["passages"]
    for shown in body["passages"]:
        assert tuple(shown["lines"]) == of.passages[shown["id"]].lines
    assert body["disclaimer"] == of.disclaimer
    assert [source["url"] for source in body["sources"]] == [source.url for source in of.sources]
    assert len(of.sources) == 5


def _without_answer(text: str) -> str:
    """A text in Telegram without the article's answer in it, which must be whole."""
    of, (body, _, tail) = article(), text.partition("Disclaimer: ")
    shown = [passage for passage in of.passages.values() if _as_shown(passage.lines).search(body)]
    if not shown:
        return text
    assert of.disclaimer in tail, text
    assert all(source.title in tail for source in of.sources), text
    for passage in sorted(shown, key=lambda passage: -len("\n".join(passage.lines))):
        body = _as_shown(passage.lines).sub("", body).replace(passage.question, "")
    return body


@functools.cache
def _as_shown(lines: tuple[str, ...]) -> re.Pattern[str]:
    """A passage however its lines are joined."""
    words = [re.escape(word) for line in lines for word in _bare(line).split()]
    return re.compile(r"(?:[-•]\s+)?" + r"\s+(?:[-•]\s+)?".join(words))


def _bare(line: str) -> str:
    return re.sub(r"^(?:[-•] )", "", line.strip())


@functools.lru_cache(maxsize=1)
def _lines() -> tuple[frozenset[str], Sequence[re.Pattern[str]]]:
    """The lines of all responses to visitors: those without blanks, and those with blanks as patterns."""
    variations = [v for name, of in domain()["responses"].items() if name.startswith("utter_") for v in of]
    lines = [_bare(line) for v in variations for line in str(v["text"]).splitlines()]
    filled = {line for line in lines if _BLANK.search(line) and _BLANK.sub("", line).strip(" .:()-")}
    patterns = [re.compile(".*".join(map(re.escape, _BLANK.split(line)))) for line in sorted(filled)]
    return frozenset(lines) - filled, patterns
