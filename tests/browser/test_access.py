"""That everybody can use the widget: keyboard, screen reader, zoom, text spacing, contrast, motion, forced colours."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DEMO, OFFLINE, PHONE, SWIMMING, Chat, Shop, Visit, push
from tests.conftest import Stack
from tests.unit_helpers import ROOT

AXE = ROOT / "widget" / "node_modules" / "axe-core" / "axe.min.js"
TARGET_PIXELS = 44

SCREENS: dict[str, dict[str, Any]] = {
    "desktop, light": {},
    "desktop, dark": {"color_scheme": "dark"},
    "phone, light": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "phone, dark": {"viewport": PHONE, "is_mobile": True, "has_touch": True, "color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}

WITHIN = """(selector) => {
  const found = [];
  const walk = (root) => { for (const element of root.querySelectorAll('*')) {
    if (element.matches(selector)) found.push(element);
    if (element.shadowRoot) walk(element.shadowRoot);
  } };
  walk(document.querySelector('bot-wijzer').shadowRoot);
  return found.filter((element) => element.checkVisibility() && !element.closest('.hidden'));
}"""
"""Visible elements of the widget, through its shadow roots."""

TEXT_SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
  const root = document.querySelector('bot-wijzer').shadowRoot;
  for (const each of [root, root.querySelector('bot-wijzer-panel').shadowRoot])
    each.adoptedStyleSheets = [...each.adoptedStyleSheets, sheet];
}"""
"""WCAG 1.4.12, put where a visitor's own style sheet would reach."""


