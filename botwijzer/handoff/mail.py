"""Requests by mail: a readable message for the staff, whose reply goes to the visitor.

Whatever a visitor typed may be hostile: it stands in the body, cleaned, and in one header only, `Reply-To`, of which
the address must have the plainest form that there is and the name holds nothing but letters, digits and `-'’.`.
"""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import logging
import re
import secrets
import smtplib
import ssl
import unicodedata
from contextlib import closing, suppress
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import jinja2
from email_validator import validate_email

from botwijzer.article import article
from botwijzer.handoff.delivery import NeverError
from botwijzer.handoff.hours import ZONE
from botwijzer.handoff.request import Dispatch, Request

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
"""So long each step of a conversation with the mail server may take."""

PORTS = {"smtp": 587, "smtps": 465}
"""Of submission (RFC 6409, 3.1) and of submission with TLS from the start (RFC 8314, 7.3)."""

REFUSED_FOR_GOOD = frozenset({552, 554})
"""Answers to a message's content: it is too large, or not wanted (RFC 5321, 4.2.3)."""

SENDER_NAME = "Botwijzer"
ASKED, CHANGED, ERASED, TEST = "asked", "changed", "erased", "test"
SUBJECTS = {
    ASKED: "Vraag van een bezoeker ({})",
    CHANGED: "Aanvulling op vraag van een bezoeker ({})",
    ERASED: "Verwijder de e-mails over een vraag ({})",
    TEST: "Testbericht van Botwijzer",
}
PLACES = {"web": "in het gesprek zelf (de chat op de website)", "telegram": "in het gesprek zelf (Telegram)"}
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip

LONGEST_ADDRESS = 254
"""RFC 5321, 4.5.3.1.3, less the angle brackets."""

LONGEST_NAME = 40
"""Bytes of a name in a header, where Python puts blanks into one that it must fold; the body has it whole."""

