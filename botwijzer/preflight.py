"""What is checked before the assistant starts: what would fail later, or would be ignored without a word."""

from __future__ import annotations

import ipaddress
import socket

from botwijzer.handoff.hours import unread
from botwijzer.settings import PREFIX, Settings, SettingsError, unknown_variables
from botwijzer.supervisor import Role

HOURS_EXAMPLE = "ma t/m vr 9.00-17.00 uur, za 10-13"


def check_hosts(current: Settings, role: Role) -> None:
    """Tries the addresses that a role listens at.

    Raises:
        SettingsError: This machine can't listen at one of them.
    """
    names = ["actions_host"] if role is Role.ACTIONS else ["host"] if role in {Role.ALL, Role.CHAT} else []
    if current.metrics_port and role is not Role.ACTIONS:
        names.append("metrics_host")
    for name in names:
        host = str(getattr(current, name))
        if reason := _reason_against(host):
            raise SettingsError(f"{PREFIX}{name.upper()}: this machine can't listen at '{host}' ({reason})")


def warnings(current: Settings) -> list[str]:
    """What the owner should know about the settings, a sentence each; the assistant starts nevertheless."""
    found = []
    for name, nearest in unknown_variables().items():
        found.append(f"{name} is not a setting and is ignored" + (f"; did you mean {nearest}?" if nearest else ""))
    if hours := unread(current.contact_hours):
        found.append(
            f"{PREFIX}CONTACT_HOURS: '{hours}' can't be read as hours, so nobody is there then; "
            f"write it like '{HOURS_EXAMPLE}'"
        )
    return found


def _reason_against(host: str) -> str:
    """Why nothing can listen at an address of this machine; empty if something can."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:  # a name
        version = 4
    try:
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except OSError as error:
        return error.strerror or "unknown"
    except ValueError:  # a name that can't be one, for example with two dots in a row
        return "not an address or a host name"
    return ""
