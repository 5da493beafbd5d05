"""The words of a text, and how far a name goes that begins at one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from botwijzer.handoff.name_words import (
    ALSO_WORDS,
    FIRST_NAMES,
    FUNCTION_WORDS,
    NEVER_FIRST,
    NO_NAME_ENDS,
    NO_NAMES,
    PARTICLES,
    SURNAMES,
    TITLES,
    WHOLE_TITLES,
)
from botwijzer.handoff.text import lowered

MOST_WORDS = 8
_WORD = re.compile(
    r"(?P<particle>(?<!\w)(?:v\.d\.|v/d|['’][ts](?!\w)|d['’](?=\s)))|(?P<initials>(?<!\w)(?:[^\W\d_]\.-?){1,6})|"
    r"(?P<word>[^\W\d_]+(?:['’`-][^\W\d_]+)*)(?P<dot>\.?)|(?P<other>[\S\n])",
    re.I,
)


@dataclass(frozen=True)
class Word:
    """A word, or a mark between words."""

    text: str
    start: int
    end: int
    kind: str
    dotted: bool = False

    @property
    def low(self) -> str:
        """The word to look up."""
        return lowered(self.text).rstrip(".") if self.kind != "initials" else self.text.lower()


@dataclass(frozen=True)
class Reader:
    """How capitals and lower case count in a message."""

    shouted: bool
    expected: bool
    has_details: bool

    def is_capital(self, word: Word) -> bool:
        """Whether the capital says anything."""
        return not self.shouted and word.text[:1].isupper()

    def can_be(self, word: Word, announced: bool = False, surname: bool = False) -> bool:
        """Whether a word may be part of a name at all; `surname` after 'van der' and its like."""
        low = word.low
        if word.kind != "word" or len(low) < 2:
            return False
        if surname and (low in SURNAMES or (self.is_capital(word) and low not in FUNCTION_WORDS)):
            return True
        if low in ALSO_WORDS:
            return announced or self.is_capital(word)
        if low in NO_NAMES or low in FUNCTION_WORDS or low in PARTICLES:
            return False
        return low in FIRST_NAMES or not low.endswith(NO_NAME_ENDS)

    def take(self, words: Sequence[Word], first: int, loose: bool, announced: bool = False) -> int:
        """How far a name goes that begins at a word; `first` when none does.

        Args:
            loose: Whether lower case will do for its first name.
            announced: Whether something said that a name follows.
        """
        at, names = first, 0
        while at < len(words) and at - first < MOST_WORDS:
            word = words[at]
            if word.kind == "initials" or (names == 0 and word.low in TITLES):
                if word.dotted and word.low in WHOLE_TITLES:
                    break
                loose = loose or (word.low in TITLES and announced)
            elif not self._is_link(words, at, first, names, announced):
                if not self._is_name(words, first, at, names, loose, announced):
                    break
                names += 1
                if word.dotted and word.low not in TITLES:
                    at += 1
                    break
            at += 1
        return _before_links(words, first, at) if names else first

    def _is_name(self, words: Sequence[Word], first: int, at: int, names: int, loose: bool, announced: bool) -> bool:
        """Whether a word is the next name of one that begins at `first`, of which there are `names` already."""
        word = words[at]
        surname = at > first and is_particle(words[at - 1])
        if not self.can_be(word, announced and names == 0, surname) or not self._fits(words, first, at, names, loose):
            return False
        return word.low not in ALSO_WORDS or self.is_capital(word) or _ends(words, at)  # 'mijn naam ben ik kwijt'

    def _fits(self, words: Sequence[Word], first: int, at: int, names: int, loose: bool) -> bool:
        """Whether a word's case is that of a name there."""
        if self.is_capital(words[at]):
            return True
        if names == 0:
            return loose or words[at].low in FIRST_NAMES - ALSO_WORDS
        capital = any(self.is_capital(word) and not is_particle(word) for word in words[first:at])
        if capital and not is_particle(words[at - 1]):  # 'Ria bakker', and not 'Ria woont in Gent'
            return _ends(words, at) and (loose or words[first].low in FIRST_NAMES)
        return names < 4

    def _is_link(self, words: Sequence[Word], at: int, first: int, names: int, announced: bool) -> bool:
        """Whether a word links parts of a name: 'van der' Meer, Bakker '-' de Vries, Jan 'en' Ria."""
        word = words[at]
        if is_particle(word):
            capital = self.is_capital(word) or announced or self.expected
            return (at > first or (word.low not in NEVER_FIRST and capital)) and self._leads_on(words, at)
        if word.text == "-":
            return names > 1 and self._leads_on(words, at, to_capital=True)
        follows = words[at + 1] if at + 1 < len(words) else word
        return word.low == "en" and names > 0 and follows.low in FIRST_NAMES and self.can_be(follows)

    def _leads_on(self, words: Sequence[Word], at: int, to_capital: bool = False) -> bool:
        """Whether a name goes on after a particle, or a few of them."""
        after = at + 1
        while after < len(words) and after < at + 3 and is_particle(words[after]):
            after += 1
        if after >= len(words) or not self.can_be(words[after], surname=True):
            return False
        return self.is_capital(words[after]) or not (to_capital or words[after].low in ALSO_WORDS - SURNAMES)


def words_in(text: str) -> list[Word]:
    """The words of a text, and the marks between them."""
    return [
        Word(
            match[0],
            match.start(),
            match.end(),
            "initials" if match["initials"] else "other" if match["other"] else "word",
            bool(match["dot"]),
        )
        for match in _WORD.finditer(text)
    ]


def is_particle(word: Word) -> bool:
    """Whether a word is 'van', 'der' and its like."""
    return word.low in PARTICLES or lowered(word.text) in PARTICLES


def _before_links(words: Sequence[Word], first: int, at: int) -> int:
    """Back from the end of a name over what leads on to nothing."""
    while at > first + 1 and (words[at - 1].text == "-" or is_particle(words[at - 1])):
        at -= 1
    return at


def _ends(words: Sequence[Word], at: int) -> bool:
    """Whether a word is the last one before a mark."""
    return at + 1 == len(words) or words[at + 1].kind == "other" or words[at].dotted
