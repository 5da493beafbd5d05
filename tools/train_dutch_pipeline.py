"""Train the Dutch spaCy pipeline that stands in for ``nl_core_news_sm`` and pack its wheel.

``python tools/train_dutch_pipeline.py UD_FOLDER`` reads four CoNLL-U files of the Universal
Dependencies treebanks UD_Dutch-LassySmall and UD_Dutch-Alpino (Gosse Bouma and Gertjan van
Noord, CC BY-SA 4.0), trains one spaCy 3.4 pipeline on them, measures it on a test set that is
never trained on and writes a wheel that installs under the name of the official pipeline.

The treebanks are edited newspaper and encyclopaedia text; the assistant reads short questions
in lower case and often without punctuation. So each training sentence is given twice: as it
stands, and as a visitor might have typed it (see :func:`informal`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import spacy
import typer
from spacy.cli.init_config import init_config
from spacy.cli.train import train
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Token
from spacy.training.converters.conllu_to_docs import conllu_to_docs
from spacy.training.corpus import Corpus
from thinc.api import Config

PACKAGE = "nl_core_news_sm"
VERSION = "3.4.0+botwijzer"
SPACY_RANGE = ">=3.4.0,<3.5.0"
LICENSE_NAME = "CC BY-SA 4.0"
LICENSE_URL = "https://creativecommons.org/licenses/by-sa/4.0/legalcode"
DESCRIPTION = "Dutch pipeline of Botwijzer, a stand-in for the official nl_core_news_sm"
AUTHOR = "Botwijzer contributors"
TREEBANKS = ("UD_Dutch-LassySmall", "UD_Dutch-Alpino")
TREEBANK_AUTHORS = "Gosse Bouma, Gertjan van Noord"
TREEBANK_HOME = "https://github.com/UniversalDependencies/"
LASSY_DEV, LASSY_TEST = "nl_lassysmall-ud-dev.conllu", "nl_lassysmall-ud-test.conllu"
ALPINO_DEV, ALPINO_TEST = "nl_alpino-ud-dev.conllu", "nl_alpino-ud-test.conllu"

Files = list[list[Doc]]
"""Sentences by treebank file: spaCy can join documents of one file only (one vocabulary)."""

DEV_SENTENCES = 300
SENTENCES_PER_DOC = 10
SEED = 0
PIPES = ("morphologizer", "tagger", "parser", "trainable_lemmatizer")
SCORES = {"POS": "pos_acc", "TAG": "tag_acc", "MORPH": "morph_acc", "LEMMA": "lemma_acc"}
SCORES |= {"UAS": "dep_uas", "LAS": "dep_las"}
# Lemmas weigh most: the assistant's features are built from them.
SCORE_WEIGHTS = {"lemma_acc": 0.4, "pos_acc": 0.15, "tag_acc": 0.15, "morph_acc": 0.1}
SCORE_WEIGHTS |= {"dep_las": 0.1, "dep_uas": 0.1}
# The time stamp of every file in the wheel: equal contents give equal bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)

INIT_PY = '''"""Dutch spaCy pipeline of Botwijzer; see meta.json and LICENSE."""

from pathlib import Path

from spacy.util import get_model_meta, load_model_from_init_py

__version__ = get_model_meta(Path(__file__).parent)["version"]


def load(**overrides):
    """Load the pipeline; the keywords are those of spacy.load."""
    return load_model_from_init_py(__file__, **overrides)
'''


class TreebankError(Exception):
    """The folder given does not hold the treebank files this tool needs."""


def read_treebank(folder: Path, name: str) -> list[Doc]:
    """Read one CoNLL-U file as one spaCy document a sentence, lemmas in plain spelling.

    Raises:
        TreebankError: If the file is no CoNLL-U.
    """
    text = (folder / name).read_text(encoding="utf-8")
    convert: Callable[..., Iterator[Doc]] = conllu_to_docs
    try:
        sentences = list(convert(text, n_sents=1, no_print=True))
    except (ValueError, IndexError) as error:
        raise TreebankError(f"{name} is not a readable CoNLL-U file: {error}") from error
    for sentence in sentences:
        for token in sentence:
            token.lemma_ = plain_lemma(token.text, token.lemma_, token.pos_)
    return sentences


def plain_lemma(form: str, lemma: str, pos: str) -> str:
    """Give the dictionary spelling of a treebank lemma.

    The Dutch treebanks write compounds and separable verbs with underscores, and the parts of
    a compound without their linking letters (``gezondheid_zorg``, ``uit_voeren``). A lemmatizer
    trained on that puts underscores in the wrong places (spaCy issue 10876). Here compounds
    keep the letters of the word itself (``gezondheidszorg``), verbs are joined (``uitvoeren``)
    and a verb whose particle stands elsewhere in the sentence goes without it
    (``vindt ... plaats``: ``vinden``).
    """
    if "_" not in lemma or "_" in form:
        return lemma
    *first, last = lemma.split("_")
    low = form.lower()
    if pos == "VERB":
        return "".join([*first, last]) if low.startswith(first[0].lower()[:2]) else last
    for length in (3, 2, 1):
        cut = low.rfind(last[:length].lower())
        if cut > 0 and abs(len(form) - cut - len(last)) <= 4:
            head = form[:cut]
            return (head[0].lower() if lemma[0].islower() else head[0]) + head[1:] + last
    return "".join([*first, last])


def informal(sentence: Doc, *, lower: str = "all", drop: str = "all") -> Doc:
    """Copy a sentence the way a visitor might have typed it.

    Args:
        sentence: One sentence with heads.
        lower: Words to write in lower case, with their lemmas: ``none``, ``words`` (all but
            proper names) or ``all``.
        drop: Punctuation to leave out: ``none``, ``last`` (at the end only) or ``all``.
            A mark that other words depend on stays.
    """
    gone = {
        token.i
        for token in sentence
        if token.pos_ == "PUNCT"
        and token.head.i != token.i
        and token.n_lefts + token.n_rights == 0
        and (drop == "all" or (drop == "last" and token.i == len(sentence) - 1))
    }
    kept = [token for token in sentence if token.i not in gone]

    def low(token: Token) -> bool:
        return lower == "all" or (lower == "words" and token.pos_ != "PROPN")

    place = {token.i: new for new, token in enumerate(kept)}
    return Doc(
        sentence.vocab,
        words=[token.text.lower() if low(token) else token.text for token in kept],
        spaces=[bool(token.whitespace_) or token.i + 1 in gone for token in kept],
        lemmas=[token.lemma_.lower() if low(token) else token.lemma_ for token in kept],
        tags=[token.tag_ for token in kept],
        pos=[token.pos_ for token in kept],
        morphs=[str(token.morph) for token in kept],
        heads=[place[token.head.i] for token in kept],
        deps=[token.dep_ for token in kept],
    )


def split(folder: Path, dev_sentences: int = DEV_SENTENCES) -> dict[str, Files]:
    """Divide the treebanks into the parts train, dev and test.

    Test is all of Alpino's test file, dev the first sentences of LassySmall's test file, train
    everything else. A sentence of dev or test that stands in train word for word (headings,
    dates) is left out of train.

    Raises:
        TreebankError: If a file is missing or unreadable, or too short to be divided.
    """
    names = (LASSY_DEV, LASSY_TEST, ALPINO_DEV, ALPINO_TEST)
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise TreebankError(f"{folder} is no folder with {', '.join(missing)}")
    lassy = read_treebank(folder, LASSY_TEST)
    if len(lassy) <= dev_sentences:
        raise TreebankError(f"{LASSY_TEST} holds {len(lassy)} sentences, {dev_sentences} are dev")
    dev, test = lassy[:dev_sentences], read_treebank(folder, ALPINO_TEST)
    held_out = {sentence.text for sentence in [*dev, *test]}
    rest = [read_treebank(folder, LASSY_DEV), read_treebank(folder, ALPINO_DEV)]
    rest.append(lassy[dev_sentences:])
    known = [[sentence for sentence in file if sentence.text not in held_out] for file in rest]
    return {"train": known, "dev": [dev], "test": [test]}


def training_docs(files: Files) -> list[Doc]:
    """Make the documents to train on: every sentence as it stands, and once as typed by hand.

    Sentences as they stand come in documents of ten, so that the parser learns where they end;
    typed ones are documents of their own. Four in five of these are in lower case, names with
    them in only one of five: news is full of names and visitors' questions are not, and with
    more the tagger takes many a rare word in lower case for a name.
    """
    draw = random.Random(SEED)
    docs = grouped(files)
    for sentence in (sentence for file in files for sentence in file):
        drop = draw.choice(("none", "last", "all"))
        lower = draw.choice(("none", "words", "words", "words", "all"))
        docs.append(informal(sentence, lower=lower, drop=drop))
    return docs


def grouped(files: Files) -> list[Doc]:
    """Join the sentences of each file to documents of ten."""
    size = SENTENCES_PER_DOC
    docs: list[Doc] = []
    for file in files:
        docs += [Doc.from_docs(file[start : start + size]) for start in range(0, len(file), size)]
    return docs


def write_corpora(parts: dict[str, Files], work: Path) -> dict[str, Path]:
    """Write what training and measuring read, in spaCy's format.

    Dev and test come in two forms: documents of ten sentences as they stand, and single ones
    in lower case without punctuation. Dev holds both, so that the step that is kept is good at
    both; test keeps them apart, as ``as_written`` and ``informal``.
    """
    corpora = {
        "train": training_docs(parts["train"]),
        "dev": grouped(parts["dev"]) + [informal(doc) for file in parts["dev"] for doc in file],
        "as_written": grouped(parts["test"]),
        "informal": [informal(doc) for file in parts["test"] for doc in file],
    }
    paths = {name: work / f"{name}.spacy" for name in corpora}
    for name, docs in corpora.items():
        DocBin(docs=docs).to_disk(paths[name])
    return paths


def make_config(steps: int) -> Config:
    """Build the training configuration: spaCy's efficient one for Dutch, with a few changes.

    Averaged weights with more dropout than the usual 0.1 gained up to 1.5 points on dev. The
    lemmatizer may take its second or third choice when the first does not fit the word. Wider
    layers are paid for with fewer rows for words that are rare anyway.
    """
    config = init_config(lang="nl", pipeline=list(PIPES), optimize="efficiency", gpu=False)
    config["system"]["seed"] = SEED
    config["components"]["trainable_lemmatizer"]["top_k"] = 3
    tok2vec = config["components"]["tok2vec"]["model"]
    tok2vec["encode"]["width"] = 128
    tok2vec["embed"]["rows"] = [4000, 500, 2500, 1000]
    training = config["training"]
    training["max_steps"] = steps
    training["patience"] = 0
    training["eval_frequency"] = max(1, min(250, steps // 2))
    training["dropout"] = 0.25
    training["optimizer"]["use_averages"] = True
    training["score_weights"] = dict(SCORE_WEIGHTS)
    return config


def measure(nlp: Language, corpus: Path) -> dict[str, float]:
    """Score a pipeline on raw text that it tokenizes itself: accuracies by spaCy's names."""
    scores = nlp.evaluate(list(Corpus(corpus)(nlp)))
    return {key: round(float(scores[key] or 0), 4) for key in SCORES.values()}


