"""The intent classifier, trained on a few toy messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.tokens import Doc
from spacy.vocab import Vocab

from botwijzer.nlu import classifier as classifier_module
from botwijzer.nlu.classifier import LinearIntentClassifier
from botwijzer.nlu.concepts import Concepts
from botwijzer.nlu.decision import TWO_QUESTIONS
from botwijzer.nlu.follow_up import AFTER_KEY, FollowUp
from botwijzer.nlu.questions import Asking

EXAMPLES = {
    "greet": ["hallo daar", "goedemorgen allemaal", "hallo goedemorgen", "dag hallo"],
    "calcium": ["waarvoor dient kalk", "wat doet calcium", "is calcium nodig", "kalk en calcium, waarom"],
    "zwemmen": ["is zwemmen goed", "helpt baantjes zwemmen", "zwemmen of wandelen", "zwembad goed voor botten"],
}
RESOURCE = Resource("classifier")
CONTEXT = ExecutionContext(GraphSchema({}))


def message(text: str, intent: str | None = None) -> Message:
    """A message as spaCy has read it."""
    made = Message({TEXT: text, **({INTENT: intent} if intent else {})})
    words = text.split()
    made.set(SPACY_DOCS[TEXT], Doc(Vocab(), words, lemmas=[word.rstrip("en") for word in words]))
    return made


def toy_data() -> TrainingData:
    """All examples."""
    return TrainingData([message(text, intent) for intent, texts in EXAMPLES.items() for text in texts])


def ranked(classifier: LinearIntentClassifier, text: str) -> list[tuple[str, float]]:
    """Intents and probabilities that the classifier gives a message, in its order."""
    (processed,) = classifier.process([message(text)])
    ranking = [(entry["name"], entry["confidence"]) for entry in processed.get(INTENT_RANKING_KEY)]
    assert processed.get(INTENT)["name"] == ranking[0][0]
    return ranking


@pytest.fixture(autouse=True)
def _toy_concepts(monkeypatch: pytest.MonkeyPatch) -> None:
    concepts = Concepts({"calcium": {"words": ["calcium", "kalk"]}, "zwemmen": {"stems": ["zwem"]}})
    monkeypatch.setattr(classifier_module, "load_concepts", lambda: concepts)
    follow_ups = [FollowUp("zwemmen", f"waarom{end}", "zwemmen") for end in ("", "?", " dan", " toch", " zo")]
    follow_ups += [FollowUp("calcium", f"waarom{end}", "calcium") for end in ("", "?", " dan", " toch", " zo")]
    monkeypatch.setattr(classifier_module, "load_follow_ups", lambda: follow_ups)
    two = [
        Asking("hallo daar? wat doet calcium?", ("greet", "calcium")),
        Asking("is zwemmen goed, helpt zwemmen", ("zwemmen",)),
    ]
    monkeypatch.setattr(classifier_module, "load_two_questions", lambda: two)


@pytest.fixture
def storage(tmp_path: Path) -> ModelStorage:
    """Where models are kept, empty."""
    return LocalModelStorage.create(tmp_path)


@pytest.fixture(params=[LinearIntentClassifier.get_default_config()["views"], ["words", "letters"]], ids="+".join)
def trained(storage: ModelStorage, request: pytest.FixtureRequest) -> LinearIntentClassifier:
    """A classifier that has just learnt the examples."""
    config = {**LinearIntentClassifier.get_default_config(), "views": request.param}
    made = LinearIntentClassifier.create(config, storage, RESOURCE, CONTEXT)
    assert made.train(toy_data()) == RESOURCE
    return made


def load(storage: ModelStorage) -> LinearIntentClassifier:
    """The classifier that is kept there."""
    return LinearIntentClassifier.load(LinearIntentClassifier.get_default_config(), storage, RESOURCE, CONTEXT)


@pytest.mark.parametrize(
    ("text", "intent"), [("Hallo!", "greet"), ("wat doet kalk", "calcium"), ("ik zou gaan zwemmen", "zwemmen")]
)
def test_what_was_learnt_is_recognised_in_other_words(trained: LinearIntentClassifier, text: str, intent: str) -> None:
    assert ranked(trained, text)[0][0] == intent


@pytest.mark.parametrize("text", ["hallo", "calcium of zwemmen", "iets heel anders", "", "???"])
def test_the_probabilities_of_all_intents_sum_to_1_likeliest_first(trained: LinearIntentClassifier, text: str) -> None:
    ranking = ranked(trained, text)

    probabilities = [p for _, p in ranking]
    assert {name for name, _ in ranking} == set(EXAMPLES)
    assert sum(probabilities) == pytest.approx(1)
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 <= p <= 1 for p in probabilities)


@pytest.mark.parametrize("text", ["hallo", "calcium of zwemmen", "iets heel anders"])
def test_a_loaded_classifier_ranks_as_the_trained_one(
    trained: LinearIntentClassifier, storage: ModelStorage, text: str
) -> None:
    assert ranked(load(storage), text) == ranked(trained, text)


def test_training_twice_gives_the_same_classifier(storage: ModelStorage) -> None:
    rankings = []
    for _ in range(2):
        made = LinearIntentClassifier.create(LinearIntentClassifier.get_default_config(), storage, RESOURCE, CONTEXT)
        made.train(toy_data())
        rankings.append(ranked(made, "calcium of zwemmen"))

    assert rankings[0] == rankings[1]


@pytest.mark.parametrize("after", ["calcium", "zwemmen"])
def test_half_a_sentence_asks_what_came_before(trained: LinearIntentClassifier, after: str) -> None:
    leaning = message("waarom?")
    leaning.set("metadata", {AFTER_KEY: after})

    (processed,) = trained.process([leaning])

    assert processed.get(INTENT)["name"] == after


def test_a_message_that_parts_carries_what_both_parts_may_ask(trained: LinearIntentClassifier) -> None:
    (processed,) = trained.process([message("wat doet kalk? helpt baantjes zwemmen?")])

    intents, probability = processed.get(TWO_QUESTIONS)
    assert intents == ("calcium", "zwemmen")
    assert 0 < probability < 1


def test_a_classifier_that_was_never_trained_leaves_messages_alone(
    storage: ModelStorage, caplog: pytest.LogCaptureFixture
) -> None:
    (processed,) = load(storage).process([message("hallo")])

    assert processed.get(INTENT) is None
    assert "not trained" in caplog.text


def test_another_dutch_pipeline_than_at_training_is_told(
    storage: ModelStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = LinearIntentClassifier.create(LinearIntentClassifier.get_default_config(), storage, RESOURCE, CONTEXT)
    monkeypatch.setattr(classifier_module, "spacy_model_version", lambda: "3.4.0")
    made.train(toy_data())
    monkeypatch.setattr(classifier_module, "spacy_model_version", lambda: "3.4.0+botwijzer")

    load(storage)

    assert "trained with nl_core_news_sm 3.4.0, but 3.4.0+botwijzer is installed" in caplog.text


def test_both_machines_share_the_strings_of_their_tokens(trained: LinearIntentClassifier) -> None:
    understanding = trained._understanding
    assert understanding is not None
    assert understanding.follow_ups is not None
    ours, theirs = understanding.messages._rows["words"], understanding.follow_ups._rows["words"]
    same = {token: token for token in theirs}

    assert "zwemmen" in same
    assert all(same.get(token, token) is token for token in ours)
