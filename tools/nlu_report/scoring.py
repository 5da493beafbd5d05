"""Figures from predictions: shares with intervals, the scope curve, reliability, and the blind questions."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from botwijzer.answer import build_answer
from botwijzer.article import article
from botwijzer.channels.intake import to_message
from botwijzer.channels.rendering import plain_text
from botwijzer.nlu.decision import ANSWERED, DECLINED, HANDOFF, URGENT, decide, family
from botwijzer.responses import responses
from botwijzer.settings import ROOT

Numbers = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]

BLIND = ROOT / "tests" / "blind"
FILES = ("dev", "dev_wild")
DRAWS = 1000


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval, all between 0 and 1, and how many it is of."""

    value: float
    low: float
    high: float
    of: int

    @classmethod
    def counted(cls, right: int, of: int) -> Share:
        """Of independent questions; Wilson's interval."""
        if of == 0:
            return cls(0.0, 0.0, 1.0, 0)
        interval = binomtest(right, of).proportion_ci(method="wilson")
        return cls(right / of, float(interval.low), float(interval.high), of)

    @classmethod
    def drawn(cls, hit: npt.NDArray[np.bool_], hands: npt.NDArray[np.int64]) -> Share:
        """Of messages by several hands, which resemble each other within a hand: hands are drawn anew (bootstrap)."""
        names = np.unique(hands)
        if len(names) < 2:
            return cls.counted(int(hit.sum()), len(hit))
        right = np.array([hit[hands == name].sum() for name in names])
        size = np.array([(hands == name).sum() for name in names])
        drawn = np.random.default_rng(0).integers(0, len(names), (DRAWS, len(names)))
        shares = right[drawn].sum(1) / size[drawn].sum(1)
        return cls(float(hit.mean()), float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975)), len(hit))

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


@dataclass(frozen=True)
class Predictions:
    """What was made of messages that were not learnt from.

    Attributes:
        texts: The messages.
        gold: Their true intents.
        hands: Who wrote each.
        labels: The intents, in the order of the columns of `probabilities`.
        probabilities: Shape (messages, intents).
    """

    texts: Sequence[str]
    gold: Names
    hands: npt.NDArray[np.int64]
    labels: Sequence[str]
    probabilities: Numbers

    def chosen(self, care: float, answer: float) -> Names:
        """What the decision makes of each message."""
        return np.array([decide(dict(zip(self.labels, row)), care, answer) for row in self.probabilities])

    @property
    def likeliest(self) -> Names:
        """The likeliest intent of each message."""
        best: Names = np.array(self.labels)[self.probabilities.argmax(1)]
        return best


def families(intents: Iterable[str]) -> Names:
    """The family of each intent."""
    return np.array([family(intent) for intent in intents])


