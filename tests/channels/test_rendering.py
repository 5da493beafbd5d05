"""Whatever passages an answer shows, in whatever form: disclaimer, sources and the article's words are there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botwijzer.answer import Answer, build_answer
from botwijzer.article import Source, article
from botwijzer.channels.rendering import for_widget, plain_text, source_list
from tests.unit_helpers import strings, unhurried

RENDERERS: dict[str, Callable[[Answer], str]] = {
    "plain text": plain_text,
    "json": lambda answer: "\n".join(strings(answer.to_json())),
    "widget": lambda answer: "\n".join(strings(for_widget({"custom": answer.to_json()}))),
}
"""Every way to draw an answer, as the text that a visitor could read in it."""

every_renderer = pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS.keys())
passage_ids = st.lists(st.sampled_from(sorted(article().passages)), min_size=1)


@every_renderer
@unhurried
@given(ids=passage_ids)
def test_disclaimer_and_all_sources_are_always_there(render: Callable[[Answer], str], ids: list[str]) -> None:
    drawn = render(build_answer(article(), ids))

    assert article().disclaimer in drawn
    assert article().sources_note in drawn
    for source in (*article().sources, Source(article().title, article().url)):
        assert source.title in drawn
        assert source.url in drawn


@every_renderer
@unhurried
@given(ids=passage_ids)
def test_every_sentence_is_there_word_for_word_and_in_order(render: Callable[[Answer], str], ids: list[str]) -> None:
    drawn = render(build_answer(article(), ids))

    position = 0
    for passage_id in dict.fromkeys(ids):
        for line in article().passages[passage_id].lines:
            position = drawn.index(line, position) + len(line)


@unhurried
@given(ids=passage_ids, answered=st.sets(st.sampled_from(sorted(article().passages))))
def test_the_json_form_says_the_same_as_the_answer(ids: list[str], answered: set[str]) -> None:
    answer = build_answer(article(), ids, answered)

    drawn = answer.to_json()

    assert drawn["kind"] == "answer"
    assert [p["id"] for p in drawn["passages"]] == list(dict.fromkeys(ids))
    assert [p["sentences"] for p in drawn["passages"]] == [list(p.sentences) for p in answer.passages]
    assert [(f["title"], f["payload"]) for f in drawn["follow_ups"]] == [
        (article().passages[f.payload.removeprefix("/faq_")].question, f.payload) for f in answer.follow_ups
    ]


@unhurried
@given(ids=passage_ids)
def test_the_plain_text_says_nothing_but_the_answer(ids: list[str]) -> None:
    drawn = plain_text(build_answer(article(), ids))

    blocks = drawn.split("\n\n")
    passages = [article().passages[name] for name in dict.fromkeys(ids)]
    assert blocks[:-2] == ["\n".join(p.lines) for p in passages]
    assert blocks[-2] == f"Disclaimer: {article().disclaimer}"
    assert blocks[-1] == source_list(article().sources, Source(article().title, article().url), article().sources_note)


def test_the_sources_stand_one_a_line_beneath_their_heading() -> None:
    sources = (Source("Een", "https://een.example"), Source("Twee", "https://twee.example"))

    lines = source_list(sources, Source("Artikel", "https://artikel.example"), "Een noot.").splitlines()

    assert lines == [
        "Bronnen",
        "Dit antwoord komt uit het artikel 'Artikel': https://artikel.example",
        "- Een: https://een.example",
        "- Twee: https://twee.example",
        "Een noot.",
    ]


def test_what_is_no_answer_is_a_text_for_the_widget_with_its_buttons() -> None:
    button = {"title": "Ja", "payload": "/affirm", "more": 1}

    assert for_widget({"text": "Goed?", "buttons": [button], "custom": {"kind": "other"}}) == {
        "kind": "text",
        "text": "Goed?",
        "buttons": [{"title": "Ja", "payload": "/affirm"}],
    }
    assert for_widget({}) == {"kind": "text", "text": "", "buttons": []}
