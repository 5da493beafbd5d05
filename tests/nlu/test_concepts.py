"""Written knowledge of Dutch: what is found in a message, and what the file may not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from botwijzer.nlu.concepts import ConceptError, Concepts, load_concepts, with_pairs

CONCEPTS = Concepts(
    {
        "through_skin": {"words": ["uitwendig"], "stems": ["smeer"], "phrases": ["via de huid", "op mijn * smeren"]},
        "cream": {"words": ["bodycrème"]},
        "calcium": {"words": ["calcium", "kalk"]},
        "swim": {"words": ["zwemmen"]},
        "no_meaning": {"words": ["zwommen"]},
    },
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("UITWENDIG gebruiken", ["through_skin"]),
        ("Kan het via de huid?", ["through_skin"]),
        ("op mijn benen smeren", ["through_skin"]),
        ("via je huid", []),
        ("smeersel en smeerolie", ["through_skin"]),
        ("bodycreme", ["cream"]),
        ("kalk en calcium", ["calcium"]),
        ("zwemmne met calcuim", ["swim", "calcium"]),
        ("we zwommen", []),
        ("magnesium", []),
        ("", []),
        ("🙂 !?", []),
    ],
)
def test_a_concept_is_found_by_word_stem_phrase_or_slip(text: str, found: list[str]) -> None:
    assert CONCEPTS.find(text) == found


def test_a_lemma_counts_as_a_word() -> None:
    assert CONCEPTS.find("iets", lemmas=["Zwemmen"]) == ["swim"]


def test_pairs_have_one_name_whatever_their_order() -> None:
    assert with_pairs(["b", "a"]) == ["b", "a", "a+b"]


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"a": {"words": ["kalk"]}, "b": {"words": ["Kalk"]}}, "two concepts"),
        ({"a": {"stems": ["bot"]}}, "shorter than"),
        ({"a": {"word": ["kalk"]}}, "words, stems and phrases only"),
    ],
)
def test_a_faulty_concept_is_named(described: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConceptError, match=reason):
        Concepts(described)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConceptError, match=r"concepts\.yml"):
        load_concepts(tmp_path / "concepts.yml")


@pytest.mark.parametrize("other", ["mangaan", "kalium", "natrium", "selenium", "K2", "strontium", "alendroninezuur"])
def test_no_other_substance_is_taken_for_one_of_the_article(other: str) -> None:
    assert not {"magnesium", "calcium", "vitamin_d"} & set(load_concepts().find(f"is {other} goed"))
