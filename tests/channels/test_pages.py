"""What a browser or a monitor fetches from the running assistant, and under which names."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conftest import PATIENCE_SECONDS, Stack, running_stack


@pytest.mark.parametrize("path", ["", "botwijzer.js", "assets/demo.css", "health", "assets/no.js"])
def test_a_monitor_asks_for_the_head_of_what_it_could_get(stack: Stack, path: str) -> None:
    got, head = (
        httpx.request(method, f"{stack.url}/webhooks/web/{path}", trust_env=False) for method in ("GET", "HEAD")
    )
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert dict(head.headers) == dict(got.headers)


def test_a_request_under_a_foreign_name_is_refused_where_the_own_one_is_known(tmp_path: Path) -> None:
    with running_stack(tmp_path, public_url="https://bot.winkel.example") as known:
        polling = "socket/?EIO=4&transport=polling"
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        upgrade["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="

        def ask(path: str, **headers: str) -> int:
            address = f"{known.url}/webhooks/web/{path}"
            return httpx.get(address, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False).status_code

        for path in ("", "botwijzer.js", polling, "nothing"):
            assert ask(path, Host="evil.nl") == 400
        assert ask(polling, Host="evil.nl", Origin="http://evil.nl") == 400
        assert ask(polling.replace("polling", "websocket"), Host="evil.nl", **upgrade) == 400
        assert ask("health", Host="evil.nl") == 200
        assert ask(polling, Host="bot.winkel.example", Origin="https://bot.winkel.example") == 200
        assert ask("") == 200
        assert "evil.nl" in (known.logs / "rasa.log").read_text("utf-8")
