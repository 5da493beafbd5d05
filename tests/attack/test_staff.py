"""What visitors write for the staff: it gets into no header of a mail, and is shown to the staff as it was typed."""

from __future__ import annotations

import asyncio
import html.parser
import re
from email.message import EmailMessage
from email.utils import getaddresses

import hypothesis
from hypothesis import strategies as st

from tests.attack.conftest import STAFF
from tests.attack.making import ATTACKS, attacks
from tests.attack.target import Target, new_person
from tests.channels.visitor import visiting
from tests.conftest import is_response, new_sender, wait_until
from tests.handoff.conftest import ANNA, Desk, ask_in_widget, staff_says
from tests.handoff.smtp_server import Received
from tests.telegram.conftest import Bot

ADDRESS, QUESTION = "ans@example.nl", "Hebben jullie ook een winkel in Gent of in Antwerpen?"
HEADERS = [
    "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Botwijzer-Reference", "MIME-Version",
    "Content-Type",
]  # fmt: skip
ENDS = (
    "\r\n", "\n", "\r", "\n\n", "\r\n\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "\0", "\u2424",
    "\\r\\n", "%0d%0a", "%0A", "=0D=0A", "&#13;&#10;", " ", ", ", "; ",
)  # fmt: skip
LINES = (
    "Bcc: kwaad@example.org", "Cc: kwaad@example.org", "To: kwaad@example.org", "Subject: gratis",
    "RCPT TO:<kwaad@example.org>", ".\r\nQUIT", "Content-Type: text/html", "Reply-To: kwaad@example.org",
    "From: baas@winkel.nl", "--===============0==", "=?utf-8?q?a=0D=0ABcc:_kwaad@example.org?=",
    "=?utf-8?b?DQpCY2M6IGt3YWFkQGV4YW1wbGUub3Jn?=", "MIME-Version: 9",
)  # fmt: skip
MARKS = (
    "<b>vet</b>", "<u>", "</td></tr></table>", "&lt;b&gt;", "<a href='https://kwaad.example'>klik</a>", "*ster*",
    "_streep_", "`code`", "[klik](https://kwaad.example)", "{request_reference}", "{human}", "{0.__class__}",
    "%s %(x)s", "{{7*7}}", "{% if %}", "@botwijzer_bot", "/klaar", "<tg-spoiler>x</tg-spoiler>", "javascript:alert(1)",
    "<!--", "]]>", "\u202egnol", "https://kwaad.example", "\\",
)  # fmt: skip
TYPED = ("<b>vet</b>", "&lt;b&gt;", "*ster*", "_streep_", "`code`", "{human}", "<u>")
"""Markup that may stand in a question; what looks like a program is none."""

LINES_TYPED = (
    *TYPED,
    "<script>alert(1)</script>",
    "<img src=x onerror=x>",
    "</td></tr></table>",
    "[klik](https://kwaad.example)",
)
NEVER = {"script", "img", "iframe", "style", "svg", "form", "input", "object", "embed", "link", "base", "u", "b"}
_REFERENCE = re.compile(r"BW-\w{4,8}")

hostile = st.builds(
    lambda before, end, line, after: f"{before}{end}{line}{after}",
    st.sampled_from(["", "x", "Ans Visser", ADDRESS, "<b>"]),
    st.sampled_from(ENDS),
    st.sampled_from([*LINES, *MARKS]),
    st.sampled_from(["", "\r\n", " x", "\u2028x", ADDRESS]),
)


def send_request(target: Target, contact: str, question: str) -> tuple[str, str]:
    """A visitor asks for a human and answers what is asked, first with these words and then with harmless ones.

    Returns:
        What the visitor read before the yes, and the request's reference.
    """
    sender, summary = new_sender(), ""
    contacts, questions = iter([contact]), iter([question])
    reply = target.stack.say("ik wil een medewerker spreken", sender)
    for _ in range(12):
        if found := _REFERENCE.search(reply.text):
            return summary, found[0]
        summary = reply.text if "Dit stuur ik" in reply.text else summary
        if "/affirm" in reply.buttons:
            said = "/affirm"
        elif is_response("utter_request_ask_question", reply.messages[-1]["text"]):
            said = next(questions, QUESTION)
        else:
            said = next(contacts, ADDRESS)
        reply = target.stack.say(said, sender)
    raise AssertionError(f"no request came of it: {reply.text}")


