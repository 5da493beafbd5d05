"""Runs the server: `python -m botwijzer.serving --model models/...tar.gz`; what `botwijzer run` starts."""

from __future__ import annotations

import logging
from pathlib import Path

import structlog
import typer

from botwijzer.serving.absent import leave_out
from botwijzer.settings import settings

MODEL = typer.Option(..., help="the trained model's file")


def main(model: Path = MODEL) -> None:
    """Serve all channels until a signal ends it."""
    leave_out()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # below, it has texts
    from botwijzer.serving.server import make_server  # now that what Rasa would bring along is left out

    make_server(settings(), model).run(
        host=settings().host, port=settings().port, workers=1, access_log=False, motd=False
    )


if __name__ == "__main__":
    typer.run(main)
