"""Runs the server: `python -m botwijzer.serving --model models/...tar.gz`; what `botwijzer run` starts."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import typer

from botwijzer.operating.logs import set_up_logs
from botwijzer.serving.absent import leave_out
from botwijzer.settings import settings
from botwijzer.supervised import end_with_supervisor

MODEL = typer.Option(..., help="the trained model's file")


MOST_FILES = 65_536
"""So many files and connections the server may have open; a shell often allows 1,024."""


def main(model: Path = MODEL) -> None:
    """Serve all channels until a signal ends it."""
    end_with_supervisor()
    leave_out()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES if hard == resource.RLIM_INFINITY else hard, hard))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a message is small: to share it takes 200 times as long
    set_up_logs(settings().log_level)
    from botwijzer.serving.server import make_server  # now that what Rasa would bring along is left out

    make_server(settings(), model).run(
        host=settings().host, port=settings().port, workers=1, access_log=False, motd=False
    )


if __name__ == "__main__":
    typer.run(main)
