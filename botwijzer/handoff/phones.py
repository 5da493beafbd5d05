"""Telephone numbers in what people type, and what is meant as one.

Every search is bounded, in length and in number, so that no message takes long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from botwijzer.handoff.found import BAD, VALID, Found
from botwijzer.handoff.text import folded

MOST_NUMBERS, MOST_TRIES = 12, 60
_APART = re.compile(
    r"(?<!\d)\d{1,2}([-/.])\d{1,2}\1(?:19|20)\d\d(?![\d/.-]*\d)"  # a date
    r"|(?<!\d)\d{1,2}[.:u]\d{2}\s?(?:-|–|tot)\s?\d{1,2}[.:u]\d{2}(?!\d)"  # hours
    r"|\b[A-Z]{2}\d{2} ?[A-Z]{4}(?: ?\d{2,4}){2,4}|\bBE\d{2}(?: ?\d{4}){3}"  # a bank's account
    r"|\b[A-Z]{2,4}-?\d[A-Z0-9]{3,}\b",  # a reference
)
_RUN = re.compile(r"(?<![\d€$#])(?:\+[ \t]?)?\(?\+?\d(?:[\d \t().\-/–]{0,40}\d)?")
_GROUP = re.compile(r"(?:\+[ \t]?)?\d+")
_BETWEEN = r"(?:(?:is|op|naar|me|mij|maar|even|mag|kan|nr|nummer|via|gewoon|dan|wordt)\b[\s.:=]{0,3}){0,4}$"
_LABEL = re.compile(
    r"(?<![^\W\d_])(?:telefoon\w*|tel|telnr|nummer|nr|mobiel\w*|mob|gsm\w*|bel|bellen|bereikbaar|whatsapp|app|sms|"
    rf"t(?=[:.]))\b[\s.:=]{{0,3}}{_BETWEEN}",
    re.I,
)
_OTHER_NUMBER = re.compile(
    r"(?:order|bestel|klant|factuur|pakket|pakje|track|artikel|zending|batch|lot|postcode|rekening|iban|bsn|"
    rf"rijksregister|lid|bon)\w{{0,20}}[\s.:=#-]{{0,3}}{_BETWEEN}",
    re.I,
)
_NOBODYS = frozenset(
    {
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
    }
)
"""Numbers that a visitor mentions and doesn't have."""


@dataclass
class _Tries:
    """How many more readings of a message's digits are tried."""

    left: int = MOST_TRIES


def find_phones(text: str) -> list[Found]:
    """Telephone numbers in their order, and what is meant as one; addresses must have been taken out."""
    found: list[Found] = []
    tries = _Tries()
    text = _APART.sub(lambda match: "x" * len(match[0]), text)
    for run in _RUN.finditer(text):
        digits = sum(character.isdigit() for character in run[0])
        if digits < 7 or tries.left <= 0 or len(found) >= MOST_NUMBERS:
            continue
        before = text[max(0, run.start() - 60) : run.start()]
        if _OTHER_NUMBER.search(before):
            continue
        labelled = bool(_LABEL.search(before))
        numbers = _numbers(text, run, labelled, tries)
        if not numbers and digits <= 15 and (bad := _bad_number(run, labelled)):
            numbers = [bad]
        found.extend(numbers)
    return found


def readable_phone(typed: str) -> str:
    """A number as people read it: with its country unless it could be Dutch and Belgian; empty when it is none."""
    typed = folded(typed)
    digits = digits_of(typed)
    if not 8 <= len(digits) <= 15:
        return ""
    if typed.lstrip("( ").startswith("+") or digits.startswith("00"):
        number = _parsed(typed, "NL")
        return _international(number) if number and _is_somebodys(number) else ""
    valid = [number for region in ("NL", "BE") if (number := _national(typed, region))]
    return typed if len(valid) > 1 else "".join(map(_international, valid))


def digits_of(text: str) -> str:
    """Nothing but its digits."""
    return re.sub(r"\D", "", text)


