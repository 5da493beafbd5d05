"""The command `botwijzer`: what `make` calls, and what an operator types."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import typer

from botwijzer.article import ArticleError, load_article
from botwijzer.database import DatabaseError, check, migrate
from botwijzer.handoff.cli import app as requests_app
from botwijzer.handoff.cli import mail_test
from botwijzer.nlu.lemmas import SPACY_MODEL, spacy_model_version
from botwijzer.operating.backup import BackupError, back_up, default_file
from botwijzer.operating.conversations import (
    erase_conversation,
    hash_of_conversation,
    open_retention,
    wait_until_gone,
)
from botwijzer.preflight import check_hosts, warnings
from botwijzer.private_files import is_read_by_all, make_private, private_umask
from botwijzer.responses import DomainError, load_responses
from botwijzer.run_lock import RunLock
from botwijzer.settings import ENV_FILE, ROOT, Settings, SettingsError, load_settings, settings_table
from botwijzer.supervisor import Part, PartError, Role, Supervisor, environment, health, parts, reached_at
from botwijzer.terminal import converse
from botwijzer.training import TrainingError, ensure_model

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

AGAIN_SECONDS = 3.0
BROKEN_OFF = 130
"""Exit code of a command that Ctrl-C or a signal ended before it was done."""

READ_BY_OTHERS = frozenset({"train", "validate"})
"""Commands that write only what other users of this machine may read, such as the one that serves the model."""

ROLE = typer.Option(Role.ALL, help="what runs here, when the parts have machines of their own")

FILE = typer.Argument(None, help="where it goes; default: var/backup/botwijzer-<date-time>", show_default=False)
OVERDUE = typer.Option(False, "--overdue", help="all that is older than BOTWIJZER_RETENTION_DAYS, also while held")
YES = typer.Option(False, "--yes", help="do not ask")
ERASED = typer.Argument("", help="as for conversation-hash", show_default=False)
WHICH = typer.Argument(..., help="a request's reference such as BW-4F7K, or a conversation's key such as rest:<sender>")

app.add_typer(requests_app, name="requests")
app.command("mail-test")(mail_test)


@app.callback()
def prepare(context: typer.Context) -> None:
    """Makes new files private to their owner."""
    if context.invoked_subcommand not in READ_BY_OTHERS:
        context.with_resource(private_umask())


@app.command()
def run(role: Role = ROLE) -> None:
    """Start the assistant and stay until Ctrl-C."""
    with _sentences(), _stack(role) as (supervisor, current):
        if role in {Role.ALL, Role.CHAT}:
            _print_state(current)
            typer.echo(f"Botwijzer is up: http://localhost:{current.port}/webhooks/web/  (Ctrl-C ends it)")
        else:
            typer.echo(f"Botwijzer's {role.value} part is up  (Ctrl-C ends it)")
        supervisor.watch()


@app.command()
def chat() -> None:
    """Talk to the assistant in this terminal; starts it when it is not running."""
    with _sentences(), _stack(only_when_needed=True) as (_, current):
        converse(f"http://{reached_at(current.host)}:{current.port}/webhooks/rest/webhook")


@app.command()
def train() -> None:
    """Train the model when something that it learns from has changed."""
    with _sentences():
        _check_words()
        typer.echo(f"Model: {ensure_model().relative_to(ROOT)}")


@app.command()
def validate() -> None:
    """Let Rasa check that data, domain and stories fit together."""
    command = [sys.executable, "-m", "rasa", "data", "validate", "--data", "data", "--fail-on-warnings"]
    with _sentences():
        done = subprocess.run(command, cwd=ROOT, env=environment(load_settings()), check=False)
        raise typer.Exit(done.returncode)


@app.command("settings")
def show_settings() -> None:
    """Print all settings, where each comes from, and the Dutch pipeline that is installed."""
    with _sentences():
        current = load_settings()
        for name, value, source, meaning in settings_table(current):
            typer.echo(f"{name:32} {value or '(empty)':40} {source:12} {meaning}")
        typer.echo(f"{SPACY_MODEL:32} {spacy_model_version() or 'not installed'}")
        _warn(warnings(current))


@app.command()
def backup(file: Path = FILE) -> None:
    """Copy the database while everything runs, to a file that docs/operating.md says how to restore."""
    with _sentences():
        url = load_settings().database_url
        typer.echo(f"Backup: {back_up(url, file or default_file(url))}")


@app.command("conversation-hash")
def conversation_hash(which: str = WHICH) -> None:
    """Print the name under which the logs know a conversation."""
    with _sentences():
        typer.echo(hash_of_conversation(load_settings().database_url, which))


@app.command()
def erase(which: str = ERASED, overdue: bool = OVERDUE, yes: bool = YES) -> None:
    """Erase a conversation with its requests for a human, or everything that is too old."""
    if bool(which) == overdue:
        raise typer.BadParameter("name a conversation, or give --overdue")
    with _sentences():
        current = load_settings()
        said = _erase_overdue(current, yes) if overdue else _erase_one(current, which)
        wait_until_gone(current.database_url, typer.echo)
        typer.echo(said)


def _erase_one(current: Settings, which: str) -> str:
    references = erase_conversation(current.database_url, which)
    return " ".join(["The conversation was erased.", *(f"Request {name} too." for name in references)])


def _erase_overdue(current: Settings, is_sure: bool) -> str:
    retention = open_retention(current.database_url, current.retention_days)
    plan = retention.plan()
    typer.echo(f"Older than {plan.days} days at {plan.moment:%Y-%m-%d %H:%M} UTC, by the clock of this machine:")
    for kept, name in ((plan.conversations, "conversations"), (plan.requests, "requests")):
        typer.echo(f"{kept.overdue} of {kept.total} {name}")
    if plan.held:
        typer.echo(f"The assistant does not erase them by itself: {plan.held}.")
    if not is_sure and _at_a_terminal() and not typer.confirm("Erase them?"):
        return "Nothing was erased."
    erased = retention.carry_out(plan)
    return f"Erased: {erased.conversations} conversations, {erased.requests} requests."


def main() -> None:
    """Entry point of the command."""
    app()


@contextmanager
def _stack(role: Role = Role.ALL, only_when_needed: bool = False) -> Iterator[tuple[Supervisor, Settings]]:
    """The running assistant; everything that can be wrong beforehand is checked before it starts."""
    current = load_settings()
    check_hosts(current, role)
    _check_words()
    wanted = parts(current, Path(), role)
    with ExitStack() as held:
        if only_when_needed and any(health(part.health_url).get("status") == "ok" for part in wanted if part.port):
            wanted, locks = (), []
        else:
            locks = [held.enter_context(RunLock(part)) for part in wanted if part.port]
            wanted = _prepare(current, role)
        seconds = max((lock.port_seconds for lock in locks), default=0.0)
        try:
            with Supervisor(wanted, environment(current), port_seconds=seconds) as supervisor:
                try:
                    if wanted:
                        typer.echo("Starting ...")
                    supervisor.wait_until_ready()
                    yield supervisor, current
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)  # it is heard
                    for lock in locks:
                        lock.mark_ending()
        except KeyboardInterrupt:
            typer.echo("\nStopped.")
            raise typer.Exit from None


def _check_words() -> None:
    """Reads everything that visitors are told, so that a fault in it is a sentence now and not a failing turn."""
    load_article()
    load_responses()


def _prepare(current: Settings, role: Role) -> tuple[Part, ...]:
    """Makes what the parts of a role need, and keeps other users away from it."""
    sentences = [*warnings(current), *make_private(ROOT / "var", current.database_url)]
    check(current.database_url)
    migrate(current.database_url)
    if is_read_by_all(ENV_FILE):
        sentences.append(f"other users of this machine can read {ENV_FILE.name}, and the passwords in it; chmod 600 it")
    _warn(sentences)
    return parts(current, ensure_model() if role in {Role.ALL, Role.CHAT} else Path(), role)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turns what can go wrong into one sentence and an exit code."""
    try:
        with _signals():
            yield
    except (SettingsError, ArticleError, DomainError, DatabaseError, BackupError, PartError, TrainingError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename or ''}")
    except KeyboardInterrupt:
        typer.echo("\nStopped before it was done.", err=True)
        raise typer.Exit(BROKEN_OFF) from None


@contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C, `kill` and a closed terminal end the command in order, and so does the alarm that repeats them."""
    endings = [signal.SIGTERM, signal.SIGINT, signal.SIGALRM]  # a shell's background jobs ignore SIGINT
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        endings.append(signal.SIGHUP)
    before = [(ending, signal.signal(ending, _interrupt)) for ending in endings]
    report, sys.unraisablehook = sys.unraisablehook, _report_unless_interrupted
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = report
        for ending, handler in before:
            signal.signal(ending, handler)


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"Botwijzer can't go on: {sentence}", err=True)
    raise typer.Exit(1)


def _interrupt(*_: object) -> None:
    """Ends the command; again after a while, since what is raised while Python collects garbage is lost."""
    signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    raise KeyboardInterrupt


def _report_unless_interrupted(unraisable: sys.UnraisableHookArgs) -> None:
    """Reports what Python could not raise, except for an interrupt: that comes again."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)


def _warn(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        typer.echo(f"Warning: {sentence}", err=True)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _print_state(current: Settings) -> None:
    way = f"webhook at {current.public_url}" if current.public_url else "long polling"
    telegram = f"on ({way})" if current.telegram_token.get_secret_value() else "off (no BOTWIJZER_TELEGRAM_TOKEN)"
    mail = (
        "on"
        if current.smtp_url.get_secret_value() and current.handoff_email
        else "off (no BOTWIJZER_SMTP_URL or BOTWIJZER_HANDOFF_EMAIL); requests: botwijzer requests list"
    )
    ways = [current.contact_email, current.contact_phone, current.contact_url]
    desk = current.telegram_operators if current.telegram_token.get_secret_value() else ""
    reached = "live in Telegram" if desk else "off (no BOTWIJZER_TELEGRAM_OPERATORS)"
    rest = {"local": "on for programs on this machine (BOTWIJZER_REST)", "true": "on", "false": "off (BOTWIJZER_REST)"}
    typer.echo(f"REST:           {rest[current.rest]}")
    typer.echo(f"Telegram:       {telegram}")
    typer.echo(f"E-mail:         {mail}")
    typer.echo(f"Handover:       {reached}")
    typer.echo(f"Ways to a human: {', '.join(w for w in ways if w) or 'the shop page only (no BOTWIJZER_CONTACT_...)'}")
    typer.echo(f"Dutch pipeline: {SPACY_MODEL} {spacy_model_version()}")
    typer.echo(f"Logs:           {Path('var/log')}")
