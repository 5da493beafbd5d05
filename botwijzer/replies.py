"""What fills the blanks in the responses of domain.yml, from the article and the settings."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import urlsplit

import yaml

from botwijzer.article import Article, Source, article
from botwijzer.channels.rendering import source_list
from botwijzer.settings import ROOT, Settings, settings


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


def blanks() -> dict[str, str]:
    """Values of the blanks that a response may have: {human}, {advice}, {disclaimer}, {faq_...} ..."""
    of = article()
    return {
        "human": ways_to_human(settings(), of),
        "advice": of.advice,
        "disclaimer": of.disclaimer,
        "days": str(settings().retention_days),
        "source_list": source_list(of.sources, Source(of.title, of.url), of.sources_note),
        **{passage.intent: passage.question for passage in of.passages.values()},
    }


def response(name: str) -> dict[str, Any]:
    """A response of domain.yml with its blanks filled in: `text` and, when it has some, `buttons`.

    Raises:
        KeyError: The domain has no such response.
    """
    first = _responses()[name][0]
    buttons = [{**button, "title": button["title"].format_map(blanks())} for button in first.get("buttons", ())]
    return {"text": str(first["text"]).format_map(blanks()), **({"buttons": buttons} if buttons else {})}


@functools.lru_cache(maxsize=1)
def _responses() -> dict[str, list[dict[str, Any]]]:
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))["responses"]
    return loaded
