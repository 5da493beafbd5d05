"""Who of the website's visitors is here: sockets by conversation, each with what it has got of the transcript."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import socketio
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.channels.transcript import Transcript
from botwijzer.serving.locks import Locks

logger = logging.getLogger(__name__)

NAMESPACE = "/"
AT_ONCE = 500
"""So many conversations are looked for in one query."""

MAX_SOCKETS = 10
"""Of one conversation; a further one takes the place of the oldest, which may be of a connection that was lost."""


class Audience:
    """The open sockets of this instance; each gets every message of its conversation once, in their order."""

    def __init__(self, server: socketio.AsyncServer, transcript: Transcript) -> None:
        self._server = server
        self._transcript = transcript
        self._locks = Locks(redis_url="")

    async def join(self, sid: str, session: str, last: int, token: str) -> None:
        """Begins with a socket: it gets the token to keep and the newest of the messages after `last`.

        `earlier` says that there are others after `last` before these; the browser asks for them as it needs them.
        """
        async with self._locks.lock(session):
            for oldest in list(await self._sockets(session))[: -(MAX_SOCKETS - 1)]:
                await self._server.disconnect(oldest)
            # in this order, so that what is added in between is in the page
            newest = (await asyncio.to_thread(self._transcript.newest, [session])).get(session, 0)
            page = await asyncio.to_thread(self._transcript.page, session, last)
            has = page.entries[-1].id if page.entries else min(last, newest)
            await self._server.save_session(sid, {"session": session, "last": has})
            self._server.enter_room(sid, session)
            await self._server.emit("session", {"token": token, **page.to_json()}, to=sid)

    async def session_of(self, sid: str) -> str:
        """The session of a socket."""
        return str((await self._server.get_session(sid))["session"])

    async def show(self, session: str) -> None:
        """Sends each socket of a conversation what it has not got yet."""
        async with self._locks.lock(session):
            sockets = await self._sockets(session)
            if not sockets:
                return
            has = min(int(state["last"]) for state in sockets.values())
            for entry in await asyncio.to_thread(self._transcript.after, session, has):
                for sid, state in sockets.items():
                    if entry.id > state["last"]:
                        state["last"] = entry.id
                        await self._server.emit("message", entry.to_json(), to=sid)

    async def look(self, session: str | None = None) -> None:
        """Shows what is not shown yet in a conversation or in all, and which were erased."""
        has: dict[str, int] = {}
        for state in (await self._sockets(session)).values():
            has[state["session"]] = min(state["last"], has.get(state["session"], state["last"]))
        sessions = list(has)
        try:
            for start in range(0, len(sessions), AT_ONCE):
                some = sessions[start : start + AT_ONCE]
                newest = await asyncio.to_thread(self._transcript.newest, some)
                for each in some:
                    if each not in newest:
                        await self._server.emit("erased", {}, room=each)
                    elif newest[each] > has[each]:
                        await self.show(each)
        except SQLAlchemyError as error:
            logger.error("conversations can't be looked at: %s", type(error).__name__)

    async def _sockets(self, session: str | None) -> dict[str, dict[str, Any]]:
        """What is kept of each socket of a conversation, or of all conversations."""
        found = {}
        if NAMESPACE in self._server.manager.rooms:
            for sid, _ in self._server.manager.get_participants(NAMESPACE, session):
                try:
                    state = await self._server.get_session(sid)
                except KeyError:
                    continue  # it has just gone
                if "session" in state:
                    found[sid] = state
        return found
