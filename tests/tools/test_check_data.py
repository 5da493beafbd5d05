"""The linter of content and data: each of its rules on a sample that breaks it, and on one that does not."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from botwijzer.article import article
from botwijzer.channels.intake import pressable
from tests.unit_helpers import ROOT, load_tool

tool = load_tool("check_data")

SENTENCE = article().passages["zwemmen"].sentences[0]
INTENTS = [passage.intent for passage in article().passages.values()]
RULES = [{"rule": "x", "steps": [{"intent": i}, {"action": "action_answer"}]} for i in INTENTS]


def domain_saying(response: dict[str, Any], *intents: str) -> dict[str, Any]:
    """A domain with all passages' intents, these and one response."""
    named = [payload.removeprefix("/") for payload in pressable()]
    return {"intents": [*INTENTS, *named, *intents], "responses": {"utter_x": [response]}}


def rules(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    """Rules of one turn each."""
    return [{"rule": intent, "steps": [{"intent": intent}, {"action": action}]} for intent, action in turns]


def test_a_passage_that_is_not_in_the_article_is_found() -> None:
    swum = replace(article().passages["zwemmen"], lines=(SENTENCE.upper(),))
    changed = replace(article(), passages={**article().passages, "zwemmen": swum})

    assert tool.check_passages(changed) == [
        f"passage 'zwemmen': '{SENTENCE.upper()}' is not word for word in the article"
    ]
    assert tool.check_passages(article()) == []


def test_a_passage_without_intent_or_rule_and_an_intent_without_passage_are_found() -> None:
    assert tool.check_reachable(article(), INTENTS, RULES) == []
    assert tool.check_reachable(article(), [i for i in INTENTS if i != "faq_calcium"], RULES) == [
        "domain.yml: passage 'calcium' has no intent; add 'faq_calcium' under intents"
    ]
    assert tool.check_reachable(article(), INTENTS, RULES[1:]) == [
        f"data/rules.yml: intent '{INTENTS[0]}' has no rule; "
        f"add one with the steps 'intent: {INTENTS[0]}' and 'action: action_answer'"
    ]
    assert tool.check_reachable(
        article(), [*INTENTS, "faq_nergens"], [*RULES, *rules(("faq_nergens", "action_answer"))]
    ) == [
        "content/osteoporose.md: intent 'faq_nergens' has no passage; "
        "describe 'nergens' under passages and mark its lines, or take the intent away"
    ]


@pytest.mark.parametrize("intent", ["decline_sun", "urgent_acute", "greet", "share"])
def test_an_intent_without_a_rule_is_found(intent: str) -> None:
    ruled = [*RULES, *rules((intent, "action_reply"))]

    assert tool.check_reachable(article(), [*INTENTS, intent], ruled) == []
    assert tool.check_reachable(article(), [*INTENTS, intent], RULES) == [
        f"data/rules.yml: intent '{intent}' has no rule; "
        f"add one with the steps 'intent: {intent}' and 'action: action_reply'"
    ]


@pytest.mark.parametrize(
    "typed",
    [
        SENTENCE,
        f"ervoor {SENTENCE.upper()} erna",
        "\n    ".join(SENTENCE.split()),
        f"- {article().passages['op_risico'].sentences[4]}",
        article().disclaimer.split(". ")[0] + ".",
        article().advice,
        article().sources_note,
    ],
    ids=["alone", "in capitals", "over several lines", "an item", "the disclaimer", "the advice", "the note"],
)
def test_a_sentence_of_the_article_that_is_typed_elsewhere_is_found(typed: str) -> None:
    problems = tool.check_quotes(article(), [("actions/x.py", f'TEXT = "{typed}"')])

    assert problems
    assert all(problem.startswith("actions/x.py types a sentence of the article") for problem in problems)


def test_an_item_of_a_list_is_a_sentence_when_it_is_long_enough() -> None:
    short, long = (article().passages["op_risico"].sentences[n] for n in (1, 4))

    problems = tool.check_quotes(article(), [("domain.yml", f"- {long}\n- {short}")])

    assert [problem.endswith(f"'{long}'") for problem in problems] == [True]


@pytest.mark.parametrize("path", ["content/osteoporose.md", "tests/blind/passages.json", "data/nlu.yml"])
def test_the_article_may_stand_in_its_own_place_the_answer_key_and_visitors_questions(path: str) -> None:
    assert tool.check_quotes(article(), [(path, SENTENCE)]) == []


def test_words_of_the_article_are_no_sentence_of_it() -> None:
    assert tool.check_quotes(article(), [("README.md", "Zwemmen is gezond. Neem contact op met een specialist.")]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("greet", "hallo"), ("greet", "hallo")),
        (("greet", "hallo"), ("thank", "hallo")),
        (("greet", "Hallo, daar!"), ("thank", "hallo  daar")),
        (("out_of_scope", "???"), ("greet", "??? ")),
        (("faq_verhouding", "ratio ca:mg?"), ("faq_verhouding", "ratio ca mg?")),
    ],
)
def test_an_example_that_stands_there_twice_is_found(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert tool.check_unique([one, ("x", "iets anders"), other]) == [
        f"'{other[1]}' ({other[0]}) is the same example as '{one[1]}' ({one[0]})"
    ]


def test_examples_that_differ_in_a_letter_or_are_only_signs_are_different() -> None:
    assert tool.check_unique([("greet", "hallo"), ("greet", "halo"), ("greet", "?"), ("greet", "??")]) == []


def test_an_intent_with_too_few_examples_and_one_that_the_domain_lacks_are_found() -> None:
    examples = [("greet", f"hallo {n}") for n in range(10)] + [("thank", "dank"), ("dag", "dag")]

    problems = tool.check_examples(examples, ["greet", "thank", "deny", "nlu_fallback", "empty_message"])

    assert problems == [
        "data/nlu.yml: intent 'thank' has 1 examples; add 9 or more",
        "data/nlu.yml: intent 'deny' has 0 examples; add 10 or more",
        "domain.yml: data/nlu.yml has examples of 'dag', which is not an intent; add it under intents",
    ]


@pytest.mark.parametrize(("count", "warns"), [(9, False), (10, True), (29, True), (30, False)])
def test_an_intent_with_few_examples_is_warned_of_with_what_that_costs(count: int, warns: bool) -> None:
    examples = [("greet", f"hallo {n}") for n in range(count)]

    warnings = tool.warn_of_few_examples(examples, ["greet", "nlu_fallback"])

    assert warnings == [f"data/nlu.yml: intent 'greet' has {count} examples; {tool.FEW_EXAMPLES_COST}"] * warns


@pytest.mark.parametrize(
    ("payload", "problems"),
    [
        ("/faq_calcium", []),
        ("faq_calcium", ["utter_x: payload 'faq_calcium' is not '/' and an intent of the domain"]),
        ("/faq_nergens", ["utter_x: payload '/faq_nergens' is not '/' and an intent of the domain"]),
        ('/handoff{"a":1}', ["utter_x: payload '/handoff{\"a\":1}' is not '/' and an intent of the domain"]),
        ("/greet", ["utter_x: payload '/greet' is not among those that visitors may press"]),
        (
            "/" + "é" * 30,
            [
                f"utter_x: payload '/{'é' * 30}' is not among those that visitors may press",
                f"utter_x: payload '/{'é' * 30}' is longer than 60 bytes",
            ],
        ),
    ],
)
def test_a_button_that_leads_nowhere_is_found(payload: str, problems: list[str]) -> None:
    domain = domain_saying({"text": "?", "buttons": [{"title": "x", "payload": payload}]}, "greet", "é" * 30)

    assert tool.check_buttons(domain, pressable()) == problems


def test_a_pressable_payload_without_intent_is_found() -> None:
    assert tool.check_buttons(domain_saying({"text": "x"}), {"/nergens", "/more"}) == [
        "payload '/nergens' names no intent"
    ]


@pytest.mark.parametrize(
    ("turns", "named", "missing"),
    [
        ([("greet", "utter_x")], ["utter_x"], []),
        ([("greet", "utter_y")], [], ["utter_y"]),
        ([("greet", "action_reply")], [], ["utter_greet"]),
        ([("greet", "action_answer")], [], []),
        ([], ["utter_z", "utter_z"], ["utter_z"]),
    ],
)
def test_a_response_that_is_named_but_not_there_is_found(
    turns: Sequence[tuple[str, str]], named: Sequence[str], missing: Sequence[str]
) -> None:
    problems = tool.check_responses(domain_saying({"text": "x"}), rules(*turns), named)

    assert problems == [
        f"domain.yml: there is no response '{name}'; add it under responses with its text" for name in missing
    ]


@pytest.mark.parametrize(("intent", "meaning"), [("decline_sun", "declined"), ("urgent_acute", "care")])
def test_a_decline_or_care_text_without_words_or_its_meaning_is_found(intent: str, meaning: str) -> None:
    name = f"utter_{intent}"
    domain = domain_saying({"text": "x"}, intent)
    without = {**domain, "responses": {name: [{"text": "x", "metadata": {"meaning": "private"}}]}}
    right = {**domain, "responses": {name: [{"text": "x", "metadata": {"meaning": [meaning, "private"]}}]}}

    assert tool.check_responses(domain, [], []) == [
        f"domain.yml: there is no response '{name}'; "
        f"add it under responses with its text and 'metadata: {{meaning: {meaning}}}'"
    ]
    assert tool.check_responses(without, [], []) == [
        f"domain.yml: '{name}' does not mean '{meaning}'; add 'metadata: {{meaning: {meaning}}}' to it"
    ]
    assert tool.check_responses(right, [], []) == []


def test_responses_that_the_code_names_are_found_in_it() -> None:
    code = 'SAID = "utter_x"\nsay("desk_y", f"utter_z_{step}", message["utter_action"], "utter_x")'

    files = [("actions/a.py", code), ("botwijzer/b.py", '"utter_b"'), ("tests/c.py", '"utter_c"')]
    assert tool.named_in_code(files) == ["desk_y", "utter_b", "utter_x"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("meaning: care", "meaning: zorg", "domain.yml: utter_urgent_acute has the unknown meaning 'zorg'; known are "),
        ("{advice} Wil", "{advies} Wil", "domain.yml: utter_decline_dosage has the blank {advies}, which nothing"),
        ("intents:", "intents: [", "domain.yml is not valid YAML: "),
    ],
    ids=["a meaning", "a blank", "a bracket"],
)
def test_a_domain_that_would_not_start_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    old: str,
    new: str,
    problem: str,
) -> None:
    for name in ("content", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "domain.yml").write_text((ROOT / "domain.yml").read_text("utf-8").replace(old, new, 1), "utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    monkeypatch.setattr(tool, "check", functools.partial(tool.check, tmp_path))

    assert tool.main() == 1
    assert capsys.readouterr().out.startswith(problem)


@pytest.mark.parametrize(
    ("blind", "example", "leaks"),
    [
        ("Is calcium goed voor mij?", "is calcium goed voor mij", True),
        ("Is calcium goed voor mij?", "Hallo! Is calcium goed voor mij?", False),
        (
            "Is calcium nu echt goed voor mij en mijn man?",
            "Hallo, is calcium nu echt goed voor mij en mijn man??",
            True,
        ),
        ("Is calcium goed?", "is calcium goed", False),
        ("Is calcium goed voor ons?", "is calcium goed voor mij", False),
    ],
    ids=["the same", "short and inside", "long and inside", "too short to matter", "another"],
)
def test_a_blind_question_in_the_training_data_is_found(blind: str, example: str, leaks: bool) -> None:
    problems = tool.check_blind([blind, blind], [("faq_calcium", example), ("greet", "hallo")])

    assert problems == [f"the blind question '{blind}' stands in the training data"] * leaks


def test_examples_are_read_from_all_blocks_of_an_intent() -> None:
    text = (
        "nlu:\n- intent: greet\n  metadata: {hand: 1}\n  examples: |\n    - hallo\n    - dag - daar\n"
        "- intent: thank\n  examples: |\n    - dank\n- intent: greet\n  examples: |\n    - hoi: jij\n"
    )

    assert tool.read_examples(text) == [
        ("greet", "hallo"), ("greet", "dag - daar"), ("thank", "dank"), ("greet", "hoi: jij"),
    ]  # fmt: skip


def test_blind_questions_are_read_with_the_turns_of_dialogues(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "een"}) + "\n\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps({"id": "x", "turns": [{"text": "twee"}, {"text": "drie"}]}), "utf-8")

    assert list(tool.read_blind(tmp_path)) == ["een", "twee", "drie"]


