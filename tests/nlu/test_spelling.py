"""Dutch as people type it."""

from __future__ import annotations

import pytest

from botwijzer.nlu.spelling import as_heard, asking_sentence, written_out


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("wrm is mg goed vr mn botten", "waarom is magnesium goed voor mijn botten"),
        ("200 mg per dag", "200 milligram per dag"),
        ("200mg", "200 milligram"),
        ("vitd?", "vitamine d ?"),
        ("zn m’n", "zijn mijn"),
        ("", ""),
    ],
)
def test_short_forms_are_written_out(typed: str, written: str) -> None:
    assert written_out(typed) == written


@pytest.mark.parametrize(
    ("one", "other"),
    [("magnezium", "magnesium"), ("kalcium", "calcium"), ("vietamine", "vitamine"), ("BODYCRÈME", "bodikreme")],
)
def test_what_sounds_alike_is_heard_alike(one: str, other: str) -> None:
    assert as_heard(one) == as_heard(other)


def test_other_minerals_do_not_sound_like_ours() -> None:
    heard = [as_heard(word) for word in ("magnesium", "mangaan", "calcium", "kalium", "vitamine d", "vitamine k")]

    assert len(set(heard)) == len(heard)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Ik ben 70. Is zwemmen goed? Groetjes, An", "Is zwemmen goed?"),
        ("Ik ben 70. Vertel eens iets.", "Vertel eens iets."),
        ("Wat? En waarom?", "En waarom?"),
        ("", ""),
    ],
)
def test_the_asking_sentence_is_the_last_question(text: str, asked: str) -> None:
    assert asking_sentence(text) == asked
