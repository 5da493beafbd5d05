"""How a conversation ends: erased, left for a new one, or gone at the server."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from botwijzer.channels.transcript import Transcript
from tests.browser.conftest import ERASED, OFFLINE, Chat, Visit
from tests.conftest import Stack

NOT_ERASED = "Het gesprek is nu niet gewist. Probeer het zo nog eens."
ERASED_PACKET = '42["erased",{}]'
ERASE, RECEIPT = '["erase",', "43"
"""How the socket says it."""


def test_a_new_conversation_begins_empty_and_the_one_before_is_erased(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    chat.answered()
    first = chat.session
    note_notices(chat)
    chat.button("Nieuw gesprek").click()
    expect(chat.answers).to_have_count(0)
    expect(chat.log).to_contain_text("Ik ben Botwijzer, een chatbot")
    assert chat.session != first
    assert not Transcript(site.settings.database_url).knows(first)
    assert noticed(chat) == []


def test_a_new_conversation_begins_also_when_the_one_before_can_not_be_erased_now(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    chat.page.context.set_offline(True)
    expect(chat.notice).to_have_text(OFFLINE)
    chat.button("Nieuw gesprek").click()
    expect(chat.questions).to_have_count(0)
    chat.ask("bedankt")
    chat.page.context.set_offline(False)
    expect(chat.log).to_contain_text("Graag gedaan")
    expect(chat.questions).to_have_text(["Jij: bedankt"])


def test_a_conversation_is_erased_only_after_a_yes(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    first = chat.session
    chat.button("Wis gesprek").click()
    chat.button("Nee, bewaar het").click()
    expect(chat.answers).to_have_count(1)
    note_notices(chat)
    chat.button("Wis gesprek").click()
    chat.button("Ja, wis het").click()
    expect(chat.notice).to_have_text(ERASED)
    expect(chat.answers).to_have_count(0)
    expect(chat.log).to_contain_text("Ik ben Botwijzer, een chatbot")
    assert chat.session != first
    assert noticed(chat) == [ERASED]


def test_who_taps_twice_erases_once(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    note_notices(chat)
    chat.button("Wis gesprek").click()
    chat.button("Ja, wis het").dblclick()
    expect(chat.log).to_contain_text("Ik ben Botwijzer, een chatbot")
    expect(chat.answers).to_have_count(0)
    chat.answered()
    expect(chat.questions).to_have_count(1)
    assert noticed(chat)[0] == ERASED


def test_that_it_was_erased_may_be_heard_before_the_receipt(visit: Visit) -> None:
    def both(receipt: str, tell: Callable[[str], None]) -> None:
        tell(ERASED_PACKET)
        tell(receipt)

    chat = visit(prepare=lambda page: at_receipt_of_erasing(page, both)).open()
    chat.answered()
    note_notices(chat)
    chat.button("Wis gesprek").click()
    chat.button("Ja, wis het").click()
    expect(chat.answers).to_have_count(0)
    chat.answered()
    expect(chat.questions).to_have_count(1)
    assert noticed(chat) == [ERASED]


def test_a_receipt_that_does_not_come_is_no_erasing_until_it_is(visit: Visit) -> None:
    late: list[Callable[[str], None]] = []
    chat = visit(prepare=lambda page: at_receipt_of_erasing(page, lambda _, tell: late.append(tell))).open()
    chat.answered()
    chat.button("Wis gesprek").click()
    chat.button("Ja, wis het").click()
    expect(chat.notice).to_have_text(NOT_ERASED)
    expect(chat.answers).to_have_count(1)
    late[0](ERASED_PACKET)
    expect(chat.notice).to_have_text(ERASED)
    chat.answered()
    expect(chat.questions).to_have_count(1)


def test_a_question_to_a_conversation_that_is_gone_is_asked_in_a_new_one(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    chat.answered()
    gone = chat.session
    Transcript(site.settings.database_url).erase(gone)
    chat.ask("bedankt")
    expect(chat.log).to_contain_text("Graag gedaan")
    expect(chat.questions).to_have_text(["Jij: bedankt"])
    expect(chat.log.get_by_text("Ik ben Botwijzer, een chatbot")).to_have_count(1)
    assert chat.session != gone


def at_receipt_of_erasing(page: Page, act: Callable[[str, Callable[[str], None]], object]) -> None:
    """Does something else than passing on the server's receipt for erasing: `act(receipt, tell the page)`."""
    erasing: list[str] = []

    def connect(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def to_server(packet: str | bytes) -> None:
            if ERASE in str(packet):
                erasing.append(RECEIPT + str(packet)[2 : str(packet).index("[")])  # the packet's number
            server.send(packet)

        def to_page(packet: str | bytes) -> None:
            if erasing and str(packet).startswith(f"{erasing[-1]}["):
                act(str(packet), line.send)
            else:
                line.send(packet)

        line.on_message(to_server)
        server.on_message(to_page)

    page.route_web_socket("**/socket/**", connect)


def note_notices(chat: Chat) -> None:
    """Begins to note what the chat announces."""
    chat.notice.evaluate(
        """(notice) => { window.noticed = []; new MutationObserver(() => noticed.push(notice.textContent))
        .observe(notice, {childList: true, characterData: true, subtree: true}); }"""
    )


def noticed(chat: Chat) -> list[str]:
    """What the chat has announced since."""
    return [text for text in chat.page.evaluate("noticed") if text]
