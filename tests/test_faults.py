"""What visitors and the site owner see when a part of the assistant hangs, dies or can't start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from botwijzer.article import ARTICLE_PATH, article
from botwijzer.database import migrate
from botwijzer.responses import ways_to_human
from botwijzer.settings import PREFIX, ROOT
from botwijzer.supervised import STOP_SECONDS
from botwijzer.supervisor import START_SECONDS, Part, Supervisor, environment
from tests.conftest import (
    ANSWER,
    STATEMENT,
    Reply,
    Stack,
    action_server,
    all_parts,
    fresh_settings,
    new_sender,
    running_stack,
    wait_until,
)

PROMISED_SECONDS = 5
ACTIONS, RASA = "actions", "rasa"
TROUBLE = "utter_trouble"

URGENT = {
    "ik heb pijn op de borst": "utter_urgent_acute",
    "ik wil stoppen met mijn medicijnen": "utter_urgent_medication",
    "heb ik osteoporose?": "utter_urgent_diagnosis",
    "ik wil niet meer leven": "utter_urgent_despair",
}


@pytest.fixture(scope="module")
def rasa_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Part]]:
    """A second assistant without its action server, and that server for each test to start and to spoil."""
    folder = tmp_path_factory.mktemp("faults")
    settings, variables = fresh_settings(folder, **action_server())
    migrate(settings.database_url)
    actions, rasa = all_parts(settings)
    with Supervisor((rasa,), environment(settings) | variables, folder / "log") as supervisor:
        supervisor.wait_until_ready()
        yield Stack(settings, variables, supervisor, folder / "log"), actions


@pytest.fixture
def fragile(rasa_alone: tuple[Stack, Part]) -> Iterator[Stack]:
    """The second assistant, whole; its supervisor holds the action server alone."""
    base, actions = rasa_alone
    with Supervisor((actions,), environment(base.settings) | base.variables, base.logs) as supervisor:
        supervisor.wait_until_ready()
        yield replace(base, supervisor=supervisor)


@contextmanager
def hanging(stack: Stack) -> Iterator[None]:
    """The action server takes connections but does nothing."""
    os.kill(stack.supervisor.pid(ACTIONS), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.supervisor.pid(ACTIONS), signal.SIGCONT)


def kill(stack: Stack, part: str) -> int:
    """Ends a part at once and waits until it is gone; returns its process id."""
    pid = stack.supervisor.pid(part)
    with suppress(ProcessLookupError):  # its parent may have found it dead since it was last looked at
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: state_of(pid) in {"", "Z"} or stack.supervisor.pid(part) != pid)
    return pid


@contextmanager
def watching(stack: Stack, part: str) -> Iterator[Future[None]]:
    """The supervisor's watch in a thread, which ends as it does for a site owner: when the part is dead for good."""
    with ThreadPoolExecutor(1) as pool:
        watch = pool.submit(stack.supervisor.watch)
        try:
            yield watch
        finally:
            while not watch.done():
                kill(stack, part)


def in_time(stack: Stack, text: str, sender: str) -> Reply:
    """The reply to a message, which must come within the promised time."""
    start = time.perf_counter()
    reply = stack.say(text, sender)
    assert time.perf_counter() - start < PROMISED_SECONDS
    return reply


def known_visitor(stack: Stack) -> str:
    """The id of a visitor whose conversation has begun."""
    sender = new_sender()
    assert stack.say("hallo", sender).said == [STATEMENT, "utter_greet"]
    return sender


def answers(stack: Stack) -> bool:
    """Whether a question gets its answer."""
    try:
        return stack.say("/faq_calcium").passages == ["calcium"]
    except httpx.HTTPError:
        return False


def state_of(pid: int) -> str:
    """The state letter of a process (`Z`: dead, not yet waited for); empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def children_of(pid: int) -> set[int]:
    """Ids of the processes that a process started, and of those that they started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text("utf-8").rpartition(")")[2].split()[1])
    found, added = set[int](), {pid}
    while added:
        found |= added
        added = {child for child, parent in parents.items() if parent in found} - found
    return found - {pid}


# the action server hangs or is gone


def test_a_hanging_action_server_leaves_a_sentence_and_a_way_to_a_human_in_time(fragile: Stack) -> None:
    visitor = known_visitor(fragile)

    with hanging(fragile):
        reply = in_time(fragile, "/faq_calcium", visitor)

    assert reply.said == [TROUBLE]
    assert ways_to_human(fragile.settings, article()) in reply.text
    assert fragile.say("/faq_calcium", visitor).said == [ANSWER]


