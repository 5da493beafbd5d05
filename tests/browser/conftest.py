"""A real browser before the running assistant, on its own page and on a shop's at another address."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from botwijzer.database import migrate, now, open_database
from botwijzer.handoff.tables import outbox
from botwijzer.supervisor import Part, Supervisor, environment
from tests.conftest import Stack, action_server, all_parts, fresh_settings

DEMO = "/webhooks/web/"
OPEN, CLOSE, SEND = "Open de chat", "Sluit de chat", "Verstuur"
ERASED = "Het gesprek is gewist."
OFFLINE = "Offline, ik probeer het opnieuw."
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MILLISECONDS = 30_000
SWIMMING = "Is zwemmen goed voor je botten?"
EXPECTED_ERRORS = re.compile(r"WebSocket connection|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED")
"""What a browser writes when a test cuts the line."""

_FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const label = element?.getAttribute('aria-label') || element?.labels?.[0]?.textContent;
  return label || element?.textContent?.trim() || '';
}"""


class Chat:
    """The widget on a page, by the names that a visitor sees or hears."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.opener = page.get_by_role("button", name=OPEN)
        self.closer = page.get_by_role("button", name=CLOSE)
        self.dialog = page.get_by_role("dialog", name="Botwijzer")
        self.log = page.get_by_role("log")
        self.question = page.get_by_role("textbox", name="Je vraag")
        self.sender = page.get_by_role("button", name=SEND)
        self.notice = self.dialog.get_by_role("status")
        self.answers = self.log.locator(".message.bot:has(details)")
        self.questions = self.log.locator(".message.visitor")

    def open(self) -> Chat:
        """Opens it and waits for the first words."""
        self.opener.click()
        self.log.get_by_text("Ik ben Botwijzer, een chatbot").wait_for()
        return self

    def ask(self, text: str) -> None:
        """Types a question and presses Verstuur."""
        self.question.fill(text)
        self.sender.click()

    def answered(self, text: str = SWIMMING) -> Locator:
        """Asks, waits, and returns the answer."""
        before = self.answers.count()
        self.ask(text)
        answer = self.answers.nth(before)
        answer.wait_for()
        return answer

    def button(self, name: str) -> Locator:
        """A button within the chat."""
        return self.dialog.get_by_role("button", name=name, exact=True)

    @property
    def session(self) -> str:
        """The id of the conversation."""
        token = self.page.evaluate("localStorage.getItem('botwijzer:token')")
        return str(jwt.decode(token, options={"verify_signature": False})["sub"])

    def focused(self) -> str:
        """Name or text of what has the focus, also within shadow roots."""
        return str(self.page.evaluate(_FOCUSED))


Visit = Callable[..., Chat]
"""Opens a page as a new visitor: `visit(address, prepare, **options of the browser's context)`."""


@dataclass
class Shop:
    """A web shop at another address than the assistant's.

    Attributes:
        url: Its origin.
        pages: What it serves: for a path, the HTML and its Content-Security-Policy.
    """

    url: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    def serve(self, path: str, body: str, policy: str = "", head: str = "") -> str:
        """Serves a page at a path; returns its address."""
        html = f'<!doctype html><html lang="nl"><head><title>Winkel</title>{head}</head><body>{body}</body></html>'
        self.pages[path] = (html, policy)
        return self.url + path


@pytest.fixture(autouse=True)
def _patience() -> None:
    expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; ended with this package, for its event loop would be in the way of other tests."""
    program = shutil.which("chromium")
    if not program and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


@pytest.fixture(scope="package")
def shop() -> Iterator[Shop]:
    """A shop that serves what a test puts into it."""
    of = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, policy = of.pages.get(self.path, ("", ""))
            self.send_response(200 if html else 204)  # a browser asks for an icon too
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        of.url = f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield of
        server.shutdown()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[Stack]:
    """The assistant that the tests of this package share, whose widget the shop may embed."""
    with running_site(tmp_path_factory.mktemp("site"), allowed_origins=shop.url, **action_server()) as (stack, _):
        yield stack


@pytest.fixture
def visit(browser: Browser, site: Stack) -> Iterator[Visit]:
    """Opens a page as a new visitor; afterwards nothing may have gone wrong on it unseen."""
    problems: list[str] = []
    with ExitStack() as contexts:

        def opened(address: str = DEMO, prepare: Callable[[Page], object] | None = None, **options: Any) -> Chat:
            context = browser.new_context(**{"viewport": DESKTOP, **options})
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE_MILLISECONDS)
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
            if prepare:
                prepare(page)
            page.goto(address if "://" in address else site.url + address)
            return Chat(page)

        yield opened
    assert [problem for problem in problems if not EXPECTED_ERRORS.search(problem)] == []


@contextmanager
def running_site(folder: Path, **values: str) -> Iterator[tuple[Stack, Part]]:
    """The whole assistant; also the part that is Rasa, to be started again."""
    settings, variables = fresh_settings(folder, **values)
    migrate(settings.database_url)
    wanted = all_parts(settings)
    with Supervisor(wanted, environment(settings) | variables, folder / "log") as supervisor:
        supervisor.wait_until_ready()
        rasa = next(part for part in wanted if part.name == "rasa")
        yield Stack(settings, variables, supervisor, folder / "log"), rasa


def push(site: Stack, chat: Chat, text: str) -> None:
    """Says something to a visitor as a human does: it is on its way in the store."""
    body = {"conversation": f"web:{chat.session}", "text": text}
    values = {"request": 0, "way": "web", "kind": "line", "body": json.dumps(body), "done": False, "tries": 0}
    engine = open_database(site.settings.database_url)
    with engine.begin() as connection:
        connection.execute(outbox.insert().values(**values, due=now(), at=now()))
    engine.dispose()
