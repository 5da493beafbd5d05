"""One renderer a channel, from `Answer` to the channel's own form."""

from __future__ import annotations

from collections.abc import Iterable

from botwijzer.answer import Answer
from botwijzer.article import Source


def plain_text(answer: Answer) -> str:
    """The answer for REST and the terminal: passages, disclaimer and sources, parted by blank lines."""
    passages = ["\n".join(p.lines) for p in answer.passages]
    sources = source_list(answer.sources, answer.article, answer.sources_note)
    return "\n\n".join([*passages, f"Disclaimer: {answer.disclaimer}", sources])


def source_list(sources: Iterable[Source], article: Source, note: str) -> str:
    """The heading 'Bronnen' with the article's own link, all sources with theirs, and their note."""
    lines = [f"- {s.title}: {s.url}" for s in sources]
    return "\n".join(["Bronnen", f"Dit antwoord komt uit het artikel '{article.title}': {article.url}", *lines, note])
