"""The tool that trains the Dutch pipeline, on a made-up treebank of a few sentences."""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import json
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from types import ModuleType

import pytest
import spacy
from typer import Exit

TOOL = Path(__file__).parents[2] / "tools" / "train_dutch_pipeline.py"
NOUNS = {"huisartsen": "huis_arts", "botten": "bot", "pillen": "pil", "wervels": "wervel"}
VERBS = {"helpen": "helpen", "slapen": "slapen", "werken": "werken"}


def load_tool() -> ModuleType:
    """Import the tool, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("train_dutch_pipeline", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = load_tool()


def row(number: int, form: str, lemma: str, pos: str, tag: str, head: int, dep: str) -> str:
    """One CoNLL-U line; the word before a full stop has no space after it."""
    space = "SpaceAfter=No" if pos in {"VERB", "PUNCT"} else "_"
    morph = "Number=Plur" if pos in {"NOUN", "VERB"} else "_"
    return f"{number}\t{form}\t{lemma}\t{pos}\t{tag}\t{morph}\t{head}\t{dep}\t_\t{space}"


def sentence(noun: str, verb: str, number: int) -> str:
    """One made-up sentence, such as ``De 3 botten helpen.`` in CoNLL-U."""
    rows = [
        row(1, "De", "de", "DET", "LID|bep", 3, "det"),
        row(2, str(number), str(number), "NUM", "TW|hoofd", 3, "nummod"),
        row(3, noun, NOUNS[noun], "NOUN", "N|soort|mv", 4, "nsubj"),
        row(4, verb, VERBS[verb], "VERB", "WW|pv|mv", 0, "root"),
        row(5, ".", ".", "PUNCT", "LET", 4, "punct"),
    ]
    return "\n".join([f"# sent_id = {number}", *rows])


def treebank(start: int, count: int) -> str:
    """Sentences that differ in their number."""
    nouns, verbs = list(NOUNS), list(VERBS)
    numbers = range(start, start + count)
    sentences = [sentence(nouns[n % len(nouns)], verbs[n % len(verbs)], n) for n in numbers]
    return "\n\n".join(sentences) + "\n\n"


def write_treebanks(folder: Path) -> Path:
    """Four small treebank files; one sentence of the test set stands in a training file too."""
    folder.mkdir()
    (folder / tool.LASSY_DEV).write_text(treebank(100, 30), encoding="utf-8")
    (folder / tool.LASSY_TEST).write_text(treebank(200, 20), encoding="utf-8")
    (folder / tool.ALPINO_DEV).write_text(treebank(300, 10) + treebank(400, 1), encoding="utf-8")
    (folder / tool.ALPINO_TEST).write_text(treebank(400, 12), encoding="utf-8")
    return folder


@pytest.fixture(name="ud_folder")
def make_ud_folder(tmp_path: Path) -> Path:
    """The folder of small treebanks."""
    return write_treebanks(tmp_path / "ud")


def texts(files: list[list[spacy.tokens.Doc]]) -> list[str]:
    """The sentences of a part as text."""
    return [doc.text.strip() for file in files for doc in file]


def test_split_has_the_sizes_and_keeps_held_out_sentences_out(ud_folder: Path) -> None:
    parts = {name: texts(files) for name, files in tool.split(ud_folder, 5).items()}
    assert {name: len(part) for name, part in parts.items()} == {"train": 55, "dev": 5, "test": 12}
    assert not set(parts["train"]) & {*parts["dev"], *parts["test"]}
    assert not set(parts["dev"]) & set(parts["test"])
    assert parts["dev"] == texts([tool.read_treebank(ud_folder, tool.LASSY_TEST)])[:5]


def test_a_missing_file_is_named(ud_folder: Path) -> None:
    (ud_folder / tool.ALPINO_DEV).unlink()
    with pytest.raises(tool.TreebankError, match=tool.ALPINO_DEV):
        tool.split(ud_folder)


def test_a_file_that_is_no_treebank_is_named(ud_folder: Path) -> None:
    (ud_folder / tool.ALPINO_TEST).write_text("no\ttreebank\n", encoding="utf-8")
    with pytest.raises(tool.TreebankError, match=tool.ALPINO_TEST):
        tool.split(ud_folder, 5)


def test_a_treebank_shorter_than_dev_is_refused(ud_folder: Path) -> None:
    with pytest.raises(tool.TreebankError, match="20 sentences"):
        tool.split(ud_folder)


def test_the_command_ends_with_a_message_for_a_wrong_folder(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exit) as ending:
        tool.main(tmp_path / "nowhere", tmp_path, 1, tmp_path / "work")
    assert ending.value.exit_code == 2
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("form", "lemma", "pos", "plain"),
    [
        ("huisartsen", "huis_arts", "NOUN", "huisarts"),
        ("gezondheidsnota's", "gezondheid_nota", "NOUN", "gezondheidsnota"),
        ("Parlementszetel", "parlement_zetel", "NOUN", "parlementszetel"),
        ("19-jarigen", "19_jarig", "ADJ", "19-jarig"),
        ("uitgevoerd", "uit_voeren", "VERB", "uitvoeren"),
        ("vindt", "plaats_vinden", "VERB", "vinden"),
        ("botten", "bot", "NOUN", "bot"),
        ("naam_veld", "naam_veld", "X", "naam_veld"),
    ],
)
def test_lemmas_are_in_plain_spelling(form: str, lemma: str, pos: str, plain: str) -> None:
    assert tool.plain_lemma(form, lemma, pos) == plain


def test_informal_writing_keeps_the_annotation_of_the_words_left(ud_folder: Path) -> None:
    first = tool.read_treebank(ud_folder, tool.LASSY_DEV)[0]
    typed = tool.informal(first)
    assert first.text.strip() == "De 100 huisartsen slapen."
    assert typed.text.strip() == "de 100 huisartsen slapen"
    assert [token.lemma_ for token in typed] == ["de", "100", "huisarts", "slapen"]
    assert [token.dep_ for token in typed] == ["det", "nummod", "nsubj", "ROOT"]
    assert [token.head.i for token in typed] == [2, 2, 3, 3]
    assert [token.tag_ for token in typed] == [token.tag_ for token in first][:4]


def test_informal_writing_can_keep_punctuation_and_capitals(ud_folder: Path) -> None:
    first = tool.read_treebank(ud_folder, tool.LASSY_DEV)[0]
    assert tool.informal(first, lower="none", drop="none").text == first.text
    assert tool.informal(first, drop="last").text.strip() == "de 100 huisartsen slapen"


def test_training_has_every_sentence_twice(ud_folder: Path) -> None:
    files = tool.split(ud_folder, 5)["train"]
    words = sum(len(doc) for doc in tool.training_docs(files))
    plain = sum(len(doc) for file in files for doc in file)
    assert 1.8 * plain <= words <= 2 * plain
    first, second = tool.training_docs(files), tool.training_docs(files)
    assert [doc.text for doc in first] == [doc.text for doc in second]


@pytest.fixture(name="built", scope="module")
def make_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel trained for a few steps, and the folder it was made in."""
    base = tmp_path_factory.mktemp("built")
    wheel = tool.build(write_treebanks(base / "ud"), base / "wheels", 30, base / "work", 5)
    return wheel, base


