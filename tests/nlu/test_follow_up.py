"""Follow-ups of half a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from botwijzer.nlu.concepts import Concepts
from botwijzer.nlu.follow_up import FollowUp, FollowUpError, learn_follow_ups, load_follow_ups, may_lean, seen_after
from tests.unit_helpers import domain

CONCEPTS = Concepts({"why": {"words": ["waarom"]}, "swim": {"words": ["zwemmen"]}})


@pytest.mark.parametrize("text", ["waarom?", "en te veel?", "een vraag van niet meer dan acht woorden", "K2"])
def test_short_messages_may_lean(text: str) -> None:
    assert may_lean(text)


@pytest.mark.parametrize("text", ["", "?!", "deze vraag is met negen woorden lang genoeg alleen"])
def test_empty_and_long_messages_do_not(text: str) -> None:
    assert not may_lean(text)


def test_words_and_concepts_are_joined_to_what_came_before() -> None:
    context = seen_after("faq_zwemmen", "Waarom niet", CONCEPTS)["context"]

    joined = {"faq_zwemmen", "faq_", "faq_zwemmen|waarom", "faq_|concept:why", "faq_zwemmen|waarom_niet", "swim&waarom"}
    assert joined <= set(context)


def test_the_same_words_ask_different_things_after_different_questions() -> None:
    texts = ["waarom", "waarom dan", "waarom toch", "hoezo", "hoezo dan"]
    examples = [FollowUp(after, text, after) for after in ("faq_zwemmen", "faq_calcium") for text in texts]

    learnt = learn_follow_ups(examples, [("wat is zwemmen", "faq_zwemmen")] * 3, CONCEPTS, 0.5)

    for number, after in enumerate(learnt.labels):
        assert learnt.probabilities(seen_after(after, "waarom zo", CONCEPTS)).argmax() == number


def test_the_examples_of_this_project_name_intents_of_the_domain() -> None:
    examples = load_follow_ups()

    assert len(examples) > 3000
    assert {name for e in examples for name in (e.after, e.intent)} <= set(domain()["intents"])


@pytest.mark.parametrize("content", ["follow_ups: 3", "x: []", "follow_ups: [{hand: 1}]", "a: b: c", None])
def test_a_file_of_another_form_is_refused_in_a_sentence(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "follow_ups.yml"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(FollowUpError, match=r"^follow_ups\.yml can't be used"):
        load_follow_ups(path)
