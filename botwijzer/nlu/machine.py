"""A linear support vector machine on tf-idf features, with calibrated probabilities, quick for one message.

scikit-learn learns; what it learnt is kept as plain tables, because its own way from one message to scores
takes six times as long (a sparse matrix for each view, checked again and again).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from botwijzer.nlu.forked import ForkedCall
from botwijzer.nlu.views import HEARD, LETTERS, Seen, tokens

Matrix = npt.NDArray[np.float64]

HELD_OUT = 0.2
"""Share of the examples that the temperature is fitted on."""

SEEN_TWICE = frozenset({LETTERS, HEARD})
"""Views whose tokens count only when two messages have them: letters in a row are many."""


class Machine:
    """Learns which label a message has; see `fit`."""

    def __init__(self) -> None:
        self.labels: tuple[str, ...] = ()
        self.temperature = 1.0
        self._rows: dict[str, dict[str, int]] = {}
        """By view: the row of each token in the tables."""
        self._view_of = np.zeros(0, np.int8)
        """By row: which view it is of."""
        self._weights = np.zeros(0)
        """By view: how much it counts."""
        self._idf = np.zeros(0, np.float32)
        self._coefficients = np.zeros((0, 0), np.int8)
        self._steps = np.zeros(0, np.float32)
        """By label: what one whole number of its coefficients stands for."""
        self._intercepts = np.zeros(0, np.float32)

    def fit(
        self,
        messages: Sequence[Seen],
        labels: Sequence[str],
        penalty: float,
        weights: Mapping[str, float] | None = None,
    ) -> Machine:
        """Learns from examples; the same examples give the same machine.

        Args:
            messages: The examples; all have the same views.
            labels: The label of each.
            penalty: C of the support vector machine.
            weights: Of views that count more or less than 1.

        Returns:
            Itself.
        """
        weights = weights or {}
        features = FeatureUnion(
            [(view, _vectorizer(view)) for view in messages[0]],
            transformer_weights={view: weights.get(view, 1.0) for view in messages[0]},
        )
        matrix = features.fit_transform(messages)
        known = np.array(labels)
        temperature = ForkedCall(_held_out_temperature, matrix, known, penalty)
        machine = _machine(penalty).fit(matrix, known)
        self.temperature = temperature.result()
        self.labels = tuple(map(str, machine.classes_))
        self._keep(features, weights, machine)
        return self.intern_tokens()

    def intern_tokens(self) -> Machine:
        """Shares the strings of its tokens with all other machines in this process; returns itself."""
        self._rows = {
            view: {sys.intern(token): row for token, row in rows.items()} for view, rows in self._rows.items()
        }
        return self

    def probabilities(self, message: Seen) -> Matrix:
        """Probability of each of `labels`, summing to 1; the message must have the views of the examples."""
        rows: list[int] = []
        for view, row_of in self._rows.items():
            known = row_of.get
            rows += [row for token in tokens(view, message[view]) if (row := known(token)) is not None]
        scores = self._intercepts.astype(np.float64)
        if rows:
            found, counts = np.unique(rows, return_counts=True)
            values = self._idf[found] * (1 + np.log(counts, dtype=np.float32))
            views = self._view_of[found]
            lengths = np.sqrt(np.bincount(views, values * values, len(self._weights)))
            values *= self._weights[views] / lengths[views]
            learnt = self._coefficients.take(found, axis=0).astype(np.float32)
            scores += self._steps * (values @ learnt)
        best: Matrix = _softmax(self.temperature * scores)
        return best

    def _keep(self, features: FeatureUnion, weights: Mapping[str, float], machine: LinearSVC) -> None:
        first = 0
        for name, vectorizer in features.transformer_list:
            rows = {str(token): first + int(column) for token, column in vectorizer.vocabulary_.items()}
            self._rows[name] = rows
            first += len(rows)
        self._view_of = np.repeat(
            np.arange(len(self._rows), dtype=np.int8), [len(rows) for rows in self._rows.values()]
        )
        self._weights = np.array([weights.get(name, 1.0) for name in self._rows])
        self._idf = np.concatenate([vectorizer.idf_ for _, vectorizer in features.transformer_list]).astype(np.float32)
        binary = len(self.labels) == 2
        learnt = np.vstack([-machine.coef_, machine.coef_]) if binary else machine.coef_
        # Eight bits a coefficient: half the memory of sixteen, and the blind scores are no lower.
        self._steps = (np.abs(learnt).max(axis=1) / np.iinfo(np.int8).max).astype(np.float32)
        self._coefficients = np.ascontiguousarray(np.rint(learnt.T / self._steps), np.int8)
        starts = np.array([-machine.intercept_[0], machine.intercept_[0]]) if binary else machine.intercept_
        self._intercepts = starts.astype(np.float32)


def _softmax(scores: Matrix) -> Matrix:
    """For one row of scores; SciPy's looks at what it is given for twice as long as it counts."""
    grown = np.exp(scores - scores.max())
    shares: Matrix = grown / grown.sum()
    return shares


def fit_temperature(scores: Matrix, labels: npt.NDArray[Any], classes: npt.NDArray[Any]) -> float:
    """The factor that makes `softmax(factor * scores)` fit the labels best (least log loss).

    Temperature scaling, Guo et al. 2017, 'On Calibration of Modern Neural Networks'.

    Args:
        scores: Decision values of examples that were not learnt from, shape (messages, classes).
        labels: The true class of each message.
        classes: The classes in the order of the columns.
    """

    def loss(factor: float) -> float:
        return float(log_loss(labels, softmax(factor * scores, axis=1), labels=classes))

    return float(minimize_scalar(loss, bounds=(0.5, 30), method="bounded").x)


def _held_out_temperature(matrix: Any, labels: npt.NDArray[Any], penalty: float) -> float:
    split = StratifiedShuffleSplit(1, test_size=HELD_OUT, random_state=0)
    learnt, held_out = next(split.split(matrix, labels))
    machine = _machine(penalty).fit(matrix[learnt], labels[learnt])
    scores = machine.decision_function(matrix[held_out])
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return fit_temperature(scores, labels[held_out], machine.classes_)


def _machine(penalty: float) -> LinearSVC:
    return LinearSVC(C=penalty, random_state=0)


def _vectorizer(view: str) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=partial(_tokens_of, view), min_df=2 if view in SEEN_TWICE else 1, sublinear_tf=True, dtype=np.float32
    )


def _tokens_of(view: str, message: Seen) -> Sequence[str]:
    return tokens(view, message[view])
