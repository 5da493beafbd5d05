"""What a visitor may send: any text at all, made fit for Rasa before Rasa sees it.

Rasa takes a message that begins with `/` as an intent with entities, on every channel. Here only the
payloads of the assistant's own buttons pass as such; everything else that a visitor types is text.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from botwijzer.article import article

MAX_CHARACTERS = 2_000
"""Longer messages are not read; the longest known questions of real people are half of this."""

MAX_RAW_CHARACTERS = 2 * MAX_CHARACTERS
"""Before control characters and doubled blanks are taken out, which takes time for each character."""

EMPTY = "/empty_message"
TOO_LONG = "/too_long_message"
NO_QUESTION = "/out_of_scope"

_PLAIN_PAYLOADS = frozenset({"/handoff", "/more", "/affirm", "/deny", "/cancel", "/share"})
_INTENT_SYNTAX = re.compile(r"^[/\s]*\w*\s*(@[\d.]+\s*)?\{.*\}?$", re.DOTALL)
_CODE = re.compile(
    r"<\s*/?\s*(script|img|svg|iframe|style|html|body|form|input|object|a\s+href)\b"
    r"|\b(select\s+.+\s+from|drop\s+table|insert\s+into|union\s+select|delete\s+from)\b"
    r"|'\s*or\s+'?1'?\s*=\s*'?1|\$\{|\{\{|\bdef \w+\(|\bfunction\s*\w*\(|console\.log|import os\b",
    re.IGNORECASE | re.DOTALL,
)


@functools.lru_cache(maxsize=1)
def pressable() -> frozenset[str]:
    """The payloads of all buttons that the assistant can show."""
    return _PLAIN_PAYLOADS | {"/" + passage.intent for passage in article().passages.values()}


def to_message(text: str) -> str:
    """Makes what a visitor sent fit for Rasa.

    Args:
        text: Anything: empty, 100 kB, half a surrogate, control characters, markup, `/intent{...}`.

    Returns:
        The text as words that Rasa can only read as words, or the payload of a button, or one of
        `EMPTY`, `TOO_LONG` and `NO_QUESTION` (code and intent syntax).
    """
    if len(text) > MAX_RAW_CHARACTERS:
        return TOO_LONG
    clean = _readable(text)
    if clean in pressable():
        return clean
    if len(clean) > MAX_CHARACTERS:
        return TOO_LONG
    if _CODE.search(clean) or _INTENT_SYNTAX.match(clean):
        return NO_QUESTION
    words = clean.lstrip("/ ")
    return words if any(c.isalnum() for c in words) else EMPTY


def is_too_long(text: str) -> bool:
    """Whether a message is longer than what is read; looks at no character of one that is much longer."""
    return len(text) > MAX_RAW_CHARACTERS or len(_readable(text)) > MAX_CHARACTERS


def typed_message(text: str) -> str:
    """What a visitor typed, made fit for Rasa as by `to_message`, but never the payload of a button."""
    return TOO_LONG if len(text) > MAX_RAW_CHARACTERS else to_message(_readable(text).lstrip("/ "))


def to_shown(text: str) -> str:
    """What a visitor sent as it is shown back and passed on: all of it, without what cannot be seen."""
    return "\n".join(map(_readable, text.splitlines())).strip()


def _readable(text: str) -> str:
    """The text without control characters, invisible ones, lone surrogates and doubled blanks."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    visible = (c for c in whole if unicodedata.category(c) != "Cf")
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp", "Zs"} else c for c in visible)
    return " ".join("".join(kept).split())
