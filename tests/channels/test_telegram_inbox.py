"""What is kept of Telegram, in a real database of either kind."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa

from botwijzer.channels import telegram_inbox
from botwijzer.channels.telegram_inbox import Inbox, Outgoing

CHAT = 2**33
MESSAGE = Outgoing("<b>Hallo</b>", ({"text": "Ja", "callback_data": "/affirm"},), reply_to=5, thread=7)


@pytest.fixture
def inbox(database_url: str) -> Inbox:
    """An empty store."""
    return Inbox(database_url)


def test_an_update_is_new_once_also_after_it_was_answered(inbox: Inbox) -> None:
    assert inbox.add(1, CHAT, {"update_id": 1})
    assert not inbox.add(1, CHAT, {"update_id": 1})
    inbox.answer(1, CHAT, [MESSAGE])
    assert not inbox.add(1, CHAT, {"update_id": 1})
    assert inbox.received(CHAT) == []


def test_updates_come_in_telegrams_order_whatever_order_they_arrived_in(inbox: Inbox) -> None:
    for update in (3, 1, 2):
        inbox.add(update, CHAT, {"update_id": update})
    inbox.add(4, 9, {})
    assert [received.id for received in inbox.received(CHAT)] == [1, 2, 3]
    assert inbox.unfinished() == {CHAT, 9}


def test_answers_are_kept_once_and_sent_in_their_order(inbox: Inbox) -> None:
    inbox.add(1, CHAT, {})
    inbox.answer(1, CHAT, [MESSAGE, Outgoing("twee")])
    inbox.answer(1, CHAT, [Outgoing("nog eens")])

    first, second = inbox.unsent(CHAT)
    assert (first.message, second.message.text) == (MESSAGE, "twee")
    assert (first.after, first.uncertain) == (0, False)
    inbox.sending(first.id, 20)
    assert inbox.unsent(CHAT)[0].after == 20
    assert [unsent.uncertain for unsent in inbox.unsent(CHAT)] == [True, False]
    inbox.sent(first.id, 21)
    inbox.sent(second.id, None)
    assert inbox.unsent(CHAT) == []
    assert inbox.unfinished() == set()
    assert inbox.own_messages(CHAT) == {21}


def test_the_highest_id_in_private_chats_is_known(inbox: Inbox) -> None:
    assert inbox.highest_message() == 0
    for update, chat, message in ((1, CHAT, 31), (2, 5, 40), (3, -(10**12) - 5, 99)):
        inbox.add(update, chat, {})
        inbox.answer(update, chat, [MESSAGE])
        inbox.sent(inbox.unsent(chat)[0].id, message)
    assert inbox.highest_message() == 40


def test_words_are_gone_once_they_are_of_no_more_use(inbox: Inbox) -> None:
    inbox.add(1, CHAT, {"text": "geheim-woord"})
    inbox.answer(1, CHAT, [Outgoing("geheim-antwoord")])
    inbox.sent(inbox.unsent(CHAT)[0].id, 3)
    with inbox._engine.connect() as connection:
        for table in telegram_inbox._tables.tables.values():
            assert "geheim" not in str(connection.execute(sa.select(table)).all())


def test_old_ids_are_forgotten_those_of_what_the_staff_was_told_later(inbox: Inbox) -> None:
    long_ago = datetime.datetime(2020, 1, 1)
    inbox.add(1, CHAT, {})
    inbox.answer(1, CHAT, [])
    inbox.say(5, CHAT, [Outgoing("post")])

    inbox.forget_before(updates=long_ago, dispatches=long_ago)
    assert not inbox.add(1, CHAT, {})

    inbox.forget_before(updates=datetime.datetime.utcnow(), dispatches=long_ago)
    assert inbox.add(1, CHAT, {})
    assert inbox.is_waiting(5)

    inbox.forget_before(updates=long_ago, dispatches=datetime.datetime.utcnow())
    assert not inbox.is_waiting(5)
