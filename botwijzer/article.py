"""The article as data: its passages, sources and disclaimer, read from `content/*.md`.

The Markdown file is the only place where article text stands. This module reads it, finds the
passages that its marks (`<!-- id, id -->`) name, and refuses a file that is not complete. It knows
nothing of Rasa and nothing of channels.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ARTICLE_PATH = Path(__file__).resolve().parent.parent / "content" / "osteoporose.md"
INTENT_PREFIX = "faq_"
MAX_PASSAGE_CHARACTERS = 600
FEWEST_SOURCES = 5

_MARK = re.compile(r"<!--\s*(?P<ids>[a-z0-9_,\s]*?)\s*-->")
_BULLET = "- "


class ArticleError(ValueError):
    """The content file can't be used; the message says what to mend, in one sentence."""


@dataclass(frozen=True)
class Source:
    """Something that the article refers to: its title as printed, and its address."""

    title: str
    url: str


@dataclass(frozen=True)
class Passage:
    """The part of the article that answers one question.

    Attributes:
        id: Stable name, Dutch, as in the article file.
        question: The question that it answers, as a visitor can press it.
        section: Heading that it stands beneath; empty for the opening.
        lines: Its sentences and list items as the article prints them, in the article's order;
            a list item begins with `- `.
        related: Ids of the passages to offer beneath it, best first.
    """

    id: str
    question: str
    section: str
    lines: tuple[str, ...]
    related: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The lines without the bullet signs."""
        return tuple(line.removeprefix(_BULLET) for line in self.lines)

    @property
    def intent(self) -> str:
        """Name of the intent that leads to this passage."""
        return INTENT_PREFIX + self.id


@dataclass(frozen=True)
class Upcoming:
    """What a visitor may read next: the passage that follows, and others to choose from."""

    next: Passage | None
    others: tuple[Passage, ...]


@dataclass(frozen=True)
class Article:
    """A whole article; see `load_article`."""

    title: str
    url: str
    date: datetime.date
    disclaimer: str
    sources: tuple[Source, ...]
    sources_note: str
    passages: Mapping[str, Passage]
    body: tuple[str, ...]
    markdown: str

    @property
    def advice(self) -> str:
        """The sentence of the disclaimer that points to a specialist (its last one)."""
        return re.split(r"(?<=\.)\s+", self.disclaimer)[-1]

    def passage_of_intent(self, intent: str) -> Passage | None:
        """The passage that `faq_<id>` leads to, or None for any other intent."""
        return self.passages.get(intent.removeprefix(INTENT_PREFIX)) if intent.startswith(INTENT_PREFIX) else None

    def unread_after(self, answered: Sequence[str]) -> Upcoming:
        """What to show a visitor who wants to read on.

        Args:
            answered: Ids of the passages read so far, the latest last; may be empty, and may name
                passages that the article no longer has.

        Returns:
            The next unread passage of the latest one's section (None at its end, or when nothing was
            read), and up to three unread passages to offer instead: its related ones first.
        """
        known = [name for name in answered if name in self.passages]
        if not known:
            return Upcoming(None, tuple(self.passages.values())[:3])
        latest = self.passages[known[-1]]
        order = list(self.passages.values())
        later = [p for p in order[order.index(latest) + 1 :] if p.section == latest.section]
        offered = dict.fromkeys([*latest.related, *self.passages])
        return Upcoming(
            next((p for p in later if p.id not in answered), None),
            tuple(self.passages[name] for name in offered if name not in answered)[:3],
        )

    def plain_text(self) -> str:
        """The article as its page prints it: title, body, disclaimer, sources and their note."""
        sources = [_BULLET + s.title for s in self.sources]
        return "\n".join(
            [self.title, *self.body, "Disclaimer", self.disclaimer, "Bronnen", *sources, self.sources_note]
        )

    def checksum(self) -> str:
        """SHA-256 of the article's words, whatever the line ends and blanks between them."""
        return hashlib.sha256(" ".join(self.plain_text().split()).encode()).hexdigest()


