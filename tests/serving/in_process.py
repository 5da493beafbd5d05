"""The assistant with its model, in the tests' own process."""

from __future__ import annotations

from pathlib import Path

from botwijzer.database import migrate
from botwijzer.serving.conversations import Conversations
from botwijzer.serving.dialogue import Assistant
from botwijzer.serving.locks import Locks
from botwijzer.training import ensure_model


def assistant_in(folder: Path) -> Assistant:
    """The assistant, whose conversations are kept in a folder."""
    url = f"sqlite:///{folder / 'conversations.db'}"
    migrate(url)
    found = Assistant(Conversations(url), Locks(redis_url=""))
    found.load_model(ensure_model())
    return found
