"""Written knowledge of Dutch: sets of words and phrases with one meaning, found in a message.

`data/concepts.yml` holds them; its header says how a maintainer reads and extends it. The classifier gets
the concepts of a message, and their pairs, as features beside its words, so that an unseen wording of a
known meaning is recognised.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

CONCEPTS_PATH = Path(__file__).resolve().parent.parent.parent / "data" / "concepts.yml"
SHORTEST_STEM = 4
SHORTEST_CORRECTED = 5
MOST_REMEMBERED = 256
"""So many texts whose concepts were found last are remembered: in a turn the same text is looked at several times."""

ANY_TOKEN = "*"
NO_MEANING = "no_meaning"
"""Ordinary words that must not be taken for a slip of another; never found as a concept."""

_TOKEN = re.compile(r"\w+")


class ConceptError(ValueError):
    """The concept file can't be used; the message says what to mend."""


def fold(text: str) -> str:
    """Lower case without accents, so that `bodycrème` and `BODYCREME` are one."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))


def tokenize(text: str) -> list[str]:
    """Folded words and numbers, in order."""
    return _TOKEN.findall(fold(text))


class Concepts:
    """Finds concepts in messages.

    Args:
        described: Concept name to its `words` (a whole token or lemma), `stems` (begin or end of a
            token) and `phrases` (sequences of tokens, `*` for any one).

    Raises:
        ConceptError: A word stands under two concepts, a stem is too short, or the form is wrong.
    """

    def __init__(self, described: dict[str, dict[str, list[Any]]]) -> None:
        self._words: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, entry in described.items():
            if not isinstance(entry, dict) or set(entry) - {"words", "stems", "phrases"}:
                raise ConceptError(f"concept '{name}' may have words, stems and phrases only")
            for word in map(fold, map(str, entry.get("words") or [])):
                self._add(self._words, word, name)
            for stem in map(fold, map(str, entry.get("stems") or [])):
                if len(stem) < SHORTEST_STEM:
                    raise ConceptError(f"stem '{stem}' of '{name}' is shorter than {SHORTEST_STEM} letters")
                self._add(self._stems, stem, name)
            for phrase in entry.get("phrases") or []:
                tokens = tuple(re.findall(r"\w+|\*", fold(str(phrase))))
                self._phrases.setdefault(tokens[0], []).append((tokens, name))
        self.names = tuple(name for name in described if name != NO_MEANING)
        self._corrected = functools.lru_cache(maxsize=20_000)(self._correct)
        self._found = functools.lru_cache(maxsize=MOST_REMEMBERED)(self._find)
        self._near = functools.lru_cache(maxsize=MOST_REMEMBERED)(self._of_like_length)

    def find(self, text: str, lemmas: Sequence[str] = ()) -> list[str]:
        """The concepts of a message, each once, in the order of their first appearance."""
        return list(self._found(text, tuple(lemmas)))

    def _find(self, text: str, lemmas: tuple[str, ...]) -> tuple[str, ...]:
        tokens = tokenize(text)
        found: dict[str, None] = {}
        for position, token in enumerate(tokens):
            for sequence, name in self._phrases.get(token, ()):
                if _fits(sequence, tokens[position : position + len(sequence)]):
                    found[name] = None
            for name in self._of_token(token):
                found[name] = None
        for lemma in lemmas:
            if name_of_lemma := self._words.get(fold(lemma)):
                found[name_of_lemma] = None
        found.pop(NO_MEANING, None)
        return tuple(found)

    def _of_token(self, token: str) -> Iterable[str]:
        if token in self._words:
            return [self._words[token]]
        ends = [token[:n] for n in range(SHORTEST_STEM, len(token) + 1)]
        ends += [token[n:] for n in range(1, len(token) - SHORTEST_STEM + 1)]
        stems = [self._stems[part] for part in ends if part in self._stems]
        if stems:
            return stems
        corrected = self._corrected(token)
        return [self._words[corrected]] if corrected else []

    def _correct(self, token: str) -> str | None:
        """The one word that this is a slip of: one change up to eight letters, two beyond; else None."""
        if len(token) < SHORTEST_CORRECTED or not token.isalpha():
            return None
        most = 1 if len(token) <= 8 else 2
        best = process.extractOne(token, self._near(len(token), most), scorer=OSA.distance, score_cutoff=most)
        return str(best[0]) if best and best[0][0] == token[0] else None

    def _of_like_length(self, letters: int, most: int) -> list[str]:
        """The words that so few changes may make of one with so many letters."""
        return [word for word in self._words if len(word) >= SHORTEST_CORRECTED and abs(len(word) - letters) <= most]

    @staticmethod
    def _add(to: dict[str, str], word: str, name: str) -> None:
        if to.setdefault(word, name) != name:
            raise ConceptError(f"'{word}' stands under two concepts: {to[word]} and {name}")


def with_pairs(concepts: Sequence[str]) -> list[str]:
    """The concepts and all unordered pairs of them, as feature names."""
    return [*concepts, *("+".join(pair) for pair in combinations(sorted(concepts), 2))]


def load_concepts(path: Path = CONCEPTS_PATH) -> Concepts:
    """Reads the concept file.

    Raises:
        ConceptError: It is missing, no YAML, or wrong in its form.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        return Concepts(content["concepts"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConceptError(f"{path.name} can't be used: {error}") from error


def _fits(sequence: Sequence[str], tokens: Sequence[str]) -> bool:
    if len(sequence) != len(tokens):
        return False
    for wanted, token in zip(sequence, tokens):  # a loop, for `all` takes three times as long and this is done often
        if wanted not in (token, ANY_TOKEN):
            return False
    return True