def notice() -> str:
    """Word the licence and attribution that go into the wheel."""
    sources = "\n".join(f"- {name}, {TREEBANK_HOME}{name}" for name in TREEBANKS)
    return (
        f"{PACKAGE} {VERSION}\nCopyright {AUTHOR}\n\n"
        "This work is licensed under the Creative Commons Attribution-ShareAlike 4.0\n"
        f"International licence ({LICENSE_NAME}). The text of the licence:\n{LICENSE_URL}\n\n"
        "It was trained on parts of these treebanks of Universal Dependencies\n"
        f"({TREEBANK_AUTHORS}), which are under the same licence:\n{sources}\n\n"
        "Changes made: lemmas respelled without underscores; a copy of each training sentence\n"
        "in informal writing added; a statistical model trained on the result. The authors of\n"
        "the treebanks do not endorse it. It comes as it is, without warranties of any kind.\n"
    )


def table(scores: dict[str, dict[str, float]]) -> str:
    """Lay out the figures as a Markdown table, in per cent."""
    written, typed = scores["as_written"], scores["informal"]
    rows = [f"| {n} | {100 * written[k]:.1f} | {100 * typed[k]:.1f} |" for n, k in SCORES.items()]
    return "\n".join(["| | as written | informal |", "|---|---|---|", *rows])


