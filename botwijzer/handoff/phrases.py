"""What visitors say in so many words: that they give no name or address, call it off, mean what went before.

All but `replaces_question` look at short messages only.
"""

from __future__ import annotations

import re

from botwijzer.handoff.text import LONGEST, clean, plain
from botwijzer.handoff.ways import without_ways

MOST_WORDS_BEFORE_A_QUESTION = 8
"""What says more before it is part of the question."""

MOST_WORDS_TO_CANCEL = 14
MOST_WORDS_TO_REFER = 14
MOST_WORDS_TO_REFUSE = 20
MOST_WORDS_TO_REFUSE_A_NAME = 25


def _phrases(*patterns: str) -> re.Pattern[str]:
    """One pattern of several, for what `plain` makes of a text."""
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b")


def _all_said(*patterns: str) -> re.Pattern[str]:
    """One pattern of several that may be followed by what changes nothing, for all of a text."""
    return re.compile(rf"(?:{'|'.join(patterns)})(?: {_SOFT})*")


_REFUSES_NAME = re.compile(
    r"\b(?:anoniem|naamloos|geen naam|naam (?:geef|zeg|deel|vertel|laat|hou|houd|noem) ik|naam geen|"
    r"naam krijg(?:t|en)? (?:u|je|jullie) niet|"
    r"zonder (?:mijn )?naam|naam hoeft|naam (?:is |lijkt me )?(?:niet|onbelangrijk|prive|"
    r"geheim|overbodig)|naam doet|hoe ik heet|wie ik ben (?:doet|is|maakt|zeg|hoef)|(?:mijn|mn|m n|me) (?:voor|"
    r"achter)?naam\b.{0,30}\b(?:niet|niks|"
    r"voor (?:me|mij|mezelf|mijzelf|mijn eigen)|geheim|prive|liever|onbelangrijk|overbodig)|"
    r"(?:die|dien|naam) (?:hou|houd|houdt) ik (?:liever |graag )?(?:voor|privé|prive)|"
    r"(?:zeg|geef|noem|vertel|deel|hou|houd)\b.{0,25}\bnaam\b.{0,12}\b(?:niet|voor me|voor mij)|"
    r"(?:niet|liever geen|geen)\b.{0,20}\bnaam\b(?: (?:geven|zeggen|delen|noemen|achterlaten|nodig|vermelden))|"
    r"waarom\b.{0,25}\bnaam)\b"
)
_ASKS_OR_GIVES_NO_OTHER = re.compile(
    r"\bnaam (?:is|was) (?:niet|geen) .{1,40} maar\b|\bmaar hoe ik heet\b|\bniet goed\b"
)
_WAY = (
    r"(?:e ?mails?|mails?|mailtjes?|mailadres|e ?mailadres|emailadressen|adres|telefoon|telefoontjes?|telefoonnummers?|"
    r"tel|nummers?|gsm|gsm ?nummer|mobiel\w*|06|gegevens|\w{2,12}gegevens|contact)"
)
_NOT = "(?:niet|nie|ni|niks|nooit)"
_TELL = "(?:zeg|zegt|zeggen|geef|geven|vertel|vertellen|deel|delen|doorgeven|achterlaten|noemen|noem)"
_SELF = "(?:me|mij|mezelf|mijzelf|mijn eigen|m n eigen|eigen gebruik)"
_REFUSES_CONTACT = _phrases(
    rf"(?:mijn|mn|me|m n|die|zulke|mijne) (?:\w+ ){{0,3}}{_WAY}\b(?: \w+){{0,5}} (?:{_NOT}|voor {_SELF})",
    rf"(?:geen|nooit|zonder) (?:\w+ ){{0,3}}{_WAY}|{_NOT} (?:via|per|aan) (?:\w+ ){{0,2}}{_WAY}",
    rf"{_NOT} (?:mijn |mn |graag |zomaar ){{0,3}}{_WAY} {_TELL}",
    rf"(?:{_TELL}|doe|laat|(?:dat|die|dit) wil) (?:(?:ik|we|dat|je|u|jullie|die|dit|er|het) ){{0,3}}(?:liever |"
    rf"zomaar |echt |"
    rf"absoluut ){{0,2}}{_NOT}"
    rf"(?: (?:{_TELL}|achter|doen|aan jullie|zomaar|graag|hoor))*$",
    rf"(?:dat|da|die|dit|het) (?:{_TELL}|doe) (?:ik |we )?(?:\w+ ){{0,2}}{_NOT}|ga ik {_NOT} {_TELL}|"
    rf"vul ik (?:\w+ )?{_NOT} in",
    rf"{_WAY} (?:krijg|krijgt|krijgen) (?:je|u|jullie|ge|ze) (?:\w+ ){{0,2}}{_NOT}|weiger",
    rf"(?:dat|die|deze|alles) hou[dt]? ik (?:\w+ )?(?:voor {_SELF}|prive)",
    r"gaat? (?:je|u|jou|jullie|niemand|uw|ulder) (?:\w+ )?(?:niks|niets|geen|nikske) ?(?:aan|moer)?|da gade gij",
    r"zijn (?:je|uw|jullie|ulle) zaken niet|(?:dat is|das|is) (?:prive|persoonlijk)|daar begin ik niet aan",
    r"(?:liever|lieverst) (?:niet|nie)(?: zeggen| geven)?$|^(?:\w+ )?(?:liever )?anoniem(?: blijven)?$|anoniem blijven",
    r"blijf (?:\w+ )?anoniem|wil (?:ik )?(?:niet|nie) (?:gebeld|gemaild|teruggebeld|gecontacteerd|dat (?:ze|je|u|"
    r"jullie|iemand))",
    rf"(?:heb|hebt|hebben|hoef|hoeft|hoeven|moet|moeten) (?:je|u|jullie|ge|gij|"
    rf"ze) (?:\w+ ){{0,3}}{_NOT} (?:\w+ )?(?:nodig|weten)",
    r"(?:zeg|laat) (?:ik )?(?:niks|niets)|geen van (?:beide|allebei|de twee)",
)
"""Of somebody who gives no way to be answered."""

