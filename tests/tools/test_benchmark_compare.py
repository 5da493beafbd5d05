"""The comparison with Rasa's starter on figures that are known, and its load on a server that answers at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from tools.benchmark import measuring
from tools.benchmark.bots import TALK_MESSAGES, Bot, Launch, Running, ours
from tools.benchmark.compare import write
from tools.benchmark.figures import MESSAGES, Load, Measured, at_message, marks, read_load, spread, table
from tools.benchmark.starter import TALKS

METRICS = """
# TYPE botwijzer_stage_seconds histogram
botwijzer_stage_seconds_bucket{le="+Inf",stage="read"} 4.0
botwijzer_stage_seconds_sum{stage="read"} 0.01
botwijzer_stage_seconds_count{stage="read"} 4.0
botwijzer_stage_seconds_sum{stage="save"} 0.0
botwijzer_stage_seconds_count{stage="save"} 0.0
# TYPE other_seconds histogram
other_seconds_sum 3.0
other_seconds_count 1.0
"""


def load(per_second: float, median: float) -> Load:
    return Load(per_second, median, 2 * median, 3 * median, 100, 1)


def a_comparison() -> Measured:
    """Ours is at each mark exactly, but its memory is too much, and too few conversations were stored."""
    return Measured(
        machine="a machine",
        ready_seconds={"botwijzer": [6.0, 5.0, 30.0], "starter": [20.0]},
        megabytes={"botwijzer": [700.0], "starter": [1000.0]},
        load={
            "botwijzer": {1: [load(90, 10), load(100, 11)], 16: [load(360, 60)]},
            "starter": {1: [load(30, 42)], 16: [load(60, 260)]},
        },
        message={"botwijzer": [[10.0] * 50 + [12.0] * 352], "starter": [[20.0] * 102]},
        stored={"botwijzer": {100: [9.0, 10.0, 11.0], 1_000: [10.0]}},
        stages={"SpacyNLP": 4.0, "read": 0.5},
    )


def test_what_began_before_everybody_was_there_does_not_count() -> None:
    turns = [(99.9, 10.0, None), *((100 + place, 10.0 * place, None) for place in range(1, 10)), (110.0, 50.0, "500")]
    seen = read_load({"began": 100.0, "turns": turns})
    assert (seen.turns, seen.errors) == (9, 1)
    assert seen.median == pytest.approx(50)
    assert seen.p95 == pytest.approx(86)
    assert seen.per_second == pytest.approx(9 / 9.09)


def test_a_load_that_nobody_answered_says_why() -> None:
    with pytest.raises(ValueError, match=r"0 turns were answered; no answer"):
        read_load({"began": 1.0, "turns": [(2.0, 1.0, "no answer")]})


def test_marks_are_reached_at_their_bound() -> None:
    load_16, alone, memory, ready, longer, stored = marks(a_comparison())
    assert (load_16.ratio, load_16.reached) == (6, True)
    assert (alone.ratio, alone.reached) == (0.25, True)
    assert (memory.ratio, memory.reached) == (0.7, False)
    assert (ready.ratio, ready.reached) == (0.3, True)
    assert (longer.ratio, longer.reached, longer.beside) == (1.2, True, None)
    assert (stored.ratio, stored.reached) == (None, None)


def test_the_table_says_what_was_reached_and_what_was_measured() -> None:
    text = table(a_comparison())
    for row in (
        "| memory of all processes, to the starter's | ≤ 0.5 | 0.70 |  | no |",
        "| turn with 100,000 stored, to that with 100 | ≤ 1.1 |  |  | not measured |",
        "| time to ready | 6 s (5 to 30) | 20 s |",
        "| memory of all processes, warmed up | 700 MB | 1,000 MB |",
        "| turns a second, 1 at once | 95 (90 to 100) | 30 |",
        "| turns without an answer, 1 at once | 2 of 202 | 1 of 101 |",
        "| a turn, p99, 16 at once | 180 ms | 780 ms |",
        "| a turn at message 400 of one conversation, median | 12 ms |  |",
        "| a turn with 1,000 stored conversations, median | 10 ms |  |",
        "| SpacyNLP | 4.00 |",
    ):
        assert row in text.splitlines()
    assert "training" not in text


def test_nothing_measured_is_no_result() -> None:
    assert {mark.reached for mark in marks(Measured())} == {None}
    assert spread([], "ms") == ""


def test_a_place_in_a_conversation_is_told_with_its_neighbours() -> None:
    talks = [[0.0, 0.0, 5.0, 1.0, 2.0, 3.0, 4.0, 99.0], [0.0] * 3]
    assert at_message(talks, 5) == 3
    assert at_message(talks, 100) is None


def test_the_same_is_said_around_each_place() -> None:
    around = [[measuring.message_at(TALKS, place + shift) for shift in range(-2, 3)] for place in MESSAGES]
    assert around == [list(TALKS[0][:5])] * len(MESSAGES)


def test_our_visitors_ask_different_questions() -> None:
    talks = ours().talks
    assert {len(talk) for talk in talks} == {TALK_MESSAGES}
    assert len({message for talk in talks for message in talk}) > 1_000


def test_stages_are_means() -> None:
    assert measuring.stage_means(METRICS) == {"read": 2.5}


@pytest.mark.parametrize("prefix", ["", "rest:"])
def test_a_conversation_is_copied_in_all_tables_that_hold_it(tmp_path: Path, prefix: str) -> None:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    tables, engine = sa.MetaData(), sa.create_engine(url)
    events = sa.Table(
        "events",
        tables,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sender_id", sa.String(255)),
        sa.Column("data", sa.Text),
    )
    states = sa.Table("states", tables, sa.Column("key", sa.String, primary_key=True), sa.Column("seen", sa.Float))
    numbers = sa.Table("numbers", tables, sa.Column("number", sa.Integer))
    tables.create_all(engine)
    with engine.begin() as connection:
        rows = [{"sender_id": prefix + who, "data": what} for who in ("me", "you") for what in ("hello", "bye")]
        connection.execute(sa.insert(events), rows)
        connection.execute(sa.insert(states), [{"key": prefix + who, "seen": 1.5} for who in ("me", "you")])
        connection.execute(sa.insert(numbers), [{"number": 1}])
    assert measuring.fill(url, prefix + "you", 2_001) == 3
    with engine.connect() as connection:
        kept = connection.execute(sa.select(events.c.sender_id, events.c.data).order_by(events.c.id)).all()
        keys = set(connection.scalars(sa.select(states.c.key).where(states.c.seen == 1.5)))
        assert connection.scalar(sa.select(sa.func.count()).select_from(numbers)) == 1
    assert len(keys) == 2 + 2_001
    assert len(kept) == 4 + 2 * 2_001
    assert {sender for sender, _ in kept} == keys
    assert [data for _, data in kept[-2:]] == ["hello", "bye"]
    assert kept[-2][0] == kept[-1][0]


@pytest.mark.parametrize("measured", [a_comparison(), Measured()])
def test_everything_is_written(tmp_path: Path, measured: Measured) -> None:
    write(measured, tmp_path / "new")
    assert (tmp_path / "new" / "starter.md").read_text("utf-8") == table(measured)
    assert json.loads((tmp_path / "new" / "starter.json").read_text("utf-8"))["machine"] == measured.machine
    assert (tmp_path / "new" / "starter.png").stat().st_size > 10_000


class Echo(BaseHTTPRequestHandler):
    """Answers each message with itself, and remembers who said it on which connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = 100_000
    heard: list[tuple[int, str, str]] = []

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.heard.append((self.client_address[1], said["sender"], said["message"]))
        body = json.dumps([] if said["message"] == "silent" else [{"text": said["message"]}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a server that answers at once."""
    Echo.heard.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.skipif(not measuring.LOCUST.exists(), reason="the development tools are not installed")
def test_visitors_under_load_talk_on_one_connection_each(echo: str) -> None:
    bot = Bot("echo", [["hello", "silent", "alas", "bye"]], "alas", "/", no_launch, no_training)
    running = Running(bot, echo, "", 0.0, psutil.Process(), None)  # type: ignore[arg-type]
    measured = Measured()
    measuring.under_load([running], [2], 1, 4, measured)
    (seen,) = measured.load["echo"][2]
    assert seen.turns > 2
    assert seen.errors == pytest.approx(seen.turns, abs=2), "silence and words of trouble are no answers"
    assert 0 < seen.median <= seen.p95 <= seen.p99
    assert len({connection for connection, _, _ in Echo.heard}) == 2
    senders = [sender for _, sender, _ in Echo.heard]
    assert max(map(senders.count, set(senders))) == 4


def no_launch(_: Path, __: bool) -> Launch:
    raise AssertionError


def no_training(_: Path) -> Launch:
    raise AssertionError
