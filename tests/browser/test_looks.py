"""Pictures of the widget, for people to look at: `make screenshots` writes them to docs/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Chat, Visit

PICTURES: dict[str, dict[str, Any]] = {
    "desktop": {},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
    "dark": {"color_scheme": "dark"},
    "zoomed": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
}
SMALLEST_BYTES = 10_000


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture(visit: Visit, pictures: Path, name: str) -> None:
    chat = visit(**PICTURES[name]).open()
    chat.answered()
    still(chat)
    path = pictures / f"widget-{name}.png"
    chat.page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size > SMALLEST_BYTES


def still(chat: Chat) -> None:
    """Waits until nothing is being drawn any more."""
    chat.page.evaluate("document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(done)))")
