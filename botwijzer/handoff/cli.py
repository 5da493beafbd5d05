"""The commands `botwijzer requests ...` and `botwijzer mail-test`: what the shop's staff does without a desk."""

from __future__ import annotations

import asyncio
import csv
import enum
import json
import sys
from typing import Any, NoReturn

import typer

from botwijzer.database import DatabaseError, migrate
from botwijzer.handoff.mail import Mailer, MailError, RefusedError
from botwijzer.handoff.outbox import MAIL, Outbox
from botwijzer.handoff.request import Dispatch, Request
from botwijzer.handoff.store import Requests
from botwijzer.responses import request_blanks
from botwijzer.settings import SettingsError, load_settings

ALL = typer.Option(False, "--all", help="also those that were handled")

app = typer.Typer(no_args_is_help=True, help="List, show, close and export visitors' requests for a human.")


class Form(enum.StrEnum):
    """How requests are written out."""

    JSON = "json"
    CSV = "csv"


AS = typer.Option(Form.JSON, "--as", help="how it is written")


@app.command("list")
def list_requests(closed: bool = ALL) -> None:
    """One line a request; no personal data."""
    store = _store()
    waiting = Outbox(load_settings().database_url).undelivered()
    for request in store.listed(closed):
        on_its_way = f"{waiting[request.id]} on the way" if request.id in waiting else ""
        asked = request.asked_at.isoformat(" ", "minutes")
        typer.echo(f"{request.reference:10} {asked} UTC  {request.channel:9} {request.state.value:8} {on_its_way}")


@app.command()
def show(reference: str) -> None:
    """Everything that is known of a request."""
    request = _found(_store(), reference)
    for name, value in _row(request).items():
        typer.echo(f"{name:13} {value}")


@app.command()
def close(reference: str) -> None:
    """Mark a request as handled; it is erased after the time that the settings say."""
    store = _store()
    if not store.close(_found(store, reference).id):
        _fail("it was closed before")


@app.command()
def export(
    form: Form = AS,
    closed: bool = ALL,
) -> None:
    """Write the requests to standard output."""
    rows = [_row(request) for request in _store().listed(closed)]
    if form is Form.JSON:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif rows:
        writer = csv.DictWriter(sys.stdout, rows[0])
        writer.writeheader()
        writer.writerows([{name: _cell(value) for name, value in row.items()} for row in rows])


@app.command()
def retry() -> None:
    """Try again now to deliver whatever has not arrived."""
    _store()
    typer.echo(f"{Outbox(load_settings().database_url).retry()} to be tried again")


def mail_test() -> None:
    """Send a test mail to BOTWIJZER_HANDOFF_EMAIL."""
    try:
        current = load_settings()
    except SettingsError as error:
        _fail(str(error))
    if not current.smtp_url.get_secret_value() or not current.handoff_email:
        _fail("BOTWIJZER_SMTP_URL and BOTWIJZER_HANDOFF_EMAIL are needed")
    mailer = Mailer(current.smtp_url.get_secret_value(), current.handoff_email)
    try:
        asyncio.run(mailer.deliver(Dispatch(0, 0, MAIL, "test", {}, 0), None))
    except (MailError, RefusedError) as error:
        _fail(str(error))
    typer.echo(f"A test mail was sent to {current.handoff_email}.")


def _store() -> Requests:
    try:
        url = load_settings().database_url
        migrate(url)
        return Requests(url)
    except SettingsError as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(str(error))


def _found(store: Requests, reference: str) -> Request:
    request = store.find(reference)
    if request is None:
        _fail(f"there is no request {reference}")
    return request


def _row(request: Request) -> dict[str, Any]:
    known = request_blanks(request)
    return {
        "reference": request.reference,
        "asked_at": f"{request.asked_at.isoformat(' ', 'minutes')} UTC",
        "channel": request.channel,
        "state": request.state.value,
        "question": request.question,
        "name": request.name,
        "email": request.email,
        "phone": request.phone,
        "answer": known["request_way"],
        "earlier": " | ".join(request.earlier),
        "passages": " ".join(request.passages),
        "operator": request.operator,
    }


def _cell(value: object) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"Botwijzer can't go on: {sentence}", err=True)
    raise typer.Exit(1)
