"""The ways to answer that a message gives, and what remains without them and the words around them."""

from __future__ import annotations

import re
from collections.abc import Collection

from botwijzer.handoff.emails import find_emails
from botwijzer.handoff.found import Found, spans
from botwijzer.handoff.phones import find_phones
from botwijzer.handoff.text import TAKEN, folded, lowered, without, words_of

WAYS = words_of(
    """
    nummer nummertje telefoonnummer telefoon tel telnr nr mobiel mobiele mobieltje mob gsm gsm-nummer gsmnummer
    gsm-nr 06-nummer mail e-mail email emails mailtje mailadres emailadres e-mailadres e-mail-adres adres mailen
    emailen mailt bel bellen belt gebeld opbellen terugbellen terugbelt bereiken bereik bereikt bereikbaar op naar
    via stuur sturen stuurt zend antwoord antwoorden reageren contact contacteren contacteer app appen whatsapp
    whatsappen sms smsen noteer noteren contactgegevens gegevens telefonisch is t
    """
)
"""What says that a way to answer follows or went before."""

AROUND = words_of(
    """
    mijn mijne m'n mn me mij ons het 't de een dit dat die deze ik je jullie u uw men iemand kan kunt kun kunnen mag
    mogen wil wilt willen zou zouden laat moet moest mocht ben zijn wordt worden was aan bij met per maar gerust
    gewoon best beste liefst liever graag even dus en of ook wel dan nog hier hij ie beter correct correcte juist
    juiste nieuwe andere vaste vast goed goede bedoel bedoelde sorry foutje fout excuus pardon oeps oh o ja nee ok
    oké alvast schrijf doe toch opnemen neem zo privé werk thuis beneden volgende eventueel anders nodig heel voor
    eh uh euh ehm jawel terug namelijk word heb hebt geen alleen lijn komt niet noemen huis onder vanaf buiten
    belletje
    den ge gij oude meer geef geeft haar e emailadress mailadress
    """
)
"""What stands between those words and the address or number."""

FILLERS = words_of(
    """
    ja nee neen ok oke oké okay goed prima top sorry foutje fout typfout tikfout excuus excuses pardon oeps oei oh o
    dus hoor graag hallo hoi hey dag goedemorgen goedemiddag goedenavond goedendag beste bedankt dank u je jullie
    wel alvast merci thanks groet groeten groetjes vriendelijke hartelijke met mvg vr gr svp aub alstublieft
    alsjeblieft en of maar ook nog even dan zo hier hierbij het dit dat de 't mijn mijne m'n naam ik ben heet
    voornaam achternaam wacht correctie verkeerd verkeerde typte getypt tikte bedoel bedoelde moet zijn moest juiste
    juist klopt zeker natuurlijk eh uh euh ehm nou tja hè he voor van was gewoon eigenlijk mw mevr dhr mevrouw
    meneer anders
    """
) | (WAYS - {"antwoord", "antwoorden", "contact", "gegevens", "noteren"})
"""What says nothing by itself."""

WEAK = frozenset({"is", "op", "naar", "via", "t"})
"""Those of them that are in any sentence."""

EMPTY = FILLERS | WAYS | AROUND
"""What says nothing beside an address or number."""

CLOSES = words_of(
    """
    nummer telefoonnummer gsm gsm-nummer mail mailadres emailadres e-mailadres adres e-mail dus hoor
    """
)
"""What ends the words about an address or number that went before."""

_TOKEN = re.compile(r"[^\W\d_][\w'’-]*|\d+-nummer|['’]t(?!\w)|[^\s\w]|[\d_]+")
_MARKS_BEFORE = frozenset(":=(<[>-–#/*'\"“„")
_SHORTENED = frozenset({"tel", "nr", "mob", "telnr", "gsm", "mail", "e-mail", "t", "m"})


def take_out_ways(text: str) -> tuple[list[Found], list[Found], str]:
    """The addresses and the numbers in a text, and the text with marks for them and for the words around them."""
    emails = find_emails(text)
    left = without(text, spans(emails))
    phones = find_phones(left)
    return emails, phones, _without_words_around(without(left, spans(phones)))


def without_ways(text: str) -> str:
    """A text without addresses, numbers and the words around them; a name in it is part of it."""
    _, _, left = take_out_ways(text)
    if TAKEN not in left:
        return folded(left)
    return " ".join(filter(None, map(trimmed, left.split(TAKEN))))


def trimmed(piece: str) -> str:
    """A piece without the empty words at its ends."""
    parts = re.findall(r"[^,.;!?\n]+[,.;!?\n]*", piece)
    while parts and not says_something(parts[0], EMPTY):
        parts.pop(0)
    while parts and not says_something(parts[-1], EMPTY):
        parts.pop()
    trimmed = folded("".join(parts)).strip(" ,;:-–/=(")
    trimmed = re.sub(
        r"^(?:en|maar|dus|of)\s+(?=ik|mijn|of|hoe|wat|waar|wanneer|mag|kan|graag|dan|jullie|is|de|het)",
        "",
        trimmed,
        flags=re.I,
    )
    return trimmed if trimmed.count("(") >= trimmed.count(")") else trimmed.strip(")")


def says_something(text: str, empty: Collection[str] = FILLERS, asks: bool = False) -> bool:
    """Whether there is a word that isn't empty; any word will do when the text asks."""
    words = re.findall(r"[^\W_][\w'’-]*", lowered(text))
    return bool(words) and (asks or any(word not in empty for word in words))


def _without_words_around(text: str) -> str:
    """Takes out what belongs to an address or number: 'u kunt mij bellen op', 'is mijn nummer'."""
    for block in list(re.finditer(f"{TAKEN}+", text)):
        before = _start_of_words_before(text, block.start())
        after = _end_of_words_after(text, block.end())
        text = without(text, [(before, block.start()), (block.end(), after)])
    return text


def _start_of_words_before(text: str, end: int) -> int:
    """Back over 'u kunt mij bellen op', to where something else is said."""
    begin = max(0, end - 120)
    start = end
    told = joins = False
    tokens = list(_TOKEN.finditer(text, begin, end))
    bounded = begin == 0
    for at in range(len(tokens) - 1, -1, -1):
        word = lowered(tokens[at][0])
        before = tokens[at - 1][0].lower() if at else ""
        if at == 0 and begin > 0:
            break
        if word in _MARKS_BEFORE or (word == "." and before in _SHORTENED):
            continue
        if word in {".", ",", "!", "?", ";", ")", TAKEN} or ("\n" in text[tokens[at].end() : start] and told):
            bounded = True
            break
        if (word not in WAYS and word not in AROUND) or (joins and word not in WAYS - WEAK):
            bounded = False  # 'waar mijn pakje is en mij bellen op'
            break
        joins = told and word in {"en", "of", "maar"}
        told = told or (word in WAYS and word not in WEAK)
        start = tokens[at].start()
    return start if told or bounded else end


def _end_of_words_after(text: str, start: int) -> int:
    """Up to the end of the sentence, to a noun such as 'nummer', or past a joining word."""
    closed = end = start
    for token in _TOKEN.finditer(text, start, min(len(text), start + 100)):
        word = lowered(token[0])
        if word in ".,;!?)>]" or "\n" in text[end : token.start()] or word == TAKEN:
            return end
        if word not in WAYS and word not in AROUND and word not in FILLERS:
            return closed
        end = token.end()
        if word in CLOSES or (word in {"en", "maar", "of"} and closed in {start, token.start() - 1}):
            closed = end
    return end
