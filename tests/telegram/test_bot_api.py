"""The tests' own Bot API server, spoken to over HTTP as a bot does: calls, chats, and faults on order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_api_client import ANNA, BERT, GROUP, TOKEN, Client
from tests.telegram.bot_api_methods import METHODS

HOOK = "https://bot.example/hook"
BUTTONS = {"inline_keyboard": [[{"text": "Meer", "callback_data": "/more"}]]}
UNCHANGED = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A server that nobody has written to yet."""
    with BotApi(TOKEN) as server:
        yield server


@pytest.fixture
def bot(api: BotApi) -> Client:
    """Whoever speaks to it."""
    return Client(api)


@pytest.fixture
def later() -> Iterator[Callable[..., Future[Any]]]:
    """Does something in another thread."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit


def test_json_form_multipart_and_address_say_the_same(api: BotApi, bot: Client) -> None:
    api.text(ANNA, "hallo")
    values = {"chat_id": str(ANNA), "text": "dag", "disable_notification": "true", "reply_markup": json.dumps(BUTTONS)}
    bot("sendMessage", chat_id=ANNA, text="dag", disable_notification=True, reply_markup=BUTTONS)
    bot.post("sendMessage", data=values)
    bot.post("sendmessage", files={name: (None, value) for name, value in values.items()})
    assert httpx.get(f"{api.url}/bot{TOKEN}/sendMessage", params=values, trust_env=False).json()["ok"]
    assert [call.parameters for call in api.calls] == [api.calls[0].parameters] * 4
    assert [sent.text for sent in api.sent(ANNA)] == ["dag"] * 4
    assert all(call.accepted for call in api.calls)
    assert api.faults == []


def test_wrong_token_and_unknown_method(api: BotApi, bot: Client) -> None:
    answer = httpx.post(f"{api.url}/bot1:no/getMe", trust_env=False)
    assert (answer.status_code, answer.json()["description"]) == (401, "Unauthorized")
    assert api.faults == []
    assert bot.post("sendGift") == {"ok": False, "error_code": 404, "description": "Not Found: method not found"}
    assert api.faults == ["sendGift: Not Found: method not found"]


def test_what_is_not_documented_is_refused_and_noted(api: BotApi, bot: Client) -> None:
    api.text(ANNA, "hallo")
    said = bot.refused("sendMessage", chat_id=ANNA, text="<b>", parse_mode="HTML")
    assert said == "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\""
    assert bot.post("getMe", content="{", headers={"Content-Type": "application/json"})["error_code"] == 400
    assert api.faults == [f"sendMessage: {said}", "getMe: Bad Request: can't parse JSON object"]
    assert [call.accepted for call in api.calls] == [False]
    assert api.sent() == []


def test_every_method_of_the_table_works(api: BotApi, bot: Client) -> None:
    api.make_forum(GROUP)
    said = bot("sendMessage", chat_id=GROUP, text="dag")["message_id"]
    api.press(said, GROUP, "/more")
    query = bot("getUpdates")[-1]["callback_query"]["id"]
    topic = bot("createForumTopic", chat_id=GROUP, name="Vraag 1")["message_thread_id"]
    for method, parameters in {
        "getMe": {},
        "setWebhook": {"url": HOOK},
        "getWebhookInfo": {},
        "deleteWebhook": {},
        "editMessageText": {"chat_id": GROUP, "message_id": said, "text": "dag!", "reply_markup": BUTTONS},
        "editMessageReplyMarkup": {"chat_id": GROUP, "message_id": said},
        "sendChatAction": {"chat_id": GROUP, "action": "typing", "message_thread_id": topic},
        "answerCallbackQuery": {"callback_query_id": query, "text": "ja"},
        "setMyCommands": {"commands": [{"command": "start", "description": "Begin"}], "scope": {"type": "default"}},
        "getMyCommands": {},
        "setMyDescription": {"description": "Vragen over botten"},
        "getMyDescription": {"language_code": "nl"},
        "setMyShortDescription": {"short_description": "Botten"},
        "getMyShortDescription": {},
        "deleteMessage": {"chat_id": GROUP, "message_id": said},
        "deleteMessages": {"chat_id": GROUP, "message_ids": [said, 99]},
        "editForumTopic": {"chat_id": GROUP, "message_thread_id": topic, "name": "Vraag 2"},
        "closeForumTopic": {"chat_id": GROUP, "message_thread_id": topic},
        "reopenForumTopic": {"chat_id": GROUP, "message_thread_id": topic},
        "deleteForumTopic": {"chat_id": GROUP, "message_thread_id": topic},
        "getChat": {"chat_id": GROUP},
    }.items():
        assert bot(method, **parameters), method
    assert {call.method for call in api.calls} == METHODS.keys()
    assert api.commands == {"default": [{"command": "start", "description": "Begin"}]}
    assert (api.description, api.short_description) == ("Vragen over botten", "Botten")
    assert bot("getMyDescription", language_code="nl") == {"description": "Vragen over botten"}
    assert bot("getMe")["id"] == 4711
    assert api.answered_callbacks == [{"callback_query_id": query, "text": "ja"}]
    assert api.faults == []


def test_message_ids_of_private_chats_are_one_row_and_those_of_a_group_another(api: BotApi, bot: Client) -> None:
    updates = [api.text(chat, "hallo") for chat in (ANNA, BERT, GROUP)]
    sent = [bot("sendMessage", chat_id=chat, text="dag")["message_id"] for chat in (ANNA, GROUP, BERT)]
    assert [api.updates[update]["message"]["message_id"] for update in updates] == [1, 2, 1]
    assert sent == [3, 2, 4]
    assert updates == list(range(updates[0], updates[0] + 3))


def test_who_writes_and_what_telegram_marks(api: BotApi) -> None:
    update = api.text(GROUP, "😀 /start@botwijzer_bot a@b.nl (@anna) /x/y", user=ANNA, message_thread_id=7)
    message = api.updates[update]["message"]
    assert message["from"]["id"] == ANNA
    assert message["chat"]["type"] == "supergroup"
    assert message["message_thread_id"] == 7
    assert message["entities"] == [
        {"type": "bot_command", "offset": 3, "length": 20},
        {"type": "mention", "offset": 32, "length": 5},
    ]
    answer = api.updates[api.text(GROUP, "ja", reply_to=message["message_id"], entities=[])]["message"]
    assert answer["reply_to_message"] == message
    assert "entities" not in answer
    sticker = api.updates[api.text(ANNA, "", sticker={"file_id": "x"})]["message"]
    assert "text" not in sticker
    assert sticker["sticker"] == {"file_id": "x"}
    forwarded = api.updates[api.text(GROUP, "nieuws", sender_chat={"id": -1005}, is_automatic_forward=True)]["message"]
    assert forwarded["from"]["id"] == 777000


def test_a_reply_names_its_message_and_stays_in_its_topic(api: BotApi, bot: Client) -> None:
    topic: dict[str, Any] = {"message_thread_id": 7, "is_topic_message": True}
    asked = api.updates[api.text(GROUP, "vraag", **topic)]["message"]["message_id"]
    said = bot("sendMessage", chat_id=GROUP, text="dag", reply_parameters={"message_id": asked})
    assert said["reply_to_message"]["text"] == "vraag"
    (sent,) = api.sent(GROUP)
    assert (sent.reply_to, sent.thread) == (asked, 7)
    gone = {"message_id": 99}
    refused = bot.refused("sendMessage", chat_id=GROUP, text="dag", reply_parameters=gone)
    assert refused == "Bad Request: message to be replied not found"
    gone["allow_sending_without_reply"] = True
    assert "reply_to_message" not in bot("sendMessage", chat_id=GROUP, text="dag", reply_parameters=gone)
    assert bot.refused("sendMessage", chat_id=GROUP, text="dag", message_thread_id=8).endswith("thread not found")
    assert api.faults == []


def test_topics_are_opened_and_closed_where_there_are_topics(api: BotApi, bot: Client) -> None:
    assert bot.refused("createForumTopic", chat_id=GROUP, name="Vraag") == "Bad Request: chat not found"
    api.update("my_chat_member", {"chat": {"id": GROUP, "type": "supergroup", "title": "Team", "is_forum": True}})
    topic = bot("createForumTopic", chat_id=GROUP, name="Vraag")["message_thread_id"]
    message = bot("sendMessage", chat_id=GROUP, text="dag", message_thread_id=topic)
    assert message["is_topic_message"]
    assert message["message_id"] > topic
    assert api.sent()[0].thread == topic
    assert bot("closeForumTopic", chat_id=GROUP, message_thread_id=topic)
    assert bot.refused("closeForumTopic", chat_id=GROUP, message_thread_id=topic) == "Bad Request: TOPIC_NOT_MODIFIED"
    api.text(ANNA, "hallo")
    assert bot.refused("createForumTopic", chat_id=ANNA, name="Vraag") == "Bad Request: the chat is not a forum"


def test_edits(api: BotApi, bot: Client) -> None:
    asked = api.updates[api.text(ANNA, "hallo")]["message"]["message_id"]
    said = bot("sendMessage", chat_id=ANNA, text="<b>dag</b>", parse_mode="HTML", reply_markup=BUTTONS)["message_id"]
    same = {"chat_id": ANNA, "message_id": said, "text": "<strong>dag</strong>", "parse_mode": "HTML"}
    assert bot.refused("editMessageText", **same, reply_markup=BUTTONS).startswith(UNCHANGED)
    assert "reply_markup" not in bot("editMessageText", **same)
    assert bot("editMessageText", **{**same, "text": "doei"})["edit_date"]
    (sent,) = api.sent()
    assert (sent.text, sent.html, sent.entities, sent.reply_markup) == ("doei", "doei", [], None)
    assert bot.refused("editMessageText", **{**same, "message_id": asked}) == "Bad Request: message can't be edited"
    assert bot.refused("editMessageText", **{**same, "message_id": 99}) == "Bad Request: message to edit not found"
    assert bot("editMessageReplyMarkup", chat_id=ANNA, message_id=said, reply_markup=BUTTONS)["text"] == "doei"
    assert bot.refused("editMessageReplyMarkup", chat_id=ANNA, message_id=said, reply_markup=BUTTONS).startswith(
        UNCHANGED
    )
    assert api.faults == []


def test_a_press_shows_the_message_and_is_answered_once(api: BotApi, bot: Client) -> None:
    api.text(ANNA, "hallo")
    said = bot("sendMessage", chat_id=ANNA, text="dag", reply_markup=BUTTONS)
    query = api.updates[api.press(said["message_id"], ANNA, "/more")]["callback_query"]
    assert query["message"] == said
    assert (query["from"]["id"], query["data"]) == (ANNA, "/more")
    assert bot("answerCallbackQuery", callback_query_id=query["id"])
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert bot.refused("answerCallbackQuery", callback_query_id=query["id"]) == too_old
    assert api.updates[api.press(99, ANNA, "/more")]["callback_query"]["message"]["date"] == 0


def test_a_bot_writes_only_where_it_may(api: BotApi, bot: Client) -> None:
    assert bot.refused("sendMessage", chat_id=ANNA, text="dag") == "Bad Request: chat not found"
    api.text(ANNA, "hallo")
    api.block(ANNA)
    answer = bot.post("sendMessage", json={"chat_id": ANNA, "text": "dag"})
    assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
    api.text(ANNA, "daar ben ik weer")
    assert bot("sendMessage", chat_id=ANNA, text="dag")
    assert api.faults == []


def test_faults_on_order(api: BotApi, bot: Client) -> None:
    api.fail("getMe", 1, 500)
    api.fail("getMe", 1, 429, retry_after=3)
    api.fail("getMe", 1, 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=GROUP)
    assert bot.refused("getMe") == "Internal Server Error"
    limited = {"error_code": 429, "description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}}
    assert bot.post("getMe") == {"ok": False, **limited}
    moved = bot.post("getMe")
    assert moved["description"] == "Bad Request: group chat was upgraded"
    assert moved["parameters"] == {"migrate_to_chat_id": GROUP}
    assert bot("getMe")
    assert [call.accepted for call in api.calls] == [False, False, False, True]
    assert api.faults == []


def test_a_cut_line_leaves_the_bot_in_doubt(api: BotApi, bot: Client) -> None:
    api.text(ANNA, "hallo")
    api.cut("sendMessage", 1, after=False)
    api.cut("sendMessage", 1, after=True)
    for text in ("eerst", "dan"):
        with pytest.raises(httpx.TransportError):
            bot("sendMessage", chat_id=ANNA, text=text)
    assert [(call.parameters["text"], call.accepted) for call in api.calls] == [("eerst", False), ("dan", True)]
    assert [sent.text for sent in api.sent()] == ["dan"]


def test_the_server_goes_away_and_comes_back(api: BotApi, bot: Client, later: Callable[..., Future[Any]]) -> None:
    url, polled = api.url, later(bot.ids, timeout=10)
    api.wait_for(lambda: api.calls)
    api.stop()
    assert isinstance(polled.exception(), httpx.TransportError)
    with pytest.raises(httpx.ConnectError):
        bot("getMe")
    api.start()
    assert api.url == url
    assert bot("getMe")


def test_waiting_ends_and_says_what_was_wrong(api: BotApi, bot: Client, later: Callable[..., Future[Any]]) -> None:
    bot.refused("getMe", colour="red")
    with pytest.raises(TimeoutError, match="getMe has no colour"):
        api.wait_for(lambda: False, 0.01)
    waiting = later(api.wait_for, lambda: [call for call in api.calls if call.accepted])
    bot("getMe")
    assert [call.method for call in waiting.result()] == ["getMe"]
