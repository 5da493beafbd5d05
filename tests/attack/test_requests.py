"""HTTP that nobody's program sends by accident: bodies, heads, methods, headers and paths."""

from __future__ import annotations

import functools
import json

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from tests.attack.making import attacks, bodies, broken, texts
from tests.attack.target import Target, check_no_leak, check_refusal
from tests.attack.wire import Answer, exchange, request
from tests.conftest import PATIENCE_SECONDS, Stack, new_sender

SOON = 10
"""Long before anybody's patience with a body that does not come ends."""

REST, WEB, TELEGRAM = "/webhooks/rest/webhook", "/webhooks/web/", "/webhooks/telegram/webhook"
SOCKET = f"{WEB}socket/?EIO=4&transport="
PATHS = (
    REST, WEB, TELEGRAM, "/webhooks/rest/", f"{WEB}botwijzer.js", f"{WEB}health", f"{WEB}assets/licences.txt",
    SOCKET + "polling", SOCKET + "websocket", f"{SOCKET}polling&sid=x", f"{WEB}socket/", "/webhooks/", "/", "*",
    "http://127.0.0.1/webhooks/web/", "//", "/" + "a" * 9_000, "/%", "/%zz", "/\0", "/é", "/ x",
)  # fmt: skip
METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "G\0T",
    "",
)
KINDS = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html",
    "application/json; charset=utf-16", "multipart/form-data; boundary=x", "", "\xff", "/", "application/xml",
)  # fmt: skip
HEADERS = {
    "Content-Type": KINDS,
    "Content-Length": ("x", "-1", "0x10", "1e3", "", " ", "+2", "2, 2", "2_0", "\u0662", "9" * 30),
    "Transfer-Encoding": ("chunked", "Chunked", "gzip, chunked", "identity", "x", "", "chunked, chunked"),
    "Expect": ("100-continue", "x", ""),
    "Host": ("", "x:y:z", "[::1", "a" * 5_000, "evil.example", "127.0.0.1:99999999", "\xff"),
    "Origin": ("http://[::1", "null", "", "x", "http://", "https://evil.example", "http://\xff", "//x", "http://a@b"),
    "Accept": ("text/html", "*/*", "application/json", ";q=x", ",,,", "\xff/\xff", "text/html;q=0.1.2"),
    "Accept-Encoding": ("gzip", "", "gzip;q=x", "\xff", "br" * 500),
    "Connection": ("keep-alive", "Upgrade", "x, y", ""),
    "Upgrade": ("websocket", "h2c", "WebSocket", "x"),
    "Sec-WebSocket-Key": ("x", "", "AAAAAAAAAAAAAAAAAAAAAA==", "\xff"),
    "Sec-WebSocket-Version": ("13", "8", "x", ""),
    "Sec-WebSocket-Extensions": ("permessage-deflate; client_max_window_bits=99", "x;;=", "\xff"),
    "If-None-Match": ("*", '"x"', "\xff", '"' * 200),
    "Range": ("bytes=0-5", "bytes=-1", "x"),
    "Cookie": ("a=b; a=c; =; ;", "\xff", "a" * 4_000),
    "X-Forwarded-For": ("127.0.0.1", "x", "1, 2, 3", "::1%x"),
    "X-Forwarded-Proto": ("https", "x", ""),
    "X-HTTP-Method-Override": ("DELETE",),
    "X-Telegram-Bot-Api-Secret-Token": ("", "x", "\xff\xfe", "a" * 300),
    "Content-Encoding": ("gzip", "x"),
    "Forwarded": ("for=x;host=evil;proto=https", ";;;", "for=\xff"),
    " Folded": ("x",),
    "No colon at all\r\nX": ("x",),
}
STEPS = (
    "..", "%2e%2e", "%252e%252e", "..%2f", "..%5c", "..\\", "%c0%ae%c0%ae", "%u002e", "....//", "..;", ".", "", "%00",
    "%2e%2e%2f%2e%2e", "/", "assets", "webhooks", "web", "rest", "telegram", "socket", "webhook", "~root", "C:",
    "%0d%0a", "domain.yml", ".env", "etc/passwd", "var/botwijzer.db", "botwijzer/settings.py", "package.json",
    "licences.txt", "panel-0123456789ab.js", "panel-0123456789ab.js.map", "metrics", "model", "conversations",
    "status", "static",
)  # fmt: skip


@attacks
@hypothesis.given(
    body=bodies({"sender": st.builds(new_sender), "message": texts}),
    kind=st.sampled_from(("application/json", "application/json", *KINDS[:-4])),  # most get past the first check
)
def test_whatever_body_a_program_sends_it_gets_a_reply_or_a_reason(target: Target, body: bytes, kind: str) -> None:
    with target.tally.attack("REST: bodies"):
        answer = _client().post(target.url + REST, content=body, headers={"Content-Type": kind})

        assert answer.status_code in {200, 400, 413, 415}
        if answer.status_code == httpx.codes.OK:
            reply = Stack.reply(answer)
            assert all(reply.said)
            assert reply.text.strip()
            check_no_leak(reply.text)
        else:
            assert list(answer.json()) == ["error"]
            check_refusal(answer)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """A request of which each part may be wrong, sometimes as a whole."""
    names = draw(st.lists(st.sampled_from(list(HEADERS)), max_size=5))
    headers = [(name, draw(st.sampled_from(HEADERS[name]))) for name in names]
    body = draw(
        st.sampled_from([b"", b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"f" * 20 + b"\r\n", b"4[]"])
    )
    return request(draw(st.sampled_from(METHODS)), draw(st.sampled_from(PATHS)), headers, body)


