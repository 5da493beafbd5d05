"""What the widget does to the page that embeds it, and the page to the widget: weight, policy, styles, place."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from botwijzer.article import article
from botwijzer.channels.pages import DEMO_POLICY, DIST, LAUNCHER
from tests.browser.conftest import DEMO, SWIMMING, Chat, Shop, Visit
from tests.conftest import Stack

LAUNCHER_BYTES = 5 * 1024
ALL_BYTES = 40 * 1024
"""Promised sizes, over the wire (gzip)."""

NOTE_VIOLATIONS = """window.violations = [];
addEventListener('securitypolicyviolation',
  (event) => violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

ALL_ELEMENTS = (
    "font: italic 31px/3 cursive", "color: red", "background: yellow", "letter-spacing: 9px", "word-spacing: 9px",
    "text-transform: uppercase", "text-align: right", "text-indent: 50px", "white-space: nowrap", "direction: rtl",
    "visibility: hidden", "opacity: 0.3", "pointer-events: none", "cursor: none", "box-sizing: content-box",
    "margin: 9px", "padding: 9px", "border: 9px dotted lime", "outline: 9px solid lime", "display: inline",
    "float: right", "user-select: none", "list-style: none", "box-shadow: 0 0 9px lime", "text-shadow: 0 0 9px lime",
)  # fmt: skip

HOSTILE = f"""
html {{ font-size: 7px; direction: rtl; color-scheme: dark; }}
* {{ {"; ".join(f"{each} !important" for each in ALL_ELEMENTS)} }}
bot-wijzer {{ display: none !important; position: absolute !important; width: 1px !important; z-index: -1 !important; }}
dialog, section, button {{ display: none !important; z-index: -1 !important; }}
::placeholder {{ color: yellow !important; }}
"""

STYLES_WITHIN = """() => {
  const found = [];
  const walk = (root) => { for (const element of root.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const names = [...style].filter((name) => !name.startsWith('--'));
    const values = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
    found.push([`${element.tagName}.${element.className}`, values]);
    if (element.shadowRoot) walk(element.shadowRoot);
  } };
  walk(document.querySelector('bot-wijzer').shadowRoot);
  return found;
}"""

STYLES_OF_PAGE = """() => [...document.querySelectorAll('html, body, main, main *')].map((element) =>
  [...getComputedStyle(element)].map((name) => `${name}: ${getComputedStyle(element).getPropertyValue(name)}`))"""

LIT_MARKS = {"litElementVersions", "litHtmlVersions", "reactiveElementVersions", "litPropertyMetadata"}
"""By which a Lit of the page and that of the widget know of each other."""

OLD_BROWSER = """
for (const root of [Document, ShadowRoot]) delete root.prototype.adoptedStyleSheets;
delete Array.prototype.findLast;
window.CSSStyleSheet = function () { throw new TypeError('Illegal constructor'); };
"""
"""What Safari before 16.4 and Firefox before 101 lack."""

ARTICLE = "<main><h1>Winkel</h1><p>Een <a href='#x'>artikel</a>.</p><button>Bestel</button></main>"


def zipped(path: Path) -> int:
    """Bytes of a built file over the wire."""
    return len(gzip.compress(path.read_bytes(), mtime=0))


def script(site: Stack, options: str = "") -> str:
    """The one tag that a page needs."""
    return f'<script async src="{site.url}{DEMO}{LAUNCHER}" {options}></script>'


def whole_conversation(chat: Chat) -> None:
    """Everything that a visitor can do."""
    chat.open().answered().get_by_text("Bronnen (5)").click()
    chat.answers.get_by_role("button", name="Ja").click()
    chat.button("Medewerker").click()
    expect(chat.log).to_contain_text("Zo bereik je een medewerker")
    chat.button("Wis gesprek").click()
    chat.button("Ja, wis het").click()
    expect(chat.answers).to_have_count(0)
    chat.closer.click()


def test_the_launcher_is_light_and_all_of_it_is_not_heavy() -> None:
    scripts = list(DIST.glob("*.js"))
    assert len(scripts) == 2
    assert zipped(DIST / LAUNCHER) <= LAUNCHER_BYTES
    assert sum(zipped(path) for path in scripts) <= ALL_BYTES


def test_before_it_is_opened_a_page_pays_one_small_request(visit: Visit, site: Stack, shop: Shop) -> None:
    asked: list[Request] = []
    chat = visit(
        shop.serve("/cost", ARTICLE, head=script(site)),
        lambda page: page.on("request", lambda request: asked.append(request)),
    )
    expect(chat.opener).to_be_visible()
    chat.page.wait_for_load_state("networkidle")
    assert [urlsplit(each.url).path for each in asked if each.url.startswith(site.url)] == [DEMO + LAUNCHER]
    assert asked[1].sizes()["responseBodySize"] <= LAUNCHER_BYTES
    assert chat.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


@pytest.mark.parametrize("where", ["the demo page", "a shop elsewhere", "a shop that allows next to nothing"])
def test_no_content_policy_is_violated(visit: Visit, site: Stack, shop: Shop, where: str) -> None:
    socket = site.url.replace("http", "ws")
    policies = {
        "a shop elsewhere": f"default-src 'self'; script-src 'self' {site.url}; connect-src {site.url} {socket}",
        "a shop that allows next to nothing": f"default-src 'none'; script-src {site.url}; connect-src {socket}; "
        "require-trusted-types-for 'script'; trusted-types lit-html",
    }
    address = DEMO if where not in policies else shop.serve("/policy", ARTICLE, policies[where], script(site))
    chat = visit(address, lambda page: page.add_init_script(NOTE_VIOLATIONS))
    whole_conversation(chat)
    assert chat.page.evaluate("violations") == []


def test_the_demo_page_has_the_policy_that_the_widget_is_promised_to_work_under() -> None:
    promised = "default-src 'self'; script-src 'self'; style-src 'self'"
    assert f"{promised}; frame-ancestors 'self'" == DEMO_POLICY


def test_nothing_is_asked_of_third_parties_and_no_cookie_is_set(visit: Visit, site: Stack) -> None:
    hosts: set[str] = set()

    def note(page: Page) -> None:
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))

    chat = visit(prepare=note)
    whole_conversation(chat)
    assert hosts == {urlsplit(site.url).netloc}
    assert chat.page.context.cookies() == []


