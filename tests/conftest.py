"""The real assistant for the tests that talk to it: Rasa and the action server, over REST."""

from __future__ import annotations

import functools
import json
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity
from pydantic import SecretStr

from botwijzer.answer import ANSWER_KIND, build_answer
from botwijzer.article import article
from botwijzer.channels.rendering import plain_text
from botwijzer.database import migrate
from botwijzer.settings import PREFIX, Settings
from botwijzer.supervisor import POLL_SECONDS, START_SECONDS, Part, Role, Supervisor, environment, parts
from botwijzer.training import ensure_model
from tests.databases import database_url, empty_database, postgres  # noqa: F401  # fixtures
from tests.unit_helpers import domain

ANSWER = "answer"
STATEMENT = "utter_statement"
PATIENCE_SECONDS = 30
"""How long a test waits for a reply; generous, for a promise about time has a test of its own."""

_BLANK = re.compile(r"{[^{}\n]+}")


@dataclass(frozen=True)
class Reply:
    """What a visitor got to one message."""

    status: int
    messages: tuple[dict[str, Any], ...]

    @property
    def text(self) -> str:
        """The texts of all messages, parted by blank lines."""
        return "\n\n".join(str(message.get("text", "")) for message in self.messages)

    @property
    def buttons(self) -> list[str]:
        """What the buttons send."""
        return [str(button["payload"]) for message in self.messages for button in message.get("buttons", [])]

    @property
    def passages(self) -> list[str]:
        """Ids of the article's passages that are shown."""
        shown = (passage for message in self.messages for passage in message.get("custom", {}).get("passages", []))
        return [str(passage["id"]) for passage in shown]

    @property
    def said(self) -> list[str]:
        """For each message the response of domain.yml that it is, or `ANSWER`.

        Raises:
            AssertionError: A message is neither, or an answer lacks something.
        """
        return [_named(message) for message in self.messages]


@dataclass(frozen=True)
class Stack:
    """A running assistant.

    Attributes:
        settings: What it runs with.
        variables: The environment variables that give another process the same settings.
        supervisor: Holds its processes.
        logs: Folder of their logs.
    """

    settings: Settings
    variables: dict[str, str]
    supervisor: Supervisor
    logs: Path

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.settings.port}"

    def say(self, text: str, sender: str | None = None) -> Reply:
        """Sends a message as a visitor does; without `sender` as one who was never here before."""
        return self.reply(self.post({"sender": sender or new_sender(), "message": text}))

    @staticmethod
    def reply(answer: httpx.Response) -> Reply:
        """What came back over HTTP, as the visitor sees it."""
        return Reply(answer.status_code, tuple(answer.json()))

    def post(self, body: object) -> httpx.Response:
        """Sends any JSON to the REST channel, bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        address = f"{self.url}/webhooks/rest/webhook"
        return _client().post(address, content=content, headers=headers)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the pictures of the widget go (a temporary folder by default), and how long the long chats are."""
    parser.addoption("--pictures", default="", help="folder for the pictures of the widget")
    parser.addoption("--lines", type=int, default=60, help="lines each way of the long live conversations")


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the pictures of the widget."""
    named = str(request.config.getoption("--pictures"))
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The assistant that all tests share which leave it as it was."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@contextmanager
def running_stack(folder: Path, **changed: str) -> Iterator[Stack]:
    """Starts the whole assistant on free ports and ends it, whatever happens.

    Args:
        folder: Where its database and logs go.
        changed: Settings that are not at their default; with an `actions_url` an action server is started too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings, variables = fresh_settings(folder, **changed)
    migrate(settings.database_url)
    with Supervisor(all_parts(settings), environment(settings) | variables, folder / "log") as supervisor:
        supervisor.wait_until_ready()
        yield Stack(settings, variables, supervisor, folder / "log")


def all_parts(settings: Settings) -> tuple[Part, ...]:
    """What `botwijzer run` would start, and the action server where the actions have one."""
    beside = parts(settings, Path(), Role.ACTIONS) if settings.actions_url else ()
    return (*beside, *parts(settings, ensure_model()))


