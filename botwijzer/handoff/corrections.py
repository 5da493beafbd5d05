"""What visitors say of a part of an address or number that was read back to them: 'de laatste cijfers zijn 71'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from botwijzer.handoff.emails import MARKS, valid_email
from botwijzer.handoff.phones import digits_of, readable_phone
from botwijzer.handoff.providers import DISTINCT, PROVIDERS
from botwijzer.handoff.text import clean, plain, words_of

MOST_WORDS, MOST_CHARACTERS = 14, 300
"""A correction is short."""

_COUNTED = re.compile(
    r"\b(?:ik ben|jaar|mg|gram|ml|euro|kilo|kg|cm|procent|keer|stuks|uur|dagen|weken|maanden|pillen|tabletten|januari|"
    r"februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december)\b"
)
"""What makes a number one of something else."""

_LAST = r"(?:eindig\w*|eind\w*|laatste|achteraan|achter|slot\w*)"
_FIRST = r"(?:begin\w*|eerste|vooraan|start\w*)"
_JOIN = (
    r"(?: (?:het|hij|die|de|met|is|op|in|zijn|moet|moeten|moest|cijfers?|dus|wel|worden|wordt|een|nummer|getal|"
    r"getallen|"
    r"maar|eigenlijk|namelijk)){0,7}"
)
_ENDS_IN = re.compile(
    rf"\b{_LAST}{_JOIN} (?P<end>\d+)\b|"
    rf"\b(?P<before>\d+)(?: (?:moet|het|zijn|is|dat|staan|als)){{0,4}}(?: (?:aan het|op het|op|aan))? {_LAST}\b"
)
_BEGINS_IN = re.compile(rf"\b{_FIRST}{_JOIN} (?P<begin>\d+)\b")
_INSTEAD = (
    re.compile(
        r"\b(?:niet|geen)(?: op| met| een)? (?P<old>\d+)(?: is het)? maar(?: op| met| een| wel)? (?P<new>\d+)\b"
    ),
    re.compile(
        r"\b(?P<new>\d+)(?: moet het zijn| zijn)? (?:in plaats van|ipv|i p v|niet|en niet|en geen|geen)"
        r"(?: op| een)? (?P<old>\d+)\b"
    ),
    re.compile(r"\b(?:de |die )?(?P<old>\d+) (?:moet|moest|wordt)(?: een| eigenlijk| dus)* (?P<new>\d+)\b"),
)
_MISSES = re.compile(
    r"\b(?:nog een|vergat|vergeten|ontbreekt|mist|erachter|er achter)(?: nog| de| een| op het einde)* (?P<end>\d+)\b"
)
_ONES = ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"]
_TEENS = ["tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien"]
_TENS = ["twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig"]
_NUMBER_WORDS = {
    **{word: str(value) for value, word in enumerate(_ONES + _TEENS) if word != "een"},
    **{word: str(10 * value) for value, word in enumerate(_TENS, 2)},
    **{f"{one}en{ten}": f"{tens}{ones}" for tens, ten in enumerate(_TENS, 2) for ones, one in enumerate(_ONES) if ones},
}
_CORRECTS = re.compile(
    r"\b(?:niet|geen|moet|moest|maar|ipv|i\.p\.v|in plaats van|eindigt|sorry|bedoel\w*|fout\w*|verkeerd\w*|is het|"
    r"het is|t is|nee|oeps|beter)\b"
)
_DENIED = re.compile(r"(?:\bniet|\bgeen|\bipv|i\.p\.v\.?|in plaats van)(?: met| op| bij| een| van| \w+\.)? ?\.?$")
_DOTTED = re.compile(r"(?<![\w.-])[a-z0-9-]{2,40}\.(?:com|nl|be|net|org|eu|info|fr|de|me)(?![\w])")
_END = re.compile(r"(?<![\w])(?:\.(?P<dotted>com|nl|be|net|org|eu|info|fr|de)|(?P<plain>com|nl|be))(?![\w.-])")
_PART = r"(?:met |een |de |op )*(?P<{0}>[\w.-]{{1,40}}?)"
_PARTS = (
    re.compile(rf"\b(?:niet|geen) {_PART.format('old')},? maar {_PART.format('new')}(?=[\s,.!]|$)"),
    re.compile(
        rf"\b{_PART.format('new')},? (?:in plaats van|ipv|i\.p\.v\.|en niet|niet|"
        rf"en geen) {_PART.format('old')}(?=[\s,!]|$)"
    ),
)
_DOUBLED = re.compile(r"\b(?:dubbele?|twee|2|twee keer|2x) ?[\"']?(?P<letter>[a-z])(?:['’]?(?:en|s|tjes))?\b")
_SINGLE = re.compile(r"\b(?:één|1|enkele?|maar een|slechts een) ?[\"']?(?P<letter>[a-z])\b")
_LACKS = re.compile(r"\bzonder (?:de |het |dat |die )?(?P<what>punt|punten|streepje|underscore)(?!\w)")
_NAMED_PROVIDERS = [*DISTINCT, "msn", "chello", "zonnet", "wanadoo", "pandora", "scarlet", "gmx"]
_PROVIDER = re.compile(rf"(?<![\w.-])(?:{'|'.join(_NAMED_PROVIDERS)})(?![\w-]|\.\w)")
_COMMON = words_of(
    """
    ik je jij u hij zij ze we wij jullie mijn man vrouw van de het een met voor dat die dit er hier nu later ook
    meer per mail telefoon nummer bellen
    """
)
"""Words that are not about an address, though it may hold their letters."""


def correct_phone(phone: str, text: str) -> str | None:
    """The number with what a visitor says of a part of it: 'de laatste cijfers zijn 71', 'niet 70 maar 71'.

    Args:
        phone: As it was read, or what was no number.
        text: What the visitor says of it.

    Returns:
        A valid number; None when the text says nothing of the kind, or nothing comes of it.
    """
    if not _may_correct(text):
        return None
    said = " ".join(_NUMBER_WORDS.get(word, word) for word in plain(text).split())
    said = re.sub(r"\b(laatste|eerste) [2-6]\b(?= .*\d)", r"\1", said)
    said = re.sub(r"(?<=\b\d) (?=\d\b)", "", said)
    if len(re.findall(r"\d", said)) > 8 or _COUNTED.search(said):
        return None
    for tried in _corrected_numbers(phone, said):
        if (readable := readable_phone(tried)) and readable != phone:
            return readable
    return None


def correct_email(email: str, text: str) -> str | None:
    """The address with what a visitor says of a part of it: 'niet .nl maar .com', 'hotmail moet het zijn'.

    Returns:
        A valid address; None when the text says nothing of the kind, or it isn't certain what comes of it.
    """
    local, _, domain = email.rpartition("@")
    if not local or "@" in text or not _may_correct(text):
        return None
    said = re.sub(r"\b(?:punt|dot) (?=[a-z]{2,4}\b)", ".", clean(text).lower())
    corrected = _corrected_domain(domain, said)
    valid = valid_email(f"{local}@{corrected}" if corrected else _corrected_parts(local, domain, said))
    return valid if valid and valid != email else None


def _may_correct(text: str) -> bool:
    """Whether a text is short, and asks nothing."""
    return len(text) <= MOST_CHARACTERS and len(text.split()) <= MOST_WORDS and "?" not in text


def _corrected_numbers(phone: str, said: str) -> Iterator[str]:
    """What the number could be by what was said of it, likeliest first."""
    for pattern in _INSTEAD:
        if found := pattern.search(said):
            yield from _with_other_digits(phone, found["old"], found["new"])
            return
    if missed := _MISSES.search(said):
        yield phone + missed["end"]
    if ends := _ENDS_IN.search(said):
        yield from _with_end(phone, ends["end"] or ends["before"])
    if begins := _BEGINS_IN.search(said):
        yield from _with_beginning(phone, begins["begin"])


def _with_other_digits(phone: str, old: str, new: str) -> Iterator[str]:
    digits = digits_of(phone)
    if digits.count(old) == 1 or digits.endswith(old):
        yield _with_digits(phone, digits.rfind(old), len(old), new)


def _with_end(phone: str, new: str) -> Iterator[str]:
    digits = digits_of(phone)
    yield _with_digits(phone, len(digits) - len(new), len(new), new)
    for known in range(len(new) - 1, 0, -1):  # a digit was missing: 06-2345678 ends in 780
        if digits.endswith(new[:known]):
            yield phone + new[known:]


def _with_beginning(phone: str, new: str) -> Iterator[str]:
    national = re.sub(r"^\+3[12]\s?", "0", phone) if new.startswith("0") and not new.startswith("00") else phone
    if len(re.split(r"\D", national)[0]) == len(new):
        yield _with_digits(national, 0, len(new), new)
    yield _with_digits(digits_of(national), 0, len(new), new)


def _with_digits(phone: str, first: int, count: int, new: str) -> str:
    """A number with some of its digits replaced, in its own grouping."""
    places = [match.start() for match in re.finditer(r"\d", phone)]
    if first < 0 or first + count > len(places):
        return ""
    if len(new) == count:
        characters = list(phone)
        for place, digit in zip(places[first : first + count], new):
            characters[place] = digit
        return "".join(characters)
    return phone[: places[first]] + new + phone[places[first + count - 1] + 1 :]


def _corrected_domain(domain: str, said: str) -> str:
    """Another domain, another provider or another end, when just one is named that isn't denied."""
    name, _, end = domain.rpartition(".")
    words = len(said.split())
    if words > 3 and not _CORRECTS.search(said):
        return ""
    domains = _named(_DOTTED.finditer(said), said, domain)
    if len(domains) == 1 and words < 9:
        return domains[0]
    providers = _named(_PROVIDER.finditer(said), said, name)
    if len(providers) == 1:
        ends = PROVIDERS[providers[0]].split()
        return f"{providers[0]}.{end if end in ends else ends[0]}"
    named = list(_END.finditer(said))
    named = [match for match in named if match["dotted"] or words < 5 or (len(named) > 1 and words < 10)]
    ends = [each for each in _named(named, said, f".{end}") if each.strip(".") != end]
    return f"{name}.{ends[0].strip('.')}" if len(ends) == 1 and not domains and not providers else ""


