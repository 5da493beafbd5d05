"""Redis and nginx as the tests need them: started on free ports, with everything they keep in folders of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import tenacity

from tests.unit_helpers import ROOT, free_port

PATIENCE_SECONDS = 30
SYSTEMS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where programs are that not everybody has on the path."""

DEPLOYED = ROOT / "deploy" / "nginx" / "botwijzer.conf"
"""What is given to those who put nginx before several instances."""

NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
{user}
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""

INSTANCE_HEADER = "X-Instance"
"""Says with each answer which instance nginx has asked, as `host:port`."""


class RedisServer:
    """A Redis that keeps nothing; it may be stopped, started again at the same address, and held up."""

    def __init__(self, program: Path) -> None:
        """Starts nothing yet."""
        self._program = program
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def client(self) -> redis.Redis:
        """A client of it, for the test itself."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Starts it, with nothing in it, and waits until it answers."""
        options = ("--bind", "127.0.0.1", "--port", str(self._port), "--save", "", "--appendonly", "no")
        self._process = subprocess.Popen(
            [str(self._program), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for attempt in tenacity.Retrying(
            stop=tenacity.stop_after_delay(PATIENCE_SECONDS), wait=tenacity.wait_fixed(0.05), reraise=True
        ):
            with attempt:
                self.client.ping()

    def stop(self) -> None:
        """Ends it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """It takes connections and never answers meanwhile."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A Redis that only these tests use."""
    server = RedisServer(find_program("redis-server", "redis-server"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    """A Redis for the tests of a module; whoever stops it starts it again."""
    with running_redis() as server:
        yield server


@contextmanager
def running_nginx(upstreams: Sequence[int]) -> Iterator[str]:
    """Starts an nginx before instances at these ports of this machine; gives its address."""
    program = find_program("nginx", "nginx-light")
    folder = Path(tempfile.mkdtemp(prefix="botwijzer-nginx-"))
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, user=user, site=site(port, upstreams)), "utf-8")
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(program), "-p", str(folder), "-c", str(configuration)], stdout=output, stderr=output
        )
    try:
        for attempt in tenacity.Retrying(
            stop=tenacity.stop_after_delay(PATIENCE_SECONDS), wait=tenacity.wait_fixed(0.05), reraise=True
        ):
            with attempt:
                assert process.poll() is None, (folder / "output").read_text("utf-8", "replace")
                assert (folder / "pid").exists()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder)


def site(port: int, upstreams: Sequence[int]) -> str:
    """The site's configuration as it is deployed, but for its port, its log, and where the instances are."""
    (options,) = set(re.findall(r"^ *server chat-\d+:\d+(.*);$", DEPLOYED.read_text("utf-8"), re.MULTILINE))
    servers = "\n".join(f"    server 127.0.0.1:{upstream}{options};" for upstream in upstreams)
    changes = {
        r"(^ *server chat-\d+:\d+.*;\n)+": f"{servers}\n",
        r"^ *listen 80;": f"    listen 127.0.0.1:{port};",
        r"^ *access_log .*;": f"    access_log off;\n    add_header {INSTANCE_HEADER} $upstream_addr always;",
    }
    text = DEPLOYED.read_text("utf-8")
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count == 1, pattern
    return text


def find_program(name: str, package: str) -> Path:
    """A program of this machine; without it the test is skipped, or fails where all must run."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEMS}")
    if found:
        return Path(found)
    missing = f"{name} is not installed (Debian: apt install {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
