"""Trains the model: `python -m botwijzer.nlu.train FOLDER` writes FOLDER/model.tar.gz.

`rasa train` makes the same model, but it reads the examples five times and runs spaCy's whole pipeline on one core.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botwijzer.supervised import end_with_supervisor

if TYPE_CHECKING:
    from rasa.nlu.utils.spacy_utils import SpacyModel
    from rasa.shared.importers.importer import TrainingDataImporter
    from spacy.tokens import Doc

CONFIG, DOMAIN, DATA = "config.yml", "domain.yml", ["data"]


def main(folder: str) -> None:
    """Checks the data, trains and writes the model, as `rasa train` does."""
    end_with_supervisor()
    from rasa import model_training
    from rasa.cli.utils import validate_files
    from rasa.engine.exceptions import GraphComponentException
    from rasa.nlu.utils.spacy_utils import SpacyNLP
    from rasa.shared.exceptions import RasaException
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    logging.basicConfig(level=logging.INFO)
    configure_logging_and_warnings(logging.INFO)
    configure_structlog(logging.INFO)
    SpacyNLP.load_model = functools.cache(functools.partial(load_lemmatizer, SpacyNLP.load_model))
    try:
        importer = importer_that_reads_once()
        TrainingDataImporter.load_from_config = lambda *_, **__: importer
        validate_files(fail_on_warnings=False, max_history=None, importer=importer)
        model_training.train(DOMAIN, CONFIG, DATA, folder, fixed_model_name="model")
    except GraphComponentException as error:  # says which component failed, but not why
        sys.exit(_sentence(error.__cause__ or error))
    except RasaException as error:
        sys.exit(_sentence(error))


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def importer_that_reads_once() -> TrainingDataImporter:
    """Rasa's importer, except that it reads the examples once and not once per language it is asked for.

    Nor does it merge them with those of retrieval intents and of stories with texts, which copies all of them four
    times: this project has neither.
    """
    from rasa.shared.importers.importer import E2EImporter, ResponsesSyncImporter
    from rasa.shared.importers.rasa import RasaFileImporter

    files = RasaFileImporter(CONFIG, DOMAIN, DATA)
    importer = E2EImporter(ResponsesSyncImporter(files))
    importer.get_nlu_data = files.get_nlu_data = _once(files.get_nlu_data)
    return importer


def _once(read: Callable[[], Any]) -> Callable[..., Any]:
    cached = functools.cache(read)
    return lambda language=None: cached()


def load_lemmatizer(load: Callable[[str], SpacyModel], name: str) -> SpacyModel:
    """Loads a spaCy pipeline with `load`; its `pipe` only finds lemmas, and uses two cores."""
    from botwijzer.nlu.pipeline import only_lemmas

    loaded = load(name)
    only_lemmas(loaded.model)
    loaded.model.pipe = functools.partial(_pipe_in_two_processes, loaded.model.pipe)
    return loaded


def _pipe_in_two_processes(pipe: Callable[..., Iterator[Doc]], texts: Sequence[str], **options: Any) -> Iterator[Doc]:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    from botwijzer.nlu.forked import ForkedCall

    def read(some: Sequence[str]) -> list[tuple[list[str], list[str]]]:
        return [([token.text for token in doc], [token.lemma_ for token in doc]) for doc in pipe(some, **options)]

    half = len(texts) // 2
    second_half = ForkedCall(read, texts[half:])
    vocab = Vocab()
    for words, lemmas in [*read(texts[:half]), *second_half.result()]:
        yield Doc(vocab, words=words, lemmas=lemmas)


if __name__ == "__main__":
    main(sys.argv[1])
