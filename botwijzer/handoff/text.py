"""A message's text as the handoff reads it: cleaned, bounded, folded, and with marks for what was taken out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 4_000
"""So much of a message is read; what comes after it is left as it is."""

TAKEN = "\ufffc"
"""Stands for each character of what was taken out of a text, so that all else keeps its place."""

_UNUSUAL = re.compile(r"[^\x20-\x7e\n]")


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


def clean(text: str) -> str:
    """The text with one kind of letters, digits and spaces, and without what can't be seen."""
    lines = _UNUSUAL.sub(_usual, unicodedata.normalize("NFC", text)).split("\n")
    return "\n".join(filter(None, map(folded, lines)))


def plain(text: str) -> str:
    """A text's words in lower case, without accents and marks, for phrases to be found in."""
    low = unaccented(clean(text[:LONGEST]).lower().replace("'", "").replace("’", ""))
    return folded(re.sub(r"[^\w\s]|_", " ", low))


def folded(text: str) -> str:
    """The text with single spaces."""
    return " ".join(text.split())


def lowered(text: str) -> str:
    """The text in lower case, with one kind of apostrophe."""
    return text.lower().replace("’", "'")


def unaccented(text: str) -> str:
    """The text with its letters bare."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def without(text: str, taken: Iterable[tuple[int, int]]) -> str:
    """The text, of the same length, with marks in the place of what was taken out."""
    for start, end in taken:
        text = f"{text[:start]}{TAKEN * (end - start)}{text[end:]}"
    return text


def _usual(match: re.Match[str]) -> str:
    """A character as `clean` leaves it."""
    character = match[0]
    if character in "＠﹫":
        return "@"
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Cf":
        return ""
    if category in {"Zl", "Zp"} or character == "\x85":
        return "\n"
    return " " if category in {"Cc", "Cs", "Co", "Cn", "Zs"} or character == TAKEN else character
