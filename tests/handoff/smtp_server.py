"""A real SMTP server on this machine, which takes mail, refuses it, hangs and drops connections when told to."""

from __future__ import annotations

import asyncio
import atexit
import datetime
import email
import email.policy
import enum
import functools
import ipaddress
import shutil
import socket
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30.0
WAITING_CONNECTIONS = 1024

Result = TypeVar("Result")


class Behaviour(enum.Enum):
    """What the server does with mail."""

    OK = "takes it"
    LATER_AT_MAIL = "451 to the sender"
    LATER_AT_RCPT = "451 to the recipient"
    LATER_AT_DATA = "451 to the message"
    NEVER_AT_MAIL = "550 to the sender"
    NEVER_AT_RCPT = "550 to the recipient"
    TOO_LARGE_AT_DATA = "552 to the message"
    NEVER_AT_DATA = "554 to the message"
    BUSY = "421 instead of a greeting"
    HANG = "accepts connections and says nothing"
    HANG_AFTER_DATA = "takes the message and says nothing"
    DROP = "ends connections at once"
    DROP_IN_DATA = "ends the connection while the message comes in"
    DROP_AFTER_DATA = "takes the message and ends the connection without an answer"
    DROP_AT_QUIT = "takes the message and ends the connection without a goodbye"


ANSWERS = {
    (Behaviour.LATER_AT_MAIL, "MAIL"): "451 4.3.0 later",
    (Behaviour.LATER_AT_RCPT, "RCPT"): "451 4.7.1 later",
    (Behaviour.LATER_AT_DATA, "DATA"): "451 4.3.0 later",
    (Behaviour.NEVER_AT_MAIL, "MAIL"): "550 5.7.1 not from you",
    (Behaviour.NEVER_AT_RCPT, "RCPT"): "550 5.1.1 nobody here",
    (Behaviour.TOO_LARGE_AT_DATA, "DATA"): "552 5.3.4 too large",
    (Behaviour.NEVER_AT_DATA, "DATA"): "554 5.6.0 not this",
}


class Tls(enum.Enum):
    """How a conversation is encrypted."""

    NEVER = "never"
    OFFERED = "by STARTTLS, for those who want"
    REQUIRED = "by STARTTLS, before anything else"
    FIRST = "from the start (smtps)"


@dataclass(frozen=True)
class Received:
    """A message that the server has taken.

    Attributes:
        sender: Of the envelope.
        recipients: Of the envelope.
        content: As it came in.
        encrypted: Whether it came over TLS.
        user: Who had logged in; empty when nobody.
    """

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    user: str

    @functools.cached_property
    def message(self) -> EmailMessage:
        """The message, parsed; once, for whoever waits for a mail looks through all of them."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class MailServer:
    """The server, as a context: it listens on entering and is gone after leaving.

    It runs in a thread of its own, serves several processes at once and may be told what to do from any thread.

    Attributes:
        port: Where it listens; the same after `stop_listening` and `listen`.
        behaviour: What it does with the commands that come in from now on; may be changed while it runs.
    """

    def __init__(self, tls: Tls = Tls.NEVER, login: tuple[str, str] | None = None) -> None:
        """Opens nothing yet.

        Args:
            tls: How a conversation is encrypted.
            login: User and password that it asks for; None when anybody may send.
        """
        self.behaviour = Behaviour.OK
        self._tls, self._login = tls, login
        self._received: list[Received] = []
        self._counts: Counter[str] = Counter()
        self._news = threading.Condition()
        self._loop = asyncio.SelectorEventLoop()  # whatever loop another test made the usual one
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-server", daemon=True)
        self._bound = _bound_socket(0)
        self.port = int(self._bound.getsockname()[1])
        self._server: asyncio.AbstractServer | None = None
        self._open: set[_Closable] = set()

    def __enter__(self) -> MailServer:
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_listening()
        self._run(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()
        self._bound.close()

    @property
    def received(self) -> tuple[Received, ...]:
        """What it has taken so far, in that order; also what it never said that it had taken."""
        with self._news:
            return tuple(self._received)

    @property
    def connections(self) -> int:
        """How many there were."""
        return self.count("connections")

    @property
    def refusals(self) -> int:
        """How often it refused, hung or dropped a connection; while it does not listen nobody can count."""
        return self.count("refusals")

    @property
    def logins(self) -> int:
        """How often a password was sent to it, right or wrong."""
        return self.count("logins")

    def count(self, what: str) -> int:
        """How many `connections`, `refusals` or `logins`."""
        with self._news:
            return self._counts[what]

    def wait_for(self, messages: int = 0, connections: int = 0, refusals: int = 0) -> tuple[Received, ...]:
        """Waits until there were at least so many of each; gives all that was received.

        Raises:
            AssertionError: There are fewer after `PATIENCE_SECONDS`.
        """

        def enough() -> bool:
            counts = self._counts
            return (
                len(self._received) >= messages
                and counts["connections"] >= connections
                and counts["refusals"] >= refusals
            )

        with self._news:
            assert self._news.wait_for(enough, PATIENCE_SECONDS), (len(self._received), self._counts)
            return tuple(self._received)

    def listen(self) -> None:
        """Takes connections, again."""
        self._run(self._listen())

    def stop_listening(self) -> None:
        """Refuses new connections and ends those that there are, as a server that went down."""
        self._run(self._stop_listening())

    async def _listen(self) -> None:
        if self._server:
            return
        context = server_context() if self._tls is Tls.FIRST else None
        self._server = await self._loop.create_server(
            self._protocol, sock=self._bound, ssl=context, backlog=WAITING_CONNECTIONS
        )

    async def _stop_listening(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
            self._bound = _bound_socket(self.port)
        for connection in tuple(self._open):
            connection.abort()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def _protocol(self) -> asyncio.BaseProtocol:
        """Whatever serves one connection."""
        self.tell("connections")
        if self.behaviour in {Behaviour.HANG, Behaviour.DROP, Behaviour.BUSY}:
            self.tell("refusals")
            return _Refusing(self, self.behaviour)
        return _Connection(self, self._tls, self._login, self._loop)

    def tell(self, what: str, received: Received | None = None) -> None:
        """Counts something and wakes whoever waits; for the server's own thread."""
        with self._news:
            self._counts[what] += 1
            if received:
                self._received.append(received)
            self._news.notify_all()

    def opened(self, connection: _Closable) -> None:
        """Notes a connection, to be ended when the server goes down."""
        self._open.add(connection)

    def closed(self, connection: _Closable) -> None:
        """Forgets a connection."""
        self._open.discard(connection)


