"""Ctrl-C and SIGTERM end `botwijzer run`, whatever it is doing when they come."""

from __future__ import annotations

import subprocess
import sys

from tests.unit_helpers import ROOT

LOST = """
import signal, time, weakref
from botwijzer import cli

class Thing:
    pass

def interrupt(_):
    signal.raise_signal(signal.SIGALRM)

signal.signal(signal.SIGALRM, cli._interrupt)
thing = Thing()
reference = weakref.ref(thing, interrupt)
try:
    del thing
    print("lost", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("heard")
"""
"""What is raised in a callback of the garbage collection is printed and forgotten."""


def test_an_interrupt_that_gets_lost_comes_again() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOST], cwd=ROOT, capture_output=True, text=True, check=False, timeout=50
    )

    assert done.stdout == "lost\nheard\n", done.stderr
