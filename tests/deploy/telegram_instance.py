"""An instance that is nothing but the Telegram channel, and says everything back: `python -m` this, with settings."""

from __future__ import annotations

import asyncio

from botwijzer.channels.telegram import run
from botwijzer.channels.telegram_api import TelegramApi
from botwijzer.channels.telegram_inbox import Inbox
from botwijzer.channels.telegram_service import Said, TelegramService
from botwijzer.handoff.outbox import Outbox
from botwijzer.handoff.store import Requests
from botwijzer.leases import Leases
from botwijzer.settings import settings


async def say_back(conversation: str, words: str) -> Said:
    """A turn that needs no model."""
    return [{"text": words}]


async def main() -> None:
    """Answers for ever."""
    current = settings()
    url = current.database_url
    api = TelegramApi(current.telegram_token.get_secret_value(), current.telegram_api)
    await run(api, TelegramService(api, Inbox(url), say_back, Requests(url), Outbox(url), Leases(url)), current)


if __name__ == "__main__":
    asyncio.run(main())
