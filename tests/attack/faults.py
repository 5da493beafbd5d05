"""What happens to the database's file: locked by another program, on a full disk, not to be written to."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another program holds the database's one lock for writing."""
    command = [sys.executable, "-c", _LOCK, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            other.communicate(timeout=30)  # closes its stdin, so that it ends


@contextmanager
def no_file_may_grow(processes: Sequence[int]) -> Iterator[None]:
    """Nothing that these processes write fits, as on a full disk; nobody need be an administrator for that."""
    before = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in processes}
    for process, (_, hard) in before.items():
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path, size: str = "128m") -> Iterator[bool]:
    """Makes a folder a disk of its own, in memory; False where only an administrator may do that."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    is_made = os.geteuid() == 0 and shutil.which("mount") and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield bool(is_made)
    finally:
        if is_made:
            subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte more fits on this disk; skips the test where it is not one of our own."""
    if not disk.is_mount():
        pytest.skip("only root can make a disk to fill")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1_000_000, 1_000):
            try:
                while True:
                    file.write(b"\1" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def not_to_be_written(files: Sequence[Path]) -> Iterator[None]:
    """Nobody may write to these files, not even who has them open; skips the test where that can't be arranged."""
    if os.geteuid() or not shutil.which("chattr"):
        pytest.skip("only root can take a file away from whoever has it open")
    if subprocess.run(["chattr", "+i", *map(str, files)], capture_output=True, check=False).returncode:
        pytest.skip("this file system knows no such files")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", *map(str, files)], check=True)
