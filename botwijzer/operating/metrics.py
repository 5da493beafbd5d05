"""What is counted and timed, in the form that Prometheus reads.

No label holds anything of a visitor: channels, outcomes, stages, parts of the program and ways are all there are.
What each is for stands in docs/operating.md.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, Info

_BUCKETS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0)

stage_seconds = Histogram(
    "botwijzer_stage_seconds", "Time of each stage of a turn, in seconds", ["stage"], buckets=_BUCKETS
)
turn_seconds = Histogram(
    "botwijzer_turn_seconds",
    "Time of a turn with its wait for a place, in seconds",
    ["channel"],
    buckets=(*_BUCKETS, 8.0, 16.0),
)
turns = Counter("botwijzer_turns", "Turns by channel and by what came of them", ["channel", "outcome"])
errors = Counter("botwijzer_errors", "Lines in the log at ERROR and above, by the part that wrote them", ["part"])
dispatches = Counter("botwijzer_dispatches", "Tries to bring something of a request where it goes", ["way", "outcome"])
refusals = Counter(
    "botwijzer_refusals", "Requests that were turned away before anything was done, by reason", ["reason"]
)
open_sockets = Gauge("botwijzer_open_sockets", "Open connections of the widget")
model_info = Info("botwijzer_model", "The trained model that answers, and the version of the program")
database_faults = Counter(
    "botwijzer_database_scrape_errors", "Times that the figures of the database could not be read"
)
erasure_held = Gauge(
    "botwijzer_erasure_held", "Conversations, requests and ids that are too old and not erased, since erasing is held"
)
