"""Erasing a visitor's conversation on request: the action asks and says so, the channel does it after the turn.

During the turn it can't be done: Rasa writes what was said when the turn is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botwijzer.responses import responses

ERASE = {"kind": "erase"}
"""A message that carries this under `custom` asks the channel to erase the conversation."""


def asks_to_erase(said: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the messages of a turn ask for it."""
    return any(message.get("custom") == ERASE for message in said)


def erased(references: Sequence[str]) -> dict[str, Any]:
    """What to tell the visitor afterwards, with the requests that were erased too."""
    named = f" Ook je verzoek {' en '.join(references)}, en de medewerkers zijn gevraagd het te wissen." * bool(
        references
    )
    return responses().message("utter_erased", erased_requests=named)
