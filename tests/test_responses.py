"""The responses of a domain: what is refused, and what fills their blanks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from botwijzer.article import article
from botwijzer.responses import DomainError, Meaning, Responses, blanks, load_responses, ways_to_human
from tests.unit_helpers import use_settings

BUTTON = {"title": "{faq_calcium}", "payload": "/faq_calcium"}


def loaded(folder: Path, *variations: dict[str, Any]) -> Responses:
    """The responses of a domain that has one, `utter_x`."""
    path = folder / "domain.yml"
    path.write_text(yaml.safe_dump({"responses": {"utter_x": list(variations)}}), "utf-8")
    return load_responses(path)


def test_a_response_is_said_with_its_blanks_filled_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_settings(monkeypatch, contact_phone="0800 1234")
    said = loaded(tmp_path, {"text": "{request_reference}. {human}", "buttons": [BUTTON]})

    assert "utter_x" in said
    assert said.text("utter_x", request_reference="BW-1") == "BW-1. Zo bereik je een medewerker: bel 0800 1234."
    assert said.message("utter_x") == {
        "text": ". Zo bereik je een medewerker: bel 0800 1234.",
        "buttons": [{**BUTTON, "title": article().passages["calcium"].question}],
        "utter_action": "utter_x",
    }


@pytest.mark.parametrize(
    ("metadata", "meanings"),
    [
        ({"metadata": {"meaning": "care"}}, {Meaning.CARE}),
        ({"metadata": {"meaning": ["trouble", "private"]}}, {Meaning.TROUBLE, Meaning.PRIVATE}),
        ({"metadata": {"author": "anna"}}, set()),
        ({}, set()),
    ],
)
def test_what_a_response_means_is_its_metadata(
    tmp_path: Path, metadata: dict[str, Any], meanings: set[Meaning]
) -> None:
    said = loaded(tmp_path, {"text": "x", **metadata})

    assert said.meanings(said.message("utter_x")) == meanings
    assert said.meanings({"text": "x"}) == set()


@pytest.mark.parametrize(
    ("variations", "fault"),
    [
        ([], "utter_x has no text"),
        ([{"buttons": [BUTTON]}], "utter_x has no text"),
        ([{"text": " \n"}], "utter_x has no text"),
        ([{"text": "goed"}, {"text": ""}], "utter_x has no text"),
        ([{"text": "Een {mens} helpt."}], "utter_x has the blank {mens}, which nothing fills in"),
        ([{"text": "Een {human.x} helpt."}], "utter_x has the blank {human.x}, which nothing fills in"),
        ([{"text": "Een {human helpt."}], "utter_x has a brace that does not belong to a blank"),
        ([{"text": "Een {} helpt."}], "utter_x has a brace that does not belong to a blank"),
        (
            [{"text": "x", "buttons": [{**BUTTON, "title": "{faq_nergens}"}]}],
            "utter_x has the blank {faq_nergens}, which nothing fills in",
        ),
        ([{"text": "x", "buttons": [{"title": "Ja"}]}], "utter_x has a button without a title or a payload"),
        ([{"text": "x", "metadata": "care"}], "utter_x has metadata that is not a mapping"),
        (
            [{"text": "x", "metadata": {"meaning": ["care", "zorg"]}}],
            f"utter_x has the unknown meaning 'zorg'; known are {', '.join(Meaning)}",
        ),
    ],
)
def test_a_response_that_can_not_be_said_is_refused_with_a_sentence(
    tmp_path: Path, variations: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        loaded(tmp_path, *variations)

    assert str(refusal.value) == f"domain.yml: {fault}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "domain.yml can't be read: "),
        ("responses: [", "domain.yml is not valid YAML: "),
        ("tekst", "domain.yml is not a mapping"),
        ("responses: [utter_x]", "domain.yml: 'responses' is not a mapping"),
    ],
)
def test_a_domain_that_can_not_be_read_is_refused_with_a_sentence(tmp_path: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (tmp_path / "domain.yml").write_text(text, "utf-8")

    with pytest.raises(DomainError) as refusal:
        load_responses(tmp_path / "domain.yml")

    assert str(refusal.value).startswith(fault)
    assert "\n" not in str(refusal.value)


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
