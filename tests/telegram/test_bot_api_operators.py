"""The groups of the tests' own Bot API server: topics, chains of replies, and the people who work there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from telegram import Update

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_api_checks import RefusalError
from tests.telegram.bot_api_client import ANNA, BERT, GROUP, TOKEN, Client
from tests.telegram.bot_api_people import ATTACHMENTS

BUTTONS = {"inline_keyboard": [[{"text": "Ik neem hem", "callback_data": "take:7"}]]}
NOT_A_FORUM = "Bad Request: the chat is not a forum"
NO_TOPIC = "Bad Request: TOPIC_ID_INVALID"
NO_THREAD = "Bad Request: message thread not found"
NOT_MODIFIED = "Bad Request: TOPIC_NOT_MODIFIED"
NOT_DELETABLE = "Bad Request: message can't be deleted for everyone"
VISITOR = 3003


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A server that nobody has written to yet."""
    with BotApi(TOKEN) as server:
        yield server
        assert server.faults == []


@pytest.fixture
def bot(api: BotApi) -> Client:
    """Whoever speaks to it."""
    return Client(api)


@pytest.fixture
def topic(api: BotApi, bot: Client) -> int:
    """A topic of the bot's in a forum."""
    api.make_forum(GROUP, "Medewerkers")
    return opened(bot)


def opened(bot: Client, name: str = "Vraag 7") -> int:
    """The bot opens a topic."""
    return int(bot("createForumTopic", chat_id=GROUP, name=name)["message_thread_id"])


def said(bot: Client, text: str = "vraag", **more: Any) -> int:
    """The bot says something in the group."""
    return int(bot("sendMessage", chat_id=GROUP, text=text, **more)["message_id"])


def message(api: BotApi, update: int) -> dict[str, Any]:
    """The message of an update."""
    return dict(api.updates[update]["message"])


def last(api: BotApi) -> dict[str, Any]:
    """The message that came last."""
    return message(api, max(api.updates))


def test_only_a_forum_has_topics(api: BotApi, bot: Client) -> None:
    api.make_group(GROUP, "Medewerkers")
    chat = bot("getChat", chat_id=GROUP)
    assert (chat["type"], chat["title"]) == ("supergroup", "Medewerkers")
    assert "is_forum" not in chat
    assert bot.refused("createForumTopic", chat_id=GROUP, name="Vraag") == NOT_A_FORUM
    for method in ("editForumTopic", "closeForumTopic", "reopenForumTopic", "deleteForumTopic"):
        assert bot.refused(method, chat_id=GROUP, message_thread_id=1) == NOT_A_FORUM
    assert bot.refused("sendMessage", chat_id=GROUP, text="vraag", message_thread_id=1) == NO_THREAD
    api.make_forum(GROUP)
    chat = bot("getChat", chat_id=GROUP)
    assert (chat["is_forum"], chat["title"]) == (True, "Medewerkers")
    assert bot("createForumTopic", chat_id=GROUP, name="Vraag")
    with pytest.raises(ValueError, match="no supergroup"):
        api.make_forum(ANNA)


def test_the_id_of_a_topic_is_that_of_a_message_which_the_bot_gets(api: BotApi, bot: Client, topic: int) -> None:
    created = last(api)
    assert (created["message_id"], created["message_thread_id"], created["is_topic_message"]) == (topic, topic, True)
    assert created["forum_topic_created"] == {"name": "Vraag 7", "icon_color": 7322096}
    assert created["from"]["id"] == 4711
    assert created["chat"]["is_forum"]
    assert "reply_to_message" not in created
    assert topic == 2, "the group's first message says that the group was made"
    assert (said(bot), opened(bot, "Vraag 8")) == (3, 4)
    assert [(each.chat, each.thread, each.name) for each in api.topics(GROUP)] == [
        (GROUP, 2, "Vraag 7"),
        (GROUP, 4, "Vraag 8"),
    ]
    assert api.topics(ANNA) == []
    assert [update["message"]["message_id"] for update in bot("getUpdates")] == [2, 4]


def test_a_topic_is_closed_and_opened_again_and_named_anew(api: BotApi, bot: Client, topic: int) -> None:
    where = {"chat_id": GROUP, "message_thread_id": topic}
    assert bot.refused("reopenForumTopic", **where) == NOT_MODIFIED
    assert bot("closeForumTopic", **where)
    closed = last(api)
    assert (closed["forum_topic_closed"], closed["message_thread_id"], closed["from"]["id"]) == ({}, topic, 4711)
    assert closed["reply_to_message"]["message_id"] == topic
    assert api.topics()[0].closed
    assert bot.refused("closeForumTopic", **where) == NOT_MODIFIED
    assert bot("reopenForumTopic", **where)
    assert last(api)["forum_topic_reopened"] == {}
    assert not api.topics()[0].closed
    assert bot("editForumTopic", **where, name="Vraag 7: Anna")
    assert last(api)["forum_topic_edited"] == {"name": "Vraag 7: Anna"}
    assert api.topics()[0].name == "Vraag 7: Anna"
    assert bot.refused("editForumTopic", **where, name="Vraag 7: Anna") == NOT_MODIFIED
    assert bot("editForumTopic", **where)
    assert bot.refused("closeForumTopic", chat_id=GROUP, message_thread_id=99) == NO_TOPIC


