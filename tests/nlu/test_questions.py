"""Two questions in one message."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from botwijzer.article import article
from botwijzer.nlu.questions import (
    MAX_PARTED_CHARACTERS,
    MOST_PARTINGS,
    Asking,
    Questions,
    QuestionsError,
    after_something_else,
    load_two_questions,
    partings,
)
from tests.unit_helpers import domain

SUBJECTS = {"kalk": "faq_calcium", "zwem": "faq_zwemmen", "hoeveel": "decline_dosage", "hallo": "greet"}


def read(text: str, after: str) -> Mapping[str, float]:
    """A toy understanding: the last subject word decides; without one, what came before."""
    found = [intent for word, intent in SUBJECTS.items() if word in text.lower()]
    intent = found[-1] if found else after or "out_of_scope"
    return {name: 0.9 if name == intent else 0.02 for name in [*SUBJECTS.values(), "out_of_scope"]}


EXAMPLES = [
    Asking("wat doet kalk? en helpt zwemmen?", ("faq_calcium", "faq_zwemmen")),
    Asking("is zwemmen goed en hoeveel moet ik", ("faq_zwemmen", "decline_dosage")),
    Asking("hoeveel kalk mag ik? is zwemmen goed?", ("decline_dosage", "faq_zwemmen")),
    Asking("hallo daar, wat doet kalk", ("faq_calcium",)),
    Asking("ik zwem veel, en is kalk nodig", ("faq_calcium",)),
    Asking("wat is kalk? ik bedoel, wat doet kalk?", ("faq_calcium",)),
    Asking("zwemmen en nog eens zwemmen, is dat goed", ("faq_zwemmen",)),
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Wat is kalk? En zwemmen dan?", [("Wat is kalk?", "En zwemmen dan?")]),
        ("wat is kalk en helpt zwemmen", [("wat is kalk", "en helpt zwemmen")]),
        ("kalk, en zwemmen", []),
        ("hoe werken calcium, magnesium, vitamine D samen", []),
        ("ik slik kalk, is zwemmen goed", [("ik slik kalk", "is zwemmen goed")]),
        ("waarom?", []),
        ("", []),
    ],
)
def test_a_message_parts_where_both_sides_have_two_words(text: str, parts: list[tuple[str, str]]) -> None:
    assert [(parting.first, parting.second) for parting in partings(text, read)] == parts


def test_the_second_part_is_read_with_the_first_before_it() -> None:
    (parting,) = partings("wat doet kalk? en is dat bewezen?", read)

    assert parting.intents == ("faq_calcium", "faq_calcium")


def test_the_first_part_is_read_with_what_was_asked_before_the_message() -> None:
    (parting,) = partings("en is dat bewezen, en helpt zwemmen?", read, after="faq_calcium")

    assert parting.intents == ("faq_calcium", "faq_zwemmen")


def test_examples_are_also_learnt_after_a_question_that_has_nothing_to_do_with_them() -> None:
    leaning = Asking("en is dat bewezen, en helpt zwemmen?", ("faq_calcium", "faq_zwemmen"), after="faq_calcium")
    more = after_something_else([*EXAMPLES, leaning], ["faq_ph", "decline_dosage"])

    assert {example.after for example in more[:-1]} == {"faq_ph", "decline_dosage"}
    assert more[-1] == leaning
    assert more == after_something_else([*EXAMPLES, leaning], ["faq_ph", "decline_dosage"])


def test_two_questions_are_told_from_one_that_looks_like_two() -> None:
    questions = Questions().learn(EXAMPLES * 3, read)

    two, sure = questions.asked("helpt zwemmen? en wat is kalk?", read("kalk", ""), read)
    one, unsure = questions.asked("hallo daar, wat is kalk", read("kalk", ""), read)

    assert two == ("faq_zwemmen", "faq_calcium")
    assert one[1] == "faq_calcium"
    assert sure > 0.5 > unsure


def test_what_can_not_be_parted_is_one_question() -> None:
    assert Questions().learn(EXAMPLES, read).asked("waarom?", read("kalk", ""), read) == (("", ""), 0.0)


def test_the_examples_of_this_project_name_intents_of_the_domain() -> None:
    examples = load_two_questions()

    assert len(examples) > 1000
    assert {name for example in examples for name in (*example.intents, example.after) if name} <= set(
        domain()["intents"]
    )
    assert {len(example.intents) for example in examples} >= {1, 2}


@pytest.mark.parametrize("content", ["two_questions: 3", "x: []", "two_questions: [{hand: 1}]", "a: b: c", None])
def test_a_file_of_another_form_is_refused_in_a_sentence(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "two_questions.yml"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(QuestionsError, match=r"^two_questions\.yml can't be used"):
        load_two_questions(path)


@pytest.mark.parametrize("ending", ["", "?", " ??"])
def test_a_question_on_a_button_is_one_question_when_typed(ending: str) -> None:
    questions = Questions().learn(EXAMPLES, read)

    for passage in article().passages.values():
        typed = f" {passage.question.rstrip('?').upper()}{ending}"
        assert questions.asked(typed, read(typed, ""), read) == (("", ""), 0.0)


def test_a_message_of_hundreds_of_places_to_part_takes_no_longer_than_others() -> None:
    text, reads = "of ja " * 330, []

    def counted(part: str, after: str) -> Mapping[str, float]:
        reads.append(part)
        return read(part, after)

    Questions().learn(EXAMPLES, read).asked(text, read(text, ""), counted)

    assert sum(map(len, reads)) <= MAX_PARTED_CHARACTERS
    assert reads, "at one place at least it is tried"
    assert max(len(list(partings(example.text, read))) for example in load_two_questions()) < MOST_PARTINGS