_SOFT = (
    "(?:nee|neen|ja|oh|och|ach|ah|o|sorry|nou|nu|toch|maar|hoor|dank|u|je|bedankt|merci|even|dan|ook|wel|ok|oke|goed|"
    "eigenlijk|weet|wat|bij|nader|inzien|en|dus|al|het|dat|tis|is|t|allez|hey|hallo|alsjeblieft|alstublieft|aub|svp|"
    "please|graag|zo|weer|gewoon|ben|pff|pfff|foert|kom|jullie|ik|van|mij|beste|mensen)"
)
_SOFT_WORD = re.compile(_SOFT)
"""What may stand around a phrase that calls off, and changes nothing about it."""

_IT = (
    r"(?:het|dit|dat|die|alles|t|mijn vraag|ermee|hiermee|er (?:nu )?mee|hier mee|(?:met )?(?:de|deze|mijn|het|"
    r"dit|die|uw|"
    r"mn) (?:aanvraag|verzoek|gesprek|formulier|vraag|boel|contactverzoek|hele gedoe|gedoe|procedure|invoer|proces))"
)
_STOP = "(?:stop|stoppen|kap|kappen|cancel|cancelen|cancellen|annuleer|annuleren|afbreken|breek|afsluiten|ophouden)"
_CANCELS = _all_said(
    r"laat(?: ik)?(?: het| dat| t| hem)?(?: dan| ook)?(?: maar| toch)*(?: zitten| zo| vallen| gaan| rusten|"
    r" hierbij| nu)?(?: maar)?",
    rf"laat {_IT} vervallen|(?:ik |we )?(?:schrap|stop|beeindig) {_IT}(?: af)?",
    r"(?:ik|we) (?:laat|laten) het (?:hierbij|zo|zitten|erbij|maar zitten|maar zo|hier bij)",
    rf"(?:ik |we )?{_STOP}(?: maar)?(?: {_IT})?(?: maar)?(?: af)?|(?:ik )?(?:hou|houd|schei) (?:er |"
    rf"hier )?(?:mee )?(?:op|uit)|exit|quit",
    rf"ik (?:wil|wou|wens|ga|zou) (?:{_IT} |graag |liever |nu )*(?:{_STOP}|(?:toch )?niet meer|toch niet)",
    r"ik zie (?:er van|ervan|hiervan) af|(?:ik )?trek (?:mijn|het|de) (?:aanvraag|verzoek|vraag) in",
    r"(?:verwijder|wis|schrap) (?:mijn|de|deze|het) (?:aanvraag|verzoek)|(?:kan|mag) (?:\w+ )?vervallen|weg ermee",
    r"(?:(?:het|t|dat|dit|dan|al|nu) )*(?:hoeft?|moet)(?: (?:het|t|dat|al|toch|voor mij|nu|echt|"
    r"eigenlijk))* (?:niet|nie|ni) (?:meer|meer zo)",
    r"(?:(?:het|t|dan|al|nu) )*hoeft?(?: (?:het|t|al|toch|voor mij|nu|echt|eigenlijk))* (?:niet|nie|ni)",
    r"ik hoef (?:al )?(?:(?:het|dat|t) )?(?:niet|nie|geen (?:mens|medewerker|antwoord|hulp|"
    r"contact))(?: meer)?(?: te (?:spreken|hebben))?",
    r"(?:is )?(?:al )?(?:niet|nie) (?:meer )?(?:nodig|belangrijk(?: meer)?)|(?:is )?overbodig(?: geworden)?",
    r"vergeet (?:het|t|dat|maar|alles|mijn vraag|deze vraag)(?: maar)?",
    r"toch (?:maar |liever )*(?:niet|nie)|dan (?:maar )?(?:niet|nie)|maar niet(?: meer)?|gaan we niet doen",
    r"(?:k |heb |ben )*(?:(?:me|mij|mezelf) )?(?:bedenk|bedacht)(?: (?:me|mij|mezelf|net|toch|ineens|opeens))*|"
    r"van gedacht(?:en)? veranderd?",
    r"doe(?: het| dat| t)? (?:maar |toch )*niet|(?:doe )?geen moeite(?: meer)?|never ?mind|zand erover",
    r"(?:al )?(?:opgelost|geregeld|beantwoord)|al (?:in orde|goed|duidelijk)(?: zo)?",
    r"(?:heb |hebben |wil |wil toch )*(?:al )?(?:er )?geen (?:zin|behoefte|interesse|mens|medewerker|hulp|contact)"
    r"(?: (?:meer|nodig|aan|in|er))*",
    r"(?:heb |weet )?het (?:nu |intussen |ondertussen |antwoord )?al(?: zelf)?(?: gevonden| gelezen)?|"
    r"heb het(?: al)?(?: zelf)?(?: al)? gevonden",
    r"(?:ik )?(?:bel|mail|vraag|zoek|kijk|los|regel)(?: (?:ik|het|ze|jullie|dan|wel|zelf|even|anders|"
    r"aan mijn (?:huis)?(?:arts|dokter|apotheker)|op|uit|na|verder))+",
    r"ga het (?:zelf )?(?:wel )?(?:zelf )?(?:uitzoeken|opzoeken|nakijken|regelen)|(?:een )?(?:andere|ander|"
    r"volgende) keer",
)
"""Of somebody who calls it off; each is all that a message says, or all between two commas."""