def readme(scores: dict[str, dict[str, float]]) -> str:
    """Word the description that goes into the wheel."""
    return (
        f"# {PACKAGE} {VERSION}\n\n{DESCRIPTION}. Not made by Explosion, no named entities, no\n"
        "vectors. Accuracy in % on the test part of UD_Dutch-Alpino, never trained on, as written\n"
        f"and in lower case without punctuation:\n\n{table(scores)}\n\n{notice()}"
    )


def finish_model(best: Path, target: Path, scores: dict[str, dict[str, float]]) -> None:
    """Save a trained pipeline with its name, licence and figures, and without local paths."""
    nlp = spacy.load(best)
    nlp.config["paths"] = dict.fromkeys(nlp.config["paths"])
    common = {"author": TREEBANK_AUTHORS, "license": LICENSE_NAME}
    sources = [{"name": name, "url": TREEBANK_HOME + name, **common} for name in TREEBANKS]
    nlp.meta.update(
        name=PACKAGE.removeprefix("nl_"),
        version=VERSION,
        spacy_version=SPACY_RANGE,
        description=DESCRIPTION,
        author=AUTHOR,
        license=LICENSE_NAME,
        sources=sources,
        performance={**scores["as_written"], "informal": scores["informal"]},
    )
    shutil.rmtree(target, ignore_errors=True)
    nlp.to_disk(target)
    (target / "LICENSE").write_text(notice(), encoding="utf-8")
    (target / "README.md").write_text(readme(scores), encoding="utf-8")


