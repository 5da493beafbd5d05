"""E-mail addresses in what people type, and what is meant as one.

Every search is bounded, in length and in number, so that no message takes long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from botwijzer.handoff.found import BAD, LIKELY, VALID, Found, chosen
from botwijzer.handoff.providers import DISTINCT, ENDS, PROVIDERS, SPOKEN_ENDS, better_domain, completed
from botwijzer.handoff.text import LONGEST, clean, unaccented, words_of

NO_LOCAL_PART = words_of(
    """
    is mijn m'n mn mijne mail email e-mail adres mailadres emailadres e-mailadres op naar het de een ik en of via
    dat was aan met je u bij voor waar wat hoe dus maar ook wel niet zit stuur mailen heb bereikbaar dit van die er
    nog wij hij zij ze we jij jullie iemand toen gisteren vroeger altijd nooit
    """
)
"""Words that stand before an address and are not its beginning."""

_NO_BEGINNING = NO_LOCAL_PART | {"www", "mail", "webmail"}
_NEVER_JOINED = NO_LOCAL_PART - {"de", "van", "den", "der", "ter", "ten"}
"""Those of them that 'punt' and 'streepje' don't join to one."""

MOST_ADDRESSES = 12
_PROVIDERS_DOMAIN = re.compile(rf"(?:{'|'.join(DISTINCT)})\.(?:com|nl|be|net)(?![\w-]|\.\w|/)", re.I)
_AT = re.compile(
    r"(?P<sign>@+)|[(\[{]\s?(?:at|a|apen?staart(?:je)?|@)\s?[)\]}]|(?<!\w)(?:apen?staart(?:je)?|(?P<word>at))(?!\w)",
    re.I,
)
_NO_ADDRESS = frozenset(' \t\n\ufffc@<>()[]{}"“”„,;:/\\|=')
_DOMAIN = re.compile(r"[ \t]{0,3}(?P<domain>[\w-]+(?:\.[\w-]+)*)")
_DOT = r"(?P<written>[ \t]*[(\[{]?[ \t]?\b(?:punt|dot)\b[ \t]?[)\]}]?[ \t]*)"
_NEXT_LABEL = re.compile(rf"(?:{_DOT}|[ \t]?[.,][ \t]?|[ \t](?=com|nl|be))(?P<label>[a-z0-9-]{{2,30}})(?!\w)", re.I)
MARKS = {"punt": ".", "dot": ".", ".": ".", "streepje": "-", "koppelteken": "-", "min": "-", "underscore": "_"}
_MARK_BEFORE = re.compile(
    r"(?<!\S)(?P<word>[\w.+-]{1,40})[ \t]+(?:(?:laag|liggend)[ \t]+(?P<low>streepje)|(?P<mark>"
    rf"{'|'.join(map(re.escape, MARKS))}))[ \t]+$",
    re.I,
)
_WORD_BEFORE = re.compile(r"(?<!\S)(?P<word>[^\W\d_]{2,30})[ \t]+$")


@dataclass(frozen=True)
class _Part:
    """What stands on one side of '@'.

    Attributes:
        text: The part; empty when there is none.
        at: Where it begins when it stands before '@', where it ends when it stands after it.
        apart: Whether it is apart from it, or in pieces.
    """

    text: str
    at: int
    apart: bool

    @property
    def is_glued(self) -> bool:
        """Whether it touches '@'."""
        return bool(self.text) and not self.apart


def find_emails(text: str) -> list[Found]:
    """Addresses in their order, and what is meant as one."""
    found: list[Found] = []
    for tried, marker in enumerate(_AT.finditer(text)):
        if tried >= 4 * MOST_ADDRESSES or len(found) >= MOST_ADDRESSES:
            break
        if not (found and marker.start() < found[-1].end) and (address := _address(text, marker)):
            found.append(address)
    return found or _without_sign(text)


def typed_email(text: str) -> str:
    """The address exactly as typed when it is a valid one, whatever well-known domain it resembles.

    For a visitor who insists: 'ans@gmial.com' is the address of somebody.

    Returns:
        The address; empty when the text holds none that is valid as it stands.
    """
    text = clean(text[:LONGEST])
    meant = chosen(text, (each for each in find_emails(text) if valid_email(text[each.start : each.end])))
    return text[meant.start : meant.end] if meant else ""


def valid_email(address: str) -> str:
    """The address with its domain in lower case; empty when it can be none."""
    try:
        checked = validate_email(
            address, check_deliverability=False, test_environment=True, allow_smtputf8=False
        ).normalized
    except (EmailNotValidError, ValueError):
        return ""
    end = checked.rpartition(".")[2]
    return checked if "." in checked.rpartition("@")[2] and len(end) > 1 and end.isalpha() else ""


def _without_sign(text: str) -> list[Found]:
    """What is meant as an address with a well-known provider, but for its '@': 'janhotmail.com'."""
    found: list[Found] = []
    for match in list(_PROVIDERS_DOMAIN.finditer(text))[:MOST_ADDRESSES]:
        part = _local_part(text, match.start())
        bare = part.text.rstrip(".#!é-")
        if part.apart or len(bare) < 2 or bare.lower() in _NO_BEGINNING or bare.startswith("www."):
            continue
        if likely := _likely(bare, match[0].lower()):
            found.append(Found(LIKELY, likely, part.at, match.end()))
    return found


