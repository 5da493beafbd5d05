"""What a monitor reads of the running assistant."""

from __future__ import annotations

import asyncio
import logging
import re
import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry

from botwijzer.database import migrate
from botwijzer.handoff.outbox import DESK, MAIL
from botwijzer.operating.database_figures import DatabaseFigures
from botwijzer.operating.metrics import database_faults
from botwijzer.operating.monitoring import DELIVERY_AFTER, serve_metrics
from botwijzer.operating.turns import Outcome
from botwijzer.training import ensure_model
from tests.channels.visitor import visiting
from tests.conftest import new_sender, wait_until
from tests.handoff.test_store import Store, taken, wanted
from tests.operating.conftest import Figures, Watched, locked
from tests.test_dialogues import VAGUE_MESSAGES
from tests.unit_helpers import free_port, use_settings

TALK = {
    "hallo": "small_talk",
    "wat is osteoporose?": "answered",
    "hoeveel milligram magnesium moet ik per dag nemen?": "declined",
    "ik heb pijn op de borst": "urgent",
    "ik wil een medewerker spreken": "handoff",
    "waar blijft mijn pakje? an@voorbeeld.nl": "handoff",
    "/affirm": "request_sent",
}


def turns(figures: Figures, outcome: Outcome, channel: str = "rest") -> float:
    """How many turns came out so."""
    return figures[f'botwijzer_turns_total{{channel="{channel}",outcome="{outcome.value}"}}']


def test_turns_are_counted_by_channel_and_outcome(watched: Watched) -> None:
    visitor = new_sender()
    vague = next(text for text in VAGUE_MESSAGES if "utter_ask_rephrase" in watched.stack.say(text).said)
    for text, outcome in {vague: "fallback", **TALK}.items():
        before = watched.figures()

        watched.stack.say(text, visitor)

        after = watched.figures()
        risen = {name for name, value in after.items() if "turns_total" in name and value > before[name]}
        assert risen == {f'botwijzer_turns_total{{channel="rest",outcome="{outcome}"}}'}, text
    count = 'botwijzer_turn_seconds_count{channel="rest"}'
    assert after[count] == sum(turns(after, outcome) for outcome in Outcome)
    assert after['botwijzer_stage_seconds_count{stage="save"}'] > 0


def test_a_turn_that_fails_is_trouble_and_an_error(watched: Watched) -> None:
    before = watched.figures()

    with locked(watched.stack):
        watched.stack.say("ik wil een medewerker spreken")  # what is asked then has to be remembered
        during = watched.figures()

    errors = 'botwijzer_errors_total{part="channels.turn"}'
    assert turns(during, Outcome.TROUBLE) == turns(before, Outcome.TROUBLE) + 1
    assert during[errors] > before.get(errors, 0)


def test_open_widgets_are_counted(watched: Watched) -> None:
    async def visit() -> None:
        async with visiting(watched.stack.url) as visitor:
            await visitor.answered("wat is osteoporose?")
            assert (await asyncio.to_thread(watched.figures))["botwijzer_open_sockets"] == before + 1

    before = watched.figures()["botwijzer_open_sockets"]
    asyncio.run(visit())

    wait_until(lambda: watched.figures()["botwijzer_open_sockets"] == before)
    assert turns(watched.figures(), Outcome.ANSWERED, "web") >= 1


def test_a_request_that_does_not_arrive_is_seen(watched: Watched) -> None:
    visitor = new_sender()
    for text in ("ik wil een medewerker spreken", "waar blijft mijn pakje? an@voorbeeld.nl", "/affirm"):
        watched.stack.say(text, visitor)

    waits = f'botwijzer_dispatches_total{{outcome="waits",way="{MAIL}"}}'
    wait_until(lambda: watched.figures(DELIVERY_AFTER).get(waits, 0) > 0)
    found = watched.figures()
    assert found[f'botwijzer_outbox_waiting{{way="{MAIL}"}}'] >= 1
    assert found[f'botwijzer_outbox_oldest_seconds{{way="{MAIL}"}}'] > 0
    assert found['botwijzer_requests{state="bot"}'] >= 1


