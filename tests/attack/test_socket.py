"""The widget's socket in the hands of programs: frames that are none, unknown events, payloads of any form."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import os
import uuid
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from botwijzer.channels.web import MOST_BYTES
from tests.attack.making import ATTACKS, MOST_CHARACTERS, attacks, broken, texts, values
from tests.attack.target import Target, check_no_leak, check_refusal
from tests.attack.wire import JOIN, JOINED, Frames, connected, request, socket_open
from tests.channels.visitor import PATH, visiting
from tests.conftest import PATIENCE_SECONDS, is_response

PROBE, PROBED = '42424242["feedback",null]', "43424242["
"""An event that changes nothing, which is answered when all before it has been read."""

SOON = 1.0
"""Whoever said goodbye is not answered any more; so long is waited for it."""

REFUSALS = ("utter_slow_down", "utter_too_long_message", "utter_conversation_full")
"""What a visitor reads when a message is not taken."""

ERRORS = {"form", "long", "full", "pace", "gone"}
"""Why something is not done; another reason would be a failure of the server."""

EVENTS = (
    "ask", "feedback", "erase", "connect", "disconnect", "session", "message", "working", "error", "*", "", "\0",
    "__disconnect_final", "ASK", "a" * 3_000,
)  # fmt: skip
HEADS = (
    "", "0", "1", "2", "2probe", "3", "5", "6", "7", "9", "a", "²", "b", "b####", "bYWJj", "4", "40", "40/x,", "40{",
    "40/,", "41", "41/x,", "42", "42/x,", "43", "431", "439", "44", "45-", "451-", "45999999999-", "451-[", "461-",
    "46-1", "47", "48", "4x", "4²", "42" + "9" * 99, "42" + "9" * 101, "42-1", "420", "421", "42²", "4[", "4{",
)  # fmt: skip
QUERIES = (
    "", "&EIO=3", "&j=0", "&j=x", "&j=1&j=2", "&sid=x", "&sid=", "&sid=%00", "&b64=1", "&transport=polling",
    "&t=" + "x" * 3_000, "&transport=x", "&sid=<script>", "&j=-1", "&EIO=", "&sid=a&sid=b", "&%ff=%ff",
    "&supports_binary=x",
)  # fmt: skip

json_texts = values.map(json.dumps)
clean_texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=100)

short = texts.map(lambda text: text[: MOST_CHARACTERS // 2])


def event(name: str, arguments: list[Any], number: int | None) -> str:
    """An event with any arguments, as a frame; answered under this number."""
    return f"42{'' if number is None else number}{json.dumps([name, *arguments])}"


events = st.builds(
    event, st.sampled_from(EVENTS), st.lists(values, max_size=3), st.one_of(st.none(), st.integers(0, 99))
)
frames = st.one_of(
    events,
    st.builds(lambda head, rest: head + rest, st.sampled_from(HEADS), st.one_of(json_texts, clean_texts, st.just(""))),
    broken(events.map(str.encode)).map(lambda frame: frame.decode("utf-8", "replace")),
    clean_texts,
    st.builds(
        lambda sign, depth: f"42{sign * depth}", st.sampled_from(["[", '{"a":', '["ask",[']), st.integers(1, 9_000)
    ),
    st.binary(max_size=100),
)
payloads = st.lists(frames.filter(lambda frame: isinstance(frame, str)), max_size=18).map("\x1e".join)
"""Several frames at once, as polling sends them."""


@attacks
@hypothesis.given(sent=st.lists(frames, min_size=1, max_size=6), joins=st.booleans())
def test_no_frames_break_more_than_their_own_connection(target: Target, sent: list[str | bytes], joins: bool) -> None:
    async def attack() -> None:
        async with socket_open(target.url) as socket:
            if joins:
                await socket.send(JOIN)
                await socket.until(JOINED)
            for frame in sent:
                await socket.send(frame)
            await socket.send(JOIN)
            await socket.send(PROBE)
            await socket.until(PROBED, SOON)
            check_frames(socket)

    target.expect(2)
    with target.tally.attack("socket: frames"):
        asyncio.run(attack())


def check_frames(socket: Frames) -> None:
    """What the server said is of its protocol and tells nothing of how it is made."""
    for frame in socket.received:
        if frame.startswith("42"):
            name, data = json.loads(frame[2:])
            assert name in {"session", "message", "working", "erased"}
            said = data["messages"] if name == "session" else [data] if name == "message" else []
            for message in said:
                if message["author"] != "visitor":
                    check_no_leak(json.dumps(message["body"]))
        elif frame.startswith("43"):
            check_receipt(json.loads(frame[frame.index("[") :]))
        else:
            check_no_leak(frame)


def check_receipt(said: list[Any]) -> None:
    """A receipt says that it is well, or why not; nothing failed in the server."""
    for receipt in said:
        assert receipt["ok"] is True or receipt.get("error", "form") in ERRORS, receipt
        assert "text" not in receipt or any(is_response(name, receipt["text"]) for name in REFUSALS)


@attacks
@hypothesis.given(
    sent=st.lists(
        st.tuples(
            st.sampled_from(["ask", "feedback", "erase"]),
            st.one_of(
                values,
                st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(("id", "text", "payload", "useful", "keep_requests"), values)
                ),
                st.fixed_dictionaries(
                    {"id": st.builds(lambda: uuid.uuid4().hex), "text": short, "payload": st.one_of(values, short)}
                ),
                st.fixed_dictionaries({"id": st.integers(-1, 2**40), "useful": st.booleans()}),
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    transport=st.sampled_from(["websocket", "websocket", "polling"]),
)
def test_whatever_the_widget_is_made_to_send_gets_a_receipt(
    target: Target, sent: list[tuple[str, Any]], transport: str
) -> None:
    hypothesis.assume(all(len(json.dumps(data)) < MOST_BYTES // 2 for _, data in sent))

    async def attack() -> None:
        async with visiting(target.url, transport=transport) as visitor:
            for name, data in sent:
                check_receipt([await visitor.say(name, data)])

    target.expect()
    with target.tally.attack("socket: payloads"):
        asyncio.run(attack())


@attacks
@hypothesis.given(
    token=st.one_of(values, st.builds(lambda parts: ".".join(parts), st.lists(json_texts, max_size=4))),
    auth=st.one_of(st.just("token"), st.just("whole"), st.just("list")),
    last=values,
)
def test_whoever_comes_with_anything_begins_a_conversation_of_their_own(
    target: Target, token: Any, auth: str, last: Any
) -> None:
    given = {"token": token, "last": last}

    async def attack() -> None:
        async with socket_open(target.url) as socket:
            whole = token if auth == "whole" else [given] if auth == "list" else given
            for frame in (JOIN + json.dumps(whole), JOIN, PROBE):  # where the first is refused, the second is not
                await socket.send(frame)
            assert await socket.until(PROBED)
            opened = [json.loads(frame[2:])[1] for frame in socket.received if frame.startswith('42["session"')]
            assert [[message["author"] for message in each["messages"]] for each in opened] == [["bot", "bot"]]
            check_frames(socket)

    target.expect(2)
    with target.tally.attack("socket: who comes"):
        asyncio.run(attack())


@attacks
@hypothesis.given(
    method=st.sampled_from(["GET", "POST", "POST", "POST", "OPTIONS", "PUT", "DELETE"]),
    query=st.sampled_from(QUERIES),
    bodies=st.lists(st.one_of(frames, payloads), max_size=3),
    number=st.integers(0, 3),
)
def test_no_polling_is_a_failure_of_the_server(
    target: Target, method: str, query: str, bodies: list[str | bytes], number: int
) -> None:
    address = f"{target.url}/{PATH}/?EIO=4&transport=polling"
    with target.tally.attack("socket: polling"):
        opened = _client().get(address)
        session = json.loads(opened.text[1:])["sid"]
        for body in bodies:
            check_refusal(_client().post(f"{address}&sid={session}", content=body))
        check_refusal(_client().request(method, f"{address}{query}", content=b"4" * number))
        check_refusal(_client().post(f"{address}&sid={session}", content=b"1"))


@st.composite
def websocket_bytes(draw: st.DrawFn) -> bytes:
    """Bytes after a websocket's handshake: frames that are fragmented, unmasked, too long, reserved, or none at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(min_size=1, max_size=100))
    first = draw(st.sampled_from([0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8A, 0xC1, 0xF1, 0x83, 0x8F, 0x08]))
    payload = draw(st.one_of(st.binary(max_size=60), st.just(b"40"), st.just(b"\xff\xfe"), st.just(b"\x03\xe8\xff")))
    length = draw(
        st.sampled_from([bytes([0x80 | len(payload)]), bytes([len(payload)]), b"\xff" + b"\xff" * 8, b"\xfe\0\1"])
    )
    return bytes([first]) + length + b"\0\0\0\0" + payload


