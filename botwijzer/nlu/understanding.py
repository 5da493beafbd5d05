"""What a message asks: the machine for messages, the one for follow-ups, and two questions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from botwijzer.nlu.concepts import Concepts
from botwijzer.nlu.follow_up import FollowUp, learn_follow_ups, may_lean, seen_after
from botwijzer.nlu.forked import ForkedCall
from botwijzer.nlu.machine import Machine
from botwijzer.nlu.questions import Asking, Questions, after_something_else
from botwijzer.nlu.views import CONCEPTS, VIEWS, seen_as

LONG_CHARACTERS = 400
"""A message that is longer takes several times as long to understand as most do."""

ALONE = 0.3
"""How much a short message by itself still counts beside what came before; from leaving out hands in turn:
follow-ups 83 % right and short full questions 88 %, with 0.5 81 and 90 %, with 0 83 and 83 %."""


WEIGHTS = {CONCEPTS: 1.5}
"""Written concepts count more than each view of the words; from leaving out hands in turn: exact intents 87.0 to
87.4 %, passages that nobody asked for 9.4 to 9.1 % (weight 2: 86.7 and 9.5 %)."""


def is_long(text: str) -> bool:
    """Whether a message takes much longer to understand than most."""
    return len(text) > LONG_CHARACTERS


@dataclass(frozen=True)
class Example:
    """A message to learn from: its text, its lemmas parted by blanks, and its intent."""

    text: str
    lemmas: str
    intent: str


@dataclass
class Understanding:
    """What was learnt; see `learn`.

    Attributes:
        views: Views of a message that the machine for messages has.
        messages: Learnt from messages by themselves.
        follow_ups: Learnt from short messages after another; None: what came before is not looked at.
        questions: Finds two questions in a message; None: a message is one question.
    """

    views: tuple[str, ...]
    messages: Machine
    follow_ups: Machine | None = None
    questions: Questions | None = None

    def probabilities(self, text: str, lemmas: str, after: str, concepts: Concepts) -> dict[str, float]:
        """Probability of each intent, summing to 1.

        Args:
            text: As the visitor typed it.
            lemmas: Its lemmas, parted by blanks; empty without spaCy.
            after: Intent of the question before; empty when there is none.
            concepts: What finds the concepts.
        """
        alone = self.messages.probabilities(seen_as(text, lemmas, concepts, self.views))
        found = dict(zip(self.messages.labels, map(float, alone)))
        if self.follow_ups is None or not after or not may_lean(text):
            return found
        leaning = self.follow_ups.probabilities(seen_after(after, text, concepts))
        mixed = {name: ALONE * probability for name, probability in found.items()}
        for name, probability in zip(self.follow_ups.labels, map(float, leaning)):
            mixed[name] = mixed.get(name, 0.0) + (1 - ALONE) * probability
        return mixed

    def two_questions(
        self, text: str, whole: dict[str, float], after: str, concepts: Concepts
    ) -> tuple[tuple[str, str], float]:
        """The two intents that a message most likely asks, and the probability that it asks two.

        Args:
            text: As the visitor typed it.
            whole: Probabilities of the whole message.
            after: Intent of the question before; empty when there is none.
            concepts: What finds the concepts.
        """
        if self.questions is None:
            return ("", ""), 0.0
        return self.questions.asked(
            text, whole, lambda part, before: self.probabilities(part, "", before, concepts), after
        )


def learn(
    examples: Sequence[Example],
    concepts: Concepts,
    penalty: float,
    views: Sequence[str] = VIEWS,
    follow_ups: Sequence[FollowUp] = (),
    two_questions: Sequence[Asking] = (),
) -> Understanding:
    """Learns from examples; the same examples give the same understanding.

    Args:
        examples: Messages by themselves.
        concepts: What finds the concepts.
        penalty: C of the support vector machines.
        views: Views of a message to learn from.
        follow_ups: Short messages after another; none: what came before is not looked at.
        two_questions: Messages that ask two things or look so; none: a message is one question.
    """
    full = [(example.text, example.intent) for example in examples]
    leaning = ForkedCall(learn_follow_ups, follow_ups, full, concepts, penalty) if follow_ups else None
    seen = [seen_as(example.text, example.lemmas, concepts, views) for example in examples]
    machine = Machine().fit(seen, [example.intent for example in examples], penalty, WEIGHTS)
    learnt = Understanding(tuple(views), machine)
    if leaning:
        learnt.follow_ups = leaning.result().intern_tokens()
    if two_questions:
        before = [example.after for example in follow_ups]
        more = after_something_else(two_questions, before) if before else []
        learnt.questions = Questions().learn(
            [*two_questions, *more], lambda text, after: learnt.probabilities(text, "", after, concepts)
        )
    return learnt
