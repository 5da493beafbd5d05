"""Runs the server: `python -m botwijzer.serving --model models/...tar.gz`; what `botwijzer run` starts."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import typer

from botwijzer.operating.logs import set_up_logs
from botwijzer.settings import settings
from botwijzer.supervised import end_with_supervisor
from rasa_stubs import leave_out

MODEL = typer.Option(..., help="the trained model's file")


MAX_OPEN_FILES = 65_536
"""A shell often allows 1,024; each connection is one."""

NOT_SERVED = ("questionary", "prompt_toolkit", "matplotlib", "networkx", "pandas")
"""What only Rasa's command line and reports use; Rasa's server imports it."""


def main(model: Path = MODEL) -> None:
    """Serve all channels until a signal ends it."""
    end_with_supervisor()
    leave_out(NOT_SERVED)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else hard, hard))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a message is small: to share it takes 200 times as long
    set_up_logs(settings().log_level)
    from botwijzer.serving.server import make_server  # after `leave_out`: it imports Rasa

    make_server(settings(), model).run(
        host=settings().host, port=settings().port, single_process=True, access_log=False, motd=False
    )


if __name__ == "__main__":
    typer.run(main)
