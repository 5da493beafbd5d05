"""What the comparison measured, and what follows from it: spreads, ratios, marks and the table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

OURS, STARTER = "botwijzer", "starter"

MESSAGES = (5, 100, 400)
"""The places in one conversation at which a turn's time is told."""

AROUND = 2
"""So many messages before and after such a place count as well."""

MARK_STORED = (100, 100_000)
MARK_USERS = 16

PerBot = dict[str, list[float]]


@dataclass(frozen=True)
class Load:
    """Turns of some conversations at once, in one run.

    Attributes:
        per_second: Turns that were answered in a second.
        median: Milliseconds from a message to its reply.
        p95: So many had 95 % of the replies.
        p99: So many had 99 %.
        turns: How many were answered.
        errors: How many were not.
    """

    per_second: float
    median: float
    p95: float
    p99: float
    turns: int
    errors: int


@dataclass
class Measured:
    """Everything that was measured; by the name of the bot, one figure for each repeat.

    Attributes:
        machine: What it was measured on.
        ready_seconds: From the start of the process until the health path answered.
        megabytes: Memory of all processes, warmed up.
        training_seconds: Training from nothing; empty when it was not asked for.
        load: By conversations at once.
        message: Milliseconds of each message of long conversations.
        stored: Milliseconds of turns, by stored conversations.
        stages: Milliseconds of each stage of a turn of ours; empty without metrics.
    """

    machine: str = ""
    ready_seconds: PerBot = field(default_factory=dict)
    megabytes: PerBot = field(default_factory=dict)
    training_seconds: PerBot = field(default_factory=dict)
    load: dict[str, dict[int, list[Load]]] = field(default_factory=dict)
    message: dict[str, list[list[float]]] = field(default_factory=dict)
    stored: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """A ratio that is to be reached.

    Attributes:
        what: What is divided by what.
        bound: The mark.
        at_least: Whether more is better.
        ratio: What was measured; None when it was not.
        beside: The starter's own ratio, where ours is against itself.
    """

    what: str
    bound: float
    at_least: bool
    ratio: float | None
    beside: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether it is reached; None when it was not measured."""
        if self.ratio is None:
            return None
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def read_load(written: dict[str, Any]) -> Load:
    """The figures of what `locustfile` wrote; only turns that began when all visitors were there.

    Raises:
        ValueError: There are too few.
    """
    began = float(written["began"])
    turns = [turn for turn in written["turns"] if turn[0] >= began]
    good = [(start + milliseconds / 1000, milliseconds) for start, milliseconds, error in turns if error is None]
    if len(good) < 2:
        raise ValueError(f"{len(good)} turns were answered; {_errors(turns)}")
    cuts = statistics.quantiles([milliseconds for _, milliseconds in good], n=100, method="inclusive")
    per_second = len(good) / (max(end for end, _ in good) - began)
    return Load(per_second, cuts[49], cuts[94], cuts[98], len(good), len(turns) - len(good))


def at_message(talks: Sequence[Sequence[float]], place: int) -> float | None:
    """Median milliseconds of the messages around a place, over all conversations; None when none was so long."""
    found = [time for talk in talks if len(talk) >= place for time in talk[place - 1 - AROUND : place + AROUND]]
    return statistics.median(found) if found else None


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return statistics.median(values) if values else None


def marks(measured: Measured) -> list[Mark]:
    """What is to be reached, beside what was."""
    per_second = {name: [load.per_second for load in of.get(MARK_USERS, [])] for name, of in measured.load.items()}
    alone = {name: [load.median for load in of.get(1, [])] for name, of in measured.load.items()}
    first, last = MESSAGES[0], MESSAGES[-1]
    few, many = MARK_STORED
    longer, fuller = (
        {name: _ratio(at_message(talks, last), at_message(talks, first)) for name, talks in measured.message.items()},
        {name: _ratio(middle(of.get(many, [])), middle(of.get(few, []))) for name, of in measured.stored.items()},
    )
    return [
        Mark(f"turns a second, {MARK_USERS} conversations at once, to the starter's", 6, True, _between(per_second)),
        Mark("median turn, one conversation at once, to the starter's", 0.25, False, _between(alone)),
        Mark("memory of all processes, to the starter's", 0.5, False, _between(measured.megabytes)),
        Mark("time to ready, to the starter's", 0.3, False, _between(measured.ready_seconds)),
        Mark(f"turn at message {last}, to that at {first}", 1.2, False, longer.get(OURS), longer.get(STARTER)),
        Mark(f"turn with {many:,} stored, to that with {few}", 1.1, False, fuller.get(OURS), fuller.get(STARTER)),
    ]


def table(measured: Measured) -> str:
    """The report in Markdown: the marks, then everything that was measured."""
    lines = [measured.machine, "", "| mark | | measured | the starter's own | reached |", "|---|---|---|---|---|"]
    for mark in marks(measured):
        bound = f"{'≥' if mark.at_least else '≤'} {mark.bound:.2g}"
        reached = {True: "yes", False: "no", None: "not measured"}[mark.reached]
        lines.append(f"| {mark.what} | {bound} | {_times(mark.ratio)} | {_times(mark.beside)} | {reached} |")
    lines += ["", f"| what | {OURS} | {STARTER} |", "|---|---|---|"]
    lines += [f"| {what} | {ours} | {theirs} |" for what, ours, theirs in _rows(measured)]
    if measured.stages:
        lines += ["", "| stage of a turn | ms, mean |", "|---|---|"]
        lines += [f"| {name} | {of:.2f} |" for name, of in sorted(measured.stages.items(), key=lambda each: -each[1])]
    return "\n".join(lines).strip() + "\n"


def spread(values: Sequence[float], unit: str) -> str:
    """Median, and the least and the most when there are several."""
    if not values:
        return ""
    said = f"{_number(statistics.median(values))} {unit}".strip()
    return said + (f" ({_number(min(values))} to {_number(max(values))})" if len(values) > 1 else "")


def _rows(measured: Measured) -> list[tuple[str, str, str]]:
    rows = [
        ("time to ready", *_both(measured.ready_seconds, "s")),
        ("memory of all processes, warmed up", *_both(measured.megabytes, "MB")),
        ("training from nothing", *_both(measured.training_seconds, "s")),
    ]
    for users in sorted({users for of in measured.load.values() for users in of}):
        for what, unit in (("per_second", ""), ("median", "ms"), ("p95", "ms"), ("p99", "ms")):
            name = {"per_second": "turns a second", "median": "a turn, median"}.get(what, f"a turn, {what}")
            seen = {bot: [getattr(load, what) for load in of.get(users, [])] for bot, of in measured.load.items()}
            rows.append((f"{name}, {users} at once", *_both(seen, unit)))
        counted = {bot: of.get(users, []) for bot, of in measured.load.items()}
        errors = {
            bot: f"{sum(o.errors for o in of)} of {sum(o.turns + o.errors for o in of)}" for bot, of in counted.items()
        }
        rows.append((f"turns without an answer, {users} at once", errors.get(OURS, ""), errors.get(STARTER, "")))
    for place in MESSAGES:
        found = {bot: at_message(talks, place) for bot, talks in measured.message.items()}
        seen = {bot: [] if value is None else [value] for bot, value in found.items()}
        rows.append((f"a turn at message {place} of one conversation, median", *_both(seen, "ms")))
    for size in sorted({size for of in measured.stored.values() for size in of}):
        seen = {bot: [value] if (value := middle(of.get(size, []))) else [] for bot, of in measured.stored.items()}
        rows.append((f"a turn with {size:,} stored conversations, median", *_both(seen, "ms")))
    return [row for row in rows if row[1] or row[2]]


def _both(values: PerBot, unit: str) -> tuple[str, str]:
    return spread(values.get(OURS, []), unit), spread(values.get(STARTER, []), unit)


def _between(values: PerBot) -> float | None:
    return _ratio(middle(values.get(OURS, [])), middle(values.get(STARTER, [])))


def _ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _errors(turns: Sequence[Sequence[Any]]) -> str:
    return ", ".join(sorted({str(turn[2]) for turn in turns if turn[2]})) or "nobody said why"
