"""To a human, as a visitor sees it: the request, the summary, the yes; and erasing by asking for it."""

from __future__ import annotations

from playwright.sync_api import expect

from botwijzer.handoff.store import Requests
from tests.browser.conftest import Chat, Visit
from tests.conftest import Stack

QUESTION = "ik wil graag weten of jullie ook in Antwerpen leveren"


def make_request(visit: Visit, address: str) -> Chat:
    """A visitor who asks for a human and says yes."""
    chat = visit().open()
    chat.button("Medewerker").click()
    expect(chat.log).to_contain_text("Op welk e-mailadres of telefoonnummer")
    chat.ask(f"{address} en {QUESTION}")
    expect(chat.log).to_contain_text("Dit stuur ik naar een medewerker")
    chat.button("Ja, verstuur").click()
    expect(chat.log).to_contain_text("onder nummer BW-")
    return chat


def test_a_request_is_made_with_a_summary_and_a_yes(visit: Visit, site: Stack) -> None:
    said = make_request(visit, "an.browser@example.nl").log.inner_text()

    (request,) = [each for each in Requests(site.settings.database_url).listed() if "an.browser" in each.email]
    assert request.reference in said
    assert "Antwerpen" in request.question


def test_a_new_conversation_leaves_the_request_with_the_staff(visit: Visit, site: Stack) -> None:
    chat = make_request(visit, "bea.browser@example.nl")
    chat.button("Nieuw gesprek").click()
    expect(chat.questions).to_have_count(0)

    assert [each for each in Requests(site.settings.database_url).listed() if "bea.browser" in each.email]


def test_erasing_by_asking_for_it_erases_the_request_and_says_so(visit: Visit, site: Stack) -> None:
    chat = make_request(visit, "cor.browser@example.nl")
    chat.ask("verwijder mijn gegevens")
    chat.button("Ja, wis alles").click()
    expect(chat.notice).to_contain_text("Gewist: dit gesprek")
    expect(chat.notice).to_contain_text("BW-")
    expect(chat.questions).to_have_count(0)

    assert not [each for each in Requests(site.settings.database_url).listed() if "cor.browser" in each.email]
