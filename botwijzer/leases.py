"""What one instance at a time may do: a lease in the database, which runs out when the instance dies that holds it."""

from __future__ import annotations

import asyncio
import datetime
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from botwijzer.database import now, open_database

LEASE_SECONDS = 8
"""So long a lease holds unless renewed; then its holder is taken for dead."""

tables = sa.MetaData()
_leases = sa.Table(
    "leases",
    tables,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("until", sa.DateTime, nullable=False),
)


class Leases:
    """The leases of one instance. All methods but `while_held` wait for the database: call them in a thread."""

    def __init__(self, url: str) -> None:
        """Opens the database at this address, which has been migrated."""
        self._engine = open_database(url)
        self._me = uuid.uuid4().hex

    def take(self, name: str) -> bool:
        """Takes a lease; False when somebody has it, also when that is this instance."""
        values = {"holder": self._me, "until": _until()}
        try:
            with self._engine.begin() as connection:
                connection.execute(_leases.insert().values(name=name, **values))
                return True
        except IntegrityError:
            with self._engine.begin() as connection:  # one statement, so that of two who try one gets it
                run_out = (_leases.c.name == name, ~_holds())
                return bool(connection.execute(_leases.update().where(*run_out).values(values)).rowcount)

    def renew(self, name: str) -> bool:
        """Keeps a lease; False when it has run out and somebody else took it."""
        with self._engine.begin() as connection:
            mine = (_leases.c.name == name, _leases.c.holder == self._me)
            return bool(connection.execute(_leases.update().where(*mine).values(until=_until())).rowcount)

    def give_up(self, name: str) -> None:
        """Lets somebody else have a lease."""
        with self._engine.begin() as connection:
            mine = (_leases.c.name == name, _leases.c.holder == self._me)
            connection.execute(_leases.delete().where(*mine))

    def held(self) -> set[str]:
        """The names of all leases that somebody has."""
        with self._engine.begin() as connection:
            return set(connection.scalars(sa.select(_leases.c.name).where(_holds())).all())

    def forget_run_out(self) -> None:
        """Forgets the leases of instances that died."""
        with self._engine.begin() as connection:
            connection.execute(_leases.delete().where(_leases.c.until < now() - datetime.timedelta(days=1)))

    async def while_held(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Does some work under a lease; ends it when the lease can't be kept, for then another one may do it.

        Returns:
            Whether it was done; False when somebody else has the lease, or got it.
        """
        until = time.monotonic() + LEASE_SECONDS
        if not await asyncio.to_thread(self.take, name):
            return False
        working = asyncio.get_running_loop().create_task(work())
        try:
            while not (await asyncio.wait({working}, timeout=LEASE_SECONDS / 4))[0]:
                until = await self._renewed(name, until)
                if time.monotonic() >= until:
                    return False
            await working
            return True
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._given_up(name)

    async def _renewed(self, name: str, until: float) -> float:
        """Until when a lease is ours now, by this machine's own clock."""
        begun = time.monotonic()
        try:
            is_ours = await asyncio.wait_for(asyncio.to_thread(self.renew, name), max(0.0, until - begun))
        except (TimeoutError, SQLAlchemyError):
            return until
        return begun + LEASE_SECONDS if is_ours else begun

    async def _given_up(self, name: str) -> None:
        try:
            await asyncio.to_thread(self.give_up, name)
        except SQLAlchemyError:
            return  # it runs out


def _holds() -> Any:
    """Whether a lease holds: one that is to hold for longer than there are leases is of a clock that was set back."""
    return _leases.c.until.between(now(), now() + datetime.timedelta(seconds=2 * LEASE_SECONDS))


def _until() -> datetime.datetime:
    return now() + datetime.timedelta(seconds=LEASE_SECONDS)
