"""A conversation in the widget, as a visitor has it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket, expect

from botwijzer.article import article
from botwijzer.channels.transcript import Transcript
from botwijzer.supervisor import Supervisor, environment
from tests.browser.conftest import DEMO, DESKTOP, OFFLINE, PHONE, SWIMMING, Chat, Visit, push, running_site
from tests.conftest import Stack, action_server


def test_before_the_first_message_the_visitor_knows_what_this_is_and_what_is_kept(visit: Visit) -> None:
    chat = visit().open()
    expect(chat.dialog.get_by_role("heading")).to_have_text("Botwijzer · chatbot")
    expect(chat.log).to_contain_text("Ik geef geen medisch advies")
    expect(chat.log).to_contain_text("gewist als je 30 dagen niets stuurt")
    expect(chat.log.get_by_role("button")).to_have_count(3)


def test_an_answer_has_its_words_its_disclaimer_and_its_sources(visit: Visit) -> None:
    answer = visit().open().answered()
    expect(answer).to_contain_text(article().passages["zwemmen"].lines[0])
    expect(answer.locator(".disclaimer")).to_have_text(f"Disclaimer: {article().disclaimer}")
    answer.get_by_text("Bronnen (5)").click()
    links = answer.get_by_role("link")
    expected = [article().url, *(source.url for source in article().sources)]
    assert [link.get_attribute("href") for link in links.all()] == expected
    assert {(link.get_attribute("target"), link.get_attribute("rel")) for link in links.all()} == {
        ("_blank", "noopener noreferrer")
    }
    expect(links.first).to_be_visible()


def test_lists_of_the_article_are_lists(visit: Visit) -> None:
    answer = visit().open().answered(article().passages["samenwerking"].question)
    bullets = [line for line in article().passages["samenwerking"].lines if line.startswith("- ")]
    expect(answer.locator("ul").first.get_by_role("listitem")).to_have_count(len(bullets))


def test_a_button_asks_its_question_and_older_ones_are_gone(visit: Visit) -> None:
    chat = visit().open()
    question = article().passages["op_definitie"].question
    chat.button(question).click()
    expect(chat.answers).to_have_count(1)
    expect(chat.questions).to_have_text([f"Jij: {question}"])
    expect(chat.button(question)).to_have_count(0)
    assert chat.focused() == "Gesprek"


def test_whether_it_was_useful_can_be_said_and_stays_said(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    chat.button("Nee").click()
    expect(chat.notice).to_have_text("Dank je wel.")
    expect(chat.button("Nee")).to_have_attribute("aria-pressed", "true")
    chat.page.reload()
    chat.open()
    expect(chat.button("Nee")).to_have_attribute("aria-pressed", "true")


def test_when_it_can_not_be_kept_that_something_was_useful_the_visitor_hears_so(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    answer = chat.answered()
    Transcript(site.settings.database_url).erase(chat.session)
    answer.get_by_role("button", name="Ja").click()
    expect(chat.notice).to_have_text("Dat is nu niet bewaard. Probeer het zo nog eens.")
    expect(answer.get_by_role("button", name="Ja")).to_have_attribute("aria-pressed", "false")


def test_a_person_is_one_press_away(visit: Visit) -> None:
    chat = visit().open()
    chat.button("Medewerker").click()
    expect(chat.log).to_contain_text("Zo bereik je een medewerker")


def test_after_a_reload_in_mid_conversation_all_of_it_is_there(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    before = chat.log.inner_text()
    chat.question.fill("nog niet verst")
    chat.page.reload()
    chat.open()
    assert chat.log.inner_text() == before
    expect(chat.question).to_have_value("nog niet verst")
    chat.ask("bedankt")
    expect(chat.log).to_contain_text("Graag gedaan")


def test_a_cut_line_loses_nothing_and_doubles_nothing(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    chat.question.fill("half")
    chat.page.context.set_offline(True)
    expect(chat.notice).to_have_text(OFFLINE)
    expect(chat.question).to_have_value("half")
    chat.ask("bedankt")
    expect(chat.questions.last).to_contain_text("Wordt verstuurd")
    chat.page.context.set_offline(False)
    expect(chat.log).to_contain_text("Graag gedaan")
    expect(chat.notice).to_have_text("")
    expect(chat.questions).to_have_text([f"Jij: {SWIMMING}", "Jij: bedankt"])


def test_a_question_that_waits_is_sent_even_after_a_reload(visit: Visit) -> None:
    chat = visit().open()
    chat.page.context.set_offline(True)
    expect(chat.notice).to_have_text(OFFLINE)
    chat.ask(SWIMMING)
    chat.page.context.set_offline(False)
    chat.page.reload()
    chat.open()
    expect(chat.answers).to_have_count(1)
    expect(chat.questions).to_have_count(1)


def test_a_human_can_say_something_while_the_chat_is_minimised(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    chat.page.evaluate("addEventListener('botwijzer-message', () => document.title = 'nieuw')")
    chat.closer.click()
    push(site, chat, "Hallo, hier een medewerker.\n- een\n- twee")
    expect(chat.page.get_by_role("button", name="Open de chat, 1 nieuw bericht")).to_be_visible()
    expect(chat.page.get_by_role("status")).to_have_text("1 nieuw bericht")
    expect(chat.page).to_have_title("nieuw")
    push(site, chat, "Bent u er nog?")
    expect(chat.page.get_by_role("button", name="Open de chat, 2 nieuwe berichten")).to_be_visible()
    chat.open()
    expect(chat.log.locator(".staff")).to_have_count(2)
    expect(chat.log.locator(".staff").first).to_contain_text("Medewerker:")
    chat.closer.click()
    expect(chat.page.get_by_role("button", name="Open de chat", exact=True)).to_be_visible()


def test_a_message_that_came_while_the_page_was_away_is_announced_on_the_next_page(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    chat.closer.click()
    session_page = chat.page.url
    chat.page.goto("about:blank")
    chat.page.goto(session_page)
    expect(chat.page.get_by_role("button", name="Open de chat", exact=True)).to_be_visible()
    push(site, chat, "Hallo!")
    expect(chat.page.get_by_role("button", name="Open de chat, 1 nieuw bericht")).to_be_visible()


def test_what_a_visitor_types_is_only_ever_text(visit: Visit) -> None:
    chat = visit().open()
    typed = "<img src=x onerror=\"document.title='stuk'\"><b>vet</b> https://a.nl/?q=<script>"
    chat.ask(typed)
    expect(chat.questions.first).to_contain_text(typed)
    expect(chat.log.locator("img, b, script")).to_have_count(0)
    assert chat.page.title() == article().title


def test_who_is_too_fast_is_told_so_and_loses_nothing(visit: Visit) -> None:
    chat = visit().open()
    for _ in range(40):
        chat.question.fill("bedankt")
        chat.question.press("Enter")
    expect(chat.notice).to_contain_text("Je stuurt berichten heel snel")
    expect(chat.log.locator(".pending").last).to_contain_text("Wordt verstuurd")
    expect(chat.questions).to_have_count(40)
    expect(chat.question).to_have_value("")


def test_what_the_server_can_not_read_comes_back_into_the_box(visit: Visit) -> None:
    chat = visit().open()
    unreadable = '[{"id": "!", "text": "hoi"}]'
    chat.page.evaluate("(pending) => sessionStorage.setItem('botwijzer:pending', pending)", unreadable)
    chat.page.reload()
    chat.open()
    expect(chat.question).to_have_value("hoi")
    expect(chat.notice).to_have_text("Dit bericht kon ik niet versturen. Pas het aan en probeer het nog eens.")
    expect(chat.questions).to_have_count(0)


def test_a_page_can_steer_the_widget_and_hears_of_it(visit: Visit) -> None:
    chat = visit()
    chat.page.evaluate(
        """window.heard = []; for (const name of ['open', 'close'])
        addEventListener(`botwijzer-${name}`, () => heard.push(name))"""
    )
    widget = chat.page.locator("bot-wijzer")
    for act in ("open", "open", "close", "toggle", "toggle", "toggle"):
        widget.evaluate(f"(widget) => widget.{act}()")
    expect(chat.dialog).to_be_visible()
    assert chat.page.evaluate("heard") == ["open", "close", "open", "close", "open"]


def test_options_of_the_script_tag_change_place_and_words(visit: Visit) -> None:
    html = """<!doctype html><html lang="nl"><title>x</title><main><h1>Winkel</h1></main>
    <script async src="/webhooks/web/botwijzer.js" data-position="left" data-greeting="Welkom in de winkel!"
      data-labels='{"send": "Stuur op"}'></script></html>"""

    def prepare(page: Page) -> None:
        page.route("**/shop.html", lambda route: route.fulfill(body=html, content_type="text/html"))

    chat = visit("/shop.html", prepare)
    box = chat.opener.bounding_box()
    assert box
    assert box["x"] < 50
    chat.open()
    expect(chat.log).to_contain_text("Welkom in de winkel!")
    expect(chat.button("Stuur op")).to_be_visible()
    box = chat.dialog.bounding_box()
    assert box
    assert box["x"] < 50


def test_two_taps_while_it_loads_open_one_chat(visit: Visit) -> None:
    strict = """const { showModal } = HTMLDialogElement.prototype;
    HTMLDialogElement.prototype.showModal = function () {
      if (this.open) throw new DOMException('open already', 'InvalidStateError');
      showModal.call(this);
    };"""
    sockets: list[WebSocket] = []

    def prepare(page: Page) -> None:
        page.add_init_script(strict)
        page.on("websocket", lambda socket: sockets.append(socket))

    chat = visit(prepare=prepare, viewport=PHONE, is_mobile=True, has_touch=True)
    chat.page.evaluate("window.heard = 0; addEventListener('botwijzer-open', () => heard++)")
    chat.opener.evaluate("(button) => { button.click(); button.click(); }")
    chat.log.get_by_text("Ik ben Botwijzer, een chatbot").wait_for()
    chat.closer.click()
    chat.open()
    assert chat.page.evaluate("heard") == 2
    assert chat.page.locator("bot-wijzer-panel").count() == 1
    assert len(sockets) == 1


def test_a_chat_that_does_not_open_leaves_its_button(visit: Visit) -> None:
    broken = "HTMLDialogElement.prototype.show = () => { throw new Error('not now'); };"
    chat = visit(prepare=lambda page: page.add_init_script(broken))
    chat.opener.click()
    expect(chat.page.get_by_role("status")).to_have_text("De chat laadt nu niet. Probeer het zo nog eens.")
    expect(chat.opener).to_be_visible()


def test_taken_off_the_page_it_has_no_line_and_put_back_it_goes_on(visit: Visit) -> None:
    sockets: list[WebSocket] = []
    chat = visit(prepare=lambda page: page.on("websocket", lambda socket: sockets.append(socket))).open()
    chat.answered()
    with sockets[0].expect_event("close"):
        chat.page.evaluate("window.widget = document.querySelector('bot-wijzer'); widget.remove()")
    chat.page.evaluate("document.body.append(widget)")
    chat.ask("bedankt")
    expect(chat.log).to_contain_text("Graag gedaan")
    expect(chat.questions).to_have_text([f"Jij: {SWIMMING}", "Jij: bedankt"])
    assert len(sockets) == 2


def test_a_chat_that_does_not_load_says_so_and_can_be_tried_again(visit: Visit) -> None:
    chat = visit(prepare=lambda page: page.route("**/assets/panel-*", lambda route: route.abort()))
    chat.opener.click()
    expect(chat.page.get_by_role("status")).to_have_text("De chat laadt nu niet. Probeer het zo nog eens.")
    chat.page.unroute_all()
    chat.page.reload()
    chat.open()


def test_on_a_phone_the_chat_is_the_whole_screen_and_the_keyboard_hides_nothing(visit: Visit) -> None:
    chat = visit(viewport=PHONE, is_mobile=True, has_touch=True).open()
    box = chat.dialog.bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, PHONE["width"], PHONE["height"])
    chat.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"] - 340})
    for part in (chat.question, chat.sender, chat.closer):
        expect(part).to_be_in_viewport(ratio=1)
    chat.closer.click()
    expect(chat.opener).to_be_visible()


def test_killed_in_the_middle_of_an_answer_the_server_answers_once_it_is_back(browser: Browser, tmp_path: Path) -> None:
    with running_site(tmp_path, **action_server()) as (stack, rasa), browser.new_context(viewport=DESKTOP) as context:
        chat = Chat(context.new_page())
        chat.page.goto(stack.url + DEMO)
        chat.open().answered()
        os.kill(stack.supervisor.pid("actions"), signal.SIGSTOP)  # so that no answer can be there yet
        chat.ask("Wat is osteoporose?")
        expect(chat.questions).to_have_count(2)
        expect(chat.log.locator(".pending")).to_have_count(0)
        os.kill(stack.supervisor.pid("rasa"), signal.SIGKILL)
        os.kill(stack.supervisor.pid("actions"), signal.SIGCONT)
        expect(chat.notice).to_have_text(OFFLINE)
        again = environment(stack.settings) | stack.variables
        os.waitpid(stack.supervisor.pid("rasa"), 0)
        with Supervisor((rasa,), again, stack.logs) as supervisor:
            supervisor.wait_until_ready()
            expect(chat.answers).to_have_count(2)
            expect(chat.answers.last).to_contain_text(article().passages["op_definitie"].lines[0])
            expect(chat.questions).to_have_count(2)


def test_a_double_tap_on_a_button_beneath_the_chat_counts_once(visit: Visit) -> None:
    chat = visit().open()
    chat.button("Medewerker").dblclick()
    expect(chat.log).to_contain_text("Op welk e-mailadres of telefoonnummer")
    chat.ask("over verzenden")
    expect(chat.questions).to_have_text(["Jij: Medewerker", "Jij: over verzenden"])
