"""What fills the blanks in the responses of domain.yml, from the article and the settings."""

from __future__ import annotations

import functools
from typing import Any, Protocol
from urllib.parse import urlsplit

import yaml

from botwijzer.article import Article, Source, article
from botwijzer.channels.rendering import source_list
from botwijzer.settings import ROOT, Settings, settings

MORE_BLANKS = frozenset({
    "request_question", "request_name", "request_way", "request_reference", "request_doubtful", "request_channel",
    "request_earlier", "request_passages", "erased_requests", "operator", "line",
})  # fmt: skip
"""Blanks that only whoever says the response can fill in."""


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
    """Values of the blanks that a response may have: {human}, {advice}, {disclaimer}, {faq_...} ..."""
    of = article()
    hours = settings().contact_hours
    return {
        "hours": f" Bereikbaar: {hours}." if hours else "",
        "human": ways_to_human(settings(), of),
        "advice": of.advice,
        "disclaimer": of.disclaimer,
        "days": str(settings().retention_days),
        "source_list": source_list(of.sources, Source(of.title, of.url), of.sources_note),
        **{passage.intent: passage.question for passage in of.passages.values()},
    }


def request_blanks(known: Known) -> dict[str, str]:
    """Values of the blanks that responses on a request may have: {request_question}, {request_reference} ..."""
    return {
        "request_question": " ".join(known.question.split()),
        "request_name": " ".join(known.name.split()) or "(niet genoemd)",
        "request_way": known.way or "hier, in dit gesprek",
        "request_reference": known.reference,
    }


def response(name: str, **more: str) -> dict[str, Any]:
    """A response of domain.yml with its blanks filled in: `text` and, when it has some, `buttons`.

    Args:
        name: The response.
        more: Values of blanks beside those of `blanks()`.

    Raises:
        KeyError: The domain has no such response.
    """
    first, filled = _responses()[name][0], {**blanks(), **more}
    buttons = [{**button, "title": button["title"].format_map(filled)} for button in first.get("buttons", ())]
    return {"text": str(first["text"]).format_map(filled), **({"buttons": buttons} if buttons else {})}


@functools.lru_cache(maxsize=1)
def _responses() -> dict[str, list[dict[str, Any]]]:
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"]
    return loaded
