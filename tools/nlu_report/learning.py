"""Learns with parts of the examples and asks about the rest; whole hands are left out, not single messages.

Messages of one writer resemble each other, so a classifier that has seen others of his looks better than it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import spacy
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from botwijzer.article import article
from botwijzer.nlu.concepts import Concepts, load_concepts
from botwijzer.nlu.decision import ANSWERED, family
from botwijzer.nlu.follow_up import FollowUp, learn_follow_ups, seen_after
from botwijzer.nlu.lemmas import SPACY_MODEL, joined_lemmas
from botwijzer.nlu.machine import Machine
from botwijzer.nlu.pipeline import only_lemmas
from botwijzer.nlu.understanding import WEIGHTS
from botwijzer.nlu.views import LEMMAS, VIEWS, Seen, seen_as
from botwijzer.settings import ROOT
from tools.nlu_report.scoring import Names, Numbers, Predictions, Share

NLU_PATH = ROOT / "data" / "nlu.yml"
CURVE = (1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)
"""Shares of the hands that are learnt, for the learning curve."""

FEWEST_EXAMPLES = 5
"""Intents with fewer examples among a part of the hands are left out of it: a fifth of each is kept for calibration."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """The examples of data/nlu.yml: texts, intents, hands, and the lemmas of each text."""

    texts: Sequence[str]
    intents: Names
    hands: Indices
    lemmas: Sequence[str]

    def only(self, places: Indices) -> Examples:
        """Some of them."""
        pick = places.tolist()
        return Examples(
            [self.texts[p] for p in pick], self.intents[places], self.hands[places], [self.lemmas[p] for p in pick]
        )


def load_examples() -> Examples:
    """Reads data/nlu.yml and lets spaCy find the lemmas."""
    blocks = yaml.load(NLU_PATH.read_text("utf-8"), yaml.CSafeLoader)["nlu"]
    rows = [
        (line[2:], block["intent"], block["metadata"]["hand"])
        for block in blocks
        for line in block["examples"].splitlines()
        if line.startswith("- ")
    ]
    texts = [row[0] for row in rows]
    lemmas = list(tqdm(lemmas_of_texts(texts), total=len(texts), desc="Lemmas", unit="message"))
    return Examples(texts, np.array([row[1] for row in rows]), np.array([row[2] for row in rows]), lemmas)


@lru_cache
def _language() -> Any:
    language = spacy.load(SPACY_MODEL)
    only_lemmas(language)
    return language


def lemmas_of_texts(texts: Sequence[str]) -> Iterator[str]:
    """The lemmas of each text, as Rasa's graph gives them to the classifier."""
    for doc in _language().pipe((text.lower() for text in texts), batch_size=256):
        yield joined_lemmas(doc)


def pipelines() -> dict[str, tuple[str, ...]]:
    """Views of each pipeline to compare: our own, our own without one of them, and the plain linear model."""
    without = {f"without {view}": tuple(v for v in VIEWS if v != view) for view in VIEWS}
    without["without spaCy"] = without.pop(f"without {LEMMAS}")
    return {"own": VIEWS, **without, "plain linear model: words and letters": ("words", "letters")}


def see(examples: Examples, views: Sequence[str], concepts: Concepts) -> list[Seen]:
    """The messages in these views; lemmas also help to find concepts, where they are among the views."""
    lemmas: Iterable[str] = examples.lemmas if LEMMAS in views else [""] * len(examples.texts)
    return [seen_as(text, lemma, concepts, views) for text, lemma in zip(examples.texts, lemmas)]


def fitted(examples: Examples, views: Sequence[str], concepts: Concepts, penalty: float) -> Machine:
    """The machine for messages, learnt from all of these examples."""
    return Machine().fit(see(examples, views, concepts), examples.intents.tolist(), penalty, WEIGHTS)


def cross_validate(
    examples: Examples, compared: dict[str, tuple[str, ...]], penalty: float, folds: int
) -> dict[str, Predictions]:
    """Predictions of every message by a machine that has learnt none of its writer's, for each set of views."""
    parts = list(GroupKFold(folds).split(examples.texts, groups=examples.hands))
    tasks = [(name, learnt, held) for name in compared for learnt, held in parts]
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(
        joblib.delayed(_predict)(examples.only(learnt), examples.only(held), compared[name], penalty)
        for name, learnt, held in tasks
    )
    labels = np.unique(examples.intents)
    found = {name: np.zeros((len(examples.texts), len(labels))) for name in compared}
    for (name, _, held), (known, rows) in tqdm(zip(tasks, done), total=len(tasks), desc="Cross-validation"):
        found[name][np.ix_(held, np.searchsorted(labels, known))] = rows
    return {
        name: Predictions(examples.texts, examples.intents, examples.hands, labels.tolist(), rows)
        for name, rows in found.items()
    }


def _predict(learnt: Examples, held: Examples, views: Sequence[str], penalty: float) -> tuple[Names, Numbers]:
    concepts = load_concepts()
    machine = fitted(learnt, views, concepts, penalty)
    return np.array(machine.labels), np.array([machine.probabilities(seen) for seen in see(held, views, concepts)])


