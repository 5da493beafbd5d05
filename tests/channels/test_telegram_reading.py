"""What updates of all kinds mean, in private chats and in groups."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import User

from botwijzer.channels.telegram_reading import Command, Incoming, NoText, Press, Text, read

ME = User(42, "Botwijzer", True, username="botwijzer_bot")
PERSON = {"id": 7, "is_bot": False, "first_name": "Ria"}
PRIVATE = {"id": 7, "type": "private"}
GROUP = {"id": -100, "type": "supergroup", "title": "Winkel"}
OURS = {"message_id": 3, "date": 1, "chat": GROUP, "from": {"id": 42, "is_bot": True, "first_name": "Botwijzer"}}


def message(text: str | None, chat: dict[str, Any] = PRIVATE, **more: Any) -> Incoming | None:
    """What a message means; commands and mentions at its beginning are marked as Telegram does."""
    body: dict[str, Any] = {"message_id": 5, "date": 1, "chat": chat, "from": PERSON, **more}
    if text is not None:
        body["text"] = text
        first = text.split()[0] if text.split() else ""
        kind = {"/": "bot_command", "@": "mention"}.get(first[:1])
        if kind and len(first) > 1:
            body["entities"] = [{"type": kind, "offset": 0, "length": len(first)}]
    return read(update(message=body), ME)


def update(**parts: Any) -> dict[str, Any]:
    """An update."""
    return {"update_id": 1, **parts}


def said(incoming: Incoming | None) -> object:
    """What was said."""
    return incoming.said if incoming else None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Is zwemmen goed?", Text("Is zwemmen goed?")),
        ("/start", Command("start", "")),
        ("/start magnesium", Command("start", "magnesium")),
        ("/HELP", Command("help", "")),
        ("/help@botwijzer_bot", Command("help", "")),
        ("/help@other_bot", Text("help@other_bot")),  # nobody else is there to answer
        ("/vraag@other_bot Is zwemmen goed?", Text("Is zwemmen goed?")),
        ("/restartans@example.nl", Text("restartans@example.nl")),
        ("/vraag Is zwemmen goed?", Text("Is zwemmen goed?")),
        ("/vraag", Command("vraag", "")),
        ("/restart", Text("restart")),
        ("/faq_calcium", Text("faq_calcium")),
        ('/handoff{"email": "x"}', Text('handoff{"email": "x"}')),
        ("/ /faq_calcium", Text("faq_calcium")),
        ("", Text("")),
    ],
)
def test_a_private_message(text: str, meant: object) -> None:
    assert said(message(text)) == meant


def test_a_private_chat_is_one_conversation_and_each_person_in_a_group_has_one() -> None:
    private, group = message("hallo"), message("/vraag hallo", GROUP)
    assert private
    assert (private.chat, private.conversation, private.message, private.in_group) == (7, "telegram:7", 5, False)
    assert group
    assert (group.chat, group.conversation, group.message, group.in_group) == (-100, "telegram:-100:7", 5, True)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Is zwemmen goed?", None),
        ("/vraag@botwijzer_bot Is zwemmen goed?", Command("vraag", "Is zwemmen goed?")),
        ("/vraag@other_bot Is zwemmen goed?", None),
        ("@botwijzer_bot Is zwemmen goed?", Text("Is zwemmen goed?")),
        ("@Botwijzer_Bot is zwemmen goed?", Text("is zwemmen goed?")),
        ("@other_bot Is zwemmen goed?", None),
        ("/bronnen", None),
        ("/bronnen@botwijzer_bot", Command("bronnen", "")),
        ("/vraag Is zwemmen goed?", Command("vraag", "Is zwemmen goed?")),
        ("/weather", None),
        ("/weather@botwijzer_bot", Text("weather@botwijzer_bot")),
    ],
)
def test_in_a_group_only_what_is_said_to_the_assistant(text: str, meant: object) -> None:
    assert said(message(text, GROUP)) == meant


def test_a_reply_to_the_assistant_is_said_to_it_and_one_to_others_is_not() -> None:
    other = {**OURS, "from": PERSON}
    assert said(message("en wandelen?", GROUP, reply_to_message=OURS)) == Text("en wandelen?")
    assert said(message("en wandelen?", GROUP, reply_to_message=other)) is None


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]},
        {"voice": {"file_id": "a", "file_unique_id": "b", "duration": 3}},
        {"location": {"latitude": 52.0, "longitude": 5.0}},
        {"contact": {"phone_number": "0612345678", "first_name": "x"}},
        {"sticker": {"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1, "height": 1,
                     "is_animated": False, "is_video": False}},
        {"document": {"file_id": "a", "file_unique_id": "b"}},
        {"dice": {"emoji": "x", "value": 3}},
        {"poll": {"in": "a form that nobody knows yet"}},
    ],
    ids=lambda content: next(iter(content)),
)  # fmt: skip
def test_what_is_no_text_is_told_apart_and_in_a_group_only_when_said_to_the_assistant(content: dict[str, Any]) -> None:
    assert said(message(None, **content)) == NoText()
    assert said(message(None, GROUP, **content)) is None
    assert said(message(None, GROUP, reply_to_message=OURS, **content)) == NoText()


@pytest.mark.parametrize(
    "more",
    [
        {"is_automatic_forward": True, "sender_chat": {"id": -5, "type": "channel", "title": "x"}},
        {"from": {"id": 9, "is_bot": True, "first_name": "x"}},
        {"chat": {"id": -7, "type": "channel", "title": "x"}},
    ],
)
def test_channel_posts_their_copies_and_other_bots_are_not_answered(more: dict[str, Any]) -> None:
    assert message("/vraag hallo", **{"chat": GROUP, **more}) is None


def test_who_writes_as_a_channel_has_a_conversation_too() -> None:
    anonymous = {"id": 136817688, "is_bot": True, "first_name": "Channel"}
    incoming = message(
        "/vraag hallo", GROUP, sender_chat={"id": -5, "type": "channel", "title": "x"}, **{"from": anonymous}
    )
    assert incoming
    assert incoming.conversation == "telegram:-100:-5"


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"edited_message": {"message_id": 5, "date": 1, "chat": PRIVATE, "from": PERSON, "text": "x"}},
        {"channel_post": {"message_id": 5, "date": 1, "chat": {"id": -7, "type": "channel"}, "text": "x"}},
        {"message": {"message_id": 5, "date": 1, "chat": GROUP, "from": PERSON, "new_chat_title": "x"}},
        {"message": {"message_id": 5, "date": 1, "chat": PRIVATE, "from": PERSON}},
        {"something_new": {"x": 1}},
    ],
)
def test_other_updates_are_nothing(parts: dict[str, Any]) -> None:
    assert read(update(**parts), ME) is None


def test_a_pressed_button_has_its_words() -> None:
    keyboard = {"inline_keyboard": [[{"text": "Wat is osteoporose?", "callback_data": "/faq_op_definitie"}]]}
    query = {"id": "q", "from": PERSON, "chat_instance": "c", "data": "/faq_op_definitie"}
    whole = {**query, "message": {**OURS, "chat": PRIVATE, "reply_markup": keyboard}}
    old = {**query, "message": {"message_id": 3, "date": 0, "chat": PRIVATE}}

    incoming = read(update(callback_query=whole), ME)
    assert incoming
    assert incoming.said == Press("/faq_op_definitie", "Wat is osteoporose?")
    assert (incoming.query, incoming.message, incoming.conversation) == ("q", 3, "telegram:7")
    assert said(read(update(callback_query=old), ME)) == Press("/faq_op_definitie", "")
    assert said(read(update(callback_query=query), ME)) == Press("", "")


def test_a_topic_of_a_group_is_kept() -> None:
    incoming = message("/vraag hallo", GROUP, is_topic_message=True, message_thread_id=9)
    assert incoming
    assert incoming.thread == 9