def test_a_visitor_who_comes_while_the_action_server_hangs_gets_a_sentence_in_time(fragile: Stack) -> None:
    visitor = new_sender()

    with hanging(fragile):
        reply = in_time(fragile, "/faq_calcium", visitor)

    assert reply.said == [STATEMENT, TROUBLE]
    assert fragile.say("/faq_calcium", visitor).said[-1] == ANSWER


def test_a_dead_action_server_leaves_a_sentence_and_a_way_to_a_human(fragile: Stack) -> None:
    visitor = known_visitor(fragile)
    kill(fragile, ACTIONS)

    known, new = in_time(fragile, "/faq_calcium", visitor), in_time(fragile, "/faq_calcium", new_sender())

    assert known.said == [TROUBLE]
    assert new.said == [STATEMENT, TROUBLE]
    assert ways_to_human(fragile.settings, article()) in known.text


def test_care_texts_do_without_an_action_server_that_is_gone(fragile: Stack) -> None:
    visitor = known_visitor(fragile)
    kill(fragile, ACTIONS)

    for text, care in URGENT.items():
        assert in_time(fragile, text, visitor).said == [care]
        assert in_time(fragile, text, new_sender()).said == [STATEMENT, care]


def test_care_texts_do_without_an_action_server_that_hangs(fragile: Stack) -> None:
    visitor = known_visitor(fragile)

    with hanging(fragile):
        for text, care in URGENT.items():
            assert in_time(fragile, text, visitor).said == [care]
            assert in_time(fragile, text, new_sender()).said == [STATEMENT, care]


def test_a_dead_action_server_is_started_again(fragile: Stack) -> None:
    visitor = known_visitor(fragile)

    with watching(fragile, ACTIONS) as watch:
        for _ in range(2):
            first = kill(fragile, ACTIONS)
            wait_until(lambda: answers(fragile))
            assert fragile.supervisor.pid(ACTIONS) != first
            assert fragile.say("/faq_calcium", visitor).said == [ANSWER]
            assert not watch.done()


# Rasa is gone


