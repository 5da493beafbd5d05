"""Ctrl-C at any moment ends a command in order, with nothing but a sentence."""

from __future__ import annotations

import signal

import pytest

from botwijzer.cli import _signals


class InterruptedWhileCollected:
    """Ctrl-C comes while Python collects this, where nothing can be raised."""

    def __init__(self, message: str = "") -> None:
        self.message = message

    def __del__(self) -> None:
        if self.message:
            raise ValueError(self.message)
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_python_swallows_shows_no_traceback_and_comes_again(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botwijzer.cli.AGAIN_SECONDS", 0.01)

    with pytest.raises(KeyboardInterrupt), _signals():  # noqa: PT012
        InterruptedWhileCollected()
        signal.pause()

    assert capfd.readouterr().err == ""


def test_other_errors_that_python_swallows_are_reported(capfd: pytest.CaptureFixture[str]) -> None:
    with _signals():
        InterruptedWhileCollected("lost")

    assert "ValueError: lost" in capfd.readouterr().err
