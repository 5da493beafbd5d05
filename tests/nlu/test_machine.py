"""The machine behind the classifier, on toy messages."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from botwijzer.nlu.machine import Machine, fit_temperature
from botwijzer.nlu.views import Seen

TEXTS = ["kalk en calcium", "calcium", "kalk", "zwemmen nu", "baantjes zwemmen", "zwemmen", "dag", "dag hallo", "hallo"]
LABELS = ["calcium"] * 3 + ["zwemmen"] * 3 + ["greet"] * 3


EIGHT_BITS = 0.02
"""A coefficient is kept in whole steps of a 127th of the largest one of its label."""


def seen(text: str) -> Seen:
    """A message that is known by its words alone."""
    return {"words": text}


def machine() -> Machine:
    """One that has learnt all toy messages, twice each."""
    return Machine().fit([seen(text) for text in TEXTS * 2], LABELS * 2, penalty=1.0)


@pytest.mark.parametrize("text", [*TEXTS, "kalk en kalk en kalk zwemmen", "dag calcium"])
def test_the_quick_way_ranks_as_scikit_learn_does(text: str) -> None:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b", sublinear_tf=True)
    matrix = vectorizer.fit_transform(TEXTS * 2)
    theirs = LinearSVC(C=1.0, random_state=0).fit(matrix, LABELS * 2)
    scores = theirs.decision_function(vectorizer.transform([text]))[0]

    ours = machine()
    logarithms = np.log(ours.probabilities(seen(text))) / ours.temperature

    assert ours.labels == tuple(theirs.classes_)
    assert logarithms - logarithms.mean() == pytest.approx(scores - scores.mean(), abs=EIGHT_BITS)


@pytest.mark.parametrize("text", ["", "iets heel anders"])
def test_a_message_without_a_known_word_still_has_probabilities(text: str) -> None:
    assert machine().probabilities(seen(text)).sum() == pytest.approx(1)


def test_two_labels_are_enough() -> None:
    learnt = Machine().fit([seen(text) for text in TEXTS[:6] * 2], LABELS[:6] * 2, penalty=1.0)

    assert learnt.labels == ("calcium", "zwemmen")
    assert learnt.probabilities(seen("kalk"))[0] > 0.5 > learnt.probabilities(seen("zwemmen"))[0]


def test_the_surer_the_scores_may_be_the_sharper_the_temperature_makes_them() -> None:
    labels = np.array(["a", "b"] * 10)
    right = np.array([[1.0, -1.0], [-1.0, 1.0]] * 10)
    factors = []
    for mistakes in (0, 2, 10):
        scores = np.vstack([-right[:mistakes], right[mistakes:]])
        factors.append(fit_temperature(scores, labels, np.array(["a", "b"])))

    assert factors == sorted(factors, reverse=True)
    assert factors[1] == pytest.approx(np.log(9) / 2, abs=0.01)