def test_the_process_and_its_model_are_told(watched: Watched) -> None:
    found = watched.figures()

    (model,) = (name for name in found if name.startswith("botwijzer_model_info"))
    assert f'model="{ensure_model().name.removesuffix(".tar.gz")}"' in model
    assert found["process_resident_memory_bytes"] > 0
    assert found["process_cpu_seconds_total"] > 0


def test_metrics_are_not_on_the_port_of_visitors(watched: Watched) -> None:
    for path in ("/metrics", "/webhooks/metrics", "/webhooks/web/metrics"):
        assert httpx.get(watched.stack.url + path, trust_env=False).status_code == httpx.codes.NOT_FOUND


def test_no_label_holds_anything_of_a_visitor(watched: Watched) -> None:
    watched.stack.say("ik heet Zebulon", "zebulon-sender")

    labels = {
        re.sub(r"[a-z_]+=", "", label)
        for name in watched.figures()
        for label in re.findall(r'(?:channel|outcome|stage|part|way|state|model)="[^"]*"', name)
    }
    assert not [label for label in labels if "ebulon" in label or ":" in label]
    assert len(labels) < 100


# the figures of the database


def figures_of(url: str) -> Figures:
    """What is told of this database."""
    registry = CollectorRegistry(auto_describe=True)
    registry.register(DatabaseFigures(url))
    return {
        name + "".join(f":{value}" for value in labels.values()): value
        for family in registry.collect()
        for name, labels, value, *_ in family.samples
    }


def test_requests_and_what_waits_are_counted(database_url: str) -> None:
    store = Store(database_url)
    taken(store, "web:0")
    for number in range(1, 4):
        store.submit(wanted(f"web:{number}"), [MAIL], live=False)
    store.close(store.listed()[-1].id)
    arrived, refused = store.claim([MAIL]), store.claim([MAIL])
    assert arrived
    assert refused
    store.done(arrived[0].id)
    store.again(refused[0].id, None)
    store.submit(wanted("web:4"), [DESK], live=True)

    found = figures_of(database_url)

    states = {state: found[f"botwijzer_requests:{state}"] for state in ("bot", "waiting", "human", "closed")}
    assert states == {"bot": 2, "waiting": 1, "human": 1, "closed": 1}
    assert found["botwijzer_outbox_waiting:mail"] == 2
    assert found["botwijzer_outbox_given_up:mail"] == 1
    assert found["botwijzer_outbox_oldest_seconds:mail"] >= 0
    assert found["botwijzer_outbox_waiting:desk"] == 1
    assert found["botwijzer_telegram_unsent"] == 0


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:{port}/nothing", "sqlite:////nowhere/at/all.db", "sqlite:///{folder}/new.db"]
)
def test_a_database_that_is_away_leaves_its_figures_out_and_is_counted(
    url: str, tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    before = database_faults._value.get()

    assert figures_of(url.format(port=free_port(), folder=tmp_path)) == {}

    assert database_faults._value.get() == before + 1
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_database_that_says_nothing_is_not_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        assert figures_of(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/x") == {}


def test_a_database_that_came_back_is_told_again(empty_database: str) -> None:
    registry = CollectorRegistry(auto_describe=True)
    registry.register(DatabaseFigures(empty_database))
    assert list(registry.collect()) == []

    migrate(empty_database)

    assert registry.get_sample_value("botwijzer_requests", {"state": "bot"}) == 0


def test_a_port_that_is_taken_is_said_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        serve_metrics(use_settings(monkeypatch, metrics_port=str(port)))

    assert f"port {port}" in caplog.text
    assert "BOTWIJZER_METRICS_PORT" in caplog.text


def test_metrics_are_off_unless_a_port_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prometheus_client.start_http_server", lambda *_: pytest.fail("a port was opened"))

    serve_metrics(use_settings(monkeypatch))
