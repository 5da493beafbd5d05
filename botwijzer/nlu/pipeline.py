"""The Dutch spaCy pipeline while it serves: it finds lemmas and nothing else, and does not grow without end.

Apart from `lemmas.py`, which is also imported where spaCy is not to be loaded.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import spacy
from rasa.nlu.utils.spacy_utils import SpacyModel
from spacy.language import Language
from spacy.pipeline.edit_tree_lemmatizer import EditTreeLemmatizer
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc
from thinc.api import NumpyOps

logger = logging.getLogger(__name__)

NEVER_READ = ("morphologizer", "tagger", "parser", "senter", "ner")
"""Parts of a pipeline whose findings neither the classifier nor an edit tree lemmatizer reads."""

MOST_NEW_WORDS = 50_000
"""spaCy keeps each word that it has ever seen, 640 bytes for one; after so many a pipeline is loaded anew."""

NO_TREE = -1
"""What an edit tree lemmatizer guesses for a token that none of its trees fits."""


def only_lemmas(pipeline: Language) -> None:
    """Makes a pipeline find lemmas and nothing else, the same ones in two thirds of the time.

    It leaves a pipeline alone whose lemmas come from elsewhere than edit trees.
    """
    lemmatizers = [part for _, part in pipeline.pipeline if isinstance(part, EditTreeLemmatizer)]
    if not lemmatizers:
        return
    pipeline.select_pipes(disable=[name for name in NEVER_READ if name in pipeline.pipe_names])
    with_numpy = NumpyOps(use_blis=False)  # NumPy multiplies matrices of a message's size in half the time of BLIS
    for part in (part for _, part in pipeline.pipeline if isinstance(part, TrainablePipe)):
        for layer in part.model.walk():
            layer.ops = with_numpy
    for lemmatizer in lemmatizers:
        lemmatizer.predict = _LikeliestFirst(lemmatizer)  # type: ignore[method-assign, assignment]


class Renewing:
    """Sees to it that a pipeline finds lemmas and nothing else, and does not grow without end by what visitors type."""

    def __init__(self, holder: SpacyModel) -> None:
        """`holder` has the pipeline, in Rasa's graph."""
        self._holder = holder
        only_lemmas(holder.model)
        self._words = len(holder.model.vocab)
        self._loading: threading.Thread | None = None

    def look(self) -> None:
        """Begins to load it anew, in a thread, where it is time for that; who began with the old one ends with it."""
        is_loading = self._loading is not None and self._loading.is_alive()
        if len(self._holder.model.vocab) > self._words + MOST_NEW_WORDS and not is_loading:
            self._loading = threading.Thread(target=self._renew, daemon=True)
            self._loading.start()

    def _renew(self) -> None:
        try:
            fresh = spacy.load(self._holder.model_name)
            only_lemmas(fresh)
        except (OSError, ValueError, MemoryError) as error:
            logger.error("the Dutch pipeline can't be loaded anew: %s", type(error).__name__)
            return
        self._holder.model = fresh


class _LikeliestFirst:
    """Tries the likeliest tree of each token; only when one doesn't fit, all are put in order of likelihood."""

    def __init__(self, lemmatizer: EditTreeLemmatizer) -> None:
        self._lemmatizer = lemmatizer
        self._most = lemmatizer.top_k
        self._predict = lemmatizer.predict

    def __call__(self, documents: list[Doc]) -> list[Any]:
        self._lemmatizer.top_k = 1
        guesses: list[Any] = self._predict(documents)
        missed = [number for number, guess in enumerate(guesses) if (guess == NO_TREE).any()]
        if missed:
            self._lemmatizer.top_k = self._most
            for number, guess in zip(missed, self._predict([documents[number] for number in missed])):
                guesses[number] = guess
        return guesses
