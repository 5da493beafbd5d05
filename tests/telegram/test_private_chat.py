"""What a person sees in a private chat with the bot, by polling and by webhook."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

import pytest

from botwijzer.article import article
from botwijzer.channels.telegram import COMMANDS
from tests.conftest import is_response
from tests.telegram.conftest import Bot, rows

SWIMMING = "Is zwemmen goed voor je botten?"
STATEMENT = "Ik ben Botwijzer, een chatbot."


def test_an_answer_is_one_message_with_all_that_belongs_to_it(bot: Bot, person: int) -> None:
    bot.asked(person, "/start")
    answer = bot.asked(person, SWIMMING)

    assert answer.text.startswith(article().passages["zwemmen"].lines[0])
    assert f"Disclaimer: {article().disclaimer}" in answer.text
    kinds = [entity["type"] for entity in answer.entities]
    assert kinds.count("text_link") == 6
    assert kinds.count("expandable_blockquote") == 1
    assert kinds.count("italic") == 1
    assert [row["text"] for row in rows(answer)] == [
        article().passages[name].question for name in article().passages["zwemmen"].related[:3]
    ]
    call = next(each for each in reversed(bot.api.calls) if each.method == "sendMessage")
    assert call.parameters["link_preview_options"] == {"is_disabled": True}
    assert answer.reply_to is None
    assert len(bot.api.sent(person)) == 2


def test_who_asks_without_a_beginning_is_told_what_this_is_in_the_same_message(bot: Bot, person: int) -> None:
    first, second = bot.asked(person, SWIMMING), bot.asked(person, SWIMMING)
    assert first.text.startswith(STATEMENT)
    assert article().passages["zwemmen"].lines[0] in first.text
    assert STATEMENT not in second.text


ASKS = "Op welk e-mailadres of telefoonnummer kan een medewerker je antwoorden?"


def test_start_says_what_this_is_and_what_is_kept(bot: Bot, person: int) -> None:
    welcome = bot.asked(person, "/start")
    assert welcome.text.startswith(STATEMENT)
    assert "gewist als je 30 dagen niets stuurt" in welcome.text
    assert "niet van begin tot eind versleuteld" in welcome.text
    assert len(rows(welcome)) == 3
    assert STATEMENT not in bot.asked(person, "hallo").text


@pytest.mark.parametrize(
    ("words", "shown"),
    [("zwemmen", "zwemmen"), ("magnesium", ""), ("vitamine-d", ""), ("handoff", "utter_handoff"), ("x1y2z3", "")],
)
def test_a_link_into_the_chat_is_answered_after_the_welcome(bot: Bot, person: int, words: str, shown: str) -> None:
    welcome = bot.asked(person, f"/start {words}")
    assert welcome.text.startswith(STATEMENT)
    if shown == "zwemmen":
        assert article().passages["zwemmen"].lines[0] in welcome.text
    if shown == "utter_handoff":
        assert "Zo bereik je een medewerker" in welcome.text
    if words in {"magnesium", "vitamine-d"}:
        assert article().disclaimer in welcome.text


def test_a_pressed_button_comes_to_rest_at_once_and_its_question_is_shown(bot: Bot, person: int) -> None:
    welcome = bot.asked(person, "/start")
    button = rows(welcome)[0]
    bot.api.press(welcome.message_id, person, button["callback_data"])
    answer = bot.says(person, 2)[1]

    assert answer.text.startswith(button["text"] + "\n\n")
    assert answer.entities[0]["type"] == "bold"
    methods = [call.method for call in bot.api.calls if call.method in {"answerCallbackQuery", "sendMessage"}]
    assert methods[-2:] == ["answerCallbackQuery", "sendMessage"]


@pytest.mark.parametrize("data", ["/restart", '/faq_calcium{"x": 1}', "nonsense", "/faq_calcium_bestaat_niet"])
def test_a_button_that_is_not_ours_any_more_says_so(bot: Bot, person: int, data: str) -> None:
    welcome = bot.asked(person, "/start")
    before = len(bot.api.answered_callbacks)
    bot.api.press(welcome.message_id, person, data)
    bot.api.wait_for(lambda: len(bot.api.answered_callbacks) > before)
    assert is_response("utter_old_button", bot.api.answered_callbacks[-1]["text"])
    bot.settle(person)
    assert len(bot.api.sent(person)) == 2


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("/help", "utter_telegram_help"),
        ("/privacy", "utter_telegram_privacy"),
        ("/contact", "utter_handoff"),
        ("/vraag", "utter_telegram_no_question"),
        ("/stop", "utter_telegram_stop"),
    ],
)
def test_commands(bot: Bot, person: int, text: str, response: str) -> None:
    bot.asked(person, "/start")
    said = bot.asked(person, text).text.replace("• ", "- ")
    assert is_response(response, said.removesuffix(f"\n\n{ASKS}"))


def test_the_sources_have_their_links(bot: Bot, person: int) -> None:
    bot.asked(person, "/start")
    shown = bot.asked(person, "/bronnen").text
    assert all(source.url in shown and source.title in shown for source in article().sources)


@pytest.mark.parametrize(
    "text",
    ["/restart", "/session_start", '/affirm{"x": 1}', "/affirm", "/ /affirm", "/vraag /affirm", "/\u200b/affirm"],
)
def test_what_begins_with_a_slash_is_never_an_intent(bot: Bot, person: int, text: str) -> None:
    bot.asked(person, SWIMMING)
    assert not is_response("utter_affirm", bot.asked(person, text).text)
    assert STATEMENT not in bot.asked(person, "hallo").text, "the conversation was begun anew"


@pytest.mark.parametrize(
    "text",
    [
        "😀😀",
        "<script>alert(1)</script>",
        "'; drop table events; --",
        "a" * 4096,
        "<b>vet</b> & <i>zo</i>",
        "\u202e\u0007",
    ],
)
def test_whatever_is_typed_gets_a_reply(bot: Bot, person: int, text: str) -> None:
    assert bot.asked(person, text).text.strip()


NO_TEXT: dict[str, Any] = {
    "photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}],
    "voice": {"file_id": "a", "file_unique_id": "b", "duration": 3},
    "location": {"latitude": 52.0, "longitude": 5.0},
    "document": {"file_id": "a", "file_unique_id": "b"},
    "poll": {"id": "1", "question": "x", "options": [], "total_voter_count": 0, "is_closed": False,
             "is_anonymous": True, "type": "regular", "allows_multiple_answers": False},
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_TEXT)
def test_who_sends_no_text_is_told_kindly(bot: Bot, person: int, kind: str) -> None:
    told = bot.asked(person, "", **{kind: NO_TEXT[kind]})
    assert is_response("utter_no_text", told.text)


def test_pictures_sent_together_are_answered_once(bot: Bot, person: int) -> None:
    for _ in range(3):
        bot.api.text(person, "", photo=NO_TEXT["photo"], media_group_id=f"album-{person}")
    bot.settle(person)
    assert len(bot.api.sent(person)) == 2


def test_questions_at_once_are_answered_in_their_order(bot: Bot, person: int) -> None:
    names = ["zwemmen", "calcium", "op_definitie", "vitamine_d"]
    bot.asked(person, "/start")
    for name in names:
        bot.api.text(person, article().passages[name].question)
    answers = bot.says(person, 1 + len(names))[1:]
    assert [next(n for n in names if article().passages[n].lines[0] in each.text) for each in answers] == names


def test_an_update_that_comes_again_is_answered_once(bot: Bot, person: int) -> None:
    update = bot.api.text(person, SWIMMING)
    bot.says(person)
    for _ in range(3):
        bot.api.repeat(update)
    bot.settle(person)
    assert len(bot.api.sent(person)) == 2


def test_stop_erases_what_is_kept(bot: Bot, person: int) -> None:
    word = f"geheim{uuid.uuid4().hex}"
    path = bot.stack.settings.database_url.removeprefix("sqlite:///")

    def kept() -> bool:
        with sqlite3.connect(path) as connection:
            return any(word in line for line in connection.iterdump())

    bot.asked(person, f"Is zwemmen goed voor je botten? {word}")
    assert kept()
    bot.asked(person, "/stop")
    assert not kept()
    assert bot.asked(person, "hallo").text.startswith(STATEMENT)
    assert word not in bot.log()


def test_telegram_knows_what_the_bot_is_and_can(bot: Bot) -> None:
    bot.api.wait_for(lambda: bot.api.short_description)
    assert {each["command"]: each["description"] for each in bot.api.commands["default"]} == COMMANDS
    assert "chatbot (een computerprogramma, geen mens)" in bot.api.description
    assert "geen medisch advies" in bot.api.short_description
    assert [each["command"] for each in bot.api.commands["all_group_chats"]] == ["vraag", "help", "bronnen", "privacy"]


def test_nobody_steps_into_a_conversation_through_another_channel(bot: Bot, person: int) -> None:
    bot.asked(person, SWIMMING)
    for sender in (f"telegram:{person}", str(person), f"../telegram:{person}"):
        assert bot.stack.say("vertel meer", sender).said[0] == "utter_statement", "somebody is here already"