def test_a_hostile_style_sheet_changes_nothing_within(visit: Visit, site: Stack, shop: Shop) -> None:
    def styles(path: str, sheet: str) -> Any:
        chat = visit(shop.serve(path, ARTICLE, head=f"<style>{sheet}</style>{script(site)}"))
        chat.page.locator("bot-wijzer").evaluate("(widget) => widget.open()")
        chat.answered()
        chat.page.mouse.move(5, 5)
        return chat.page.evaluate(STYLES_WITHIN)

    plain, hostile = styles("/plain", ""), styles("/hostile", HOSTILE)
    assert [name for name, _ in plain] == [name for name, _ in hostile]
    assert len(plain) > 40
    changed = [
        f"{name} {key}: {style[key]} -> {other[key]}"
        for (name, style), (_, other) in zip(plain, hostile)
        for key in style
        if style[key] != other.get(key)
    ]
    assert changed == []


def test_it_changes_nothing_on_the_page(visit: Visit, site: Stack, shop: Shop) -> None:
    def look(page: Page) -> tuple[Any, set[str]]:
        styles, names = page.evaluate(f"[({STYLES_OF_PAGE})(), Object.keys(window)]")
        return styles, set(names)

    styles, names = look(visit(shop.serve("/without", ARTICLE)).page)
    chat = visit(shop.serve("/with", ARTICLE, head=script(site)))
    chat.open().answered()
    styles_with, names_with = look(chat.page)
    assert styles_with == styles
    assert names_with - names == LIT_MARKS


def test_a_page_can_give_it_its_own_colours(visit: Visit, site: Stack, shop: Shop) -> None:
    sheet = "<style>bot-wijzer { --botwijzer-accent: #7a1f3d; --botwijzer-font: serif; }</style>"
    chat = visit(shop.serve("/colours", ARTICLE, head=sheet + script(site)))
    assert chat.opener.evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(122, 31, 61)"
    chat.open()
    assert chat.sender.evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(122, 31, 61)"
    assert chat.sender.evaluate("(button) => getComputedStyle(button).fontFamily") == "serif"


def test_an_element_in_the_page_needs_no_options_on_the_script_tag(visit: Visit, site: Stack, shop: Shop) -> None:
    element = """<bot-wijzer position="left" greeting="Dag!" labels='{"send": "Stuur op"}'></bot-wijzer>"""
    chat = visit(shop.serve("/element", ARTICLE + element, head=script(site)))
    expect(chat.page.locator("bot-wijzer")).to_have_count(1)
    chat.open()
    expect(chat.log).to_contain_text("Dag!")
    expect(chat.button("Stuur op")).to_be_visible()


def test_the_tag_twice_is_one_widget(visit: Visit, site: Stack, shop: Shop) -> None:
    chat = visit(shop.serve("/twice", ARTICLE, head=script(site) * 2))
    expect(chat.opener).to_have_count(1)
    chat.open()
    assert chat.page.locator("bot-wijzer").count() == 1


def test_a_page_that_keeps_nothing_still_has_a_chat(visit: Visit) -> None:
    blocked = (
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, "
        "{get() { throw new DOMException('denied', 'SecurityError'); }});"
    )
    chat = visit(prepare=lambda page: page.add_init_script(blocked)).open()
    chat.answered(SWIMMING)
    chat.closer.click()
    chat.open()
    expect(chat.answers).to_have_count(1)


def test_a_browser_of_some_years_ago_has_the_whole_chat_with_its_looks(visit: Visit, site: Stack, shop: Shop) -> None:
    chat = visit(shop.serve("/old", ARTICLE, head=script(site)), lambda page: page.add_init_script(OLD_BROWSER))
    box = chat.opener.bounding_box()
    assert box
    assert (box["width"], box["height"]) == (64, 64)
    chat.open().answered()
    assert chat.sender.evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(11, 95, 86)"


def test_the_box_grows_with_the_text_also_where_the_browser_does_not_help(visit: Visit) -> None:
    chat = visit().open()
    chat.page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('textarea { field-sizing: fixed !important; }');
        const { shadowRoot } = document.querySelector('bot-wijzer').shadowRoot.querySelector('bot-wijzer-panel');
        shadowRoot.adoptedStyleSheets = [...shadowRoot.adoptedStyleSheets, sheet]; }"""
    )

    def height() -> float:
        box = chat.question.bounding_box()
        assert box
        return box["height"]

    heights = [height()]
    for lines in (2, 3, 40, 50):
        chat.question.fill("\n".join(["vraag"] * lines))
        heights.append(height())
    assert heights[0] < heights[1] < heights[2] < heights[3] == heights[4]
    assert chat.question.evaluate("(box) => box.style.overflow || box.scrollHeight > box.clientHeight")
    chat.page.reload()
    chat.open()
    assert height() == heights[4]
    chat.question.fill("hoi")
    chat.sender.click()
    assert height() == heights[0]


def test_the_article_is_on_the_demo_page(visit: Visit) -> None:
    page = visit().page
    expect(page.get_by_role("heading", level=1)).to_have_text(article().title)
    expect(page.get_by_role("link", name=article().sources[0].title)).to_have_attribute(
        "href", article().sources[0].url
    )
