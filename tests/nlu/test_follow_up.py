"""Half a sentence is read with the question before it, a full one is not."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from botwijzer.nlu.concepts import load_concepts
from botwijzer.nlu.follow_up import CONTEXT_KEY, IN_CONTEXT, FollowUp, in_context

LAST = "Is zwemmen goed?"


@pytest.mark.parametrize("text", ["waarom?", "wat dan wel?", "hoezo niet?", "en te veel?"])
def test_what_has_no_subject_leans_on_the_last_question(text: str) -> None:
    assert in_context(text, LAST, load_concepts()) == f"{LAST} {text}"


@pytest.mark.parametrize(
    "text", ["en vitamine D?", "wie krijgt osteoporose", "bedankt", "waarom is dat dan precies zo volgens jullie"]
)
def test_what_has_its_own_subject_stands_for_itself(text: str) -> None:
    assert in_context(text, LAST, load_concepts()) == text


def test_without_a_last_question_nothing_leans() -> None:
    assert in_context("waarom?", "", load_concepts()) == "waarom?"


@pytest.mark.parametrize(("metadata", "read"), [({CONTEXT_KEY: LAST}, f"{LAST} waarom?"), ({}, None), (None, None)])
def test_the_component_reads_what_the_channel_gave_along(metadata: dict[str, str] | None, read: str | None) -> None:
    (message,) = FollowUp().process([Message({TEXT: "waarom?", "metadata": metadata})])

    assert message.get(IN_CONTEXT) == read
