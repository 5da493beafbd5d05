"""A way for tests to say something to a visitor as a human who answers does; never part of the assistant."""

from __future__ import annotations

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer.channels.turn import Turn


class PushChannel(InputChannel):
    """POST /webhooks/push/ with {session, text}."""

    @classmethod
    def name(cls) -> str:
        return "push"

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The route."""
        routes = Blueprint("push", None)

        @routes.post("/")
        async def push(request: Request) -> HTTPResponse:
            shown = await request.app.ctx.web_channel.push(request.json["session"], request.json["text"])
            return json({"shown": shown})

        return routes
