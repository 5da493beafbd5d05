"""Whose requests the REST channel takes, in what form and how often."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from botwijzer.channels import rest
from botwijzer.channels.rest import SENDER_RATE, SHARE_OF_ALL
from botwijzer.operating.metrics import refusals
from tests.channels.test_rest import Rasa, Sent, _many_servers, send  # noqa: F401  # a fixture
from tests.unit_helpers import use_settings

OUTSIDE = "1.2.3.4"
TOO_MANY = httpx.codes.TOO_MANY_REQUESTS


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a pace is given back meanwhile, however slow this machine is."""
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: 0.0)


def status(sent: Sent) -> int:
    """What a request is answered with, which must be said in words too when it is refused."""
    rasa = Rasa({"text": "Hallo!"})
    (answer,) = send(rasa, sent)
    if answer.status_code != httpx.codes.OK:
        assert rasa.heard == []
        assert list(answer.json()) == ["error"]
    return answer.status_code


def messages(count: int, sender: str = "anna", address: str = OUTSIDE) -> list[Sent]:
    """Messages of one sender, or of a new one each time (`sender` ends with `-`)."""
    names = [f"{sender}{number}" if sender.endswith("-") else sender for number in range(count)]
    return [Sent({"sender": name, "message": "hallo"}, address) for name in names]


def taken(*sent: Sent) -> list[bool]:
    """Which of these messages, sent one after the other, are taken."""
    return [answer.status_code != TOO_MANY for answer in send(Rasa({"text": "Hallo!"}), *sent)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonp", 415),
        ("text/plain; application/json", 415),
        ("", 415),
    ],
)
def test_only_json_is_taken_which_no_page_sends_elsewhere_without_asking(
    monkeypatch: pytest.MonkeyPatch, kind: str, expected: int
) -> None:
    use_settings(monkeypatch)

    assert status(Sent(headers={"Content-Type": kind})) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://evil.nl", 403),
        ("null", 403),
        ("http://localhost:3000", 403),
        ("http://localhost:5005", 200),
        ("https://www.shop.nl", 200),
    ],
)
@pytest.mark.parametrize("value", ["local", "true"])
def test_a_page_of_a_foreign_site_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, origin: str, expected: int
) -> None:
    use_settings(monkeypatch, rest=value, allowed_origins="https://www.shop.nl")

    assert status(Sent(headers={"Origin": origin})) == expected


def test_a_page_whose_name_leads_to_this_machine_is_not_a_program_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch)

    assert status(Sent(headers={"Host": "evil.nl:5005", "Origin": "http://evil.nl:5005"})) == 403


@pytest.mark.parametrize(
    ("value", "address", "headers", "proxies", "expected"),
    [
        ("local", "127.0.0.1", {}, "0", 200),
        ("local", "::1", {}, "0", 200),
        ("local", OUTSIDE, {}, "0", 403),
        ("local", "10.0.0.7", {}, "0", 403),
        ("local", "127.0.0.1", {"X-Forwarded-For": OUTSIDE}, "0", 403),
        ("local", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "0", 403),
        ("local", "127.0.0.1", {"X-Forwarded-For": OUTSIDE}, "1", 403),
        ("local", OUTSIDE, {"X-Forwarded-For": "127.0.0.1, 4.3.2.1"}, "1", 403),
        ("true", OUTSIDE, {}, "0", 200),
        ("true", "127.0.0.1", {"X-Forwarded-For": OUTSIDE}, "1", 200),
        ("false", "127.0.0.1", {}, "0", 404),
        ("off", OUTSIDE, {}, "0", 404),
    ],
)
def test_without_a_setting_only_programs_on_this_machine_are_answered(
    monkeypatch: pytest.MonkeyPatch, value: str, address: str, headers: dict[str, str], proxies: str, expected: int
) -> None:
    use_settings(monkeypatch, rest=value, trusted_proxies=proxies)

    assert status(Sent(address=address, headers=headers)) == expected


def test_a_sender_has_a_pace_and_does_not_use_up_that_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="60")
    allowed = int(SENDER_RATE.events)

    kept = taken(*messages(allowed + 30), *messages(20, "visitor-"))

    assert kept == [True] * allowed + [False] * 30 + [True] * 20


@pytest.mark.parametrize("address", [OUTSIDE, "127.0.0.1"])
def test_an_address_has_a_pace_however_many_senders_it_invents(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="40")

    kept = taken(*messages(60, "visitor-", address), *messages(1, "stranger", "4.3.2.1"))

    assert kept == [True] * 40 + [False] * 20 + [True]


def test_a_whole_ipv6_network_is_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="10")

    kept = taken(*(Sent({"sender": f"v{n}", "message": "hallo"}, f"2a02:1::a:{n:x}") for n in range(30)))

    assert Counter(kept) == {True: 10, False: 20}


def test_all_together_have_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="1")

    kept = taken(*(Sent({"sender": f"v{n}", "message": "hallo"}, f"1.2.3.{n}") for n in range(1, SHARE_OF_ALL + 6)))

    assert Counter(kept) == {True: SHARE_OF_ALL, False: 5}


@pytest.mark.parametrize(("pace", "seconds"), [("120", "1"), ("6", "10"), ("1", "60")])
def test_who_is_refused_hears_when_to_try_again(monkeypatch: pytest.MonkeyPatch, pace: str, seconds: str) -> None:
    use_settings(monkeypatch, rest="true", rest_pace=pace)

    answer = send(Rasa({"text": "Hallo!"}), *messages(int(pace) + 1, "visitor-"))[-1]

    assert answer.status_code == TOO_MANY
    assert answer.headers["Retry-After"] == seconds
    assert "try again later" in answer.json()["error"]


def test_a_pace_of_nothing_is_no_pace_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="0")

    assert all(taken(*messages(150)))


def test_a_body_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch)
    monkeypatch.setattr("sanic.request.Request.load_json", lambda *_: pytest.fail("it was read"))

    assert status(Sent(b'{"sender": "anna", "message": "' + b"a" * rest.MAX_BYTES + b'"}')) == 413


def test_what_is_refused_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, rest="true", rest_pace="1")
    counted = [refusals.labels(reason) for reason in ("pace", "origin")]
    before = [each._value.get() for each in counted]

    send(Rasa({"text": "Hallo!"}), *messages(3), Sent(headers={"Origin": "https://evil.nl"}))

    assert [each._value.get() - old for each, old in zip(counted, before)] == [2, 1]
