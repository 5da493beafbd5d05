"""The website's channel: the conversation of the widget over Socket.IO, below /webhooks/web.

What passes over the socket (all of it JSON objects):

- connecting: `auth` has `token` (from before, or null) and `last`, the id of the last message seen;
- server: `session` {token, messages}: the token to keep and all messages after `last`;
- visitor: `ask` {id, text, payload?}, acknowledged with {ok} or {ok: false, error, text}; the id is the
  browser's own, so that asking again after a lost connection changes nothing;
- server: `message` {id, author, body, ...}, at any time; `working` {on}; `erased` {};
- visitor: `feedback` {id, useful} and `erase` {}, acknowledged with {ok}.

Everything is kept before it is acknowledged or shown (`transcript.py`).
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiolimiter
import socketio
import socketio.exceptions
import tenacity
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.channels.intake import pressable, to_message, to_shown
from botwijzer.channels.origins import is_welcome
from botwijzer.channels.pages import add_pages
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.tokens import new_session, session_of, sign
from botwijzer.channels.transcript import SENDER_PREFIX, STAFF, Entry, Transcript
from botwijzer.channels.turn import STATEMENT, TROUBLE, Turn, take_turn
from botwijzer.replies import response
from botwijzer.settings import settings

logger = logging.getLogger(__name__)

MOST_BYTES = 200_000
"""Of one message over the socket; who sends more is disconnected."""

MOST_MESSAGES, IN_SECONDS = 30, 30.0
"""So many messages a visitor may send in so many seconds."""

LONGEST_CLIENT_ID = 64
MOST_CONVERSATIONS = 10_000
DAY_SECONDS = 24 * 60 * 60

MOST_TRIES = 6
"""So often an answer is given to the database, with longer and longer pauses; half a minute in all."""

PRIVACY, GREETING, SLOW_DOWN = "utter_privacy", "utter_greet", "utter_slow_down"


class WebOutput(CollectingOutputChannel):
    """Collects the messages of one turn, each whole."""

    @classmethod
    def name(cls) -> str:
        return "web"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Adds one message."""
        self.messages.append(dict(message))


