"""What the Dutch spaCy pipeline gives the classifier: lemmas."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from typing import Any

from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

SPACY_MODEL = "nl_core_news_sm"
MODEL_VERSION_KEY = "spacy_model_version"


def spacy_model_version() -> str | None:
    """Version of the installed Dutch pipeline (`3.4.0`, or `3.4.0+botwijzer` for the stand-in), or None."""
    try:
        return metadata.version(SPACY_MODEL)
    except metadata.PackageNotFoundError:
        return None


def lemmas_of(message: Message) -> str:
    """The lemmas of a message, lower case, parted by blanks; its words where the pipeline has no lemmas."""
    return joined_lemmas(message.get(SPACY_DOCS[TEXT]) or ())


def joined_lemmas(document: Iterable[Any]) -> str:
    """The lemmas of what spaCy has read, lower case, parted by blanks; words where there is none."""
    return " ".join((token.lemma_ or token.text).lower() for token in document if token.text.strip())
