"""The website's channel: the conversation of the widget over Socket.IO, below /webhooks/web.

What passes over the socket (all of it JSON objects):

- connecting: `auth` has `token` (from before, or null) and `last`, the id of the last message seen; refused with
  `unavailable`, or `pace` {text} (the same again later);
- server: `session` {token, messages}: the token to keep and all messages after `last`;
- visitor: `ask` {id, text, payload?}, acknowledged with {ok} or {ok: false, error, text}; the id is the
  browser's own, so that asking again after a lost connection changes nothing;
- server: `message` {id, author, body, ...}, at any time; `working` {on}; `erased` {text?}: what to tell about it;
- errors: `form` (not of this form), `pace` and `trouble` (the same again later; `text` says so), `gone` (there is
  no such conversation any more: begin anew);
- visitor: `feedback` {id, useful} and `erase` {keep_requests?}, acknowledged with {ok}.

Everything is kept before it is acknowledged or shown (`transcript.py`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiolimiter
import socketio.exceptions
import tenacity
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.background import Background
from botwijzer.channels.addresses import networks_of
from botwijzer.channels.audience import Audience
from botwijzer.channels.erasing import asks_to_erase, erased
from botwijzer.channels.intake import pressable, to_shown, typed_message
from botwijzer.channels.limits import NetworkLimits, Rate
from botwijzer.channels.news import News
from botwijzer.channels.origins import refusal_of_origin
from botwijzer.channels.pages import add_pages
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.sockets import make_server, refuse, sweep
from botwijzer.channels.tokens import new_session, session_of, sign
from botwijzer.channels.transcript import SENDER_PREFIX, Entry, Transcript, UnknownConversationError
from botwijzer.channels.turn import STATEMENT, TROUBLE, Turn, WholeMessages, take_turn
from botwijzer.channels.web_staff import WebVisitors
from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.operators import give_back
from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.store import Requests
from botwijzer.replies import response
from botwijzer.settings import settings

logger = logging.getLogger(__name__)

MOST_BYTES = 200_000
"""Of one message over the socket; who sends more is disconnected."""

MOST_MESSAGES, IN_SECONDS = 30, 30.0
"""So many messages a visitor may send in so many seconds."""

NEW_SESSIONS_OF_ONE, NEW_SESSIONS_IN_ALL = Rate(30, 60.0), Rate(500, 10.0)
"""Conversations that may begin; an office or a mobile provider may stand behind one address."""

HIGHEST_ID = 2**31 - 1
_CLIENT_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
MOST_CONVERSATIONS = 10_000
HOUR_SECONDS, DAY_SECONDS = 60 * 60, 24 * 60 * 60

MOST_TRIES = 6
"""So often an answer is given to the database, with longer and longer pauses; half a minute in all."""

GIVE_UP_SECONDS = 600.0
"""Then nothing tries any more to answer a question, until its visitor asks again or comes back."""

PRIVACY, GREETING, SLOW_DOWN = "utter_privacy", "utter_greet", "utter_slow_down"


class Pace:
    """Keeps one visitor's messages in order, and their number within bounds."""

    def __init__(self) -> None:
        self.arrival, self.turn = asyncio.Lock(), asyncio.Lock()
        self.erasing = False
        self._limiter = aiolimiter.AsyncLimiter(MOST_MESSAGES, IN_SECONDS)

    async def allows_one_more(self) -> bool:
        """Whether the visitor may send a message now; counts it if so."""
        if not self._limiter.has_capacity():
            return False
        await self._limiter.acquire()
        return True