def measures(predictions: Predictions, chosen: Names) -> dict[str, Share]:
    """How often each kind of message got what it should, by what a visitor sees."""
    gold, hands = predictions.gold, predictions.hands
    asked, got = families(gold), families(chosen)
    answered, shown = asked == ANSWERED, got == ANSWERED

    def share(hit: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> Share:
        return Share.drawn(hit[among], hands[among])

    return {
        "exact intent": share(predictions.likeliest == gold, np.ones(len(gold), bool)),
        "right passage, of what the article answers": share(chosen == gold, answered),
        "shown a passage, of what is declined": share(shown, asked == DECLINED),
        "shown a passage, of what is urgent": share(shown, asked == URGENT),
        "shown a passage, of all else": share(shown, ~np.isin(asked, [ANSWERED, DECLINED, URGENT])),
        "care text, of what is urgent": share(got == URGENT, asked == URGENT),
        "care text, of what is declined": share(got == URGENT, asked == DECLINED),
        "brought to a human, of who wants one": share(got == HANDOFF, asked == HANDOFF),
        "passages that nobody asked for, of those shown": share(chosen != gold, shown),
    }


def scope_curve(predictions: Predictions, care: float, thresholds: Sequence[float]) -> Numbers:
    """Wrong answers against wrong declines; rows are (threshold, wrongly declined, wrongly answered).

    Wrongly declined is a share of what the article answers, wrongly answered one of all other messages.
    """
    answered = families(predictions.gold) == ANSWERED
    rows = []
    for threshold in thresholds:
        shown = families(predictions.chosen(care, threshold)) == ANSWERED
        rows.append((threshold, (~shown[answered]).mean(), shown[~answered].mean()))
    return np.array(rows)


def reliability(predictions: Predictions, bins: int = 10) -> tuple[Numbers, float]:
    """How often messages are right by how sure the classifier was.

    Returns:
        Rows of (mean confidence, share right, messages) for each bin that has messages, and the expected
        calibration error (mean distance of the two, weighed by messages).
    """
    sure = predictions.probabilities.max(1)
    right = predictions.likeliest == predictions.gold
    of_bin = np.minimum((sure * bins).astype(int), bins - 1)
    rows = [
        (sure[of_bin == b].mean(), right[of_bin == b].mean(), (of_bin == b).sum()) for b in range(bins) if b in of_bin
    ]
    table = np.array(rows, dtype=np.float64)
    return table, float((np.abs(table[:, 0] - table[:, 1]) * table[:, 2]).sum() / table[:, 2].sum())


@lru_cache
def ask_module() -> ModuleType:
    """The measure: tests/blind/ask.py as a module."""
    spec = importlib.util.spec_from_file_location("ask", BLIND / "ask.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(BLIND / "ask.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache
def _reply_to(intent: str) -> Any:
    """What a new visitor would read after this intent: the opening statement and the reply, as ask.py reads it."""

    def said(name: str) -> dict[str, Any]:
        return {"text": responses().text(name)}

    passage = article().passage_of_intent(intent)
    if passage:
        answer = build_answer(article(), [passage.id])
        reply = [said("utter_statement"), {"text": plain_text(answer), "custom": answer.to_json()}]
    else:
        name = "utter_ask_rephrase" if intent == "nlu_fallback" else f"utter_{intent}"
        reply = [said("utter_statement"), *([said(name)] if name in responses() else [])]
    return ask_module().read(reply)


def ask_blind(intent_of: Callable[[str], str]) -> dict[str, Share]:
    """Asks the blind questions of a classifier; they are judged as ask.py judges the reply to the chosen intent.

    Args:
        intent_of: Gives a message's chosen intent.
    """
    ask = ask_module()
    found = {}
    for file in FILES:
        cases = ask.load(BLIND / f"{file}.jsonl")
        right = sum(not ask.judge(case, _reply_to(intent_of(to_message(case["text"])))) for case in cases)
        found[file] = Share.counted(right, len(cases))
    return found


def blind_table(asked: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, Share]]:
    """Rows of (file, kind and style, share right) of what the running assistant replied (`make blind`)."""
    rows = []
    for file, cases in asked.items():
        groups: dict[str, list[bool]] = {"all": []}
        for case in cases:
            name = " ".join(filter(None, [case["kind"], case.get("style")]))
            for group in ("all", name):
                groups.setdefault(group, []).append(not case["why"])
        rows += [(file, name, Share.counted(sum(hits), len(hits))) for name, hits in groups.items()]
    return rows


def unasked_shown(asked: dict[str, list[dict[str, Any]]]) -> Share:
    """Share of blind replies with a passage where a passage that nobody asked for is among them."""
    shown = [case for cases in asked.values() for case in cases if set(case["found"]) - {"contact"}]
    return Share.counted(sum(bool(_unasked(case)) for case in shown), len(shown))


def _unasked(case: dict[str, Any]) -> set[str]:
    wanted = {*(case.get("expect") or []), *(case.get("also_ok") or []), "contact"}
    for group in case.get("expect_all") or []:
        wanted |= set(group)
    return set(case["found"]) - wanted
