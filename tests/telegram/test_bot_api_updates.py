"""How the tests' own Bot API server brings updates to a bot: by long polling, and to a webhook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_api_client import ANNA, BERT, GROUP, TOKEN, Client

HOOK = "https://bot.example/hook?x=1"


class Hook:
    """A webhook.

    Attributes:
        url: Where it listens.
        came: Path, headers and body of what came.
        refuses: Texts of the messages that it answers with 500.
        together: How many come before one of them is answered.
        most: How many there were at once.
    """

    def __init__(self) -> None:
        self.url = ""
        self.came: list[tuple[str, dict[str, str], Any]] = []
        self.refuses: set[str] = set()
        self.together = threading.Barrier(1)
        self.most = 0
        self._now: list[None] = []

    @property
    def ids(self) -> list[int]:
        """The updates in their order of arrival."""
        return [body["update_id"] for _, _, body in self.came]

    def take(self, path: str, headers: dict[str, str], body: Any) -> int:
        """Takes an update in; returns the status."""
        self.came.append((path, headers, body))
        self._now.append(None)
        self.most = max(self.most, len(self._now))
        self.together.wait(10)
        self._now.pop()
        message = body.get("message")
        return 500 if isinstance(message, dict) and message["text"] in self.refuses else 200


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A server that nobody has written to yet."""
    with BotApi(TOKEN) as server:
        yield server


@pytest.fixture
def bot(api: BotApi) -> Client:
    """Whoever speaks to it."""
    return Client(api)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A server that takes updates in."""
    of = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(of.take(self.path, headers, body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        of.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield of
        server.shutdown()


@pytest.fixture
def later() -> Iterator[Callable[..., Future[Any]]]:
    """Does something in another thread."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def test_an_offset_confirms_what_is_before_it(api: BotApi, bot: Client) -> None:
    first, second, third = (api.text(ANNA, text) for text in "abc")
    assert bot.ids(limit=2) == [first, second]
    assert bot.ids() == [first, second, third]
    assert bot.ids(offset=second) == [second, third]
    assert bot.ids(offset=-1) == [third]
    assert bot.ids(offset=third + 1) == []
    api.repeat(first)
    assert bot.ids(offset=third + 1) == [first]
    assert bot.ids(offset=third + 1) == []


def test_a_poll_waits_until_something_comes(api: BotApi, bot: Client, later: Callable[..., Future[Any]]) -> None:
    polled = later(bot.ids, timeout=10)
    api.wait_for(lambda: api.calls)
    started = time.monotonic()
    update = api.text(ANNA, "hallo")
    assert polled.result() == [update]
    assert time.monotonic() - started < 5
    started = time.monotonic()
    assert bot.ids(offset=update + 1, timeout=1) == []
    assert 0.9 < time.monotonic() - started < 5


def test_of_two_polls_the_first_is_ended(api: BotApi, bot: Client, later: Callable[..., Future[Any]]) -> None:
    first = later(bot.post, "getUpdates", json={"timeout": 10})
    api.wait_for(lambda: api.calls)
    second = later(bot.post, "getUpdates", json={"timeout": 10})
    refused = first.result()
    assert refused["error_code"] == 409
    assert refused["description"].startswith("Conflict: terminated by other getUpdates request")
    bot("setWebhook", url=HOOK)
    assert second.result()["description"] == "Conflict: terminated by setWebhook request"
    assert bot.refused("getUpdates").startswith("Conflict: can't use getUpdates method while webhook is active")
    assert api.faults == []


def test_only_wanted_kinds_of_updates_come(api: BotApi, bot: Client) -> None:
    api.update("chat_member", {"chat": {"id": GROUP, "type": "supergroup"}})
    message = api.text(ANNA, "hallo")
    assert bot.ids(allowed_updates=["callback_query", "chat_member"]) == [message]
    api.text(ANNA, "hallo")
    wanted = api.update("chat_member", {"chat": {"id": GROUP, "type": "supergroup"}})
    assert bot.ids(offset=message + 1) == [wanted]


def test_the_webhook_gets_updates_until_it_accepts_them(api: BotApi, bot: Client, hook: Hook) -> None:
    hook.refuses = {"hallo"}
    api.deliver_to = hook.url
    before = api.text(ANNA, "hallo")
    bot("setWebhook", url=HOOK, secret_token="geheim")
    assert api.webhook == {"url": HOOK, "secret_token": "geheim"}
    api.wait_for(lambda: api.deliveries)
    assert api.deliveries[0] == (before, 500)
    info = bot("getWebhookInfo")
    assert (info["pending_update_count"], info["last_error_message"]) == (1, "Wrong response from the webhook: 500")
    hook.refuses.clear()
    api.wait_for(lambda: (before, 200) in api.deliveries)
    path, headers, body = hook.came[0]
    assert path == "/hook?x=1"
    assert headers["x-telegram-bot-api-secret-token"] == "geheim"
    assert headers["content-type"] == "application/json"
    assert body == api.updates[before]
    assert bot("getWebhookInfo")["pending_update_count"] == 0
    api.repeat(before)
    api.wait_for(lambda: api.deliveries.count((before, 200)) == 2)
    raw = {"update_id": 5, "message": "x"}
    api.send_raw(raw)
    api.wait_for(lambda: (5, 200) in api.deliveries)
    assert hook.came[-1][2] == raw


def test_a_webhook_that_is_away_is_tried_again(api: BotApi, bot: Client, hook: Hook) -> None:
    bot("setWebhook", url=HOOK)
    update = api.text(ANNA, "hallo")
    api.wait_for(lambda: api.deliveries)
    assert api.deliveries[0] == (update, 0)
    api.deliver_to = hook.url
    api.wait_for(lambda: (update, 200) in api.deliveries)


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_what_waits_holds_up_nobody_else(hook: Hook, one_at_a_time: bool) -> None:
    with BotApi(TOKEN, one_at_a_time=one_at_a_time) as api:
        api.deliver_to = hook.url
        Client(api)("setWebhook", url=HOOK)
        hook.refuses = {"a"}
        refused = api.text(ANNA, "a")
        api.wait_for(lambda: api.deliveries)
        behind, other = api.text(ANNA, "b"), api.text(BERT, "c")
        api.wait_for(lambda: (other, 200) in api.deliveries and (one_at_a_time or (behind, 200) in api.deliveries))
        assert (behind in hook.ids) != one_at_a_time
        assert (refused, 200) not in api.deliveries
        hook.refuses.clear()
        api.wait_for(lambda: {(refused, 200), (behind, 200)} <= set(api.deliveries))


def test_no_more_connections_than_wanted(api: BotApi, bot: Client, hook: Hook) -> None:
    hook.together = threading.Barrier(2)
    api.deliver_to = hook.url
    bot("setWebhook", url=HOOK, max_connections=2)
    sent = [api.text(ANNA, str(number)) for number in range(6)]
    api.wait_for(lambda: len(api.deliveries) == 6)
    assert sorted(hook.ids) == sent
    assert hook.most == 2


def test_held_back_updates_go_in_the_order_that_is_wanted(api: BotApi, bot: Client, hook: Hook) -> None:
    api.hold()
    first, second, third = (api.text(ANNA, text) for text in "abc")
    assert bot.ids() == []
    api.release([second, first])
    assert bot.ids() == [second, first, third]
    api.deliver_to = hook.url
    api.hold()
    bot("setWebhook", url=HOOK)
    assert hook.ids == []
    api.release([third, first, second])
    api.wait_for(lambda: len(api.deliveries) == 3)
    assert hook.ids == [third, first, second]
