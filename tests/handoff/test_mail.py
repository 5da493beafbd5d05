"""Mail to the staff: real conversations with a server that takes, refuses, hangs and drops; and hostile words."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import html.parser
import logging
import smtplib
import ssl
import unicodedata
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, NoReturn
from urllib.parse import quote

import hypothesis
import pytest
from hypothesis import strategies as st

from botwijzer.article import article
from botwijzer.handoff.mail import LONGEST_NAME, Mailer, MailError, RefusedError, compose, message_id, plain_address
from botwijzer.handoff.request import Dispatch, Request, State
from tests.handoff.smtp_server import HOST, Behaviour, MailServer, Tls, client_context
from tests.unit_helpers import unhurried

STAFF, SENDER = "klantenservice@winkel.nl", "botwijzer@winkel.nl"
LOGIN = ("botwijzer@winkel.nl", "p@ss:w/rd %41?#")
QUESTION = "Mag ik magnesium nemen naast mijn bloedverdunners?\nIk ben 71."
PERSONAL = ("Godelieve", "godelieve.maes", "12345678", "bloedverdunners", "zwanger", "klantenservice", LOGIN[1])
SOON = 0.3
"""So long a step may take where the server is silent on purpose; no test needs an answer within it."""

HEADERS = [
    "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Botwijzer-Reference", "Reply-To",
    "MIME-Version", "Content-Type",
]  # fmt: skip


def request(**more: Any) -> Request:
    """A visitor's request, from the widget."""
    known: dict[str, Any] = {
        "id": 3,
        "reference": "BW-4F7K",
        "conversation": "web:abc",
        "state": State.BOT,
        "question": QUESTION,
        "name": "Godelieve Maes",
        "email": "godelieve.maes@example.be",
        "phone": "+31 6 12345678",
        "earlier": (),
        "passages": (),
        "asked_at": datetime.datetime(2025, 7, 1, 12, 5),
    }
    return Request(**{**known, **more})


def dispatch(kind: str = "asked", number: int = 7, **body: Any) -> Dispatch:
    """Something on its way by mail."""
    return Dispatch(number, 3, "mail", kind, body, 0)


def mailer(server: MailServer, login: tuple[str, str] | None = None, scheme: str = "smtp", **more: Any) -> Mailer:
    """The way to a server."""
    user = f"{quote(login[0], safe='')}:{quote(login[1], safe='')}@" if login else ""
    return Mailer(f"{scheme}://{user}{HOST}:{server.port}", STAFF, **{"context": client_context(), **more})


