"""Requests survive whatever dies; `make benchmark-handoff` does the same with a thousand of them."""

from __future__ import annotations

import pytest

from tools.benchmark.handoff import while_everything_dies

REQUESTS, AT_ONCE, KILLS = 60, 10, 1


@pytest.mark.slow
def test_no_request_is_lost_whatever_dies() -> None:
    fate = while_everything_dies(REQUESTS, AT_ONCE, KILLS)

    assert (fate.stored, fate.told, fate.delivered) == (REQUESTS, REQUESTS, REQUESTS)
    assert fate.lost == 0
