"""What the Dutch spaCy pipeline gives the classifier: lemmas."""

from __future__ import annotations

from importlib import metadata

from rasa.nlu.constants import TOKENS_NAMES
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
    """The lemmas of a message, lower case, parted by blanks; its words where the tokenizer has no lemmas."""
    tokens = message.get(TOKENS_NAMES[TEXT]) or []
    return " ".join((token.lemma or token.text).lower() for token in tokens)