def test_a_deleted_topic_is_gone_with_its_messages(api: BotApi, bot: Client, topic: int) -> None:
    other = opened(bot, "Vraag 8")
    inside, elsewhere = said(bot, message_thread_id=topic), said(bot, message_thread_id=other)
    question = api.text(GROUP, "dag", user=ANNA, thread=topic)
    updates = len(api.updates)
    assert bot("deleteForumTopic", chat_id=GROUP, message_thread_id=topic)
    assert [(each.name, each.deleted) for each in api.topics(GROUP)] == [("Vraag 7", True), ("Vraag 8", False)]
    assert [sent.message_id for sent in api.sent(GROUP)] == [elsewhere]
    assert len(api.updates) == updates, "nobody is told"
    assert bot.refused("sendMessage", chat_id=GROUP, text="a", message_thread_id=topic) == NO_THREAD
    gone = [inside, topic, message(api, question)["message_id"]]
    for each in gone:
        assert bot.refused("editMessageText", chat_id=GROUP, message_id=each, text="b").endswith("edit not found")
    for method in ("editForumTopic", "closeForumTopic", "reopenForumTopic", "deleteForumTopic"):
        assert bot.refused(method, chat_id=GROUP, message_thread_id=topic) == NO_TOPIC
    with pytest.raises(RefusalError, match="message thread not found"):
        api.text(GROUP, "dag", user=ANNA, thread=topic)
    assert said(bot, message_thread_id=other)


def test_the_right_to_manage_topics(api: BotApi, bot: Client, topic: int) -> None:
    annas = api.open_topic(GROUP, "Overleg", user=ANNA)
    api.close_topic(GROUP, topic, user=ANNA)
    assert said(bot, "mag", message_thread_id=topic)
    api.forbid_topics(GROUP)
    refused = bot.refused("createForumTopic", chat_id=GROUP, name="Vraag 8")
    assert refused == "Bad Request: not enough rights to create a topic"
    assert bot.refused("sendMessage", chat_id=GROUP, text="a", message_thread_id=topic) == "Bad Request: TOPIC_CLOSED"
    reply = {"message_id": topic}
    assert bot.refused("sendMessage", chat_id=GROUP, text="a", reply_parameters=reply) == "Bad Request: TOPIC_CLOSED"
    assert said(bot, message_thread_id=annas)
    refused = bot.refused("closeForumTopic", chat_id=GROUP, message_thread_id=annas)
    assert refused == "Bad Request: not enough rights to edit the topic"
    assert bot("reopenForumTopic", chat_id=GROUP, message_thread_id=topic), "its own"
    assert said(bot, message_thread_id=topic)
    api.allow_topics(GROUP)
    assert opened(bot)


