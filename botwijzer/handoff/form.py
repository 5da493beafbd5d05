"""The talk in which a visitor leaves a request: what is known so far, what is asked next, what a reply means.

Nothing here knows Rasa or says a word itself: `advance` takes the draft, the message and what it was understood
as, and returns the next draft with the names of the responses to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from botwijzer.handoff.agreeing import agrees, asks_something, holds, is_about_data, removes, shares, without_yes
from botwijzer.handoff.details import (
    Details,
    cancels,
    correct_email,
    correct_phone,
    read_details,
    refers_back,
    refuses_contact,
    refuses_name,
    replaces_question,
    typed_email,
)

CONTACT, CHECK, QUESTION, CONFIRM, SENT = "contact", "check", "question", "confirm", "sent"
"""What is asked: a way to answer, whether an address is read rightly, the question, a yes; and then it is sent."""

LONGEST_QUESTION = 2_000
FEWEST_WORDS = 4
"""So many words that say nothing else are a question."""

WORDS_OF_A_STORY = 20
"""Who begins with so many has said what it is about."""

MOST_WORDS_TO_CANCEL = 14

_IN_BETWEEN = ("faq_", "more", "rephrase", "sources", "disclaimer", "bot_challenge", "privacy_question", "erase")
_SMALL_TALK = ("greet", "thank", "other_language")
_URGENT = "urgent_"
_ORDER = re.compile(r"\b(?:order|bestel|klant|factuur)\w*\b", re.IGNORECASE)
_WRONG_NAME = re.compile(r"\bnaam (?:klopt|is) (?:niet|fout|verkeerd)\b", re.IGNORECASE)
_NO_THANKS = re.compile(r"\W*nee+,? (?:bedankt|dank|merci|laat)\b", re.IGNORECASE)
_NOT_THE_SHOPS = frozenset({"urgent_acute", "urgent_despair"})
"""What no shop's staff should be asked, and no visitor wait for."""