def action_server() -> dict[str, str]:
    """Settings of an assistant whose actions have a server of their own, which a test can stop and kill."""
    (port,) = free_ports(1)
    return {"actions_port": str(port), "actions_url": f"http://127.0.0.1:{port}/webhook"}


def fresh_settings(folder: Path, **changed: str) -> tuple[Settings, dict[str, str]]:
    """Defaults but for free ports, a database of its own, no pace over REST and `changed`, and their variables.

    Nothing is read from this process's environment or from `.env`, and nothing of it is changed, so
    the settings that `botwijzer.settings` keeps for this process stay what they are.
    """
    port, actions_port = free_ports(2)
    values = {name: _plain(field.default) for name, field in Settings.__fields__.items()}
    values |= {"port": str(port), "actions_port": str(actions_port)}
    values |= {"rest_pace": "0", "requests_per_hour": "0"}  # tests and benchmarks send more from one address
    values |= {"database_url": f"sqlite:///{folder / 'conversations.db'}"} | changed
    settings = Settings.parse_obj(values)
    return settings, {PREFIX + name.upper(): value for name, value in values.items()}


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def new_sender() -> str:
    """The id of a visitor who was never here before."""
    return f"visitor-{uuid.uuid4().hex}"


def wait_until(condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Comes back as soon as the condition holds.

    Raises:
        tenacity.RetryError: It does not hold in time.
    """
    waiting = tenacity.Retrying(
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_fixed(POLL_SECONDS),
        retry=tenacity.retry_if_result(lambda holds: not holds),
    )
    waiting(condition)


def is_response(name: str, text: str) -> bool:
    """Whether a text is this response of domain.yml, with its blanks filled in."""
    return any(pattern.fullmatch(text) for pattern in _responses()[name])


@functools.lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for all, for making one takes longer than a turn; no connection is kept, for servers are killed here."""
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


@functools.lru_cache(maxsize=1)
def _responses() -> dict[str, list[re.Pattern[str]]]:
    """The responses of domain.yml as patterns: their words fixed, each blank anything."""
    return {
        name: [re.compile(".*".join(map(re.escape, _BLANK.split(v["text"]))), re.DOTALL) for v in variations]
        for name, variations in domain()["responses"].items()
    }


def _named(message: dict[str, Any]) -> str:
    titles = [str(button["title"]) for button in message.get("buttons", [])]
    assert not _BLANK.search("\n".join([message["text"], *titles])), "a blank was not filled in"
    if "custom" in message:
        _check_answer(message)
        return ANSWER
    names = [name for name in _responses() if is_response(name, message["text"])]
    assert names, f"neither an answer nor a response of the domain: {message['text']!r}"
    return max(names, key=lambda name: len(str(domain()["responses"][name][0]["text"])))  # a blank may hold anything


def _check_answer(message: dict[str, Any]) -> None:
    """An answer shows passages word for word, with the disclaimer and all sources, as text and as JSON."""
    text, custom, of = message["text"], message["custom"], article()
    ids = [passage["id"] for passage in custom["passages"]]
    assert custom["kind"] == ANSWER_KIND
    assert ids
    for shown in custom["passages"]:
        assert tuple(shown["lines"]) == of.passages[shown["id"]].lines
        assert "\n".join(shown["lines"]) in text
    assert custom["disclaimer"] == of.disclaimer
    assert of.disclaimer in text
    assert custom["sources"] == [{"title": source.title, "url": source.url} for source in of.sources]
    assert all(source.title in text and source.url in text for source in of.sources)
    assert len(of.sources) == 5
    assert custom["article"]["url"] == of.url
    assert of.url in text
    assert custom["follow_ups"] == message.get("buttons", [])
    assert text == plain_text(build_answer(of, ids)), "an answer says more than its parts"


def _plain(default: object) -> str:
    return default.get_secret_value() if isinstance(default, SecretStr) else str(default)
