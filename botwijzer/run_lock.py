"""One run of a part at a port at a time. The lock is the kernel's, so a dead process never holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType

import tenacity

from botwijzer.private_files import FILE_MODE, FOLDER_MODE
from botwijzer.settings import ROOT
from botwijzer.supervised import STOP_SECONDS
from botwijzer.supervisor import Part, PartError, port_variable

FOLDER = ROOT / "var" / "run"
POLL_SECONDS = 0.2
WAIT_SECONDS = STOP_SECONDS + 2
"""How long a start waits for a run that is ending."""

ENDING = " (ending)"


class RunLock:
    """Held, as a context, while a part runs at its port.

    The lock file holds the process id of the run that has it, and nothing after a run that ended in order.
    """

    def __init__(self, part: Part, folder: Path = FOLDER) -> None:
        self._part = part
        self._path = folder / f"{part.name}-{part.port}.lock"
        self._descriptor = -1
        self.port_seconds = 0.0
        """How long the port may still be in use: the processes of a run that was killed end on their own."""

    def __enter__(self) -> RunLock:
        """Takes the lock; waits for a run that is ending.

        Raises:
            PartError: Another run has it.
        """
        self._path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            self._wait()
        except BaseException:
            os.close(self._descriptor)
            raise
        self.port_seconds = WAIT_SECONDS if self._holder() else 0.0
        self._write(str(os.getpid()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")
        os.close(self._descriptor)

    def mark_ending(self) -> None:
        """Tells the next run that it is worth waiting for this one."""
        self._write(f"{os.getpid()}{ENDING}")

    def _wait(self) -> None:
        waiting = tenacity.Retrying(
            stop=tenacity.stop_after_delay(WAIT_SECONDS),
            wait=tenacity.wait_fixed(POLL_SECONDS),
            retry=tenacity.retry_if_result(lambda taken: not taken),
            retry_error_callback=lambda _: self._refuse(self._holder()),
        )
        waiting(self._take)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._holder()
            if holder and not holder.endswith(ENDING):
                self._refuse(holder)
            return False
        return True

    def _refuse(self, holder: str) -> None:
        who = f"process {holder.removesuffix(ENDING)}" if holder else "another process"
        raise PartError(
            f"{who} has already started {self._part.name} at port {self._part.port}; "
            f"end it first, or set {port_variable(self._part)}"
        )

    def _holder(self) -> str:
        return os.pread(self._descriptor, 100, 0).decode("ascii", "replace")

    def _write(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        with contextlib.suppress(OSError):  # a full disk; the text only serves messages
            os.pwrite(self._descriptor, text.encode(), 0)