class _Routes(Blueprint):
    """Routes of an application that also speaks websocket."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        app.enable_websocket()  # type: ignore[no-untyped-call]
        super().register(app, options)  # type: ignore[no-untyped-call]


class WebChannel(InputChannel):
    """The widget's channel."""

    def __init__(self) -> None:
        self._socket = make_server(MOST_BYTES)
        self._transcript = Transcript(settings().database_url)
        self._key = self._transcript.signing_key()
        self._paces: dict[str, Pace] = {}
        self._new_sessions = NetworkLimits(of_one=NEW_SESSIONS_OF_ONE, in_all=NEW_SESSIONS_IN_ALL)
        self._audience = Audience(self._socket, self._transcript)
        self._news = News(settings().redis_url, self._hear, self._audience.look)
        self._background = Background("the web channel")
        self._requests = Requests(settings().database_url)
        self._delivery = Delivery(
            Outbox(settings().database_url),
            {self.name(): WebVisitors(self._transcript, self._requests, self._show, self._tell)},
        )

    @classmethod
    def name(cls) -> str:
        return "web"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The routes below /webhooks/web: the socket, and the pages of `pages.py`."""
        routes = _Routes("web", None)
        self._on_new_message = on_new_message
        self._socket.on("connect", self._on_connect)
        self._socket.on("ask", self._with_receipt(self._on_ask))
        self._socket.on("feedback", self._with_receipt(self._on_feedback))
        self._socket.on("erase", self._with_receipt(self._on_erase, paced=False))

        async def socket(request: Request) -> HTTPResponse | None:
            if refusal := refusal_of_origin(request, settings()):
                return refusal
            origin = request.headers.get("origin")
            try:
                answer: HTTPResponse | None = await self._socket.handle_request(request)
            except Exception as error:  # who sends what is no frame is no reason for a page of log, nor for a 500
                logger.error("a connection of the widget was broken off: %s", type(error).__name__)
                answer = await refuse(request)
            if origin and answer is not None:
                answer.headers["Access-Control-Allow-Origin"] = origin
                answer.headers["Vary"] = "Origin"
                answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
            return answer

        socket.is_websocket = True  # type: ignore[attr-defined]  # Sanic then takes None for an answer
        routes.add_route(socket, "/socket/", methods=["GET", "POST", "OPTIONS"])

        @routes.listener("after_server_start")
        async def start_erasing(app: Sanic, _: object) -> None:
            app.ctx.web_channel = self
            self._agent = app.ctx.agent
            self._background.begin(self._erase_daily())
            self._background.begin(sweep(self._socket))
            self._background.begin(self._news.listen())
            self._background.begin(self._delivery.run())
            self._background.begin(give_back(self._requests, self._delivery))

        @routes.listener("before_server_stop")
        async def stop(app: Sanic, _: object) -> None:
            await self._background.stop()
            await self._delivery.stop()

        add_pages(routes, self._transcript)
        return routes

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        try:
            await self._connect(sid, environ, auth)
        except socketio.exceptions.ConnectionRefusedError:
            raise
        except Exception as error:
            logger.error("a conversation can't be opened: %s", type(error).__name__)
            raise socketio.exceptions.ConnectionRefusedError("unavailable") from None  # the browser tries again

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        given = auth if isinstance(auth, dict) else {}
        last = given.get("last")
        last = last if isinstance(last, int) and 0 < last <= HIGHEST_ID else 0
        session = session_of(given.get("token"), self._key)
        if session is None or not await asyncio.to_thread(self._transcript.knows, session):
            networks = networks_of(environ["sanic.request"], settings().trusted_proxies)
            if not await self._new_sessions.allows(networks):
                raise socketio.exceptions.ConnectionRefusedError("pace", {"text": response(SLOW_DOWN)["text"]})
            session, last = new_session(), 0
            await asyncio.to_thread(self._transcript.begin, session, _welcome())
        await self._audience.join(sid, session, last, sign(session, self._key))
        if await asyncio.to_thread(self._transcript.unanswered, session):
            await self._socket.emit("working", {"on": True}, to=sid)
            self._background.begin(self._catch_up(sid, session))

    async def _catch_up(self, sid: str, session: str) -> None:
        """Answers what an instance that died has left, or waits until one that lives has answered it."""
        await self._answer(session)
        await self._socket.emit("working", {"on": False}, to=sid)

    async def _on_ask(self, sid: str, data: object) -> dict[str, Any]:
        client_id = data.get("id") if isinstance(data, dict) else None
        text = data.get("text") if isinstance(data, dict) else None
        payload = data.get("payload") if isinstance(data, dict) else None
        if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id) or not isinstance(text, str):
            return {"ok": False, "error": "form"}
        session = await self._audience.session_of(sid)
        pressed = isinstance(payload, str) and payload in pressable()
        for_rasa = str(payload) if pressed else typed_message(text)
        body = {"kind": "text", "text": to_shown(text)}
        async with self._pace(session).arrival:
            question = await asyncio.to_thread(self._transcript.add_question, session, client_id, body, for_rasa)
            if question:
                await self._show(session)
        if question:
            self._background.begin(self._answer(session))
        return {"ok": True}

    async def _on_feedback(self, sid: str, data: object) -> dict[str, Any]:
        message = data.get("id") if isinstance(data, dict) else None
        useful = data.get("useful") if isinstance(data, dict) else None
        if not isinstance(message, int) or not 0 < message <= HIGHEST_ID or not isinstance(useful, bool):
            return {"ok": False, "error": "form"}
        session = await self._audience.session_of(sid)
        return {"ok": await asyncio.to_thread(self._transcript.keep_feedback, session, message, useful)}

    async def _on_erase(self, sid: str, data: object) -> dict[str, Any]:
        session = await self._audience.session_of(sid)
        keeps_requests = isinstance(data, dict) and data.get("keep_requests") is True
        pace = self._pace(session)
        pace.erasing = True
        try:
            async with self._alone(session):  # a turn that is under way would write again
                if keeps_requests:
                    await asyncio.to_thread(self._requests.leave, SENDER_PREFIX + session)
                    await asyncio.to_thread(self._transcript.erase, session)
                else:
                    await self._erase(session)
        finally:
            pace.erasing = False
        await self._socket.emit("erased", {}, room=session, skip_sid=sid)  # to the other tabs
        self._background.begin(self._news.tell(session))
        return {"ok": True}

    async def _erase(self, session: str) -> list[str]:
        """Erases a conversation and its requests for a human; returns their references."""
        references = await asyncio.to_thread(self._requests.erase, SENDER_PREFIX + session)
        await asyncio.to_thread(self._transcript.erase, session)
        return references

    async def _answer(self, session: str) -> None:
        """Answers what this visitor has sent, in its order; again when the database fails in between."""
        trying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(SQLAlchemyError),
            wait=tenacity.wait_random_exponential(max=30),
            stop=tenacity.stop_after_delay(GIVE_UP_SECONDS),
        )
        await trying(self._answer_all, session)

    async def _answer_all(self, session: str) -> None:
        pace = self._pace(session)
        async with self._alone(session):
            for place, question in enumerate(await asyncio.to_thread(self._transcript.unanswered, session)):
                # an answer takes a while, in which everything may have been erased
                if pace.erasing or (place and not await asyncio.to_thread(self._transcript.knows, session)):
                    return
                await self._socket.emit("working", {"on": True}, room=session)
                try:
                    await self._answer_one(question, session)
                finally:
                    await self._socket.emit("working", {"on": False}, room=session)

    async def _answer_one(self, question: Entry, session: str) -> None:
        conversation, words = SENDER_PREFIX + session, str(question.body["text"])
        key = f"{self.name()}:{question.id}"
        said: list[dict[str, Any]] = []
        if not await asyncio.to_thread(self._requests.visitor_wrote, conversation, words, key):
            said = await self._turn(session, question.for_rasa)
        if asks_to_erase(said):
            text = erased(await self._erase(session))["text"]
            await self._socket.emit("erased", {"text": text}, room=session)
            self._background.begin(self._news.tell(session))
            return
        bodies = [for_widget(message) for message in said if message.get("utter_action") != STATEMENT]
        keeping = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(SQLAlchemyError),
            wait=tenacity.wait_random_exponential(max=10),
            stop=tenacity.stop_after_attempt(MOST_TRIES),
            reraise=True,
        )
        if await keeping(asyncio.to_thread, self._transcript.add_answers, question, session, bodies):
            await self._show(session)

    async def _turn(self, session: str, for_rasa: str) -> list[dict[str, Any]]:
        output = WholeMessages()
        message = UserMessage(for_rasa, output, SENDER_PREFIX + session, input_channel=self.name())
        await take_turn(self._on_new_message, message, output, self._agent)
        said: list[dict[str, Any]] = output.messages
        return said

    async def _tell(self, session: str, payload: str) -> list[dict[str, Any]]:
        """What Rasa says to a payload that no visitor sent, between the visitor's own turns."""
        async with self._alone(session):
            return await self._turn(session, payload)

    @asynccontextmanager
    async def _alone(self, session: str) -> AsyncIterator[None]:
        """Nobody else answers in this conversation or erases it meanwhile, in no instance."""
        async with self._pace(session).turn, self._agent.lock_store.lock(f"answers:{session}"):
            yield

    async def _show(self, session: str) -> None:
        """Shows what is new in a conversation, wherever it is open; it is kept, so it is shown whatever it takes."""
        self._background.begin(self._news.tell(session))
        showing = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(SQLAlchemyError),
            wait=tenacity.wait_random_exponential(max=10),
            stop=tenacity.stop_after_delay(GIVE_UP_SECONDS),
        )
        await showing(self._audience.show, session)

    def _hear(self, session: str) -> None:
        """Another instance has something new in a conversation."""
        self._background.begin(self._audience.look(session))

    async def _erase_daily(self) -> None:
        while True:
            pause = DAY_SECONDS
            try:
                days = settings().retention_days
                for session in await asyncio.to_thread(self._transcript.erase_older_than, days):
                    await self._socket.emit("erased", {}, room=session)
                    await self._news.tell(session)
                await asyncio.to_thread(self._requests.erase_older_than, days)
            except SQLAlchemyError as error:
                logger.error("old conversations can't be erased: %s", type(error).__name__)
                pause = HOUR_SECONDS
            await asyncio.sleep(pause)

    def _pace(self, session: str) -> Pace:
        """This visitor's; those who were silent for longest are forgotten, but nobody in the middle of a turn."""
        pace = self._paces.pop(session, None) or Pace()
        self._paces[session] = pace
        if len(self._paces) > MOST_CONVERSATIONS:
            idle = (name for name, other in self._paces.items() if other is not pace and not other.turn.locked())
            self._paces.pop(next(idle, ""), None)
        return pace

    def _with_receipt(
        self, handler: Callable[..., Awaitable[dict[str, Any]]], paced: bool = True
    ) -> Callable[..., Any]:
        """The handler of an event within bounds, which tells the visitor when something fails."""

        async def handle(sid: str, data: object = None, *_: object) -> dict[str, Any]:
            try:
                session = await self._audience.session_of(sid)
                if paced and not await self._pace(session).allows_one_more():
                    return {"ok": False, "error": "pace", "text": response(SLOW_DOWN)["text"]}
                return await handler(sid, data)
            except UnknownConversationError:
                return {"ok": False, "error": "gone"}
            except Exception as error:
                logger.error("a visitor's message can't be kept: %s", type(error).__name__)
                return {"ok": False, "error": "trouble", "text": response(TROUBLE)["text"]}

        return handle


def _welcome() -> list[dict[str, Any]]:
    """What stands in the chat before the first message: what this is, what is kept, and where to begin."""
    opening = {"text": f"{response(STATEMENT)['text']}\n\n{response(PRIVACY)['text']}"}
    return [for_widget(opening), for_widget(response(GREETING))]
