"""Lemmas from the pipeline that is installed, and from one that has none."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import spacy
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyModel
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.tokens import Doc

from botwijzer.article import article
from botwijzer.nlu import pipeline as pipeline_module
from botwijzer.nlu.classifier import lemmas_of
from botwijzer.nlu.lemmas import SPACY_MODEL, joined_lemmas
from botwijzer.nlu.pipeline import Renewing, only_lemmas

LETTERS = "abcdefghijklmnopqrstuvwxyzëïü-'"


@pytest.fixture(scope="module")
def pipelines() -> tuple[Language, Language]:
    """The Dutch pipeline as it comes, and as it serves."""
    whole, quick = spacy.load(SPACY_MODEL), spacy.load(SPACY_MODEL)
    only_lemmas(quick)
    return whole, quick


def sentences() -> list[str]:
    """The article's sentences, and words that no tree of the lemmatizer may fit."""
    draw = random.Random(1)
    strange = [" ".join("".join(draw.choices(LETTERS, k=draw.randint(1, 9))) for _ in range(8)) for _ in range(100)]
    return [line for passage in article().passages.values() for line in (passage.question, *passage.lines)] + strange


def test_a_pipeline_for_lemmas_alone_finds_the_same_lemmas(pipelines: tuple[Language, Language]) -> None:
    whole, quick = pipelines

    assert [joined_lemmas(quick(text)) for text in sentences()] == [joined_lemmas(whole(text)) for text in sentences()]


def test_what_nobody_reads_is_not_run(pipelines: tuple[Language, Language]) -> None:
    _, quick = pipelines

    assert not set(quick.pipe_names) & {"tagger", "morphologizer", "parser", "ner"}
    assert not any(token.tag_ for token in quick("de botten worden sterker"))


@pytest.mark.parametrize("batch_size", [1, 50])
def test_only_where_the_likeliest_tree_does_not_fit_all_are_looked_at(
    pipelines: tuple[Language, Language], monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    _, quick = pipelines
    lemmatizer: Any = next(part for name, part in quick.pipeline if "lemmatizer" in name)
    tried: dict[int, list[str]] = {}
    predict: Callable[[list[Doc]], object] = lemmatizer.predict._predict

    def watched(documents: list[Doc]) -> object:
        tried.setdefault(lemmatizer.top_k, []).extend(document.text for document in documents)
        return predict(documents)

    monkeypatch.setattr(lemmatizer.predict, "_predict", watched)

    list(quick.pipe(sentences(), batch_size=batch_size))

    assert tried[1] == sentences()
    assert tried[3] == [text for text in sentences() if text in tried[3]]
    assert 0 < len(tried[3]) < len(tried[1]) / 2


def test_a_pipeline_without_edit_trees_stays_as_it_is() -> None:
    plain = spacy.blank("nl")
    plain.add_pipe("tagger")

    only_lemmas(plain)

    assert plain.pipe_names == ["tagger"]


@pytest.mark.parametrize("blank", [" ", "  \n ", "\u00a0"])
def test_blanks_are_no_lemmas_and_a_word_without_one_is_its_own(blank: str) -> None:
    message = Message({TEXT: f"Kalk{blank}Botten"})
    message.set(SPACY_DOCS[TEXT], spacy.blank("nl")(f"Kalk{blank}Botten"))

    assert lemmas_of(message) == "kalk botten"
    assert lemmas_of(Message({TEXT: "nog niet gelezen"})) == ""


def test_a_pipeline_that_has_seen_many_new_words_is_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "MOST_NEW_WORDS", 100)
    holder = SpacyModel(spacy.load(SPACY_MODEL), SPACY_MODEL)
    first, renewing, draw = holder.model, Renewing(holder), random.Random(1)
    before, words = joined_lemmas(first("de botten worden sterker")), len(first.vocab)

    renewing.look()
    assert renewing._loading is None
    while len(first.vocab) <= words + 100:
        first("".join(draw.choices(LETTERS, k=12)))
    renewing.look()
    renewing.look()
    assert renewing._loading
    renewing._loading.join(60)

    assert holder.model is not first
    assert len(holder.model.vocab) <= words
    assert joined_lemmas(holder.model("de botten worden sterker")) == before


def test_a_pipeline_that_can_not_be_loaded_anew_stays(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pipeline_module, "MOST_NEW_WORDS", -1)
    holder = SpacyModel(spacy.blank("nl"), "no such pipeline")
    renewing, first = Renewing(holder), holder.model

    first("de botten worden sterker")
    renewing.look()
    assert renewing._loading
    renewing._loading.join(60)

    assert holder.model is first
    assert caplog.messages == ["the Dutch pipeline can't be loaded anew: OSError"]
