"""Counts each turn with a visitor, by what came of it, and writes one line of it in the log; none of its words."""

from __future__ import annotations

import enum
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from botwijzer.answer import ANSWER_KIND
from botwijzer.operating.logs import conversation
from botwijzer.operating.metrics import turn_seconds, turns
from botwijzer.responses import Meaning, responses

logger = logging.getLogger(__name__)


class Outcome(enum.StrEnum):
    """What came of a turn. Of several that fit, the first here counts."""

    URGENT = "urgent"
    """A care text, which points to a doctor."""

    TROUBLE = "trouble"
    """Something failed, and the visitor was told so."""

    REQUEST_SENT = "request_sent"
    """A request for a human was kept."""

    ANSWERED = "answered"
    """A passage of the article was shown."""

    DECLINED = "declined"
    """It was understood, but the article does not say it."""

    HANDOFF = "handoff"
    """A step on the way to a human."""

    FALLBACK = "fallback"
    """It was not understood."""

    SMALL_TALK = "small_talk"
    """All else: greetings, thanks, sources, privacy, erasing."""


_OUTCOMES = {
    Meaning.CARE: Outcome.URGENT,
    Meaning.TROUBLE: Outcome.TROUBLE,
    Meaning.REQUEST_SENT: Outcome.REQUEST_SENT,
    Meaning.DECLINED: Outcome.DECLINED,
    Meaning.HANDOFF: Outcome.HANDOFF,
    Meaning.REQUEST: Outcome.HANDOFF,
    Meaning.FALLBACK: Outcome.FALLBACK,
}

CHANNELS = ("rest", "web", "telegram")
for _channel in CHANNELS:
    for _one in Outcome:
        turns.labels(_channel, _one.value)  # shown from the start, so that the first of them is an increase


def outcome_of(said: Iterable[Mapping[str, Any]]) -> Outcome:
    """What came of a turn, by the messages that were said in it; silence is trouble."""
    found = {outcome for message in said for outcome in _outcomes(message)}
    return next((outcome for outcome in Outcome if outcome in found), Outcome.TROUBLE)


@contextmanager
def counted(message: UserMessage, output: CollectingOutputChannel) -> Iterator[None]:
    """Around a turn: lines in the log are known as its conversation's, and its end is counted and logged.

    A turn that is broken off by whoever called is not counted.
    """
    before, begun = conversation.set(message.sender_id), time.perf_counter()
    try:
        yield
        seconds, outcome = time.perf_counter() - begun, outcome_of(output.messages).value
        turns.labels(message.input_channel, outcome).inc()
        turn_seconds.labels(message.input_channel).observe(seconds)
        extra = {"channel": message.input_channel, "outcome": outcome, "ms": round(seconds * 1000)}
        logger.info("a turn", extra=extra)
    finally:
        conversation.reset(before)


def _outcomes(message: Mapping[str, Any]) -> set[Outcome]:
    if (message.get("custom") or {}).get("kind") == ANSWER_KIND:
        return {Outcome.ANSWERED}
    found = {_OUTCOMES[meaning] for meaning in responses().meanings(message) if meaning in _OUTCOMES}
    return found or {Outcome.SMALL_TALK}
