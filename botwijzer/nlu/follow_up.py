"""Follow-ups of half a sentence ('waarom?', 'en te veel?'): what they ask depends on what was asked before.

`data/follow_ups.yml` holds examples by the question before and by what the follow-up asks. A machine of its
own learns from them, and from short full questions after any other, so that a new full question stands for
itself. A channel gives the intent of the question before along as metadata.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from botwijzer.article import article
from botwijzer.nlu.concepts import Concepts, tokenize
from botwijzer.nlu.decision import family
from botwijzer.nlu.machine import Machine
from botwijzer.nlu.spelling import written_out
from botwijzer.nlu.views import CONTEXT, LEMMAS, VIEWS, Seen, seen_as

FOLLOW_UPS_PATH = Path(__file__).resolve().parent.parent.parent / "data" / "follow_ups.yml"

AFTER_KEY = "after"
"""Key of the metadata in which a channel gives the intent of the question before."""

MOST_WORDS = 8
"""Longer messages stand for themselves."""

WEIGHTS = {CONTEXT: 1.5}
"""What came before counts more than each view of the words: chosen by leaving out one hand in turn."""

_VIEWS = tuple(view for view in VIEWS if view != LEMMAS)


class FollowUpError(ValueError):
    """The examples of follow-ups can't be used; the message says what to mend."""


@dataclass(frozen=True)
class FollowUp:
    """A message, the intent of the question before it, what it asks there, and who wrote the example."""

    after: str
    text: str
    intent: str
    hand: int = 0


def load_follow_ups(path: Path = FOLLOW_UPS_PATH) -> list[FollowUp]:
    """Reads the examples.

    Raises:
        FollowUpError: The file is missing, no YAML, or wrong in its form.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return [
            FollowUp(str(after), str(text), str(intent), int(block["hand"]))
            for block in content["follow_ups"]
            for after, by_intent in block["after"].items()
            for intent, texts in by_intent.items()
            for text in texts
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise FollowUpError(f"{path.name} can't be used: {error}") from error


def may_lean(text: str) -> bool:
    """Whether a message is so short that it may be understood from what came before."""
    return 0 < len(tokenize(text)) <= MOST_WORDS


def seen_after(after: str, text: str, concepts: Concepts) -> Seen:
    """A message with what came before it: its own forms, and its words and concepts joined to that.

    Args:
        after: Intent of the question before.
        text: As the visitor typed it.
        concepts: What finds the concepts.
    """
    words = tokenize(written_out(text))
    meant = [f"concept:{name}" for name in concepts.find(text)]
    said = [*words, *map("_".join, itertools.pairwise(words)), *meant, f"{min(len(words), MOST_WORDS)} words"]
    before = [after, family(after)]
    passage = article().passage_of_intent(after)
    subjects = concepts.find(passage.question) if passage else []
    joined = [f"{one}|{other}" for other in said for one in before]
    joined += [f"{subject}&{other}" for other in [*meant, *words] for subject in subjects]
    return {**seen_as(text, "", concepts, _VIEWS), CONTEXT: [*before, *joined]}


def learn_follow_ups(
    examples: Sequence[FollowUp], full: Iterable[tuple[str, str]], concepts: Concepts, penalty: float
) -> Machine:
    """Trains the machine for messages that have something before them.

    Args:
        examples: Follow-ups.
        full: Text and intent of messages that stand for themselves; the short ones are learnt too, each
            after a question drawn from `examples` (seeded), so that what came before does not sway them.
        concepts: What finds the concepts.
        penalty: C of the support vector machine.
    """
    drawn = random.Random(0)
    questions = [example.after for example in examples]
    short = [FollowUp(drawn.choice(questions), text, intent) for text, intent in full if may_lean(text)]
    everything = [*examples, *short]
    seen = [seen_after(example.after, example.text, concepts) for example in everything]
    return Machine().fit(seen, [example.intent for example in everything], penalty, WEIGHTS)
