"""A long conversation: its end comes first, the rest as the visitor reads back, and at some point it is full."""

from __future__ import annotations

from playwright.sync_api import expect

from botwijzer.channels.conversation_room import MAX_MESSAGES
from botwijzer.channels.transcript import HIGHEST_ID, STAFF, Transcript
from botwijzer.channels.transcript_tables import PAGE_MESSAGES
from tests.browser.conftest import Chat, Visit
from tests.conftest import Stack, is_response

EARLIER = "Eerdere berichten"
MESSAGES = 2 * PAGE_MESSAGES + 5


def say(site: Stack, chat: Chat, count: int) -> None:
    """Puts messages of the staff into a conversation, numbered from 0."""
    store = Transcript(site.settings.database_url)
    for number in range(count):
        store.add(chat.session, STAFF, {"kind": "text", "text": f"Bericht {number}.", "buttons": []})


def numbers(chat: Chat) -> list[int]:
    """The numbers of those messages that stand there, from top to bottom."""
    texts = chat.log.locator(".staff p").all_inner_texts()
    return [int(text.removeprefix("Bericht ").rstrip(".")) for text in texts]


def test_a_long_conversation_opens_at_its_end_and_is_read_back_to_its_beginning(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    say(site, chat, MESSAGES)

    chat.page.reload()
    chat.opener.click()
    expect(chat.log).to_contain_text(f"Bericht {MESSAGES - 1}.")
    assert numbers(chat) == list(range(MESSAGES - PAGE_MESSAGES, MESSAGES))

    chat.button(EARLIER).click()
    expect(chat.log).to_contain_text(f"Bericht {MESSAGES - 2 * PAGE_MESSAGES}.")
    assert numbers(chat) == list(range(MESSAGES - 2 * PAGE_MESSAGES, MESSAGES))
    assert not chat.log.evaluate("log => log.scrollTop < 40"), "what was on the screen stays there"

    chat.log.evaluate("log => (log.scrollTop = 0)")
    expect(chat.log).to_contain_text("Ik ben Botwijzer, een chatbot")
    assert numbers(chat) == list(range(MESSAGES))
    expect(chat.button(EARLIER)).to_have_count(0)


def test_a_full_conversation_gives_the_question_back_and_a_new_one_takes_it(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    store = Transcript(site.settings.database_url)
    for number in range(MAX_MESSAGES):
        store.add_question(chat.session, str(number), {"kind": "text", "text": "?"}, "/empty_message", HIGHEST_ID)
    first = chat.session

    chat.ask("Is zwemmen goed voor je botten?")

    expect(chat.question).to_have_value("Is zwemmen goed voor je botten?")
    assert is_response("utter_conversation_full", chat.notice.inner_text())
    chat.button("Nieuw gesprek").click()
    expect(chat.log).to_contain_text("Ik ben Botwijzer, een chatbot")
    expect(chat.question).to_have_value("Is zwemmen goed voor je botten?")
    assert chat.session != first
    chat.sender.click()
    chat.answers.first.wait_for()
