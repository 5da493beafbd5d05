"""What a group is offered; the rest is tested with the tests' own Bot API server (tests/telegram)."""

from __future__ import annotations

import pytest

from botwijzer.channels.telegram_service import private_links
from tests.unit_helpers import use_responses

BOT = "https://t.me/botwijzer_bot"
HUMAN = f"{BOT}?start=handoff"


@pytest.mark.parametrize(
    ("meaning", "link"),
    [("care", BOT), (["care", "private"], BOT), ("private", HUMAN), (["declined", "private"], HUMAN), ("declined", "")],
)
def test_where_a_group_is_sent_is_told_by_the_meaning_of_what_is_said(
    monkeypatch: pytest.MonkeyPatch, meaning: object, link: str
) -> None:
    use_responses(monkeypatch, utter_nieuw={"text": "...", "metadata": {"meaning": meaning}})

    assert private_links([{"text": "..."}, {"text": "...", "utter_action": "utter_nieuw"}], BOT) == (HUMAN, link)


def test_a_private_chat_is_sent_nowhere() -> None:
    assert private_links([{"text": "...", "utter_action": "utter_handoff"}], "") == ("", "")
