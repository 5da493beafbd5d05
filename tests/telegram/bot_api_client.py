"""A bot in a few lines, to try the Bot API server of these tests with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_api_checks import RefusalError

TOKEN = "4711:secret"
ANNA, BERT, GROUP = 1001, 1002, -1001234567890


@dataclass
class Client:
    """Calls the methods of a server."""

    api: BotApi

    def __call__(self, method: str, **parameters: Any) -> Any:
        """Calls a method; raises what it refuses."""
        answer = self.post(method, json=parameters)
        if not answer["ok"]:
            raise RefusalError(answer["description"], answer["error_code"], **answer.get("parameters", {}))
        return answer["result"]

    def post(self, method: str, **options: Any) -> Any:
        """The answer's body."""
        return httpx.post(f"{self.api.url}/bot{TOKEN}/{method}", trust_env=False, timeout=10, **options).json()

    def refused(self, method: str, **parameters: Any) -> str:
        """What is said to a call that is not carried out."""
        answer = self.post(method, json=parameters)
        assert not answer["ok"], answer
        return str(answer["description"])

    def ids(self, **parameters: Any) -> list[int]:
        """Ids of the updates that are given out."""
        return [update["update_id"] for update in self("getUpdates", **parameters)]
