"""A visitor's name in what people type: after words that announce it, under a greeting, or by itself.

Taking a sentence for a name is worse than missing a name, which nobody needs: what is not announced must look like
one by its capitals, its parts, or a well-known first name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from botwijzer.handoff.name_parts import MOST_WORDS, Reader, Word, is_particle, words_in
from botwijzer.handoff.name_words import ALSO_WORDS, FILLERS, FIRST_NAMES, FUNCTION_WORDS, NOUN_ENDS, PARTICLES, TITLES
from botwijzer.handoff.text import TAKEN, folded

_NAME = r"(?:(?:voor|achter)?naam|voor- en achternaam)"
_MINE = r"(?:mijn|mijne|m['’]?n|me|de)"
_IS = r"(?: ?(?:is|luidt|was|wordt|blijft|=|:) ?)"
_ANNOUNCED = re.compile(
    rf"(?<!\w)(?P<words>{_MINE} (?:volledige )?{_NAME}{_IS}|(?:mijn|m['’]?n) naam|(?<!\w )naam|{_NAME}{_IS}|"
    rf"(?:ik heet|heet ik)|"
    r"(?:(?:u|je|jij|ge) )?spreekt? (?:(?:u|je) )?met|noem (?:me|mij)(?: maar)?(?: gewoon)?|"
    r"(?:zeg|schrijf|noteer) maar(?: gewoon)?|(?:ze|iedereen) (?:noemen|noemt) (?:me|mij)|"
    r"op naam van|t\.?a\.?v\.?|ter attentie van|(?:mag|mogen) (?:me|mij)(?: gewoon)?|"
    r"(?:het|'t|’t|dit|dat) is (?:voor|met|van)|ik ben(?: (?:de|den)(?= ))?|(?:het|'t|’t|t) is|dit is|dat is|"
    r"tis(?: voor)?|hier is|hier)(?:(?<=[:=])|(?!\w))[ :]*(?:gewoon |eigenlijk |trouwens |dus )?",
    re.I,
)
_SURE = re.compile(r"(?:.*naam ?(?:is|luidt|was|wordt|blijft|[:=])|(?:ik )?heet|noem)", re.I)
"""What announces nothing but a name."""

_VAGUE = re.compile(r"(?:(?:het|['’]?t|dit|dat) is|tis|hier(?: is)?|met|ik ben den?)[ :]*$", re.I)
"""What announces anything."""

_BEGINS_WITH = re.compile(
    r"^[\s\ufffc,.!]*(?:(?:hallo|hoi|dag|hey|goede\w+)[\s,!.]+)?(?:ja[\s,]+)?(?P<words>met )", re.I
)
_GREETED = re.compile(
    r"(?<!\w)(?:(?:met )?(?:(?:vriendelijke|hartelijke|lieve|vele|beste|veel) )?groet(?:jes|en)?(?: van)?|gr\.?|"
    r"grtjs|m\.?v\.?g\.?|vr\.? ?gr\.?|hoogachtend|liefs|"
    r"(?:alvast )?bedankt|dank ?(?:u|je)(?: ?wel)?)(?!\w)[\s,.!:–-]*",
    re.I,
)
_FOLLOWED = re.compile(
    rf" (?:(?:is|was) {_MINE} naam|heet ik|is de naam|hier(?= ?(?:[,.!\n\ufffc]|$)))(?!\w)",
    re.I,
)
_NOT_BUT = re.compile(r"(?:niet|geen) [^\n.,;!?\ufffc]{1,40}?,? maar ", re.I)


@dataclass(frozen=True)
class Name:
    """A name as it should be written, and what of the text was about it."""

    value: str
    spans: tuple[tuple[int, int], ...]


def find_name(text: str, expected: bool = False) -> Name | None:
    """The name that a message gives.

    Args:
        text: The message, in which other details are replaced by `TAKEN`.
        expected: Whether a name was asked for, so that a short answer is one.
    """
    shouted = sum(c.isupper() for c in text) > sum(c.islower() for c in text)
    words = words_in(text)
    for find in (_announced, _followed, _greeted, _alone):
        if name := find(text, words, Reader(shouted, expected, TAKEN in text)):
            return name
    return None


def _announced(text: str, words: Sequence[Word], reader: Reader) -> Name | None:
    """'mijn naam is Jan de Vries', 'ik ben An', 'u spreekt met mevrouw Bakker', 'met Ria' at the beginning."""
    given: Name | None = None
    for mark in [*_BEGINS_WITH.finditer(text), *_ANNOUNCED.finditer(text)][:40]:
        but = _NOT_BUT.match(text, mark.end())
        first = _at(words, but.end() if but else mark.end())
        vague = bool(_VAGUE.match(mark["words"]))
        sure = bool(_SURE.match(mark[0])) or (reader.expected and len(words) < 9 and not vague)
        last = reader.take(words, first, loose=sure, announced=True)
        if last == first or (not sure and not _is_evident(words, first, last, reader, vague)):
            continue
        name = Name(_written(text, words[first:last]), ((mark.start("words"), words[last - 1].end),))
        if given and "achter" in mark[0].lower():
            return Name(f"{given.value} {name.value}", given.spans + name.spans)
        given = given or name
        if "voornaam" not in mark[0].lower():
            break
    return given


def _is_evident(words: Sequence[Word], first: int, last: int, reader: Reader, vague: bool = False) -> bool:
    """Whether what stands there is a name and no trait: 'ik ben ria', 'ik ben Sjaan', and not 'ik ben boos'.

    Args:
        vague: Whether anything else could stand there as well: 'het is Solgar', 'met Solgar'.
    """
    names = [word for word in words[first:last] if word.kind == "word" and not is_particle(word)]
    if any(word.low in TITLES or word.low in FIRST_NAMES for word in names[:2]):
        return True
    ends = last == len(words) or words[last].text == TAKEN
    return all(map(reader.is_capital, names[:2])) and (
        not vague or len(names) > 1 or (ends and (reader.has_details or reader.expected))
    )


def _followed(text: str, words: Sequence[Word], reader: Reader) -> Name | None:
    """'Ria Bakker is mijn naam', 'Jan hier'."""
    for mark in list(_FOLLOWED.finditer(text))[:10]:
        until = _at(words, mark.start())
        here = mark[0].strip().lower() == "hier"
        for first in filter(lambda at: _can_begin(words, at), range(max(0, until - MOST_WORDS), until)):
            goes = reader.take(words, first, loose=not here, announced=True) == until
            if goes and (not here or _is_evident(words, first, until, reader, vague=True)):
                return Name(_written(text, words[first:until]), ((words[first].start, mark.end()),))
    return None


def _can_begin(words: Sequence[Word], at: int) -> bool:
    """Whether a name may begin at a word: the first one, after a mark, or after what says nothing."""
    before = words[at - 1] if at else None
    return before is None or before.kind == "other" or before.dotted or before.low in FILLERS


def _greeted(text: str, words: Sequence[Word], reader: Reader) -> Name | None:
    """A name under a greeting, at the end of a message or of its line."""
    for mark in list(_GREETED.finditer(text))[:20]:
        first = _at(words, mark.end())
        last = reader.take(words, first, loose=True)
        ends = last == len(words) or words[last].text in {"\n", TAKEN, ",", ")"} or words[last - 1].dotted
        if last == first or not ends or last - first > 5:
            continue
        thanks = not mark[0].lower().lstrip().startswith(("g", "m", "v", "h", "l"))
        if not thanks or _is_evident(words, first, last, reader):
            start = words[first].start if thanks else mark.start()
            return Name(_written(text, words[first:last]), ((start, words[last - 1].end),))
    return None


def _alone(text: str, words: Sequence[Word], reader: Reader) -> Name | None:
    """A name between commas, on its line, beside an address, or as all there is."""
    pieces = list(_pieces(words))
    for first, last in pieces:
        begin = first
        while begin < last and reader.expected and words[begin].low in FILLERS and not reader.is_capital(words[begin]):
            begin += 1
        if begin == first and begin < last and words[begin].low in FILLERS and reader.expected:
            begin += 1
        for start in dict.fromkeys((first, begin)):
            end = last
            while end > start and reader.expected and words[end - 1].low in FILLERS:
                end -= 1
            if name := _piece(text, words, (start, end, last), reader, len(pieces) == 1):
                return name
    return None


def _piece(text: str, words: Sequence[Word], where: tuple[int, int, int], reader: Reader, is_only: bool) -> Name | None:
    """The name that a piece of a message is, or begins with."""
    first, end, last = where
    if first >= end or (last < len(words) and words[last].text == "?"):
        return None
    expected = reader.expected and (is_only or reader.has_details) and end - first <= 5
    until = reader.take(words, first, loose=expected)
    taken = words[first:until]
    names = [word for word in taken if word.kind == "word" and not is_particle(word) and word.low not in TITLES]
    if not names:
        return None
    known = any(name.low in FIRST_NAMES for name in names[:2]) or taken[0].kind == "initials" or taken[0].low in TITLES
    sure = known and all(map(reader.is_capital, names))
    if until < end:  # 'Ria Bakker ik wil graag weten'
        is_name = sure and len(names) > 1 and words[until].low in FUNCTION_WORDS
    elif reader.has_details or is_only or (reader.expected and len(words) < 6):
        is_name = known or _looks_like_one(taken, names, reader, expected)
    else:
        is_name = sure and (len(names) > 1 or names[0].low not in ALSO_WORDS)
    return Name(_written(text, taken), ((taken[0].start, taken[-1].end),)) if is_name else None


def _looks_like_one(taken: Sequence[Word], names: Sequence[Word], reader: Reader, expected: bool) -> bool:
    """Whether words of which none is a well-known name are one, where nothing else is said."""
    if len(names) == 1 and names[0].low.endswith(NOUN_ENDS):
        return False
    capitals = sum(map(reader.is_capital, names))
    if capitals > 1 or (reader.has_details and len(names) < 4 and (capitals or reader.shouted)):
        return True
    return expected and (len(names) < 3 or any(map(is_particle, taken)))


def _pieces(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where the pieces between marks begin and end."""
    first = 0
    for at, word in enumerate(words):
        dash = word.text == "-" and 0 < at < len(words) - 1 and words[at - 1].kind == words[at + 1].kind == "word"
        if word.kind == "other" and not dash and not word.text.isdecimal():
            if at > first:
                yield first, at
            first = at + 1
        elif word.dotted and word.low not in TITLES:
            yield first, at + 1
            first = at + 1
    if len(words) > first:
        yield first, len(words)


def _at(words: Sequence[Word], position: int) -> int:
    """The first word at or after a position."""
    return next((at for at, word in enumerate(words) if word.start >= position), len(words))


def _written(text: str, words: Sequence[Word]) -> str:
    """The name as it was typed; with capitals when it had none."""
    end = words[-1].end - (words[-1].dotted and words[-1].kind == "word")
    typed = folded(text[words[0].start : end])
    if typed != typed.lower():
        return typed
    named = False
    parts: list[str] = []
    for part in typed.split(" "):
        bare = part.rstrip(".").replace("’", "'")
        small = (bare in PARTICLES or part in PARTICLES) and (named or " " not in typed)
        if small or bare in TITLES:
            parts.append(part)
        else:
            parts.append(_capitalised(part))
            named = True
    return " ".join(parts)


def _capitalised(part: str) -> str:
    """Each part of a double name, and each initial, with its capital: anne-marie, d'hondt, j.p., ijsbrand."""
    if part.startswith("ij"):
        return f"IJ{part[2:]}"
    return re.sub(r"(?:^|(?<=[-.])|(?<=^[ldo]['’]))[^\W\d_]", lambda match: match[0].upper(), part)