class _Closable:
    """A connection that can be ended without a word."""

    line: asyncio.Transport | None = None

    def abort(self) -> None:
        if self.line:
            self.line.abort()


class _Refusing(asyncio.Protocol, _Closable):
    """A connection on which nobody speaks SMTP."""

    def __init__(self, server: MailServer, behaviour: Behaviour) -> None:
        self._server, self._behaviour = server, behaviour

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.line = transport
        self._server.opened(self)
        if self._behaviour is Behaviour.DROP:
            transport.abort()
        elif self._behaviour is Behaviour.BUSY:
            transport.write(b"421 4.3.2 too busy\r\n")
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._server.closed(self)


class _Connection(SMTP, _Closable):
    """A connection on which SMTP is spoken, as the server's behaviour says at each command."""

    def __init__(
        self, server: MailServer, tls: Tls, login: tuple[str, str] | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._mail_server, self._login = server, login
        self._drops_data = False
        super().__init__(
            _Handler(server, login is not None),
            hostname="mail.example.test",
            tls_context=server_context() if tls in {Tls.OFFERED, Tls.REQUIRED} else None,
            require_starttls=tls is Tls.REQUIRED,
            auth_require_tls=tls in {Tls.OFFERED, Tls.REQUIRED},
            authenticator=self._check_login,
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.line is None:  # STARTTLS comes here a second time
            assert isinstance(transport, asyncio.Transport)
            self.line = transport
            self._mail_server.opened(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mail_server.closed(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._drops_data:
            self._mail_server.tell("refusals")
            self.abort()
        else:
            super().data_received(data)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds it by this name
        self._drops_data = self._mail_server.behaviour is Behaviour.DROP_IN_DATA
        await super().smtp_DATA(arg)

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        self._mail_server.tell("logins")
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        if given == self._login:
            return AuthResult(success=True, auth_data=given[0])
        self._mail_server.tell("refusals")
        return AuthResult(success=False, handled=False)


class _Handler:
    """What is answered to each command."""

    def __init__(self, server: MailServer, asks_login: bool) -> None:
        self._server, self._asks_login = server, asks_login

    async def handle_MAIL(  # noqa: N802
        self, connection: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._asks_login and not session.authenticated:
            self._server.tell("refusals")
            return "530 5.7.0 log in first"
        if refusal := self._refusal("MAIL"):
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, connection: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._refusal("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, connection: _Connection, session: Session, envelope: Envelope) -> str:  # noqa: N802
        behaviour = self._server.behaviour
        if refusal := self._refusal("DATA"):
            return refusal
        self._server.tell("messages", _received(connection, session, envelope))
        if behaviour in {Behaviour.DROP_AFTER_DATA, Behaviour.HANG_AFTER_DATA}:
            self._server.tell("refusals")
            if behaviour is Behaviour.DROP_AFTER_DATA:
                connection.abort()
            await _for_ever()
        return "250 OK"

    async def handle_QUIT(self, connection: _Connection, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._server.behaviour is Behaviour.DROP_AT_QUIT:
            self._server.tell("refusals")
            connection.abort()
            await _for_ever()
        return "221 Bye"

    def _refusal(self, command: str) -> str:
        answer = ANSWERS.get((self._server.behaviour, command), "")
        if answer:
            self._server.tell("refusals")
        return answer


async def _for_ever() -> None:
    """Ends when the connection does: whoever waits here is cancelled then."""
    await asyncio.get_running_loop().create_future()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _received(connection: _Connection, session: Session, envelope: Envelope) -> Received:
    assert isinstance(envelope.content, bytes)
    assert connection.line is not None
    encrypted = session.ssl is not None or connection.line.get_extra_info("sslcontext") is not None
    user = str(session.auth_data) if session.authenticated else ""
    recipients = tuple(map(str, envelope.rcpt_tos))
    return Received(str(envelope.mail_from), recipients, envelope.content, encrypted, user)


def _bound_socket(port: int) -> socket.socket:
    """A socket at a port, which refuses connections until it listens and keeps others from the port meanwhile."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


def certificate_file() -> Path:
    """The server's certificate, self-signed, as a file (PEM): `SSL_CERT_FILE` makes another process trust it."""
    return _certificate()[0]


def client_context() -> ssl.SSLContext:
    """What trusts the server's certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate_file()))


def server_context() -> ssl.SSLContext:
    """What the server shows itself with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*_certificate())
    return context


@functools.lru_cache(maxsize=1)
def _certificate() -> tuple[Path, Path]:
    """Files of a certificate for this machine and of its key; they are gone when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="botwijzer-mail-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
