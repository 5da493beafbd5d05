"""One visitor with two tabs, and what the browser keeps of the conversation between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ERASED, OFFLINE, SWIMMING, Chat, Visit, push
from tests.conftest import Stack


def other_tab(chat: Chat) -> Chat:
    """The same visitor in another tab."""
    page = chat.page.context.new_page()
    page.goto(chat.page.url)
    return Chat(page)


@contextmanager
def cut_off(chat: Chat) -> Iterator[None]:
    """Cuts the line of one tab for a while."""
    line = chat.page.context.new_cdp_session(chat.page)
    speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", {"offline": True, **speed})
    expect(chat.notice).to_have_text(OFFLINE)
    yield
    line.send("Network.emulateNetworkConditions", {"offline": False, **speed})


def test_what_is_said_in_one_tab_is_seen_in_the_other(visit: Visit) -> None:
    first = visit().open()
    second = other_tab(first).open()
    first.answered()
    expect(second.answers).to_have_count(1)
    second.ask("bedankt")
    for chat in (first, second):
        expect(chat.log).to_contain_text("Graag gedaan")
        expect(chat.questions).to_have_text([f"Jij: {SWIMMING}", "Jij: bedankt"])


@pytest.mark.parametrize("way", ["erased", "begun anew"])
def test_when_one_tab_begins_a_new_conversation_the_other_goes_along(visit: Visit, way: str) -> None:
    first = visit().open()
    second = other_tab(first).open()
    first.answered()
    expect(second.answers).to_have_count(1)
    if way == "erased":
        first.button("Wis gesprek").click()
        first.button("Ja, wis het").click()
        expect(first.notice).to_have_text(ERASED)
    else:
        first.button("Nieuw gesprek").click()
    expect(second.notice).to_have_text(ERASED)
    second.ask("bedankt")
    for chat in (first, second):
        expect(chat.log).to_contain_text("Graag gedaan")
        expect(chat.questions).to_have_text(["Jij: bedankt"])
        expect(chat.log.get_by_text("Ik ben Botwijzer, een chatbot")).to_have_count(1)


def test_a_tab_whose_line_was_cut_comes_back_in_the_conversation_of_now(visit: Visit) -> None:
    first = visit().open()
    second = other_tab(first).open()
    first.answered("Wat is osteoporose?")
    expect(second.answers).to_have_count(1)
    with cut_off(second):
        first.button("Nieuw gesprek").click()
        expect(first.answers).to_have_count(0)
        first.answered()
    expect(second.questions).to_have_text([f"Jij: {SWIMMING}"])
    assert second.log.inner_text() == first.log.inner_text()
    first.ask("bedankt")
    expect(second.log).to_contain_text("Graag gedaan")


def test_the_opening_words_of_a_new_conversation_are_no_news(visit: Visit) -> None:
    first = visit().open()
    first.answered()
    second = other_tab(first).open()
    expect(second.answers).to_have_count(1)
    second.closer.click()
    second.page.evaluate("window.heard = 0; addEventListener('botwijzer-message', () => heard++)")
    first.button("Wis gesprek").click()
    first.button("Ja, wis het").click()
    expect(second.page.locator("bot-wijzer .message")).to_have_count(2)
    expect(second.page.get_by_role("button", name="Open de chat", exact=True)).to_be_visible()
    expect(second.page.get_by_role("status")).to_have_text("")
    assert second.page.evaluate("heard") == 0


def test_what_was_seen_in_one_tab_is_no_news_in_the_other(visit: Visit, site: Stack) -> None:
    first = visit().open()
    second = other_tab(first).open()
    for chat in (first, second):
        chat.closer.click()
    push(site, first, "Hallo!")
    for chat in (first, second):
        expect(chat.page.get_by_role("button", name="Open de chat, 1 nieuw bericht")).to_be_visible()
    first.open()
    expect(second.page.get_by_role("button", name="Open de chat", exact=True)).to_be_visible()
    expect(second.page.get_by_role("status")).to_have_text("")


def test_when_the_server_has_begun_anew_a_message_is_news_again(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    chat.closer.click()
    first = chat.session
    for name, value in (("token", "of another server"), ("seen", "99999999")):
        chat.page.evaluate("([name, value]) => localStorage.setItem(`botwijzer:${name}`, value)", [name, value])
    chat.page.reload()
    expect(chat.page.locator("bot-wijzer .message")).to_have_count(2)
    assert chat.session != first
    push(site, chat, "Hallo!")
    expect(chat.page.get_by_role("button", name="Open de chat, 1 nieuw bericht")).to_be_visible()


def test_a_browser_that_is_full_stays_in_the_new_conversation(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    chat.page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )
    chat.button("Nieuw gesprek").click()
    expect(chat.answers).to_have_count(0)
    chat.answered()
    chat.page.context.set_offline(True)
    expect(chat.notice).to_have_text(OFFLINE)
    chat.page.context.set_offline(False)
    chat.ask("bedankt")
    expect(chat.log).to_contain_text("Graag gedaan")
    expect(chat.questions).to_have_text([f"Jij: {SWIMMING}", "Jij: bedankt"])