_THAT = re.compile(r"\bdat hoeft?\b(?!.*\bmeer\b)")
"""Rather an answer to what was asked last."""

_BEFORE = (
    "(?:net|zonet|zojuist|daarnet|daarstraks|daarjuist|juist|eerder|hiervoor|daarvoor|hierboven|straks|al|boven|zo net|"
    "in het begin|eerst|vooraf|van tevoren|vorige keer)"
)
_ASKED = "(?:vroeg|zei|schreef|typte|stelde|tikte|gevraagd|gezegd|geschreven|getypt|gesteld|verteld|wou|wilde|had|heb)"
_WHAT = "(?:wat|die|dat|zoals|vraag|hetgeen)"
_REFERS_BACK = _phrases(
    r"(?:zie|lees|kijk|staat|stond|hier|vraag|scroll) (?:\w+ )?(?:hier)?boven|hierboven|zie mijn (?:eerste|vorige)",
    rf"{_WHAT} (?:die |dat )?(?:ik|k|we) (?:(?:je|u|jullie|hem|hier|dus|toch|daar) )?{_BEFORE}(?: \w+){{0,2}} {_ASKED}",
    rf"{_WHAT} (?:die |dat )?(?:ik|k|we) (?:vroeg|zei|schreef|typte|stelde|tikte|had (?:\w+ )?{_ASKED}|"
    rf"heb (?:\w+ )?{_ASKED})(?: {_BEFORE})?$",
    r"(?:mijn|mn|de|die|deze|mijne|m n) (?:vorige|eerdere|laatste|voorgaande|eerste|oorspronkelijke|bovenstaande|"
    r"zelfde) "
    r"(?:vraag|vragen|bericht)",
    rf"(?:die|de)?(?:zelfde) (?:vraag|als)|hetzelfde als {_BEFORE}|(?:dat|die|het|vraag|"
    rf"ene) (?:\w+ )?van (?:\w+ )?{_BEFORE}",
    rf"(?:dat|die|vraag) van {_BEFORE}|^(?:dat|die|het|wat|hetzelfde|van|over)(?: van)? {_BEFORE}$",
    r"^(?:idem|idem dito|hetzelfde|dezelfde)$|^(?:gewoon |ja |nee )?(?:dat|die) (?:van|over) (?:(?:dat|die|de|"
    r"het) )?\w+$",
    r"(?:lees|scroll) (?:maar )?(?:\w+ )?(?:terug|omhoog)",
    rf"(?:heb|had) ik (?:(?:je|u|jullie|hier|toch|dus) )*{_BEFORE} (?:al )?{_ASKED}|(?:heb|"
    rf"had) (?:ik )?(?:(?:toch|al|net) )+{_ASKED}",
    rf"vroeg ik {_BEFORE}|ik (?:vroeg|zei|stelde) (?:het|dat|die|je|u|jullie) {_BEFORE}",
)
"""Of a question that is one before."""

