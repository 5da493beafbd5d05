"""A yes is a yes only when nothing else is said with it."""

from __future__ import annotations

import pytest

from botwijzer.handoff.agreeing import agrees, asks_something, holds, is_about_data, removes, shares, without_yes


@pytest.mark.parametrize(
    "text",
    [
        "ja", "Ja graag", "ja hoor prima zo", "JA VERDORIE", "awel ja stuurt da ma", "ja dank u", "verstuur maar",
        "oké, stuur maar door naar een medewerker", "klopt helemaal", "prima!", "ja doe da ma",
        "nee hoor klopt helemaal",
        "niks aan veranderen", "top, bedankt", "is goed", "ja hoor dat mag",
    ],
)  # fmt: skip
def test_a_bare_yes(text: str) -> None:
    assert agrees(text, likely=True)


@pytest.mark.parametrize(
    "text",
    [
        "ja maar wacht nog even", "ja maar eerst nog iets veranderen", "ja maar de vraag moet anders",
        "ja? gaat het dan meteen weg?", "oke wat kost dat", "ja en zeg erbij dat ik heel boos ben",
        "ja maar bel na zes uur want dan ben ik thuis", "ja en vraag meteen of ze ook badkristallen hebben",
        "nee", "niet versturen", "", "...", "ja maar niet mijn eerdere vragen",
    ],
)  # fmt: skip
def test_a_yes_with_more_in_it_is_none(text: str) -> None:
    assert not agrees(text, likely=True)


def test_words_that_were_not_understood_as_a_yes_must_be_one_in_full() -> None:
    assert agrees("prima zo", likely=False)
    assert not agrees("mijn kat heet prima", likely=False)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("haal mijn naam eraf", {"name"}),
        ("doe mijn nummer er maar uit", {"phone"}),
        ("bel me liever niet", {"phone"}),
        ("laat mijn mailadres maar weg", {"email"}),
        ("verwijder mijn gegevens", set()),
        ("mijn naam is An", set()),
        ("bel me na zes uur", set()),
    ],
)
def test_a_part_can_be_taken_out(text: str, fields: set[str]) -> None:
    assert removes(text) == fields


def test_what_is_kept_is_not_a_part_of_it() -> None:
    assert is_about_data("wis al mijn gegevens")
    assert is_about_data("haal dit gesprek weg")
    assert not is_about_data("haal mijn naam eraf")


@pytest.mark.parametrize(
    "text", ["ja, met mijn vorige vragen", "stuur mijn eerdere vragen maar mee", "neem alles maar mee wat ik vroeg"]
)
def test_earlier_questions_may_go_along(text: str) -> None:
    assert shares(text)


def test_they_stay_when_that_is_said() -> None:
    assert not shares("ja maar niet mijn eerdere vragen mee")
    assert not shares("ja")


@pytest.mark.parametrize(
    "text",
    [
        "of jullie ook leveren", "waar blijft mijn pakje", "ik wil graag weten wat het kost",
        "het gaat over mijn retour", "leveren jullie in Gent", "kunnen jullie dat uitzoeken?",
    ],
)  # fmt: skip
def test_what_looks_like_a_question(text: str) -> None:
    assert asks_something(text)


@pytest.mark.parametrize(
    "text", ["even mijn bril pakken", "dat moet ik even opzoeken", "ik ben 74 en woon alleen", "Kerkstraat 12, Utrecht"]
)
def test_talk_beside_it_does_not(text: str) -> None:
    assert not asks_something(text)


def test_what_is_added_begins_after_the_yes() -> None:
    assert without_yes("ja en bel na zes uur") == "bel na zes uur"
    assert without_yes("ja") == "ja"
    assert holds("wacht even")
    assert not holds("niks aan veranderen")