def load_article(path: Path = ARTICLE_PATH) -> Article:
    """Reads and checks an article file.

    Args:
        path: Markdown with YAML front matter, UTF-8.

    Returns:
        The article; its passages in the order of their first line in the text.

    Raises:
        ArticleError: The file is missing or unreadable, is no Markdown with front matter, lacks a
            part, marks a passage that the front matter does not describe (or the other way round),
            or its text is not the one that `checksum` was made from.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArticleError(f"{path.name} can't be read: {error}") from error
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ArticleError(f"{path.name} needs front matter between two lines of '---'")
    try:
        front: Any = yaml.safe_load(parts[1])
        if not isinstance(front, dict):
            raise ArticleError(f"{path.name}: its front matter is no mapping")
        article = _build(front, parts[2])
        expected = str(front["checksum"])
    except yaml.YAMLError as error:
        raise ArticleError(f"{path.name}: its front matter is no YAML ({str(error).splitlines()[0]})") from error
    except KeyError as error:
        raise ArticleError(f"{path.name}: {error} is missing in its front matter") from error
    except ArticleError:
        raise
    except (TypeError, AttributeError, ValueError) as error:
        raise ArticleError(f"{path.name}: a part of its front matter has the wrong form ({error})") from error
    if article.checksum() != expected:
        raise ArticleError(
            f"{path.name}: its text is not the one that its checksum was made from; "
            f"if the change is meant, set checksum to {article.checksum()}"
        )
    return article


@functools.lru_cache(maxsize=1)
def article() -> Article:
    """The article of this installation, read once a process."""
    return load_article()


def _build(front: dict[str, Any], body: str) -> Article:
    described = front["passages"]
    lines: dict[str, list[str]] = {}
    section_of: dict[str, str] = {}
    for section, ids, line in _marked_lines(body):
        for passage_id in ids:
            if passage_id not in described:
                raise ArticleError(
                    f"passage '{passage_id}' is marked in the text but not described in the front matter"
                )
            lines.setdefault(passage_id, []).append(line)
            section_of.setdefault(passage_id, section)
    if missing := [name for name in described if name not in lines]:
        raise ArticleError(f"passage '{missing[0]}' is described in the front matter but not marked in the text")
    passages = {name: _passage(name, described, section_of[name], lines[name]) for name in lines}
    sources = tuple(Source(str(s["title"]), str(s["url"])) for s in front["sources"])
    if len(sources) < FEWEST_SOURCES or not all(s.title and s.url.startswith("https://") for s in sources):
        raise ArticleError(f"an article needs at least {FEWEST_SOURCES} sources, each with a title and an https link")
    if not str(front["disclaimer"]).strip():
        raise ArticleError("an article needs a disclaimer")
    return Article(
        title=str(front["title"]),
        url=str(front["url"]),
        date=front["date"],
        disclaimer=str(front["disclaimer"]).strip(),
        sources=sources,
        sources_note=str(front["sources_note"]).strip(),
        passages=passages,
        body=tuple(re.sub(r"^#+ ", "", line) for line in _without_marks(body)),
        markdown="\n".join(line for line in body.splitlines() if not _MARK.fullmatch(line.strip())).strip(),
    )


def _passage(name: str, described: dict[str, Any], section: str, lines: list[str]) -> Passage:
    related = tuple(described[name]["related"])
    if unknown := [other for other in related if other not in described or other == name]:
        raise ArticleError(f"passage '{name}' names '{unknown[0]}' as related, which is no other passage")
    if (size := sum(map(len, lines))) > MAX_PASSAGE_CHARACTERS:
        raise ArticleError(f"passage '{name}' has {size} characters; {MAX_PASSAGE_CHARACTERS} is the most")
    if len(lines) == 1:  # one item of a list is shown as a sentence
        lines = [lines[0].removeprefix(_BULLET)]
    return Passage(name, str(described[name]["question"]), section, tuple(lines), related)


def _marked_lines(body: str) -> list[tuple[str, list[str], str]]:
    """The lines of the text that belong to passages, as (section, passage ids, line)."""
    section, ids, found = "", list[str](), []
    for line in body.splitlines():
        mark = _MARK.fullmatch(line.strip())
        if mark:
            ids = [name.strip() for name in mark["ids"].split(",") if name.strip()]
        elif not line.strip():
            ids = []
        elif line.startswith("#"):
            ids = []
            if line.startswith("## "):
                section = line.removeprefix("## ").strip()
        elif ids:
            found.append((section, ids, line.strip()))
    return found


def _without_marks(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.strip() and not _MARK.fullmatch(line.strip())]
