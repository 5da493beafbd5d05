"""Replies as Telegram's HTML: nothing lost, nothing too long, nothing that is markup by accident."""

from __future__ import annotations

import html
import re
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.intake import pressable
from botwijzer.channels.telegram_rendering import MOST_CHARACTERS, MOST_PAYLOAD_BYTES, for_telegram
from tests.unit_helpers import domain, unhurried

TAG = re.compile(r"</?(?:b|i|a|blockquote)(?: [^>]*)?>")
PRIVATE = "https://t.me/bot?start=handoff"


def shown(text: str) -> str:
    """What a person reads of Telegram's HTML."""
    return html.unescape(TAG.sub("", text))


def length(text: str) -> int:
    """In UTF-16 units, as Telegram counts."""
    return len(shown(text).encode("utf-16-le")) // 2


def answer(*passages: str) -> dict[str, Any]:
    """An answer as Rasa sends it."""
    built = build_answer(article(), passages)
    buttons = [{"title": f.title, "payload": f.payload} for f in built.follow_ups]
    return {"text": "x", "custom": built.to_json(), "buttons": buttons}


@pytest.mark.parametrize("name", article().passages)
def test_every_passage_is_one_message_with_all_that_an_answer_has(name: str) -> None:
    ((text, buttons),) = for_telegram([answer(name)])

    read = shown(text)
    for line in article().passages[name].lines:
        assert line.removeprefix("- ") in read
    assert f"<i>Disclaimer: {html.escape(article().disclaimer)}</i>" in text
    assert text.count("<blockquote expandable><b>Bronnen</b>") == 1
    for source in article().sources:
        assert f'<a href="{html.escape(source.url)}">{html.escape(source.title)}</a>' in text
    assert article().sources_note in read
    assert f'href="{article().url}"' in text
    assert length(text) <= MOST_CHARACTERS
    assert [button["callback_data"] for button in buttons] == [b["payload"] for b in answer(name)["buttons"]]


def test_items_of_a_list_stand_on_lines_of_their_own() -> None:
    ((text, _),) = for_telegram([answer("op_risico")])
    items = [line for line in article().passages["op_risico"].lines if line.startswith("- ")]
    assert [line for line in shown(text).split("\n") if line.startswith("• ")][: len(items)] == [
        f"• {item[2:]}" for item in items
    ]


def test_what_is_said_together_is_one_message_with_one_disclaimer() -> None:
    said = [{"text": "Ik ben een chatbot.", "buttons": []}, answer("zwemmen"), {**answer("calcium"), "text": "y"}]
    ((text, buttons),) = for_telegram(said, heading="Is <dit> goed?")
    assert text.startswith("<b>Is &lt;dit&gt; goed?</b>\n\nIk ben een chatbot.\n\nZwemmen")
    assert text.count("Disclaimer: ") == 1
    assert len({button["callback_data"] for button in buttons}) == len(buttons)


@pytest.mark.parametrize("name", domain()["responses"])
def test_every_response_of_ours_is_one_message(name: str) -> None:
    for variation in domain()["responses"][name]:
        ((text, buttons),) = for_telegram([variation])
        assert length(text) <= MOST_CHARACTERS
        assert len(buttons) == len(variation.get("buttons", []))


def test_payloads_fit_into_a_button() -> None:
    assert max(len(payload.encode()) for payload in pressable()) <= MOST_PAYLOAD_BYTES


def test_in_a_group_a_human_is_asked_for_in_the_private_chat() -> None:
    said = [
        {"text": "Zal ik?", "buttons": [{"title": "Ja", "payload": "/handoff"}, {"title": "Nee", "payload": "/deny"}]}
    ]
    ((_, buttons),) = for_telegram(said, human_link=PRIVATE)
    assert buttons == ({"text": "Ja", "url": PRIVATE}, {"text": "Nee", "callback_data": "/deny"})
    ((_, buttons),) = for_telegram([{**said[0], "text": "Bel 112."}], human_link=PRIVATE, personal_link=PRIVATE)
    assert buttons == ({"text": "Verder in een privégesprek", "url": PRIVATE},)


def test_nothing_said_is_no_message() -> None:
    assert for_telegram([]) == []
    assert for_telegram([{"text": "  \n "}]) == []


@unhurried
@hypothesis.given(st.lists(st.text(max_size=6_000), max_size=3), st.booleans())
def test_any_text_fits_and_is_only_ever_text(texts: list[str], with_answer: bool) -> None:
    said = [*({"text": text} for text in texts), *([answer("zwemmen")] if with_answer else [])]
    pages = for_telegram(said)
    assert all(0 < length(text) <= MOST_CHARACTERS for text, _ in pages)
    read = "".join(shown(text) for text, _ in pages)
    words = "".join("".join(text.split()) for text in texts)
    assert "<" not in TAG.sub("", "".join(text for text, _ in pages))
    assert len("".join(read.split())) >= len(words)
    if with_answer:
        assert article().disclaimer in shown(pages[-1][0])
        assert pages[-1][0].count("<a href=") == 6
        assert [bool(buttons) for _, buttons in pages] == [False] * (len(pages) - 1) + [True]


def test_what_is_too_long_is_cut_at_a_sentence() -> None:
    sentence = "Dit is een zin van veertig tekens, klaar. "
    pages = for_telegram([{"text": sentence * 300}, answer("zwemmen")])
    assert len(pages) == 4
    for text, _ in pages[:-1]:
        assert text.endswith(".")
    assert "Disclaimer" not in "".join(text for text, _ in pages[:-1])
