"""Whoever pretends to be somebody: forged and stolen sessions, ids of others, sites that may not embed the widget."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import uuid
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx
import hypothesis
import jwt
import pytest
import socketio.exceptions
from hypothesis import strategies as st

from tests.attack.conftest import SHOP
from tests.attack.making import ATTACKS, attacks
from tests.attack.target import PASSAGE, QUESTION, Target, check_no_leak, new_person
from tests.channels.visitor import PATH, visiting
from tests.conftest import PATIENCE_SECONDS, STATEMENT
from tests.handoff.conftest import Desk, ask_in_widget
from tests.telegram.conftest import Bot

WORD = "zevenslaper"


def run(visit: Coroutine[Any, Any, None]) -> None:
    """Lives through a visit."""
    asyncio.run(visit)


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, which anybody can read."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def encoded(part: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forgeries(token: str) -> list[str]:
    """Tokens that name a visitor's session, none of them signed by the server."""
    claims, (head, body, signature) = claims_of(token), token.split(".")
    keys = ["", "secret", claims["sub"], body, "0" * 64, "BOTWIJZER", signature]
    other_heads = [
        {"alg": "none", "typ": "JWT"}, {"alg": "None"}, {"alg": "RS256"}, {"alg": ""}, {"alg": "HS512"}, {"alg": None},
        {"alg": "ES256"}, {"alg": ["HS256"]}, {}, {"alg": "HS256", "kid": "../../dev/null"},
        {"alg": "dir", "enc": "A256GCM"}, {"alg": "HS256", "jwk": {"kty": "oct", "k": ""}},
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
    ]  # fmt: skip
    other_claims = ({**claims, "exp": 10**12}, {**claims, "sub": [claims["sub"]]}, {**claims, "x": 1})
    return [
        *(jwt.encode(claims, key, algorithm=algorithm) for key in keys[1:] for algorithm in ("HS256", "HS512")),
        jwt.encode(claims, "", algorithm="none"),
        *(f"{encoded(each)}.{body}.{end}" for each in other_heads for end in ("", signature)),
        *(f"{head}.{encoded(each)}.{signature}" for each in other_claims),
        f"{head}.{body}", f"{head}.{body}.", f"{body}.{signature}", claims["sub"], f"web:{claims['sub']}", signature,
        f"{head}..{signature}", f"{token}.{signature}", token[:-4], token.upper(), token[::-1],
    ]  # fmt: skip


def test_no_forged_token_opens_the_conversation_of_another(target: Target) -> None:
    async def visit() -> None:
        async with visiting(target.url) as visitor:
            await visitor.answered(f"hallo {WORD}")
            for forged in forgeries(visitor.token):
                target.expect()
                with target.tally.attack("identity: forged tokens"):
                    await check_stranger(target.url, forged, visitor.token)
            assert await visitor.answered(QUESTION)

    run(visit())