_REFERS_TO_FORGET = re.compile(
    r"\b(?:niet wat|vergeet|vergeten|wis|wissen|verwijder|ignore|negeer|onthoud|weg|smijt|wat ik bedoel)\b"
)
_LEAD = (
    r"(?:^|[.,;!?\n:]|\b(?:nee|neen|oh|sorry|en|maar|dat|wacht|want|nou|ja|oeps)\b)\s{0,2}"
    r"(?:(?:het|dat|de|deze|dit)\s+)?"
)
_ASKING = r"(?=(?:of|hoe|wat|waar|wanneer|waarom|wie|welke|hoeveel|mag|kan|is)\b)"
_REPLACES = re.compile(
    rf"{_LEAD}(?:"
    r"(?:(?:mijn|de|m['’]?n|mijne|die|nieuwe|andere|juiste|eigenlijke|echte)\s+){0,3}vraag\s*(?:[:=]|(?:is|was|"
    r"wordt|luidt|"
    r"(?:moet|moest)\s+(?:zijn|worden|luiden))(?:\s+(?:eigenlijk|dus|namelijk|gewoon|nu|meer|alleen))*\s*[:,]?)\s*"
    r"|(?:verander|wijzig|pas|vervang|maak|zet)\s+(?:(?:mijn|de|die|deze|m['’]n)\s+)?vraag\s+(?:aan\s+|om\s+)?"
    r"(?:in|naar|door|van|tot)\s*:?\s*"
    r"|(?:maak|doe)\s+(?:er|daar)\s*(?:maar\s+)?van\s*:?\s*"
    r"|ik\s+(?:wil|wou|wilde)\s+(?:eigenlijk|liever|alleen|gewoon)\s+(?:vragen|weten)\s*[:,]?\s*"
    rf"|ik\s+bedoel(?:de)?\s*[:,]?\s*{_ASKING}|(?:stel|vraag)\s+(?:maar|liever)\s+{_ASKING})",
    re.I,
)
_OF_THE_QUESTION = re.compile(
    r"^(?:(?:heel|erg|eigenlijk|best|een beetje|dus) )*(?:simpel\w*|eenvoudig\w*|kort\w*|makkelijk\w*|"
    r"als volgt|deze|dit|"
    r"de volgende|volgende)(?: dit)?\s*[:,]\s*",
    re.I,
)
_ABOUT_THE_QUESTION = re.compile(
    r"te \w+\b|(?:(?:nog|al|te|zo|toch|ook|wel|gewoon|helemaal|nu|niet)\s+)*(?:niet|beantwoord|verkeerd|fout|"
    r"anders|duidelijk|"
    r"onduidelijk|goed|weg|hetzelfde|dezelfde|juist|correct|compleet|al|lang|kort|verdwenen|prive|persoonlijk|dringend|"
    r"die|dat)\s*(?:(?:beantwoord|goed|gesteld|opgeschreven|overgekomen|duidelijk|juist|compleet|correct|zo|genoteerd|"
    r"weg|meer|begrepen|hoor)\s*)*[.!]*$",
    re.I,
)
"""What says something of the question, and isn't one."""


