"""Two instances on one PostgreSQL and one Redis behind nginx: one is killed, nothing is lost and nothing is twice."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import jwt
import pytest
import socketio
import sqlalchemy as sa
from socketio.exceptions import SocketIOError

from botwijzer.article import article
from botwijzer.channels.news import CHANNEL
from botwijzer.channels.web import NEW_SESSIONS_OF_ONE
from botwijzer.handoff.outbox import MAIL
from botwijzer.responses import responses
from botwijzer.serving.locks import LEASE_SECONDS
from tests.channels.visitor import PATH, PATIENCE_SECONDS, Visitor, visiting
from tests.conftest import ANSWER, Reply, new_sender, wait_until
from tests.deploy.conftest import Cluster, Instance
from tests.handoff.conftest import ask_in_widget, staff_says
from tests.handoff.test_store import wanted
from tests.test_database import HEAD

SWIMMING = "Is zwemmen goed voor je botten?"
QUESTIONS = 16
WAIT_SECONDS = 60
CHATS = range(30_001, 30_021)


class Widget:
    """A visitor who comes back whenever the connection is lost, and asks again what was not taken, as browsers do."""

    def __init__(self, url: str) -> None:
        """Whose widget opens a conversation at this address."""
        self._url = url
        self.token, self.last = "", 0
        self.messages: list[dict[str, Any]] = []

    async def ask(self, passages: list[str], meanwhile: Callable[[int], Awaitable[None]]) -> None:
        """Asks for passages one after the other, and stays until all are answered.

        Args:
            passages: Whose buttons are pressed.
            meanwhile: Is done after each question was taken.
        """
        questions = [(uuid.uuid4().hex, passage) for passage in passages]
        while questions or len(self.answers) < len(passages):
            try:
                async with self._connected() as visitor:
                    while questions:
                        key, passage = questions[0]
                        receipt = await visitor.say("ask", {"id": key, "text": "x", "payload": f"/faq_{passage}"})
                        assert receipt == {"ok": True}
                        questions.pop(0)
                        await meanwhile(len(passages) - len(questions))
                    await visitor.until(
                        lambda: (
                            len(self.answers) + len(visitor.answers) >= len(passages) or not visitor.client.connected
                        )
                    )
            except (TimeoutError, SocketIOError):
                await asyncio.sleep(0.2)

    @property
    def answers(self) -> list[str]:
        """The passages that were shown, in their order."""
        bodies = (message["body"] for message in self.messages)
        return [body["passages"][0]["id"] for body in bodies if body["kind"] == "answer"]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Visitor]:
        async with visiting(self._url, {"token": self.token or None, "last": self.last}) as visitor:
            self.token = visitor.token
            try:
                yield visitor
            finally:
                self.messages += visitor.messages
                self.last = max(self.last, visitor.last)


def test_both_begin_at_once_with_an_empty_database(whole: Cluster) -> None:
    with sa.create_engine(whole.database_url).connect() as connection:
        assert connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all() == [HEAD]
    for instance in whole.instances:
        assert httpx.get(f"{instance.url}/webhooks/web/health", trust_env=False, timeout=30).json()["faults"] == []
        assert instance.log() == ""


def test_a_visitor_whose_instance_is_killed_goes_on_with_the_other(whole: Cluster) -> None:
    passages = [list(article().passages)[n % 10] for n in range(QUESTIONS)]
    widget = Widget(whole.url)
    visited = whole.reached

    async def kill(taken: int) -> None:
        if taken == QUESTIONS // 2:
            await asyncio.to_thread(visited.kill)

    async def talk() -> None:
        await widget.ask(passages, kill)
        assert widget.answers == passages
        async with visiting(whole.url, {"token": widget.token}) as reloaded:
            assert [m["id"] for m in reloaded.messages] == [m["id"] for m in widget.messages]
        assert sum(m["author"] == "visitor" for m in widget.messages) == QUESTIONS
        assert len(widget.messages) == 2 + 2 * QUESTIONS

    asyncio.run(talk())
    assert whole.reached is not visited


def test_a_humans_words_reach_a_visitor_wherever_the_widget_is_open(whole: Cluster) -> None:
    desk, api = whole.desk, whole.api

    async def talk() -> None:
        async with AsyncExitStack() as open_tabs:
            urls = [instance.url for instance in whole.instances]
            here = await open_tabs.enter_async_context(visiting(urls[0]))
            there = await open_tabs.enter_async_context(visiting(urls[1], {"token": here.token}))
            await ask_in_widget(here, "leveren jullie ook in Antwerpen")
            post = await asyncio.to_thread(desk.post, "Antwerpen")
            await asyncio.to_thread(desk.press, post, "take")
            for tab in (here, there):
                await tab.until(lambda: responses().text("utter_human_here") in tab.texts)  # noqa: B023
            lines = []
            for number, url in enumerate((*urls, *urls)):
                api.deliver_to = url
                lines.append(f"antwoord {number}")
                await asyncio.to_thread(desk.write, post, lines[-1])
                for tab in (here, there):
                    await staff_says(tab, lines[-1])
            api.deliver_to = whole.url
            for nonsense in (b"\xff{", b"[]", b'{"session": 3}', b"null"):
                whole.redis.client.publish(CHANNEL, nonsense)
            await there.ask("en in Gent?")
            await here.until(lambda: here.messages[-1]["body"]["text"] == "en in Gent?")
            await asyncio.to_thread(desk.post, "Bezoeker: en in Gent?")
            assert here.messages == there.messages
            assert [m["body"]["text"] for m in here.messages if m["author"] == "staff"] == lines
            await asyncio.to_thread(desk.press, post, "close")
            for tab in (here, there):
                await tab.until(lambda: responses().text("utter_human_gone") in tab.texts)  # noqa: B023
            assert await here.say("erase", {}) == {"ok": True}
            await there.until(lambda: ("erased", {}) in there.heard)

    asyncio.run(talk())


def test_who_moves_to_the_other_instance_in_the_middle_of_a_turn_is_answered_once(whole: Cluster) -> None:
    urls = [instance.url for instance in whole.instances]
    engine = sa.create_engine(whole.database_url)

    async def talk() -> None:
        async with visiting(urls[0]) as here:
            with engine.connect() as connection:
                connection.execute(sa.text("LOCK TABLE dialogue_states IN ACCESS EXCLUSIVE MODE"))  # the turn waits
                await here.ask(SWIMMING)
                await here.until(lambda: ("working", {"on": True}) in here.heard)
                there = await moving.enter_async_context(visiting(urls[1], {"token": here.token}))
                await there.until(lambda: ("working", {"on": True}) in there.heard)
        await there.until(lambda: there.answers and ("working", {"on": False}) in there.heard)
        await there.ask("bedankt")
        await there.until(lambda: "Graag gedaan" in there.texts[-1])
        assert len(there.answers) == 1
        session = jwt.decode(there.token, options={"verify_signature": False})["sub"]
        with engine.connect() as connection:
            asked = sa.text("SELECT count(*) FROM events WHERE sender_id = :sender AND type_name = 'user'")
            assert connection.scalar(asked, {"sender": f"web:{session}"}) == 2

    async def move() -> None:
        async with moving:
            await talk()

    moving = AsyncExitStack()
    asyncio.run(move())


def test_in_telegram_each_update_is_answered_once_and_in_order_while_an_instance_is_killed(whole: Cluster) -> None:
    api, asked = whole.api, whole.reached
    (other,) = (instance for instance in whole.instances if instance is not asked)
    passages = list(article().passages.values())[:4]
    updates = []
    for number, passage in enumerate(passages):
        for chat in CHATS:
            updates.append(api.text(chat, passage.question))
            api.deliver_to = (whole.url, other.url)[(number + chat) % 2]  # Telegram has many addresses
    api.wait_for(lambda: sum(len(api.sent(chat)) for chat in CHATS) >= len(CHATS), WAIT_SECONDS)
    api.deliver_to = whole.url
    asked.kill()
    for update in updates[::3]:
        api.repeat(update)
    for chat in CHATS:
        api.text(chat, "bedankt")
    api.wait_for(
        lambda: all(any("Graag gedaan" in sent.text for sent in api.sent(chat)) for chat in CHATS), WAIT_SECONDS
    )

    for chat in CHATS:
        texts = [" ".join(sent.text.split()) for sent in api.sent(chat)]
        assert len(texts) == len(passages) + 1, texts
        assert all(passage.sentences[-1] in text for passage, text in zip(passages, texts)), texts


def test_without_redis_turns_and_live_conversations_go_on_and_with_it_again(whole: Cluster) -> None:
    desk = whole.desk
    here_url, there_url = (instance.url for instance in whole.instances)

    async def talk() -> None:
        async with visiting(here_url) as here, visiting(there_url, {"token": here.token}) as there:
            await ask_in_widget(here, "leveren jullie ook in Brugge")
            post = await asyncio.to_thread(desk.post, "Brugge")
            await asyncio.to_thread(desk.press, post, "take")
            await there.until(lambda: responses().text("utter_human_here") in there.texts)
            whole.redis.stop()
            try:
                await asyncio.to_thread(desk.write, post, "zonder Redis")
                for tab in (here, there):
                    await staff_says(tab, "zonder Redis")
                async with visiting(here_url) as other:
                    await other.answered(SWIMMING)
                    assert len(other.answers) == 1
            finally:
                whole.redis.start()
            await asyncio.to_thread(desk.write, post, "met Redis")
            for tab in (here, there):
                await staff_says(tab, "met Redis")
            await asyncio.to_thread(desk.press, post, "close")
            await here.until(lambda: responses().text("utter_human_gone") in here.texts)
            await there.answered(SWIMMING)
            await here.until(lambda: len(here.answers) == 1)
            assert here.messages == there.messages

    asyncio.run(talk())
    for instance in whole.instances:
        said = Counter(re.findall("Redis can.*", instance.log()))
        assert said
        assert sum(said.values()) <= 4  # by the locks and by the news, when it went and when it came


def test_two_workers_mail_each_request_once(whole: Cluster) -> None:
    before = len(whole.mail.received)
    store = whole.desk.store
    references = {store.submit(wanted(f"rest:{number}"), [MAIL], False).reference for number in range(20)}
    wait_until(lambda: store.undelivered() == {})

    mails = [received.content.decode("utf-8", "replace") for received in whole.mail.received[before:]]
    assert len(mails) == len(references)
    assert all(any(reference in mail for mail in mails) for reference in references)


def test_who_begins_conversation_after_conversation_is_asked_to_wait_and_nobody_else_is(whole: Cluster) -> None:
    said: list[Any] = []

    async def begin(address: str) -> bool:
        """Whether somebody at this address, as nginx passes it on, may begin a conversation."""
        client = socketio.AsyncClient(reconnection=False)
        client.on("connect_error", said.append)
        headers = {"X-Forwarded-For": f"9.9.9.9, {address}"}
        try:
            await client.connect(whole.instances[0].url, headers=headers, transports=["websocket"], socketio_path=PATH)
        except SocketIOError:
            return False
        await client.disconnect()
        return True

    async def arrive() -> None:
        let_in = await asyncio.gather(*(begin("1.2.3.4") for _ in range(2 * int(NEW_SESSIONS_OF_ONE.events))))
        assert int(NEW_SESSIONS_OF_ONE.events) <= sum(let_in) < len(let_in)
        assert await begin("4.3.2.1")
        assert said == [{"message": "pace", "data": {"text": responses().text("utter_slow_down")}}] * len(said)

    asyncio.run(arrive())


def test_the_lock_of_a_killed_instance_holds_a_conversation_up_no_longer_than_its_lease(whole: Cluster) -> None:
    one, other = whole.instances
    sender = new_sender()
    body = {"sender": sender, "message": SWIMMING}
    engine = sa.create_engine(whole.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE dialogue_states IN ACCESS EXCLUSIVE MODE"))  # so that the turn waits
        with pytest.raises(httpx.TransportError):
            asyncio.run(post_and_kill(one, whole, body))
        ttl = [whole.redis.client.pttl(name) for name in whole.redis.client.keys("botwijzer:lock:*")]
        assert ttl
        assert max(ttl) <= LEASE_SECONDS * 1000
    reply: Reply = other.reply(other.post(body))
    assert reply.said[-1] == ANSWER
    assert reply.passages == ["zwemmen"]


async def post_and_kill(instance: Instance, cluster: Cluster, body: dict[str, str]) -> None:
    """Asks something, and kills the instance as soon as it holds the conversation."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
        asking = asyncio.ensure_future(client.post(f"{instance.url}/webhooks/rest/webhook", json=body))
        await asyncio.to_thread(wait_until, lambda: cluster.redis.client.keys("botwijzer:lock:*"))
        await asyncio.to_thread(instance.kill)
        await asking
