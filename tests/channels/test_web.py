"""The website's channel on the running assistant, over real sockets and HTTP."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import sqlite3
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import socketio.exceptions

from botwijzer.article import article
from botwijzer.channels.pace import MAX_MESSAGES
from botwijzer.channels.pages import DEMO_POLICY
from botwijzer.channels.rendering import for_widget
from botwijzer.channels.tokens import sign
from botwijzer.channels.transcript import Transcript
from botwijzer.channels.web import MOST_BYTES
from tests.channels.visitor import visiting
from tests.conftest import Stack, action_server, is_response, running_stack
from tests.unit_helpers import strings


def run(visit: Coroutine[Any, Any, None]) -> None:
    """Lives through a visit."""
    asyncio.run(visit)


def test_a_conversation_opens_with_what_this_is_and_what_is_kept(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            opening, greeting = visitor.messages
            statement, privacy = opening["body"]["text"].split("\n\n")
            assert is_response("utter_statement", statement)
            assert is_response("utter_privacy", privacy)
            assert len(greeting["body"]["buttons"]) == 3
            assert [m["author"] for m in visitor.messages] == ["bot", "bot"]

    run(visit())


def test_a_question_is_shown_worked_on_and_answered_in_one_message(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            visitor.heard.clear()
            (answer,) = await visitor.answered("Is zwemmen goed voor je botten?")
            assert [p["id"] for p in answer["body"]["passages"]] == ["zwemmen"]
            assert answer["body"]["disclaimer"] == article().disclaimer
            assert [s["url"] for s in answer["body"]["sources"]] == [s.url for s in article().sources]
            assert answer["body"]["buttons"]
            assert [event for event, _ in visitor.heard] == ["message", "working", "message", "working"]

    run(visit())


def test_a_button_is_shown_as_its_words_and_understood_as_its_payload(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            (answer,) = await visitor.answered("Wat is osteoporose?", payload="/faq_op_definitie")
            assert [p["id"] for p in answer["body"]["passages"]] == ["op_definitie"]
            assert visitor.texts[-2] == "Wat is osteoporose?"

    run(visit())


@pytest.mark.parametrize("payload", ["/restart", '/faq_calcium{"x": 1}', "/session_start", "calcium", ""])
def test_what_is_no_button_of_ours_presses_nothing(stack: Stack, payload: str) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            (answer,) = await visitor.answered("Is zwemmen goed voor je botten?", payload=payload)
            assert [p["id"] for p in answer["body"]["passages"]] == ["zwemmen"]

    run(visit())


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀😀", "/restart", "<script>alert(1)</script>", "'; drop table events; --", "\0\x07"],
)
def test_whatever_is_typed_gets_a_reply_and_is_shown_as_text(stack: Stack, text: str) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            said = await visitor.answered(text)
            assert said
            assert all(m["body"]["text"] for m in said)
            assert text.startswith("<") is ("<script>" in visitor.texts[2])

    run(visit())


def test_the_same_question_sent_twice_is_asked_once(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            question = {"id": "again", "text": "Is zwemmen goed voor je botten?"}
            assert [await visitor.say("ask", question) for _ in range(3)] == [{"ok": True}] * 3
            await visitor.until(lambda: visitor.answers)
            await visitor.answered("bedankt")
            assert len(visitor.answers) == 1
            assert visitor.texts.count("Is zwemmen goed voor je botten?") == 1

    run(visit())


def test_questions_at_once_are_answered_in_their_order(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            names = ["zwemmen", "calcium", "op_definitie"]
            await asyncio.gather(*(visitor.ask("x", payload=f"/faq_{name}") for name in names))
            await visitor.until(lambda: len(visitor.answers) == 3)
            assert [answer["passages"][0]["id"] for answer in visitor.answers] == names
            assert len({m["id"] for m in visitor.messages}) == len(visitor.messages)

    run(visit())


def test_who_comes_back_gets_what_was_missed_and_after_a_reload_everything(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            await visitor.answered("hallo")
            token, before, last = visitor.token, list(visitor.messages), visitor.last
            async with visiting(stack.url, {"token": token, "last": 0}) as second_tab:
                await second_tab.answered("Is zwemmen goed voor je botten?")
                await visitor.until(lambda: visitor.answers)
                assert visitor.messages == second_tab.messages
        async with visiting(stack.url, {"token": token, "last": last}) as back:
            assert back.token == token
            assert [m["author"] for m in back.messages] == ["visitor", "bot"]
        async with visiting(stack.url, {"token": token, "last": 0}) as reloaded:
            assert reloaded.messages == before + back.messages

    run(visit())


def test_what_a_server_that_died_has_left_unanswered_is_answered(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            token = visitor.token
        session = jwt.decode(token, options={"verify_signature": False})["sub"]
        body = for_widget({"text": "Is zwemmen goed voor je botten?"})
        Transcript(stack.settings.database_url).add_question(session, "left", body, body["text"])
        async with visiting(stack.url, {"token": token, "last": 0}) as back:
            await back.until(lambda: back.answers)
            assert [m["author"] for m in back.messages] == ["bot", "bot", "visitor", "bot"]

    run(visit())


@pytest.mark.parametrize(
    "auth",
    [
        {"token": "nonsense"},
        {"token": sign("0" * 32, "another key" * 6)},
        {"token": jwt.encode({"sub": "0" * 32}, "", algorithm="none")},
        {"token": ["x"], "last": "x"},
        {"token": "\ud800"},
        {"token": "x" * 100_000, "last": -3},
        "text",
        {"last": 10**9},
        {"last": 2**70},
        {"last": True},
    ],
)
def test_who_shows_no_token_of_ours_is_somebody_new(stack: Stack, auth: object) -> None:
    async def visit() -> None:
        async with visiting(stack.url, auth) as visitor:
            assert len(visitor.messages) == 2

    run(visit())


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        3,
        {},
        {"id": "", "text": "x"},
        {"id": "x" * 65, "text": "x"},
        {"id": 3, "text": "x"},
        {"id": "x"},
        {"id": "\ud800", "text": "x"},
        {"id": "a\0b", "text": "x", "useful": True},
        {"id": 2**70, "text": "x", "useful": True},
        {"id": -1, "text": "x", "useful": True},
    ],
)
def test_a_question_of_another_form_is_refused_and_the_conversation_goes_on(stack: Stack, data: object) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            assert await visitor.say("ask", data) == {"ok": False, "error": "form"}
            assert await visitor.say("feedback", data) == {"ok": False, "error": "form"}
            assert await visitor.answered("hallo")

    run(visit())


def test_who_sends_faster_than_people_type_is_asked_to_wait(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            receipts = [await visitor.say("ask", {"id": "same", "text": "hallo"}) for _ in range(MAX_MESSAGES + 5)]
            assert receipts[:MAX_MESSAGES] == [{"ok": True}] * MAX_MESSAGES
            assert receipts[-1]["error"] == "pace"
            assert is_response("utter_slow_down", receipts[-1]["text"])
            async with visiting(stack.url) as other:
                assert await other.answered("hallo")

    run(visit())


def test_more_than_a_message_can_be_ends_the_connection_and_nothing_else(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            await visitor.client.emit("ask", {"id": "x", "text": "x" * (MOST_BYTES + 1)})
            await visitor.until(lambda: not visitor.client.connected)
        async with visiting(stack.url, {"token": visitor.token}) as back:
            assert await back.answered("hallo")

    run(visit())


def test_attachments_are_not_gathered(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            await visitor.client.emit("ask", {"id": "x", "text": b"bytes"})
            assert await visitor.answered("hallo")

    run(visit())


def test_more_arguments_than_there_are_change_nothing(stack: Stack) -> None:
    async def visit() -> None:
        async with visiting(stack.url) as visitor:
            receipt = await visitor.client.call("ask", ({"id": "x", "text": "hallo"}, {}, 3))
            assert receipt == {"ok": True}

    run(visit())


def test_who_ends_a_conversation_while_it_is_being_answered_is_not_made_to_wait_for_the_rest(tmp_path: Path) -> None:
    async def visit(stack: Stack) -> None:
        async with visiting(stack.url) as visitor:
            os.kill(stack.supervisor.pid("actions"), signal.SIGSTOP)
            try:
                for _ in range(4):
                    await visitor.ask("x", payload="/faq_calcium")
                assert await visitor.say("erase", {}) == {"ok": True}
            finally:
                os.kill(stack.supervisor.pid("actions"), signal.SIGCONT)
            assert visitor.answers == []
            assert sum(is_response("utter_trouble", text) for text in visitor.texts) <= 1

    with running_stack(tmp_path, **action_server()) as stack:
        run(visit(stack))


def test_whether_an_answer_was_useful_is_kept_with_question_and_passage(stack: Stack) -> None:
    async def visit() -> None:
        question = f"Is zwemmen goed voor je botten? {uuid.uuid4().hex[:6]}"
        async with visiting(stack.url) as visitor:
            (answer,) = await visitor.answered(question)
            assert await visitor.say("feedback", {"id": answer["id"], "useful": True}) == {"ok": True}
            assert await visitor.say("feedback", {"id": answer["id"], "useful": False}) == {"ok": True}
            assert await visitor.say("feedback", {"id": visitor.messages[0]["id"], "useful": True}) == {"ok": False}
            async with visiting(stack.url) as other:
                assert await other.say("feedback", {"id": answer["id"], "useful": True}) == {"ok": False}
        kept = [entry for entry in Transcript(stack.settings.database_url).feedback() if entry[0] == question]
        assert kept == [(question, "zwemmen", False)]
        async with visiting(stack.url, {"token": visitor.token}) as back:
            assert [m.get("useful") for m in back.messages if m["id"] == answer["id"]] == [False]

    run(visit())


def test_an_erased_conversation_is_nowhere_any_more(stack: Stack) -> None:
    word = f"geheim{uuid.uuid4().hex}"
    database = Path(stack.settings.database_url.removeprefix("sqlite:///"))

    def kept() -> bool:
        with sqlite3.connect(database) as connection:
            return any(word in line for line in connection.iterdump())

    async def visit() -> None:
        async with visiting(stack.url) as visitor, visiting(stack.url, {"token": visitor.token}) as second_tab:
            await visitor.answered(f"Is zwemmen goed voor je botten? {word}")
            assert await asyncio.to_thread(kept)
            assert await visitor.say("erase", {}) == {"ok": True}
            await second_tab.until(lambda: ("erased", {}) in second_tab.heard)
            assert not await asyncio.to_thread(kept)
            assert await visitor.ask("nog iets?") == {"ok": False, "error": "gone"}  # the browser begins anew
        async with visiting(stack.url, {"token": visitor.token}) as back:
            assert back.token != visitor.token
            assert len(back.messages) == 2

    run(visit())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "https://shop.example.evil.nl"]
)
def test_a_site_that_is_not_named_may_not_embed_the_widget(stack: Stack, origin: str, transport: str) -> None:
    async def visit() -> None:
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with visiting(stack.url, headers={"Origin": origin}, transport=transport):
                pass

    run(visit())


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_the_servers_own_pages_may(stack: Stack, transport: str) -> None:
    async def visit() -> None:
        async with visiting(stack.url, headers={"Origin": stack.url}, transport=transport) as visitor:
            assert await visitor.answered("hallo")

    run(visit())


def test_health_is_good_when_everything_works(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/webhooks/web/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "faults": [], "warnings": []})


def test_health_names_the_part_that_fails(tmp_path: Path) -> None:
    with running_stack(tmp_path, **action_server()) as spoilt:
        address = f"{spoilt.url}/webhooks/web/health"
        database = Path(spoilt.settings.database_url.removeprefix("sqlite:///"))
        with sqlite3.connect(database, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            answer = httpx.get(address, trust_env=False, timeout=30)
            assert (answer.status_code, answer.json()["faults"]) == (503, ["database"])
            other.execute("ROLLBACK")
        os.kill(spoilt.supervisor.pid("actions"), signal.SIGKILL)
        answer = httpx.get(address, trust_env=False, timeout=30)
        assert (answer.status_code, answer.json()["faults"]) == (503, ["actions"])


def test_files_are_small_over_the_wire_kept_by_browsers_and_none_but_ours(stack: Stack) -> None:
    with httpx.Client(base_url=f"{stack.url}/webhooks/web/", trust_env=False) as client:
        launcher = client.get("botwijzer.js", headers={"Accept-Encoding": "gzip"})
        assert launcher.headers["content-type"] == "text/javascript; charset=utf-8"
        assert launcher.headers["content-encoding"] == "gzip"
        assert launcher.headers["cache-control"] == "no-cache"
        again = client.get("botwijzer.js", headers={"If-None-Match": launcher.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("botwijzer.js", headers={"Accept-Encoding": "identity"}).content == launcher.content
        name = launcher.text.split("panel-")[1].split(".js")[0]
        panel = client.get(f"assets/panel-{name}.js")
        assert "immutable" in panel.headers["cache-control"]
        assert panel.headers["access-control-allow-origin"] == "*"
        licences = client.get("assets/licences.txt")
        assert licences.headers["cache-control"] == "no-cache"
        assert all(name in licences.text for name in ("lit 3.", "socket.io-client 4.", "Redistribution and use"))
        old = client.get("assets/panel-0123456789ab.js")  # of a page that was open when the widget was built anew
        assert (old.content, old.headers["cache-control"]) == (panel.content, "no-cache")
        for wrong in (
            "assets/no.js",
            "assets/panel-0123456789ab.js.map",
            "assets/..%2f..%2fdomain.yml",
            "assets/%2e%2e/package.json",
            "assets/",
            "x/y",
        ):
            assert client.get(wrong).status_code == 404
        assert len(gzip.compress(launcher.content)) < len(launcher.content)


def test_the_demo_page_shows_the_whole_article_and_one_script(stack: Stack) -> None:
    page = httpx.get(f"{stack.url}/webhooks/web/", trust_env=False)
    assert page.headers["content-security-policy"] == DEMO_POLICY
    assert "frame-ancestors 'self'" in DEMO_POLICY
    for words in (article().title, article().disclaimer, *(s.url for s in article().sources)):
        assert words.replace("&", "&amp;") in page.text
    assert page.text.count("<script") == 1
    assert "<!-- " not in page.text
    assert all(sentence in page.text for sentence in strings([list(p.sentences) for p in article().passages.values()]))
