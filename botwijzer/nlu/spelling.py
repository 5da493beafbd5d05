"""Dutch as people type it, brought nearer to Dutch as it is spelled: short forms and sounds.

Nothing here changes what a visitor reads; these are views of a message for the classifier.
"""

from __future__ import annotations

import functools
import re

from botwijzer.nlu.concepts import MOST_REMEMBERED, fold

SHORT_FORMS = {
    "as": "als",
    "bv": "bijvoorbeeld",
    "ca": "calcium",
    "da": "dat",
    "dr": "er",
    "evt": "eventueel",
    "ff": "even",
    "ge": "je",
    "gij": "je",
    "gwn": "gewoon",
    "hoevl": "hoeveel",
    "hvl": "hoeveel",
    "idd": "inderdaad",
    "int": "in het",
    "iemad": "iemand",
    "k": "ik",
    "kalk": "calcium",
    "m'n": "mijn",
    "mg": "magnesium",
    "mgn": "magnesium",
    "mn": "mijn",
    "mss": "misschien",
    "n": "een",
    "ne": "een",
    "nen": "een",
    "ni": "niet",
    "nie": "niet",
    "t": "het",
    "u": "je",
    "uw": "je",
    "vd": "van de",
    "vh": "van het",
    "vit": "vitamine",
    "vitd": "vitamine d",
    "vr": "voor",
    "wa": "wat",
    "wnr": "wanneer",
    "wrm": "waarom",
    "z'n": "zijn",
    "zn": "zijn",
}
"""Short, Flemish and polite forms, and the word that the classifier learns for all of them."""

_MILLIGRAM = re.compile(r"(\d)\s*mg\b")
_PIECE = re.compile(r"\w+(?:'\w+)?|[^\w\s]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_DOUBLED = re.compile(r"(.)\1+")

# Letters that Dutch ears take for one another, in this order; after Dutch spelling's own rules (c before
# e and i sounds s), not after any published code.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("th", "t"),
        ("sch", "sg"),
        ("ch|gh", "g"),
        ("ck", "k"),
        ("qu", "kw"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("z", "s"),
        ("x", "ks"),
        ("v", "f"),
        (r"dt\b|d\b", "t"),
        ("ij", "ei"),
        ("y", "i"),
        ("ou", "au"),
        ("ie", "i"),
        ("ae", "aa"),
    )
)


@functools.lru_cache(MOST_REMEMBERED)
def written_out(text: str) -> str:
    """The message in lower case with its short forms written out; `200 mg` is milligrams, `mg` magnesium."""
    lowered = _MILLIGRAM.sub(r"\1 milligram", text.lower().replace("’", "'"))
    return " ".join(SHORT_FORMS.get(piece, piece) for piece in _PIECE.findall(lowered))


@functools.lru_cache(MOST_REMEMBERED)
def as_heard(text: str) -> str:
    """The written-out message with letters that sound alike made one, and none doubled."""
    heard = fold(written_out(text))
    for pattern, sound in _SOUNDS:
        heard = pattern.sub(sound, heard)
    return _DOUBLED.sub(r"\1", heard)


def asking_sentence(text: str) -> str:
    """The last sentence that ends in a question mark, else the last one: a story comes before its question."""
    sentences = [s for s in _SENTENCE_END.split(text.strip()) if s]
    questions = [s for s in sentences if s.endswith("?")]
    return (questions or sentences or [text])[-1]
