"""The clock of the server jumps, forward or back: nobody is locked out, nothing gets lost or out of order."""

from __future__ import annotations

import asyncio
import datetime
import time
from pathlib import Path

import hypothesis
import jwt
import pytest
from hypothesis import strategies as st
from rasa.core.channels.channel import UserMessage

from botwijzer import database, leases, retention
from botwijzer.channels import tokens, transcript
from botwijzer.channels.turn import STATEMENT, WholeMessages
from botwijzer.database import migrate
from botwijzer.handoff import outbox, store
from botwijzer.handoff.outbox import MAIL, Outbox
from botwijzer.handoff.store import Requests, Wanted, new_draft
from botwijzer.leases import Leases
from botwijzer.serving.dialogue import Assistant
from tests.attack.target import Tally
from tests.serving.in_process import assistant_in

SECOND, DAY, YEAR = 1.0, 86_400.0, 365 * 86_400.0
JUMPS = (-10 * YEAR, -YEAR, -DAY, -3600.0, -SECOND, SECOND, 3600.0, DAY, YEAR, 10 * YEAR)


class Clock:
    """The time of the whole process, which can be set."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._time, self._now = time.time, database.now

    def time(self) -> float:
        """Seconds since 1970."""
        return self._time() + self.ahead

    def now(self) -> datetime.datetime:
        """The same as the database keeps it."""
        return self._now() + datetime.timedelta(seconds=self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the modules under test take for the time."""
    found = Clock()
    monkeypatch.setattr(time, "time", found.time)
    for module in (outbox, store, transcript, leases, retention):
        monkeypatch.setattr(module, "now", found.now)
    return found


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with all tables."""
    found = f"sqlite:///{tmp_path / 'clock.db'}"
    migrate(found)
    return found


def test_a_visitors_token_knows_no_time() -> None:
    token = tokens.sign("0" * 32, "k" * 32)

    assert set(jwt.decode(token, options={"verify_signature": False})) == {"sub"}


@hypothesis.settings(
    deadline=None, max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(jumps=st.lists(st.sampled_from(JUMPS), min_size=1, max_size=8))
def test_a_conversation_stays_in_its_order(clock: Clock, url: str, tally: Tally, jumps: list[float]) -> None:
    kept, session = transcript.Transcript(url), tokens.new_session()
    clock.ahead = 0
    with tally.attack("clock: conversations"):
        kept.begin(session, [{"kind": "text", "text": "0"}])
        for number, jump in enumerate(jumps, 1):
            clock.ahead += jump
            kept.add(session, transcript.BOT, {"kind": "text", "text": str(number)})

        assert [entry.body["text"] for entry in kept.after(session, 0)] == [str(n) for n in range(len(jumps) + 1)]


def test_a_clock_that_is_set_back_erases_nothing_early(clock: Clock, url: str, tally: Tally) -> None:
    kept, session, job = transcript.Transcript(url), tokens.new_session(), retention.Retention(url, 1)
    with tally.attack("clock: erasing"):
        kept.begin(session, [])
        for clock.ahead in (-YEAR, 0, DAY / 2):
            assert job.carry_out(job.plan()).sessions == ()
        clock.ahead = 2 * DAY
        assert job.carry_out(job.plan()).sessions == (session,)


@pytest.mark.parametrize("jump", [jump for jump in JUMPS if jump > DAY])
def test_a_clock_that_jumps_ahead_erases_nothing(clock: Clock, url: str, tally: Tally, jump: float) -> None:
    kept, session, job = transcript.Transcript(url), tokens.new_session(), retention.Retention(url, 30)
    clock.ahead = 0
    with tally.attack("clock: erasing"):
        kept.begin(session, [])
        assert not job.plan().held
        clock.ahead = jump
        assert job.plan().held
        clock.ahead = 0
        assert not job.plan().held


@hypothesis.settings(
    deadline=None, max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(jumps=st.lists(st.sampled_from(JUMPS), min_size=1, max_size=8))
def test_what_is_on_its_way_arrives_whatever_the_clock_did_before(
    clock: Clock, url: str, tally: Tally, jumps: list[float]
) -> None:
    requests, workers = Requests(url), Outbox(url)
    clock.ahead = 0
    with tally.attack("clock: requests"):
        for jump in jumps:  # each time a worker dies with what it had claimed
            clock.ahead += jump
            requests.submit(Wanted(new_draft(), f"rest:{new_draft()}", "Leveren jullie ook?"), [MAIL], live=False)
            workers.claim([MAIL])
        clock.ahead = 100 * YEAR  # all that was due once is due now
        delivered = []
        while claimed := workers.claim([MAIL]):
            delivered.append(claimed[0].id)
            workers.done(claimed[0].id)

        assert delivered == sorted(set(delivered))
        assert not any(workers.undelivered().values())


@pytest.mark.parametrize("jump", JUMPS)
def test_who_holds_a_lease_learns_of_it_when_another_took_it(clock: Clock, url: str, tally: Tally, jump: float) -> None:
    one, other = Leases(url), Leases(url)
    with tally.attack("clock: leases"):
        assert one.take("telegram-poll")
        clock.ahead = jump

        assert other.take("telegram-poll") is not one.renew("telegram-poll")


@pytest.mark.parametrize("jump", JUMPS)
def test_the_lease_of_an_instance_that_died_runs_out_soon(clock: Clock, url: str, tally: Tally, jump: float) -> None:
    with tally.attack("clock: leases"):
        assert Leases(url).take("telegram-poll")
        clock.ahead = jump + 3 * leases.LEASE_SECONDS

        assert Leases(url).take("telegram-poll")


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant with its model, in this process."""
    return assistant_in(tmp_path_factory.mktemp("clock"))


@pytest.mark.parametrize("jump", JUMPS)
def test_a_conversation_goes_on_or_begins_again(clock: Clock, assistant: Assistant, tally: Tally, jump: float) -> None:
    def said(text: str) -> list[str]:
        output = WholeMessages()
        asyncio.run(assistant.handle_message(UserMessage(text, output, f"rest:{jump}")))
        return [str(message.get("utter_action") or message["custom"]["kind"]) for message in output.messages]

    with tally.attack("clock: sessions"):
        assert said("/faq_zwemmen") == [STATEMENT, "answer"]
        clock.ahead = jump
        assert said("/faq_calcium")[-1] == "answer"
        clock.ahead = 0
        assert said("/faq_beweging")[-1] == "answer"