def _numbers(text: str, run: re.Match[str], labelled: bool, tries: _Tries) -> list[Found]:
    """The valid numbers in a run of digits."""
    groups = list(_GROUP.finditer(text, run.start(), run.end()))
    found: list[Found] = []
    first = 0
    while first < len(groups) and tries.left > 0:
        here = groups[first : first + 8]
        number, used = None, 1
        if text[here[0].start()] in "+03" or (labelled and first == 0):
            number, used = _longest(text, here, labelled and first == 0, tries)
        if number:
            found.append(_with_parenthesis(text, run, number))
        first += used
    return found


def _longest(text: str, groups: list[re.Match[str]], labelled: bool, tries: _Tries) -> tuple[Found | None, int]:
    """The longest valid number that begins with the first group, and how many groups it takes."""
    start = groups[0].start()
    for count in range(len(groups), 0, -1):
        if tries.left <= 0:
            break
        end = groups[count - 1].end()
        if not (candidate := _candidate(text[start:end], labelled)):
            continue
        tries.left -= 1
        if typed := readable_phone(candidate):
            return Found(VALID, typed, start, end), count
    return None, 1


def _with_parenthesis(text: str, run: re.Match[str], number: Found) -> Found:
    """The number with the parenthesis that it opens with: '(020) 123 45 67'."""
    start, end = number.start, number.end
    if not (start > run.start() and text[start - 1] == "(" and ")" in text[start:end]):
        return number
    typed = number.value
    return Found(number.kind, typed if typed[0] == "+" else f"({typed}", start - 1, end)


def _candidate(typed: str, labelled: bool) -> str:
    """What could be a number by its beginning; empty when it can't."""
    digits = digits_of(typed)
    if not 8 <= len(digits) <= 15:
        return ""
    if typed.startswith("+") or re.match(r"0\d|0[ ]?[46]", typed):
        return typed
    if re.match(r"31[ -]?6|32[ -]?4", typed) and len(digits) == 11:
        return f"+{typed}"
    return typed if labelled and len(digits) == 9 and not typed.startswith("0") else ""


def _bad_number(run: re.Match[str], labelled: bool) -> Found | None:
    """A run of digits that is meant as a telephone number, by its beginning or by what stands before it."""
    groups = list(_GROUP.finditer(run[0]))
    begins = [group.start() for group in groups if re.match(r"\+|0\d", group[0])]
    start = 0 if labelled else min(begins, default=-1)
    if start < 0:
        return None
    typed = run[0][start:]
    if not 7 <= len(digits_of(typed)) <= 13 or (number := _parsed(typed, "NL")) is None:
        return None
    if phonenumbers.number_type(number) in _NOBODYS:
        return None
    return Found(BAD, folded(typed).removeprefix("("), run.start() + start, run.end())


def _national(typed: str, region: str) -> phonenumbers.PhoneNumber | None:
    """A number without a country's prefix, read as one of this country."""
    number = _parsed(typed, region)
    if not number:
        return None
    groups = re.findall(r"\d+", typed)
    if region == "BE" and not _is_grouped_as_in_belgium(groups):
        return None
    return number if _is_somebodys(number) else None


def _is_grouped_as_in_belgium(groups: list[str]) -> bool:
    """Whether a number isn't a Dutch one of which a digit is missing: 06-1234567, 023-123456."""
    digits = "".join(groups)
    if len(digits) != 9:
        return True
    if digits.startswith("06"):
        return len(groups[0]) == 3
    return not re.match(r"0[2349]", digits) or len(groups) == 1 or len(groups[0]) == 2


def _is_somebodys(number: phonenumbers.PhoneNumber) -> bool:
    """Whether it is a number that a visitor can have."""
    if phonenumbers.is_valid_number(number):
        return phonenumbers.number_type(number) not in _NOBODYS
    national = str(number.national_number)  # of Brussels, Antwerp, Liège, Ghent; not all series are in the library
    return number.country_code == 32 and bool(re.fullmatch(r"[2349][1-9]\d{6}", national))


def _parsed(typed: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(re.sub(r"(?<=\+)\s", "", typed), region)
    except phonenumbers.NumberParseException:
        return None


def _international(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
