"""The delivery worker: `python -m botwijzer.handoff` brings requests to the staff by mail until it is ended."""

from __future__ import annotations

import asyncio

from botwijzer.handoff.delivery import Delivery
from botwijzer.handoff.mail import Mailer
from botwijzer.handoff.outbox import MAIL, Outbox
from botwijzer.operating.logs import set_up_logs
from botwijzer.operating.monitoring import DELIVERY_AFTER, serve_metrics
from botwijzer.settings import settings
from botwijzer.supervised import end_with_supervisor


def main() -> None:
    """Works until it is ended; several may, on one database."""
    end_with_supervisor()
    current = settings()
    set_up_logs(current.log_level)
    serve_metrics(current, DELIVERY_AFTER)
    mailer = Mailer(current.smtp_url.get_secret_value(), current.handoff_email)
    asyncio.run(Delivery(Outbox(current.database_url), {MAIL: mailer}).run())


if __name__ == "__main__":
    main()
