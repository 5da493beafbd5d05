"""The answer can't exist without passage, disclaimer and sources, and offers what was not read yet."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from botwijzer.answer import MOST_FOLLOW_UPS, Answer, build_answer, follow_up
from botwijzer.article import Source, article


@pytest.fixture
def answer() -> Answer:
    """The answer to one question."""
    return build_answer(article(), ["calcium"])


@pytest.mark.parametrize(
    ("lack", "what"),
    [
        ({"passages": ()}, "passage"),
        ({"passages": (replace(article().passages["calcium"], lines=()),)}, "passage"),
        ({"disclaimer": ""}, "disclaimer"),
        ({"disclaimer": " \n"}, "disclaimer"),
        ({"sources": ()}, "sources"),
        ({"article": Source("titel", "")}, "sources"),
    ],
)
def test_an_answer_that_lacks_a_part_can_not_be_made(answer: Answer, lack: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=f"an answer needs .*{what}"):
        replace(answer, **lack)


@pytest.mark.parametrize("part", ["passages", "disclaimer", "sources", "sources_note", "article", "follow_ups"])
def test_an_answer_can_not_be_changed(answer: Answer, part: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(answer, part, None)


def test_an_answer_to_nothing_can_not_be_built() -> None:
    with pytest.raises(ValueError, match="an answer needs a passage"):
        build_answer(article(), [])


def test_an_unknown_passage_can_not_be_shown() -> None:
    with pytest.raises(KeyError, match="nergens"):
        build_answer(article(), ["calcium", "nergens"])


def test_a_passage_that_is_asked_for_twice_is_shown_once_and_the_order_is_kept() -> None:
    answer = build_answer(article(), ["zwemmen", "calcium", "zwemmen"])

    assert [p.id for p in answer.passages] == ["zwemmen", "calcium"]


def test_an_answer_carries_the_disclaimer_and_all_sources_of_the_article(answer: Answer) -> None:
    assert answer.disclaimer == article().disclaimer
    assert answer.sources == article().sources
    assert answer.sources_note == article().sources_note
    assert answer.article == Source(article().title, article().url)


@pytest.mark.parametrize("passage_id", article().passages)
def test_follow_ups_are_related_questions_that_this_answer_did_not_answer(passage_id: str) -> None:
    offered = build_answer(article(), [passage_id]).follow_ups

    related = [follow_up(article().passages[name]) for name in article().passages[passage_id].related]
    assert list(offered) == related[:MOST_FOLLOW_UPS]
    assert "/faq_" + passage_id not in [f.payload for f in offered]


def test_a_question_that_was_answered_before_is_not_offered_again() -> None:
    related = article().passages["calcium"].related

    offered = build_answer(article(), ["calcium"], answered=[*related[:2], "calcium"]).follow_ups

    assert [f.payload for f in offered] == ["/faq_" + name for name in related[2:]]


def test_two_passages_do_not_offer_each_other_and_share_three_places() -> None:
    offered = [f.payload for f in build_answer(article(), ["beweging", "zwemmen"]).follow_ups]

    assert len(offered) == len(set(offered)) == MOST_FOLLOW_UPS
    assert not {"/faq_beweging", "/faq_zwemmen"} & set(offered)


def test_who_has_read_everything_is_offered_nothing() -> None:
    assert build_answer(article(), ["calcium"], answered=list(article().passages)).follow_ups == ()