def mail_of(target: Target, reference: str) -> Received:
    """The mail to the staff about a request, once it is there."""

    def found() -> list[Received]:
        return [each for each in target.mail.received if each.message["X-Botwijzer-Reference"] == reference]

    wait_until(found)
    (mail,) = found()
    return mail


@hypothesis.settings(attacks, max_examples=max(ATTACKS // 10, 20))
@hypothesis.given(
    name=st.one_of(st.just("Ans"), hostile),
    email=st.one_of(st.just(""), hostile),
    question=hostile,
    split=st.booleans(),
)
def test_nothing_that_is_typed_gets_into_a_header_of_a_mail(
    shop: Target, name: str, email: str, question: str, split: bool
) -> None:
    contact = f"ik heet {name}" if split else f"ik heet {name} en mijn mail is {ADDRESS}{email}"
    with shop.tally.attack("staff: mails"):
        summary, reference = send_request(shop, contact, f"Ik wil graag weten: {question}")

        mail = mail_of(shop, reference)
        assert mail.recipients == (STAFF,)
        check_headers(mail)
        addresses = getaddresses(mail.message.get_all("Reply-To", []))
        assert len(addresses) <= 1
        assert all(address in summary for _, address in addresses), "the visitor has not read where the answer goes"
        check_body(mail.message, summary)


def check_headers(mail: Received) -> None:
    """The mail has the headers that a mail of ours has, each once, and all of it is one message."""
    head = mail.content.partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))]
    assert "\n" not in head.replace("\r\n", "")
    assert "\r" not in head.replace("\r\n", "")
    assert sorted(names) in (sorted(HEADERS), sorted([*HEADERS, "Reply-To"]))
    assert mail.message["To"] == STAFF
    assert mail.message["From"].addresses[0].domain == STAFF.partition("@")[2]
    assert [part.get_content_type() for part in mail.message.iter_parts()] == ["text/plain", "text/html"]


class Shown(html.parser.HTMLParser):
    """What somebody who reads a mail sees of it, and which tags it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [str(value) for name, value in attrs if name in {"href", "src", "action"}]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def check_body(message: EmailMessage, summary: str) -> None:
    """Both forms of a mail show the question as the visitor has read it before the yes, and nothing of it is markup."""
    asked = squeezed(summary.partition("- Vraag: ")[2].partition("\n- Naam: ")[0])
    plain, marked = (str(part.get_content()) for part in message.iter_parts())
    shown = Shown(marked)
    assert asked
    assert asked in squeezed(plain.replace("\n> ", "\n"))
    assert asked in squeezed(shown.text)
    assert not shown.tags & NEVER
    assert all(target.startswith(("mailto:", "tel:", "https://www.zechsal.nl/")) for target in shown.targets)


def squeezed(text: str) -> str:
    """A text without blanks and what can't be seen, which is all that a mail changes of it."""
    return "".join(c for c in text if c.isprintable() and not c.isspace())


async def markup_reaches_the_desk_as_text(target: Target) -> None:
    """What a visitor of the widget writes stands in the staff's group, and their words in the widget, as typed."""
    desk = Desk(Bot(target.api, target.stack), target.group, has_topics=True)
    person = f"{new_person()}"
    question = f"Ik wil graag weten of jullie {person} {' '.join(TYPED)} verkopen"
    lines = [f"{person} {mark}" for mark in LINES_TYPED]
    async with visiting(target.url) as visitor:
        await ask_in_widget(visitor, question)
        post = await asyncio.to_thread(desk.post, person)
        assert squeezed(question) in squeezed(post.text)
        assert post.entities == []
        await asyncio.to_thread(desk.press, post, "take")
        await visitor.until(lambda: any(is_response("utter_human_here", text) for text in visitor.texts))
        for line in lines:
            assert await visitor.answered(line) == []
        await asyncio.to_thread(desk.post, lines[-1])
        assert [line for line in desk.lines() if person in line] == lines
        await asyncio.to_thread(desk.write, post, "<b>Dag</b> & <script>")
        await staff_says(visitor, "<b>Dag</b> & <script>")
        await asyncio.to_thread(desk.press, post, "close", ANNA)


def test_markup_of_visitors_and_staff_is_shown_as_text(target: Target) -> None:
    with target.tally.attack("staff: lines with markup", len(LINES_TYPED) + 2):
        asyncio.run(markup_reaches_the_desk_as_text(target))
