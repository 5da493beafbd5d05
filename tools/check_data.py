"""Proves that content, domain, rules, training data and blind questions fit together; part of `make check`.

Each check is a function that takes what it looks at and returns a list of problems, one sentence each. Where something
is missing, the sentence names the file and what to add there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from actions import constants
from botwijzer.article import INTENT_PREFIX, Article, ArticleError, load_article
from botwijzer.channels.intake import pressable
from botwijzer.nlu.concepts import ConceptError, Concepts, load_concepts
from botwijzer.nlu.follow_up import FollowUpError, load_follow_ups
from botwijzer.nlu.questions import QuestionsError, load_two_questions
from botwijzer.responses import DomainError, Meaning, Responses, blanks, find_faults, read_domain
from botwijzer.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent

MIN_EXAMPLES, FEW_EXAMPLES = 10, 30
FEW_EXAMPLES_COST = "of an intent's new messages 18 % were recognised with 10 examples, 47 % with 30, 81 % with 100"
"""Measured once, see docs/figures.md."""

MOST_PAYLOAD_BYTES = 60
"""Telegram's callback_data ends at 64 bytes."""

USUAL_ACTION = "action_reply"
MEANINGS = {constants.DECLINE_PREFIX: Meaning.DECLINED, constants.URGENT_PREFIX: Meaning.CARE}
"""What the response to an intent must mean, by how the intent's name begins."""

QUOTING_ALLOWED = ("content/", "tests/blind/", "data/nlu.yml")
"""The article itself, the answer key of the blind questions, and visitors who quote the article at us."""

SENTENCE_WORDS = 5
BLIND_WORDS = 5
BLIND_WORDS_WITHIN = 8
"""Blind texts from this length on may not stand inside a longer example either."""

Example = tuple[str, str]
"""Intent and text of a training message."""

_NAMED = re.compile(r'"((?:utter_(?!action")|desk_)\w+)"')
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


def check_passages(article: Article) -> list[str]:
    """Every line of a passage stands word for word in the article."""
    text = _spaced(article.plain_text())
    return [
        f"passage '{passage.id}': '{sentence}' is not word for word in the article"
        for passage in article.passages.values()
        for sentence in passage.sentences
        if _spaced(sentence) not in text
    ]


