"""A conversation in the terminal, over the same REST channel that visitors' programs use."""

from __future__ import annotations

import shutil
import textwrap
import uuid
from typing import Any

import httpx
import typer

MOST_COLUMNS = 88


def converse(url: str) -> None:
    """Reads lines and prints replies until 'stop' or Ctrl-D."""
    sender = f"terminal-{uuid.uuid4().hex}"
    typer.echo("Typ je vraag; een cijfer kiest een knop; 'stop' of Ctrl-D beëindigt het gesprek.\n")
    buttons: list[dict[str, str]] = []
    with httpx.Client(timeout=30, trust_env=False) as client:
        while True:
            try:
                typed = input("jij > ").strip()
            except EOFError:
                typer.echo()
                return
            if typed.lower() == "stop":
                return
            if typed.isdecimal() and 1 <= int(typed) <= len(buttons):
                typed = buttons[int(typed) - 1]["payload"]
            try:
                answer = client.post(url, json={"sender": sender, "message": typed})
                answer.raise_for_status()
            except httpx.HTTPError as error:
                typer.echo(f"(geen antwoord: {error})\n")
                continue
            buttons = [button for said in answer.json() for button in said.get("buttons", [])]
            typer.echo("\n" + layout(answer.json()) + "\n")


def layout(messages: list[dict[str, Any]], columns: int | None = None) -> str:
    """The messages of one turn as wrapped lines; buttons numbered through at the end.

    Args:
        messages: As the REST channel sends them.
        columns: Width; that of the terminal by default, at most 88.
    """
    width = min(columns or shutil.get_terminal_size().columns, MOST_COLUMNS)
    blocks = [_wrapped(str(said.get("text", "")), width) for said in messages]
    buttons = [button for said in messages for button in said.get("buttons", [])]
    if buttons:
        blocks.append("\n".join(f"  [{n}] {button['title']}" for n, button in enumerate(buttons, 1)))
    return "\n\n".join(blocks)


def _wrapped(text: str, width: int) -> str:
    lines = []
    for line in text.splitlines():
        indent = "  " if line.startswith("- ") else ""
        lines.append(
            textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        )
    return "\n".join(lines)
