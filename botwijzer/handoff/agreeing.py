"""What visitors say to a summary: a bare yes, a yes with more in it, a wait, take that out, send my questions along."""

from __future__ import annotations

import re

_WORD = re.compile(r"[\w'’]+")
_YES = frozenset(
    """
    ja jaa jawel jazeker joa jo jup jep yep yes yess prima oke ok oké okee okay goed klopt akkoord top zeker graag
    correct juist precies inderdaad tuurlijk natuurlijk uiteraard perfect fijn mooi verstuur versturen verstuurt
    verzend verzenden verzendt stuur stuurt sturen zend zendt zenden doorsturen opsturen doe mag orde
    """.split()  # noqa: SIM905
)
_FILLER = frozenset(
    """
    hoor dank u je jij jullie bedankt dat da dit het t ie hij is zo maar ma mar door op weg aub alsjeblieft alstublieft
    svp helemaal wel al dan nu mij me van mijn best in kan ik wil er allemaal alles verdorie gerust meteen gewoon awel
    amai toch ze hem deze die de een vraag bericht naar medewerker collega en nee hoeft niks niets aan veranderen weer
    hè he eens even ff allez och ach nou lijkt vind geef zie staat klaar
    """.split()  # noqa: SIM905
)
_HOLDS = re.compile(
    r"\b(?:wacht\w*|eerst|anders|fout\w*|verkeerd\w*|niet|nie|geen|nog (?:even|iets|wat|een|niet)|stop)\b"
    r"|(?<!niks )(?<!niets )(?<!niks aan )(?<!niets aan )\b(?:ver)?(?:ander|wijzig)\w*\b",
    re.IGNORECASE,
)
_ALL_IS_WELL = re.compile(r"\bnee\b.{0,12}\b(?:klopt|goed|prima)\b|\b(?:niks|niets) (?:aan )?(?:te )?verander", re.I)
_NO_YES = re.compile(r"\?|^\W*nee|\b(?:wat|hoe\w*|wanneer|waarom|welke?|wie)\b", re.IGNORECASE)
_LEADING_YES = re.compile(r"^\W*(?:ja+|jawel|ok[eé]?|oke|prima|goed)\b\W*(?:(?:maar|en|doe|wel)\b\W*)*", re.IGNORECASE)

_QUESTIONS = r"\b(?:eerdere|vorige|laatste|andere|mijn|alle|die)\b.{0,12}\bvragen\b"
_SHARES = re.compile(
    rf"\b(?:met|inclusief|plus|samen met|en)\b.{{0,20}}{_QUESTIONS}"
    rf"|\b(?:stuur|neem|doe|mogen?)\b.{{0,20}}{_QUESTIONS}.{{0,15}}\bmee\b"
    rf"|\b(?:alles|allebei|alle vragen)\b.{{0,25}}\bmee\b",
    re.IGNORECASE,
)

_OUT = r"\b(?:haal|laat|doe|schrap|verwijder|wis|zonder|weg met)\b.{0,25}"
_REMOVES = {
    "name": re.compile(rf"{_OUT}\bnaam\b", re.IGNORECASE),
    "phone": re.compile(
        rf"{_OUT}\b(?:nummer|telefoon\w*|gsm)\b|\bbel (?:me|mij) (?:\w+ )?niet\b|\bniet (?:op)?bellen\b", re.IGNORECASE
    ),
    "email": re.compile(rf"{_OUT}\b(?:e-?mail\w*|mail\w*)\b|\b(?:niet|liever geen) mailen\b", re.IGNORECASE),
}
_ASKS = re.compile(
    r"\?|^\W*(?:(?:en|maar|nou|dus|sorry|dag|hallo)\W+)*(?:wat|wa|hoe|hoeveel|hoelang|wanneer|waar\w*|welke?|wie|kan|kun\w*"
    r"|mag|mogen|moet|is|zijn|hebben|heeft|heb(?:ben)? jullie|leveren|verkopen|doen|gaat|geldt|klopt)\b"
    r"|\bof (?:ik|het|er|jullie|je|dat|dit|mijn|de|een|u|we|ze)\b"
    r"|\bik (?:wil|wou|wilde|zou)\b.{0,20}\b(?:weten|vragen|horen|bespreken)\b"
    r"|\b(?:vraag|gaat|is|klacht|weten|vragen|informatie|advies) over\b|\bover (?:mijn|m'n|de|het|een)\b",
    re.IGNORECASE,
)
_ABOUT_DATA = re.compile(
    r"\b(?:gegevens|gesprek\w*|alles|data|chat\w*|avg|informatie|conversatie|berichten|verzoek)\b", re.IGNORECASE
)


def agrees(text: str, likely: bool) -> bool:
    """Whether a text is a yes and nothing else.

    Args:
        text: What the visitor typed.
        likely: It was understood as a yes.
    """
    if _ALL_IS_WELL.search(text):
        return "?" not in text
    if _NO_YES.search(text):
        return False
    words = [word.casefold() for word in _WORD.findall(text)]
    left = [word for word in words if word not in _YES | _FILLER]
    says_yes = likely or any(word in _YES for word in words)
    return bool(words) and says_yes and not holds(text) and len(left) < (3 if likely and len(words) < 7 else 1)


def holds(text: str) -> bool:
    """Whether somebody wants to change or do something first."""
    return bool(_HOLDS.search(text)) and not _ALL_IS_WELL.search(text)


def shares(text: str) -> bool:
    """Whether somebody wants earlier questions to go along."""
    return bool(_SHARES.search(text)) and not holds(text)


def removes(text: str) -> frozenset[str]:
    """Which of `name`, `phone` and `email` somebody wants taken out."""
    return frozenset(field for field, pattern in _REMOVES.items() if pattern.search(text))


def without_yes(text: str) -> str:
    """The text without the yes that it begins with."""
    return _LEADING_YES.sub("", text).strip() or text


def asks_something(text: str) -> bool:
    """Whether a text looks like a question for somebody, rather than like talk beside it."""
    return bool(_ASKS.search(text))


def is_about_data(text: str) -> bool:
    """Whether what is to be erased is what is kept, rather than a part of the request."""
    return bool(_ABOUT_DATA.search(text))