def _address(text: str, marker: re.Match[str]) -> Found | None:
    """What stands around something that is read as '@'."""
    before, after = _local_part(text, marker.start()), _domain(text, marker.end())
    sign = marker["sign"] or ""
    if len(sign) > 1 or (sign and text[after.at : after.at + 1] == "@"):
        return _with_more_signs(text, before.at, after.at)
    if marker["word"] and after.text.rpartition(".")[2] not in SPOKEN_ENDS and after.text not in PROVIDERS:
        return None  # 'ik at kaas'
    if not before.text:
        return _domain_alone(text, marker.start(), after) if sign else None
    if sign and (written := _written(before, after)):
        return written
    return _meant(before, after) or (_impossible(text, marker, before, after) if sign else None)


def _with_more_signs(text: str, start: int, end: int) -> Found | None:
    """What is meant as an address, with an '@' too many in it."""
    while end < len(text) and text[end] not in _NO_ADDRESS - {"@"}:
        end += 1
    piece = text[start:end].strip(".,!?'")
    return Found(BAD, piece, start, end) if piece.strip("@ ") else None


def _domain_alone(text: str, start: int, after: _Part) -> Found | None:
    """An address without its beginning: '@gmail.com'."""
    domain = after.text
    looks = "." in domain or better_domain(f"{domain}.com") or domain in PROVIDERS
    return Found(BAD, text[start : after.at], start, after.at) if after.is_glued and looks else None


def _written(before: _Part, after: _Part) -> Found | None:
    """An address that is valid as it is written, unless its domain is a slip of another."""
    if not (before.is_glued and after.is_glued and "." in after.text):
        return None
    if not (valid := valid_email(f"{before.text}@{after.text}")):
        return None
    better = better_domain(after.text)
    is_site = before.text.lower().startswith("www.")
    if better or is_site:
        local = before.text[4:] if is_site else before.text
        return Found(LIKELY, f"{local}@{better or after.text.lower()}", before.at, after.at)
    return Found(VALID, valid, before.at, after.at)


def _meant(before: _Part, after: _Part) -> Found | None:
    """An address in pieces, in words or without its end."""
    domain = after.text if "." in after.text else completed(after.text)
    local = before.text if before.is_glued else before.text.lower()
    likely = domain and _likely(local, domain)
    return Found(LIKELY, likely, before.at, after.at) if likely else None


def _impossible(text: str, marker: re.Match[str], before: _Part, after: _Part) -> Found | None:
    """What has an '@' and can't be an address."""
    if not before.is_glued:
        return None
    end = after.at if after.is_glued else marker.end()
    return Found(BAD, text[before.at : end], before.at, end)


def _likely(local: str, domain: str) -> str:
    """The address that was meant, without accents, which no Dutch provider takes."""
    if ".." in local:
        return ""
    return valid_email(f"{unaccented(local)}@{better_domain(domain) or domain.lower()}")


def _local_part(text: str, end: int) -> _Part:
    """What stands before '@'."""
    stop = end
    while stop > 0 and end - stop < 3 and text[stop - 1] in " \t":
        stop -= 1
    start = stop
    while start > 0 and stop - start < 70 and text[start - 1] not in _NO_ADDRESS:
        start -= 1
    local = text[start:stop].lstrip(".,!?'’‘*`~-…>")
    apart = stop < end
    if not local or (apart and (local.lower() in NO_LOCAL_PART or not re.fullmatch(r"[\w.+'-]+", local))):
        return _Part("", end, False)
    return _with_words_before(text, _Part(local, stop - len(local), apart))


def _with_words_before(text: str, part: _Part) -> _Part:
    """The part with what belongs to it by a mark in words, or because it is just a number: 'jan punt', 'jan 62'."""
    for _ in range(6):
        before = text[max(0, part.at - 70) : part.at]
        marked = _MARK_BEFORE.search(before)
        if marked and marked["word"].lower() not in _NEVER_JOINED:
            mark = MARKS[marked["mark"].lower()] if marked["mark"] else "_"
        elif part.apart and part.text.isdecimal() and (marked := _WORD_BEFORE.search(before)):
            mark = ""
            if marked["word"].lower() in NO_LOCAL_PART:
                break
        else:
            break
        start = part.at - len(before) + marked.start("word")
        part = _Part(f"{marked['word']}{mark}{part.text}", start, True)
    return part


def _domain(text: str, start: int) -> _Part:
    """What stands after '@'."""
    match = _DOMAIN.match(text, start)
    if not match:
        return _Part("", start, False)
    begin = match.start("domain")
    domain = match["domain"].rstrip("-_").lower()
    labels = match["domain"].split(".")
    for last in range(len(labels) - 1, 1, -1):  # 'jan@example.nl.Mijn naam is'
        if labels[last - 1].lower() in ENDS and (labels[last][:1].isupper() or len(labels[last]) > 4):
            domain = ".".join(labels[:last]).lower()
    return _with_labels_after(text, _Part(domain, begin + len(domain), begin > start))


def _with_labels_after(text: str, part: _Part) -> _Part:
    """The part with what belongs to it by a dot that is apart or in words: 'gmail punt com'."""
    while part.text.rpartition(".")[2] not in SPOKEN_ENDS or "." not in part.text:
        following = _NEXT_LABEL.match(text, part.at)
        if not following:
            break
        label = following["label"].lower()
        if not (following["written"] or ("." not in part.text and label in ENDS)):
            break
        part = _Part(f"{part.text}.{label}", following.end(), True)
    return part