def refuses_name(text: str) -> bool:
    """Whether somebody doesn't want to say a name."""
    said = plain(text)
    short = len(said.split()) <= MOST_WORDS_TO_REFUSE_A_NAME
    return short and bool(_REFUSES_NAME.search(said)) and not _ASKS_OR_GIVES_NO_OTHER.search(said)


def refuses_contact(text: str) -> bool:
    """Whether somebody gives no way to be answered."""
    said = plain(text)
    short = len(said.split()) <= MOST_WORDS_TO_REFUSE and "?" not in text
    names_only = refuses_name(text) and "anoniem" not in said and not re.search(rf"\b{_WAY}\b", said)
    return short and not names_only and bool(_REFUSES_CONTACT.search(said))


def cancels(text: str) -> bool:
    """Whether somebody calls the request off, in so many words and with little else."""
    if len(text) > 200 or "?" in text or len(text.split()) > MOST_WORDS_TO_CANCEL:
        return False
    if "@" in text or sum(map(str.isdigit, text)) > 6 or replaces_question(text) or _THAT.search(plain(text)):
        return False
    parts = re.split(r"[,.;:!…\n–]+|\s-\s", text)
    return _calls_off(text) or any(_calls_off(part) and plain(part) != "ik stop" for part in parts)


def refers_back(text: str) -> bool:
    """Whether a question is the one before: 'wat ik net vroeg', 'zie hierboven'."""
    said = plain(text)
    short = len(said.split()) <= MOST_WORDS_TO_REFER
    return short and bool(_REFERS_BACK.search(said)) and not _REFERS_TO_FORGET.search(said)


def replaces_question(text: str) -> str | None:
    """The question that a visitor puts in the place of another: 'nee, mijn vraag is of ...'."""
    text = clean(text[:LONGEST])
    found = _REPLACES.search(text)
    if not found:
        return None
    weak = bool(re.search(r"\b(?:ik|stel|vraag maar|vraag liever)\b", found[0], re.I))
    before = without_ways(text[: found.start()])
    if len(before.split()) > (MOST_WORDS_BEFORE_A_QUESTION if not weak else 2):
        return None
    new = text[found.end() :].strip(" \n:;,.-–\"'“”„")
    if re.match(r"niet\b", new, re.I) and (but := re.search(r",? maar ", new)):
        new = new[but.end() :]
    new = _OF_THE_QUESTION.sub("", new)
    if _ABOUT_THE_QUESTION.match(new) or refers_back(new):
        return None
    return without_ways(new) or None


def _calls_off(part: str) -> bool:
    """Whether that is all that is said, but for what changes nothing about it."""
    words = plain(part).split()
    for first in range(len(words)):
        if first and not _SOFT_WORD.fullmatch(words[first - 1]):
            return False
        if _CANCELS.fullmatch(" ".join(words[first:])):
            return True
    return False
