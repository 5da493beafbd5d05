"""What was found in a text, and which of it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

VALID, LIKELY, BAD = "valid", "likely", "bad"
"""What something is that was found: right as it is, probably meant so, or meant but impossible."""

_CORRECTS = re.compile(
    r"\b(?:sorry|foutje|fout|oeps|oei|excuus|pardon|verkeerd\w*|bedoel\w*|moet|correctie|wacht|verbetering|liever|"
    r"toch|juiste|nieuwe?|nee|neen|maar dan|ipv)\b",
    re.I,
)


@dataclass(frozen=True)
class Found:
    """Something in a text: what it is (VALID, LIKELY, BAD), as it should be written, and where it stands."""

    kind: str
    value: str
    start: int
    end: int


def spans(found: Iterable[Found]) -> Iterator[tuple[int, int]]:
    """Where they stand."""
    return ((each.start, each.end) for each in found)


def chosen(text: str, found: Iterable[Found]) -> Found | None:
    """The first one, or the last when it corrects the ones before; None when there is none."""
    meant: Found | None = None
    for each in found:
        if meant is None or _CORRECTS.search(text, meant.end, each.start) or _is_but(text, meant, each):
            meant = each
    return meant


def _is_but(text: str, first: Found, second: Found) -> bool:
    """'niet ... maar ...'."""
    return (
        bool(re.search(r"\bniet\b", text[max(0, first.start - 20) : first.start], re.I))
        and "maar" in text[first.end : second.start].lower()
    )
