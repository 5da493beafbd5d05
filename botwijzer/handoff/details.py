"""What a visitor who asks for a human types: ways to answer, a name, and what is left is the question.

Nothing here knows Rasa or keeps anything; `form.py` decides what comes of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from botwijzer.handoff.corrections import correct_email, correct_phone
from botwijzer.handoff.emails import typed_email
from botwijzer.handoff.found import BAD, LIKELY, VALID, Found, chosen
from botwijzer.handoff.names import find_name
from botwijzer.handoff.phrases import cancels, refers_back, refuses_contact, refuses_name, replaces_question
from botwijzer.handoff.text import LONGEST, TAKEN, clean, folded, without
from botwijzer.handoff.ways import says_something, take_out_ways, trimmed

__all__ = [
    "Details",
    "cancels",
    "correct_email",
    "correct_phone",
    "read_details",
    "refers_back",
    "refuses_contact",
    "refuses_name",
    "replaces_question",
    "typed_email",
]
_OPENING = re.compile(r"^(?:(?:mijn|de)\s+)?vraag\s*[:=]\s*", re.I)


@dataclass(frozen=True)
class Details:
    """What a message holds.

    Attributes:
        email: A valid address.
        likely_email: An address that was probably meant, to be read back.
        bad_email: What is meant as an address and can't be one.
        phone: A valid number, as people write it.
        bad_phone: What is meant as a number and is none.
        name: As it was typed, with capitals.
        rest: What remains; empty when nothing of substance does.
    """

    email: str = ""
    likely_email: str = ""
    bad_email: str = ""
    phone: str = ""
    bad_phone: str = ""
    name: str = ""
    rest: str = ""


def read_details(text: str, expects_name: bool = False) -> Details:
    """Reads a message.

    Args:
        text: Anything.
        expects_name: Whether a name was asked for, so that a few words in lower case are one.
    """
    text, beyond = clean(text[:LONGEST]), text[LONGEST:]
    emails, phones, left = take_out_ways(text)
    name = None if refuses_name(text) else find_name(left, expects_name)
    if name:
        left = without(left, name.spans)
    email = _chosen(text, emails, VALID)
    likely = "" if email else _chosen(text, emails, LIKELY)
    phone = _chosen(text, phones, VALID)
    return Details(
        email=email,
        likely_email=likely,
        bad_email="" if email or likely else _chosen(text, emails, BAD),
        phone=phone,
        bad_phone="" if phone else _chosen(text, phones, BAD),
        name=name.value if name else "",
        rest=folded(f"{_rest(left)} {clean(beyond)}"),
    )


def _chosen(text: str, found: list[Found], kind: str) -> str:
    """The one of a kind that was meant, as it should be written."""
    meant = chosen(text, (each for each in found if each.kind == kind))
    return meant.value if meant else ""


def _rest(left: str) -> str:
    """What is left, without what says nothing by itself."""
    has_details = TAKEN in left
    pieces = [trimmed(piece) if has_details else folded(piece) for piece in re.split(f"{TAKEN}+", left)]
    rest = " ".join(filter(None, pieces))
    if not says_something(rest, asks="?" in rest and not has_details):
        return ""
    return _OPENING.sub("", rest)
