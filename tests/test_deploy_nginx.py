"""nginx with the files of deploy/nginx/, before two servers that stand for instances and tell what they were asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from botwijzer.channels.limits import SHARES
from tests.conftest import wait_until
from tests.servers import find_program
from tests.unit_helpers import ROOT, free_port

CONF = ROOT / "deploy" / "nginx" / "botwijzer.conf"
SOCKET = "/webhooks/web/socket/"
OUTSIDE, ELSEWHERE = "203.0.113.7", "198.51.100.20"
PATIENCE_SECONDS = 30
BURST = 100
"""Requests that one address may make at once."""

FEW = 5
MOST_REQUESTS = 2_000
"""So many are too many however slow this machine is."""

Ask = Callable[..., httpx.Response]


class Instance:
    """Stands for an instance of the assistant: tells what it was asked, and echoes on a websocket."""

    def __init__(self, name: str) -> None:
        """Starts to listen."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                if self.headers.get("Upgrade") == "websocket":
                    self.send_response(101)
                    self.send_header("Upgrade", "websocket")
                    self.send_header("Connection", "Upgrade")
                    self.end_headers()
                    self.wfile.write(self.rfile.readline())
                    return
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                said = json.dumps({"name": name, "path": self.path, "headers": dict(self.headers)}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(said)

            def do_POST(self) -> None:
                self.do_GET()

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """From now on nothing listens at its port."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Proxy:
    """The nginx of deploy/ before two instances; `ask` is a request of a visitor, from any address."""

    port: int
    instances: list[Instance]
    log: Path
    ask: Ask


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """nginx behind a proxy of this machine, which says where visitors come from."""
    with running_proxy(lambda conf: uncommented(conf, "set_real_ip_from", "real_ip_header")) as running:
        yield running


@contextmanager
def running_proxy(change: Callable[[str], str]) -> Iterator[Proxy]:
    """Starts nginx with the files of deploy/, on this machine's ports and in a folder of its own."""
    program, port = find_program("nginx", "nginx-light"), free_port()
    with ExitStack() as ends:
        folder = Path(tempfile.mkdtemp(prefix="botwijzer-nginx-"))
        ends.callback(shutil.rmtree, folder)
        instances = [Instance("chat-1"), Instance("chat-2")]
        for instance in instances:
            ends.callback(instance.stop)
        places = {f"chat-{n}:5005": f"127.0.0.1:{instance.port}" for n, instance in enumerate(instances, 1)}
        places |= {"listen 80;": f"listen 127.0.0.1:{port};", "192.0.2.0/24": "127.0.0.1"}
        places |= {"/var/log/nginx/access.log": f"{folder}/access.log", "/dev/stderr": f"{folder}/error.log"}
        places |= {
            "127.0.0.1:8080": f"127.0.0.1:{free_port()}",
            "/etc/nginx/conf.d/": f"{folder}/",
            "/tmp/": f"{folder}/",
        }
        for file in (CONF, CONF.with_name("nginx.conf")):
            shipped = re.compile("|".join(map(re.escape, places)))
            text = shipped.sub(lambda found: places[found[0]], change(file.read_text("utf-8")))
            (folder / file.name).write_text(text, "utf-8")
        user = " user root;" if os.geteuid() == 0 else ""
        command = [str(program), "-c", str(folder / "nginx.conf"), "-g", f"daemon off;{user}"]
        tried = subprocess.run([*command[:3], "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        ends.callback(running.wait, PATIENCE_SECONDS)
        ends.callback(running.terminate)
        client = ends.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))

        def ask(path: str, address: str = OUTSIDE, browser: str = "a browser", **more: Any) -> httpx.Response:
            headers = {"X-Forwarded-For": address, "User-Agent": browser, **more.pop("headers", {})}
            return client.request(more.pop("method", "GET"), path, headers=headers, **more)

        wait_until(lambda: _listens(port), PATIENCE_SECONDS)
        yield Proxy(port, instances, folder / "access.log", ask)


def uncommented(conf: str, *directives: str) -> str:
    """The configuration with these lines, which it has as comments."""
    return re.sub(rf"^(\s*)# ((?:{'|'.join(directives)}) .*;)", r"\1\2", conf, flags=re.MULTILINE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_only_our_paths_are_passed_on(proxy: Proxy) -> None:
    ours = ("/webhooks/web/", "/webhooks/web/botwijzer.js", "/webhooks/web/assets/demo.css", f"{SOCKET}?EIO=4")
    for path in ours:
        assert proxy.ask(path).json()["path"] == path
    assert proxy.ask("/webhooks/telegram/webhook", method="POST", json={}).json()["name"]
    others = ("/", "/webhooks/rest/webhook", "/webhooks/rest/", "/conversations/x/tracker", "/model/parse", "/status")
    tricks = ("/webhooks/web/../rest/webhook", "/webhooks/web/..%2frest/webhook", "/webhooks/telegram/webhook/x")
    for path in (*others, *tricks):
        assert raw_status(proxy, path) == 404, path
    assert proxy.ask("/webhooks/web/botwijzer.js", method="POST").status_code == 403
    assert proxy.ask("/webhooks/web/botwijzer.js", method="HEAD").status_code == 200


@pytest.mark.parametrize("path", ["health", "health/", "%68ealth", "health?x=1", "./health", "/health"])
def test_the_health_is_for_those_inside(proxy: Proxy, path: str) -> None:
    assert raw_status(proxy, f"/webhooks/web/{path}") == 404
    assert proxy.ask("/webhooks/web/health", address="10.1.2.3").status_code == 200


def raw_status(proxy: Proxy, path: str) -> int:
    """The status of an answer to a path as it is, which a client would tidy up."""
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_SECONDS) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: bot\r\nX-Forwarded-For: {OUTSIDE}\r\n\r\n".encode())
        return int(line.makefile("rb").readline().split()[1])


def test_a_websocket_passes(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE_SECONDS) as line:
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        line.sendall(f"GET {SOCKET}?EIO=4&transport=websocket HTTP/1.1\r\nHost: bot\r\n{upgrade}".encode())
        heard = line.makefile("rb")
        assert heard.readline().split()[1] == b"101"
        while heard.readline().strip():
            pass
        line.sendall(b"2probe\n")
        assert heard.readline() == b"2probe\n"


def test_a_visitor_stays_with_an_instance_and_is_taken_over_when_that_is_gone(proxy: Proxy) -> None:
    visitors = [{"address": f"203.0.113.{n}", "browser": f"browser {n % 3}"} for n in range(40)]

    def served() -> list[str]:
        return [
            proxy.ask(f"{SOCKET}?EIO=4&transport=polling&t={n}", **who).json()["name"] for n, who in enumerate(visitors)
        ]

    before = served()
    assert served() == before
    assert min(before.count("chat-1"), before.count("chat-2")) >= 5
    proxy.instances[0].stop()
    assert served() == ["chat-2"] * len(visitors)


def test_a_body_is_at_most_a_megabyte(proxy: Proxy) -> None:
    webhook = "/webhooks/telegram/webhook"
    assert proxy.ask(webhook, method="POST", content=b"x" * 900_000).status_code == 200
    assert proxy.ask(webhook, method="POST", content=b"x" * 2_000_000).status_code == 413


def test_an_address_that_asks_too_much_is_told_so_and_others_notice_nothing(proxy: Proxy) -> None:
    assert any(proxy.ask("/webhooks/web/", address=ELSEWHERE).status_code == 429 for _ in range(MOST_REQUESTS))
    assert proxy.ask("/webhooks/web/").status_code == 200


SPELLINGS: dict[str, Callable[[int], str]] = {
    "whole": lambda n: f"2001:0db8:0001:0000:{n:04x}:0000:000a:{n:04x}",
    "shortened in the network": lambda n: f"2001:db8:1::a:{n:x}",
    "shortened after it": lambda n: f"2001:db8:1:2::{n:x}",
    "upper case": lambda n: f"2001:DB8:1:2:ABCD::{n:X}",
    "bytes that are line ends": lambda n: f"2001:a0a:d0d:a0a:{n:x}:a0a:d0d:a0a",
    "IPv4 as IPv6, with ports": lambda n: f"[::ffff:203.0.113.9]:{2000 + n}",
}


@pytest.fixture
def slow_proxy() -> Iterator[Proxy]:
    """nginx that gives back nothing of what was used up while a test runs, however slow this machine is."""

    def change(conf: str) -> str:
        return re.sub(r"rate=\d+r/s", "rate=1r/m", uncommented(conf, "set_real_ip_from", "real_ip_header"))

    with running_proxy(change) as running:
        yield running


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_addresses_of_an_ipv6_64_together_may_as_much_as_one(slow_proxy: Proxy, spelling: str) -> None:
    count = passed(slow_proxy, *(SPELLINGS[spelling](n) for n in range(300)))

    assert BURST <= count <= BURST + FEW


def test_the_addresses_of_a_56_and_of_a_48_have_limits_too(slow_proxy: Proxy) -> None:
    of_56 = passed(slow_proxy, *(f"2001:db8:5:{n % 256:x}::{n:x}" for n in range(600)))
    of_48 = passed(slow_proxy, *(f"2001:db8:6:{n:x}::1" for n in range(1_200)))

    assert SHARES["/56"] * BURST <= of_56 <= SHARES["/56"] * BURST + FEW
    assert SHARES["/48"] * BURST <= of_48 <= SHARES["/48"] * BURST + FEW
    others = [f"198.51.100.{n}" for n in range(200)] + [f"2001:db8:{n:x}::1" for n in range(100, 300)]
    assert passed(slow_proxy, *others) == len(others)


def passed(proxy: Proxy, *addresses: str) -> int:
    """How many of these requests, one after the other, are not refused; a stranger gets through before and after."""
    assert proxy.ask("/webhooks/web/").status_code == 200
    count = [proxy.ask("/webhooks/web/", address=address).status_code for address in addresses].count(200)
    assert proxy.ask("/webhooks/web/").status_code == 200
    return count


@pytest.mark.parametrize("directive", ["rate=(\\d+)r/s", "burst=(\\d+)", "limit_conn botwijzer_connections\\w* (\\d+)"])
def test_larger_networks_have_the_same_shares_as_in_the_assistant(directive: str) -> None:
    conf = CONF.read_text("utf-8")
    lines = [line for line in conf.splitlines() if "telegram" not in line and re.search(directive, line)]
    one, of_56, of_48 = (int(re.search(directive, line)[1]) for line in lines[:3])  # type: ignore[index]

    assert (of_56, of_48) == (one * SHARES["/56"], one * SHARES["/48"])


def test_the_log_names_nobody_and_no_conversation(proxy: Proxy) -> None:
    for address in (OUTSIDE, "2001:db8:1:2:3:4:5:6"):
        assert proxy.ask(f"{SOCKET}?sid=abcdef", address=address).status_code == 200
    wait_until(lambda: proxy.log.read_text("utf-8").count("\n") >= 2, PATIENCE_SECONDS)
    written = proxy.log.read_text("utf-8")
    assert written.count(f'"GET {SOCKET}" 200 ') == 2
    assert "203.0.113.0 [" in written
    assert not re.search(rf"{re.escape(OUTSIDE)}|abcdef|\?|2001:db8:1:2:3", written)


def test_an_instance_is_told_the_visitor_s_own_address_whatever_the_visitor_says() -> None:
    with running_proxy(lambda conf: conf) as proxy:
        forged = {"X-Forwarded-Proto": "gopher", "Host": "bot.example.nl:8443"}
        told = proxy.ask("/webhooks/web/", headers=forged).json()["headers"]
    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "http"
    assert told["Host"] == "bot.example.nl:8443"