@attacks
@hypothesis.given(sent=st.one_of(heads(), heads(), broken(heads()), st.binary(max_size=300)))
def test_whatever_comes_in_at_the_port_is_no_failure_of_the_server(target: Target, sent: bytes) -> None:
    with target.tally.attack("HTTP: heads"):
        answer = exchange(target.url, sent)

        assert answer.status < 500, (sent, answer.body)
        if answer.status >= 400:
            check_no_leak(_without_echo(answer, sent))


@pytest.mark.parametrize(
    "header",
    [*(f"Content-Length: {value}" for value in HEADERS["Content-Length"]), "Transfer-Encoding: gzip"],
    ids=ascii,
)
def test_a_body_whose_length_is_none_is_refused_at_once(target: Target, header: str) -> None:
    name, _, value = header.partition(": ")
    with target.tally.attack("HTTP: lengths"):
        answer = exchange(target.url, request("POST", REST, [(name, value)]), SOON)

        assert 400 <= answer.status < 500, answer.body


@pytest.mark.parametrize("version", ["13", "8"])
@pytest.mark.parametrize("key", ["", "x", "AAAA"])
def test_a_websocket_that_is_none_is_refused(target: Target, version: str, key: str) -> None:
    headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", version), ("Sec-WebSocket-Key", key)]
    sent = request("GET", f"{SOCKET}websocket", headers).replace(b"Connection: close", b"Connection: Upgrade")
    with target.tally.attack("HTTP: websockets that are none"):
        answer = exchange(target.url, sent, PATIENCE_SECONDS)

        assert 400 <= answer.status < 500, answer.body


@attacks
@hypothesis.given(
    start=st.sampled_from([WEB, f"{WEB}assets/", f"{WEB}assets", "/", "/webhooks/", "/webhooks/rest/", ""]),
    steps=st.lists(st.sampled_from(STEPS), max_size=8),
    joint=st.sampled_from(["/", "%2f", "%2F", "\\", "%5c", "%252f", "//", "/./", ""]),
    end=st.sampled_from(["", "?x", "#x", "%00", "%00.js", ";", "/", "?" + "a" * 3_000, "%20", "."]),
)
def test_no_path_leads_to_a_file_that_is_not_the_widgets(
    target: Target, start: str, steps: list[str], joint: str, end: str
) -> None:
    path = start + joint.join(steps) + end
    sent = request("GET", path or "/", [("Accept", "text/html")])
    with target.tally.attack("HTTP: paths"):
        answer = exchange(target.url, sent, PATIENCE_SECONDS)

        assert answer.status < 500, path
        assert answer.status or not path.startswith("/"), path
        if 200 <= answer.status < 300:
            assert _is_public(answer, target.url), path
        else:
            check_no_leak(_without_echo(answer, sent))
            assert "<script" not in answer.text


def test_what_refuses_a_path_shows_it_as_text(target: Target) -> None:
    for path in ("/<script>alert(1)</script>", f"{WEB}<img src=x onerror=alert(1)>".replace(" ", "%20")):
        with target.tally.attack("HTTP: paths"):
            answer = exchange(target.url, request("GET", path, [("Accept", "text/html")]), PATIENCE_SECONDS)

            assert answer.status == 404
            assert b"<script" not in answer.body
            assert b"<img" not in answer.body


@pytest.mark.parametrize("path", [REST, f"{SOCKET}polling", TELEGRAM, f"{WEB}health"])
def test_another_site_may_read_nothing_and_send_no_json(target: Target, path: str) -> None:
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    with target.tally.attack("HTTP: other sites"):
        answer = _client().options(target.url + path, headers=asking)

        assert answer.status_code in range(400, 500)
        assert "access-control-allow-origin" not in answer.headers


@functools.lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)


@functools.lru_cache(maxsize=1)
def _public(url: str) -> frozenset[bytes]:
    """All that anybody may fetch."""
    launcher = _client().get(f"{url}{WEB}botwijzer.js", headers={"Accept-Encoding": "identity"})
    panel = f"assets/panel-{launcher.text.split('panel-')[1].split('.js')[0]}.js"
    names = ("", "botwijzer.js", panel, "assets/licences.txt")
    return frozenset(
        _client().get(f"{url}{WEB}{name}", headers={"Accept-Encoding": "identity"}).content for name in names
    )


def _is_public(answer: Answer, url: str) -> bool:
    if answer.body in _public(url):
        return True
    try:
        return set(json.loads(answer.body)) <= {"status", "faults", "warnings", "run_id"}
    except ValueError:
        return False


def _without_echo(answer: Answer, sent: bytes) -> str:
    """What an answer says beside what was sent, which some refusals repeat."""
    text = answer.text
    line = sent.split(b"\r\n")[0].decode("utf-8", "replace")
    path = line.partition(" ")[2].rpartition(" ")[0]
    for part in sorted({line, path, path.partition("?")[0], *line.split(" ")} - {""}, key=len, reverse=True):
        text = text.replace(part, "")
    return text
