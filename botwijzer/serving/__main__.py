"""Runs the server: `python -m botwijzer.serving --model models/...tar.gz`; what `botwijzer run` starts."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from botwijzer.operating.logs import set_up_logs
from botwijzer.serving.absent import leave_out
from botwijzer.settings import settings

MODEL = typer.Option(..., help="the trained model's file")


def main(model: Path = MODEL) -> None:
    """Serve all channels until a signal ends it."""
    leave_out()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a message is small: to share it takes 200 times as long
    set_up_logs(settings().log_level)
    from botwijzer.serving.server import make_server  # now that what Rasa would bring along is left out

    make_server(settings(), model).run(
        host=settings().host, port=settings().port, workers=1, access_log=False, motd=False
    )


if __name__ == "__main__":
    typer.run(main)
