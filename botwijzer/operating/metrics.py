"""What is counted and timed, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import Histogram

_BUCKETS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0)

stage_seconds = Histogram(
    "botwijzer_stage_seconds", "Time of each stage of a turn, in seconds", ["stage"], buckets=_BUCKETS
)