def violations(page: Page) -> list[str]:
    """What axe finds wrong on the whole page, with its place."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def cut_off(page: Page) -> list[str]:
    """Elements of the chat whose text does not fit into them or the window."""
    return list(
        page.evaluate(
            f"""() => ({WITHIN})('dialog, .log, .message, .message *, button, h2, form, .tools, .notice')
            .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth
              || e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
            .map((e) => `${{e.tagName}}.${{e.className}} ${{e.textContent.slice(0, 30)}}`)"""
        )
    )


def closed(chat: Chat, _: Stack) -> None:
    """Nobody has opened it."""


def opened(chat: Chat, _: Stack) -> None:
    """What stands there first."""
    chat.open()


def answered(chat: Chat, _: Stack) -> None:
    """An answer with its sources unfolded, rated."""
    answer = chat.open().answered()
    answer.get_by_text("Bronnen (5)").click()
    answer.get_by_role("button", name="Ja").click()
    expect(chat.notice).to_have_text("Dank je wel.")


def unread(chat: Chat, site: Stack) -> None:
    """A human has said something while it was closed."""
    chat.open().closer.click()
    push(site, chat, "Hallo, hier een medewerker.")
    expect(chat.page.get_by_role("button", name="Open de chat, 1 nieuw bericht")).to_be_visible()


def with_a_human(chat: Chat, site: Stack) -> None:
    """A human has said something while it was open."""
    push(site, chat.open(), "Hallo, hier een medewerker.\n- https://example.nl/x\n- info@example.nl")
    expect(chat.log.locator(".staff")).to_be_visible()


def offline(chat: Chat, _: Stack) -> None:
    """The line is cut, and a question waits."""
    chat.open().page.context.set_offline(True)
    expect(chat.notice).to_have_text(OFFLINE)
    chat.ask(SWIMMING)


def erasing(chat: Chat, _: Stack) -> None:
    """Asked whether the conversation is to be erased."""
    chat.open().button("Wis gesprek").click()
    expect(chat.button("Ja, wis het")).to_be_visible()


STATES: tuple[Callable[[Chat, Stack], None], ...] = (
    closed,
    opened,
    answered,
    unread,
    with_a_human,
    offline,
    erasing,
)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("state", STATES, ids=[state.__name__ for state in STATES])
def test_axe_finds_nothing_wrong(visit: Visit, site: Stack, state: Callable[[Chat, Stack], None], screen: str) -> None:
    chat = visit(**SCREENS[screen])
    state(chat, site)
    assert violations(chat.page) == []


def test_all_of_it_works_with_the_keyboard_alone(visit: Visit) -> None:
    chat = visit()
    keys = chat.page.keyboard
    expect(chat.opener).to_be_visible()
    reach(chat, "Open de chat")
    keys.press("Enter")
    chat.log.get_by_text("Ik ben Botwijzer").wait_for()
    assert chat.focused() == "Je vraag"
    keys.type(SWIMMING)
    keys.press("Enter")
    expect(chat.answers).to_have_count(1)
    assert chat.focused() == "Je vraag"

    chat.answers.get_by_text("Bronnen (5)").wait_for()
    reach(chat, "Bronnen (5)", backwards=True)
    keys.press("Enter")
    expect(chat.answers.get_by_role("link").first).to_be_visible()
    reach(chat, "Ja", backwards=False)
    keys.press("Space")
    expect(chat.notice).to_have_text("Dank je wel.")
    reach(chat, "Nieuw gesprek")
    keys.press("Enter")
    expect(chat.answers).to_have_count(0)
    chat.log.get_by_text("Ik ben Botwijzer").wait_for()
    assert chat.focused() == "Je vraag"
    keys.press("Escape")
    expect(chat.dialog).to_be_hidden()
    assert chat.focused() == "Open de chat"


def test_every_control_is_reached_with_tab(visit: Visit) -> None:
    chat = visit().open()
    chat.answered()
    names = [button.inner_text() for button in chat.dialog.get_by_role("button").all()]
    assert "Medewerker" in names
    reach(chat, "Sluit de chat", backwards=True)
    seen = ["✕"]
    for _ in range(len(names) + 6):
        chat.page.keyboard.press("Tab")
        seen.append(chat.focused())
    assert [name for name in names if name not in seen] == []
    assert {"Gesprek", "Je vraag", "Bronnen (5)"} <= set(seen)


def test_opened_by_touch_on_a_phone_no_keyboard_covers_what_is_said(visit: Visit) -> None:
    assert visit(**SCREENS["phone, light"]).open().focused() == "Gesprek"
    assert visit(viewport=PHONE).open().focused() == "Je vraag"


def test_a_screen_reader_on_a_foreign_page_speaks_dutch(visit: Visit, site: Stack, shop: Shop) -> None:
    chat = visit(shop.serve("/foreign", f'<script async src="{site.url}{DEMO}botwijzer.js"></script>')).open()
    chat.page.evaluate("document.documentElement.lang = 'en'")
    for part in (chat.page.locator("bot-wijzer .launcher"), chat.dialog):
        assert part.evaluate("(element) => element.closest('[lang]').lang") == "nl"


def test_on_a_phone_the_page_beneath_is_out_of_reach_until_it_is_closed(visit: Visit) -> None:
    chat = visit(**SCREENS["phone, light"]).open()
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        assert chat.page.evaluate(
            "[document.body, document.querySelector('bot-wijzer')].includes(document.activeElement)"
        )
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    assert chat.focused() == "Open de chat"


def test_a_screen_reader_hears_what_is_said(visit: Visit) -> None:
    chat = visit().open()
    tree = chat.page.context.new_cdp_session(chat.page)
    nodes = tree.send("Accessibility.getFullAXTree")["nodes"]
    logs = [node for node in nodes if node.get("role", {}).get("value") == "log"]
    assert len(logs) == 1
    properties = {each["name"]: each["value"].get("value") for each in logs[0]["properties"]}
    assert properties["live"] == "polite"
    chat.log.evaluate("(log) => log.before = [...log.children]")
    chat.answered()
    same = "(log) => log.before.filter((e) => !e.querySelector('button')).every((e) => e.isConnected)"
    assert chat.log.evaluate(same), "what was said before is said again"
    assert chat.log.evaluate("(log) => log.getAttribute('aria-busy')") is None


@pytest.mark.parametrize("screen", ["desktop, light", "phone, light"])
def test_what_is_pressed_is_large_enough_for_a_thumb(visit: Visit, screen: str) -> None:
    chat = visit(**SCREENS[screen])
    boxes = [chat.opener.bounding_box()]
    chat.open().answered().get_by_text("Bronnen (5)").click()
    small = chat.page.evaluate(
        f"""(least) => ({WITHIN})('button, summary, textarea, a')
        .map((e) => [e.textContent, e.getBoundingClientRect()])
        .filter(([, box]) => box.width < least || box.height < least)
        .map(([text, box]) => [text, box.width, box.height])""",
        TARGET_PIXELS,
    )
    assert small == []
    assert all(box and min(box["width"], box["height"]) >= TARGET_PIXELS for box in boxes)


@pytest.mark.parametrize(
    "size",
    [{"width": 640, "height": 450}, {"width": 320, "height": 256}, PHONE],
    ids=["200 %", "400 %", "phone"],
)
@pytest.mark.parametrize("spaced", [False, True], ids=["plain", "text spacing"])
def test_zoomed_and_with_wide_text_nothing_is_cut_off(visit: Visit, size: dict[str, int], spaced: bool) -> None:
    chat = visit(viewport=size, device_scale_factor=2)
    chat.open()
    if spaced:
        chat.page.evaluate(TEXT_SPACING)
    chat.answered().get_by_text("Bronnen (5)").click()
    assert cut_off(chat.page) == []
    expect(chat.question).to_be_in_viewport(ratio=1)
    expect(chat.sender).to_be_in_viewport(ratio=1)
    expect(chat.closer).to_be_in_viewport(ratio=1)


def test_who_wants_larger_letters_gets_them(visit: Visit) -> None:
    def seen(chat: Chat) -> float:
        return float(chat.open().log.evaluate("(log) => parseFloat(getComputedStyle(log).fontSize)"))

    assert seen(visit(prepare=lambda page: enlarge(page, 32))) == 2 * seen(visit())


def test_nothing_moves_for_who_wants_no_motion(visit: Visit) -> None:
    for motion, moves in (("reduce", False), ("no-preference", True)):
        chat = visit(reduced_motion=motion).open()
        animated = chat.log.evaluate(
            """(log) => { const dots = document.createElement('div'); dots.className = 'working';
            dots.append(document.createElement('i')); log.append(dots);
            return getComputedStyle(dots.firstChild).animationName !== 'none'; }"""
        )
        assert animated is moves


def test_the_dots_show_only_while_the_server_works(visit: Visit) -> None:
    chat = visit().open()
    chat.log.evaluate(
        """(log) => { log.dots = 0; new MutationObserver(() => { log.dots += log.querySelectorAll('.working').length; })
        .observe(log, {childList: true, subtree: true}); }"""
    )
    assert chat.log.locator(".working").count() == 0
    chat.answered()
    expect(chat.log.locator(".working")).to_have_count(0)
    assert chat.log.evaluate("(log) => log.dots") >= 1


def test_the_dots_come_back_with_the_line_and_go_with_the_answer(visit: Visit, site: Stack) -> None:
    chat = visit().open()
    dots = chat.log.locator(".working")
    os.kill(site.supervisor.pid("actions"), signal.SIGSTOP)  # so that there is no answer yet
    try:
        chat.ask(SWIMMING)
        expect(dots).to_be_visible()
        chat.page.context.set_offline(True)
        expect(chat.notice).to_have_text(OFFLINE)
        expect(dots).to_have_count(0)
        chat.page.context.set_offline(False)
        expect(dots).to_be_visible()
    finally:
        os.kill(site.supervisor.pid("actions"), signal.SIGCONT)
    expect(chat.answers).to_have_count(1)
    expect(dots).to_have_count(0)


def enlarge(page: Page, pixels: int) -> None:
    """Makes the browser's standard letters as large as a visitor who sees badly may set them."""
    page.goto("about:blank")
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": pixels}})


def reach(chat: Chat, name: str, backwards: bool = False) -> None:
    """Presses Tab until the focus is there; fails when it never gets there."""
    for _ in range(60):
        if chat.focused() == name:
            return
        chat.page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"'{name}' can't be reached; the focus is at '{chat.focused()}'")
