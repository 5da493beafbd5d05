"""Replies as Telegram shows them best: one message with passage, disclaimer, sources and buttons."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botwijzer.answer import ANSWER_KIND

MOST_CHARACTERS = 4_096
"""Of one message, in UTF-16 units after its marks are read (Bot API, sendMessage)."""

MOST_PAYLOAD_BYTES = 60
HANDOFF_PAYLOAD = "/handoff"
ANSWERS_OF_ONE = frozenset({"/affirm", "/deny"})
"""Buttons that only who was asked can press, which in a group anybody can."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Piece:
    """A piece of text that is not cut: a sentence, an item of a list.

    Attributes:
        text: Plain text.
        before: What parts it from the piece before it in the same message.
        mark: Telegram's tag around it; none when empty.
    """

    text: str
    before: str = " "
    mark: str = ""

    def html(self) -> str:
        """The piece as Telegram reads it."""
        text = html.escape(self.text)
        return f"<{self.mark}>{text}</{self.mark}>" if self.mark else text


def for_telegram(
    said: Sequence[Mapping[str, Any]], heading: str = "", human_link: str = "", personal_link: str = ""
) -> list[tuple[str, tuple[dict[str, str], ...]]]:
    """One turn as messages: text in Telegram's HTML, and buttons one a row, which stand under the last one.

    Args:
        said: What Rasa said, as it sends it to an output channel; an answer stands under `custom`.
        heading: The question that was pressed.
        human_link: In a group, where a human is asked for: in the private chat.
        personal_link: In a group, where what is said goes on when it is nothing for others.

    Returns:
        Mostly one message; more when it is too long for one. Disclaimer and sources are in the last one.
    """
    pieces = [Piece(heading, "", "b")] if heading else []
    tails = []
    for message in said:
        body, tail = _parts(message)
        pieces += body
        if tail and tail not in tails:
            tails.append(tail)
    pages = _pages(pieces, sum(_length(plain) + 2 for plain, _ in tails))
    pages[-1] = "\n\n".join([page for page in pages[-1:] if page] + [marked for _, marked in tails])
    buttons = _buttons(said, human_link, personal_link)
    return [(page, buttons if number == len(pages) else ()) for number, page in enumerate(pages, 1) if page]


def _parts(message: Mapping[str, Any]) -> tuple[list[Piece], tuple[str, str] | None]:
    """Body and tail of one message; the tail (disclaimer and sources) plain and as HTML."""
    answer = message.get("custom")
    if not isinstance(answer, Mapping) or answer.get("kind") != ANSWER_KIND:
        return _body(str(message.get("text") or "").split("\n")), None
    body = [piece for passage in answer["passages"] for piece in _joined(passage["lines"])]
    return body, _tail(answer)


def _body(lines: Iterable[str]) -> list[Piece]:
    """Lines of a text: each on a line of its own, a blank one begins a paragraph."""
    pieces, before = [], "\n\n"
    for line in lines:
        if not line.strip():
            before = "\n\n"
            continue
        for number, sentence in enumerate(_SENTENCE.split(_bullet(line.strip()))):
            pieces.append(Piece(sentence, " " if number else before))
        before = "\n"
    return pieces


def _joined(lines: Sequence[str]) -> list[Piece]:
    """Lines of a passage: sentences follow each other, items of a list stand on lines of their own."""
    pieces, in_list = [], False
    for number, line in enumerate(lines):
        item = line.startswith("- ")
        before = "\n\n" if number == 0 else "\n" if item or in_list else " "
        pieces.append(Piece(_bullet(line), before))
        in_list = item
    return pieces


def _tail(answer: Mapping[str, Any]) -> tuple[str, str]:
    disclaimer = f"Disclaimer: {answer['disclaimer']}"
    links = [("Dit antwoord komt uit het artikel ", answer["article"]), *(("• ", each) for each in answer["sources"])]
    plain = [disclaimer, "", "Bronnen", *(before + link["title"] for before, link in links), answer["sources_note"]]
    marked = [f"{html.escape(before)}{_link(link)}" for before, link in links]
    quote = "\n".join(["<b>Bronnen</b>", *marked, html.escape(answer["sources_note"])])
    return "\n".join(plain), f"<i>{html.escape(disclaimer)}</i>\n\n<blockquote expandable>{quote}</blockquote>"


def _link(link: Mapping[str, str]) -> str:
    return f'<a href="{html.escape(link["url"])}">{html.escape(link["title"])}</a>'


def _pages(pieces: Iterable[Piece], tail: int) -> list[str]:
    """Pieces packed into messages that are short enough; the last one leaves room for the tail."""
    pages, page, length = [], "", 0
    cut = [part for piece in pieces for part in _cut(piece)]
    for number, piece in enumerate(cut):
        room = MOST_CHARACTERS - (tail if number == len(cut) - 1 else 0)
        added = _length(piece.before) + _length(piece.text)
        if page and length + added > room:
            pages.append(page)
            page, length = "", 0
        page += (piece.before if page else "") + piece.html()
        length += added
    if length + tail > MOST_CHARACTERS:
        return [*pages, page, ""]
    return [*pages, page]


def _cut(piece: Piece) -> Iterable[Piece]:
    """A piece that is longer than a message in parts that are not; a character is two UTF-16 units at most."""
    step = MOST_CHARACTERS // 2
    if _length(piece.text) <= MOST_CHARACTERS:
        return [piece]
    parts = [piece.text[start : start + step] for start in range(0, len(piece.text), step)]
    return [Piece(part, piece.before if number == 0 else "", piece.mark) for number, part in enumerate(parts)]


def _buttons(said: Sequence[Mapping[str, Any]], human_link: str, personal_link: str) -> tuple[dict[str, str], ...]:
    found: dict[str, dict[str, str]] = {}
    for button in (button for message in said for button in message.get("buttons") or ()):
        title, payload = str(button["title"]), str(button["payload"])
        if personal_link and payload in ANSWERS_OF_ONE:
            continue
        asks_for_human = payload == HANDOFF_PAYLOAD and human_link
        found[payload] = {"text": title, **({"url": human_link} if asks_for_human else {"callback_data": payload})}
    if personal_link:
        found[HANDOFF_PAYLOAD] = {"text": "Verder in een privégesprek", "url": personal_link}
    return tuple(found.values())


def _bullet(line: str) -> str:
    return f"• {line[2:]}" if line.startswith("- ") else line


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
