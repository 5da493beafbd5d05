"""What happens when Telegram refuses, is away or is odd, and when somebody pretends to be Telegram."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from botwijzer.article import article
from botwijzer.channels.telegram import MOST_BYTES, SECRET_HEADER, WEBHOOK
from botwijzer.channels.telegram_api import IN_A_CHAT
from tests.conftest import is_response
from tests.telegram.conftest import PUBLIC_URL, Bot, running_bot

SWIMMING = "Is zwemmen goed voor je botten?"
ODD_UPDATES: tuple[tuple[str, Any], ...] = (
    ("edited_message", {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "hallo"}),
    ("channel_post", {"message_id": 1, "date": 1, "chat": {"id": -7, "type": "channel", "title": "x"}, "text": "x"}),
    ("edited_channel_post", {"message_id": 1, "date": 1, "chat": {"id": -7, "type": "channel", "title": "x"}}),
    ("message_reaction", {"chat": {"id": 5, "type": "private"}, "message_id": 1, "date": 1, "new_reaction": []}),
    ("message_reaction_count", {"chat": {"id": -5, "type": "supergroup"}, "message_id": 1, "date": 1, "reactions": []}),
    ("my_chat_member", {"chat": {"id": 5, "type": "private"}, "from": {"id": 5, "is_bot": False, "first_name": "x"}}),
    ("chat_member", {"chat": {"id": -5, "type": "supergroup"}}),
    ("chat_join_request", {"chat": {"id": -5, "type": "supergroup"}}),
    ("inline_query", {"id": "1", "from": {"id": 5, "is_bot": False, "first_name": "x"}, "query": "x", "offset": ""}),
    ("chosen_inline_result", {"result_id": "1", "from": {"id": 5, "is_bot": False, "first_name": "x"}, "query": ""}),
    ("shipping_query", {"id": "1"}),
    ("pre_checkout_query", {"id": "1"}),
    ("poll", {"id": "1", "question": "x", "options": []}),
    ("poll_answer", {"poll_id": "1", "option_ids": []}),
    ("chat_boost", {"chat": {"id": -5, "type": "supergroup"}}),
    ("removed_chat_boost", {"chat": {"id": -5, "type": "supergroup"}}),
    ("business_connection", {"id": "1"}),
    ("business_message", {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "hallo"}),
    ("deleted_business_messages", {"business_connection_id": "1", "message_ids": [1]}),
    ("purchased_paid_media", {"paid_media_payload": "x"}),
    ("something_of_next_year", {"a": [1, {"b": None}]}),
    ("callback_query", {"id": "77", "from": {"id": 5, "is_bot": False, "first_name": "x"}, "chat_instance": "1"}),
    ("callback_query", {"id": "78", "from": {"id": 5, "is_bot": False, "first_name": "x"}, "chat_instance": "1",
                        "data": "/faq_calcium", "inline_message_id": "abc"}),
    ("message", {"message_id": 1, "date": 1, "chat": {"id": -9, "type": "group"}, "group_chat_created": True}),
    ("message", {"message_id": 1, "date": 1, "chat": {"id": -9, "type": "supergroup", "title": "x"},
                 "from": {"id": 5, "is_bot": False, "first_name": "x"}, "new_chat_members": []}),
    ("message", {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}),
    ("message", {"message_id": "één", "date": None, "chat": "niets", "from": 3}),
    ("message", {"chat": {}}),
    ("message", []),
    ("message", None),
    ("message", "tekst"),
)  # fmt: skip


@pytest.fixture(scope="module")
def webhook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """An assistant that Telegram brings its updates to."""
    with running_bot(tmp_path_factory.mktemp("webhook"), "webhook") as running:
        running.api.wait_for(lambda: running.api.webhook)
        yield running
    assert running.api.faults == []


def test_no_kind_of_update_breaks_anything(webhook: Bot, person: int) -> None:
    sent = len(webhook.api.sent())
    ids = [2**40 + number for number in range(len(ODD_UPDATES))]
    for number, (kind, body) in zip(ids, ODD_UPDATES):
        webhook.api.send_raw({"update_id": number, kind: body})
    webhook.api.wait_for(lambda: {(number, 200) for number in ids} <= set(webhook.api.deliveries))
    webhook.settle(person)
    webhook.settle(5)
    answered = [each.text for each in webhook.api.sent()[sent:]]
    assert [text for text in answered if "Graag gedaan" not in text] == []
    assert "Traceback" not in webhook.log()


@pytest.mark.parametrize(
    "update", [{}, [], None, "text", 3, {"update_id": "x"}, {"update_id": -1}, {"update_id": 2**70}]
)
def test_what_is_no_update_is_taken_and_forgotten(webhook: Bot, person: int, update: Any) -> None:
    headers = {SECRET_HEADER: webhook.api.webhook["secret_token"]} if webhook.api.webhook else {}
    answer = httpx.post(webhook.stack.url + WEBHOOK, json=update, headers=headers, trust_env=False)
    assert answer.status_code == 200
    webhook.settle(person)


def test_nobody_else_is_taken_for_telegram(webhook: Bot, person: int) -> None:
    secret = str((webhook.api.webhook or {})["secret_token"])
    message = {"message_id": 1, "date": 1, "chat": {"id": person, "type": "private"}, "text": SWIMMING,
               "from": {"id": person, "is_bot": False, "first_name": "x"}}  # fmt: skip
    wrong = ["", secret[:-1], secret + "x", secret.upper(), "x" * len(secret), "é" * 3, secret[::-1], "0" * 64]
    statuses = []
    with httpx.Client(trust_env=False) as client:
        for number in range(1000):
            body = {"update_id": 10**12 + number, "message": message}
            given = wrong[number % len(wrong)].encode()
            headers = [(SECRET_HEADER.encode(), given)] if number % len(wrong) else []
            statuses.append(client.post(webhook.stack.url + WEBHOOK, json=body, headers=headers).status_code)
        junk = client.post(webhook.stack.url + WEBHOOK, content=b"{", headers={SECRET_HEADER: "x"})
    assert set(statuses) == {401}
    assert junk.status_code == 401, "it was read before it was known to be Telegram's"
    webhook.settle(person)
    assert len(webhook.api.sent(person)) == 1


def test_what_telegram_would_not_send_is_refused(webhook: Bot) -> None:
    headers = {SECRET_HEADER: str((webhook.api.webhook or {})["secret_token"])}
    with httpx.Client(base_url=webhook.stack.url, headers=headers, trust_env=False) as client:
        assert client.post(WEBHOOK, content=b"{").status_code == 400
        assert client.post(WEBHOOK, content=b"x" * (MOST_BYTES + 1)).status_code == 413
        assert client.get(WEBHOOK).status_code == 405


def test_the_webhook_is_registered_with_what_it_needs(webhook: Bot) -> None:
    setting = webhook.api.webhook or {}
    assert setting["url"] == PUBLIC_URL + WEBHOOK
    assert len(setting["secret_token"]) >= 32
    assert setting["allowed_updates"] == ["message", "callback_query"]


def test_the_webhook_answers_before_the_work_is_done(webhook: Bot, person: int) -> None:
    webhook.asked(person, "/start")
    os.kill(webhook.stack.supervisor.pid("actions"), signal.SIGSTOP)
    try:
        update = webhook.api.text(person, SWIMMING)
        webhook.api.wait_for(lambda: (update, 200) in webhook.api.deliveries)
        assert len(webhook.api.sent(person)) == 1
        webhook.api.wait_for(lambda: any(call.method == "sendChatAction" for call in webhook.api.calls))
    finally:
        os.kill(webhook.stack.supervisor.pid("actions"), signal.SIGCONT)
    webhook.says(person, 2)
    actions = [call.parameters for call in webhook.api.calls if call.method == "sendChatAction"]
    assert {"chat_id": person, "action": "typing"} in actions


def test_nothing_is_typing_any_more_when_the_answer_is_there(webhook: Bot, person: int) -> None:
    webhook.asked(person, SWIMMING)
    webhook.settle(person + 1)
    methods = [call.method for call in webhook.api.calls if call.parameters.get("chat_id") == person]
    assert methods[-1] == "sendMessage"


def test_who_is_asked_to_wait_waits_and_sends_once(webhook: Bot, person: int) -> None:
    webhook.api.fail("sendMessage", times=2, status=429, retry_after=1)
    webhook.asked(person, SWIMMING)
    webhook.settle(person)
    tried = [
        call.at for call in webhook.api.calls if call.method == "sendMessage" and call.parameters["chat_id"] == person
    ]
    assert len(webhook.api.sent(person)) == 2
    assert tried[1] - tried[0] >= 1
    assert tried[2] - tried[1] >= 1


@pytest.mark.parametrize("after", [False, True], ids=["before it arrived", "after it arrived"])
def test_a_connection_that_breaks_neither_loses_nor_doubles_a_message(webhook: Bot, person: int, after: bool) -> None:
    webhook.asked(person, "/start")
    webhook.api.cut("sendMessage", times=1, after=after)
    webhook.api.text(person, SWIMMING)
    webhook.settle(person)
    texts = [each.text for each in webhook.api.sent(person)]
    assert len(texts) == 3
    assert texts[1].startswith(article().passages["zwemmen"].lines[0])


@pytest.mark.parametrize("status", [500, 502, 503])
def test_trouble_at_telegram_is_borne(webhook: Bot, person: int, status: int) -> None:
    webhook.api.fail("sendMessage", times=2, status=status)
    webhook.asked(person, SWIMMING)
    webhook.settle(person)
    assert len(webhook.api.sent(person)) == 2


def test_who_has_blocked_the_bot_is_left_in_peace(webhook: Bot, person: int) -> None:
    webhook.asked(person, "/start")
    webhook.api.hold()
    update = webhook.api.text(person, SWIMMING)
    webhook.api.block(person)
    tried = len(webhook.api.calls)
    webhook.api.release([update])
    webhook.api.wait_for(lambda: any(call.method == "sendMessage" for call in webhook.api.calls[tried:]))
    webhook.settle(person)  # who writes again is answered again
    tries = [c for c in webhook.api.calls[tried:] if c.method == "sendMessage" and c.parameters["chat_id"] == person]
    assert [each.accepted for each in tries] == [False, True]


def test_a_group_that_became_a_supergroup_gets_its_answer(webhook: Bot, group: int) -> None:
    webhook.api.text(group - 1, "hallo", user=5)
    webhook.api.fail("sendMessage", times=1, status=400, migrate_to_chat_id=group - 1)
    webhook.api.text(group, f"/vraag {SWIMMING}", user=5)
    assert article().passages["zwemmen"].lines[0] in webhook.says(group - 1)[0].text


def test_what_telegram_refuses_holds_up_nothing(webhook: Bot, person: int) -> None:
    webhook.api.fail("sendMessage", times=1, status=400, description="Bad Request: something is wrong")
    webhook.api.text(person, SWIMMING)
    webhook.settle(person)
    assert len(webhook.api.sent(person)) == 1


def test_a_chat_gets_no_more_messages_at_once_than_telegram_allows(webhook: Bot, person: int) -> None:
    for _ in range(8):
        webhook.api.text(person, "bedankt")
    sent = [each.at for each in webhook.says(person, 8)]
    at_once, seconds = IN_A_CHAT
    assert sent[-1] - sent[0] >= (8 - at_once - 1) * seconds / at_once


def test_people_do_not_wait_for_each_other(webhook: Bot, person: int) -> None:
    for _ in range(6):
        webhook.api.text(person, "bedankt")
    webhook.asked(person + 1, "bedankt")
    assert len(webhook.api.sent(person)) < 6


def test_start_does_not_wait_for_telegram_and_all_is_answered_when_it_comes(tmp_path: Path) -> None:
    with running_bot(tmp_path / "first", "polling") as first:
        first.api.stop()
        with running_bot(tmp_path / "second", "polling", telegram_api=first.api.url) as second:
            assert second.stack.say("hallo").said[-1] == "utter_greet"
            first.api.start()
            update = first.api.text(5, SWIMMING)
            assert first.api.updates[update]
            first.api.wait_for(lambda: first.api.sent(5))
            log = second.log() + first.log()
        assert "Traceback" not in log
        assert first.stack.settings.telegram_token.get_secret_value() not in log
        assert is_response("utter_statement", first.api.sent(5)[0].text.split("\n\n")[0])
