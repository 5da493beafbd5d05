"""Two questions in one message: where it parts, what each part asks, and whether they are two at all.

A story before a question, a greeting with a question mark and 'calcium en magnesium' are one question. So
every place where a message may part is tried, both parts are understood by themselves (the second with the
first before it: 'en is dat bewezen?'), and a logistic regression says how likely the best parting is right.
It learns from `data/two_questions.yml`, whose messages the classifier has not seen. The article's own questions,
which stand on buttons, are one question each, however many minerals they name.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from botwijzer.article import article
from botwijzer.nlu.concepts import tokenize
from botwijzer.nlu.decision import ANSWERED, DECLINED, URGENT, family
from botwijzer.nlu.forked import ForkedCall

TWO_QUESTIONS_PATH = Path(__file__).resolve().parent.parent.parent / "data" / "two_questions.yml"

Probabilities = Mapping[str, float]
Reader = Callable[[str, str], Probabilities]
"""Probabilities of a text, given the intent of the question before it (empty: none)."""

SEED = 0
FEWEST_WORDS = 2
MOST_PARTINGS = 8
MAX_PARTED_CHARACTERS = 4_000
"""How many places to part a message are tried: the first ones, until this much text was read. Each place takes as long
as to understand the message; no example has more than five places or 170 characters."""

MOST_WORDS_OF_LENGTH = 30

_ASKING = (
    r"(?:wat|wa|hoe|hoeveel|waarom|welke?|wie|waar|wanneer"
    r"|is|zijn|kan|kun|moet|mag|helpt|werkt|klopt|heeft|doet|telt)\b"
)
_ASKS = re.compile(r"\b" + _ASKING)
# a bare comma parts only before a word that asks: else it is a list (calcium, magnesium en vitamine D)
_BREAK = re.compile(
    r"(?<=[?!.;])\s+|,?\s+(?=(?:en|plus|of|maar|daarnaast|ook|verder|tevens|trouwens)\b)|,\s+(?=" + _ASKING + ")",
    re.IGNORECASE,
)
_PUNCTUATION = ("?", "!", ".", ";", ",")
_BEGINS_ASKING = re.compile(r"^(?:(?:en|plus|of|maar|ook|dan)\s+)*" + _ASKING)


class QuestionsError(ValueError):
    """The examples of two questions can't be used; the message says what to mend."""


@dataclass(frozen=True)
class Asking:
    """A message to learn from, the intents that it asks in order, and the intent of the question before it, if any."""

    text: str
    intents: tuple[str, ...]
    after: str = ""


@dataclass(frozen=True)
class Parting:
    """A message in two parts, and what each part asks."""

    first: str
    second: str
    first_asks: Probabilities
    second_asks: Probabilities

    @property
    def intents(self) -> tuple[str, str]:
        """The likeliest intent of each part."""
        return _likeliest(self.first_asks), _likeliest(self.second_asks)

    @property
    def certainty(self) -> float:
        """How sure both parts are together; hardly at all when they ask the same."""
        one, other = self.intents
        return self.first_asks[one] * self.second_asks[other] * (1.0 if one != other else 0.01)


