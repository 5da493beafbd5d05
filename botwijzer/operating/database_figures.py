"""What a monitor wants to know of the database: requests for a human, and what has not arrived yet."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from botwijzer.database import now, open_database
from botwijzer.handoff.outbox import MAIL, NEVER
from botwijzer.handoff.request import State
from botwijzer.handoff.tables import outbox, requests
from botwijzer.operating.metrics import database_faults

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 3
"""The database has so long to answer; whoever reads the metrics waits for it."""

WAYS = (MAIL, "desk", "web", "telegram")
"""Each is shown, also when nothing waits there: an alert needs a figure to compare with."""

_telegram = sa.table("telegram_outbox", sa.column("state", sa.String), sa.column("at", sa.DateTime))
_UNSENT = ("waiting", "sending")


class DatabaseFigures(Collector):
    """Reads them when the metrics are read; while the database is away they are left out, and that is counted."""

    def __init__(self, url: str) -> None:
        """`url` is the database's address; nothing is opened yet."""
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            address = address.update_query_dict({"connect_timeout": str(ANSWER_SECONDS)})
        self._engine = open_database(address.render_as_string(hide_password=False))

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering it asks the database for nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        try:
            with self._engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.text(f"SET LOCAL statement_timeout = {ANSWER_SECONDS * 1000}"))
                found = [*_of_requests(connection), *_of_outbox(connection), *_of_telegram(connection)]
        except SQLAlchemyError as error:
            database_faults.inc()
            logger.error("the figures of the database can't be read: %s", type(error).__name__)
            return
        finally:
            self._engine.dispose()  # a connection that hangs is not waited for a second time
        yield from found


def _of_requests(connection: Connection) -> Iterator[Metric]:
    by_state = GaugeMetricFamily("botwijzer_requests", "Requests for a human by state", labels=["state"])
    found = connection.execute(sa.select(requests.c.state, sa.func.count()).group_by(requests.c.state)).all()
    counts = {state.value: 0 for state in State} | {str(state): int(count) for state, count in found}
    for state, count in counts.items():
        by_state.add_metric([state], count)
    yield by_state


def _of_outbox(connection: Connection) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("botwijzer_outbox_waiting", "What has not arrived yet, by way", labels=["way"])
    given_up = GaugeMetricFamily(
        "botwijzer_outbox_given_up", "Of these, what is tried again only by 'botwijzer requests retry'", labels=["way"]
    )
    oldest = GaugeMetricFamily(
        "botwijzer_outbox_oldest_seconds", "Age of the oldest that has not arrived yet, by way", labels=["way"]
    )
    never = sa.func.sum(sa.case((outbox.c.due == NEVER, 1), else_=0))
    query = sa.select(outbox.c.way, sa.func.count(), never, sa.func.min(outbox.c.at)).where(outbox.c.done.is_(False))
    found = {row[0]: row[1:] for row in connection.execute(query.group_by(outbox.c.way))}
    for way in dict.fromkeys([*WAYS, *found]):
        count, lost, since = found.get(way, (0, 0, None))
        waiting.add_metric([way], count)
        given_up.add_metric([way], lost)
        oldest.add_metric([way], _age(since))
    yield from (waiting, given_up, oldest)


def _of_telegram(connection: Connection) -> Iterator[Metric]:
    query = sa.select(sa.func.count(), sa.func.min(_telegram.c.at)).where(_telegram.c.state.in_(_UNSENT))
    count, since = connection.execute(query).one()
    yield GaugeMetricFamily("botwijzer_telegram_unsent", "Messages that Telegram has not taken yet", count)
    yield GaugeMetricFamily("botwijzer_telegram_unsent_oldest_seconds", "Age of the oldest of these", _age(since))


def _age(since: datetime.datetime | None) -> float:
    return max(0.0, (now() - since).total_seconds()) if since else 0.0
