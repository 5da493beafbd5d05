"""Runs the action server with logs like those of our other processes: `python -m botwijzer.operating.action_server`.

The command of rasa_sdk writes errors with their messages, which may hold a visitor's words.
"""

from __future__ import annotations

import os

import typer
from sanic.request import Request
from sanic.response import HTTPResponse, json

from botwijzer.operating.logs import set_up_logs
from botwijzer.settings import settings
from botwijzer.supervised import end_with_supervisor, health

ANY_ADDRESS = "0.0.0.0"
PORT = typer.Option(..., help="port that it listens on; the address is that of SANIC_HOST")


def main(port: int = PORT) -> None:
    """Serve the actions until a signal ends it."""
    end_with_supervisor()
    set_up_logs(settings().log_level)
    from rasa_sdk.endpoint import create_app  # after the logs, which it would set up in its own way

    server = create_app("actions")
    server.register_middleware(_answer_health, "request")
    server.run(os.environ.get("SANIC_HOST", ANY_ADDRESS), port, single_process=True, motd=False)


def _answer_health(request: Request) -> HTTPResponse | None:
    """Answers before rasa_sdk's own route does, which can't say whose process this is."""
    return json(health()) if request.path == "/health" else None


if __name__ == "__main__":
    typer.run(main)
