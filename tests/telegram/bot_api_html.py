"""Telegram's HTML, read as strictly as Telegram documents it, and what Telegram itself finds in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MOST_ENTITIES = 100

Entity = dict[str, Any]

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_ATTRIBUTES = {
    "a": re.compile(r"href=(?:https?://[^/\s]|tg://|mailto:).*", re.DOTALL),
    "span": re.compile(r"class=tg-spoiler"),
    "code": re.compile(r"class=language-.+"),
    "blockquote": re.compile(r"expandable="),
    "tg-emoji": re.compile(r"emoji-id=[1-9]\d*"),
}
"""What a tag's only attribute must look like."""

_NEEDED = {"a", "span", "tg-emoji"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_TAG = re.compile(r"""<(/?)([a-zA-Z-]+)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*>""")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")

_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w)")


def utf16(text: str) -> int:
    """Length in UTF-16 units, which Telegram counts in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def spotted(text: str) -> list[Entity]:
    """The commands and mentions that Telegram marks in what somebody writes."""
    found = [("bot_command", match) for match in _COMMAND.finditer(text)]
    found += [("mention", match) for match in _MENTION.finditer(text)]
    found.sort(key=lambda each: each[1].start())
    return [
        {"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(match.group())} for kind, match in found
    ]


def parse(html: str) -> tuple[str, list[Entity]]:
    """Reads HTML.

    Args:
        html: As the bot sends it with `parse_mode` HTML.

    Returns:
        The plain text and its entities, sorted as Telegram gives them.

    Raises:
        ValueError: It is not what Telegram documents; the text says so, with Telegram's words where it has some.
    """
    reader = _Reader(html)
    reader.read()
    entities = sorted(reader.entities, key=lambda entity: (entity["offset"], -entity["length"]))
    if len(entities) > MOST_ENTITIES:
        raise ValueError(f"There are {len(entities)} entities, and all after the first {MOST_ENTITIES} get lost")
    return reader.text, entities


class _Reader:
    def __init__(self, html: str) -> None:
        self.html = html
        self.text = ""
        self.entities: list[Entity] = []
        self._open: list[tuple[str, str, int]] = []

    def read(self) -> None:
        position = 0
        while position < len(self.html):
            character = self.html[position]
            if character == "<":
                position = self._tag(position)
            elif character == "&":
                position = self._reference(position)
            elif character == ">":
                raise ValueError(f'Unescaped ">" at byte offset {self._bytes(position)}')
            else:
                self.text += character
                position += 1
        if self._open:
            raise ValueError(f'Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')

    def _bytes(self, position: int) -> int:
        return len(self.html[:position].encode("utf-8", "surrogatepass"))

    def _reference(self, position: int) -> int:
        match = _REFERENCE.match(self.html, position)
        if not match:
            raise ValueError(f'Unescaped "&" or unsupported entity at byte offset {self._bytes(position)}')
        try:
            self.text += _character(match)
        except ValueError as error:
            raise ValueError(f"Unsupported entity at byte offset {self._bytes(position)}") from error
        return match.end()

    def _tag(self, position: int) -> int:
        at = f"at byte offset {self._bytes(position)}"
        match = _TAG.match(self.html, position)
        if not match:
            raise ValueError(f"Unclosed or malformed tag {at}")
        closing, tag, attributes = match.group(1), match.group(2).lower(), match.group(3)
        if closing:
            self._close(tag, at)
        else:
            self._begin(tag, list(_pairs(attributes)), at)
        return match.end()

    def _begin(self, tag: str, attributes: list[tuple[str, str]], at: str) -> None:
        if tag not in _KINDS:
            raise ValueError(f'Unsupported start tag "{tag}" {at}')
        wanted = _ATTRIBUTES.get(tag)
        for name, value in attributes:
            if len(attributes) > 1 or not wanted or not wanted.fullmatch(f"{name}={value}"):
                raise ValueError(f'Unsupported attribute {name}="{value}" of the tag "{tag}" {at}')
        if tag in _NEEDED and not attributes:
            needed = 'Tag "span" must have class "tg-spoiler"' if tag == "span" else f'Tag "{tag}" lacks its attribute'
            raise ValueError(f"{needed} {at}")
        outer = [each[0] for each in self._open]
        for forbidden in _not_within(tag, outer):
            raise ValueError(f'Tag "{tag}" can\'t be nested in "{forbidden}" {at}')
        if tag == "code" and attributes and outer[-1:] != ["pre"]:
            raise ValueError(f'Tag "code" has a language only in "pre" {at}')
        self._open.append((tag, "".join(name + "=" + value for name, value in attributes), utf16(self.text)))

    def _close(self, tag: str, at: str) -> None:
        if not self._open:
            raise ValueError(f"Unexpected end tag {at}")
        opened, attribute, offset = self._open.pop()
        if opened != tag:
            raise ValueError(f'Unmatched end tag {at}, expected "</{opened}>", found "</{tag}>"')
        entity: Entity = {"type": _KINDS[tag], "offset": offset, "length": utf16(self.text) - offset}
        value = attribute.partition("=")[2]
        if tag == "a":
            entity["url"] = value
        elif tag == "tg-emoji":
            entity["custom_emoji_id"] = value
        elif tag == "blockquote" and attribute:
            entity["type"] = "expandable_blockquote"
        elif tag == "code" and self._open and self._open[-1][0] == "pre":
            self._open[-1] = ("pre", attribute.replace("class=language-", "language="), self._open[-1][2])
            return
        elif tag == "pre" and value:
            entity["language"] = value
        if entity["length"]:
            self.entities.append(entity)


def _pairs(attributes: str) -> Iterator[tuple[str, str]]:
    for match in _ATTRIBUTE.finditer(attributes):
        value = match.group(2) if match.group(2) is not None else match.group(3) or ""
        yield match.group(1).lower(), _REFERENCE.sub(_character, value)


def _character(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    code = ord(_NAMED[name]) if name else int(decimal) if decimal else int(hexadecimal, 16)
    if code == 0 or 0xD800 <= code < 0xE000:
        raise ValueError("not a character")
    return chr(code)


def _not_within(tag: str, outer: list[str]) -> list[str]:
    """Which of the tags around it a tag can't be in, by Telegram's rules on nested entities."""
    if tag == "code" and outer[-1:] == ["pre"]:
        return []
    if tag in ("code", "pre"):
        return [each for each in outer if each != "blockquote"]
    forbidden = {"code", "pre"} | ({tag} if tag in ("a", "blockquote", "tg-emoji") else set())
    forbidden |= {"a", "tg-emoji"} if tag in ("a", "tg-emoji") else set()
    return [each for each in outer if each in forbidden]
