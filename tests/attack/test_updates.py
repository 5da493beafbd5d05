"""What comes in at the webhook, from Telegram itself and from those who pretend to be: updates of any form."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from botwijzer.channels.telegram import SECRET_HEADER, WEBHOOK
from tests.attack.making import HUGE, as_json, attacks, bodies, broken, mutated, telegram_texts, values
from tests.attack.target import Target, check_refusal, new_person
from tests.conftest import PATIENCE_SECONDS
from tests.telegram.conftest import TOKEN

BOT = int(TOKEN.partition(":")[0])
IN_BETWEEN = 50
"""After so many updates somebody asks an ordinary question; Telegram takes only so many messages a second."""

PRIVATE, GROUP, STAFF = "a private chat", "a group", "the staff's group"
KINDS = (
    "message", "callback_query", "edited_message", "channel_post", "my_chat_member", "message_reaction", "poll",
    "inline_query", "chat_join_request", "business_message", "of_next_year",
)  # fmt: skip
PRESSED = (
    "/faq_calcium", "/handoff", "/more", "/affirm", "/restart", "take:1", "take:-1", "close:1", "take:" + "9" * 40,
    "close:\u0661", "take:", ":", "", "x" * 300,
)  # fmt: skip
ATTACHMENTS = ("photo", "voice", "sticker", "document", "location", "contact", "poll", "story", "dice", "game")

_latin = st.characters(min_codepoint=32, max_codepoint=255, blacklist_categories=["Cc"])
_updates = itertools.count(2**40)
_ids = st.one_of(st.integers(1, 2**52), st.sampled_from(HUGE))


@st.composite
def chats(draw: st.DrawFn) -> dict[str, Any]:
    """Where something happens; the staff's group is put in by the test, whose id is not known here."""
    where = draw(st.sampled_from([PRIVATE, PRIVATE, GROUP, STAFF]))
    if where == PRIVATE:
        return {"id": draw(_ids), "type": draw(st.sampled_from(["private", "private", "secret", "channel", "sender"]))}
    return {
        "id": STAFF if where == STAFF else -(10**12) - draw(st.integers(1, 10**9)),
        "type": "supergroup",
        "title": "x",
    }


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A message of Telegram's form, with some of the fields that there are."""
    chat, text = (
        draw(chats()),
        draw(st.one_of(telegram_texts, st.sampled_from(["/klaar", "/stop", "/start x", "/vraag"]))),
    )
    person = {"id": draw(_ids), "is_bot": draw(st.booleans()), "first_name": draw(telegram_texts)}
    entity = {
        "type": draw(st.sampled_from(["bot_command", "mention", "text_mention", "x"])),
        "offset": draw(_ids),
        "length": 5,
    }
    more = {
        "entities": [draw(st.sampled_from([entity, {"type": "bot_command", "offset": 0, "length": 6}]))],
        "reply_to_message": {"message_id": draw(_ids), "date": 1, "chat": chat, "from": {"id": BOT, "is_bot": True}},
        "message_thread_id": draw(_ids),
        "is_topic_message": True,
        "media_group_id": draw(telegram_texts),
        "sender_chat": chat,
        "migrate_to_chat_id": draw(_ids),
        draw(st.sampled_from(ATTACHMENTS)): draw(values),
        "caption": text,
        "new_chat_members": [person],
    }
    names = draw(st.lists(st.sampled_from(list(more)), max_size=3))
    message = {"message_id": draw(_ids), "date": draw(_ids), "chat": chat, "from": person, "text": text}
    return {**message, **{name: more[name] for name in names}}


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    """An update of Telegram's form."""
    kind, message = draw(st.sampled_from([*["message"] * 6, *["callback_query"] * 3, *KINDS])), draw(messages())
    if kind != "callback_query":
        return {kind: message}
    press = {
        "id": draw(st.sampled_from(["1", "x", ""])),
        "from": message["from"],
        "data": draw(st.sampled_from(PRESSED)),
    }
    return {kind: {**press, "message": message, "chat_instance": "1"}}


def _placed(value: Any, group: int) -> Any:
    """The value with the staff's group in it."""
    if isinstance(value, dict):
        return {name: _placed(inner, group) for name, inner in value.items()}
    if isinstance(value, list):
        return [_placed(inner, group) for inner in value]
    return group if value == STAFF else value


@attacks
@hypothesis.given(
    update=st.one_of(updates(), mutated(updates()), mutated(updates(), most=12)), number=st.integers(0, 99)
)
def test_whatever_telegram_brings_is_taken_and_holds_up_nobody(target: Target, update: Any, number: int) -> None:
    body = {**update, "update_id": next(_updates)} if isinstance(update, dict) else update
    with target.tally.attack("Telegram: updates"):
        answer = _post(target, as_json(_placed(body, target.group)), target.secret)

        assert answer.status_code == httpx.codes.OK, answer.text
        if target.tally.tried["Telegram: updates"] % IN_BETWEEN == 0:
            target.telegram_answers(new_person())


@attacks
@hypothesis.given(body=st.one_of(bodies({"update_id": _ids, "message": values}), broken(updates().map(as_json))))
def test_what_is_no_update_is_no_failure_of_the_server(target: Target, body: bytes) -> None:
    with target.tally.attack("Telegram: bodies"):
        check_refusal(_post(target, body, target.secret))


@attacks
@hypothesis.given(
    update=updates(),
    secret=st.one_of(st.text(_latin, max_size=99), st.integers(0, 63)),
)
def test_whoever_does_not_know_the_secret_is_not_heard(target: Target, update: Any, secret: str | int) -> None:
    """A number stands for the true secret with the character at that place changed."""
    true = target.secret
    given = (
        true[:secret] + ("0" if true[secret] != "0" else "1") + true[secret + 1 :]
        if isinstance(secret, int)
        else secret
    )
    with target.tally.attack("Telegram: secrets"):
        answer = _post(target, as_json({**_placed(update, target.group), "update_id": next(_updates)}), given)

        assert answer.status_code == httpx.codes.UNAUTHORIZED
        check_refusal(answer)


@pytest.mark.parametrize("place", ["chat", "from", "message_id", "reply", "thread", "date"])
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**70])
def test_a_number_that_no_database_keeps_stops_nobody(target: Target, place: str, number: int) -> None:
    person = new_person()
    message: dict[str, Any] = {
        "message_id": 1, "date": 1, "text": "hallo", "chat": {"id": person, "type": "private"},
        "from": {"id": person, "is_bot": False, "first_name": "x"},
    }  # fmt: skip
    if place in {"chat", "from"}:
        message[place]["id"] = number
    elif place == "reply":
        message["reply_to_message"] = {**message, "message_id": number}
    else:
        message["message_thread_id" if place == "thread" else place] = number
    with target.tally.attack("Telegram: numbers"):
        answer = _post(target, as_json({"update_id": next(_updates), "message": message}), target.secret)

        assert answer.status_code == httpx.codes.OK
        target.telegram_answers(new_person())
        target.telegram_answers(person)


def _post(target: Target, body: bytes, secret: str) -> httpx.Response:
    headers = [(b"Content-Type", b"application/json"), (SECRET_HEADER.encode(), secret.encode("latin-1").strip())]
    return _client().post(target.url + WEBHOOK, content=body, headers=headers)


@functools.lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