def test_the_wheel_says_what_it_is(built: tuple[Path, Path]) -> None:
    wheel, _ = built
    assert wheel.name == "nl_core_news_sm-3.4.0+botwijzer-py3-none-any.whl"
    info = "nl_core_news_sm-3.4.0+botwijzer.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        meta = json.loads(archive.read("nl_core_news_sm/meta.json"))
        licence = archive.read(f"{info}/LICENSE").decode()
    assert metadata["Name"] == "nl_core_news_sm"
    assert metadata["Version"] == "3.4.0+botwijzer"
    assert metadata["License"] == meta["license"] == "CC BY-SA 4.0"
    assert metadata["Requires-Dist"] == "spacy>=3.4.0,<3.5.0"
    assert (meta["lang"], meta["name"]) == ("nl", "core_news_sm")
    assert meta["spacy_version"] == ">=3.4.0,<3.5.0"
    assert {
        "pos_acc",
        "tag_acc",
        "morph_acc",
        "lemma_acc",
        "dep_uas",
        "dep_las",
        "informal",
    } == set(meta["performance"])
    for text in (licence, metadata.get_payload(), json.dumps(meta)):
        for name in ("UD_Dutch-LassySmall", "UD_Dutch-Alpino", "Gosse Bouma", "Gertjan van Noord"):
            assert name in text


def test_the_record_lists_every_file_with_its_hash(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        record = next(name for name in archive.namelist() if name.endswith("/RECORD"))
        rows = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        assert sorted(archive.namelist()) == sorted(name for name, _, _ in rows)
        for name, digest, size in rows:
            content = archive.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            assert name == record or digest == "sha256=" + expected.rstrip("=")
            assert name == record or int(size) == len(content)


def test_no_path_of_the_training_machine_is_in_the_wheel(built: tuple[Path, Path]) -> None:
    wheel, base = built
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            assert str(base).encode() not in archive.read(name), name


def test_packing_twice_gives_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, base = built
    assert tool.pack_wheel(base / "work" / "model", tmp_path).read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("disable", [[], ["parser"]])
def test_the_wheel_loads_and_analyses(
    built: tuple[Path, Path],
    disable: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        archive.extractall(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, tool.PACKAGE, raising=False)
    nlp = importlib.import_module(tool.PACKAGE).load(disable=disable)
    monkeypatch.delitem(sys.modules, tool.PACKAGE)
    assert nlp.has_pipe("parser") is not bool(disable)
    doc = nlp("de 7 botten helpen")
    for token in doc:
        assert token.lemma_
        assert token.pos_
        assert token.tag_
        assert token.has_morph()
    assert doc.has_annotation("DEP") is not bool(disable)
    assert [token.pos_ for token in doc] == ["DET", "NUM", "NOUN", "VERB"]
