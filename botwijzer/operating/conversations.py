"""What whoever runs the assistant does with one conversation: find it in the logs, erase it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.util import deprecations

from botwijzer.database import DatabaseError, migrate, open_database
from botwijzer.handoff.store import Requests
from botwijzer.operating.logs import hash_of, use_key
from botwijzer.write_ahead_log import wait_until_log_is_empty

if TYPE_CHECKING:
    from botwijzer.retention import Retention

QUICK_SECONDS = 1.0
STILL_THERE = (
    "The words are still in the database's files, since another program reads them (a backup?). Waiting for it ... "
    "(Ctrl-C leaves that to the assistant, which does it within a day)"
)

_values = sa.table("web_values", sa.column("name"), sa.column("value"))
"""Of `botwijzer.channels.transcript`, which brings Rasa along: seconds that finding should not wait for."""


def hash_of_conversation(url: str, which: str) -> str:
    """The name of a conversation in the logs.

    Args:
        url: The database's address.
        which: A request's reference, or the conversation's key (`web:...`, `telegram:...`, `rest:...`).

    Raises:
        DatabaseError: The database can't be used, or has no such request.
    """
    conversation = _key_of(url, which)
    with open_database(url).connect() as connection:
        key = connection.scalar(sa.select(_values.c.value).where(_values.c.name == "web_signing_key"))
    if not key:
        raise DatabaseError("the assistant has not run with this database yet")
    use_key(str(key))
    return hash_of(conversation)


def erase_conversation(url: str, which: str) -> list[str]:
    """Erases a conversation with its requests for a human, as its visitor could.

    Args:
        url: The database's address.
        which: As for `hash_of_conversation`.

    Returns:
        The references of the requests; the staff is asked to erase what it was sent of them.

    Raises:
        DatabaseError: The database can't be used, or has no such request.
    """
    deprecations.SILENCE_UBER_WARNING = True  # Rasa's, which nobody here can do anything about
    from botwijzer.channels.events import Events
    from botwijzer.channels.transcript import Transcript
    from botwijzer.channels.transcript_tables import SENDER_PREFIX

    conversation = _key_of(url, which)
    references = Requests(url).erase(conversation)
    if conversation.startswith(SENDER_PREFIX):
        Transcript(url).erase(conversation.removeprefix(SENDER_PREFIX))
    else:
        Events(url).erase(conversation)
    return references


def open_retention(url: str, days: int) -> Retention:
    """What erases all that is too old, ready to use.

    Raises:
        DatabaseError: The database can't be used.
    """
    migrate(url)
    deprecations.SILENCE_UBER_WARNING = True
    from botwijzer.retention import Retention

    return Retention(url, days)


def wait_until_gone(url: str, say: Callable[[str], object]) -> None:
    """Waits until erased words are in none of the database's files; says so when that takes long."""
    engine = open_database(url)
    if not wait_until_log_is_empty(engine, QUICK_SECONDS):
        say(STILL_THERE)
        wait_until_log_is_empty(engine)


def _key_of(url: str, which: str) -> str:
    """The key of a conversation in Rasa."""
    migrate(url)
    if ":" in which:
        return which
    request = Requests(url).find(which)
    if request is None:
        raise DatabaseError(f"there is no request {which}")
    return request.conversation