@dataclass(frozen=True)
class Draft:
    """What is known of a request that is being made.

    Attributes:
        id: Key that makes sending twice harmless.
        needs_contact: Whether the staff can answer by mail or telephone only.
        step: What was asked last.
        question: What the visitor wants to know.
        name: Empty when not given.
        email: Valid, or empty.
        phone: Valid, or empty.
        doubtful: An address that was read back and waits for a yes.
        doubted: The last one that was read back.
        bad_phone: A number that was no number, to be corrected.
        before: The last question before, which 'dat van net' would mean.
        earlier: Questions asked before, which go along if the visitor agrees.
        share: Whether they do.
        fixing: The visitor was asked what is wrong.
        reference: Of the request that this adds to, or that it became.
    """

    id: str
    needs_contact: bool
    step: str = CONTACT
    question: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    doubtful: str = ""
    doubted: str = ""
    bad_phone: str = ""
    before: str = ""
    earlier: tuple[str, ...] = ()
    share: bool = False
    fixing: bool = False
    reference: str = ""

    @property
    def way(self) -> str:
        """Where the answer goes."""
        return " of ".join(way for way in (self.email, self.phone) if way)

    @property
    def asks(self) -> bool:
        """Whether the assistant waits for something."""
        return self.step != SENT

    def to_json(self) -> dict[str, Any]:
        """The draft as a slot keeps it: only what is known."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Draft:
        """The draft from its slot."""
        known = {each.name for each in fields(cls)}
        values = {"needs_contact": False, **{name: value for name, value in kept.items() if name in known}}
        return cls(**{**values, "earlier": tuple(values.get("earlier", ()))})


@dataclass(frozen=True)
class Outcome:
    """What comes of a message.

    Attributes:
        draft: As it is now; None when it was called off.
        says: Responses to say, in their order.
        answers: Whether the message is answered as if there were no request, before anything is said.
        sends: Whether the request is sent now.
    """

    draft: Draft | None
    says: tuple[str, ...] = ()
    answers: bool = False
    sends: bool = False


@dataclass
class _Reading:
    """A message while it is read."""

    draft: Draft
    text: str
    intent: str
    says: list[str] = field(default_factory=list)
    answers: bool = False


def begin(draft: Draft, text: str) -> Outcome:
    """Opens the talk; what the first message tells already is not asked again."""
    details = read_details(text)
    told = replace(draft, name=details.name, email=details.email, phone=details.phone)
    if not told.question and len(text.split()) >= WORDS_OF_A_STORY:
        told = replace(told, question=_short(details.rest or text))
    return _ask(_Reading(told, text, ""))


def advance(draft: Draft, text: str, intent: str) -> Outcome:
    """Takes up what a visitor says while a request is being made.

    Args:
        draft: What is known so far.
        text: What the visitor typed; empty for a button.
        intent: What it was understood as, or the button's.
    """
    if intent.startswith(_URGENT) and _ORDER.search(text):
        intent = "decline_orders"
    if intent == "erase" and text and not is_about_data(text):
        intent = "nlu_fallback"
    if intent in {"erase", "goodbye"}:
        return Outcome(None, answers=True)
    reading = _Reading(_without(draft, text), text, intent)
    if reading.draft == draft and _calls_off(reading):
        return Outcome(None, ("utter_request_stays" if draft.reference else "utter_request_cancelled",))
    if reading.draft == draft and draft.step == CONFIRM and (end := _end(reading)):
        return end
    details = _details(reading)
    says_more = len(details.rest.split()) >= FEWEST_WORDS or details == Details(rest=details.rest)
    if intent.startswith(_URGENT) and says_more:  # a name or an address alone is never urgent, whatever it looks like
        reading.answers = True
    if _repeats(draft, details):
        return _ask(reading)
    understood = _take_details(reading, details)
    if _take_rest(reading, details, understood) or understood or reading.answers or reading.says:
        return _ask(reading, again=reading.draft == draft)
    return _reply(reading) if reading.draft == draft else _ask(reading)


def _without(draft: Draft, text: str) -> Draft:
    """The draft without what the visitor wants taken out of it."""
    gone = removes(text)
    return replace(
        draft,
        name="" if "name" in gone else draft.name,
        email="" if "email" in gone else draft.email,
        phone="" if "phone" in gone else draft.phone,
    )


def _calls_off(reading: _Reading) -> bool:
    draft, text = reading.draft, reading.text
    if cancels(text) or (reading.intent == "cancel" and len(text.split()) <= MOST_WORDS_TO_CANCEL):
        return not (draft.step == CONFIRM and agrees(text, likely=False))
    return bool(draft.step == CONTACT and _NO_THANKS.match(text)) or (draft.fixing and reading.intent == "deny")


def _end(reading: _Reading) -> Outcome | None:
    """Sent with a yes, or asked what is wrong; None when the visitor says something else."""
    draft, text = reading.draft, reading.text
    details = read_details(text) if text else Details()
    if details != Details(name=details.name, rest=details.rest) or details.name not in {"", draft.name}:
        return None
    with_questions = bool(draft.earlier) and (reading.intent == "share" or shares(text))
    agreed = reading.intent in {"affirm", "share"} if not text else agrees(text, reading.intent in {"affirm", "share"})
    if with_questions or agreed:
        return Outcome(replace(draft, share=with_questions), sends=True)
    if not replaces_question(text) and (reading.intent == "deny" or _WRONG_NAME.search(text)):
        return Outcome(replace(draft, fixing=True), ("utter_request_what_is_wrong",))
    if reading.intent == "affirm" and holds(text):
        return Outcome(replace(draft, fixing=True), ("utter_request_what_is_wrong",))
    return None


def _repeats(draft: Draft, details: Details) -> bool:
    """Whether a message says only what is known: it was sent again, for its answer never arrived."""
    told = [(details.email, draft.email), (details.phone, draft.phone), (details.name, draft.name)]
    if not (details.email or details.phone) or any(new and new != known for new, known in told):
        return False
    return draft.step == CONFIRM and details.rest.casefold() in draft.question.casefold()


def _details(reading: _Reading) -> Details:
    """What a message holds; a correction of a part is read as the whole."""
    draft, text = reading.draft, reading.text
    if (number := draft.phone or draft.bad_phone) and (corrected := correct_phone(number, text)):
        return Details(phone=corrected)
    if (address := draft.email or draft.doubtful) and (corrected := correct_email(address, text)):
        return Details(email=corrected)
    if reading.intent.startswith(_IN_BETWEEN) and "@" not in text and not any(c.isdigit() for c in text):
        return Details(rest=text)
    return read_details(text)


def _take_details(reading: _Reading, details: Details) -> bool:
    """Takes up name, address and number; whether there was any."""
    draft = reading.draft
    if refuses_name(reading.text):
        reading.says.append("utter_request_without_name")
        draft = replace(draft, name="")
    elif details.name:
        draft = replace(draft, name=details.name)
    if details.email:
        draft = replace(draft, email=details.email, doubtful="")
    elif details.likely_email == draft.doubted and (typed := typed_email(reading.text)):
        draft = replace(draft, email=typed, doubtful="")  # who insists is right
    elif details.likely_email:
        draft = replace(draft, doubtful=details.likely_email, doubted=details.likely_email)
    elif details.bad_email and not details.phone:
        reading.says.append("utter_request_bad_email")
    if details.phone:
        draft = replace(draft, phone=details.phone, bad_phone="")
    elif details.bad_phone and not draft.email:
        draft = replace(draft, bad_phone=details.bad_phone)
        reading.says.append("utter_request_bad_phone")
    if draft.step == CHECK and draft.doubtful and not details.likely_email:
        if reading.intent == "affirm":
            draft = replace(draft, email=draft.doubtful, doubtful="")
        elif reading.intent == "deny":
            draft = replace(draft, doubtful="")
            reading.says.append("utter_request_type_again")
    changed = draft != reading.draft
    reading.draft = draft
    return changed


def _take_rest(reading: _Reading, details: Details, understood: bool) -> bool:
    """Takes the question up from what is left of a message; whether it was there."""
    draft, rest = reading.draft, details.rest
    if new := replaces_question(reading.text):
        reading.draft = replace(draft, question=_short(new), fixing=False)
        return True
    if not rest or "utter_request_without_name" in reading.says:
        return False
    if reading.intent in _NOT_THE_SHOPS or (reading.intent.startswith(_URGENT) and draft.step != QUESTION):
        return False
    if refers_back(rest):
        reading.draft = replace(draft, question=draft.question or draft.before)
        return bool(reading.draft.question)
    question = ""
    if draft.step == QUESTION and not draft.question:
        question = rest if _can_be_asked(reading, rest) else ""
    elif not draft.question:
        question = rest if _is_asked_early(reading, rest, understood) else ""
    elif draft.step == CONFIRM and not understood and _adds(reading, rest):
        question = without_yes(rest) if draft.fixing else _added(draft.question, without_yes(rest))
    if question:
        reading.draft = replace(draft, question=_short(question), fixing=False)
    return bool(question)


def _can_be_asked(reading: _Reading, rest: str) -> bool:
    """Whether words are the question that was asked for."""
    says_nothing = {"affirm", "deny", "refuse", "handoff"}
    few = len(rest.split()) < FEWEST_WORDS
    return not (few and (reading.intent in says_nothing or reading.intent.startswith(_SMALL_TALK)))


def _is_asked_early(reading: _Reading, rest: str, understood: bool) -> bool:
    """Whether words are the question though something else was asked for; talk beside it is none."""
    words, intent = len(rest.split()), reading.intent
    if words < FEWEST_WORDS or refuses_contact(reading.text) or intent.startswith(_SMALL_TALK):
        return False
    if understood:
        return words > FEWEST_WORDS or asks_something(rest)
    if intent in {"affirm", "deny", "refuse", "handoff"} or intent.startswith(_IN_BETWEEN):
        return False
    return asks_something(rest) or words >= 2 * FEWEST_WORDS or intent.startswith(("decline_", _URGENT))


def _adds(reading: _Reading, rest: str) -> bool:
    """Whether words at the end are to be added to the question."""
    words, intent = len(rest.split()), reading.intent
    if words < FEWEST_WORDS or refuses_contact(reading.text) or intent in {"deny", "refuse"}:
        return False
    return not intent.startswith((*_SMALL_TALK, *_IN_BETWEEN)) and not (intent == "handoff" and words <= FEWEST_WORDS)


def _added(question: str, more: str) -> str:
    """A question with what was said after it, which may be the same in more words."""
    if question.casefold() in more.casefold():
        return more
    return question if more.casefold() in question.casefold() else f"{question.rstrip('. ')}. {more}"


def _reply(reading: _Reading) -> Outcome:
    """What tells nothing new: a question in between, a refusal, a few words that could be anything."""
    draft, intent = reading.draft, reading.intent
    if draft.reference:  # it only adds to what was sent: no more is made of it
        declined = intent in {"deny", "refuse"} or refuses_contact(reading.text)
        return Outcome(None, ("utter_request_stays",) if declined else (), answers=not declined)
    refuses = intent == "refuse" or refuses_contact(reading.text)
    if intent == "handoff" and not refuses:
        return _ask(reading, again=True)
    if refuses or (intent == "deny" and draft.step == CONTACT):
        stuck = draft.needs_contact and not draft.way
        reading.says.append("utter_request_no_way" if stuck else "utter_request_no_need")
        return Outcome(draft, tuple(reading.says)) if draft.step == CONTACT else _ask(reading, again=True)
    if intent in {"affirm", "deny"}:
        return _ask(reading)
    if intent in {"nlu_fallback", "out_of_scope", "empty_message"}:
        reading.says.append("utter_request_not_read")
        return _ask(reading, again=True)
    reading.answers = True
    return _ask(reading, again=True)


def _ask(reading: _Reading, again: bool = False) -> Outcome:
    """Asks for what is still missing."""
    draft = reading.draft
    step = _missing(draft)
    said = {"utter_request_bad_email", "utter_request_bad_phone", "utter_request_type_again"} & set(reading.says)
    ask: tuple[str, ...]
    if step == CONTACT and said:
        ask = ()  # that says what to type
    elif step == CONFIRM:
        shareable = "_shareable" if draft.earlier else ""
        ask = (f"utter_request_confirm{shareable}",) if again else (f"utter_request_summary{shareable}",)
    else:
        ask = (f"utter_request_ask_{step}",)
    return Outcome(replace(draft, step=step), (*reading.says, *ask), answers=reading.answers)


def _missing(draft: Draft) -> str:
    if draft.doubtful and not draft.email:
        return CHECK
    if draft.needs_contact and not draft.way:
        return CONTACT
    return CONFIRM if draft.question else QUESTION


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST_QUESTION]