def learning_curve(examples: Examples, penalty: float, folds: int) -> Numbers:
    """Share of exact intents by how much is learnt: rows of (messages learnt, share), means over the folds."""
    tasks = []
    for learnt, held in GroupKFold(folds).split(examples.texts, groups=examples.hands):
        names = np.random.default_rng(0).permutation(np.unique(examples.hands[learnt]))
        for share in CURVE:
            some = learnt[np.isin(examples.hands[learnt], names[: max(1, round(share * len(names)))])]
            tasks.append((share, _learnable(examples.intents, some), held))
    done = joblib.Parallel(n_jobs=-1, return_as="generator")(
        joblib.delayed(_predict)(examples.only(learnt), examples.only(held), VIEWS, penalty)
        for _, learnt, held in tasks
    )
    points: dict[float, list[tuple[int, float]]] = {}
    for (share, learnt, held), (known, rows) in tqdm(zip(tasks, done), total=len(tasks), desc="Learning curve"):
        right = float((known[rows.argmax(1)] == examples.intents[held]).mean())
        points.setdefault(share, []).append((len(learnt), right))
    return np.array([np.mean(values, axis=0) for values in points.values()])


def _learnable(intents: Names, places: Indices) -> Indices:
    """The places whose intent has enough examples among them to be learnt and calibrated."""
    names, counts = np.unique(intents[places], return_counts=True)
    learnable: Indices = places[np.isin(intents[places], names[counts >= FEWEST_EXAMPLES])]
    return learnable


def follow_ups_left_out(
    follow_ups: Sequence[FollowUp], examples: Examples, alone: Machine, concepts: Concepts, penalty: float, share: float
) -> dict[str, Share]:
    """Follow-ups of each hand by machines that have learnt the other hands' only.

    Args:
        follow_ups: The examples of data/follow_ups.yml.
        examples: Messages by themselves; the short ones are learnt too.
        alone: The machine for messages.
        concepts: What finds the concepts.
        penalty: C of the support vector machines.
        share: How much a message by itself counts beside what came before.
    """
    full = list(zip(examples.texts, examples.intents.tolist()))
    hands = sorted({example.hand for example in follow_ups})
    machines = joblib.Parallel(n_jobs=-1, return_as="generator")(
        joblib.delayed(_learn_follow_ups)([e for e in follow_ups if e.hand != hand], full, penalty) for hand in hands
    )
    gold, by, found, by_itself = [], [], [], []
    for hand, machine in tqdm(zip(hands, machines), total=len(hands), desc="Follow-ups"):
        for example in (e for e in follow_ups if e.hand == hand):
            seen = seen_as(example.text, "", concepts)
            single = dict(zip(alone.labels, alone.probabilities({**seen, LEMMAS: example.text})))
            leaning = dict(
                zip(machine.labels, machine.probabilities(seen_after(example.after, example.text, concepts)))
            )
            mixed = {k: share * single.get(k, 0) + (1 - share) * leaning.get(k, 0) for k in {*single, *leaning}}
            gold.append(example.intent)
            by.append(hand)
            found.append(max(mixed, key=mixed.__getitem__))
            by_itself.append(max(single, key=single.__getitem__))
    hand_of, right = np.array(by), np.array(found) == np.array(gold)
    answered = np.array([family(intent) == ANSWERED for intent in gold])
    shown = np.array([family(intent) == ANSWERED for intent in found])
    return {
        "exact intent": Share.drawn(right, hand_of),
        "exact intent, by the message alone": Share.drawn(np.array(by_itself) == np.array(gold), hand_of),
        "right passage, of what the article answers": Share.drawn(right[answered], hand_of[answered]),
        "shown a passage, of all else": Share.drawn(shown[~answered], hand_of[~answered]),
    }


def _learn_follow_ups(follow_ups: Sequence[FollowUp], full: Sequence[tuple[str, str]], penalty: float) -> Machine:
    return learn_follow_ups(follow_ups, full, load_concepts(), penalty)


class Search:
    """The simplest assistant: the passage that shares most with the question; none when that is too little."""

    def __init__(self) -> None:
        self._passages = list(article().passages.values())
        self._vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform(f"{p.question} {' '.join(p.sentences)}" for p in self._passages)
        self.threshold = 0.0

    def nearest(self, texts: Sequence[str]) -> tuple[Names, Numbers]:
        """Intent of the nearest passage of each text, and how near it is (cosine)."""
        likeness: Any = (self._vectorizer.transform(texts) @ self._matrix.T).toarray()
        return np.array([p.intent for p in self._passages])[likeness.argmax(1)], likeness.max(1)

    def choose_threshold(self, examples: Examples) -> Search:
        """The threshold with which most examples are handled right; returns itself."""
        nearest, likeness = self.nearest(examples.texts)
        answered = np.array([family(intent) == ANSWERED for intent in examples.intents])

        def handled(threshold: float) -> float:
            shown = likeness >= threshold
            return float(np.where(answered, shown & (nearest == examples.intents), ~shown).mean())

        self.threshold = max(np.linspace(0, 1, 101), key=handled)
        return self

    def intent_of(self, text: str) -> str:
        """Intent of the passage to show, or the decline."""
        nearest, likeness = self.nearest([text])
        return str(nearest[0]) if likeness[0] >= self.threshold else "decline_other"
