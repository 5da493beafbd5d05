"""What a supervised process does: it says which run it belongs to, and ends with its supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

STDIN = 0
RUN_ID = "SUPERVISED_RUN_ID"
"""Environment variable that a supervisor sets to another value for each process it starts."""

STOP_SECONDS = 10
"""How long a process may take to end before it is killed."""


def health() -> dict[str, str]:
    """The body of a good health reply. The supervisor knows its own process by the `run_id` in it."""
    run_id = os.environ.get(RUN_ID)
    return {"status": "ok", "run_id": run_id} if run_id else {"status": "ok"}


def end_with_supervisor() -> None:
    """Ends this process as soon as its supervisor is gone, however that ended; does nothing without a supervisor.

    The supervisor holds the other end of standard input. Call this before anything that takes time.
    """
    if RUN_ID in os.environ:
        threading.Thread(target=_end_after_supervisor, name="supervisor", daemon=True).start()


def _end_after_supervisor() -> None:
    with contextlib.suppress(OSError):
        while os.read(STDIN, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
