"""Telegram's Bot API as a server for tests: strict about what it is told, with users who write and faults on order."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from aiohttp import web

from tests.telegram.bot_api_account import Sent
from tests.telegram.bot_api_chats import Topic
from tests.telegram.bot_api_checks import FaultError, Parameters, RefusalError, check, decode
from tests.telegram.bot_api_loop import in_loop
from tests.telegram.bot_api_methods import METHODS
from tests.telegram.bot_api_people import People

HOST = "127.0.0.1"

T = TypeVar("T")

_NAMES = {name.lower(): name for name in METHODS}


@dataclass
class Call:
    """A call of a method.

    Attributes:
        method: Its name.
        parameters: As they came, numbers and objects decoded.
        at: When, by `time.monotonic`.
        accepted: Whether it was carried out.
    """

    method: str
    parameters: Parameters
    at: float
    accepted: bool = False


class BotApi(People):
    """The server; it runs within a `with` statement.

    Attributes:
        bot_id: The bot's user id, the digits of its token.
        calls: Every call, in the order of arrival.
        faults: What the bot did against Telegram's documentation; a test asserts that there is nothing.
        updates: Every update by its id, as it is delivered.
        deliveries: Every attempt at the webhook: the update and the HTTP status, 0 when there was no answer.
        answered_callbacks: Parameters of the calls that answered a press.
        commands: What is set, by scope: "default", "chat:5", "default/nl" for a language.
    """

    def __init__(self, token: str, username: str = "botwijzer_bot", one_at_a_time: bool = False) -> None:
        """Starts nothing yet.

        Args:
            token: The only one that is let in, such as `123:ABC`.
            username: The bot's.
            one_at_a_time: Whether an update waits at the webhook until those before it in its chat were accepted,
                as with Telegram itself; otherwise all go side by side.
        """
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        super().__init__(self.bot_id, username, one_at_a_time)
        self.calls: list[Call] = []
        self.faults: list[str] = []
        self.updates = self._updates.bodies
        self.deliveries = self._updates.deliveries
        self.answered_callbacks = self._account.answered
        self.commands = self._account.commands
        self._orders: defaultdict[str, deque[RefusalError | bool]] = defaultdict(deque)
        self._port = 0
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> BotApi:
        self._begin_loop()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._run(self._updates.close())
        self._end_loop()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self._port}"

    @property
    def deliver_to(self) -> str:
        """Base address that stands for the host of the webhook's address."""
        return self._updates.deliver_to

    @deliver_to.setter
    def deliver_to(self, base: str) -> None:
        self._updates.deliver_to = base

    @property
    def webhook(self) -> Parameters | None:
        """Parameters of the webhook that is set, or None."""
        return self._updates.webhook

    @property
    def description(self) -> str:
        """What an empty chat with the bot shows."""
        return self._account.about("description")

    @property
    def short_description(self) -> str:
        """What the bot's profile page shows."""
        return self._account.about("short_description")

    def start(self) -> None:
        """Accepts connections, again at the same port."""
        self._run(self._start())

    def stop(self) -> None:
        """Refuses connections, and breaks those that there are."""
        self._run(self._stop())

    def sent(self, chat: int | None = None, thread: int | None = None) -> list[Sent]:
        """The bot's messages that were not deleted, of all chats or of one, of one topic or wherever they stand."""
        account = self._account
        keys = list(account.sent if chat is None else account.sent_to.get(chat, ()))
        there = [account.sent[key] for key in keys if key in account.messages]
        return [each for each in there if thread in (None, each.thread)]

    def topics(self, chat: int | None = None) -> list[Topic]:
        """The topics of all chats or of one, in the order in which they were opened, also those that are deleted."""
        return [each for each in list(self._account.topics.values()) if chat in (None, each.chat)]

    def answer_to(self, press: int) -> Parameters | None:
        """What the bot said to a press, by the id of the update that told it of the press; None: nothing yet."""
        query = self.updates[press]["callback_query"]["id"]
        return next((each for each in list(self.answered_callbacks) if each["callback_query_id"] == query), None)

    def wait_for(self, condition: Callable[[], T | Literal[False]], seconds: float = 30) -> T:
        """Waits for what comes in until the condition holds, and returns what it gives.

        Raises:
            TimeoutError: It does not in time.
        """
        end = time.monotonic() + seconds
        while True:
            seen = self._changes
            if result := condition():
                return result
            if not self._wait_for_news(seen, end - time.monotonic()):
                calls = [call.method for call in self.calls[-20:]]
                raise TimeoutError(f"not within {seconds} s; faults: {self.faults}; last calls: {calls}")

    @in_loop
    def send_raw(self, update: dict[str, Any]) -> None:
        """Delivers exactly this."""
        self._updates.send(update)

    @in_loop
    def repeat(self, update_id: int) -> None:
        """Delivers an update once more, although it was accepted."""
        self._updates.repeat(update_id)

    @in_loop
    def hold(self) -> None:
        """Keeps back what is not at the bot yet, and all that follows."""
        self._updates.hold()

    @in_loop
    def release(self, order: Sequence[int] | None = None) -> None:
        """Lets go what was kept back.

        Args:
            order: Ids of the updates that go first, at the webhook each after the one before was answered.
        """
        self._updates.release(order or ())

    @in_loop
    def fail(
        self,
        method: str,
        times: int,
        status: int,
        description: str = "",
        retry_after: int | None = None,
        migrate_to_chat_id: int | None = None,
    ) -> None:
        """Refuses the next calls of a method.

        Args:
            method: Which.
            times: How many calls.
            status: The HTTP status.
            description: Empty: what the status says.
            retry_after: Seconds to wait, for 429.
            migrate_to_chat_id: The supergroup that a group has become.
        """
        wanted = {"retry_after": retry_after, "migrate_to_chat_id": migrate_to_chat_id}
        parameters = {name: value for name, value in wanted.items() if value is not None}
        phrase = HTTPStatus(status).phrase + (f": retry after {retry_after}" if retry_after is not None else "")
        words = (description or phrase).removeprefix("Bad Request: ")
        self._orders[method].extend(RefusalError(words, status, **parameters) for _ in range(times))

    @in_loop
    def cut(self, method: str, times: int, after: bool) -> None:
        """Breaks the connection at the next calls of a method, before or after they are carried out."""
        self._orders[method].extend(after for _ in range(times))

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner and runner.server:
            for connection in runner.server.connections:
                _break(connection.transport)
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        """Answers a call."""
        if request.match_info["token"] != self.token:
            return self._refused("", RefusalError("Unauthorized", 401))
        method = _NAMES.get(request.match_info["method"].lower(), request.match_info["method"])
        try:
            call = Call(method, decode(method, await _raw(request)), time.monotonic())
        except FaultError as fault:
            return self._refused(method, fault)
        self.calls.append(call)
        self._notify()
        order = self._orders[method].popleft() if self._orders[method] else None
        try:
            response = web.json_response({"ok": True, "result": await self._carry_out(call, order)})
        except RefusalError as refusal:
            response = self._refused(method, refusal)
        self._notify()
        if isinstance(order, bool):
            _break(request.transport)
        return response

    def _refused(self, method: str, refusal: RefusalError) -> web.Response:
        if isinstance(refusal, FaultError):
            self.faults.append(f"{method}: {refusal.description}")
            self._notify()
        return web.json_response(refusal.answer(), status=refusal.status)

    async def _carry_out(self, call: Call, order: RefusalError | bool | None) -> Any:
        if call.method not in METHODS:
            raise FaultError("Not Found: method not found", 404)
        check(call.method, call.parameters)
        if isinstance(order, RefusalError):
            raise order
        if order is False:
            return None
        name = re.sub("([A-Z])", r"_\1", call.method).lower()
        place = self._updates if hasattr(self._updates, name) else self._account
        result = getattr(place, name)(call.parameters)
        if asyncio.iscoroutine(result):
            result = await result
        call.accepted = True
        return result


async def _raw(request: web.Request) -> Parameters:
    """The parameters in the address and in the body."""
    parameters: Parameters = dict(request.query)
    if request.content_type == "application/json":
        try:
            parameters.update(await request.json())
        except (ValueError, TypeError) as error:
            raise FaultError("can't parse JSON object") from error
    else:
        for name, value in (await request.post()).items():
            parameters[name] = value.file.read() if isinstance(value, web.FileField) else value
    return parameters


def _break(transport: asyncio.Transport | None) -> None:
    if transport:
        transport.abort()
