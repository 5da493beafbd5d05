"""A request for a human, as the store keeps it and as the ways to the staff send it."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_REQUESTS_KEY = "no_requests"
"""Under this name the metadata of a message says that no request may be made from its network now."""


class State(enum.StrEnum):
    """Whose a conversation is, by its latest request."""

    BOT = "bot"
    """The assistant answers; the staff answers the request when it can, by mail, by telephone or by taking over."""

    WAITING = "waiting"
    """The assistant answers, and somebody of the staff may take over any moment."""

    HUMAN = "human"
    """Somebody of the staff has it; the assistant is silent."""

    CLOSED = "closed"
    """The request was handled; the assistant answers."""


@dataclass(frozen=True)
class Request:
    """A visitor's request.

    Attributes:
        id: Of the row.
        reference: What visitor and staff call it, such as `BW-4F7K`.
        draft: Key that makes making it twice harmless.
        conversation: The conversation's key, `web:...`, `telegram:...` or `rest:...`.
        state: Whose the conversation is.
        question: What the visitor wants to know, in the visitor's words.
        name: As the visitor gave it; empty when refused.
        email: A valid address, or empty.
        phone: A valid number as people write it, with its country's prefix when that is certain; or empty.
        earlier: The last questions of the conversation, oldest first, when the visitor lets them go along.
        passages: Ids of the article's passages that were shown, oldest first.
        asked_at: When it was made, UTC without a zone.
        operator: Who of the staff has it or had it last, for the staff; empty when nobody yet.
        thread: Where the staff talks about it, as the desk names it; empty when nowhere yet.
    """

    id: int
    reference: str
    conversation: str
    state: State
    question: str
    name: str
    email: str
    phone: str
    earlier: tuple[str, ...]
    passages: tuple[str, ...]
    asked_at: datetime.datetime
    operator: str = ""
    thread: str = ""
    draft: str = ""

    @property
    def channel(self) -> str:
        """The channel that the visitor is on: `web`, `telegram` or `rest`."""
        return self.conversation.partition(":")[0]

    @property
    def way(self) -> str:
        """Where the answer goes; empty: to the conversation itself."""
        return " of ".join(way for way in (self.email, self.phone) if way)


@dataclass(frozen=True)
class Dispatch:
    """Something of a request on its way, by mail, to the staff's desk or to the visitor.

    Attributes:
        id: Of the row; the same at each try, so whoever gets it can know it again.
        request: Id of the request.
        way: `mail`, `desk`, or the channel of the visitor.
        kind: What it is; see `store.py`.
        body: What it needs beside the request.
        tries: How often it was tried before.
    """

    id: int
    request: int
    way: str
    kind: str
    body: Mapping[str, Any]
    tries: int
