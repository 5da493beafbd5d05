"""Nobody takes over, whoever did is silent, Telegram is away: the visitor hears so, and nothing is lost."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Iterator

import pytest

from tests.channels.visitor import visiting
from tests.conftest import is_response
from tests.handoff.conftest import Desk, ask_in_telegram, ask_in_widget, running_desk
from tests.telegram.bot_api_account import Sent

SECONDS = "2"
ALL_POSTED_SECONDS = 90
"""Telegram lets a bot post about 20 messages a minute in a group; here each request makes two."""

SWIMMING = "Is zwemmen goed voor je botten?"


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A staff that must be quick."""
    folder = tmp_path_factory.mktemp("hasty")
    with running_desk(folder, operator_wait_seconds=SECONDS, operator_silence_seconds=SECONDS) as running:
        yield running
    assert running.bot.api.faults == []


def told(desk: Desk, person: int, response: str, count: int = 1) -> Sent:
    """The message to a visitor that is this response, once it is there."""

    def found() -> list[Sent]:
        return [sent for sent in desk.bot.api.sent(person) if is_response(response, sent.text)]

    desk.bot.api.wait_for(lambda: len(found()) >= count)
    return found()[-1]


def test_nobody_takes_over_so_an_address_is_asked_for_and_added(hasty: Desk, person: int) -> None:
    bot = hasty.bot
    ask_in_telegram(hasty, person, f"leveren jullie ook in Gent ({person})")
    post = hasty.post(str(person))
    told(hasty, person, "utter_request_nobody")
    hasty.post("Nog niemand heeft overgenomen")

    assert "Antwoord: an@example.nl" in bot.asked(person, "an@example.nl").text
    assert "via an@example.nl" in bot.asked(person, "ja").text
    changed = hasty.post("de bezoeker heeft iets aangevuld")
    assert changed.thread == post.thread
    assert hasty.press(changed, "take") == ""  # it still can be taken
    told(hasty, person, "utter_human_here")
    hasty.press(changed, "close")


def test_in_the_widget_too_and_the_visitor_may_just_go_on(hasty: Desk) -> None:
    async def talk() -> None:
        async with visiting(hasty.bot.stack.url) as visitor:
            await ask_in_widget(visitor, "leveren jullie ook in Brugge")
            await visitor.until(lambda: any(is_response("utter_request_nobody", text) for text in visitor.texts))
            await visitor.answered(SWIMMING)
            assert len(visitor.answers) == 1

    asyncio.run(talk())


def test_a_silent_human_does_not_leave_the_visitor_hanging(hasty: Desk, person: int) -> None:
    bot = hasty.bot
    ask_in_telegram(hasty, person, f"leveren jullie ook in Luik ({person})")
    post = hasty.post(str(person))
    hasty.press(post, "take")
    told(hasty, person, "utter_human_here")
    hasty.write(post, "Goedemiddag, waarmee kan ik helpen?")
    bot.api.wait_for(lambda: any("waarmee kan ik helpen" in sent.text for sent in bot.api.sent(person)))

    bot.api.text(person, "zijn jullie er nog?")
    hasty.post("Bezoeker: zijn jullie er nog?")

    told(hasty, person, "utter_request_silent")
    hasty.post("De bezoeker wacht te lang op antwoord")
    assert "wandelen" in bot.asked(person, SWIMMING).text
    again = hasty.post("De bezoeker wacht te lang op antwoord")
    hasty.press(again, "take")
    told(hasty, person, "utter_human_here", 2)
    hasty.press(again, "close")


def test_many_ask_at_once_while_telegram_is_away_and_each_gets_a_topic(hasty: Desk, person: int) -> None:
    bot = hasty.bot
    people = range(person, person + 5)

    def ask(number: int) -> None:
        ask_in_telegram(hasty, number, f"leveren jullie ook in Kortrijk ({number})")

    bot.api.fail("createForumTopic", 3, 502)
    bot.api.cut("sendMessage", 2, after=True)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, people))

    def posts() -> list[Sent]:
        return [sent for number in people for sent in hasty.posts() if f"Kortrijk ({number})" in sent.text]

    bot.api.wait_for(lambda: len(posts()) >= len(people), ALL_POSTED_SECONDS)
    assert len(posts()) == len({post.thread for post in posts()}) == len(people)
