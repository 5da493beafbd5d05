"""How many attacks there are, and what Hypothesis makes them of."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from typing import Any

import hypothesis
from hypothesis import strategies as st

from tests.test_hostile import BLANKS, CONTROLS, DIRECTIONS, EMOJI, NOISE, WORDY

ATTACKS = int(os.environ.get("BOTWIJZER_ATTACKS", "300"))
IS_LONG = ATTACKS > 1_000
"""A run that looks for what nobody knows yet: other attacks each time, more connections, longer floods."""

attacks = hypothesis.settings(
    max_examples=ATTACKS,
    deadline=None,
    database=None,
    derandomize=not IS_LONG,
    suppress_health_check=list(hypothesis.HealthCheck),
)
"""Decorates a test of generated attacks on the running assistant."""

MOST_CHARACTERS = 15_000
"""What is longer may be more than a message over the socket can be, which ends the connection."""

HUGE = (0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 2**70, -(2**70), 10**90)
ODD_TEXTS = (
    "", " ", "\0", "\ud800", "\u202e", "null", "true", "-1", "1e999", "{}", "[]", "../../etc/passwd", "%00", "\r\n",
    "'", '"', "\\", "<b>", "a" * 5_000, "/restart", "__proto__", "constructor", "{{7*7}}", "${7*7}", "\u0661",
    "é" * 300,
)  # fmt: skip

_hostile = st.builds(
    lambda making, seed: making(random.Random(seed)),
    st.sampled_from(list((NOISE | WORDY).values())),
    st.integers(0, 2**32),
)
_glued = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from([*BLANKS, *CONTROLS, *DIRECTIONS, *EMOJI, *ODD_TEXTS]),
        st.sampled_from(["magnesium", "botten", "ik wil een medewerker", "06 12345678", "ans@example.nl", "ja", "nee"]),
    ),
    max_size=12,
).map("".join)
texts: st.SearchStrategy[str] = st.one_of(st.text(max_size=300), _glued, _hostile)
"""Whatever a visitor may type."""

telegram_texts = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=300), _glued, _hostile
).map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")[:2_000] or ".")
"""Whatever Telegram lets a visitor type: no halves of surrogate pairs, and no more than 4,096 UTF-16 units."""

scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(), st.sampled_from(HUGE), st.sampled_from(ODD_TEXTS), st.text()
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)
"""Any JSON."""

_nested = st.builds(
    lambda signs, depth: (signs[0] * depth + signs[1] * depth).encode(),
    st.sampled_from([("[", "]"), ('{"a":', "}"), ("[", ""), ('{"message":[', "")]),
    st.integers(1, 20_000),
)
junk_bytes: st.SearchStrategy[bytes] = st.one_of(st.binary(max_size=200), _nested)
"""Bytes that are mostly no JSON."""


def bodies(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[bytes]:
    """Bodies of a request: of the right form, with fields of wrong types, fields missing or added, broken, or junk.

    Args:
        fields: What belongs in it, by name.
    """
    wrong = {name: st.one_of(right, values) for name, right in fields.items()}
    shaped = st.builds(
        lambda own, others: {**others, **own},
        st.one_of(st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional=wrong)),
        st.one_of(st.just({}), st.dictionaries(st.text(max_size=20), values, max_size=3)),
    ).map(as_json)
    return st.one_of(shaped, shaped, values.map(as_json), broken(shaped), junk_bytes)


def as_json(value: Any) -> bytes:
    """A value as JSON; numbers that are none as Python writes them, which is no JSON."""
    return json.dumps(value).encode()


@st.composite
def broken(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Some bytes cut off, doubled, changed or encoded in another way."""
    body = draw(whole)
    at = draw(st.integers(0, len(body)))
    extra = draw(st.sampled_from([b"", b"\xff", b"\0", b'"', b"}", b",", b"\xed\xa0\x80"]))
    how = draw(st.sampled_from(["cut", "put in", "doubled", "other encoding"]))
    if how == "cut":
        return body[:at]
    if how == "put in":
        return body[:at] + extra + body[at:]
    return body + body if how == "doubled" else body.decode().encode("utf-16")


@st.composite
def mutated(draw: st.DrawFn, whole: st.SearchStrategy[Any], most: int = 3) -> Any:
    """A JSON value of which some parts are left out or are something else."""
    value = json.loads(json.dumps(draw(whole)))
    for _ in range(draw(st.integers(0, most))):
        path = draw(st.sampled_from(_paths(value)))
        if not path:
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        if draw(st.booleans()):
            holder[path[-1]] = draw(values)
        elif isinstance(holder, dict):
            del holder[path[-1]]
    return value


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Sequence[tuple[Any, ...]]:
    """The places of all parts of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in _paths(inner, (*path, key)))]
