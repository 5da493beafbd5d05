"""A message as the classifier sees it: the same text in several forms, each cut into tokens of its own kind."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from sklearn.feature_extraction.text import CountVectorizer

from botwijzer.nlu.concepts import MOST_REMEMBERED, Concepts, with_pairs
from botwijzer.nlu.spelling import as_heard, asking_sentence, written_out

WORDS, ASKED, LEMMAS = "words", "asked", "lemmas"
LETTERS, HEARD = "letters", "heard"
CONCEPTS, CONTEXT = "concepts", "context"

VIEWS = (WORDS, ASKED, LEMMAS, LETTERS, HEARD, CONCEPTS)
"""Words with short forms written out; those of the sentence that asks; lemmas; letters as typed, and as they
sound; written concepts and their pairs. What came before (`CONTEXT`) is made by follow_up.py."""

LONGEST_LETTERS = 5

Form = str | Sequence[str]
"""A text that is still to be cut, or tokens."""

Seen = Mapping[str, Form]
"""One message, by view."""

_words: Callable[[str], list[str]] = CountVectorizer(
    token_pattern=r"(?u)\b\w+\b",  # one-letter words count: the D of vitamin D
    ngram_range=(1, 2),
    lowercase=False,
).build_analyzer()
_letters: Callable[[str], list[str]] = CountVectorizer(
    analyzer="char_wb", ngram_range=(2, LONGEST_LETTERS), lowercase=False
).build_analyzer()


def seen_as(text: str, lemmas: str, concepts: Concepts, views: Sequence[str] = VIEWS) -> Seen:
    """The forms of a message.

    Args:
        text: As the visitor typed it.
        lemmas: Its lemmas, parted by blanks; empty without spaCy.
        concepts: What finds the concepts.
        views: Which views are wanted, names of `VIEWS`.
    """
    forms: dict[str, Callable[[], Form]] = {
        WORDS: lambda: written_out(text),
        ASKED: lambda: written_out(asking_sentence(text)),
        LEMMAS: lambda: lemmas,
        LETTERS: text.lower,
        HEARD: lambda: as_heard(text),
        CONCEPTS: lambda: with_pairs(concepts.find(text, lemmas.split())),
    }
    return {view: forms[view]() for view in views}


def tokens(view: str, form: Form) -> Sequence[str]:
    """Cuts a form into the tokens of its view: words and pairs of words, or two to five letters in a row."""
    if not isinstance(form, str):
        return form
    return _cut(form, view in {LETTERS, HEARD})


@functools.lru_cache(MOST_REMEMBERED)
def _cut(text: str, into_letters: bool) -> list[str]:
    """Remembered, for in a turn the same text is looked at by two machines."""
    return _letters(text) if into_letters else _words(text)