def _named(found: Iterable[re.Match[str]], said: str, known: str) -> list[str]:
    """What is named and neither denied nor known."""
    names = (match[0] for match in found if not _DENIED.search(said[max(0, match.start() - 30) : match.start()]))
    return [name for name in dict.fromkeys(names) if name != known]


def _corrected_parts(local: str, domain: str, said: str) -> str:
    """An address of which a part is replaced, a letter doubled, or a mark left out; empty when that isn't certain."""
    for correct in (_with_other_part, _with_other_count, _without_mark):
        if (address := correct(local, domain, said)) is not None:
            return address
    return ""


def _with_other_part(local: str, domain: str, said: str) -> str | None:
    """'niet jansen maar janssens'; None when nothing of the kind is said."""
    found = next(filter(None, (pattern.search(said) for pattern in _PARTS)), None)
    if not found or len(said.split()) >= 10:
        return None
    old, new = found["old"].strip("."), found["new"].strip(".")
    address = f"{local}@{domain}".lower()
    if not old or not new or len(old) == 2 or {old, new} & _COMMON or address.count(old) != 1:
        return ""
    if len(old) == 1 and len(new) > 1 and not re.search(rf"\bmet (?:een )?{re.escape(old)}\b", said):
        return ""
    return address.replace(old, new)


def _with_other_count(local: str, domain: str, said: str) -> str | None:
    """'met dubbel s', 'met één s'; None when nothing of the kind is said."""
    for pattern, has, gets in ((_DOUBLED, 1, 2), (_SINGLE, 2, 1)):
        if found := pattern.search(said):
            letter = found["letter"]
            all_runs = list(re.finditer(f"{letter}+", local, re.I))
            runs = [run for run in all_runs if run.end() - run.start() == has]
            if len(runs) != 1 or (len(all_runs) > 1 and has == 1):
                return ""
            return f"{local[: runs[0].start()]}{letter * gets}{local[runs[0].end() :]}@{domain}"
    return None


def _without_mark(local: str, domain: str, said: str) -> str | None:
    """'zonder punt'; None when nothing of the kind is said, or it isn't certain which."""
    lacks = _LACKS.search(said)
    mark = MARKS[lacks["what"].removesuffix("en")] if lacks else ""
    if not lacks or (local.count(mark) != 1 and lacks["what"] != "punten"):
        return None
    return f"{local.replace(mark, '')}@{domain}"