@hypothesis.settings(attacks, max_examples=max(ATTACKS // 3, 50))
@hypothesis.given(
    at=st.floats(0, 1, exclude_max=True),
    to=st.sampled_from("ABCxyz019-_.="),
    how=st.sampled_from(["for", "before", "no"]),
)
def test_no_character_of_a_token_can_be_another(target: Target, at: float, to: str, how: str) -> None:
    token = known_token(target.url)
    place = int(at * len(token))
    changed = (
        token[:place] + {"for": to + token[place + 1 :], "before": to + token[place:], "no": token[place + 1 :]}[how]
    )
    hypothesis.assume(meaning(changed) != meaning(token))
    target.expect()
    with target.tally.attack("identity: changed tokens"):
        run(check_stranger(target.url, changed, token))


def meaning(token: str) -> tuple[str, bytes]:
    """What is signed, and the signature as bytes: more than one way to write it is read as the same."""
    signed, _, signature = token.rpartition(".")
    try:
        return signed, base64.urlsafe_b64decode(signature + "==")
    except ValueError:
        return signed, signature.encode()


@functools.lru_cache(maxsize=1)
def known_token(url: str) -> str:
    """The token of a visitor who has said something."""
    found: list[str] = []

    async def visit() -> None:
        async with visiting(url) as visitor:
            await visitor.answered(f"hallo {WORD}")
            found.append(visitor.token)

    run(visit())
    return found[0]


async def check_stranger(url: str, shown: object, of: str) -> None:
    """Whoever shows this is somebody new, and sees nothing of whose token `of` is."""
    async with visiting(url, {"token": shown, "last": 0}) as stranger:
        assert stranger.token != of
        assert claims_of(stranger.token) != claims_of(of)
        assert [message["author"] for message in stranger.messages] == ["bot", "bot"]
        assert WORD not in json.dumps(stranger.messages)


def test_who_knows_the_ids_of_another_gets_nothing_of_theirs(target: Target) -> None:
    person = new_person()
    target.telegram_answers(person)

    async def visit() -> None:
        async with visiting(target.url) as visitor:
            await visitor.answered(f"Is zwemmen goed voor je botten? {WORD}")
            session, heard = claims_of(visitor.token)["sub"], len(visitor.messages)
            for stolen in (f"web:{session}", session, f"telegram:{person}", str(person), f"rest:web:{session}"):
                for words in (
                    "/more",
                    "verwijder mijn gegevens",
                    "/affirm",
                    "ik wil een medewerker spreken",
                    "/cancel",
                ):
                    with target.tally.attack("identity: ids of others"):
                        reply = await asyncio.to_thread(target.stack.say, words, stolen)
                        assert WORD not in reply.text
                        assert not reply.passages
            assert len(visitor.messages) == heard
            async with visiting(target.url, {"token": visitor.token, "last": 0}) as back:
                assert any(WORD in text for text in back.texts), "somebody else has erased it"
                async with visiting(target.url) as other:
                    for number in range(back.last - 10, back.last + 10):
                        with target.tally.attack("identity: ids of others"):
                            assert await other.say("feedback", {"id": number, "useful": False}) in REFUSED

    run(visit())


REFUSED = ({"ok": False}, {"ok": False, "error": "form"})


def test_whoever_begins_as_another_over_rest_begins_anew(target: Target) -> None:
    person = new_person()
    target.telegram_answers(person)
    for stolen in (f"telegram:{person}", str(person), f"telegram:{person}:{person}"):
        with target.tally.attack("identity: ids of others"):
            assert target.stack.say("hallo", stolen).said[0] == STATEMENT


@hypothesis.settings(attacks, max_examples=max(ATTACKS // 3, 50))
@hypothesis.given(
    connection=st.text(st.sampled_from("ABCabc019-_"), min_size=1, max_size=20), method=st.sampled_from(["GET", "POST"])
)
def test_no_guessed_connection_is_anybodys(target: Target, connection: str, method: str) -> None:
    address = f"{target.url}/{PATH}/?EIO=4&transport=polling&sid={connection}"
    with target.tally.attack("identity: guessed connections"):
        answer = _client().request(method, address, content=b'42["erase",{}]')
        assert answer.status_code == httpx.codes.BAD_REQUEST
        check_no_leak(answer.text)


def test_a_connection_that_is_over_is_nobodys(target: Target) -> None:
    address = f"{target.url}/{PATH}/?EIO=4&transport=polling"
    with target.tally.attack("identity: guessed connections", 2):
        session = json.loads(_client().get(address).text[1:])["sid"]
        _client().post(f"{address}&sid={session}", content=b"1")
        for method in ("POST", "GET"):
            assert (
                _client().request(method, f"{address}&sid={session}", content=b"4").status_code
                == httpx.codes.BAD_REQUEST
            )


def origins(url: str) -> list[str]:
    """Origins of sites that may not embed the widget, like those that may as far as that goes."""
    own, shop = urlsplit(url).netloc, urlsplit(SHOP).netloc
    ends = (
        ".evil.example", "@evil.example", "/@evil.example", ":1", "evil.example", "%2eevil.example", "\\.evil.example",
        "#.evil", "?.evil.example", "\t.evil.example", ".",
    )  # fmt: skip
    return [
        "null", "", "x", "https://evil.example", "file://", "http://", "https://", "http://[::1", "javascript:alert(1)",
        "data:,x", "://", "*", f"http://{shop}", f"ftp://{own}", f"http:/{own}", f"//{own}", own, shop,
        f"{SHOP}, https://evil.example", f"https://evil.example {SHOP}", f"http://user@{own}", f"http://user:x@{own}",
        f"https://x{shop}", SHOP.replace("www.", "www"), SHOP.replace("www.", ""),
        *(f"{scheme}://{name}{end}" for scheme in ("https", "http") for name in (own, shop) for end in ends),
        *(f"https://evil.example{joint}{name}" for joint in "./?#@\\" for name in (own, shop)),
    ]  # fmt: skip


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_no_other_site_may_embed_the_widget(target: Target, transport: str) -> None:
    async def visit(origin: str) -> None:
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with visiting(target.url, headers={"Origin": origin}, transport=transport):
                pass

    address = f"{target.url}/{PATH}/?EIO=4&transport=polling"
    for origin in origins(target.url):
        with target.tally.attack("identity: other sites"):
            answer = _client().get(address, headers={"Origin": origin})
            assert answer.status_code == httpx.codes.FORBIDDEN, origin
            assert "access-control-allow-origin" not in answer.headers
            if origin == origin.strip() and origin:
                run(visit(origin))


def test_the_sites_that_are_named_may(target: Target) -> None:
    async def visit() -> None:
        async with visiting(target.url, headers={"Origin": SHOP}) as visitor:
            (answer,) = await visitor.answered(QUESTION)
            assert [passage["id"] for passage in answer["body"]["passages"]] == [PASSAGE]

    run(visit())


def test_only_who_sits_at_the_staffs_desk_takes_conversations_over(target: Target) -> None:
    """The buttons of the staff, pressed by somebody in a chat or a group of their own."""
    person, desk = new_person(), Desk(Bot(target.api, target.stack), target.group, has_topics=True)

    async def visit() -> None:
        async with visiting(target.url) as visitor:
            await ask_in_widget(visitor, f"Hebben jullie ook een winkel in Gent of in Antwerpen? {person}")
            post = await asyncio.to_thread(desk.post, str(person))
            before = len(desk.posts())
            for action in ("take", "close"):
                button = next(b["callback_data"] for row in (post.reply_markup or {})["inline_keyboard"] for b in row
                              if b["callback_data"].startswith(action))  # fmt: skip
                for chat in (person, target.group - 1):
                    with target.tally.attack("identity: the staff's buttons"):
                        target.api.update("callback_query", press(button, chat, person))
            await asyncio.to_thread(target.telegram_answers, person)
            await asyncio.to_thread(target.telegram_answers, new_person())
            assert len(desk.posts()) == before
            assert await visitor.answered(QUESTION), "a human has the conversation"

    run(visit())


def press(button: str, chat: int, person: int) -> dict[str, Any]:
    """Somebody presses a button that was never shown there."""
    kind = "private" if chat > 0 else "supergroup"
    message = {"message_id": 1, "date": 1, "chat": {"id": chat, "type": kind, "title": "x"}}
    someone = {"id": person, "is_bot": False, "first_name": "x"}
    return {"id": uuid.uuid4().hex, "from": someone, "data": button, "chat_instance": "1", "message": message}


@functools.lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
