"""The article file: what is read from it, and the one sentence for each way it can be broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from botwijzer.article import (
    ARTICLE_PATH,
    FEWEST_SOURCES,
    MAX_PASSAGE_CHARACTERS,
    ArticleError,
    article,
    load_article,
)

REAL = ARTICLE_PATH.read_text("utf-8")


def broken(folder: Path, text: str, old: str = "", new: str = "") -> Path:
    """A copy of an article file in which the first `old` is `new`."""
    assert old in text
    path = folder / "kapot.md"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


def error_of(path: Path) -> str:
    """The sentence that refuses this file."""
    with pytest.raises(ArticleError) as refusal:
        load_article(path)
    return str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert error_of(tmp_path / "weg.md").startswith("weg.md can't be read")


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.md"
    path.write_bytes("---\ntitle: één\n---\n".encode("latin-1"))

    assert error_of(path).startswith("latin.md can't be read")


@pytest.mark.parametrize("text", ["", "# Alleen tekst\n", "---\ntitle: geen einde\n", "vooraf\n---\ntitle: x\n---\n"])
def test_a_file_without_front_matter_is_refused(tmp_path: Path, text: str) -> None:
    assert "needs front matter" in error_of(broken(tmp_path, text))


def test_front_matter_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    assert "is no YAML" in error_of(broken(tmp_path, REAL, "sources:\n", "sources: [\n"))


def test_front_matter_that_is_a_list_is_refused(tmp_path: Path) -> None:
    assert "is no mapping" in error_of(broken(tmp_path, "---\n- een\n---\ntekst\n"))


def test_a_date_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path, REAL, f"date: {article().date}", "date: 2025-02-30")

    assert error_of(path).startswith("kapot.md: a part of its front matter has the wrong form")


@pytest.mark.parametrize(
    "key",
    ["title", "url", "date", "checksum", "disclaimer", "sources", "sources_note", "passages", "question", "related"],
)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    assert f"'{key}' is missing" in error_of(broken(tmp_path, REAL, f"{key}:", "x:"))


def test_a_part_of_the_wrong_form_is_refused(tmp_path: Path) -> None:
    assert "wrong form" in error_of(broken(tmp_path, REAL, "related: [", "related: 5 #"))


def test_a_changed_word_is_noticed_and_the_new_checksum_told(tmp_path: Path) -> None:
    sentence = article().passages["zwemmen"].sentences[0]
    path = broken(tmp_path, REAL, sentence, sentence.lower())

    refusal = error_of(path)

    new_checksum = refusal.split()[-1]
    assert "not the one that its checksum was made from" in refusal
    mended = broken(tmp_path, path.read_text("utf-8"), article().checksum(), new_checksum)
    assert load_article(mended).passages["zwemmen"].sentences == (sentence.lower(),)


def test_another_line_end_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "windows.md"
    path.write_bytes(REAL.replace("\n", "\r\n").encode())

    assert load_article(path) == article()


def test_a_passage_that_is_marked_but_not_described_is_named(tmp_path: Path) -> None:
    path = broken(tmp_path, REAL, "<!-- zwemmen -->", "<!-- duiken -->")

    assert error_of(path) == "passage 'duiken' is marked in the text but not described in the front matter"


def test_a_passage_that_is_described_but_not_marked_is_named(tmp_path: Path) -> None:
    path = broken(tmp_path, REAL, "<!-- zwemmen -->", "<!-- -->")

    assert error_of(path) == "passage 'zwemmen' is described in the front matter but not marked in the text"


def test_a_source_too_few_is_refused(tmp_path: Path) -> None:
    last = article().sources[-1]
    path = broken(tmp_path, REAL, f'  - title: "{last.title}"\n    url: {last.url}\n')

    assert error_of(path).startswith(f"an article needs at least {FEWEST_SOURCES} sources")


def test_a_source_without_a_safe_link_is_refused(tmp_path: Path) -> None:
    link = article().sources[0].url
    path = broken(tmp_path, REAL, link, link.replace("https", "http"))

    assert "with a title and an https link" in error_of(path)


def test_an_empty_disclaimer_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path, REAL, "disclaimer: >-", "disclaimer: ''\nx: >-")

    assert error_of(path) == "an article needs a disclaimer"


def test_a_passage_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path, REAL, "<!-- zwemmen -->\n", "<!-- zwemmen -->\n" + "heel lang " * 60 + "\n")

    assert error_of(path).startswith("passage 'zwemmen' has ")


@pytest.mark.parametrize("other", ["duiken", "zwemmen"])
def test_a_related_passage_that_is_no_other_one_is_named(tmp_path: Path, other: str) -> None:
    path = broken(tmp_path, REAL, "related: [beweging, op_voorkomen, voeding", f"related: [{other}, op_voorkomen")

    assert error_of(path) == f"passage 'zwemmen' names '{other}' as related, which is no other passage"


def test_the_article_has_21_passages_none_too_long() -> None:
    passages = article().passages

    assert len(passages) == 21
    assert all(0 < sum(map(len, p.lines)) <= MAX_PASSAGE_CHARACTERS for p in passages.values())
    assert all(name == p.id and p.question.endswith("?") for name, p in passages.items())


def test_the_advice_is_the_last_sentence_of_the_disclaimer() -> None:
    assert article().disclaimer.endswith(" " + article().advice)
    assert "specialist" in article().advice


def test_a_list_is_shown_with_the_line_that_introduces_it() -> None:
    lines = article().passages["op_risico"].lines

    assert lines[0].endswith(":")
    assert all(line.startswith("- ") for line in lines[1:])
    assert not any(sentence.startswith("- ") for sentence in article().passages["op_risico"].sentences)


def test_a_line_may_belong_to_two_passages() -> None:
    shared = article().passages["vitamine_d"].sentences[0]

    assert shared in article().passages["samenwerking"].sentences


def test_an_item_of_a_list_that_is_a_passage_of_its_own_is_a_sentence() -> None:
    assert article().passages["vitamine_d"].lines == article().passages["vitamine_d"].sentences


def test_an_intent_leads_to_its_passage() -> None:
    assert article().passage_of_intent("faq_calcium") is article().passages["calcium"]
    assert article().passage_of_intent("faq_nergens") is None
    assert article().passage_of_intent("calcium") is None


def test_a_reader_who_read_nothing_is_offered_three_passages_and_no_next() -> None:
    upcoming = article().unread_after([])

    assert upcoming.next is None
    assert len(upcoming.others) == 3


def test_what_follows_is_the_next_unread_passage_of_the_section() -> None:
    following = article().unread_after(["op_definitie"]).next
    later = article().unread_after(["op_botmassa", "op_definitie"]).next

    assert (following and following.id, later and later.id) == ("op_botmassa", "op_wie")


def test_at_the_end_of_a_section_unread_related_passages_are_offered() -> None:
    upcoming = article().unread_after(["huid_of_oraal", "vormen", "huid_bewijs"])

    assert upcoming.next is None
    assert [p.id for p in upcoming.others][:2] == ["mg_belang", "contact"]
    assert len(upcoming.others) == 3


def test_who_has_read_everything_is_offered_nothing() -> None:
    upcoming = article().unread_after(list(article().passages))

    assert upcoming.next is None
    assert upcoming.others == ()


def test_passages_that_the_article_no_longer_has_count_as_unread() -> None:
    assert article().unread_after(["afgeschaft"]) == article().unread_after([])
