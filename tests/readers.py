"""Another program that reads an SQLite database, and a look into its files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READER = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
print("reading", flush=True)
sys.stdin.read()
os._exit(0)  # without closing the database, which would empty its log
"""


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Another process has a transaction open in which it reads, as a backup does."""
    program = [sys.executable, "-c", _READER, str(file)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "reading\n"
        try:
            yield
        finally:
            process.communicate()


def files_with(word: str, database: Path) -> list[str]:
    """The files of a database that hold a word.

    Another process looks: SQLite loses its locks when a process that uses a database closes one of its files.
    """
    files = [path for end in ("", "-wal", "-shm") if (path := Path(f"{database}{end}")).exists()]
    found = subprocess.run(["grep", "-la", word, *map(str, files)], capture_output=True, text=True, check=False)
    return [Path(line).name for line in found.stdout.splitlines()]
