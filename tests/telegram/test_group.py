"""What people see in a group: only what is said to the bot is answered, and nothing personal."""

from __future__ import annotations

import pytest

from botwijzer.article import article
from botwijzer.channels.telegram_service import MOST_IN_A_GROUP
from tests.telegram.conftest import Bot, rows

SWIMMING = "Is zwemmen goed voor je botten?"
RIA, JAN = 70_001, 70_002


@pytest.mark.parametrize("before", ["/vraag ", "/vraag@botwijzer_bot ", "@botwijzer_bot "])
def test_a_question_to_the_bot_is_answered_as_a_reply(bot: Bot, group: int, before: str) -> None:
    update = bot.api.text(group, before + SWIMMING, user=RIA)
    (answer,) = bot.says(group)
    assert article().passages["zwemmen"].lines[0] in answer.text
    assert answer.text.startswith("Ik ben Botwijzer, een chatbot.")
    assert answer.reply_to == bot.api.updates[update]["message"]["message_id"]
    assert rows(answer)


def test_what_people_say_to_each_other_is_not_answered(bot: Bot, group: int) -> None:
    for text in (SWIMMING, "/weather", "/vraag@other_bot " + SWIMMING, "@other_bot " + SWIMMING, "🙂"):
        bot.api.text(group, text, user=RIA)
    bot.api.text(
        group, "Nieuw artikel!", sender_chat={"id": -5, "type": "channel", "title": "x"}, is_automatic_forward=True
    )
    bot.api.text(group, "", user=RIA, sticker={"file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1,
                                               "height": 1, "is_animated": False, "is_video": False})  # fmt: skip
    bot.settle(group)
    assert len(bot.api.sent(group)) == 1


def test_a_reply_to_the_bot_goes_on_with_it(bot: Bot, group: int) -> None:
    first = bot.asked(group, "/vraag " + SWIMMING, user=RIA)
    second = bot.asked(group, "en wandelen?", user=RIA, reply_to=first.message_id)
    assert article().passages["beweging"].lines[0] in second.text
    assert "Ik ben Botwijzer" not in second.text


def test_each_person_has_a_conversation_of_their_own(bot: Bot, group: int) -> None:
    bot.asked(group, "/vraag " + SWIMMING, user=RIA)
    assert "Ik ben Botwijzer" in bot.asked(group, "/vraag " + SWIMMING, user=JAN).text
    assert "Ik ben Botwijzer" not in bot.asked(group, "/vraag hallo", user=RIA).text


@pytest.mark.parametrize(
    ("text", "start"),
    [("ik wil een medewerker spreken", "?start=handoff"), ("ik heb pijn op de borst", ""), ("heb ik osteoporose?", "")],
)
def test_what_is_personal_goes_to_the_private_chat(bot: Bot, group: int, text: str, start: str) -> None:
    answer = bot.asked(group, f"/vraag {text}", user=RIA)
    assert rows(answer)[-1] == {"text": "Verder in een privégesprek", "url": f"https://t.me/botwijzer_bot{start}"}


def test_one_person_does_not_fill_a_group(bot: Bot, group: int) -> None:
    for _ in range(MOST_IN_A_GROUP + 3):
        bot.api.text(group, "/vraag hallo", user=RIA)
    bot.settle(group)
    assert len(bot.api.sent(group)) == MOST_IN_A_GROUP + 1


def test_a_human_is_asked_for_in_the_private_chat(bot: Bot, group: int) -> None:
    answer = bot.asked(group, "/vraag hoeveel milligram magnesium moet ik per dag?", user=RIA)
    assert [row for row in rows(answer) if row.get("callback_data") == "/handoff"] == []
    assert any(row.get("url", "").endswith("start=handoff") for row in rows(answer))


def test_a_button_in_a_group_is_answered_to_who_pressed_it(bot: Bot, group: int) -> None:
    first = bot.asked(group, "/vraag " + SWIMMING, user=RIA)
    bot.api.press(first.message_id, group, rows(first)[0]["callback_data"], user=JAN)
    answer = bot.says(group, 2)[1]
    assert answer.text.startswith(rows(first)[0]["text"])
    assert answer.reply_to == first.message_id
