"""The website's channel: the conversation of the widget over Socket.IO, below /webhooks/web.

What passes over the socket (all of it JSON objects):

- connecting: `auth` has `token` (from before, or null) and `last`, the id of the last message seen; refused with
  `unavailable`, or `pace` {text} (the same again later);
- server: `session` {token, messages, earlier}: the token to keep and the newest messages after `last`; `earlier` says
  that there are more after `last`, before these;
- visitor: `history` {before}, acknowledged with {ok, messages, earlier}: those before the message with this id;
- visitor: `ask` {id, text, payload?, last?}, acknowledged with {ok} or {ok: false, error, text}; the id is the
  browser's own, so that asking again after a lost connection changes nothing; `last` as when connecting;
- server: `message` {id, author, body, ...}, at any time; `working` {on}; `erased` {text?}: what to tell about it;
- errors: `form` (not of this form), `long` and `full` (the message was not kept; `text` says why), `pace` and
  `trouble` (the same again later; `text` says so), `gone` (there is no such conversation any more: begin anew);
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

import socketio.exceptions
import tenacity
from aiolimiter import AsyncLimiter
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.background import Background
from botwijzer.channels.addresses import networks_of
from botwijzer.channels.audience import Audience
from botwijzer.channels.conversation_room import FullConversationError
from botwijzer.channels.erasing import asks_to_erase, erased
from botwijzer.channels.intake import is_too_long, pressable, to_shown, typed_message
from botwijzer.channels.limits import NetworkLimits, Rate
from botwijzer.channels.news import News
from botwijzer.channels.origins import refusal_of_origin
from botwijzer.channels.pace import Pace, Paces, allows
from botwijzer.channels.pages import add_pages
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.sockets import make_server, refuse, sweep
from botwijzer.channels.tokens import new_session, session_of, sign
from botwijzer.channels.transcript import HIGHEST_ID, Entry, Transcript, UnknownConversationError
from botwijzer.channels.transcript_tables import SENDER_PREFIX
from botwijzer.channels.turn import STATEMENT, TROUBLE, Turn, WholeMessages, take_turn
from botwijzer.channels.web_staff import WebVisitors
from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.operators import give_back
from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.store import Requests
from botwijzer.responses import responses
from botwijzer.settings import settings

logger = logging.getLogger(__name__)

MOST_BYTES = 200_000
"""Of one message over the socket; who sends more is disconnected."""

NEW_SESSIONS_OF_ONE, NEW_SESSIONS_IN_ALL = Rate(30, 60.0), Rate(500, 10.0)
"""Conversations that may begin; an office or a mobile provider may stand behind one address."""

CONNECTS_OF_ONE, CONNECTS_IN_ALL = Rate(120, 60.0), Rate(1_000, 10.0)
"""Connections that may be opened or taken up again; the browser tries again later."""

CHARACTERS_OF_ONE, CHARACTERS_IN_ALL = Rate(40_000, 60.0), Rate(2_000_000, 60.0)
"""Of messages: to understand a long one takes as long as many short ones."""

_CLIENT_ID = re.compile(r"[\w-]{1,64}", re.ASCII)

MOST_TRIES = 6
"""So often an answer is given to the database, with longer and longer pauses; half a minute in all."""

GIVE_UP_SECONDS = 600.0
"""Then nothing tries any more to answer a question, until its visitor asks again or comes back."""

PRIVACY, GREETING, SLOW_DOWN = "utter_privacy", "utter_greet", "utter_slow_down"
TOO_LONG, FULL, SHORTENED = "utter_too_long_message", "utter_conversation_full", "utter_conversation_shortened"


class _Routes(Blueprint):
    """Routes of an application that also speaks websocket."""

    def register(self, app: Sanic[Any, Any], options: dict[str, Any]) -> None:
        app.enable_websocket()
        super().register(app, options)  # type: ignore[no-untyped-call]


class WebChannel(InputChannel):
    """The widget's channel."""

    def __init__(self) -> None:
        self._socket = make_server(MOST_BYTES)
        self._transcript = Transcript(settings().database_url)
        self._key = self._transcript.signing_key()
        self._paces = Paces()
        self._new_sessions = NetworkLimits(of_one=NEW_SESSIONS_OF_ONE, in_all=NEW_SESSIONS_IN_ALL)
        self._connects = NetworkLimits(of_one=CONNECTS_OF_ONE, in_all=CONNECTS_IN_ALL)
        self._characters = NetworkLimits(of_one=CHARACTERS_OF_ONE, in_all=CHARACTERS_IN_ALL)
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
        self._socket.on("history", self._with_receipt(self._on_history))
        self._socket.on("erase", self._with_receipt(self._on_erase, lambda pace: pace.erasures))

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
        async def start(app: Sanic[Any, Any]) -> None:
            app.ctx.web_channel = self
            self._agent = app.ctx.agent
            self._background.begin(sweep(self._socket))
            self._background.begin(self._news.listen())
            self._background.begin(self._delivery.run())
            self._background.begin(give_back(self._requests, self._delivery))

        @routes.listener("before_server_stop")
        async def stop(_: Sanic[Any, Any]) -> None:
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
        last = _message_id(given.get("last"))
        networks = networks_of(environ["sanic.request"], settings().trusted_proxies)
        if not await self._connects.allows(networks):
            raise _refused_for_pace()
        session = session_of(given.get("token"), self._key)
        if session and not await allows(self._paces.of(session).connects):
            raise _refused_for_pace()
        if not session or not await asyncio.to_thread(self._transcript.knows, session):
            if not await self._new_sessions.allows(networks):
                raise _refused_for_pace()
            session, last = new_session(), 0
            await asyncio.to_thread(self._transcript.begin, session, _welcome())
        self._paces.of(session).networks = networks
        await self._audience.join(sid, session, last, sign(session, self._key))
        if await asyncio.to_thread(self._transcript.unanswered, session):
            await self._socket.emit("working", {"on": True}, to=sid)
            self._background.begin(self._catch_up(sid, session))

    async def _catch_up(self, sid: str, session: str) -> None:
        """Answers what an instance that died has left, or waits until one that lives has answered it."""
        await self._answer(session)
        await self._socket.emit("working", {"on": False}, to=sid)

    async def _on_ask(self, sid: str, data: object) -> dict[str, Any]:
        given = data if isinstance(data, dict) else {}
        client_id, text, payload = given.get("id"), given.get("text"), given.get("payload")
        if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id) or not isinstance(text, str):
            return _fault("form")
        if is_too_long(text):
            return _fault("long", TOO_LONG)
        session = await self._audience.session_of(sid)
        pace = self._paces.of(session)
        if not await allows(pace.characters, len(text)) or not await self._characters.allows(pace.networks, len(text)):
            return _fault("pace", SLOW_DOWN)
        pressed = isinstance(payload, str) and payload in pressable()
        for_rasa = str(payload) if pressed else typed_message(text)
        body = {"kind": "text", "text": to_shown(text)}
        async with pace.arrival:
            seen, shortened = _message_id(given.get("last")), for_widget(responses().message(SHORTENED))
            question = await asyncio.to_thread(
                self._transcript.add_question, session, client_id, body, for_rasa, seen, shortened
            )
            if question:
                await self._show(session)
        if question:
            self._background.begin(self._answer(session))
        return {"ok": True}

    async def _on_history(self, sid: str, data: object) -> dict[str, Any]:
        before = _message_id(data.get("before") if isinstance(data, dict) else None)
        if not before:
            return _fault("form")
        session = await self._audience.session_of(sid)
        page = await asyncio.to_thread(self._transcript.page, session, before=before)
        return {"ok": True, **page.to_json()}

    async def _on_feedback(self, sid: str, data: object) -> dict[str, Any]:
        message = _message_id(data.get("id") if isinstance(data, dict) else None)
        useful = data.get("useful") if isinstance(data, dict) else None
        if not message or not isinstance(useful, bool):
            return _fault("form")
        session = await self._audience.session_of(sid)
        return {"ok": await asyncio.to_thread(self._transcript.keep_feedback, session, message, useful)}

    async def _on_erase(self, sid: str, data: object) -> dict[str, Any]:
        session = await self._audience.session_of(sid)
        keeps_requests = isinstance(data, dict) and data.get("keep_requests") is True
        pace = self._paces.of(session)
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
        pace = self._paces.of(session)
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
        await take_turn(self._on_new_message, message, output, self._agent, self._paces.of(session).networks)
        said: list[dict[str, Any]] = output.messages
        return said

    async def _tell(self, session: str, payload: str) -> list[dict[str, Any]]:
        """What Rasa says to a payload that no visitor sent, between the visitor's own turns."""
        async with self._alone(session):
            return await self._turn(session, payload)

    @asynccontextmanager
    async def _alone(self, session: str) -> AsyncIterator[None]:
        """Nobody else answers in this conversation or erases it meanwhile, in no instance."""
        async with self._paces.of(session).turn, self._agent.lock_store.lock(f"answers:{session}"):
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

    async def tell_erased(self, session: str) -> None:
        """Tells the widgets in which a conversation is open that it was erased."""
        await self._socket.emit("erased", {}, room=session)
        await self._news.tell(session)

    def _with_receipt(
        self,
        handler: Callable[..., Awaitable[dict[str, Any]]],
        limiter: Callable[[Pace], AsyncLimiter] = lambda pace: pace.messages,
    ) -> Callable[..., Any]:
        """The handler of an event within bounds, which tells the visitor when something fails."""

        async def handle(sid: str, data: object = None, *_: object) -> dict[str, Any]:
            try:
                session = await self._audience.session_of(sid)
                if not await allows(limiter(self._paces.of(session))):
                    return _fault("pace", SLOW_DOWN)
                return await handler(sid, data)
            except UnknownConversationError:
                return _fault("gone")
            except FullConversationError:
                return _fault("full", FULL)
            except Exception as error:
                logger.error("a visitor's message can't be kept: %s", type(error).__name__)
                return _fault("trouble", TROUBLE)

        return handle


def _fault(error: str, why: str = "") -> dict[str, Any]:
    """A receipt for what was not done, with the response that tells the visitor why."""
    return {"ok": False, "error": error, **({"text": responses().text(why)} if why else {})}


def _refused_for_pace() -> socketio.exceptions.ConnectionRefusedError:
    return socketio.exceptions.ConnectionRefusedError("pace", {"text": responses().text(SLOW_DOWN)})


def _message_id(given: object) -> int:
    """The id of a message as a browser names it; 0 when it is not one."""
    return given if type(given) is int and 0 < given <= HIGHEST_ID else 0


def _welcome() -> list[dict[str, Any]]:
    """What stands in the chat before the first message: what this is, what is kept, and where to begin."""
    opening = {"text": f"{responses().text(STATEMENT)}\n\n{responses().text(PRIVACY)}"}
    return [for_widget(opening), for_widget(responses().message(GREETING))]