def check_reachable(article: Article, intents: Collection[str], rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every passage has its intent, every intent its rule, every faq_ intent its passage."""
    ruled = {intent for intent, _ in _turns(rules)}
    wanted = [passage.intent for passage in article.passages.values()]
    problems = [
        f"domain.yml: passage '{intent.removeprefix(INTENT_PREFIX)}' has no intent; add '{intent}' under intents"
        for intent in wanted
        if intent not in intents
    ]
    problems += [
        f"data/rules.yml: intent '{intent}' has no rule; add one with the steps "
        f"'intent: {intent}' and 'action: {_usual_action(intent)}'"
        for intent in dict.fromkeys([*wanted, *intents])
        if intent not in ruled
    ]
    return problems + [
        f"content/osteoporose.md: intent '{intent}' has no passage; "
        f"describe '{intent.removeprefix(INTENT_PREFIX)}' under passages and mark its lines, or take the intent away"
        for intent in intents
        if intent.startswith(INTENT_PREFIX) and intent not in wanted
    ]


def check_quotes(article: Article, files: Iterable[tuple[str, str]]) -> list[str]:
    """No sentence of the article or its disclaimer is typed in any of these files, given as (path, text)."""
    lines = [*article.body, article.disclaimer, article.sources_note]
    sentences = {s.removeprefix("- ") for line in lines for s in _SENTENCE_END.split(line)}
    long = sorted(s for s in sentences if len(s.split()) >= SENTENCE_WORDS or s in article.disclaimer)
    searched = ((path, _spaced(text).casefold()) for path, text in files if not path.startswith(QUOTING_ALLOWED))
    return [
        f"{path} types a sentence of the article; take it from the article: '{sentence}'"
        for path, text in searched
        for sentence in long
        if _spaced(sentence).casefold() in text
    ]


def check_unique(examples: Sequence[Example]) -> list[str]:
    """No two examples are the same but for case, punctuation and white space."""
    alike: dict[str, list[Example]] = {}
    for intent, text in examples:
        alike.setdefault(fold(text), []).append((intent, text))
    return [
        f"'{text}' ({intent}) is the same example as '{same[0][1]}' ({same[0][0]})"
        for same in alike.values()
        for intent, text in same[1:]
    ]


def check_examples(examples: Sequence[Example], intents: Collection[str]) -> list[str]:
    """Every intent that is learnt has examples enough, and every intent with examples is in the domain."""
    counts = _counts(examples, intents)
    problems = [
        f"data/nlu.yml: intent '{name}' has {count} examples; add {MIN_EXAMPLES - count} or more"
        for name, count in counts.items()
        if count < MIN_EXAMPLES
    ]
    return problems + [
        f"domain.yml: data/nlu.yml has examples of '{name}', which is not an intent; add it under intents"
        for name in dict.fromkeys(intent for intent, _ in examples)
        if name not in intents
    ]


def warn_of_few_examples(examples: Sequence[Example], intents: Collection[str]) -> list[str]:
    """What few examples cost, for each intent that has enough to be learnt but not to be learnt well."""
    return [
        f"data/nlu.yml: intent '{name}' has {count} examples; {FEW_EXAMPLES_COST}"
        for name, count in _counts(examples, intents).items()
        if MIN_EXAMPLES <= count < FEW_EXAMPLES
    ]


def check_buttons(domain: Mapping[str, Any], allowed: Collection[str]) -> list[str]:
    """Every button sends a known intent in at most 60 bytes, and the web lets its payload through."""
    intents = set(domain["intents"])
    problems = [f"payload '{payload}' names no intent" for payload in sorted(allowed) if payload[1:] not in intents]
    for response, variation in _variations(domain):
        for payload in (str(button["payload"]) for button in variation.get("buttons", [])):
            if not payload.startswith("/") or payload[1:] not in intents:
                problems.append(f"{response}: payload '{payload}' is not '/' and an intent of the domain")
            elif payload not in allowed:
                problems.append(f"{response}: payload '{payload}' is not among those that visitors may press")
            if len(payload.encode()) > MOST_PAYLOAD_BYTES:
                problems.append(f"{response}: payload '{payload}' is longer than {MOST_PAYLOAD_BYTES} bytes")
    return problems


def check_responses(domain: Mapping[str, Any], rules: Sequence[Mapping[str, Any]], named: Iterable[str]) -> list[str]:
    """Every response that is named somewhere is in the domain; a decline means `declined`, what is urgent `care`.

    Args:
        domain: The domain, as in domain.yml.
        rules: The rules, as in data/rules.yml; `action_reply` says `utter_<intent>`.
        named: Responses that the code names.
    """
    said = [f"utter_{intent}" if action == USUAL_ACTION else action for intent, action in _turns(rules)]
    meanings = {
        f"utter_{intent}": meaning.value
        for intent in domain["intents"]
        for prefix, meaning in MEANINGS.items()
        if intent.startswith(prefix)
    }
    wanted = dict.fromkeys([*(name for name in said if name.startswith("utter_")), *named, *meanings])
    known, problems = Responses(domain["responses"]), []
    for name in wanted:
        meaning = meanings.get(name)
        metadata = f"'metadata: {{meaning: {meaning}}}'" if meaning else ""
        if name not in known:
            more = f" and {metadata}" if meaning else ""
            problems.append(f"domain.yml: there is no response '{name}'; add it under responses with its text{more}")
        elif meaning and meaning not in known.meanings({"utter_action": name}):
            problems.append(f"domain.yml: '{name}' does not mean '{meaning}'; add {metadata} to it")
    return problems


def check_blind(blind: Iterable[str], examples: Sequence[Example]) -> list[str]:
    """No blind question stands in the training data, as an example or, when long, inside one."""
    folded = {fold(text) for _, text in examples}
    everything = f" {' | '.join(sorted(folded))} "
    problems = []
    for text in dict.fromkeys(blind):
        question = fold(text)
        words = len(question.split())
        inside = words >= BLIND_WORDS_WITHIN and f" {question} " in everything
        if words >= BLIND_WORDS and (question in folded or inside):
            problems.append(f"the blind question '{text}' stands in the training data")
    return problems


def check_concepts(concepts: Concepts, examples: Sequence[Example]) -> list[str]:
    """Every concept is found in some example; one that nothing uses teaches the classifier nothing."""
    used = {name for _, text in examples for name in concepts.find(text)}
    return [f"no example in data/nlu.yml uses the concept '{name}'" for name in concepts.names if name not in used]


def fold(text: str) -> str:
    """The text in lower case without punctuation and doubled blanks; itself when nothing else is in it."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split()) or text.strip()


def read_examples(text: str) -> list[Example]:
    """Intent and text of every training message in the text of data/nlu.yml."""
    blocks = yaml.load(text, yaml.CSafeLoader)["nlu"]
    return [(block["intent"], line.removeprefix("- ")) for block in blocks for line in block["examples"].splitlines()]


def read_other_examples(folder: Path) -> list[Example]:
    """Intents and text of every follow-up, and of every message that asks two things or looks so."""
    follow_ups = [(example.intent, example.text) for example in load_follow_ups(folder / "follow_ups.yml")]
    two = load_two_questions(folder / "two_questions.yml")
    return follow_ups + [(" + ".join(example.intents), example.text) for example in two]


def named_in_code(files: Iterable[tuple[str, str]]) -> list[str]:
    """Responses that the code names, given as (path, text) of all files."""
    code = [text for path, text in files if path.startswith(("actions/", "botwijzer/")) and path.endswith(".py")]
    return sorted({name for text in code for name in _NAMED.findall(text)})


def read_blind(folder: Path) -> Iterator[str]:
    """All texts of the blind questions, those of dialogues included."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            case = json.loads(line) if line.strip() else {}
            yield from (turn["text"] for turn in [case, *case.get("turns", [])] if "text" in turn)


def text_files(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every text file that git tracks, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode()
    for name in sorted(set(listed.split("\0"))):
        content = (root / name).read_bytes() if (root / name).is_file() else b"\0"
        if b"\0" not in content:
            yield name, content.decode("utf-8", "replace")


def check(root: Path = ROOT) -> tuple[list[str], list[str], str]:
    """All problems of a repository, all warnings, and what was looked at as '21 passages, 57 intents, ... examples'."""
    article = load_article(root / "content" / "osteoporose.md")
    domain = read_domain(root / "domain.yml")
    rules = yaml.safe_load((root / "data" / "rules.yml").read_text("utf-8"))["rules"]
    examples = read_examples((root / "data" / "nlu.yml").read_text("utf-8"))
    intents = domain["intents"]
    files = list(text_files(root))
    if faults := [f"domain.yml: {fault}" for fault in find_faults(domain["responses"], blanks())]:
        return faults, [], ""  # the other checks need responses that can be read
    problems = [
        *check_passages(article),
        *check_reachable(article, intents, rules),
        *check_quotes(article, files),
        *check_unique(examples),
        *check_examples(examples, intents),
        *check_buttons(domain, pressable()),
        *check_responses(domain, rules, named_in_code(files)),
        *check_concepts(load_concepts(), examples),
        *check_blind(read_blind(root / "tests" / "blind"), [*examples, *read_other_examples(root / "data")]),
    ]
    looked_at = f"{len(article.passages)} passages, {len(intents)} intents, {len(examples)} examples"
    return problems, warn_of_few_examples(examples, intents), looked_at


def main() -> int:
    """Prints every warning and every problem, or that there is none; returns the exit code."""
    try:
        problems, warnings, looked_at = check()
    except (
        ArticleError,
        DomainError,
        ConceptError,
        FollowUpError,
        QuestionsError,
        SettingsError,
        OSError,
        yaml.YAMLError,
    ) as error:
        problems, warnings, looked_at = [str(error)], [], ""
    for warning in warnings:
        print(f"Warning: {warning}")
    print("\n".join(problems) or f"content and data are sound: {looked_at}")
    return 1 if problems else 0


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _turns(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each (intent, action) of the rules where the action is the reply to the intent."""
    for rule in rules:
        for step, following in zip(rule["steps"], rule["steps"][1:]):
            if "intent" in step and "action" in following:
                yield step["intent"], following["action"]


def _usual_action(intent: str) -> str:
    return "action_answer" if intent.startswith(INTENT_PREFIX) else USUAL_ACTION


def _counts(examples: Sequence[Example], intents: Collection[str]) -> dict[str, int]:
    """How many examples each intent has that is learnt."""
    counts = Counter(intent for intent, _ in examples)
    return {intent: counts[intent] for intent in intents if intent not in constants.INTENTS_SET_BY_CODE}


def _variations(domain: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, variation) for name, variations in domain["responses"].items() for variation in variations)


if __name__ == "__main__":
    sys.exit(main())
