"""What visitors send: whatever it is, Rasa only ever gets words, a known button, or one of three fixed messages."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botwijzer.article import article
from botwijzer.channels.intake import EMPTY, MAX_CHARACTERS, NO_QUESTION, TOO_LONG, pressable, to_message
from tests.unit_helpers import unhurried

KNOWN_PAYLOADS = pressable() | {EMPTY, TOO_LONG, NO_QUESTION}

FRAGMENTS = [
    "/", "//", " ", "\n", "\t", "\x00", "\x1b[31m", "\x85", "\u2028", "\u00a0", "\u200b", "\ufeff", "\u202e",
    "\ud800", "\udfff", "\ud83d", "\U0001f600", "é", "e\u0301", "{", "}", '{"slot": "x"}', "@0.9", "restart", "back",
    "session_start", "handoff", "faq_calcium", "EXTERNAL: ", "<script>", "' or '1'='1", "{human}", "%s", "${x}",
    "a" * 1999,
]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        # nothing to read
        ("", EMPTY),
        (" \t\r\n\u00a0\u2028", EMPTY),
        ("\U0001f600\U0001f44d\U0001f3fd", EMPTY),
        ("?!...", EMPTY),
        ("/", EMPTY),
        ("/ / /", EMPTY),
        ("\x00\x07\x1b", EMPTY),
        ("\ud83d", EMPTY),
        ("\u200b\u200b", EMPTY),
        # commands and intents that are not buttons
        ("/restart", "restart"),
        ("//restart", "restart"),
        (" \n /restart", "restart"),
        ("\x00/restart", "restart"),
        ("/session_start", "session_start"),
        ("/out_of_scope", "out_of_scope"),
        ("/nlu_fallback", "nlu_fallback"),
        ("/faq_bestaat_niet", "faq_bestaat_niet"),
        ("/FAQ_CALCIUM", "FAQ_CALCIUM"),
        ("/faq_calcium@0.2", "faq_calcium@0.2"),
        ('/handoff{"email": "x@y.nl"}', NO_QUESTION),
        ('/faq_calcium{"answered": []}', NO_QUESTION),
        ('/intent@1.0{"slot": "x"}', NO_QUESTION),
        ('{"slot": "x"}', NO_QUESTION),
        # buttons
        ("/faq_calcium", "/faq_calcium"),
        (" /more\n", "/more"),
        ("/handoff", "/handoff"),
        ("/affirm", "/affirm"),
        ("/deny", "/deny"),
        # code
        ("<script>alert(1)</script>", NO_QUESTION),
        ("< IMG src=x onerror=alert(1)>", NO_QUESTION),
        ("x'; DROP TABLE events; --", NO_QUESTION),
        ("' OR '1'='1", NO_QUESTION),
        ("select * from events", NO_QUESTION),
        ("${jndi:ldap://x}", NO_QUESTION),
        ("{{ 7 * 7 }}", NO_QUESTION),
        # length
        ("bot " * 25_000, TOO_LONG),
        ("a" * (MAX_CHARACTERS + 1), TOO_LONG),
        ("a" * MAX_CHARACTERS, "a" * MAX_CHARACTERS),
        # words stay words
        ("Wat doet\x00 calcium?\r\n\r\nEn magnesium?", "Wat doet calcium? En magnesium?"),
        ("calcium\ud800 en magnesium", "calcium en magnesium"),
        ("\ud83d\ude00 hallo", "\U0001f600 hallo"),
        ("één/twee keer", "één/twee keer"),
        ("calcium < magnesium?", "calcium < magnesium?"),
        ("is 2:1 beter dan 1:1?", "is 2:1 beter dan 1:1?"),
        ("骨质疏松", "骨质疏松"),
        ("50+", "50+"),
    ],
    ids=lambda text: ascii(text)[:50],
)  # fmt: skip
def test_what_is_sent_becomes(sent: str, understood: str) -> None:
    assert to_message(sent) == understood


@unhurried
@given(st.one_of(st.text(st.characters()), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
@example("\ud83d\ude00")
@example("\ud800/restart")
@example("\u200b/restart")
def test_no_text_at_all_gets_past_as_anything_but_words_or_a_known_payload(sent: str) -> None:
    understood = to_message(sent)

    assert understood in KNOWN_PAYLOADS or not understood.strip().startswith("/")
    assert 0 < len(understood) <= MAX_CHARACTERS
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in understood)
    assert understood.encode()


@unhurried
@given(st.text("abcdefgh é?", min_size=1, max_size=200).filter(lambda text: any(c.isalnum() for c in text)))
def test_ordinary_words_stay_as_they_are_but_for_their_blanks(sent: str) -> None:
    assert to_message(sent) == " ".join(sent.split())


def test_every_passage_has_a_button_that_may_be_pressed() -> None:
    assert {"/" + p.intent for p in article().passages.values()} < pressable()
