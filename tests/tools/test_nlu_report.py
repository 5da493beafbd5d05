"""The report on understanding: its figures on cases worked out by hand, and a page that shows them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from botwijzer.article import article
from tools.nlu_report import learning, plots, running, scoring
from tools.nlu_report.__main__ import thresholds, worst_errors, write
from tools.nlu_report.scoring import Predictions, Share

LABELS = ["decline_sun", "faq_calcium", "faq_zwemmen", "urgent_acute"]
TEXTS = ["is calcium nodig", "en zwemmen dan", "help ik val flauw", "en de zon dan"]
GOLD = np.array(["faq_calcium", "faq_zwemmen", "urgent_acute", "decline_sun"])
PROBABILITIES = np.array(
    [
        [0.1, 0.8, 0.1, 0.0],  # right
        [0.1, 0.7, 0.2, 0.0],  # another passage
        [0.0, 0.6, 0.1, 0.3],  # likely enough for a care text
        [0.3, 0.0, 0.6, 0.1],  # a passage where a decline was due
    ]
)


@pytest.fixture
def predictions() -> Predictions:
    return Predictions(TEXTS, GOLD, np.array([1, 1, 2, 2]), LABELS, PROBABILITIES)


def test_measures_count_what_a_visitor_sees(predictions: Predictions) -> None:
    chosen = predictions.chosen(care=0.25, answer=0.25)
    assert chosen.tolist() == ["faq_calcium", "faq_calcium", "urgent_acute", "faq_zwemmen"]
    found = scoring.measures(predictions, chosen)
    assert found["exact intent"].value == 0.25
    assert found["right passage, of what the article answers"].value == 0.5
    assert found["shown a passage, of what is declined"].value == 1.0
    assert found["care text, of what is urgent"].value == 1.0
    assert found["passages that nobody asked for, of those shown"].value == pytest.approx(2 / 3)


def test_intervals_hold_their_share_and_shrink_with_more_questions() -> None:
    few, many = Share.counted(9, 10), Share.counted(900, 1000)
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low
    assert Share.counted(0, 0).of == 0
    drawn = Share.drawn(np.array([True, True, False, False]), np.array([1, 1, 2, 2]))
    assert (drawn.low, drawn.value, drawn.high) == (0.0, 0.5, 1.0)


def test_a_higher_threshold_answers_less(predictions: Predictions) -> None:
    curve = scoring.scope_curve(predictions, 0.25, [0.0, 0.65, 1.0])
    assert curve[:, 1].tolist() == [0.0, 0.0, 1.0]
    assert curve[:, 2].tolist() == [0.5, 0.0, 0.0]


def test_reliability_is_perfect_when_confidence_is_kept(predictions: Predictions) -> None:
    table, error = scoring.reliability(Predictions(TEXTS, GOLD, predictions.hands, LABELS, np.eye(4)[[1, 2, 3, 0]]))
    assert table.tolist() == [[1.0, 1.0, 4.0]]
    assert error == 0.0
    assert scoring.reliability(predictions)[1] > 0.3


def test_worst_errors_come_with_the_surest_first(predictions: Predictions) -> None:
    errors = worst_errors(predictions)
    assert [error["text"] for error in errors] == ["en zwemmen dan", "help ik val flauw", "en de zon dan"]
    assert errors[0]["found"] == "faq_calcium"


def test_a_classifier_that_declines_everything_fails_what_the_article_answers() -> None:
    found = scoring.ask_blind(lambda text: "decline_other")
    assert 0.2 < found["dev"].value < 0.6
    assert found["dev_wild"].value > found["dev"].value, "most wild questions are not for the article"


def test_blind_replies_are_grouped_and_passages_that_nobody_asked_for_are_counted() -> None:
    cases = [
        {"kind": "answerable", "style": "plain", "why": [], "found": ["calcium"], "expect": ["calcium"]},
        {"kind": "answerable", "style": "plain", "why": ["x"], "found": ["zwemmen"], "expect": ["calcium"]},
        {"kind": "urgent", "why": [], "found": []},
    ]
    rows = {name: share.value for _, name, share in scoring.blind_table({"dev": cases})}
    assert rows == {"all": pytest.approx(2 / 3), "answerable plain": 0.5, "urgent": 1.0}
    assert scoring.unasked_shown({"dev": cases}).value == 0.5


def test_whole_hands_are_left_out() -> None:
    texts = [f"{word} {end}" for word in ("calcium", "zwemmen") for end in ("a", "b", "c", "d", "e", "f") for _ in "xx"]
    intents = np.array(["faq_calcium"] * 12 + ["faq_zwemmen"] * 12)
    examples = learning.Examples(texts, intents, np.array([1, 2] * 12), texts)
    found = learning.cross_validate(examples, {"words": ("words", "letters")}, 0.5, folds=2)["words"]
    assert (found.likeliest == intents).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(24))


def test_search_finds_the_passage_that_a_question_repeats() -> None:
    search, passage = learning.Search(), article().passages["samenwerking"]
    assert search.intent_of(passage.question) == "faq_samenwerking"
    search.threshold = 1.1
    assert search.intent_of(passage.question) == "decline_other"


def test_the_pipelines_compared_are_the_own_one_and_what_is_left_without_each_part() -> None:
    compared = learning.pipelines()
    assert "lemmas" not in compared["without spaCy"]
    assert all(set(views) < set(compared["own"]) for name, views in compared.items() if name != "own")
    assert running.starter_pipeline(7)[-2]["epochs"] == 7
    assert all(0 < threshold < 1 for threshold in thresholds())


def test_the_page_shows_all_figures_and_escapes_what_visitors_write(tmp_path: Path, predictions: Predictions) -> None:
    table, error = scoring.reliability(predictions)
    shares = {"exact intent": Share.counted(3, 4)}
    content = {
        "examples": 4,
        "hands": 2,
        "folds": 2,
        "own": shares,
        "blind": [("dev", "all", Share.counted(3, 4))],
        "unasked": Share.counted(0, 3),
        "follow_ups": shares,
        "compared": [{"name": "own", "cells": [Share.counted(3, 4), None]}],
        "starter_epochs": 0,
        "calibration_error": error,
        "slowest": ("spaCy", 5.0),
        "stages": [("spaCy", 5.0)],
        "scope": [],
        "learning": [],
        "intents": [("faq_calcium", {"precision": 0.5, "recall": 1.0, "f1-score": 0.66, "support": 1})],
        "worst": [{"text": "<script>", "hand": 1, "gold": "a", "found": "b", "confidence": 0.9}],
    }
    drawn = {
        "ablation": plots.bars(shares, "exact intent"),
        "scope": plots.scope(scoring.scope_curve(predictions, 0.25, [0.0, 0.5, 1.0]), 0.25),
        "reliability": plots.reliability(table),
        "learning": plots.learning(np.array([[10, 0.5], [100, 0.8]])),
        "times": plots.times([("spaCy", 5.0)]),
        "confusion": plots.confusion(GOLD, predictions.likeliest, LABELS),
    }
    write(tmp_path, content, drawn)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert page.count("<svg") == len(drawn)
    assert "75.0 % (30.1 to 95.4)" in page
    assert "<script>" not in page
    assert json.loads((tmp_path / "figures.json").read_text("utf-8"))["own"]["exact intent"]["of"] == 4
