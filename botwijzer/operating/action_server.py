"""Runs the action server with logs like those of our other processes: `python -m botwijzer.operating.action_server`.

The command of rasa_sdk writes errors with their messages, which may hold a visitor's words.
"""

from __future__ import annotations

import typer

from botwijzer.operating.logs import set_up_logs
from botwijzer.settings import settings

PORT = typer.Option(..., help="port that it listens on; the address is that of SANIC_HOST")


def main(port: int = PORT) -> None:
    """Serve the actions until a signal ends it."""
    set_up_logs(settings().log_level)
    from rasa_sdk.endpoint import run  # after the logs, which it would set up in its own way

    run("actions", port)


if __name__ == "__main__":
    typer.run(main)