def pack_wheel(model: Path, out: Path) -> Path:
    """Pack what :func:`finish_model` wrote as a wheel; equal pipelines give equal bytes."""
    dist_info = f"{PACKAGE}-{VERSION}.dist-info"
    metadata = (
        f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\nSummary: {DESCRIPTION}\n"
        f"Author: {AUTHOR}\nLicense: {LICENSE_NAME}\nLicense-File: LICENSE\n"
        f"Requires-Dist: spacy{SPACY_RANGE}\nDescription-Content-Type: text/markdown\n\n"
    )
    files = {
        f"{PACKAGE}/__init__.py": INIT_PY.encode(),
        f"{PACKAGE}/meta.json": (model / "meta.json").read_bytes(),
        f"{dist_info}/LICENSE": (model / "LICENSE").read_bytes(),
        f"{dist_info}/METADATA": metadata.encode() + (model / "README.md").read_bytes(),
        f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: train_dutch_pipeline\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{dist_info}/entry_points.txt": f"[spacy_models]\n{PACKAGE} = {PACKAGE}\n".encode(),
    }
    for path in sorted(path for path in model.rglob("*") if path.is_file()):
        inside = path.relative_to(model).as_posix()
        files[f"{PACKAGE}/{PACKAGE}-{VERSION}/{inside}"] = path.read_bytes()
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        record += f"{name},sha256={digest},{len(content)}\n"
    files[f"{dist_info}/RECORD"] = f"{record}{dist_info}/RECORD,,\n".encode()
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"{PACKAGE}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return wheel


def build(ud_folder: Path, out: Path, steps: int, work: Path, dev: int = DEV_SENTENCES) -> Path:
    """Do the whole run: read, divide, train, measure, pack.

    Args:
        ud_folder: Folder with the four treebank files.
        out: Folder for the wheel.
        steps: Number of training steps.
        work: Folder for corpora, ``config.cfg``, training and ``metrics.json``.
        dev: Number of sentences in dev.

    Raises:
        TreebankError: If the treebanks cannot be read.
    """
    parts = split(ud_folder, dev)
    sizes = ", ".join(f"{part} {sum(map(len, files))}" for part, files in parts.items())
    typer.echo(f"Sentences: {sizes}")
    work.mkdir(parents=True, exist_ok=True)
    corpora = write_corpora(parts, work)
    make_config(steps).to_disk(work / "config.cfg")
    overrides = {f"paths.{name}": str(corpora[name]) for name in ("train", "dev")}
    train(work / "config.cfg", work / "training", overrides=overrides)
    best = work / "training" / "model-best"
    nlp = spacy.load(best)
    scores = {kind: measure(nlp, corpora[kind]) for kind in ("as_written", "informal")}
    (work / "metrics.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    finish_model(best, work / "model", scores)
    typer.echo(table(scores))
    return pack_wheel(work / "model", out)


UD_FOLDER = typer.Argument(..., help="Folder with the four CoNLL-U files.")
OUT = typer.Option(Path("wheels"), help="Folder for the wheel.")
STEPS = typer.Option(6000, min=1, help="Number of training steps.")
WORK = typer.Option(Path("build/dutch_pipeline"), help="Folder for everything in between.")


def main(
    ud_folder: Path = UD_FOLDER,
    out: Path = OUT,
    steps: int = STEPS,
    work: Path = WORK,
) -> None:
    """Train the Dutch spaCy pipeline on UD treebanks and pack it as a wheel."""
    try:
        wheel = build(ud_folder, out, steps, work)
    except TreebankError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"Wrote {wheel} ({wheel.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    typer.run(main)
