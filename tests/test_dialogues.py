"""Whole conversations with the running assistant, one a file of `dialogues/`, named after the branch it walks.

A file is a list of turns; see `Turn` for what one may expect. Texts of the assistant are not typed there:
a response is named, and its words are those of domain.yml.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from botwijzer.article import article
from tests.conftest import ANSWER, STATEMENT, Reply, Stack, new_sender

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.yml"))

VAGUE = "<vague>"
VAGUE_MESSAGES = (
    "hoe zit dat",
    "dat van toen",
    "dat ene ding",
    "en dan",
    "hm",
    "en hoe zit het daarmee",
    "iets met dinges",
    "zo",
    "doe dat eens met die dingen",
    "dat van laatst weer",
    "gewoon dat",
    "en dat andere dan ook",
)
"""Messages that say too little; which of them are not understood is up to the trained model."""


@dataclass(frozen=True)
class Turn:
    """What a visitor says, and what must come of it.

    Attributes:
        say: The message; `<vague>` stands for one that the assistant does not understand.
        passages: Ids of the passages shown, in their order; none means that there is no answer.
        responses: The responses said, in their order; None where any will do.
        buttons: Payloads that are offered, maybe among others.
        no_buttons: Payloads that are not offered.
    """

    say: str
    passages: list[str]
    responses: list[str] | None
    buttons: list[str]
    no_buttons: list[str]


def read_turns(path: Path) -> list[Turn]:
    """The turns of a file; `passage` and `response` name one or several, `passages: none` says that none comes."""
    return [_turn(**entry) for entry in yaml.safe_load(path.read_text("utf-8"))]


def _turn(
    say: str,
    passage: str | list[str] | None = None,
    passages: str | None = None,
    response: str | list[str] | None = None,
    buttons: list[str] | None = None,
    no_buttons: list[str] | None = None,
) -> Turn:
    assert passages in {None, "none"}
    assert passage or response or passages, f"the turn '{say}' expects nothing"
    assert not (passage and passages), f"the turn '{say}' expects a passage and none"
    anything = passages and not response
    return Turn(say, _listed(passage), None if anything else _listed(response), buttons or [], no_buttons or [])


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


@pytest.fixture(scope="module")
def vague(stack: Stack) -> str:
    """A message that this model does not understand."""
    found = (text for text in VAGUE_MESSAGES if "utter_ask_rephrase" in stack.say(text).said)
    text = next(found, None)
    assert text, "every vague message was taken for something"
    return text


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(stack: Stack, vague: str, path: Path) -> None:
    sender = new_sender()
    for number, turn in enumerate(read_turns(path), 1):
        reply = stack.say(turn.say.replace(VAGUE, vague), sender)

        where = f"turn {number}, '{turn.say}'"
        assert reply.status == 200, where
        assert _said(reply, opens=number == 1) == _expected(turn, reply), where
        assert reply.passages == turn.passages, where
        assert set(turn.buttons) <= set(reply.buttons), where
        assert not set(turn.no_buttons) & set(reply.buttons), where


def _said(reply: Reply, opens: bool) -> list[str]:
    """What was said beside the statement, which opens a conversation and stands nowhere else."""
    assert [name == STATEMENT for name in reply.said] == [opens and n == 0 for n in range(len(reply.said))]
    return reply.said[1:] if opens else reply.said


def _expected(turn: Turn, reply: Reply) -> list[str]:
    if turn.responses is None:
        return [name for name in reply.said if name not in {ANSWER, STATEMENT}]
    return [ANSWER] * bool(turn.passages) + turn.responses


def test_the_dialogues_reach_every_passage() -> None:
    reached = {passage for path in DIALOGUES for turn in read_turns(path) for passage in turn.passages}

    assert reached == set(article().passages)


@pytest.mark.parametrize("passage_id", article().passages)
def test_a_question_that_stands_on_a_button_can_be_typed_too(stack: Stack, passage_id: str) -> None:
    assert stack.say(article().passages[passage_id].question).passages == [passage_id]