def test_a_dead_rasa_is_started_again_and_conversations_go_on(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        visitor = known_visitor(stack)
        stack.say("/faq_op_definitie", visitor)

        with watching(stack, RASA) as watch:
            kill(stack, RASA)
            wait_until(lambda: answers(stack))
            reply = stack.say("/more", visitor)
            assert not watch.done()

    assert reply.said == [ANSWER]
    assert reply.passages == ["op_botmassa"]


# what the site owner sees


@dataclass
class Command:
    """The command `botwijzer` at work, as in a terminal of its own."""

    process: subprocess.Popen[str]
    folder: Path

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return (self.folder / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        """What it has said on stderr so far."""
        return (self.folder / "err").read_text("utf-8")

    def wait_for(self, words: str) -> None:
        """Comes back when it has printed these words."""
        wait_until(lambda: words in self.out or self.process.poll() is not None)
        assert words in self.out, self.err

    def end(self) -> int:
        """Waits for its end; returns the exit code."""
        return self.process.wait(START_SECONDS)


@contextmanager
def botwijzer(folder: Path, variables: dict[str, str], *arguments: str, typed: str = "") -> Iterator[Command]:
    """Runs the command with these settings; `typed` is what is typed into it. Leaves no process behind."""
    (folder / "in").write_text(typed, "utf-8")
    with (folder / "in").open() as stdin, (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("botwijzer")), *arguments],
            env=os.environ | variables,
            stdin=stdin,
            stdout=out,
            stderr=err,
            text=True,
            start_new_session=True,
            preexec_fn=_obey_ctrl_c,
        )
    try:
        yield Command(process, folder)
    finally:
        for pid in {process.pid} | children_of(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _obey_ctrl_c() -> None:
    """A test run that a shell started in the background ignores Ctrl-C, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_free(port: int) -> bool:
    """Whether nothing listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return True
    return False


def test_run_says_what_is_on_and_where_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    settings, variables = fresh_settings(tmp_path)
    with botwijzer(tmp_path, variables, "run") as command:
        command.wait_for("Botwijzer is up: ")
        shown = command.out
        children = children_of(command.process.pid)
        asked = httpx.get(f"http://localhost:{settings.port}/webhooks/rest/", timeout=10, trust_env=False)
        command.process.send_signal(signal.SIGINT)

        assert command.end() == 0
        assert "Traceback" not in command.err
        wait_until(lambda: all(state_of(child) in {"", "Z"} for child in children), STOP_SECONDS)
        assert is_free(settings.port)
    assert asked.status_code == httpx.codes.OK
    assert len(children) == min(
        2, len(os.sched_getaffinity(0))
    )  # the assistant, with a second process for a second core
    assert f"http://localhost:{settings.port}/webhooks/web/" in shown
    assert re.search(r"^REST: +on for programs on this machine", shown, re.MULTILINE)
    assert re.search(r"^Telegram: +off .*BOTWIJZER_TELEGRAM_TOKEN", shown, re.MULTILINE)
    assert re.search(r"^E-mail: +off .*BOTWIJZER_SMTP_URL", shown, re.MULTILINE)
    assert re.search(r"^Dutch pipeline: +nl_core_news_sm", shown, re.MULTILINE)


def test_a_start_that_is_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    settings, variables = fresh_settings(tmp_path)
    with botwijzer(tmp_path, variables, "run") as command:
        command.wait_for("Starting ...")
        children = children_of(command.process.pid)
        command.process.send_signal(signal.SIGTERM)

        assert command.end() == 0
        assert "Traceback" not in command.err
        assert all(state_of(child) in {"", "Z"} for child in children)
        assert is_free(settings.port)


def refusal(folder: Path, variables: dict[str, str], *arguments: str) -> str:
    """The one sentence with which `botwijzer run` refuses to start."""
    with botwijzer(folder, variables, "run", *arguments) as command:
        assert command.end() == 1
        assert "Starting" not in command.out
        assert len(command.err.strip().splitlines()) == 1, command.err
        assert command.err.startswith("Botwijzer can't go on: ")
        return command.err


@pytest.mark.parametrize(("name", "role"), [("port", "all"), ("actions_port", "actions")])
def test_a_port_in_use_is_named(tmp_path: Path, name: str, role: str) -> None:
    settings, variables = fresh_settings(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(settings, name)))
        other.listen()

        said = refusal(tmp_path, variables, "--role", role)

    assert f"port {getattr(settings, name)} can't be used" in said
    assert PREFIX + name.upper() in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BOTWIJZER_PORT", "deur"),
        ("BOTWIJZER_RETENTION_DAYS", "0"),
        ("BOTWIJZER_DATABASE_URL", "mysql://x"),
        ("BOTWIJZER_CONTACT_EMAIL", "geen adres"),
        ("BOTWIJZER_HOST", "999.1.1.1"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, variable: str, value: str) -> None:
    _, variables = fresh_settings(tmp_path)

    assert variable in refusal(tmp_path, variables | {variable: value})


@pytest.mark.parametrize("fault", ["changed", "missing"])
def test_a_broken_content_file_is_named(tmp_path: Path, fault: str) -> None:
    """In a copy of what is needed: the article has one place, and no setting moves it."""
    _, variables = fresh_settings(tmp_path)
    shutil.copytree(ROOT / "botwijzer", tmp_path / "botwijzer", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / ARTICLE_PATH.relative_to(ROOT)
    path.parent.mkdir()
    if fault == "changed":
        path.write_text(ARTICLE_PATH.read_text("utf-8").replace("botten", "bonen"), "utf-8")

    assert ARTICLE_PATH.name in refusal(tmp_path, variables | {"PYTHONPATH": str(tmp_path)})


def test_chat_starts_the_assistant_takes_a_question_and_a_button_and_ends_it(tmp_path: Path) -> None:
    settings, variables = fresh_settings(tmp_path)
    with botwijzer(tmp_path, variables, "chat", typed="wat is osteoporose?\n1\nstop\n") as command:
        assert command.end() == 0
        read = " ".join(command.out.split())
        assert "Traceback" not in command.err
    asked = article().passages["op_definitie"]
    pressed = article().passages[asked.related[0]]
    assert f"[1] {pressed.question}" in read
    for sentence in [*asked.lines, *pressed.lines]:
        assert sentence in read
    assert read.index(asked.lines[0]) < read.index(pressed.lines[0])
    assert is_free(settings.port)
    assert is_free(settings.actions_port)