def load_two_questions(path: Path = TWO_QUESTIONS_PATH) -> list[Asking]:
    """Reads the examples.

    Raises:
        QuestionsError: The file is missing, no YAML, or wrong in its form.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return [
            Asking(str(text), tuple(str(intents).split(" + ")), str(block.get("after", "")))
            for block in content["two_questions"]
            for intents, texts in block["asks"].items()
            for text in texts
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise QuestionsError(f"{path.name} can't be used: {error}") from error


@functools.cache
def _on_buttons() -> frozenset[str]:
    return frozenset(_plain(passage.question) for passage in article().passages.values())


def after_something_else(examples: Sequence[Asking], before: Sequence[str]) -> list[Asking]:
    """The same examples, those with no question before them each after a random one (seeded).

    Args:
        examples: Messages that ask two things or look so.
        before: Intents to draw the question before from, as often as they are asked.
    """
    draw = random.Random(SEED)
    return [replace(example, after=example.after or draw.choice(before)) for example in examples]


def partings(text: str, read: Reader, after: str = "") -> Iterator[Parting]:
    """The ways to part a message where each part has two words at least; fewer are tried the longer it is.

    Args:
        text: As the visitor typed it.
        read: Understands a part.
        after: Intent of the question before the message; empty when there is none.
    """
    most = min(MOST_PARTINGS, max(1, MAX_PARTED_CHARACTERS // max(1, len(text))))
    for found in itertools.islice(_BREAK.finditer(text), most):
        first, second = text[: found.start()].strip(), text[found.end() :].strip()
        if min(len(tokenize(first)), len(tokenize(second))) >= FEWEST_WORDS:
            before = read(first, after)
            yield Parting(first, second, before, read(second, _likeliest(before)))


class Questions:
    """Says whether a message asks two things, and which; see `learn`."""

    def __init__(self) -> None:
        self._regression = LogisticRegression(C=3.0, max_iter=2000)

    def learn(self, examples: Sequence[Asking], read: Reader) -> Questions:
        """Learns from messages with the intents that they ask; returns itself.

        Args:
            examples: Messages that ask two things, and messages that only look as if they did.
            read: Understands messages; must not have learnt from these.
        """
        half = len(examples) // 2
        second_half = ForkedCall(_measured, examples[half:], read)
        measured = [*_measured(examples[:half], read), *second_half.result()]
        self._regression.fit([measures for measures, _ in measured], [is_right for _, is_right in measured])
        return self

    def asked(self, text: str, whole: Probabilities, read: Reader, after: str = "") -> tuple[tuple[str, str], float]:
        """The two intents that a message most likely asks, and the probability that it does.

        Args:
            text: As the visitor typed it.
            whole: What it asks as a whole.
            read: Understands its parts.
            after: Intent of the question before the message; empty when there is none.
        """
        best = None if _plain(text) in _on_buttons() else _surest(partings(text, read, after))
        if best is None:
            return ("", ""), 0.0
        return best.intents, self._probability(_measures(text, whole, best))

    def _probability(self, measures: Sequence[float]) -> float:
        """What `predict_proba` gives, without its checks, which take longer."""
        score = float(self._regression.coef_[0] @ np.array(measures) + self._regression.intercept_[0])
        return float(expit(score))


def _measured(examples: Sequence[Asking], read: Reader) -> list[tuple[list[float], bool]]:
    """For each example that may be parted: what the regression looks at, and whether its surest parting is right."""
    found = []
    for example in examples:
        best = _surest(partings(example.text, read, example.after))
        if best is not None:
            is_right = len(example.intents) > 1 and set(best.intents) <= set(example.intents)
            found.append((_measures(example.text, read(example.text, example.after), best), is_right))
    return found


def _plain(question: str) -> str:
    """A question without capitals, spaces around it and punctuation at its end."""
    return question.casefold().strip().rstrip("?!. ")


def _surest(found: Iterator[Parting]) -> Parting | None:
    return max(found, key=lambda parting: parting.certainty, default=None)


def _measures(text: str, whole: Probabilities, parting: Parting) -> list[float]:
    """What the regression looks at."""
    one, other = parting.intents
    differ = float(one != other)
    kinds = {family(one), family(other)}
    top, next_best = sorted(whole.values(), reverse=True)[:2]
    first, second = parting.first.lower(), parting.second.lower()
    conversational = [not intent.startswith((ANSWERED, DECLINED, URGENT)) for intent in (one, other)]
    return [
        differ,
        parting.first_asks[one],
        parting.second_asks[other],
        differ * parting.first_asks[one] * parting.second_asks[other],
        top,
        next_best,
        whole.get(one, 0.0),
        whole.get(other, 0.0),
        differ * (whole.get(one, 0.0) + whole.get(other, 0.0)),
        float(_likeliest(whole) not in (one, other)),
        float(text.count("?") > 1),
        float(first.endswith("?")),
        float(text[: len(text) - len(parting.second)].rstrip().endswith(_PUNCTUATION)),
        float(bool(_ASKS.search(first))),
        float(bool(_BEGINS_ASKING.search(second))),
        differ * float(kinds == {ANSWERED}),
        float(ANSWERED in kinds and len(kinds) == 2),
        *map(float, conversational),
        min(len(tokenize(first)), MOST_WORDS_OF_LENGTH) / MOST_WORDS_OF_LENGTH,
        min(len(tokenize(second)), MOST_WORDS_OF_LENGTH) / MOST_WORDS_OF_LENGTH,
    ]


def _likeliest(probabilities: Probabilities) -> str:
    return max(probabilities, key=probabilities.__getitem__)
