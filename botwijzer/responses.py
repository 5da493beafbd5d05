"""The responses of domain.yml, read from disk when a process starts: their words, and what fills their blanks.

Rasa says them through `botwijzer.serving.generator`, everything else through `responses()`. A model that was trained
with other words says these.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import yaml

from botwijzer.article import Article, Source, article
from botwijzer.channels.rendering import source_list
from botwijzer.settings import ROOT, Settings, settings

DOMAIN_PATH = ROOT / "domain.yml"

GIVEN_BLANKS = (
    "request_question", "request_name", "request_way", "request_reference", "request_doubtful", "request_channel",
    "request_earlier", "request_passages", "erased_requests", "operator", "line",
)  # fmt: skip
"""Blanks whose values come from the code that says the response; without a value they are empty."""

_BLANK = re.compile(r"{([^{}\n]+)}")


class Meaning(enum.StrEnum):
    """What a response means to the code; domain.yml says it as `metadata: {meaning: ...}`, one or several."""

    CARE = "care"
    """Points to a doctor."""

    TROUBLE = "trouble"
    """Something failed."""

    REQUEST_SENT = "request_sent"
    """A request for a human was kept."""

    DECLINED = "declined"
    """It was understood, but the article does not say it."""

    HANDOFF = "handoff"
    """Begins the talk on a request for a human, or says why there is none."""

    REQUEST = "request"
    """Goes on with that talk, or says what became of the request."""

    FALLBACK = "fallback"
    """It was not understood."""

    PRIVATE = "private"
    """In a group, offers the private chat."""


class DomainError(ValueError):
    """The responses can't be used; the message says what to mend, in one sentence."""


class Responses:
    """The responses of a domain; see `load_responses`."""

    def __init__(self, variations: Mapping[str, list[dict[str, Any]]]) -> None:
        """`variations` are those of each response, as in domain.yml; `find_faults` has found nothing in them."""
        self.variations = dict(variations)
        self._meanings = {
            name: frozenset(Meaning(meaning) for each in listed for meaning in _stated(each))
            for name, listed in self.variations.items()
        }

    def __contains__(self, name: object) -> bool:
        return name in self.variations

    def text(self, name: str, **more: str) -> str:
        """The text of a response with its blanks filled in; see `message`."""
        return str(self.message(name, **more)["text"])

    def message(self, name: str, **more: str) -> dict[str, Any]:
        """A response as a message to a visitor: `text`, `buttons` if it has any, and its name as `utter_action`.

        Args:
            name: The response.
            more: Values of `GIVEN_BLANKS`.

        Raises:
            KeyError: The domain does not have this response.
        """
        first, values = self.variations[name][0], {**blanks(), **more}
        buttons = [{**button, "title": button["title"].format_map(values)} for button in first.get("buttons", ())]
        text = str(first["text"]).format_map(values)
        return {"text": text, **({"buttons": buttons} if buttons else {}), "utter_action": name}

    def meanings(self, message: Mapping[str, Any]) -> frozenset[Meaning]:
        """What a message means, by the response that it is (`utter_action`); nothing when it is not a response."""
        return self._meanings.get(str(message.get("utter_action")), frozenset())


@functools.lru_cache(maxsize=1)
def responses() -> Responses:
    """The responses of this installation, read once a process."""
    return load_responses()


def load_responses(path: Path = DOMAIN_PATH) -> Responses:
    """Reads and checks the responses of a domain.

    Raises:
        DomainError: The file can't be read, or a response is not in order (`find_faults`).
    """
    variations = read_domain(path).get("responses") or {}
    if faults := find_faults(variations, blanks()):
        raise DomainError(f"{path.name}: {faults[0]}")
    return Responses(variations)


def read_domain(path: Path = DOMAIN_PATH) -> dict[str, Any]:
    """The contents of a domain file.

    Raises:
        DomainError: The file can't be read.
    """
    try:
        domain = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"{path.name} can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise DomainError(f"{path.name} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(domain, dict):
        raise DomainError(f"{path.name} is not a mapping")
    return domain


