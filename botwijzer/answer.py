"""The answer: passages of the article that can't be shown without disclaimer and sources.

`Answer` is built in one place, `build_answer`. Each channel draws it in its own form.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from botwijzer.article import Article, Passage, Source

ANSWER_KIND = "answer"
MOST_FOLLOW_UPS = 3


@dataclass(frozen=True)
class FollowUp:
    """A question that a visitor may press next, and the message that pressing it sends."""

    title: str
    payload: str


@dataclass(frozen=True)
class Answer:
    """What a visitor gets to a question that the article answers.

    Raises:
        ValueError: There is no passage, no disclaimer or no source: such an answer may not exist.
    """

    passages: tuple[Passage, ...]
    disclaimer: str
    sources: tuple[Source, ...]
    sources_note: str
    article: Source
    follow_ups: tuple[FollowUp, ...] = ()

    def __post_init__(self) -> None:
        if not self.passages or not all(p.lines for p in self.passages):
            raise ValueError("an answer needs a passage")
        if not self.disclaimer.strip():
            raise ValueError("an answer needs its disclaimer")
        if not self.sources or not self.article.url:
            raise ValueError("an answer needs its sources")

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON for channels that draw it themselves."""
        return {
            "kind": ANSWER_KIND,
            "passages": [{"id": p.id, "lines": list(p.lines), "sentences": list(p.sentences)} for p in self.passages],
            "disclaimer": self.disclaimer,
            "sources": [{"title": s.title, "url": s.url} for s in self.sources],
            "sources_note": self.sources_note,
            "article": {"title": self.article.title, "url": self.article.url},
            "follow_ups": [{"title": f.title, "payload": f.payload} for f in self.follow_ups],
        }


def follow_up(passage: Passage) -> FollowUp:
    """The button that asks for a passage."""
    return FollowUp(passage.question, "/" + passage.intent)


def build_answer(article: Article, passage_ids: Sequence[str], answered: Collection[str] = ()) -> Answer:
    """Builds the answer that shows these passages.

    Args:
        article: Where the passages are from.
        passage_ids: One or more passages, in the order to show them; doubles are dropped.
        answered: Passages that this visitor has just read; they are not offered again.

    Returns:
        The answer, with up to three related questions.

    Raises:
        KeyError: The article has no such passage.
        ValueError: `passage_ids` is empty.
    """
    passages = tuple(article.passages[name] for name in dict.fromkeys(passage_ids))
    offered = dict.fromkeys(name for p in passages for name in p.related)
    fresh = [name for name in offered if name not in answered and name not in passage_ids]
    return Answer(
        passages=passages,
        disclaimer=article.disclaimer,
        sources=article.sources,
        sources_note=article.sources_note,
        article=Source(article.title, article.url),
        follow_ups=tuple(follow_up(article.passages[name]) for name in fresh[:MOST_FOLLOW_UPS]),
    )