def test_what_stands_in_a_topic_says_so(api: BotApi, bot: Client, topic: int) -> None:
    first = said(bot, "nieuwe vraag", message_thread_id=topic, reply_markup=BUTTONS)
    update = api.text(GROUP, "/klaar graag", user=ANNA, name="Anna de Vries", thread=topic)
    command = message(api, update)
    assert command["from"] == {
        "id": ANNA,
        "is_bot": False,
        "first_name": "Anna",
        "last_name": "de Vries",
        "language_code": "nl",
    }
    assert (command["message_thread_id"], command["is_topic_message"]) == (topic, True)
    assert command["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert command["reply_to_message"]["forum_topic_created"]["name"] == "Vraag 7", "as what answers nothing else"
    answer = message(api, api.text(GROUP, "ja", user=BERT, reply_to=first))
    assert (answer["message_thread_id"], answer["reply_to_message"]["text"]) == (topic, "nieuwe vraag")
    assert "reply_to_message" not in answer["reply_to_message"]
    assert answer["from"]["first_name"] == f"Gebruiker {BERT}"
    again = message(api, api.text(GROUP, "dag", user=ANNA, reply_to=answer["message_id"]))
    assert (again["from"]["last_name"], again["reply_to_message"]["text"]) == ("de Vries", "ja")
    shown = bot("sendMessage", chat_id=GROUP, text="hier", reply_parameters={"message_id": again["message_id"]})
    assert (shown["message_thread_id"], shown["is_topic_message"]) == (topic, True)
    general = message(api, api.text(GROUP, "koffie?", user=ANNA))
    assert general.keys().isdisjoint({"message_thread_id", "is_topic_message", "reply_to_message"})
    said(bot, "algemeen")
    assert [sent.text for sent in api.sent(GROUP, topic)] == ["nieuwe vraag", "hier"]
    assert [(sent.thread, sent.reply_to) for sent in api.sent(GROUP)] == [
        (topic, None),
        (topic, again["message_id"]),
        (None, None),
    ]


def test_a_chain_of_replies_has_a_thread_that_is_no_topic(api: BotApi, bot: Client) -> None:
    api.make_group(GROUP)
    root = said(bot, "nieuwe vraag", reply_markup=BUTTONS)
    answer = message(api, api.text(GROUP, "dag Jan", user=ANNA, reply_to=root))
    assert (answer["message_thread_id"], answer["reply_to_message"]["message_id"]) == (root, root)
    assert "is_topic_message" not in answer
    deeper = message(api, api.text(GROUP, "ik ook", user=BERT, reply_to=answer["message_id"]))
    assert (deeper["message_thread_id"], deeper["reply_to_message"]["message_id"]) == (root, answer["message_id"])
    shown = bot("sendMessage", chat_id=GROUP, text="Jan: dag", reply_parameters={"message_id": root})
    assert shown["message_thread_id"] == root
    assert "is_topic_message" not in shown
    assert [(sent.thread, sent.reply_to) for sent in api.sent(GROUP)] == [(None, None), (None, root)]
    assert bot.refused("sendMessage", chat_id=GROUP, text="a", message_thread_id=root) == NO_THREAD
    api.delete(GROUP, root)
    gone = {"message_id": root}
    refused = bot.refused("sendMessage", chat_id=GROUP, text="a", reply_parameters=gone)
    assert refused == "Bad Request: message to be replied not found"
    assert said(bot, reply_parameters={**gone, "allow_sending_without_reply": True})
    private = bot("sendMessage", chat_id=chat_with(api), text="a", reply_parameters={"message_id": 1})
    assert "message_thread_id" not in private


def chat_with(api: BotApi) -> int:
    """Somebody's private chat with the bot, in which they wrote once."""
    api.text(VISITOR, "hallo", name="Jan")
    return VISITOR


def test_a_person_is_called_the_same_everywhere(api: BotApi, bot: Client) -> None:
    private = message(api, api.text(VISITOR, "hallo", name="Jan Smit"))
    assert (private["from"]["first_name"], private["chat"]["last_name"]) == ("Jan", "Smit")
    assert bot("getChat", chat_id=VISITOR)["first_name"] == "Jan"
    assert message(api, api.text(GROUP, "hallo", user=VISITOR))["from"]["last_name"] == "Smit"
    assert "last_name" not in message(api, api.text(VISITOR, "hallo", name="Johanna"))["from"]


@pytest.mark.parametrize("kind", ATTACHMENTS)
def test_attachments(api: BotApi, topic: int, kind: str) -> None:
    first = message(api, api.attach(GROUP, kind, user=ANNA, thread=topic, name="Anna"))
    assert first[kind] == ATTACHMENTS[kind]
    assert (first["message_thread_id"], first["from"]["first_name"]) == (topic, "Anna")
    assert first.keys().isdisjoint({"text", "caption"})
    update = api.attach(GROUP, kind, "/klaar", user=ANNA, reply_to=first["message_id"], media_group_id="1")
    second = message(api, update)
    assert (second["caption"], second["caption_entities"][0]["type"]) == ("/klaar", "bot_command")
    assert (second["is_topic_message"], second["media_group_id"]) == (True, "1")
    read = Update.de_json(api.updates[update])
    assert read.message
    assert read.message.effective_attachment, "python-telegram-bot can read it"


def test_presses_and_what_is_said_to_them(api: BotApi, bot: Client, topic: int) -> None:
    asked = said(bot, message_thread_id=topic, reply_markup=BUTTONS)
    annas = api.press(asked, GROUP, "take:7", user=ANNA, name="Anna")
    berts = api.press(asked, GROUP, "take:7", user=BERT, name="Bert")
    query = api.updates[annas]["callback_query"]
    assert (query["from"]["id"], query["from"]["first_name"], query["data"]) == (ANNA, "Anna", "take:7")
    assert (query["message"]["message_thread_id"], query["message"]["is_topic_message"]) == (topic, True)
    assert (api.answer_to(annas), api.answer_to(berts)) == (None, None)
    other = api.updates[berts]["callback_query"]["id"]
    bot("answerCallbackQuery", callback_query_id=other, text="Anna was eerder", show_alert=True)
    bot("answerCallbackQuery", callback_query_id=query["id"])
    assert api.answer_to(berts) == {"callback_query_id": other, "text": "Anna was eerder", "show_alert": True}
    assert api.answer_to(annas) == {"callback_query_id": query["id"]}
    api.delete_topic(GROUP, topic)
    assert api.updates[api.press(asked, GROUP, "take:7", user=ANNA)]["callback_query"]["message"]["date"] == 0


def test_service_messages_of_people(api: BotApi, bot: Client, topic: int) -> None:
    asked = said(bot, message_thread_id=topic)
    annas = api.open_topic(GROUP, "Overleg", user=ANNA)
    created = last(api)
    assert (created["message_id"], created["from"]["id"]) == (annas, ANNA)
    assert created["forum_topic_created"]["name"] == "Overleg"
    assert said(bot, message_thread_id=annas)
    closed = message(api, api.close_topic(GROUP, topic, user=BERT))
    assert (closed["forum_topic_closed"], closed["from"]["id"], closed["message_thread_id"]) == ({}, BERT, topic)
    assert message(api, api.text(GROUP, "toch nog", user=BERT, thread=topic))["message_thread_id"] == topic
    assert message(api, api.reopen_topic(GROUP, topic, user=BERT))["forum_topic_reopened"] == {}
    joined = message(api, api.join(GROUP, VISITOR, "Cor"))
    assert [each["first_name"] for each in joined["new_chat_members"]] == ["Cor"]
    assert joined.keys().isdisjoint({"message_thread_id", "text"})
    pinned = message(api, api.pin(GROUP, asked, user=ANNA))
    assert (pinned["pinned_message"]["message_id"], pinned["message_thread_id"]) == (asked, topic)
    assert [update["update_id"] for update in bot("getUpdates")] == sorted(api.updates)
    for update in api.updates.values():
        assert Update.de_json(update).message, "python-telegram-bot can read it"


def test_deleted_messages(api: BotApi, bot: Client, topic: int) -> None:
    asked = [said(bot, text, message_thread_id=topic) for text in "abcd"]
    assert bot("deleteMessage", chat_id=GROUP, message_id=asked[0])
    refused = bot.refused("deleteMessage", chat_id=GROUP, message_id=asked[0])
    assert refused == "Bad Request: message to delete not found"
    assert bot("deleteMessages", chat_id=GROUP, message_ids=[*asked[:2], asked[1], 999])
    assert [sent.text for sent in api.sent(GROUP, topic)] == ["c", "d"]
    assert bot("deleteMessages", chat_id=GROUP, message_ids=[998, 999])
    annas = message(api, api.text(GROUP, "dag", user=ANNA, thread=topic))["message_id"]
    assert bot("deleteMessage", chat_id=GROUP, message_id=annas)
    assert bot.refused("deleteMessage", chat_id=BERT, message_id=annas) == "Bad Request: chat not found"
    assert bot.refused("deleteMessage", chat_id=GROUP, message_id=topic) == NOT_DELETABLE
    api.age(GROUP, asked[2], hours=47)
    assert bot("deleteMessage", chat_id=GROUP, message_id=asked[2])


def test_what_is_two_days_old_stays_and_so_does_what_is_deleted_with_it(api: BotApi, bot: Client, topic: int) -> None:
    old, new = said(bot, "oud", message_thread_id=topic), said(bot, "nieuw", message_thread_id=topic)
    api.age(GROUP, old, hours=48)
    assert bot.refused("deleteMessage", chat_id=GROUP, message_id=old) == NOT_DELETABLE
    assert bot.refused("deleteMessages", chat_id=GROUP, message_ids=[new, old]) == NOT_DELETABLE
    assert [sent.text for sent in api.sent(GROUP, topic)] == ["oud", "nieuw"]
    assert bot("deleteForumTopic", chat_id=GROUP, message_thread_id=topic), "of any age"
    assert api.sent(GROUP) == []


def test_telegram_is_away_for_some_methods_only(api: BotApi, bot: Client) -> None:
    api.make_forum(GROUP)
    api.fail("createForumTopic", 2, 502)
    for _ in range(2):
        answer = bot.post("createForumTopic", json={"chat_id": GROUP, "name": "Vraag 7"})
        assert (answer["error_code"], answer["description"]) == (502, "Bad Gateway")
    assert said(bot)
    api.cut("createForumTopic", 1, after=False)
    api.cut("createForumTopic", 1, after=True)
    for topics in ([], ["Vraag 7"]):
        with pytest.raises(httpx.TransportError):
            opened(bot)
        assert [each.name for each in api.topics()] == topics
    topic = api.topics()[0].thread
    api.cut("deleteForumTopic", 1, after=True)
    with pytest.raises(httpx.TransportError):
        bot("deleteForumTopic", chat_id=GROUP, message_thread_id=topic)
    assert api.topics()[0].deleted
    api.fail("sendMessage", 1, 429, retry_after=2)
    assert bot.refused("sendMessage", chat_id=GROUP, text="a") == "Too Many Requests: retry after 2"
    assert said(bot)
