"""What a browser fetches below /webhooks/web: the embed script, the widget's files, the demo page, the health.

The files are what `widget/build.mjs` wrote into `widget/dist`; they are read once, so no request names a path.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.article import article
from botwijzer.channels.transcript import Transcript
from botwijzer.settings import ROOT, settings

DIST = ROOT / "widget" / "dist"
LAUNCHER = "botwijzer.js"
HEALTH_SECONDS = 3.0

DEMO_POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; frame-ancestors 'self'"
"""The strictest policy that the widget is promised to work under; the demo page has it, and no other site frames it."""

READING = ("GET", "HEAD")
"""Methods of all routes here; monitors and link checkers ask with HEAD."""

_HASHED_NAME = re.compile(r"^panel-[0-9a-f]{12}\.js$")
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True)
class File:
    """A file as it is served."""

    content: bytes
    zipped: bytes
    kind: str
    tag: str


def read_files(folder: Path = DIST) -> dict[str, File]:
    """The built widget by file name; empty when it was not built."""
    return {path.name: _file(path.read_bytes(), path.name) for path in sorted(folder.glob("*.*"))}


def add_pages(routes: Blueprint, transcript: Transcript) -> None:
    """Adds the routes; `transcript` is the database that the health asks."""
    files = read_files()
    panel = next((file for name, file in files.items() if _HASHED_NAME.search(name)), None)
    demo = _file(_demo_page().encode(), "index.html")

    @routes.route("/", methods=READING)
    async def demo_page(request: Request) -> HTTPResponse:
        return _send(request, demo, {"Cache-Control": _ASK_AGAIN, "Content-Security-Policy": DEMO_POLICY})

    @routes.route(f"/{LAUNCHER}", methods=READING)
    async def launcher(request: Request) -> HTTPResponse:
        return _send(request, files.get(LAUNCHER), {"Cache-Control": _ASK_AGAIN})

    @routes.route("/assets/<name:str>", methods=READING)
    async def asset(request: Request, name: str) -> HTTPResponse:
        hashed = _HASHED_NAME.search(name)
        file = files.get(name) or (panel if hashed else None)  # a page still open asks for the panel of its build
        return _send(request, file, {"Cache-Control": _FOR_EVER if hashed and name in files else _ASK_AGAIN})

    @routes.route("/health", methods=READING)
    async def health(request: Request) -> HTTPResponse:
        faults = await _faults(request, transcript)
        said = {"status": "fault" if faults else "ok", "faults": faults, "warnings": _warnings(request)}
        return json(said, status=503 if faults else 200)


async def _faults(request: Request, transcript: Transcript) -> list[str]:
    """The parts that do not work, by name."""
    faults = [] if request.app.ctx.agent.is_ready() else ["model"]
    if settings().actions_url and not await _answers(urljoin(settings().actions_url, "health")):
        faults.append("actions")
    try:
        await asyncio.to_thread(transcript.try_to_write)
    except SQLAlchemyError:
        faults.append("database")
    return faults


def _warnings(request: Request) -> list[str]:
    """What the operator should know although everything works; sentences."""
    retention = getattr(request.app.ctx, "retention", None)
    return retention.warnings() if retention else []


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=HEALTH_SECONDS, trust_env=False) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False


def _demo_page() -> str:
    """The article as the shop shows it, with the widget."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "widget"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    body = Markup(MarkdownIt("commonmark").render(article().markdown))
    return environment.get_template("demo.html").render(article=article(), body=body)


def _file(content: bytes, name: str) -> File:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind.endswith(("javascript", "json"))
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return File(content, gzip.compress(content, mtime=0), f"{kind}; charset=utf-8" if text else kind, tag)


def _send(request: Request, file: File | None, headers: dict[str, str]) -> HTTPResponse:
    if file is None:
        return json({"error": "there is no such file"}, status=404)
    headers |= {
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",  # a module that another site imports; nothing here is secret
    }
    if request.headers.get("if-none-match") == file.tag:
        return raw(b"", status=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return raw(file.zipped, content_type=file.kind, headers=headers | {"Content-Encoding": "gzip"})
    return raw(file.content, content_type=file.kind, headers=headers)
