"""How many requests for a human one conversation and one address can make, over REST and in the widget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from botwijzer.handoff.store import MAX_OPEN, Requests, TooManyRequestsError
from tests.channels.visitor import visiting
from tests.conftest import Stack, is_response, new_sender, running_stack
from tests.handoff.conftest import ask_in_widget
from tests.handoff.test_store import wanted

OF_ONE_ADDRESS = 5
WISH = "ik wil een medewerker spreken"
QUESTION = "waarom is mijn pakje er nog niet, mail naar piet@example.nl"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An assistant that takes a few requests of one address."""
    with running_stack(tmp_path_factory.mktemp("limited"), requests_per_hour=str(OF_ONE_ADDRESS)) as running:
        yield running


def test_over_rest_one_address_makes_only_so_many_and_is_told_of_other_ways(limited: Stack) -> None:
    for _ in range(OF_ONE_ADDRESS):
        sender = new_sender()
        limited.say(WISH, sender)
        limited.say(QUESTION, sender)
        assert "BW-" in limited.say("ja", sender).text

    refused = limited.say(WISH)

    assert is_response("utter_request_limit", refused.text.split("\n\n", 1)[1])
    assert len(Requests(limited.settings.database_url).listed()) == OF_ONE_ADDRESS
    assert limited.say("is zwemmen goed voor je botten?").passages == ["zwemmen"]


def test_in_the_widget_one_conversation_has_only_so_many_open(stack: Stack) -> None:
    async def talk() -> None:
        async with visiting(stack.url) as visitor:
            for number in range(MAX_OPEN):
                await ask_in_widget(visitor, f"waarom is pakje {number} er nog niet, mail naar piet{number}@example.nl")
            said = await visitor.answered(WISH)
            assert is_response("utter_request_enough", said[-1]["body"]["text"])

    asyncio.run(talk())


def test_a_conversation_has_a_few_open_requests_and_not_more(database_url: str) -> None:
    store = Requests(database_url)
    made = [wanted() for _ in range(MAX_OPEN)]
    first, *_ = [store.submit(each, (), live=False) for each in made]
    assert not store.has_room("web:abc")
    with pytest.raises(TooManyRequestsError):
        store.submit(wanted(), (), live=False)
    assert len(store.listed()) == MAX_OPEN
    assert store.submit(made[0], (), live=False).reference == first.reference, "the same again is no further one"
    assert store.submit(wanted("web:def"), (), live=False), "others go on"

    store.close(first.id)

    assert store.has_room("web:abc")
    assert store.submit(wanted(), (), live=False)
