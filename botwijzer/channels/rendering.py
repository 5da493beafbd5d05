"""One renderer a channel, from `Answer` to the channel's own form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botwijzer.answer import ANSWER_KIND, Answer
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


def for_widget(said: Mapping[str, Any]) -> dict[str, Any]:
    """One message of the assistant as the widget draws it: always structure, never markup.

    Args:
        said: A message as Rasa sends it to an output channel; an answer stands under `custom`.

    Returns:
        `kind` 'answer' with `Answer.to_json` of it, or 'text' with a text that may have lists
        (lines that begin with `- `) and addresses; both with the buttons beneath.
    """
    buttons = [{"title": str(b["title"]), "payload": str(b["payload"])} for b in said.get("buttons") or ()]
    answer = said.get("custom")
    if isinstance(answer, Mapping) and answer.get("kind") == ANSWER_KIND:
        return {**{key: value for key, value in answer.items() if key != "follow_ups"}, "buttons": buttons}
    return {"kind": "text", "text": str(said.get("text") or ""), "buttons": buttons}
