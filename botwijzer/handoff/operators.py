"""What the staff sees and does, whatever desk they sit at: a group in Telegram today, another program tomorrow.

A desk is a `Way` (delivery.py) that posts `post_of` each dispatch in a thread of its request, and that calls the
store for what the staff does there: `take`, `staff_wrote`, `close`. `channels/telegram_desk.py` is one.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from botwijzer.article import article
from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.handoff.store import Requests, Taking
from botwijzer.responses import request_blanks, responses
from botwijzer.settings import settings

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0

TAKE, CLOSE = "take", "close"
BUTTONS = {TAKE: "Overnemen", CLOSE: "Afsluiten"}
"""What the staff presses, as they read it."""

CHANNELS = {"web": "website", "telegram": "Telegram", "rest": "ander programma"}


@dataclass(frozen=True)
class Post:
    """Something for the staff to read, with what they may do about it: `TAKE`, `CLOSE`."""

    text: str
    buttons: tuple[str, ...] = ()


def post_of(dispatch: Dispatch, request: Request) -> Post:
    """What a dispatch says to the staff.

    Raises:
        ValueError: It is of no kind that a desk knows.
    """
    known = request_blanks(request)
    if dispatch.kind == "asked":
        more = {"request_earlier": _earlier(request), "request_passages": _passages(request)}
        channel = CHANNELS.get(request.channel, request.channel)
        return Post(_text("desk_asked", **known, **more, request_channel=channel), _buttons(request))
    if dispatch.kind == "changed":
        return Post(_text("desk_changed", **known), _buttons(request))
    if dispatch.kind == "line":
        return Post(_text("desk_line", line=str(dispatch.body["text"])))
    if dispatch.kind == "note":
        operator = str(dispatch.body.get("operator", ""))
        buttons = tuple(button for button in dispatch.body.get("buttons", ()) if button in _buttons(request))
        return Post(_text(str(dispatch.body["response"]), operator=operator), buttons)
    if dispatch.kind == "closed":
        return Post(_text("desk_closed", **known))
    raise ValueError(f"no desk knows '{dispatch.kind}'")


def answer_to_taking(came: Taking, request: Request | None) -> str:
    """What whoever wanted to take a conversation over reads at once; empty when the thread tells it."""
    if came is Taking.TAKEN:
        return ""
    if came is Taking.ALREADY_YOURS:
        return _text("desk_taken_by_you")
    if came is Taking.CLOSED or request is None:
        return _text("desk_closed_already")
    return _text("desk_taken_already", operator=request.operator or "Een collega")


async def give_back(store: Requests, delivery: Delivery) -> None:
    """Gives conversations back to the assistant that nobody takes or whose human is silent, for ever."""
    while True:
        try:
            current = settings()
            waits = (float(current.operator_wait_seconds), float(current.operator_silence_seconds))
            if await asyncio.to_thread(store.give_back, *waits):
                delivery.wake()
        except SQLAlchemyError as error:
            logger.error("waiting visitors can't be looked for: %s", type(error).__name__)
        await asyncio.sleep(LOOK_SECONDS)


def _buttons(request: Request) -> tuple[str, ...]:
    return (TAKE, CLOSE) if request.channel in {"web", "telegram"} else (CLOSE,)


def _earlier(request: Request) -> str:
    if not request.earlier:
        return ""
    return "\n".join(["Eerdere vragen:", *(f"- {' '.join(question.split())}" for question in request.earlier), ""])


def _passages(request: Request) -> str:
    known = article().passages
    shown = [known[passage].question for passage in request.passages if passage in known]
    return "\n".join(["Al gelezen in het artikel:", *(f"- {question}" for question in shown)]) if shown else ""


def _text(name: str, **more: str) -> str:
    return responses().text(name, **more)