def test_the_files_that_git_knows_or_would_add_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "map").mkdir()
    for name, content in {
        "map/éé n.md": "tekst é".encode(),
        "weg.txt": b"was hier",
        "plaatje.png": b"\x89PNG\0",
        "latin.txt": b"caf\xe9",
        "var.log": b"genegeerd",
        ".gitignore": b"*.log\n",
    }.items():
        (tmp_path / name).write_bytes(content)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "weg.txt"], cwd=tmp_path, check=True)
    (tmp_path / "weg.txt").unlink()

    assert dict(tool.text_files(tmp_path)) == {
        ".gitignore": "*.log\n",
        "latin.txt": "caf\ufffd",
        "map/éé n.md": "tekst é",
    }


def test_main_prints_each_problem_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "check", lambda: (["een", "twee"], ["drie"], "3 dingen"))

    assert tool.main() == 1
    assert capsys.readouterr().out == "Warning: drie\neen\ntwee\n"


def test_main_prints_warnings_and_one_line_when_all_is_sound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "check", lambda: ([], ["vier"], "3 dingen"))

    assert tool.main() == 0
    assert capsys.readouterr().out == "Warning: vier\ncontent and data are sound: 3 dingen\n"


def test_a_broken_article_is_a_problem_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "check", functools.partial(tool.check, tmp_path))

    assert tool.main() == 1
    assert capsys.readouterr().out.startswith("osteoporose.md can't be read")


def test_this_repository_is_sound() -> None:
    problems, warnings, looked_at = tool.check(ROOT)

    assert problems == warnings == []
    assert looked_at.startswith("21 passages, ")


def test_a_concept_that_no_example_uses_is_found() -> None:
    concepts = tool.Concepts({"calcium": {"words": ["kalk"]}, "moon": {"words": ["maan"]}})

    assert tool.check_concepts(concepts, [("faq_calcium", "waarom kalk?")]) == [
        "no example in data/nlu.yml uses the concept 'moon'"
    ]