def deliver(by: Mailer, what: Dispatch | None = None, of: Request | None = None) -> None:
    """Sends a mail."""
    asyncio.run(by.deliver(what or dispatch(), of or request()))


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """One of the two forms of a mail."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A server that takes mail from anybody."""
    with MailServer() as running:
        yield running


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What Botwijzer logs; at the end it is looked through for whatever must never be in a log."""
    caplog.set_level(logging.DEBUG, "botwijzer")
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Lines()
    logging.getLogger("botwijzer").addHandler(handler)
    yield lines
    logging.getLogger("botwijzer").removeHandler(handler)
    assert not [word for word in PERSONAL if word in "\n".join(lines)]


def test_a_request_arrives(server: MailServer, log: list[str]) -> None:
    deliver(mailer(server), of=request(earlier=("Ik ben zwanger,\nmag dat?",), passages=("zwemmen", "gone", "zwemmen")))

    (received,) = server.received
    message = received.message
    assert (received.sender, received.recipients) == (SENDER, (STAFF,))
    assert message["Subject"] == "Vraag van een bezoeker (BW-4F7K)"
    assert message["From"] == f"Botwijzer <{SENDER}>"
    assert message["To"] == STAFF
    assert message["Reply-To"] == "Godelieve Maes <godelieve.maes@example.be>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Botwijzer-Reference"] == "BW-4F7K"
    assert message["Date"].datetime.tzinfo
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    title = article().passages["zwemmen"].question
    words_of_it = (
        "BW-4F7K", "dinsdag 1 juli 2025 om 14.05 uur", "Godelieve Maes", "Ik ben 71.", "godelieve.maes@example.be",
        "+31 6 12345678", "Ik ben zwanger, mag dat?", "De bezoeker vindt het goed dat deze eerdere vragen meegaan",
        "over iemands gezondheid", "dan gaat je antwoord naar de bezoeker", title, article().url,
    )  # fmt: skip
    for kind in ("plain", "html"):
        said = text_of(message, kind)
        for words in words_of_it:
            assert words in said
        assert said.count(title) == 1
        assert "gone" not in said
        assert "Aangevuld" not in said
    assert '<a href="mailto:godelieve.maes@example.be">' in text_of(message, "html")
    assert '<a href="tel:+31612345678">' in text_of(message, "html")
    assert f'<a href="{article().url}">{title}</a>' in text_of(message, "html")
    assert "\n> Ik ben 71.\n" in text_of(message)
    assert server.connections == 1
    assert not log


@pytest.mark.parametrize(
    ("conversation", "place"),
    [
        ("telegram:12", "in het gesprek zelf (Telegram)"),
        ("web:abc", "in het gesprek zelf (de chat op de website)"),
        ("rest:abc", "in het gesprek zelf"),
    ],
)
def test_without_a_way_the_answer_goes_to_the_conversation(conversation: str, place: str) -> None:
    message = compose(dispatch(), request(conversation=conversation, email="", phone="", name=""), STAFF, SENDER)

    assert "Reply-To" not in message
    assert f"Antwoord: {place}\n" in text_of(message)
    assert f"<td>{place}</td>" in text_of(message, "html")
    assert "Naam:     niet genoemd\n" in text_of(message)
    assert "je antwoord komt niet bij de bezoeker aan" in text_of(message)
    assert "eerdere vragen" not in text_of(message)
    assert "artikel" not in text_of(message)


def test_a_telephone_number_is_a_way() -> None:
    message = compose(dispatch(), request(email="", phone="06 12345678"), STAFF, SENDER)

    assert "Telefoon: 06 12345678\n" in text_of(message)
    assert '<a href="tel:0612345678">06 12345678</a>' in text_of(message, "html")
    assert "Antwoord:" not in text_of(message)


def test_what_changed_belongs_to_the_first_mail(server: MailServer) -> None:
    for what in (dispatch(), dispatch("changed", 9, first=7), dispatch("changed", 11, first=None)):
        deliver(mailer(server), what)

    first, changed, alone = (received.message for received in server.received)
    assert changed["Subject"] == "Aanvulling op vraag van een bezoeker (BW-4F7K)"
    assert changed["In-Reply-To"] == changed["References"] == first["Message-ID"]
    assert changed["Message-ID"] != first["Message-ID"]
    assert text_of(changed).startswith("Aangevuld:")
    assert "<strong>Aangevuld:</strong>" in text_of(changed, "html")
    assert QUESTION.splitlines()[0] in text_of(changed)
    assert "In-Reply-To" not in alone


def test_erased_and_test(server: MailServer) -> None:
    by = mailer(server)
    for what in (dispatch("erased", reference="BW-4F7K"), dispatch("test", 0), dispatch("test", 0)):
        asyncio.run(by.deliver(what, None))

    erased, tested, again = (received.message for received in server.received)
    assert erased["X-Botwijzer-Reference"] == "BW-4F7K"
    for kind in ("plain", "html"):
        assert "De bezoeker heeft gevraagd zijn of haar gegevens te wissen" in text_of(erased, kind)
        assert "verwijder de e-mails over BW-4F7K" in text_of(erased, kind)
        assert "e-mail van Botwijzer werkt" in text_of(tested, kind)
    assert tested["Subject"] == "Testbericht van Botwijzer"
    assert tested["Message-ID"] != again["Message-ID"]


def test_a_request_that_was_erased_meanwhile_is_not_sent(server: MailServer) -> None:
    asyncio.run(mailer(server).deliver(dispatch(), None))

    assert server.connections == 0


@pytest.mark.parametrize(
    ("what", "of"),
    [
        (dispatch("note"), request()),
        (dispatch("asked"), None),
        (dispatch("changed"), None),
        (dispatch("erased"), None),
        (dispatch("erased", reference="BW-4F7K\r\nBcc: x@example.nl"), None),
    ],
)
def test_what_is_no_mail(what: Dispatch, of: Request | None) -> None:
    with pytest.raises(ValueError, match=what.kind):
        compose(what, of, STAFF, SENDER)


@pytest.mark.parametrize(
    ("behaviour", "kind", "code"),
    [
        (Behaviour.LATER_AT_MAIL, MailError, "SMTPSenderRefused 451"),
        (Behaviour.LATER_AT_RCPT, MailError, "SMTPRecipientsRefused 451"),
        (Behaviour.LATER_AT_DATA, MailError, "SMTPDataError 451"),
        (Behaviour.NEVER_AT_MAIL, MailError, "SMTPSenderRefused 550"),
        (Behaviour.NEVER_AT_RCPT, MailError, "SMTPRecipientsRefused 550"),
        (Behaviour.TOO_LARGE_AT_DATA, RefusedError, "SMTPDataError 552"),
        (Behaviour.NEVER_AT_DATA, RefusedError, "SMTPDataError 554"),
        (Behaviour.BUSY, MailError, "SMTPConnectError 421"),
        (Behaviour.DROP, MailError, ""),
        (Behaviour.DROP_IN_DATA, MailError, ""),
    ],
)
def test_what_the_server_refuses(
    server: MailServer, log: list[str], behaviour: Behaviour, kind: type[Exception], code: str
) -> None:
    by = mailer(server)
    server.behaviour = behaviour

    with pytest.raises((MailError, RefusedError)) as caught:
        deliver(by)

    assert type(caught.value) is kind
    assert code in str(caught.value)
    assert not [word for word in PERSONAL if word in str(caught.value)]
    assert len(log) == 1
    assert code in log[0]
    assert not server.received
    assert server.refusals == 1

    server.behaviour = Behaviour.OK
    deliver(by)
    assert len(server.received) == 1


@pytest.mark.parametrize("behaviour", [Behaviour.NEVER_AT_RCPT, Behaviour.NEVER_AT_MAIL, Behaviour.NEVER_AT_DATA])
def test_what_the_owner_must_mend_is_an_error(
    server: MailServer, caplog: pytest.LogCaptureFixture, behaviour: Behaviour
) -> None:
    server.behaviour = behaviour

    with pytest.raises((MailError, RefusedError)):
        deliver(mailer(server))

    assert [r.levelno for r in caplog.records if r.name.startswith("botwijzer")] == [logging.ERROR]


def test_a_server_that_went_down_and_came_back(server: MailServer, log: list[str]) -> None:
    by = mailer(server)
    deliver(by)
    server.stop_listening()
    with pytest.raises(MailError, match="ConnectionRefusedError"):
        deliver(by)
    server.listen()
    deliver(by)

    assert len(server.received) == 2
    assert server.connections == 2
    assert len(log) == 1


def test_a_server_that_goes_down_during_a_conversation(server: MailServer, log: list[str]) -> None:
    server.behaviour = Behaviour.HANG

    async def cut() -> None:
        sending = asyncio.ensure_future(mailer(server).deliver(dispatch(), request()))
        await asyncio.to_thread(server.wait_for, connections=1)
        await asyncio.to_thread(server.stop_listening)
        with pytest.raises(MailError):
            await sending

    asyncio.run(cut())
    assert len(log) == 1


def test_a_silent_server_is_not_waited_for(server: MailServer, log: list[str]) -> None:
    server.behaviour = Behaviour.HANG

    with pytest.raises(MailError):
        deliver(mailer(server, timeout=SOON))

    assert server.refusals == 1
    assert len(log) == 1


@pytest.mark.parametrize("behaviour", [Behaviour.DROP_AFTER_DATA, Behaviour.HANG_AFTER_DATA])
def test_what_may_have_arrived_is_sent_again_as_the_same(server: MailServer, behaviour: Behaviour) -> None:
    server.behaviour = behaviour
    with pytest.raises(MailError):
        deliver(mailer(server, timeout=SOON if behaviour is Behaviour.HANG_AFTER_DATA else 20))
    server.behaviour = Behaviour.OK
    deliver(mailer(server))

    once, twice = (received.message for received in server.received)
    assert once["Message-ID"] == twice["Message-ID"]
    assert once["Message-ID"].startswith("<BW-4F7K.7.")
    assert once["Message-ID"].endswith("@winkel.nl>")


def test_without_a_goodbye_it_has_arrived_all_the_same(server: MailServer, log: list[str]) -> None:
    server.behaviour = Behaviour.DROP_AT_QUIT

    deliver(mailer(server))

    assert len(server.received) == 1
    assert not log


def test_many_at_once(server: MailServer) -> None:
    by = mailer(server)

    async def all_of_them() -> None:
        await asyncio.gather(*(by.deliver(dispatch(number=number), request()) for number in range(1, 101)))

    asyncio.run(all_of_them())
    arrived = Counter(received.message["Message-ID"] for received in server.received)
    assert len(arrived) == 100
    assert set(arrived.values()) == {1}
    assert server.connections == 100


@pytest.mark.parametrize(
    ("tls", "scheme", "login"),
    [
        (Tls.OFFERED, "smtp", None),
        (Tls.REQUIRED, "smtp", None),
        (Tls.REQUIRED, "smtp", LOGIN),
        (Tls.FIRST, "smtps", None),
        (Tls.FIRST, "smtps", LOGIN),
    ],
)
def test_encrypted(tls: Tls, scheme: str, login: tuple[str, str] | None, log: list[str]) -> None:
    with MailServer(tls, login) as server:
        deliver(mailer(server, login, scheme))

        (received,) = server.received
    assert received.encrypted
    assert received.user == (login[0] if login else "")
    assert received.sender == SENDER
    assert not log


@pytest.mark.parametrize(
    ("tls", "scheme", "offered"),
    [(Tls.REQUIRED, "smtp", "wrong"), (Tls.FIRST, "smtps", "wrong"), (Tls.REQUIRED, "smtp", "één")],
)
def test_a_wrong_login_is_the_owners_to_mend(tls: Tls, scheme: str, offered: str, log: list[str]) -> None:
    with MailServer(tls, LOGIN) as server:
        with pytest.raises(MailError, match="BOTWIJZER_SMTP_URL") as caught:
            deliver(mailer(server, (LOGIN[0], offered), scheme))

        assert not server.received
    assert offered not in str(caught.value)
    assert len(log) == 1
    assert offered not in log[0]


def test_no_password_over_a_plain_line(server: MailServer, log: list[str]) -> None:
    with pytest.raises(MailError, match="STARTTLS"):
        deliver(mailer(server, LOGIN))

    assert server.connections == 1
    assert server.logins == 0
    assert not server.received
    assert len(log) == 1


@pytest.mark.parametrize(("tls", "scheme"), [(Tls.OFFERED, "smtp"), (Tls.FIRST, "smtps")])
def test_no_mail_to_whom_nobody_vouches_for(tls: Tls, scheme: str, log: list[str]) -> None:
    with MailServer(tls, LOGIN) as server:
        by = mailer(server, LOGIN, scheme, context=ssl.create_default_context())
        with pytest.raises(MailError, match=r"certificate .*SSLCertVerificationError"):
            deliver(by)

        assert server.logins == 0
        assert not server.received
    assert len(log) == 1


def test_tls_from_the_start_where_there_is_none(server: MailServer, log: list[str]) -> None:
    with pytest.raises(MailError):
        deliver(mailer(server, scheme="smtps"))

    assert not server.received
    assert len(log) == 1


@pytest.mark.parametrize(
    ("url", "class_name", "opened"),
    [
        ("smtp://mail.winkel.nl", "SMTP", ("mail.winkel.nl", 587)),
        ("smtp://u:p#?%2F@mail.winkel.nl/", "SMTP", ("mail.winkel.nl", 587)),
        ("smtp://mail.winkel.nl:25", "SMTP", ("mail.winkel.nl", 25)),
        ("smtps://u@mail.winkel.nl", "SMTP_SSL", ("mail.winkel.nl", 465)),
        ("smtps://u:p@mail.winkel.nl:2465", "SMTP_SSL", ("mail.winkel.nl", 2465)),
    ],
)
def test_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch, url: str, class_name: str, opened: tuple[str, int]
) -> None:
    asked = []

    def refuse(host: str, port: int, **_: object) -> NoReturn:
        asked.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(smtplib, class_name, refuse)
    with pytest.raises(MailError):
        deliver(Mailer(url, STAFF))
    assert asked == [opened]


@pytest.mark.parametrize(
    ("url", "to"),
    [
        ("", STAFF),
        ("http://u:geheim@winkel.nl", STAFF),
        ("smtp://winkel.nl:0", STAFF),
        ("smtp://winkel.nl:65536", STAFF),
        ("smtp://winkel.nl", ""),
        ("smtp://winkel.nl", "a@winkel.nl,b@winkel.nl"),
    ],
)
def test_what_leads_to_nobody(url: str, to: str) -> None:
    with pytest.raises(ValueError, match=r"must be given as|is no e-mail address") as caught:
        Mailer(url, to)

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("jan.o'neil+x@winkel.nl", "jan.o'neil+x@winkel.nl"),
        ("intern@winkel.local", "intern@winkel.local"),
        ("an@bücher.nl", "an@xn--bcher-kva.nl"),
        ("än@winkel.nl", ""),
        ("an@", ""),
        ("an", ""),
        ("an..b@winkel.nl", ""),
        ('"a b"@winkel.nl', ""),
        ("an@winkel.nl\n", ""),
        ("an@[127.0.0.1]", ""),
        ("An <an@winkel.nl>", ""),
        (f"{'a' * 250}@winkel.nl", ""),
    ],
)
def test_addresses(text: str, plain: str) -> None:
    assert plain_address(text) == plain


def test_a_sender_is_the_login_when_that_is_an_address() -> None:
    with MailServer(Tls.REQUIRED, ("robot", "x")) as server:
        deliver(mailer(server, ("robot", "x")))
    with MailServer(Tls.REQUIRED, ("robot@hosting.example", "x")) as other:
        deliver(mailer(other, ("robot@hosting.example", "x")))

    assert server.received[0].sender == SENDER
    assert other.received[0].sender == "robot@hosting.example"
    assert other.received[0].message["From"] == "Botwijzer <robot@hosting.example>"
    assert other.received[0].message["Message-ID"].endswith("@hosting.example>")


def test_long_names_of_hosts_stay_in_one_piece() -> None:
    host = ".".join(["a" * 60] * 3 + ["nl"])
    raw = compose(dispatch("changed", 9, first=7), request(), STAFF, f"botwijzer@{host}").as_bytes()

    assert f"\r\nReferences: {message_id('BW-4F7K', 7, host)}\r\n".encode() in raw
    assert f"\r\nIn-Reply-To: {message_id('BW-4F7K', 7, host)}\r\n".encode() in raw


HOSTILE = (
    "\r\nBcc: x@example.nl", "\n\nGet rich", "\r", "\x00", "\x1b[2J", "\x85", "\u2028", "\u202e", "\u2066", "\u200f",
    "\ud800", ",", ";", ":", "<x@example.nl>", '"', "\\", "(", ")", "@", "=?utf-8?q?=0D=0ABcc:_x?=", "?=", "=", ".",
    "<script>alert(1)</script>", "</blockquote><h1>", "' onclick='x", "{{ 7 * 7 }}", "{% raw %}", "&amp;", "From ",
    "\r\n.\r\nMAIL FROM:<x@example.nl>\r\n", "é, " * 3_500, "a" * 1_000, "مرحبا", "e\u0301" * 50, "Ün", "J. de Vries",
    "👩‍👩‍👧", "-", " ", "\t", "\ufffe", "\U000e0041",
)  # fmt: skip
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)
WORDS = st.lists(st.one_of(st.sampled_from(HOSTILE), ANYTHING), max_size=5).map("".join)
ADDRESSES = st.one_of(st.emails(), WORDS, st.tuples(WORDS, st.sampled_from(["an@example.nl"]), WORDS).map("".join))


class Tags(html.parser.HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@unhurried
@hypothesis.given(name=WORDS, address=ADDRESSES, phone=WORDS, question=WORDS, earlier=WORDS)
@hypothesis.example("J. de Vries", "an@example.nl", "06 12345678", "Hoi", "Hoi")
def test_whatever_a_visitor_types_breaks_no_header(
    name: str, address: str, phone: str, question: str, earlier: str
) -> None:
    hostile = request(name=name, email=address, phone=phone, question=question, earlier=(earlier,))
    raw = compose(dispatch(), hostile, STAFF, SENDER).as_bytes()

    head = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    assert not [line for line in head if "\n" in line or "\r" in line or len(line) > 998]
    assert all(len(line) <= 1000 for line in raw.split(b"\r\n"))
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    plain = plain_address(address)
    expected = [header for header in HEADERS if plain or header != "Reply-To"]
    assert [line.partition(":")[0] for line in head if line[0] not in " \t"] == expected
    assert message["Subject"] == "Vraag van een bezoeker (BW-4F7K)"
    assert message["From"] == f"Botwijzer <{SENDER}>"
    assert message["To"] == STAFF
    if plain:
        (reply_to,) = message["Reply-To"].addresses
        assert not message["Reply-To"].defects
        assert reply_to.addr_spec == plain
        called = reply_to.display_name
        assert called == " ".join(called.split())
        assert {unicodedata.category(c)[0] for c in called if c not in " -'’."} <= set("LMN")
        assert len(called.encode()) <= LONGEST_NAME
        letters = [c for c in name if unicodedata.category(c)[0] in "LMN"]
        kept = [c for c in called if unicodedata.category(c)[0] in "LMN"]
        assert kept == letters[: len(kept)]
        assert kept == letters or len(called.encode()) > LONGEST_NAME - 5


@unhurried
@hypothesis.given(name=WORDS, address=ADDRESSES, phone=WORDS, question=WORDS, earlier=WORDS)
def test_whatever_a_visitor_types_is_text(name: str, address: str, phone: str, question: str, earlier: str) -> None:
    hostile = request(name=name, email=address, phone=phone, question=question, earlier=(earlier,))
    sent = compose(dispatch(), hostile, STAFF, SENDER).as_bytes()
    message = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(message, EmailMessage)

    page, text = Tags(text_of(message, "html")), text_of(message)
    has_email, has_phone = bool(_seen(address)), bool(_seen(phone))
    calm = request(
        name="An",
        question="Hoi",
        earlier=("Hoi",),
        email=("an@example.nl" if plain_address(address) else "an") if has_email else "",
        phone=("06" if any(c in "0123456789+" for c in phone) else "bel") if has_phone else "",
    )
    assert page.tags == Tags(text_of(compose(dispatch(), calm, STAFF, SENDER), "html")).tags
    for words in (name, question, earlier, address, phone):
        assert "".join(_seen(words).split()) in "".join(page.text.split())
    quoted = "".join(line.removeprefix("> ") for line in text.splitlines() if line.startswith(">"))
    assert "".join(_seen(question).split()) == "".join(quoted.split())
    assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]
    assert not [c for c in text if c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]


def _seen(words: str) -> str:
    """What remains to be read of a visitor's words."""
    kept = (c for c in words if unicodedata.category(c) not in {"Cc", "Cs"} or c.isspace())
    return "".join(c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069").strip()


def test_hostile_words_arrive_through_a_real_conversation(server: MailServer, log: list[str]) -> None:
    words = "".join(HOSTILE)

    deliver(mailer(server), of=request(name=words, question=words, earlier=(words, words), phone=words))

    (received,) = server.received
    assert received.recipients == (STAFF,)
    assert received.message.keys() == HEADERS
    assert "MAIL FROM:<x@example.nl>" in text_of(received.message)
    assert server.connections == 1
    assert not log