@hypothesis.settings(attacks, max_examples=max(ATTACKS // 5, 20))
@hypothesis.given(sent=st.lists(websocket_bytes(), min_size=1, max_size=4))
def test_no_bytes_on_a_websocket_break_anything(target: Target, sent: list[bytes]) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key)]
    opening = request("GET", f"/{PATH}/?EIO=4&transport=websocket", headers)
    with target.tally.attack("socket: websocket bytes"), connected(target.url) as line:
        line.sendall(opening.replace(b"Connection: close", b"Connection: Upgrade"))
        assert line.recv(65_536).startswith(b"HTTP/1.1 101 ")
        line.sendall(b"".join(sent))


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_no_words_from_the_socket_are_in_the_logs(target: Target, transport: str) -> None:
    secret = f"geheim{uuid.uuid4().hex}"
    sent = [
        f'42["{secret}"]',
        f"42{secret}",
        f'42{{"{secret}":1}}',
        secret,
        f'451-["ask","{secret}"]',
        f'42["ask",{secret}',
    ]

    async def attack(frame: str) -> None:
        async with socket_open(target.url) as socket:
            for each in (JOIN, frame, JOIN, PROBE):
                await socket.send(each)
            await socket.until(PROBED)

    for frame in sent:
        with target.tally.attack("socket: words in logs"):
            if transport == "websocket":
                asyncio.run(attack(frame))
            else:
                address = f"{target.url}/{PATH}/?EIO=4&transport=polling"
                session = json.loads(_client().get(address).text[1:])["sid"]
                _client().post(f"{address}&sid={session}", content=frame)
            assert secret not in target.log()


def test_junk_fills_no_disk_with_log(target: Target) -> None:
    before, count = len(target.log()), 40

    async def attack() -> None:
        for number in range(count):
            async with socket_open(target.url) as socket:
                for frame in (JOIN, "x" if number % 2 else "42[]", PROBE):
                    await socket.send(frame)
                await socket.until(PROBED)

    with target.tally.attack("socket: log", count):
        asyncio.run(attack())
        assert len(target.log()) - before < 200 * count


def test_one_connection_can_not_use_up_the_conversations_of_all(target: Target) -> None:
    async def attack() -> None:
        async with socket_open(target.url) as socket:
            for frame in (JOIN, *['42["connect",{},{}]'] * 600, PROBE):
                await socket.send(frame)
            await socket.until(PROBED)
            async with visiting(target.url) as visitor:
                assert await visitor.answered("hallo")

    with target.tally.attack("socket: conversations begun by one"):
        asyncio.run(attack())


@functools.lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
