"""How the staff and a visitor can reach each other, by the settings, the channel and the hour."""

from __future__ import annotations

from dataclasses import dataclass

from botwijzer.handoff.hours import is_open
from botwijzer.handoff.outbox import DESK, LIVE_CHANNELS, MAIL
from botwijzer.settings import Settings


@dataclass(frozen=True)
class Reach:
    """The ways between a visitor and the staff.

    Attributes:
        ways: Where requests go; none: they wait in the list of requests.
        live: Somebody of the staff may take the conversation over any moment now.
        in_conversation: The staff can answer in the conversation itself, whenever that is.
        closed: It is outside the hours in which the staff can be reached, or nobody can tell what those are.
        in_group: Others read along, so no request is made here.
    """

    ways: frozenset[str]
    live: bool
    in_conversation: bool
    closed: bool
    in_group: bool


def reach_of(conversation: str, current: Settings) -> Reach:
    """The ways between the staff and the visitor of a conversation.

    Args:
        conversation: Its key; `telegram:<chat>:<person>` for somebody in a group.
        current: The settings.
    """
    channel, _, rest = conversation.partition(":")
    has_desk = bool(current.telegram_operators and current.telegram_token.get_secret_value())
    has_mail = bool(current.smtp_url.get_secret_value() and current.handoff_email)
    opened = is_open(current.contact_hours)
    reachable = has_desk and channel in LIVE_CHANNELS
    return Reach(
        ways=frozenset(way for way, on in ((DESK, has_desk), (MAIL, has_mail)) if on),
        live=reachable and opened,
        in_conversation=reachable and (opened or channel == "telegram"),
        closed=has_desk and not opened,
        in_group=channel == "telegram" and ":" in rest,
    )
