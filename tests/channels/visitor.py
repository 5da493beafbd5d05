"""A visitor of the website as a program: speaks the widget's side of the conversation over a real socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import socketio

PATH = "webhooks/web/socket"
PATIENCE_SECONDS = 30


class Visitor:
    """What came over the socket so far, and what can be sent."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.token = ""
        self.messages: list[dict[str, Any]] = []
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        for event in ("session", "message", "working", "erased"):
            client.on(event, self._hear(event))
        client.on("disconnect", self._gone)

    @property
    def last(self) -> int:
        """Id of the newest message."""
        return max((message["id"] for message in self.messages), default=0)

    @property
    def texts(self) -> list[str]:
        """What the messages without an article answer say."""
        return [message["body"].get("text", "") for message in self.messages]

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The article answers."""
        return [message["body"] for message in self.messages if message["body"]["kind"] == "answer"]

    async def say(self, event: str, data: object) -> dict[str, Any]:
        """Sends anything and returns the receipt."""
        receipt: dict[str, Any] = await self.client.call(event, data, timeout=PATIENCE_SECONDS)
        return receipt

    async def ask(self, text: str, **more: str) -> dict[str, Any]:
        """Sends a question under an id of its own."""
        return await self.say("ask", {"id": uuid.uuid4().hex, "text": text, **more})

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits for what comes in until the condition holds.

        Raises:
            asyncio.TimeoutError: It does not in time.
        """
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: bool(condition())), PATIENCE_SECONDS)

    async def answered(self, text: str, **more: str) -> list[dict[str, Any]]:
        """Asks, and returns what was said to it once the turn is over."""
        before, turns = self.last, self._turns()
        assert await self.ask(text, **more) == {"ok": True}
        await self.until(lambda: self._turns() > turns)
        return [m for m in self.messages if m["id"] > before and m["author"] != "visitor"]

    async def _gone(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _turns(self) -> int:
        return self.heard.count(("working", {"on": False}))

    def _hear(self, event: str) -> Callable[[Any], Any]:
        async def hear(data: Any) -> None:
            async with self._news:
                self.heard.append((event, data))
                if event == "session":
                    self.token = data["token"]
                    self.messages += data["messages"]
                elif event == "message":
                    self.messages.append(data)
                self._news.notify_all()

        return hear


@asynccontextmanager
async def visiting(
    url: str, auth: object = None, headers: dict[str, str] | None = None, transport: str = "websocket"
) -> AsyncIterator[Visitor]:
    """A visitor whose session has begun; gone afterwards.

    Args:
        url: The assistant's address.
        auth: What the browser says of itself; None: a new visitor.
        headers: Further ones, such as `Origin`.
        transport: `websocket` or `polling`.
    """
    client = socketio.AsyncClient(reconnection=False)
    visitor = Visitor(client)
    await client.connect(url, auth=auth, headers=headers or {}, transports=[transport], socketio_path=PATH)
    try:
        await visitor.until(lambda: visitor.token)
        yield visitor
    finally:
        await client.disconnect()
