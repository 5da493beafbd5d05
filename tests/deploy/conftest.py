"""Two instances of the assistant and two workers on one PostgreSQL and one Redis, behind nginx, with a staff."""

from __future__ import annotations

import os
import random
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import httpx
import pytest

from botwijzer.settings import Settings
from botwijzer.supervisor import Part, Role, Supervisor, environment, parts
from botwijzer.training import ensure_model
from tests.conftest import Stack, fresh_settings
from tests.databases import find_postgres, running_postgres
from tests.handoff.conftest import Desk
from tests.handoff.smtp_server import MailServer
from tests.servers import INSTANCE_HEADER, RedisServer, running_nginx, running_redis
from tests.telegram.bot_api import BotApi
from tests.telegram.conftest import PUBLIC_URL, TOKEN, Bot

MIGRATE = (
    "from botwijzer.database import migrate; from botwijzer.settings import settings; migrate(settings().database_url)"
)


@dataclass(frozen=True)
class Instance(Stack):
    """One of the processes that visitors reach."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.supervisor.pid("rasa")

    def kill(self) -> None:
        """Kills it without a warning."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def begin_again(self) -> None:
        """Starts it again after it was killed."""
        self.supervisor.look()

    def wait_until_ready(self) -> None:
        """Waits until it answers."""
        self.supervisor.wait_until_ready()

    def log(self) -> str:
        """What it has logged."""
        return (self.logs / "rasa.log").read_text("utf-8")


@dataclass(frozen=True)
class Cluster:
    """All of it.

    Attributes:
        url: Of nginx.
        instances: The two of them.
        desk: The staff's group, which talks to them by nginx.
        redis: What they share beside the database.
        mail: The mail server that both workers send to.
    """

    url: str
    instances: tuple[Instance, Instance]
    desk: Desk
    redis: RedisServer
    mail: MailServer

    @property
    def database_url(self) -> str:
        """The database that all share."""
        return self.instances[0].settings.database_url

    @property
    def api(self) -> BotApi:
        """Telegram."""
        return self.desk.bot.api

    @property
    def reached(self) -> Instance:
        """The instance that nginx asks for visitors and for Telegram: it goes by address and program."""
        agent = {"User-Agent": aiohttp.http.SERVER_SOFTWARE}
        answer = httpx.get(f"{self.url}/webhooks/web/botwijzer.js", headers=agent, trust_env=False, timeout=30)
        port = answer.headers[INSTANCE_HEADER].rpartition(":")[2]
        return next(instance for instance in self.instances if str(instance.settings.port) == port)


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster that the tests of this package share, by way of `whole`.

    Both instances begin at the same time, with a database in which there is nothing yet.
    """
    folder = tmp_path_factory.mktemp("cluster")
    group = -1_000_000_000_000 - random.randrange(10**6, 10**11)
    with ExitStack() as running:
        database_url = running.enter_context(running_postgres(find_postgres()))
        redis = running.enter_context(running_redis())
        mail = running.enter_context(MailServer())
        api = running.enter_context(BotApi(TOKEN, one_at_a_time=True))
        shared = {
            "database_url": database_url,
            "redis_url": redis.url,
            "telegram_token": TOKEN,
            "telegram_api": api.url,
            "telegram_operators": str(group),
            "public_url": PUBLIC_URL,
            "smtp_url": f"smtp://127.0.0.1:{mail.port}",
            "handoff_email": "hulp@shop.example",
            "trusted_proxies": "1",
            "rest": "true",
        }
        made = [fresh_settings(folder / name, **shared) for name in ("one", "two")]
        url = running.enter_context(running_nginx([settings.port for settings, _ in made]))
        api.deliver_to = url
        api.make_forum(group, "Klantenservice")
        model = ensure_model()
        one, two = (
            begun(running, settings, variables, folder / name, first_start(settings, model))
            for (settings, variables), name in zip(made, ("one", "two"))
        )
        one.wait_until_ready()
        two.wait_until_ready()
        for name in ("worker one", "worker two"):
            begun(running, *made[0], folder / name, parts(made[0][0], Path(), Role.DELIVERY))
        yield Cluster(url, (one, two), Desk(Bot(api, one), group, has_topics=True), redis, mail)
        assert api.faults == []


@pytest.fixture
def whole(cluster: Cluster) -> Cluster:
    """The cluster with both instances running, whatever was killed before."""
    for instance in cluster.instances:
        instance.begin_again()
    for instance in cluster.instances:
        instance.wait_until_ready()
        instance.supervisor.look()  # which notes that it has settled
    return cluster


def begun(
    running: ExitStack, settings: Settings, variables: dict[str, str], folder: Path, of: tuple[Part, ...]
) -> Instance:
    """Starts processes; does not wait for them."""
    supervisor = running.enter_context(Supervisor(of, environment(settings) | variables, folder))
    return Instance(settings, variables, supervisor, folder)


def first_start(settings: Settings, model: Path) -> tuple[Part, ...]:
    """An instance as `botwijzer run` starts it: it brings the database up to date, then it serves."""
    (part,) = (part for part in parts(settings, model, Role.CHAT))
    migrates = shlex.join([sys.executable, "-c", MIGRATE])
    return (
        Part(part.name, ("sh", "-c", f"{migrates} && exec {shlex.join(part.command)}"), part.health_url, part.port),
    )
