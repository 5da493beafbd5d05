"""What fills the blanks of the responses: the ways to a human, and what the article lends."""

from __future__ import annotations

import pytest

from botwijzer.article import article
from botwijzer.replies import blanks, ways_to_human
from tests.unit_helpers import use_settings


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Zo bereik je een medewerker: kijk bij 'contact' op www.zechsal.nl."),
        ({"contact_email": "hulp@shop.example"}, "Zo bereik je een medewerker: mail naar hulp@shop.example."),
        ({"contact_phone": "0800 1234"}, "Zo bereik je een medewerker: bel 0800 1234."),
        ({"contact_url": "https://shop.example"}, "Zo bereik je een medewerker: kijk op https://shop.example."),
        (
            {"contact_email": "hulp@shop.example", "contact_phone": "0800 1234", "contact_url": "https://shop.example"},
            "Zo bereik je een medewerker: mail naar hulp@shop.example of bel 0800 1234 of kijk op https://shop.example.",
        ),
        (
            {"contact_phone": "0800 1234", "contact_hours": "werkdagen van 9 tot 17 uur"},
            "Zo bereik je een medewerker: bel 0800 1234. Bereikbaar: werkdagen van 9 tot 17 uur.",
        ),
    ],
)
def test_the_ways_to_a_human_are_those_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str
) -> None:
    assert ways_to_human(use_settings(monkeypatch, **values), article()) == said


def test_the_blanks_are_filled_from_article_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    current = use_settings(monkeypatch, contact_phone="0800 1234")

    filled = blanks()

    assert filled["human"] == ways_to_human(current, article())
    assert filled["disclaimer"] == article().disclaimer
    assert filled["advice"] in article().disclaimer
    assert all(source.url in filled["source_list"] for source in article().sources)
    assert article().url in filled["source_list"]


def test_every_passage_lends_its_question_to_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch)

    filled = blanks()

    assert {p.intent: p.question for p in article().passages.values()}.items() <= filled.items()
