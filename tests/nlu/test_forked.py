"""A call in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from botwijzer.nlu.forked import ForkedCall, ForkedCallError
from tests.conftest import wait_until

PARENT = """
import time
from botwijzer.nlu.forked import ForkedCall
call = ForkedCall(time.sleep, 1000)
print(call._process.pid, flush=True)
call.result()
"""


def test_the_call_has_a_process_of_its_own_and_returns_its_result() -> None:
    unpicklable = (number for number in range(3))

    calls = [ForkedCall(lambda numbers: (os.getpid(), list(numbers)), unpicklable) for _ in range(2)]
    (first, numbers), (second, _) = [call.result() for call in calls]

    assert numbers == [0, 1, 2]
    assert len({os.getpid(), first, second}) == 3


def test_an_exception_is_raised_where_the_result_is_wanted() -> None:
    call = ForkedCall(int, "drie")

    with pytest.raises(ValueError, match="drie"):
        call.result()


def test_a_killed_process_is_an_error_and_not_a_wait_without_end() -> None:
    call = ForkedCall(lambda: os.kill(os.getpid(), signal.SIGKILL))

    with pytest.raises(ForkedCallError, match="exit code -9"):
        call.result()


def test_the_process_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], text=True, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

        assert parent.stdout.read() == ""  # the child held it too

    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
