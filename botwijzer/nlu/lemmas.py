"""What the Dutch spaCy pipeline gives the classifier: lemmas."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from typing import Any

SPACY_MODEL = "nl_core_news_sm"
MODEL_VERSION_KEY = "spacy_model_version"


def spacy_model_version() -> str | None:
    """Version of the installed Dutch pipeline (`3.4.0`, or `3.4.0+botwijzer` for the stand-in), or None."""
    try:
        return metadata.version(SPACY_MODEL)
    except metadata.PackageNotFoundError:
        return None


def joined_lemmas(document: Iterable[Any]) -> str:
    """The lemmas of what spaCy has read, lower case, parted by blanks; words where there is none."""
    return " ".join((token.lemma_ or token.text).lower() for token in document if token.text.strip())