class Pace:
    """Keeps one visitor's messages in order, and their number within bounds."""

    def __init__(self) -> None:
        self.arrival, self.turn = asyncio.Lock(), asyncio.Lock()
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
    """The widget's channel; `push` is the way in for a human who answers."""

    def __init__(self) -> None:
        self._socket = socketio.AsyncServer(
            async_mode="sanic", cors_allowed_origins=[], max_http_buffer_size=MOST_BYTES, logger=False
        )
        self._transcript = Transcript(settings().database_url)
        self._key = self._transcript.signing_key()
        self._pace = functools.lru_cache(maxsize=MOST_CONVERSATIONS)(lambda session: Pace())
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def name(cls) -> str:
        return "web"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The routes below /webhooks/web: the socket, and the pages of `pages.py`."""
        routes = _Routes("web", None)
        self._on_new_message = on_new_message
        self._socket.on("connect", self._on_connect)
        for event in ("ask", "feedback", "erase"):
            self._socket.on(event, _with_receipt(getattr(self, f"_on_{event}")))

        async def socket(request: Request) -> HTTPResponse | None:
            origin = request.headers.get("origin")
            if not is_welcome(origin, request.host, settings()):
                return json({"error": "this site may not embed the widget"}, status=403)
            answer: HTTPResponse | None = await self._socket.handle_request(request)
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
            self._begin(self._erase_daily())

        add_pages(routes, self._transcript)
        return routes

    async def push(self, session: str, text: str, author: str = STAFF) -> bool:
        """Shows a visitor a message at any time, now or when the browser is back.

        Returns:
            Whether there is such a conversation.
        """
        body = for_widget({"text": text})
        entry = await asyncio.to_thread(self._transcript.add, session, author, body)
        if entry:
            await self._show(session, entry)
        return entry is not None

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        try:
            await self._connect(sid, environ, auth)
        except SQLAlchemyError as error:
            logger.error("a conversation can't be opened: %s", type(error).__name__)
            raise socketio.exceptions.ConnectionRefusedError("unavailable") from None  # the browser tries again

    async def _connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        given = auth if isinstance(auth, dict) else {}
        last = given.get("last")
        last = last if isinstance(last, int) and last > 0 else 0
        session = session_of(given.get("token"), self._key)
        if session is None or not await asyncio.to_thread(self._transcript.knows, session):
            session, last = new_session(), 0
            await asyncio.to_thread(self._transcript.begin, session, _welcome())
        agent = environ["sanic.request"].app.ctx.agent
        await self._socket.save_session(sid, {"session": session, "agent": agent})
        self._socket.enter_room(sid, session)  # before reading, so that nothing falls between
        messages = [entry.to_json() for entry in await asyncio.to_thread(self._transcript.after, session, last)]
        await self._socket.emit("session", {"token": sign(session, self._key), "messages": messages}, to=sid)
        self._begin(self._answer(session, agent))  # what a server that died has left

    async def _on_ask(self, sid: str, data: object) -> dict[str, Any]:
        client_id = data.get("id") if isinstance(data, dict) else None
        text = data.get("text") if isinstance(data, dict) else None
        payload = data.get("payload") if isinstance(data, dict) else None
        if not isinstance(client_id, str) or not 1 <= len(client_id) <= LONGEST_CLIENT_ID or not isinstance(text, str):
            return {"ok": False, "error": "form"}
        visitor = await self._socket.get_session(sid)
        session = visitor["session"]
        if not await self._pace(session).allows_one_more():
            return {"ok": False, "error": "pace", "text": response(SLOW_DOWN)["text"]}
        pressed = isinstance(payload, str) and payload in pressable()
        for_rasa = str(payload) if pressed else to_message(text)
        body = {"kind": "text", "text": to_shown(text)}
        async with self._pace(session).arrival:
            question = await asyncio.to_thread(self._transcript.add_question, session, client_id, body, for_rasa)
            if question:
                await self._show(session, question)
        if question:
            self._begin(self._answer(session, visitor["agent"]))
        return {"ok": True}

    async def _on_feedback(self, sid: str, data: object) -> dict[str, Any]:
        message = data.get("id") if isinstance(data, dict) else None
        useful = data.get("useful") if isinstance(data, dict) else None
        if not isinstance(message, int) or not isinstance(useful, bool):
            return {"ok": False, "error": "form"}
        session = (await self._socket.get_session(sid))["session"]
        return {"ok": await asyncio.to_thread(self._transcript.keep_feedback, session, message, useful)}

    async def _on_erase(self, sid: str, data: object) -> dict[str, Any]:
        session = (await self._socket.get_session(sid))["session"]
        async with self._pace(session).turn:  # a turn that is under way would write again
            await asyncio.to_thread(self._transcript.erase, session)
        await self._socket.emit("erased", {}, room=session, skip_sid=sid)  # to the other tabs
        return {"ok": True}

    async def _answer(self, session: str, agent: Any) -> None:
        """Answers what this visitor has sent, in its order."""
        async with self._pace(session).turn:
            for question in await asyncio.to_thread(self._transcript.unanswered, session):
                await self._socket.emit("working", {"on": True}, room=session)
                try:
                    await self._answer_one(question, session, agent)
                finally:
                    await self._socket.emit("working", {"on": False}, room=session)

    async def _answer_one(self, question: Entry, session: str, agent: Any) -> None:
        output = WebOutput()
        message = UserMessage(question.for_rasa, output, SENDER_PREFIX + session, input_channel=self.name())
        await take_turn(self._on_new_message, message, output, agent)
        bodies = [for_widget(said) for said in output.messages if said.get("utter_action") != STATEMENT]
        keeping = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(SQLAlchemyError),
            wait=tenacity.wait_random_exponential(max=10),
            stop=tenacity.stop_after_attempt(MOST_TRIES),
            reraise=True,
        )
        kept: list[Entry] = await keeping(asyncio.to_thread, self._transcript.add_answers, question, session, bodies)
        for entry in kept:
            await self._show(session, entry)

    async def _show(self, session: str, entry: Entry) -> None:
        await self._socket.emit("message", entry.to_json(), room=session)

    async def _erase_daily(self) -> None:
        while True:
            await asyncio.to_thread(self._transcript.erase_older_than, settings().retention_days)
            await asyncio.sleep(DAY_SECONDS)

    def _begin(self, work: Any) -> None:
        """Does work beside; a task that nobody holds may vanish."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("work of the web channel failed: %s", type(error).__name__)


def _with_receipt(handler: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The handler of an event, which tells the visitor when the database fails."""

    async def handle(sid: str, data: object = None) -> dict[str, Any]:
        try:
            return await handler(sid, data)
        except SQLAlchemyError as error:
            logger.error("a visitor's message can't be kept: %s", type(error).__name__)
            return {"ok": False, "error": "trouble", "text": response(TROUBLE)["text"]}

    return handle


def _welcome() -> list[dict[str, Any]]:
    """What stands in the chat before the first message: what this is, what is kept, and where to begin."""
    opening = {"text": f"{response(STATEMENT)['text']}\n\n{response(PRIVACY)['text']}"}
    return [for_widget(opening), for_widget(response(GREETING))]
