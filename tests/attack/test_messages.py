"""Messages as visitors type them, in every channel: from letters of any script to markup, SQL and `/intent{...}`."""

from __future__ import annotations

import asyncio

import hypothesis

from botwijzer.channels.intake import is_too_long
from tests.attack.making import MOST_CHARACTERS, attacks, telegram_texts, texts
from tests.attack.target import Target, check_no_leak, check_said, is_ours, new_person
from tests.channels.visitor import visiting


@attacks
@hypothesis.given(text=texts)
def test_over_rest_whatever_is_typed_gets_a_reply_of_ours(target: Target, text: str) -> None:
    with target.tally.attack("typed: REST"):
        reply = target.stack.say(text)

        assert reply.text.strip()
        assert all(reply.said)
        check_no_leak(reply.text)


@attacks
@hypothesis.given(text=texts.map(lambda text: text[:MOST_CHARACTERS]))
def test_in_the_widget_whatever_is_typed_gets_a_reply_of_ours(target: Target, text: str) -> None:
    async def visit() -> None:
        async with visiting(target.url) as visitor:
            if is_too_long(text):
                said = [{"kind": "text", "text": (await visitor.ask(text))["text"]}]
            else:
                said = [message["body"] for message in await visitor.answered(text)]
            assert said
            check_said(said, target.stack.settings)

    target.expect()
    with target.tally.attack("typed: widget"):
        asyncio.run(visit())


@attacks
@hypothesis.given(text=telegram_texts)
def test_in_telegram_whatever_is_typed_gets_a_reply_of_ours(target: Target, text: str) -> None:
    person = new_person()
    with target.tally.attack("typed: Telegram"):
        target.api.text(person, text)
        target.api.wait_for(lambda: target.api.sent(person))

        for sent in target.api.sent(person):
            assert is_ours(sent.text, target.stack.settings), sent.text
            check_no_leak(sent.text)