def find_faults(variations: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """What is wrong with responses, one sentence each.

    Args:
        variations: The part `responses` of a domain.
        known: The blanks that are filled in.
    """
    if not isinstance(variations, Mapping):
        return ["'responses' is not a mapping"]
    faults: list[str] = []
    for name, listed in variations.items():
        if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
            faults.append(f"{name} has no text")
            continue
        for variation in listed:
            faults += [f"{name} {fault}" for fault in _faults_of(variation, known)]
    return faults


def _stated(variation: Mapping[str, Any]) -> list[Any]:
    """The meanings that a variation states."""
    stated = (variation.get("metadata") or {}).get("meaning") or []
    return stated if isinstance(stated, list) else [stated]


def _faults_of(variation: dict[str, Any], known: Collection[str]) -> list[str]:
    if not isinstance(variation.get("metadata") or {}, dict):
        return ["has metadata that is not a mapping"]
    unknown = [meaning for meaning in _stated(variation) if meaning not in list(Meaning)]
    faults = [f"has the unknown meaning '{meaning}'; known are {', '.join(Meaning)}" for meaning in unknown]
    texts = [variation.get("text")]
    if not isinstance(texts[0], str) or not texts[0].strip():
        faults.append("has no text")
    for button in variation.get("buttons") or ():
        if not isinstance(button, dict) or not button.get("title") or not button.get("payload"):
            faults.append("has a button without a title or a payload")
        else:
            texts.append(button["title"])
    for text in map(str, texts):
        faults += [
            f"has the blank {{{blank}}}, which nothing fills in" for blank in _BLANK.findall(text) if blank not in known
        ]
        if {"{", "}"} & set(_BLANK.sub("", text)):
            faults.append("has a brace that does not belong to a blank")
    return faults


def ways_to_human(current: Settings, of: Article) -> str:
    """The sentence that says how to reach a person; the shop's site when no way is set."""
    ways = [
        f"mail naar {current.contact_email}" if current.contact_email else "",
        f"bel {current.contact_phone}" if current.contact_phone else "",
        f"kijk op {current.contact_url}" if current.contact_url else "",
    ]
    said = " of ".join(way for way in ways if way) or f"kijk bij 'contact' op {urlsplit(of.url).netloc}"
    hours = f" Bereikbaar: {current.contact_hours}." if current.contact_hours else ""
    return f"Zo bereik je een medewerker: {said}.{hours}"


class Known(Protocol):
    """What is known of a request for a human: a draft of it, or the request."""

    @property
    def question(self) -> str:
        """What the visitor wants to know."""

    @property
    def name(self) -> str:
        """The visitor's, or empty."""

    @property
    def way(self) -> str:
        """Where the answer goes; empty: to the conversation itself."""

    @property
    def reference(self) -> str:
        """What the request is called; empty while it is none."""


def blanks() -> dict[str, str]:
    """Values of all blanks that a response may have: {human}, {advice}, {disclaimer}, {faq_...} ..."""
    of = article()
    hours = settings().contact_hours
    return {
        **dict.fromkeys(GIVEN_BLANKS, ""),
        "hours": f" Bereikbaar: {hours}." if hours else "",
        "human": ways_to_human(settings(), of),
        "advice": of.advice,
        "disclaimer": of.disclaimer,
        "days": str(settings().retention_days),
        "source_list": source_list(of.sources, Source(of.title, of.url), of.sources_note),
        **{passage.intent: passage.question for passage in of.passages.values()},
    }


def request_blanks(known: Known) -> dict[str, str]:
    """Values of the blanks that say what is known of a request: {request_question}, {request_reference} ..."""
    return {
        "request_question": " ".join(known.question.split()),
        "request_name": " ".join(known.name.split()) or "(niet genoemd)",
        "request_way": known.way or "hier, in dit gesprek",
        "request_reference": known.reference,
    }