_SERVER = re.compile(r"(smtps?)://(?:([^\s/@]+)@)?([^\s/@:]+)(?::(\d{1,5}))?/?")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)
_REFERENCE = re.compile(r"[A-Z0-9-]{1,20}", re.ASCII)
_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Marks that could turn the text around them."""

_TO_MEND: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "the mail server refuses the login in BOTWIJZER_SMTP_URL"),
    (smtplib.SMTPRecipientsRefused, "the mail server refuses the address BOTWIJZER_HANDOFF_EMAIL"),
    (smtplib.SMTPSenderRefused, "the mail server refuses the address of the sender"),
    (smtplib.SMTPDataError, "the mail server refuses the message"),
    (smtplib.SMTPNotSupportedError, "the mail server can't do what is needed, such as STARTTLS for a login"),
    (ssl.SSLCertVerificationError, "the mail server's certificate can't be trusted"),
    (UnicodeError, "BOTWIJZER_SMTP_URL holds a character that mail servers don't take"),
)
"""What only the owner can mend."""

_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):  # else Python encodes a long one, and no reader knows it again
    _HEADERS.map_to_type(_name, MessageIDHeader)  # type: ignore[arg-type]  # typeshed takes it for no header
_POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(("html.j2",), default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


class MailError(Exception):
    """A mail could not be sent now; the message says why, and nothing of the mail or of the login."""


class RefusedError(NeverError):
    """The mail server does not take this message, now or later; the message says no more than that."""


class Mailer:
    """The way by mail (`botwijzer.handoff.delivery.Way`); each mail has a connection of its own."""

    def __init__(
        self, smtp_url: str, to: str, context: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """Opens nothing yet.

        Args:
            smtp_url: `smtp://user:password@host:587`, or `smtps://` for TLS from the start; user and password
                percent-encoded, or none.
            to: The staff's address.
            context: Whose certificates are trusted; by default those that the system trusts.
            timeout: Seconds that each step may take.

        Raises:
            ValueError: The server or the address can't be read.
        """
        parts = _SERVER.fullmatch(smtp_url)
        if not parts or not 0 < (port := int(parts[4] or PORTS[parts[1]])) < 65536:
            raise ValueError("the mail server must be given as smtp://user:password@host:587, or with smtps://")
        if not (address := plain_address(to)):
            raise ValueError("the staff's address is no e-mail address")
        user, _, password = (parts[2] or "").partition(":")
        self._tls_first, self._host, self._port = parts[1] == "smtps", parts[3], port
        self._user, self._password = unquote(user), unquote(password)
        self._to = address
        self._sender = plain_address(self._user) or f"botwijzer@{_domain(address)}"
        self._context = context or ssl.create_default_context()
        self._timeout = timeout

    async def deliver(self, dispatch: Dispatch, request: Request | None) -> None:
        """Sends a mail; none when the request was erased meanwhile.

        Args:
            dispatch: As `compose` takes it.
            request: None for the kinds `erased` and `test`, and when it was erased.

        Raises:
            MailError: Not now; it may have arrived all the same, when the connection broke at the very end.
            RefusedError: The server refuses this message for good.
            ValueError: It is of no kind that goes by mail.
        """
        if request is None and dispatch.kind in {ASKED, CHANGED}:
            return
        message = compose(dispatch, request, self._to, self._sender)
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        try:
            with closing(self._connected()) as server:
                server.send_message(message, self._sender, [self._to])
                with suppress(OSError):  # it has arrived, whatever comes of a goodbye
                    server.putcmd("quit")
        except (OSError, UnicodeError) as error:
            raise _fault(error) from None  # the server's own words may hold addresses

    def _connected(self) -> smtplib.SMTP:
        """A conversation with the server, encrypted where it can be and always before a password."""
        server = self._opened()
        try:
            server.ehlo_or_helo_if_needed()
            if not self._tls_first and (self._user or server.has_extn("starttls")):
                server.starttls(context=self._context)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _opened(self) -> smtplib.SMTP:
        if self._tls_first:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=self._context)
        return smtplib.SMTP(self._host, self._port, timeout=self._timeout)


def compose(dispatch: Dispatch, request: Request | None, to: str, sender: str) -> EmailMessage:
    """The mail that a dispatch is.

    Args:
        dispatch: Of the kind `asked`, `changed` (body: `first`, the id of the dispatch before), `erased` (body:
            `reference`) or `test`.
        request: What is asked; the last two kinds need none.
        to: The staff's address.
        sender: The assistant's.

    Raises:
        ValueError: It is of no kind that goes by mail, its request or reference is missing, or an address is none.
    """
    if dispatch.kind not in SUBJECTS:
        raise ValueError(f"a dispatch of the kind '{dispatch.kind}' does not go by mail")
    reference = _reference(dispatch, request)
    host = _domain(plain_address(sender))
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = SUBJECTS[dispatch.kind].format(reference)
    message["From"] = _header_address(SENDER_NAME, sender)
    message["To"] = _header_address("", to)
    message["Date"] = datetime.datetime.now(datetime.UTC)
    message["Message-ID"] = message_id(reference, dispatch.id, host)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: answered by no machine
    message["X-Botwijzer-Reference"] = reference
    if first := dispatch.body.get("first"):
        message["In-Reply-To"] = message["References"] = message_id(reference, int(first), host)
    if request and (reply_to := plain_address(request.email)):
        message["Reply-To"] = _header_address(_display_name(request.name), reply_to)
    values = {
        "reference": reference,
        "changed": dispatch.kind == CHANGED,
        **(_request_values(request) if request else {}),
    }
    template = "request" if dispatch.kind in {ASKED, CHANGED} else dispatch.kind
    message.set_content(_TEMPLATES.get_template(f"{template}.txt.j2").render(values))
    message.add_alternative(_TEMPLATES.get_template(f"{template}.html.j2").render(values), subtype="html")
    return message


def message_id(reference: str, dispatch: int, host: str) -> str:
    """The Message-ID of a dispatch's mail: the same at each try, so that a mail that comes twice can be known again.

    That of a test is a new one each time, for all tests are dispatch 0.
    """
    same = hashlib.sha256(f"{reference} {dispatch} {host}".encode()).hexdigest()[:16]
    return f"<{reference}.{dispatch}.{same if dispatch else secrets.token_hex(8)}@{host}>"


def plain_address(text: str) -> str:
    """An address in the one form that every mail server and header takes, its domain in ASCII; empty when it has none.

    That is a dot-atom on both sides (RFC 5322, 3.4.1); no quotes, no comments, no accents before the `@`.
    """
    if len(text) > LONGEST_ADDRESS:
        return ""
    if not text.isascii():
        try:
            text = validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email or ""
        except ValueError:
            return ""
    return text if len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) else ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _header_address(name: str, address: str) -> Address:
    if not (plain := plain_address(address)):
        raise ValueError("an address of the mail is no e-mail address")
    return Address(name, addr_spec=plain)


def _display_name(name: str) -> str:
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in "-'’." else " " for c in name)
    return " ".join(kept.split()).encode()[:LONGEST_NAME].decode("utf-8", "ignore").strip()


def _reference(dispatch: Dispatch, request: Request | None) -> str:
    if dispatch.kind == TEST:
        return "TEST"
    reference = request.reference if request else str(dispatch.body.get("reference", ""))
    if not _REFERENCE.fullmatch(reference) or (request is None and dispatch.kind != ERASED):
        raise ValueError(f"a dispatch of the kind '{dispatch.kind}' lacks its request")
    return reference


def _request_values(request: Request) -> dict[str, Any]:
    """What the templates show of a request."""
    known, plain = article().passages, plain_address(request.email)
    dialled = re.sub(r"[^\d+]", "", request.phone, flags=re.ASCII)
    return {
        "asked": _moment(request.asked_at),
        "question": _words(request.question),
        "name": _one_line(request.name) or "niet genoemd",
        "email": _one_line(request.email),
        "email_link": f"mailto:{quote(plain, safe='@')}" if plain else "",
        "phone": _one_line(request.phone),
        "phone_link": f"tel:{dialled}" if dialled else "",
        "place": PLACES.get(request.channel, "in het gesprek zelf"),
        "earlier": [_one_line(question) for question in request.earlier],
        "passages": [known[name].question for name in dict.fromkeys(request.passages) if name in known],
        "url": article().url,
    }


def _moment(utc: datetime.datetime) -> str:
    """A moment as people in Amsterdam read it; `utc` has no zone."""
    here = utc.replace(tzinfo=datetime.UTC).astimezone(ZONE)
    return f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]} {here.year} om {here:%H.%M} uur"


def _words(text: str) -> str:
    """A visitor's words without what is no text: control characters, halves of characters, marks of direction."""
    lines = "\n".join(text.splitlines())
    return "".join(c for c in lines if c in "\n\t" or not _is_no_text(c)).strip()


def _is_no_text(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or unicodedata.bidirectional(character) in _DIRECTIONS


def _one_line(text: str) -> str:
    return " ".join(_words(text).split())


def _fault(error: Exception) -> MailError | RefusedError:
    """What a failure means for the mail; it is logged by its class and code only."""
    code = _code(error)
    kind = f"{type(error).__name__} {code}" if code else type(error).__name__
    sentence = next((says for of, says in _TO_MEND if isinstance(error, of)), "")
    if not sentence or 0 < code < 500:
        logger.warning("mail can't be sent now (%s)", kind)
        return MailError(f"mail can't be sent now ({kind})")
    logger.error("%s (%s)", sentence, kind)
    if isinstance(error, smtplib.SMTPDataError) and code in REFUSED_FOR_GOOD:
        return RefusedError(f"{sentence} ({kind})")
    return MailError(f"{sentence} ({kind})")


def _code(error: Exception) -> int:
    """The SMTP code of a failure; 0 when it has none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), 0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
